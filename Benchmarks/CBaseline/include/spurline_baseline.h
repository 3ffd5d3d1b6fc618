/* What one would write in C for speed alone: the ceiling that benchmarks compare the packet path with. Names begin
 * with baseline_. */
#ifndef SPURLINE_BASELINE_H
#define SPURLINE_BASELINE_H

#include <stddef.h>
#include <stdint.h>

struct baseline_table;

/* An empty flat table of UDP flows over IPv4 for up to `flows`, or null without memory. What leaves has
 * the twelve bytes of `macs` at its start and `new_source`, in host order, as its source address. */
struct baseline_table *baseline_make(size_t flows, const uint8_t macs[12], uint32_t new_source);
void baseline_free(struct baseline_table *table);

/* Enters the flow of a frame. */
void baseline_enter(struct baseline_table *table, const uint8_t *frame);

/* Parses up to 256 frames of one size, looks each up, rewrites source, MACs and time to live, and updates both
 * checksums. Returns how many belong to a flow; only those are changed. */
size_t baseline_process(const struct baseline_table *table, uint8_t *const *frames, size_t count);

#endif
