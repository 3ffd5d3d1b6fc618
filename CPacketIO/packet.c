#define _GNU_SOURCE
#include "spurline_packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <linux/if_ether.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

_Static_assert(sizeof(struct spurline_packet_message) == sizeof(struct mmsghdr), "struct mmsghdr");

static int set_up(int s, uint32_t interface_index, uint32_t block_size, uint32_t blocks, uint32_t timeout,
                  uint32_t headroom) {
  int version = TPACKET_V3, on = 1;
  if (setsockopt(s, SOL_PACKET, PACKET_VERSION, &version, sizeof version)) return -errno;
  if (setsockopt(s, SOL_PACKET, PACKET_RESERVE, &headroom, sizeof headroom)) return -errno;
  if (setsockopt(s, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on)) return -errno;
  /* The frame size says nothing about frames of this version. */
  struct tpacket_req3 request = {.tp_block_size = block_size,
                                 .tp_block_nr = blocks,
                                 .tp_frame_size = 2048,
                                 .tp_frame_nr = block_size / 2048 * blocks,
                                 .tp_retire_blk_tov = timeout};
  if (setsockopt(s, SOL_PACKET, PACKET_RX_RING, &request, sizeof request)) return -errno;
  struct packet_mreq all = {.mr_ifindex = (int)interface_index, .mr_type = PACKET_MR_PROMISC};
  if (setsockopt(s, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof all)) return -errno;
  return 0;
}

static int bind_to(int s, uint32_t interface_index, int protocol) {
  struct sockaddr_ll address = {.sll_family = AF_PACKET,
                                .sll_protocol = htons((uint16_t)protocol),
                                .sll_ifindex = (int)interface_index};
  return bind(s, (struct sockaddr *)&address, sizeof address) ? -errno : 0;
}

int spurline_packet_open(uint32_t interface_index, uint32_t block_size, uint32_t blocks, uint32_t timeout,
                         uint32_t headroom, void **ring) {
  int s = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (s < 0) return -errno;
  int status = set_up(s, interface_index, block_size, blocks, timeout, headroom);
  if (!status) {
    *ring = mmap(NULL, (size_t)block_size * blocks, PROT_READ | PROT_WRITE, MAP_SHARED, s, 0);
    if (*ring == MAP_FAILED) status = -errno;
  }
  /* Only now does anything arrive. */
  if (!status) {
    status = bind_to(s, interface_index, ETH_P_ALL);
    if (status) munmap(*ring, (size_t)block_size * blocks);
  }
  if (!status) return s;
  close(s);
  return status;
}

int spurline_packet_open_sender(uint32_t interface_index) {
  int s = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (s < 0) return -errno;
  int status = bind_to(s, interface_index, 0);
  /* A few frames of 64 KiB fill the default. Past the queueing discipline (PACKET_QDISC_BYPASS) nothing is sent
   * faster by a veth, and neither `tc` nor captures on the interface would see it. */
  int room = 8 << 20;
  if (!status && setsockopt(s, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room)) status = -errno;
  if (!status) return s;
  close(s);
  return status;
}

int spurline_packet_open_batch_sender(uint32_t interface_index) {
  int s = spurline_packet_open_sender(interface_index);
  int on = 1;
  if (s < 0 || !setsockopt(s, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on)) return s;
  int status = -errno;
  close(s);
  return status;
}

int spurline_packet_is_ethernet(const char *interface_name) {
  struct ifreq request;
  memset(&request, 0, sizeof request);
  strncpy(request.ifr_name, interface_name, IFNAMSIZ - 1);
  int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (s < 0) return -errno;
  int status = ioctl(s, SIOCGIFHWADDR, &request) ? -errno : request.ifr_hwaddr.sa_family == ARPHRD_ETHER;
  close(s);
  return status;
}

int spurline_packet_send(int s, struct spurline_packet_message *messages, unsigned count) {
  int taken = sendmmsg(s, (struct mmsghdr *)messages, count, MSG_DONTWAIT);
  return taken < 0 ? -errno : taken;
}

int spurline_packet_dropped(int s, uint32_t *dropped) {
  struct tpacket_stats_v3 statistics;
  socklen_t length = sizeof statistics;
  if (getsockopt(s, SOL_PACKET, PACKET_STATISTICS, &statistics, &length)) return -errno;
  *dropped = statistics.tp_drops;
  return 0;
}
