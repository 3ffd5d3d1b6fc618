/* sink INTERFACE PROGRAM.o: counts in the kernel until its input ends; a line of input makes it print how many
 * packets of the generator came, and how many of them have the new source.
 * sink INTERFACE check SECONDS: reads them, verifies both checksums, and prints how many came, how many were right,
 * and then the latency of each that has a stamp, in nanoseconds. */
#define _GNU_SOURCE
#include <bpf/libbpf.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include "xdp.h"

static void count(const char *name, const char *program) {
  struct bpf_object *object = bpf_object__open_file(program, NULL);
  if (!object || bpf_object__load(object)) die(program);
  int fd = bpf_program__fd(bpf_object__find_program_by_name(object, "sink"));
  LIBBPF_OPTS(bpf_link_create_opts, options, .flags = XDP_FLAGS_DRV_MODE);
  if (bpf_link_create(fd, (int)if_nametoindex(name), BPF_XDP, &options) < 0) die("attach");
  int map = bpf_object__find_map_fd_by_name(object, "counts");
  int cpus = libbpf_num_possible_cpus();
  uint64_t values[cpus];
  char line[16];
  puts("ready");
  fflush(stdout);
  while (fgets(line, sizeof line, stdin)) {
    uint64_t sums[2] = {0, 0};
    for (uint32_t key = 0; key < 2; key++) {
      if (bpf_map_lookup_elem(map, &key, values)) die("map");
      for (int i = 0; i < cpus; i++) sums[key] += values[i];
    }
    printf("%lu %lu\n", (unsigned long)sums[0], (unsigned long)sums[1]);
    fflush(stdout);
  }
}

static void check(const char *name, double seconds) {
  int s = socket(AF_PACKET, SOCK_RAW, 0);
  struct sockaddr_ll address = {.sll_family = AF_PACKET,
                                .sll_protocol = htons(ETH_P_IP),
                                .sll_ifindex = (int)if_nametoindex(name)};
  int room = 64 << 20;
  if (s < 0 || bind(s, (struct sockaddr *)&address, sizeof address)) die(name);
  setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
  int on = 1;
  setsockopt(s, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  size_t capacity = 1 << 22, stamps = 0, seen = 0, right = 0;
  uint32_t *latencies = malloc(capacity * sizeof *latencies);
  uint8_t frame[2048];
  puts("ready");
  fflush(stdout);
  uint64_t start = now();
  struct pollfd waiting = {.fd = s, .events = POLLIN};
  while ((double)(now() - start) < seconds * 1e9) {
    union {
      char bytes[CMSG_SPACE(sizeof(struct timespec))];
      struct cmsghdr aligned;
    } control;
    struct iovec part = {frame, sizeof frame};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t length = recvmsg(s, &message, MSG_DONTWAIT);
    if (length < 0) {
      poll(&waiting, 1, 1);
      continue;
    }
    uint64_t time = wall_clock(), then;
    struct cmsghdr *stamp = CMSG_FIRSTHDR(&message);
    if (stamp && stamp->cmsg_type == SO_TIMESTAMPNS) {
      struct timespec arrival;
      memcpy(&arrival, CMSG_DATA(stamp), sizeof arrival);
      time = (uint64_t)arrival.tv_sec * 1000000000u + (uint64_t)arrival.tv_nsec;
    }
    if (!is_ours(frame, (size_t)length)) continue;
    seen++;
    int has_stamp = load16(frame + 40) == 0;
    if (has_stamp) {
      memcpy(&then, frame + STAMP_OFFSET, 8);
      if (stamps < capacity) latencies[stamps++] = time - then > UINT32_MAX ? UINT32_MAX : (uint32_t)(time - then);
      right += load32(frame + 26) == htonl(NEW_SOURCE) && fold(sum_of(frame + 14, 20)) == 0xffff;
    } else {
      right += (size_t)is_right(frame, (size_t)length);
    }
  }
  printf("%zu %zu\n", seen, right);
  for (size_t i = 0; i < stamps; i++) printf("%u\n", latencies[i]);
}

int main(int argc, char **argv) {
  if (argc == 3) {
    count(argv[1], argv[2]);
  } else if (argc == 4 && !strcmp(argv[2], "check")) {
    check(argv[1], atof(argv[3]));
  } else {
    fprintf(stderr, "usage: sink INTERFACE PROGRAM.o | sink INTERFACE check SECONDS\n");
    return 2;
  }
  return 0;
}
