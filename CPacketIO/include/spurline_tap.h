/* TAP devices (linux/if_tun.h), as far as Swift cannot spell them: ioctl requests are macros that compute their number.
 * What can fail returns the negated errno. Names begin with spurline_tap_. */
#ifndef SPURLINE_TAP_H
#define SPURLINE_TAP_H

#include <errno.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

/* What stands before each frame: the kernel's own struct, in the machine's byte order. */
_Static_assert(sizeof(struct virtio_net_hdr) == 10, "struct virtio_net_hdr has changed");

/* What IFF_ flags this kernel's TAPs know. */
static inline int spurline_tap_features(int descriptor, unsigned *features) {
  return ioctl(descriptor, TUNGETFEATURES, features) ? -errno : 0;
}

/* Ties an open /dev/net/tun to a TAP device of the calling thread's namespace, which is made where it is missing.
 * `flags`: IFF_VNET_HDR and IFF_MULTI_QUEUE, or none. The caller has checked the name to be shorter than IFNAMSIZ. */
static inline int spurline_tap_attach(int descriptor, const char *name, int flags) {
  struct ifreq request;
  memset(&request, 0, sizeof request);
  strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  request.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | flags);
  return ioctl(descriptor, TUNSETIFF, &request) ? -errno : 0;
}

/* Bytes of the header before each frame. */
static inline int spurline_tap_set_header_length(int descriptor, int length) {
  return ioctl(descriptor, TUNSETVNETHDRSZ, &length) ? -errno : 0;
}

/* What the kernel may leave to whoever reads: TUN_F_ flags. The last word of all the device's readers counts. */
static inline int spurline_tap_set_offload(int descriptor, unsigned offload) {
  return ioctl(descriptor, TUNSETOFFLOAD, (unsigned long)offload) ? -errno : 0;
}

/* A descriptor that poll(2) finds readable when any of these is: several queues are waited for as one. */
static inline int spurline_tap_watch(const int *descriptors, int count) {
  int watch = epoll_create1(EPOLL_CLOEXEC);
  if (watch < 0) return -errno;
  for (int index = 0; index < count; index++) {
    struct epoll_event event;
    memset(&event, 0, sizeof event);
    event.events = EPOLLIN;
    if (epoll_ctl(watch, EPOLL_CTL_ADD, descriptors[index], &event)) {
      int error = errno;
      close(watch);
      return -error;
    }
  }
  return watch;
}

#endif
