/* Which address and port a flow has: what generator and its program in the kernel agree on. */
#ifndef FLOWS_H
#define FLOWS_H

#include <linux/types.h>

#define DESTINATION 0xc6330000u /* 198.51.0.0 and on */

static inline __u32 destination_of(__u32 flow) { return DESTINATION + (flow >> 14); }
static inline __u16 source_port_of(__u32 flow) { return (__u16)(1024 + (flow & 0x3fff)); }

#endif
