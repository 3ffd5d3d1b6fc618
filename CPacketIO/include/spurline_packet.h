/* Packet sockets (packet(7)) with a ring that the kernel fills, TPACKET_V3, as far as Swift cannot spell them. What can
 * fail returns the negated errno. Names begin with spurline_packet_. */
#ifndef SPURLINE_PACKET_H
#define SPURLINE_PACKET_H

#include <linux/if_packet.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* struct mmsghdr, which is declared only with _GNU_SOURCE. */
struct spurline_packet_message {
  struct msghdr header;
  unsigned int length;
};

/* A socket that receives what arrives at an interface into a ring of `blocks` blocks, which the kernel hands over when
 * they are full or `timeout` milliseconds old. `headroom` bytes are left before each frame. Nothing that this host
 * sends is received. The ring is mapped at `*ring`. Returns the descriptor. */
int spurline_packet_open(uint32_t interface_index, uint32_t block_size, uint32_t blocks, uint32_t timeout,
                         uint32_t headroom, void **ring);

/* A socket that only sends by an interface. Returns the descriptor. */
int spurline_packet_open_sender(uint32_t interface_index);

/* The same; a struct virtio_net_hdr stands before each frame that says into what segments the kernel is to cut it, or
 * whoever comes behind the interface. */
int spurline_packet_open_batch_sender(uint32_t interface_index);

/* Whether the interface speaks Ethernet (1) or not (0). */
int spurline_packet_is_ethernet(const char *interface_name);

/* Sends up to `count` messages. Returns how many the kernel took. */
int spurline_packet_send(int socket, struct spurline_packet_message *messages, unsigned count);

/* Packets that found the ring full since it was last asked. */
int spurline_packet_dropped(int socket, uint32_t *dropped);

static inline uint32_t spurline_packet_status(const struct tpacket_block_desc *block) {
  return __atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE);
}

/* Gives a block back to the kernel. */
static inline void spurline_packet_return(struct tpacket_block_desc *block) {
  __atomic_store_n(&block->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
}

#endif
