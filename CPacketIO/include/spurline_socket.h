/* What sockets of every kind have. */
#ifndef SPURLINE_SOCKET_H
#define SPURLINE_SOCKET_H

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* What has happened to a socket since it was last asked, as a negated errno: its interface is down, or gone. 0 is
 * nothing. */
static inline int spurline_socket_error(int descriptor) {
  int error = 0;
  socklen_t length = sizeof error;
  return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length) ? -errno : -error;
}

/* How many queues an interface of the namespace receives by; 1 where its driver does not say. */
static inline unsigned spurline_receive_queues(const char *interface_name) {
  int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return 1;
  struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};
  struct ifreq request;
  memset(&request, 0, sizeof request);
  strncpy(request.ifr_name, interface_name, IFNAMSIZ - 1);
  request.ifr_data = (char *)&channels;
  unsigned count = ioctl(descriptor, SIOCETHTOOL, &request) ? 1 : channels.rx_count + channels.combined_count;
  close(descriptor);
  return count ? count : 1;
}

#endif
