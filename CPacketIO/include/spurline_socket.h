/* What sockets of every kind have. */
#ifndef SPURLINE_SOCKET_H
#define SPURLINE_SOCKET_H

#include <errno.h>
#include <sys/socket.h>

/* What has happened to a socket since it was last asked, as a negated errno: its interface is down, or gone. 0 is
 * nothing. */
static inline int spurline_socket_error(int descriptor) {
  int error = 0;
  socklen_t length = sizeof error;
  return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length) ? -errno : -error;
}

#endif
