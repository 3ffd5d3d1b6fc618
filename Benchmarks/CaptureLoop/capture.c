// The least that a program on libpcap does, for `bench replay` to compare with:
//   capture summary IN          reads, rewrites sources in memory as a replay does, and counts
//   capture rewrite IN OUT      the same, and writes what it rewrote
// Ethernet with IPv4 alone, one source address, no flows: less than a replay decides, and as fast as the library lets it.
#include <pcap/pcap.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const uint32_t PRIVATE = 0x0a000104, PUBLIC = 0xcb007104;

static uint16_t load16(const uint8_t *at) { return (uint16_t)(at[0] << 8 | at[1]); }
static uint32_t load32(const uint8_t *at) { return (uint32_t)load16(at) << 16 | load16(at + 2); }

static void store16(uint8_t *at, uint16_t value) {
  at[0] = (uint8_t)(value >> 8);
  at[1] = (uint8_t)value;
}

// RFC 1624, equation 3, for an address that changes.
static void adjust(uint8_t *checksum, uint32_t from, uint32_t to) {
  uint32_t sum = (uint16_t)~load16(checksum);
  sum += (uint16_t)~(from >> 16) + (uint32_t)(uint16_t)~from + (to >> 16) + (to & 0xffff);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  store16(checksum, (uint16_t)~sum);
}

struct counts {
  unsigned long packets, bytes, others, rewritten;
  unsigned long by_protocol[256];
  unsigned long by_destination[65536];
};

// Parses a frame, rewrites its source address, and counts it.
static void take(uint8_t *frame, const struct pcap_pkthdr *header, struct counts *counts) {
  counts->packets++;
  counts->bytes += header->len;
  if (header->caplen < 34 || load16(frame + 12) != 0x0800 || frame[14] >> 4 != 4) {
    counts->others++;
    return;
  }
  uint8_t *ip = frame + 14;
  unsigned length = (ip[0] & 15u) * 4;
  uint8_t protocol = ip[9];
  unsigned ports = protocol == 6 ? 18 : 8;
  if (length < 20 || header->caplen < 14 + length + ports) {
    counts->others++;
    return;
  }
  counts->by_protocol[protocol]++;
  counts->by_destination[load32(ip + 16) >> 16]++;
  if (load32(ip + 12) != PRIVATE) return;
  store16(ip + 12, PUBLIC >> 16);
  store16(ip + 14, PUBLIC & 0xffff);
  adjust(ip + 10, PRIVATE, PUBLIC);
  if (protocol == 6) adjust(ip + length + 16, PRIVATE, PUBLIC);
  if (protocol == 17 && load16(ip + length + 6) != 0) adjust(ip + length + 6, PRIVATE, PUBLIC);
  counts->rewritten++;
}

int main(int argc, char **argv) {
  char error[PCAP_ERRBUF_SIZE];
  int writes = argc == 4 && strcmp(argv[1], "rewrite") == 0;
  if (!writes && !(argc == 3 && strcmp(argv[1], "summary") == 0)) {
    fprintf(stderr, "usage: capture summary IN | capture rewrite IN OUT\n");
    return 2;
  }
  pcap_t *input = pcap_open_offline(argv[2], error);
  if (!input) {
    fprintf(stderr, "%s\n", error);
    return 1;
  }
  pcap_dumper_t *output = NULL;
  if (writes && !(output = pcap_dump_open(input, argv[3]))) {
    fprintf(stderr, "%s\n", pcap_geterr(input));
    return 1;
  }
  static struct counts counts;
  struct pcap_pkthdr *header;
  const uint8_t *bytes;
  int status;
  while ((status = pcap_next_ex(input, &header, &bytes)) == 1) {
    // libpcap reads a file into memory of its own, which may be written to until the next packet.
    take((uint8_t *)bytes, header, &counts);
    if (output) pcap_dump((u_char *)output, header, bytes);
  }
  if (output) {
    if (pcap_dump_flush(output) != 0) status = PCAP_ERROR;
    pcap_dump_close(output);
  }
  pcap_close(input);
  printf("%lu packets, %lu bytes, %lu rewritten, %lu others\n", counts.packets, counts.bytes,
         counts.rewritten, counts.others);
  for (unsigned protocol = 0; protocol < 256; protocol++)
    if (counts.by_protocol[protocol])
      printf("protocol %u: %lu\n", protocol, counts.by_protocol[protocol]);
  for (unsigned prefix = 0; prefix < 65536; prefix++)
    if (counts.by_destination[prefix])
      printf("%u.%u.0.0/16: %lu\n", prefix >> 8, prefix & 255, counts.by_destination[prefix]);
  return status == PCAP_ERROR_BREAK ? 0 : 1;
}
