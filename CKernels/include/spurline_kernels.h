/* What `Lookup`, `Dataplane` and `Control` need and Swift cannot express: gather instructions, prefetches, memory in
 * huge pages, a population count in one instruction without a build for newer processors only, and the processors
 * that a thread may run on. Names begin with spurline_. */
#ifndef SPURLINE_KERNELS_H
#define SPURLINE_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True where the vector kernels run: AVX-512 F, BW, DQ, VL and VPOPCNTDQ, and an operating system that saves
 * the registers. */
bool spurline_has_avx512(void);

/* True where spurline_popcount is safe; asked once, before the first call. */
bool spurline_has_popcount(void);

/* Zeroed memory from the system, aligned to 64 bytes or better; blocks of 2 MiB and more begin on a 2 MiB
 * boundary and ask for huge pages, without failing where there are none. Null when there is no memory. */
void *spurline_map(size_t bytes);

/* `bytes` as it was given to spurline_map. */
void spurline_unmap(void *memory, size_t bytes);

/* The number of ones. Written as an instruction, because the compiler's own needs a build flag for it and a
 * dozen instructions without: one of the two loads of a lookup depends on it. */
static inline uint32_t spurline_popcount(uint32_t bits) {
#if defined(__x86_64__)
  uint32_t count;
  __asm__("popcntl %1, %0" : "=r"(count) : "r"(bits) : "cc");
  return count;
#else
  return (uint32_t)__builtin_popcount(bits);
#endif
}

/* `next` where `start` is not above `chunk`, else `found`: a step of a binary search. As an instruction, because
 * the compiler makes a branch of it, which is mispredicted every other time. */
static inline size_t spurline_step(size_t found, size_t next, uint16_t start, uint16_t chunk) {
#if defined(__x86_64__)
  __asm__("cmpw %3, %2\n\tcmovbe %1, %0" : "+r"(found) : "r"(next), "r"(start), "r"(chunk) : "cc");
  return found;
#else
  return start <= chunk ? next : found;
#endif
}

static inline void spurline_prefetch(const void *address) { __builtin_prefetch(address); }

/* IPv4, 16 keys at a time; Sources/Lookup/IPv4View.swift says what the memory holds. `count` is at most
 * 256. */
void spurline_lookup4_avx512(const uint64_t *records, const void *leaves, bool wide,
                             uint32_t unrouted, const uint32_t *keys, size_t count,
                             uint32_t *values);

/* IPv6; Sources/Lookup/IPv6View.swift says what the memory holds. `keys` are 128-bit numbers, the low half
 * first; `count` is at most 256. Decides up to bit 48; returns true where values are left that lead on to what
 * is behind it (bit 31 set, and not all ones): they are the caller's. */
bool spurline_lookup6_avx512(const uint32_t *words, uint32_t unrouted, const void *keys,
                             size_t count, uint32_t *values);

/* sched_setaffinity(2) and its masks, which are declared only with _GNU_SOURCE: the numbers of the processors that the
 * calling thread may run on, in order. Returns how many, at most `capacity`, or the negated errno. */
int spurline_allowed_processors(int32_t *processors, int capacity);

/* Keeps the calling thread on one processor, which is below 1024. Returns 0 or the negated errno. */
int spurline_pin_thread(int32_t processor);

#endif
