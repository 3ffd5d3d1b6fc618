#define _GNU_SOURCE
#include "spurline_kernels.h"

#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 << 20)

static bool is_huge(size_t bytes) { return bytes >= HUGE_PAGE; }

void *spurline_map(size_t bytes) {
  /* A huge page more than is asked for, so that an aligned block is inside; the rest goes back. */
  size_t room = is_huge(bytes) ? bytes + HUGE_PAGE : bytes;
  uint8_t *memory = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return NULL;
  if (!is_huge(bytes)) return memory;
  size_t before = (HUGE_PAGE - (uintptr_t)memory % HUGE_PAGE) % HUGE_PAGE;
  size_t page = 4096;
  size_t end = (before + bytes + page - 1) / page * page;
  if (before > 0) munmap(memory, before);
  if (end < room) munmap(memory + end, room - end);
#ifdef MADV_HUGEPAGE
  madvise(memory + before, bytes, MADV_HUGEPAGE);
#endif
  return memory + before;
}

void spurline_unmap(void *memory, size_t bytes) { munmap(memory, bytes); }
