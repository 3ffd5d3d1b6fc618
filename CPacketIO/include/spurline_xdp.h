/* AF_XDP sockets (linux/if_xdp.h) and the kernel program that feeds one, as far as Swift cannot spell them. What can
 * fail returns the negated errno. Names begin with spurline_xdp_. */
#ifndef SPURLINE_XDP_H
#define SPURLINE_XDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One of the four rings of a socket, as it is mapped: entries are 8 bytes (addresses) or 16 (descriptors). */
struct spurline_xdp_ring {
  uint32_t *producer;
  uint32_t *consumer;
  void *entries;
  void *mapping;
  size_t mapped;
};

struct spurline_xdp_rings {
  struct spurline_xdp_ring fill, completion, receive, transmit;
};

/* struct xdp_desc. */
struct spurline_xdp_descriptor {
  uint64_t address;
  uint32_t length;
  uint32_t options;
};

/* A socket that takes `bytes` of memory at `memory` as its frames, with rings of `size` entries, a power of two,
 * mapped into `rings`. Returns its descriptor. */
int spurline_xdp_open(void *memory, size_t bytes, uint32_t frame_size, uint32_t size,
                      struct spurline_xdp_rings *rings);

/* Ties it to the interface's first queue. Frames are copied between it and the driver: only that works on
 * every interface. */
int spurline_xdp_bind(int socket, uint32_t interface_index);

/* Has the interface give what arrives at its first queue to the socket; native: by the driver, before the kernel makes
 * a packet of it. Returns a descriptor; the program is there as long as it is open, so it goes with
 * the process, however that ends. */
int spurline_xdp_attach(int socket, uint32_t interface_index, bool native);

/* Takes the program away, and closes the descriptor. */
void spurline_xdp_detach(int link);

/* Has the kernel send what stands in the transmit ring. */
int spurline_xdp_send(int socket);

void spurline_xdp_unmap(struct spurline_xdp_rings *rings);

/* Packets that the socket had no room for. */
int spurline_xdp_dropped(int socket, uint64_t *dropped);

static inline uint32_t spurline_xdp_load(const uint32_t *place) {
  return __atomic_load_n(place, __ATOMIC_ACQUIRE);
}

static inline void spurline_xdp_store(uint32_t *place, uint32_t value) {
  __atomic_store_n(place, value, __ATOMIC_RELEASE);
}

#endif
