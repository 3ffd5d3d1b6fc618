/* generator INTERFACE DESTINATION-MAC SIZE FLOWS PACKETS-PER-SECOND SECONDS xdp|packet [N]
 * Offers load; 0 packets a second is as many as it can. Of N packets one says when it was sent. Prints how many it has
 * sent, in how many seconds. */
#define _GNU_SOURCE
#include <linux/if_packet.h>
#include <sys/ioctl.h>

#include "xdp.h"

#define BATCH 64

static uint8_t *frames;
static size_t size, flows;
static size_t every;

static size_t sent;

/* Where the next frame stands; `at` where it is copied to, or null. */
static uint8_t *next_frame(uint8_t *at) {
  static size_t next, number;
  uint8_t *frame = frames + next * FRAME_SIZE;
  if (++next == flows) next = 0;
  static uint8_t stamped[FRAME_SIZE];
  if (at) {
    memcpy(at, frame, size);
    frame = at;
  }
  if (!every || ++number % every) return frame;
  if (!at) frame = memcpy(stamped, frame, size);
  uint64_t time = wall_clock();
  memcpy(frame + STAMP_OFFSET, &time, 8);
  store16(frame + 40, 0);
  return frame;
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
  while (now() - start < seconds) {
    size_t count = due(start, rate);
    if (!count) continue;
    for (size_t i = 0; i < count; i++) parts[i] = (struct iovec){next_frame(NULL), size};
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
  while (port.outstanding) {
    kick(&port);
    complete(&port, &memory);
  }
}

int main(int argc, char **argv) {
  if (argc < 8) {
    fprintf(stderr, "usage: generator INTERFACE MAC SIZE FLOWS RATE SECONDS xdp|packet [N]\n");
    return 2;
  }
  uint8_t destination[6], source[6] = {2, 0, 10, 0, 1, 4};
  parse_mac(argv[2], destination);
  size = (size_t)atol(argv[3]);
  flows = (size_t)atol(argv[4]);
  double rate = atof(argv[5]);
  uint64_t seconds = (uint64_t)(atof(argv[6]) * 1e9);
  every = argc > 8 ? (size_t)atol(argv[8]) : 0;
  if (size < 64 || size > 1514 || flows < 1) {
    fprintf(stderr, "SIZE is 64 to 1514, FLOWS at least 1\n");
    return 2;
  }
  frames = aligned_alloc(4096, flows * FRAME_SIZE);
  if (!frames) die("memory");
  for (size_t i = 0; i < flows; i++)
    make_frame(frames + i * FRAME_SIZE, size, (uint32_t)i, destination, source);
  uint64_t start = now();
  if (!strcmp(argv[7], "xdp"))
    by_xdp(argv[1], rate, seconds, start);
  else
    by_packet(argv[1], rate, seconds, start);
  printf("%zu %.6f\n", sent, (double)(now() - start) / 1e9);
  return 0;
}
