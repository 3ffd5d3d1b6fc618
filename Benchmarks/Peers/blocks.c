// Huge pages for DPDK's tables, on a machine that has none reserved.
//
// With --no-huge, DPDK allocates from ordinary pages of 4 KiB, where a table of 64 MiB misses the TLB at
// every lookup: nobody runs it so, and a comparison with it would be worth nothing. Reserving huge pages
// needs the machine's administrator. So the linker sends DPDK's calls of its allocator here (--wrap), and
// what is large comes from a mapping of its own that asks for transparent huge pages. Counting what a table
// takes comes with it.
//
// Two things make such a block like memory from reserved huge pages: it starts at a multiple of 2 MiB, and
// the table of 2^24 entries at its start is touched before prefixes come. Otherwise entries never written
// would all be read from the kernel's one shared page of zeros, which is always in the cache. Groups behind
// it are touched as they are filled, so that a generous pool costs addresses only.
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_malloc.h>
#include <rte_memory.h>

#include "internal.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 // Linux 5.14
#endif

static const size_t page_bytes = 4096;
static const size_t huge_bytes = (size_t)2 << 20;

// Smaller allocations stay with DPDK: rules, rings and names that no lookup reads.
static const size_t least_block_bytes = (size_t)1 << 20;

struct block {
  struct block *next;
  const void *owner;
  void *mapping;
  size_t mapping_bytes;
  unsigned char *start;
  size_t bytes;
  bool read;
  char name[16];
};

static struct block *blocks;
static const void *current_owner;

void spurline_blocks_begin(const void *owner) { current_owner = owner; }

