/* sched_setaffinity(2) and its masks, which are declared only with _GNU_SOURCE. What can fail returns the negated
 * errno. */
#ifndef SPURLINE_PROCESSORS_H
#define SPURLINE_PROCESSORS_H

#include <stdint.h>

/* The numbers of the processors that the calling thread may run on, in order. Returns how many, at most `capacity`. */
int spurline_allowed_processors(int32_t *processors, int capacity);

/* Keeps the calling thread on one processor, which is below 1024. */
int spurline_pin_thread(int32_t processor);

#endif
