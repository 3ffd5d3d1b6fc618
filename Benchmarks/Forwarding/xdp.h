/* AF_XDP sockets on one shared UMEM, for the generator and the minimal loop. */
#ifndef XDP_H
#define XDP_H

#include <bpf/bpf.h>
#include <linux/if_link.h>
#include <linux/if_xdp.h>
#include <net/if.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xdp/xsk.h>

#include "frames.h"

#define FRAME_SIZE 2048
#define RING 2048

struct port {
  struct xsk_socket *socket;
  struct xsk_ring_prod fill, transmit;
  struct xsk_ring_cons completion, receive;
  uint32_t outstanding;
};

struct memory {
  uint8_t *start;
  struct xsk_umem *umem;
  uint64_t *free;
  uint32_t count;
};

/* Sends what the interface receives to the socket; detached when the process ends. */
static inline void redirect_to(struct port *port, const char *name, int native) {
  int map = bpf_map_create(BPF_MAP_TYPE_XSKMAP, "xsks", 4, 4, 64, NULL);
  if (map < 0) die("XSKMAP");
  struct bpf_insn program[] = {
      /* r2 = ctx->rx_queue_index; r1 = map; r3 = XDP_PASS; call bpf_redirect_map; exit */
      {.code = 0x61, .dst_reg = 2, .src_reg = 1, .off = 16},
      {.code = 0x18, .dst_reg = 1, .src_reg = 1, .imm = map},
      {0},
      {.code = 0xb7, .dst_reg = 3, .imm = 2},
      {.code = 0x85, .imm = 51},
      {.code = 0x95},
  };
  int loaded = bpf_prog_load(BPF_PROG_TYPE_XDP, "to_xsk", "GPL", program, 6, NULL);
  if (loaded < 0) die("bpf_prog_load");
  LIBBPF_OPTS(bpf_link_create_opts, options,
              .flags = native ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE);
  if (bpf_link_create(loaded, (int)if_nametoindex(name), BPF_XDP, &options) < 0) die("attach");
  if (xsk_socket__update_xskmap(port->socket, map)) die("XSKMAP update");
}

static inline void make_memory(struct memory *memory, struct port *first, uint32_t frames) {
  size_t bytes = (size_t)frames * FRAME_SIZE;
  memory->start = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory->start == MAP_FAILED) die("mmap");
  struct xsk_umem_config config = {
      .fill_size = RING, .comp_size = RING, .frame_size = FRAME_SIZE, .frame_headroom = 0};
  if (xsk_umem__create(&memory->umem, memory->start, bytes, &first->fill, &first->completion, &config))
    die("UMEM");
  memory->free = malloc(frames * sizeof(uint64_t));
  memory->count = frames;
  for (uint32_t i = 0; i < frames; i++) memory->free[i] = (uint64_t)i * FRAME_SIZE;
}

static inline void open_port(struct port *port, struct memory *memory, const char *name) {
  struct xsk_socket_config config = {.rx_size = RING,
                                     .tx_size = RING,
                                     .libbpf_flags = XSK_LIBBPF_FLAGS__INHIBIT_PROG_LOAD,
                                     .bind_flags = XDP_USE_NEED_WAKEUP | XDP_COPY};
  int status, attempts = 40;
  /* The kernel lets go of a socket's queue some time after the process that had it has ended. */
  while ((status = xsk_socket__create_shared(&port->socket, name, 0, memory->umem, &port->receive, &port->transmit,
                                             &port->fill, &port->completion, &config)) == -EBUSY &&
         attempts--)
    usleep(50000);
  if (status) {
    errno = -status;
    die("AF_XDP socket");
  }
#ifdef SO_BUSY_POLL
  int budget = 256;
  setsockopt(xsk_socket__fd(port->socket), SOL_XDP, 9 /* XDP_MAX_TX_SKB_BUDGET */, &budget, sizeof budget);
#endif
}

static inline void refill(struct port *port, struct memory *memory) {
  uint32_t place, want = memory->count < RING ? memory->count : RING;
  want = want < xsk_prod_nb_free(&port->fill, want) ? want : xsk_prod_nb_free(&port->fill, want);
  if (!want || xsk_ring_prod__reserve(&port->fill, want, &place) != want) return;
  for (uint32_t i = 0; i < want; i++)
    *xsk_ring_prod__fill_addr(&port->fill, place + i) = memory->free[--memory->count];
  xsk_ring_prod__submit(&port->fill, want);
}

static inline void complete(struct port *port, struct memory *memory) {
  uint32_t place, done = xsk_ring_cons__peek(&port->completion, RING, &place);
  for (uint32_t i = 0; i < done; i++)
    memory->free[memory->count++] =
        *xsk_ring_cons__comp_addr(&port->completion, place + i) / FRAME_SIZE * FRAME_SIZE;
  xsk_ring_cons__release(&port->completion, done);
  port->outstanding -= done;
}

static inline void kick(struct port *port) {
  if (sendto(xsk_socket__fd(port->socket), NULL, 0, MSG_DONTWAIT, NULL, 0) < 0 && errno != EAGAIN &&
      errno != EBUSY && errno != ENOBUFS)
    die("AF_XDP: send");
}

#endif
