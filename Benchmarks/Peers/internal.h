// What the files of this library share; not for its users.
#ifndef SPURLINE_PEERS_INTERNAL_H
#define SPURLINE_PEERS_INTERNAL_H

#include <stdbool.h>

#include "peers.h"

struct rte_fib;
struct rte_fib6;
struct rte_lpm;
struct rte_lpm6;

// Entries of all these tables' first level, and a page for what precedes them.
#define FIRST_ENTRIES (((size_t)1 << 24) + 4096)

// The prefixes of one build, and the order to insert them in: shorter ones first, so that no library has to
// search for the longer prefixes that an insertion must leave alone.
struct prefixes {
  const void *keys;
  const uint8_t *lengths;
  const uint32_t *values;
  const uint32_t *order;
  size_t count;
  bool updatable;
};

struct spurline_peer_table {
  const struct kind *kind;
  union {
    struct rte_fib *fib;
    struct rte_fib6 *fib6;
    struct rte_lpm *lpm;
    struct rte_lpm6 *lpm6;
  };
  bool updatable;
  uint64_t heap_bytes; // of DPDK's own heap
  void *answers;       // of the current burst, in the engine's own type
};

struct kind {
  const char *name;
  uint32_t family;
  // Makes the empty table; NULL or 0 with rte_errno set when that fails. Blocks that lookups read are to be
  // marked.
  bool (*create)(struct spurline_peer_table *table, const char *name, const struct prefixes *prefixes);
  // NULL: `add` for each prefix. Returns how many were refused, or -1.
  int64_t (*fill)(struct spurline_peer_table *table, const struct prefixes *prefixes);
  // Negative errno when refused.
  int (*add)(struct spurline_peer_table *table, const void *key, uint8_t length, uint32_t value);
  int (*remove)(struct spurline_peer_table *table, const void *key, uint8_t length);
  void (*destroy)(struct spurline_peer_table *table);
};

// How an engine writes an answer.
enum answer {
  ANSWER_U64,   // rte_fib: the value, 0 by default
  ANSWER_U32,   // rte_lpm: the value, 0 by default
  ANSWER_ENTRY, // rte_lpm_lookup_bulk: a table entry with flags
  ANSWER_I32    // rte_lpm6: the value, -1 without a route
};

struct engine {
  const char *name;
  const struct kind *kind;
  enum answer answer;
  int type; // what `select` gets
  // NULL, or chooses between the lookups of one table; false: not on this processor.
  bool (*select)(struct spurline_peer_table *table, int type);
  void (*lookup)(struct spurline_peer_table *table, const void *keys, unsigned count);
};

extern const struct kind spurline_peer_fib_2, spurline_peer_fib_4, spurline_peer_lpm;
extern const struct kind spurline_peer_fib6_2, spurline_peer_fib6_4, spurline_peer_lpm6;

bool spurline_peer_fib_select(struct spurline_peer_table *table, int type);
void spurline_peer_fib_lookup(struct spurline_peer_table *table, const void *keys, unsigned count);
void spurline_peer_lpm_single(struct spurline_peer_table *table, const void *keys, unsigned count);
void spurline_peer_lpm_bulk(struct spurline_peer_table *table, const void *keys, unsigned count);
void spurline_peer_lpm_x4(struct spurline_peer_table *table, const void *keys, unsigned count);
bool spurline_peer_fib6_select(struct spurline_peer_table *table, int type);
void spurline_peer_fib6_lookup(struct spurline_peer_table *table, const void *keys, unsigned count);
void spurline_peer_lpm6_bulk(struct spurline_peer_table *table, const void *keys, unsigned count);

// Remembers a sentence for spurline_peer_error.
__attribute__((format(printf, 1, 2))) void spurline_peer_fail(const char *format, ...);

// Large allocations of DPDK's libraries: see blocks.c.

// Allocations from now on belong to `owner`, until NULL.
void spurline_blocks_begin(const void *owner);
// Says that lookups read the block of `owner` that contains `address`, or those named so. The first `touched`
// bytes of the former are made present.
void spurline_blocks_mark(const void *owner, const void *address, size_t touched);
void spurline_blocks_mark_named(const void *owner, const char *start_of_name);
// Adds up the blocks of `owner`.
void spurline_blocks_measure(const void *owner, struct spurline_peer_memory *memory);
// Asks for huge pages on DPDK's own heap.
void spurline_blocks_advise_heap(void);
// Bytes allocated from it.
uint64_t spurline_blocks_heap_bytes(void);

#endif
