// The route lookups that Spurline's own is measured against: DPDK's rte_lpm, rte_lpm6, rte_fib and rte_fib6,
// behind one plain C ABI that the benchmark program loads with dlopen, so that all of them run interleaved in
// one process and every answer is checked.
//
// A *table* is one data structure filled with prefixes; an *engine* is one way to look something up in a
// table. Engines over the same table share it: the three lookups of rte_lpm need one build.
//
// Call from one thread. Nothing here may run while another thread looks up or builds. A function that fails
// leaves a sentence in spurline_peer_error().
#ifndef SPURLINE_PEERS_H
#define SPURLINE_PEERS_H

#include <stddef.h>
#include <stdint.h>

#define SPURLINE_PEER_API __attribute__((visibility("default")))

// Changes with every incompatible change of this file; the Swift side compares.
#define SPURLINE_PEER_ABI 1

// The longest burst that `run` and `check` take.
#define SPURLINE_PEER_BURST_MAX 4096

SPURLINE_PEER_API uint32_t spurline_peer_abi(void);

// Why the latest call failed. Valid until the next call.
SPURLINE_PEER_API const char *spurline_peer_error(void);

// Starts DPDK's environment, once in a process, without reserved huge pages, devices, files or telemetry, on
// the core the caller runs on; the caller's affinity is as before afterwards. 0, or -1.
SPURLINE_PEER_API int spurline_peer_start(void);

// Kinds of table, numbered from 0.
SPURLINE_PEER_API uint32_t spurline_peer_table_count(void);
SPURLINE_PEER_API const char *spurline_peer_table_name(uint32_t kind);
SPURLINE_PEER_API uint32_t spurline_peer_table_family(uint32_t kind); // 4 or 6

// Engines, numbered from 0, and the kind of table that each reads.
SPURLINE_PEER_API uint32_t spurline_peer_engine_count(void);
SPURLINE_PEER_API const char *spurline_peer_engine_name(uint32_t engine);
SPURLINE_PEER_API uint32_t spurline_peer_engine_table(uint32_t engine);

struct spurline_peer_table;

// Fills a table. Keys are uint32_t in host order (family 4) or 16 bytes in network order (family 6), with the
// bits beyond the length zero; values are 1 or more, since 0 is "no route". A table built with `updatable` 0
// refuses updates: rte_lpm's is then built in a second or two instead of a minute.
//
// Puts into `refused` how many prefixes the library would not take (no room, value too large, length 0 in
// rte_lpm and rte_lpm6). Such a table answers wrongly, and a benchmark has to say so. Returns NULL when there
// is no table at all.
SPURLINE_PEER_API struct spurline_peer_table *spurline_peer_build(
    uint32_t kind, const void *keys, const uint8_t *lengths, const uint32_t *values, size_t count,
    int updatable, size_t *refused);
SPURLINE_PEER_API void spurline_peer_destroy(struct spurline_peer_table *table);

// Memory of a table, in bytes that are really there: pools are reserved large, and what was never touched
// does not count.
struct spurline_peer_memory {
  uint64_t lookup; // what lookups read: the 2^24 entries and the groups of 256 behind them
  uint64_t all;    // that, and rules, tries and pools that only updates read (rte_lpm: if built for updates)
  uint64_t huge;   // of `lookup`, on huge pages as the kernel tells; whole ones, so it can be a little more
};
_Static_assert(sizeof(struct spurline_peer_memory) == 24, "mirrored in Peers.swift");

SPURLINE_PEER_API int spurline_peer_memory(
    const struct spurline_peer_table *table, struct spurline_peer_memory *memory);

// Looks up `count` keys in bursts of `burst`, as the library answers natively: each burst overwrites the
// answers of the one before. This is what to time. 0, or -1: also when this processor cannot run the engine.
SPURLINE_PEER_API int spurline_peer_run(
    struct spurline_peer_table *table, uint32_t engine, const void *keys, size_t count, size_t burst);

// The same lookups compared with `expected` (0: no route). Returns how many were wrong, and puts the index of
// the first of those into `first_wrong`, or `count`; -1 when the lookups could not be made.
SPURLINE_PEER_API int64_t spurline_peer_check(
    struct spurline_peer_table *table, uint32_t engine, const void *keys, const uint32_t *expected,
    size_t count, size_t burst, size_t *first_wrong);

// Adds a prefix or changes its value; removes a prefix. 0, or -1 when the library refuses.
SPURLINE_PEER_API int spurline_peer_update(
    struct spurline_peer_table *table, const void *key, uint8_t length, uint32_t value);
SPURLINE_PEER_API int spurline_peer_remove(struct spurline_peer_table *table, const void *key, uint8_t length);

#endif
