#define _GNU_SOURCE
#include "spurline_kernels.h"

#include <errno.h>
#include <sched.h>

int spurline_allowed_processors(int32_t *processors, int capacity) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return -errno;
  int count = 0;
  for (int processor = 0; processor < CPU_SETSIZE && count < capacity; processor++)
    if (CPU_ISSET(processor, &set)) processors[count++] = processor;
  return count;
}

int spurline_pin_thread(int32_t processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor, &set);
  return sched_setaffinity(0, sizeof set, &set) == 0 ? 0 : -errno;
}
