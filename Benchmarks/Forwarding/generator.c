/* generator INTERFACE DESTINATION-MAC SIZE FLOWS PACKETS-PER-SECOND SECONDS xdp|packet [N]
 * generator INTERFACE DESTINATION-MAC SIZE FLOWS 0 SECONDS live PROGRAM.o
 * Offers load; 0 packets a second is as many as it can. Of N packets one says when it was sent. Prints how many it has
 * sent, in how many seconds. `live` has the kernel send them (XDP live frames): both ends of the wire need NAPI, which a
 * veth has where it does GRO. */
#define _GNU_SOURCE
#include <bpf/libbpf.h>
#include <linux/if_packet.h>
#include <sys/ioctl.h>

#include "live.h"
#include "xdp.h"

#define BATCH 64

/* The first flow's frame, and what its checksums cover but for what makes another flow of it. */
static uint8_t model[FRAME_SIZE];
static uint64_t header_sum, transport_sum;
static size_t size, flows;
static size_t every;

static size_t sent;

static void make_model(const uint8_t destination[6], const uint8_t source[6]) {
  make_frame(model, size, 0, destination, source);
  store16(model + 24, 0);
  store32(model + 30, 0);
  store16(model + 34, 0);
  store16(model + 40, 0);
  header_sum = sum_of(model + 14, 20);
  transport_sum = udp_sum(model);
}

/* Writes the next frame's headers, and its stamp if it has one. What stands behind them is zeros. */
static void next_frame(uint8_t *at) {
  static uint32_t flow;
  static size_t number;
  uint32_t address = htonl(destination_of(flow));
  uint16_t port = htons(source_port_of(flow));
  if (++flow == flows) flow = 0;
  memcpy(at, model, STAMP_OFFSET + 8);
  store32(at + 30, address);
  store16(at + 34, port);
  store16(at + 24, (uint16_t)~fold(header_sum + address));
  if (every && ++number % every == 0) {
    uint64_t time = wall_clock();
    memcpy(at + STAMP_OFFSET, &time, 8);
    return;
  }
  uint16_t checksum = (uint16_t)~fold(transport_sum + address + port);
  store16(at + 40, checksum ? checksum : 0xffff);
}

/* How many may go now. */
static size_t due(uint64_t start, double rate) {
  if (rate <= 0) return BATCH;
  double allowed = (double)(now() - start) * rate / 1e9 - (double)sent;
  return allowed < 1 ? 0 : allowed > BATCH ? BATCH : (size_t)allowed;
}

static void by_packet(const char *name, double rate, uint64_t seconds, uint64_t start) {
  int s = socket(AF_PACKET, SOCK_RAW, 0);
  if (s < 0) die("socket");
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(name)};
  if (bind(s, (struct sockaddr *)&address, sizeof address)) die(name);
  int on = 1;
  setsockopt(s, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on);
  struct mmsghdr messages[BATCH];
  struct iovec parts[BATCH];
  prepare(messages, parts, BATCH);
  static uint8_t frames[BATCH][FRAME_SIZE];
  for (size_t i = 0; i < BATCH; i++) parts[i] = (struct iovec){frames[i], size};
  while (now() - start < seconds) {
    size_t count = due(start, rate);
    if (!count) continue;
    for (size_t i = 0; i < count; i++) next_frame(frames[i]);
    for (size_t done = 0; done < count;) {
      int got = sendmmsg(s, messages + done, (unsigned)(count - done), 0);
      if (got < 0 && errno != ENOBUFS && errno != EAGAIN) die("sendmmsg");
      if (got > 0) done += (size_t)got;
    }
    sent += count;
  }
}

static void by_xdp(const char *name, double rate, uint64_t seconds, uint64_t start) {
  struct port port = {0};
  struct memory memory;
  make_memory(&memory, &port, 2 * RING);
  open_port(&port, &memory, name);
  while (now() - start < seconds) {
    size_t count = due(start, rate);
    if (!count) continue;
    if (port.outstanding > RING / 2) kick(&port);
    complete(&port, &memory);
    uint32_t place;
    if (memory.count < count || xsk_ring_prod__reserve(&port.transmit, (uint32_t)count, &place) != count) {
      kick(&port);
      continue;
    }
    for (size_t i = 0; i < count; i++) {
      uint64_t at = memory.free[--memory.count];
      next_frame(memory.start + at);
      struct xdp_desc *desc = xsk_ring_prod__tx_desc(&port.transmit, place + (uint32_t)i);
      desc->addr = at;
      desc->len = (uint32_t)size;
      desc->options = 0;
    }
    xsk_ring_prod__submit(&port.transmit, (uint32_t)count);
    port.outstanding += (uint32_t)count;
    sent += count;
    kick(&port);
  }
  /* Half a second is enough for what is under way; a wire that has gone gives nothing back. */
  for (uint64_t end = now(); port.outstanding && now() - end < 500000000u;) {
    kick(&port);
    complete(&port, &memory);
  }
}

static void by_live_frames(const char *name, const char *program, uint64_t seconds, uint64_t start) {
  struct bpf_object *object = bpf_object__open_file(program, NULL);
  if (!object || bpf_object__load(object)) die(program);
  int fd = bpf_program__fd(bpf_object__find_program_by_name(object, "generate"));
  struct live live = {.header_sum = header_sum,
                      .transport_sum = transport_sum,
                      .flows = (uint32_t)flows};
  memcpy(live.headers, model, LIVE_HEADERS);
  uint32_t key = 0;
  if (bpf_map_update_elem(bpf_object__find_map_fd_by_name(object, "state"), &key, &live, BPF_ANY)) die("map");
  struct xdp_md context = {.data_end = (uint32_t)size, .ingress_ifindex = if_nametoindex(name)};
  const uint32_t repeat = 1 << 16;
  while (now() - start < seconds) {
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = model, .data_size_in = (uint32_t)size, .ctx_in = &context,
                .ctx_size_in = sizeof context, .repeat = (int)repeat, .flags = BPF_F_TEST_XDP_LIVE_FRAMES,
                .batch_size = BATCH);
    if (bpf_prog_test_run_opts(fd, &options)) die("live frames");
    sent += repeat;
  }
}

int main(int argc, char **argv) {
  if (argc < 8) {
    fprintf(stderr, "usage: generator INTERFACE MAC SIZE FLOWS RATE SECONDS xdp|packet [N] | live PROGRAM.o\n");
    return 2;
  }
  uint8_t destination[6], source[6] = {2, 0, 10, 0, 1, 4};
  parse_mac(argv[2], destination);
  size = (size_t)atol(argv[3]);
  flows = (size_t)atol(argv[4]);
  double rate = atof(argv[5]);
  uint64_t seconds = (uint64_t)(atof(argv[6]) * 1e9);
  int live = !strcmp(argv[7], "live");
  every = argc > 8 && !live ? (size_t)atol(argv[8]) : 0;
  if (size < 64 || size > 1514 || flows < 1) {
    fprintf(stderr, "SIZE is 64 to 1514, FLOWS at least 1\n");
    return 2;
  }
  make_model(destination, source);
  uint64_t start = now();
  if (live && argc > 8)
    by_live_frames(argv[1], argv[8], seconds, start);
  else if (!strcmp(argv[7], "xdp"))
    by_xdp(argv[1], rate, seconds, start);
  else
    by_packet(argv[1], rate, seconds, start);
  printf("%zu %.6f\n", sent, (double)(now() - start) / 1e9);
  return 0;
}
