#pragma once
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netlink/addr.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <netlink/socket.h>
// One descriptor to wait on for the netlink socket and for a timer.
#include <sys/epoll.h>
#include <sys/timerfd.h>

// <sched.h> declares setns(2) only with _GNU_SOURCE, which a module map cannot set for a header that another
// module has already loaded.
extern int setns(int descriptor, int type);

// Moves the calling thread into a network namespace. CLONE_NEWNET, from <linux/sched.h>.
static inline int spurline_enter_network_namespace(int descriptor) {
  return setns(descriptor, 0x40000000);
}
