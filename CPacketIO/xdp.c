#define _GNU_SOURCE
#include "spurline_xdp.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/if_xdp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of kernel headers that are older than the option. */
#define MAX_TX_SKB_BUDGET 9

static int map_ring(int socket, struct spurline_xdp_ring *ring, const struct xdp_ring_offset *offsets,
                    size_t bytes, uint64_t page) {
  ring->mapped = offsets->desc + bytes;
  ring->mapping = mmap(NULL, ring->mapped, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, socket,
                       (off_t)page);
  if (ring->mapping == MAP_FAILED) {
    ring->mapping = NULL;
    return -errno;
  }
  uint8_t *start = ring->mapping;
  ring->producer = (uint32_t *)(start + offsets->producer);
  ring->consumer = (uint32_t *)(start + offsets->consumer);
  ring->entries = start + offsets->desc;
  return 0;
}

static void unmap_ring(struct spurline_xdp_ring *ring) {
  if (ring->mapping) munmap(ring->mapping, ring->mapped);
  ring->mapping = NULL;
}

void spurline_xdp_unmap(struct spurline_xdp_rings *rings) {
  unmap_ring(&rings->fill);
  unmap_ring(&rings->completion);
  unmap_ring(&rings->receive);
  unmap_ring(&rings->transmit);
}

static int set_up(int s, void *memory, size_t bytes, uint32_t frame_size, uint32_t size,
                  struct spurline_xdp_rings *rings) {
  struct xdp_umem_reg area = {.addr = (uintptr_t)memory, .len = bytes, .chunk_size = frame_size};
  if (setsockopt(s, SOL_XDP, XDP_UMEM_REG, &area, sizeof area)) return -errno;
  const int options[] = {XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING, XDP_RX_RING, XDP_TX_RING};
  for (int i = 0; i < 4; i++)
    if (setsockopt(s, SOL_XDP, options[i], &size, sizeof size)) return -errno;
  struct xdp_mmap_offsets offsets;
  socklen_t length = sizeof offsets;
  if (getsockopt(s, SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &length)) return -errno;
  size_t addresses = (size_t)size * sizeof(uint64_t), descriptors = (size_t)size * sizeof(struct xdp_desc);
  int status = map_ring(s, &rings->fill, &offsets.fr, addresses, XDP_UMEM_PGOFF_FILL_RING);
  if (!status)
    status = map_ring(s, &rings->completion, &offsets.cr, addresses, XDP_UMEM_PGOFF_COMPLETION_RING);
  if (!status) status = map_ring(s, &rings->receive, &offsets.rx, descriptors, XDP_PGOFF_RX_RING);
  if (!status) status = map_ring(s, &rings->transmit, &offsets.tx, descriptors, XDP_PGOFF_TX_RING);
  /* What one call sends; the kernel's own limit is 32. Older kernels do not know it. */
  int budget = 256;
  setsockopt(s, SOL_XDP, MAX_TX_SKB_BUDGET, &budget, sizeof budget);
  /* Ninety frames of 1,500 bytes fill the default, and a full ring has 2,048. */
  int room = 8 << 20;
  setsockopt(s, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
  return status;
}

int spurline_xdp_open(void *memory, size_t bytes, uint32_t frame_size, uint32_t size,
                      struct spurline_xdp_rings *rings) {
  memset(rings, 0, sizeof *rings);
  int s = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (s < 0) return -errno;
  int status = set_up(s, memory, bytes, frame_size, size, rings);
  if (!status) return s;
  spurline_xdp_unmap(rings);
  close(s);
  return status;
}

int spurline_xdp_bind(int s, uint32_t interface_index) {
  struct sockaddr_xdp address = {.sxdp_family = AF_XDP,
                                 .sxdp_flags = XDP_COPY | XDP_USE_NEED_WAKEUP,
                                 .sxdp_ifindex = interface_index};
  return bind(s, (struct sockaddr *)&address, sizeof address) ? -errno : 0;
}

static int bpf(enum bpf_cmd command, union bpf_attr *attributes) {
  long result = syscall(SYS_bpf, command, attributes, sizeof *attributes);
  return result < 0 ? -errno : (int)result;
}

/* Returns a link; map and program live as long as it does. */
static int link_program(int map, uint32_t interface_index, bool native) {
  /* r2 = context->rx_queue_index; r1 = map; r3 = XDP_PASS; return bpf_redirect_map(r1, r2, r3): what comes by
   * another queue goes on as it would without us. */
  const struct bpf_insn instructions[] = {
      {.code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = BPF_REG_2, .src_reg = BPF_REG_1,
       .off = offsetof(struct xdp_md, rx_queue_index)},
      {.code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = BPF_REG_1, .src_reg = BPF_PSEUDO_MAP_FD, .imm = map},
      {0},
      {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3, .imm = XDP_PASS},
      {.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_redirect_map},
      {.code = BPF_JMP | BPF_EXIT},
  };
  union bpf_attr load = {.prog_type = BPF_PROG_TYPE_XDP,
                         .insns = (uintptr_t)instructions,
                         .insn_cnt = sizeof instructions / sizeof *instructions,
                         .license = (uintptr_t) "Dual BSD/GPL",
                         .prog_name = "spurline"};
  int program = bpf(BPF_PROG_LOAD, &load);
  if (program < 0) return program;
  union bpf_attr link = {.link_create = {.prog_fd = (uint32_t)program,
                                         .target_ifindex = interface_index,
                                         .attach_type = BPF_XDP,
                                         .flags = native ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE}};
  int result = bpf(BPF_LINK_CREATE, &link);
  close(program);
  return result;
}

int spurline_xdp_attach(int s, uint32_t interface_index, bool native) {
  union bpf_attr create = {.map_type = BPF_MAP_TYPE_XSKMAP,
                           .key_size = 4,
                           .value_size = 4,
                           .max_entries = 1,
                           .map_name = "spurline"};
  int map = bpf(BPF_MAP_CREATE, &create);
  if (map < 0) return map;
  uint32_t key = 0, value = (uint32_t)s;
  union bpf_attr update = {.map_fd = (uint32_t)map, .key = (uintptr_t)&key, .value = (uintptr_t)&value};
  int status = bpf(BPF_MAP_UPDATE_ELEM, &update);
  if (!status) status = link_program(map, interface_index, native);
  close(map);
  return status;
}

void spurline_xdp_detach(int link) {
  /* Closing it alone does so some time later. */
  union bpf_attr detach = {.link_detach = {.link_fd = (uint32_t)link}};
  bpf(BPF_LINK_DETACH, &detach);
  close(link);
}

int spurline_xdp_send(int s) {
  return sendto(s, NULL, 0, MSG_DONTWAIT, NULL, 0) < 0 ? -errno : 0;
}

int spurline_xdp_dropped(int s, uint64_t *dropped) {
  struct xdp_statistics statistics = {0};
  socklen_t length = sizeof statistics;
  if (getsockopt(s, SOL_XDP, XDP_STATISTICS, &statistics, &length)) return -errno;
  /* What finds no frame to be copied into is among the first. */
  *dropped = statistics.rx_dropped + statistics.rx_ring_full;
  return 0;
}