// Zeroed, and with inaccessible pages on both sides: the kernel then keeps it a mapping of its own in smaps.
static void *allocate(const char *name, size_t bytes) {
  struct block *block = calloc(1, sizeof *block);
  if (block == NULL) return NULL;
  size_t rounded = (bytes + huge_bytes - 1) / huge_bytes * huge_bytes;
  block->mapping_bytes = rounded + 2 * huge_bytes;
  block->mapping =
      mmap(NULL, block->mapping_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (block->mapping == MAP_FAILED) {
    free(block);
    return NULL;
  }
  block->start = (unsigned char *)(((uintptr_t)block->mapping / huge_bytes + 1) * huge_bytes);
  block->bytes = bytes;
  block->owner = current_owner;
  snprintf(block->name, sizeof block->name, "%s", name == NULL ? "" : name);
  if (mprotect(block->start, rounded, PROT_READ | PROT_WRITE) != 0) {
    munmap(block->mapping, block->mapping_bytes);
    free(block);
    return NULL;
  }
  // Advice: where the kernel does not take it, the table works, and `huge` tells.
  madvise(block->start, rounded, MADV_HUGEPAGE);
  block->next = blocks;
  blocks = block;
  return block->start;
}

static bool release(const void *address) {
  for (struct block **link = &blocks; *link != NULL; link = &(*link)->next) {
    struct block *block = *link;
    if (block->start != address) continue;
    *link = block->next;
    munmap(block->mapping, block->mapping_bytes);
    free(block);
    return true;
  }
  return false;
}

static bool is_ours(size_t bytes) { return current_owner != NULL && bytes >= least_block_bytes; }

// What --wrap renames. DPDK's declarations are of the names without prefix; the alignment asked for is a
// cache line at most.
void *__real_rte_malloc(const char *, size_t, unsigned);
void *__real_rte_zmalloc(const char *, size_t, unsigned);
void *__real_rte_malloc_socket(const char *, size_t, unsigned, int);
void *__real_rte_zmalloc_socket(const char *, size_t, unsigned, int);
void __real_rte_free(void *);
void *__wrap_rte_malloc(const char *, size_t, unsigned);
void *__wrap_rte_zmalloc(const char *, size_t, unsigned);
void *__wrap_rte_malloc_socket(const char *, size_t, unsigned, int);
void *__wrap_rte_zmalloc_socket(const char *, size_t, unsigned, int);
void __wrap_rte_free(void *);
int __wrap_memfd_create(const char *, unsigned);

void *__wrap_rte_malloc(const char *name, size_t bytes, unsigned alignment) {
  return is_ours(bytes) ? allocate(name, bytes) : __real_rte_malloc(name, bytes, alignment);
}

void *__wrap_rte_zmalloc(const char *name, size_t bytes, unsigned alignment) {
  return is_ours(bytes) ? allocate(name, bytes) : __real_rte_zmalloc(name, bytes, alignment);
}

void *__wrap_rte_malloc_socket(const char *name, size_t bytes, unsigned alignment, int socket) {
  return is_ours(bytes) ? allocate(name, bytes) : __real_rte_malloc_socket(name, bytes, alignment, socket);
}

void *__wrap_rte_zmalloc_socket(const char *name, size_t bytes, unsigned alignment, int socket) {
  return is_ours(bytes) ? allocate(name, bytes) : __real_rte_zmalloc_socket(name, bytes, alignment, socket);
}

void __wrap_rte_free(void *address) {
  if (!release(address)) __real_rte_free(address);
}

// DPDK puts its --no-huge heap into a memfd when it can, and madvise gives shared memory no huge pages here.
// Without memfd it falls back to anonymous memory, which gets them: rte_rib's nodes, that updates walk, lie
// there.
int __wrap_memfd_create(const char *name, unsigned flags) {
  (void)name, (void)flags;
  errno = ENOSYS;
  return -1;
}

static int advise(const struct rte_memseg_list *list, void *context) {
  (void)context;
  uintptr_t start = ((uintptr_t)list->base_va + huge_bytes - 1) / huge_bytes * huge_bytes;
  uintptr_t end = ((uintptr_t)list->base_va + list->len) / huge_bytes * huge_bytes;
  if (start < end) madvise((void *)start, end - start, MADV_HUGEPAGE);
  return 0;
}

void spurline_blocks_advise_heap(void) { rte_memseg_list_walk(advise, NULL); }

uint64_t spurline_blocks_heap_bytes(void) {
  uint64_t bytes = 0;
  for (unsigned i = 0; i < rte_socket_count(); i++) {
    struct rte_malloc_socket_stats stats;
    if (rte_malloc_get_socket_stats(rte_socket_id_by_idx(i), &stats) == 0) bytes += stats.heap_allocsz_bytes;
  }
  return bytes;
}

static void touch(struct block *block, size_t bytes) {
  if (bytes > block->bytes) bytes = block->bytes;
  if (bytes == 0 || madvise(block->start, bytes, MADV_POPULATE_WRITE) == 0) return;
  // An older kernel; writing what is there touches as well.
  for (size_t i = 0; i < bytes; i += page_bytes) {
    volatile unsigned char *byte = block->start + i;
    *byte = *byte;
  }
}

void spurline_blocks_mark(const void *owner, const void *address, size_t touched) {
  const unsigned char *wanted = address;
  for (struct block *block = blocks; block != NULL; block = block->next) {
    if (block->owner != owner || wanted < block->start || wanted >= block->start + block->bytes) continue;
    block->read = true;
    touch(block, touched / page_bytes * page_bytes);
  }
}

void spurline_blocks_mark_named(const void *owner, const char *start_of_name) {
  for (struct block *block = blocks; block != NULL; block = block->next)
    if (block->owner == owner && strncmp(block->name, start_of_name, strlen(start_of_name)) == 0)
      block->read = true;
}

static uint64_t resident(const struct block *block) {
  size_t pages = (block->bytes + page_bytes - 1) / page_bytes;
  unsigned char *present = malloc(pages);
  if (present == NULL || mincore(block->start, pages * page_bytes, present) != 0) {
    free(present);
    return block->bytes;
  }
  uint64_t bytes = 0;
  for (size_t i = 0; i < pages; i++) bytes += present[i] & 1 ? page_bytes : 0;
  free(present);
  return bytes;
}

// The AnonHugePages of all marked blocks of `owner`, by the starts of mappings in smaps.
static uint64_t huge(const void *owner) {
  FILE *smaps = fopen("/proc/self/smaps", "r");
  if (smaps == NULL) return 0;
  uint64_t bytes = 0;
  bool counts = false;
  char line[512];
  while (fgets(line, sizeof line, smaps) != NULL) {
    uintptr_t start, end;
    uint64_t kibibytes;
    if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &start, &end) == 2) {
      counts = false;
      for (const struct block *block = blocks; block != NULL; block = block->next)
        if (block->owner == owner && block->read && (uintptr_t)block->start == start) counts = true;
    } else if (counts && sscanf(line, "AnonHugePages: %" SCNu64 " kB", &kibibytes) == 1) {
      bytes += kibibytes << 10;
    }
  }
  fclose(smaps);
  return bytes;
}

void spurline_blocks_measure(const void *owner, struct spurline_peer_memory *memory) {
  *memory = (struct spurline_peer_memory){0};
  for (const struct block *block = blocks; block != NULL; block = block->next) {
    if (block->owner != owner) continue;
    uint64_t bytes = resident(block);
    memory->all += bytes;
    if (block->read) memory->lookup += bytes;
  }
  memory->huge = huge(owner);
}
