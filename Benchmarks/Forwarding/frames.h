/* What generator, sink and the minimal loops agree on: UDP over IPv4 from one NIC, a flow for each source port and
 * lower half of the destination. */
#ifndef FRAMES_H
#define FRAMES_H

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "flows.h"

#define OLD_SOURCE 0x0a000104u /* 10.0.1.4 */
#define NEW_SOURCE 0xcb007104u /* 203.0.113.4 */

/* Where a stamped frame has its time of sending. It has no UDP checksum. */
#define STAMP_OFFSET 42

static inline uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* As the kernel stamps what it receives. */
static inline uint64_t wall_clock(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline uint16_t load16(const uint8_t *b) {
  uint16_t v;
  memcpy(&v, b, 2);
  return v;
}

static inline uint32_t load32(const uint8_t *b) {
  uint32_t v;
  memcpy(&v, b, 4);
  return v;
}

static inline void store16(uint8_t *b, uint16_t v) { memcpy(b, &v, 2); }
static inline void store32(uint8_t *b, uint32_t v) { memcpy(b, &v, 4); }

static inline uint64_t sum_of(const uint8_t *b, size_t count) {
  uint64_t sum = 0;
  for (; count >= 2; b += 2, count -= 2) sum += load16(b);
  if (count) sum += *b;
  return sum;
}

static inline uint16_t fold(uint64_t sum) {
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t)sum;
}

/* Sum of the pseudo-header and all of UDP. */
static inline uint64_t udp_sum(const uint8_t *frame) {
  uint16_t length = ntohs(load16(frame + 38));
  return sum_of(frame + 26, 8) + htons(17) + htons(length) + sum_of(frame + 34, length);
}

static inline void make_frame(uint8_t *frame, size_t size, uint32_t flow, const uint8_t destination[6],
                              const uint8_t source[6]) {
  memset(frame, 0, size);
  memcpy(frame, destination, 6);
  memcpy(frame + 6, source, 6);
  store16(frame + 12, htons(0x0800));
  frame[14] = 0x45;
  store16(frame + 16, htons((uint16_t)(size - 14)));
  store16(frame + 20, htons(0x4000));
  frame[22] = 64;
  frame[23] = 17;
  store32(frame + 26, htonl(OLD_SOURCE));
  store32(frame + 30, htonl(destination_of(flow)));
  store16(frame + 34, htons(source_port_of(flow)));
  store16(frame + 36, htons(53));
  store16(frame + 38, htons((uint16_t)(size - 34)));
  store16(frame + 24, (uint16_t)~fold(sum_of(frame + 14, 20)));
  uint16_t checksum = (uint16_t)~fold(udp_sum(frame));
  store16(frame + 40, checksum ? checksum : 0xffff);
}

/* Both checksums right, the source rewritten. */
static inline int is_right(const uint8_t *frame, size_t size) {
  return size >= 42 && load16(frame + 12) == htons(0x0800) && load32(frame + 26) == htonl(NEW_SOURCE) &&
         fold(sum_of(frame + 14, 20)) == 0xffff && fold(udp_sum(frame)) == 0xffff;
}

static inline int is_ours(const uint8_t *frame, size_t size) {
  return size >= 42 && load16(frame + 12) == htons(0x0800) && frame[23] == 17 &&
         load16(frame + 36) == htons(53);
}

/* The least that a router does: source, MACs, time to live, both checksums by the difference. */
static inline void rewrite(uint8_t *frame, const uint8_t macs[12]) {
  memcpy(frame, macs, 12);
  uint32_t old = load32(frame + 26), new = htonl(NEW_SOURCE);
  uint64_t change = (uint64_t)(uint32_t)~old + new;
  uint8_t hop[2] = {0xfe, 0xff};
  frame[22]--;
  store16(frame + 24, (uint16_t)~fold((uint64_t)(uint16_t)~load16(frame + 24) + change + load16(hop)));
  store32(frame + 26, new);
  uint16_t checksum = (uint16_t)~fold((uint64_t)(uint16_t)~load16(frame + 40) + change);
  store16(frame + 40, checksum ? checksum : 0xffff);
}

/* Messages of one part each, to be filled in. */
static inline void prepare(struct mmsghdr *messages, struct iovec *parts, int count) {
  memset(messages, 0, (size_t)count * sizeof *messages);
  for (int i = 0; i < count; i++) {
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
}

static inline void die(const char *what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  exit(1);
}

static inline void parse_mac(const char *text, uint8_t mac[6]) {
  unsigned b[6];
  if (sscanf(text, "%x:%x:%x:%x:%x:%x", b, b + 1, b + 2, b + 3, b + 4, b + 5) != 6) {
    fprintf(stderr, "not a MAC address: %s\n", text);
    exit(2);
  }
  for (int i = 0; i < 6; i++) mac[i] = (uint8_t)b[i];
}

#endif
