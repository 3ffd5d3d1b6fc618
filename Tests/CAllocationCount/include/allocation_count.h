/* Counts what a thread allocates, for tests that say it is nothing. */
#ifndef ALLOCATION_COUNT_H
#define ALLOCATION_COUNT_H

#include <stdint.h>

/* By malloc and its kin, on the calling thread, since it began. */
uint64_t allocation_count(void);

#endif
