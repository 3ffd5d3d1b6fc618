#pragma once
#include <pcap/pcap.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

// What Swift cannot spell: ioctl requests are macros that compute their number, struct ifreq is a struct of
// unions, setns(2) and pipe2(2) are declared only with _GNU_SOURCE. Each function of ours returns 0, or the
// negated errno.

extern int setns(int descriptor, int type);
extern int pipe2(int descriptors[2], int flags);

// Moves the calling thread into a network namespace. CLONE_NEWNET, from <linux/sched.h>.
static inline int spurline_join_network_namespace(int descriptor) {
  return setns(descriptor, 0x40000000) == 0 ? 0 : -errno;
}

// Leaves frames that this host sends out of a packet socket. libpcap drops them as well, but only after each
// has taken a slot of its ring; the option is younger than libpcap's call (Linux 4.20).
static inline int spurline_ignore_outgoing(int descriptor) {
#ifdef PACKET_IGNORE_OUTGOING
  int on = 1;
  if (setsockopt(descriptor, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) != 0) return -errno;
  return 0;
#else
  (void)descriptor;
  return -ENOPROTOOPT;
#endif
}

// An ifreq for a name that the caller has checked to be shorter than IFNAMSIZ.
static inline struct ifreq spurline_interface_request(const char *name) {
  struct ifreq request;
  memset(&request, 0, sizeof request);
  strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  return request;
}

static inline int spurline_set_mtu(int any_socket, const char *name, int mtu) {
  struct ifreq request = spurline_interface_request(name);
  request.ifr_mtu = mtu;
  return ioctl(any_socket, SIOCSIFMTU, &request) == 0 ? 0 : -errno;
}

static inline int spurline_set_up(int any_socket, const char *name) {
  struct ifreq request = spurline_interface_request(name);
  if (ioctl(any_socket, SIOCGIFFLAGS, &request) != 0) return -errno;
  request.ifr_flags |= IFF_UP;
  return ioctl(any_socket, SIOCSIFFLAGS, &request) == 0 ? 0 : -errno;
}
