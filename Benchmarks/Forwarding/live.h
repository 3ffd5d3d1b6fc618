/* What the generator tells its program in the kernel. */
#ifndef LIVE_H
#define LIVE_H

#include <linux/types.h>

/* To behind the UDP header. */
#define LIVE_HEADERS 42

struct live {
  /* Of the first flow, without what makes another flow of it; and sums of that. */
  __u64 header_sum, transport_sum;
  __u32 flows, next;
  unsigned char headers[LIVE_HEADERS + 2];
};

#endif
