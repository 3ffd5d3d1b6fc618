/* minimal xdp|xdp-generic|ring|pcap IN OUT OUT-MAC PEER-MAC
 * The least that forwards from IN to OUT by an interface of the kernel: it rewrites, and asks no table. */
#define _GNU_SOURCE
#include <linux/if_ether.h>
#include <linux/if_packet.h>
/* Its struct bpf_insn is the kernel's. */
#define PCAP_DONT_INCLUDE_PCAP_BPF_H
#include <pcap/pcap.h>

#include "xdp.h"

#define BATCH 256

static uint8_t macs[12];

static void by_xdp(const char *in, const char *out, int native) {
  struct port from = {0}, to = {0};
  struct memory memory;
  make_memory(&memory, &from, 4 * RING);
  open_port(&from, &memory, in);
  open_port(&to, &memory, out);
  redirect_to(&from, in, native);
  struct pollfd waiting = {.fd = xsk_socket__fd(from.socket), .events = POLLIN};
  for (;;) {
    refill(&from, &memory);
    uint32_t first, place, count = xsk_ring_cons__peek(&from.receive, BATCH, &first);
    if (!count) {
      if (to.outstanding) kick(&to);
      complete(&to, &memory);
      poll(&waiting, 1, 1);
      continue;
    }
    while (xsk_ring_prod__reserve(&to.transmit, count, &place) != count) {
      kick(&to);
      complete(&to, &memory);
    }
    for (uint32_t i = 0; i < count; i++) {
      const struct xdp_desc *got = xsk_ring_cons__rx_desc(&from.receive, first + i);
      rewrite(memory.start + got->addr, macs);
      *xsk_ring_prod__tx_desc(&to.transmit, place + i) = (struct xdp_desc){got->addr, got->len, 0};
    }
    xsk_ring_cons__release(&from.receive, count);
    xsk_ring_prod__submit(&to.transmit, count);
    to.outstanding += count;
    kick(&to);
    complete(&to, &memory);
  }
}

static int packet_socket(const char *name, int protocol) {
  int s = socket(AF_PACKET, SOCK_RAW, 0);
  if (s < 0) die("socket");
  int version = TPACKET_V3, on = 1;
  struct tpacket_req3 request = {.tp_block_size = 1 << 20,
                                 .tp_block_nr = 32,
                                 .tp_frame_size = 2048,
                                 .tp_frame_nr = (1 << 20) / 2048 * 32,
                                 .tp_retire_blk_tov = 1};
  if (protocol) {
    if (setsockopt(s, SOL_PACKET, PACKET_VERSION, &version, sizeof version) ||
        setsockopt(s, SOL_PACKET, PACKET_RX_RING, &request, sizeof request))
      die("ring");
    setsockopt(s, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on);
  } else {
    setsockopt(s, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on);
  }
  struct sockaddr_ll address = {.sll_family = AF_PACKET,
                                .sll_protocol = htons((uint16_t)protocol),
                                .sll_ifindex = (int)if_nametoindex(name)};
  if (bind(s, (struct sockaddr *)&address, sizeof address)) die(name);
  return s;
}

static void by_ring(const char *in, const char *out) {
  int from = packet_socket(in, ETH_P_ALL), to = packet_socket(out, 0);
  uint8_t *ring = mmap(NULL, 32u << 20, PROT_READ | PROT_WRITE, MAP_SHARED, from, 0);
  if (ring == MAP_FAILED) die("mmap");
  struct mmsghdr messages[BATCH];
  struct iovec parts[BATCH];
  prepare(messages, parts, BATCH);
  struct pollfd waiting = {.fd = from, .events = POLLIN};
  for (unsigned block = 0;; block = (block + 1) % 32) {
    struct tpacket_block_desc *header = (void *)(ring + ((size_t)block << 20));
    while (!(__atomic_load_n(&header->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
      poll(&waiting, 1, 1);
    uint32_t left = header->hdr.bh1.num_pkts;
    uint8_t *packet = (uint8_t *)header + header->hdr.bh1.offset_to_first_pkt;
    while (left) {
      unsigned count = 0;
      for (; count < BATCH && left; count++, left--) {
        struct tpacket3_hdr *p = (void *)packet;
        rewrite(packet + p->tp_mac, macs);
        parts[count] = (struct iovec){packet + p->tp_mac, p->tp_snaplen};
        packet += p->tp_next_offset;
      }
      for (unsigned done = 0; done < count;) {
        int got = sendmmsg(to, messages + done, count - done, 0);
        if (got <= 0) break;
        done += (unsigned)got;
      }
    }
    __atomic_store_n(&header->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
  }
}

static pcap_t *open_pcap(const char *name) {
  char error[PCAP_ERRBUF_SIZE];
  pcap_t *p = pcap_create(name, error);
  if (!p || pcap_set_snaplen(p, 65600) || pcap_set_immediate_mode(p, 1) ||
      pcap_set_buffer_size(p, 32 << 20) || pcap_activate(p) < 0) {
    fprintf(stderr, "%s: %s\n", name, p ? pcap_geterr(p) : error);
    exit(1);
  }
  pcap_setdirection(p, PCAP_D_IN);
  return p;
}

static void inject(u_char *to, const struct pcap_pkthdr *header, const u_char *bytes) {
  rewrite((uint8_t *)bytes, macs);
  pcap_inject((pcap_t *)to, bytes, header->caplen);
}

static void by_pcap(const char *in, const char *out) {
  pcap_t *from = open_pcap(in), *to = open_pcap(out);
  while (pcap_dispatch(from, BATCH, inject, (u_char *)to) >= 0) {
  }
}

int main(int argc, char **argv) {
  if (argc < 6) {
    fprintf(stderr, "usage: minimal xdp|xdp-generic|ring|pcap IN OUT OUT-MAC PEER-MAC\n");
    return 2;
  }
  parse_mac(argv[5], macs);
  parse_mac(argv[4], macs + 6);
  if (!strcmp(argv[1], "xdp")) by_xdp(argv[2], argv[3], 1);
  if (!strcmp(argv[1], "xdp-generic")) by_xdp(argv[2], argv[3], 0);
  if (!strcmp(argv[1], "ring")) by_ring(argv[2], argv[3]);
  if (!strcmp(argv[1], "pcap")) by_pcap(argv[2], argv[3]);
  return 2;
}
