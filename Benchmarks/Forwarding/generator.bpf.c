/* Makes each frame that `generator ... live` has the kernel send: headers anew, for buffers come back as others left them. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "flows.h"
#include "live.h"

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct live);
} state SEC(".maps");

static __always_inline __u16 fold(__u64 sum) {
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return (__u16)((sum & 0xffff) + (sum >> 16));
}

SEC("xdp")
int generate(struct xdp_md *context) {
  unsigned char *frame = (void *)(long)context->data, *end = (void *)(long)context->data_end;
  __u32 key = 0;
  struct live *live = bpf_map_lookup_elem(&state, &key);
  if (!live || frame + LIVE_HEADERS > end) return XDP_ABORTED;
  __u32 flow = live->next, address = __builtin_bswap32(destination_of(flow));
  __u16 port = __builtin_bswap16(source_port_of(flow));
  live->next = flow + 1 == live->flows ? 0 : flow + 1;
  __builtin_memcpy(frame, live->headers, LIVE_HEADERS);
  __u16 header = ~fold(live->header_sum + address), transport = ~fold(live->transport_sum + address + port);
  if (!transport) transport = 0xffff;
  __builtin_memcpy(frame + 24, &header, 2);
  __builtin_memcpy(frame + 30, &address, 4);
  __builtin_memcpy(frame + 34, &port, 2);
  __builtin_memcpy(frame + 40, &transport, 2);
  return XDP_TX;
}

char _license[] SEC("license") = "GPL";
