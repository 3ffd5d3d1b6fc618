#include "spurline_baseline.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define VECTOR 256
/* Frames whose header is loaded ahead. */
#define AHEAD 8

/* Half a line of the cache. */
struct entry {
  uint32_t source, destination, ports;
  uint32_t new_source;
  uint16_t header_delta, transport_delta;
  uint32_t used;
  uint32_t room[2];
};

struct baseline_table {
  struct entry *entries;
  size_t mask;
  uint8_t macs[12];
  uint32_t new_source;
};

static uint32_t load32(const uint8_t *bytes) {
  uint32_t value;
  memcpy(&value, bytes, 4);
  return value;
}

static uint16_t load16(const uint8_t *bytes) {
  uint16_t value;
  memcpy(&value, bytes, 2);
  return value;
}

static void store16(uint8_t *bytes, uint16_t value) { memcpy(bytes, &value, 2); }

/* One's-complement arithmetic does not mind the byte order (RFC 1071): all sums are of words as loaded. */
static uint16_t add(uint16_t checksum, uint16_t delta) {
  uint32_t sum = (uint32_t)(uint16_t)~checksum + delta;
  return (uint16_t) ~(sum + (sum >> 16));
}

static uint16_t fold(uint64_t sum) {
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t)sum;
}

static bool is_udp(const uint8_t *frame) {
  return load16(frame + 12) == 0x0008 && frame[14] == 0x45 && (load16(frame + 20) & 0xff3f) == 0 &&
         frame[23] == 17 && frame[22] > 1;
}

static size_t hash(uint32_t source, uint32_t destination, uint32_t ports) {
  uint64_t key = ((uint64_t)source << 32 | destination) ^ (uint64_t)ports * 0x9e3779b97f4a7c15;
  key *= 0xbf58476d1ce4e5b9;
  return (size_t)(key ^ key >> 32);
}

struct baseline_table *baseline_make(size_t flows, const uint8_t macs[12], uint32_t new_source) {
  struct baseline_table *table = malloc(sizeof *table);
  if (!table) return NULL;
  size_t count = 64;
  while (count < 2 * flows) count *= 2;
  size_t bytes = count * sizeof(struct entry);
  if (posix_memalign((void **)&table->entries, (size_t)2 << 20, bytes)) {
    free(table);
    return NULL;
  }
#ifdef MADV_HUGEPAGE
  madvise(table->entries, bytes, MADV_HUGEPAGE);
#endif
  memset(table->entries, 0, bytes);
  table->mask = count - 1;
  memcpy(table->macs, macs, 12);
  uint8_t address[4] = {new_source >> 24, new_source >> 16, new_source >> 8, new_source};
  table->new_source = load32(address);
  return table;
}

void baseline_free(struct baseline_table *table) {
  free(table->entries);
  free(table);
}

void baseline_enter(struct baseline_table *table, const uint8_t *frame) {
  struct entry entry = {.source = load32(frame + 26),
                        .destination = load32(frame + 30),
                        .ports = load32(frame + 34),
                        .new_source = table->new_source,
                        .used = 1};
  uint64_t change = (uint64_t)(uint32_t)~entry.source + entry.new_source;
  entry.transport_delta = fold(change);
  uint8_t hop[2] = {0xfe, 0xff}; /* ~0x0100: one less in the high byte of its word */
  entry.header_delta = fold(change + load16(hop));
  size_t at = hash(entry.source, entry.destination, entry.ports) & table->mask;
  while (table->entries[at].used) at = (at + 1) & table->mask;
  table->entries[at] = entry;
}

size_t baseline_process(const struct baseline_table *table, uint8_t *const *frames, size_t count) {
  size_t places[VECTOR];
  const struct entry *entries = table->entries;
  size_t mask = table->mask, found = 0;
  for (size_t i = 0; i < AHEAD && i < count; i++) __builtin_prefetch(frames[i], 1);
  for (size_t i = 0; i < count; i++) {
    if (i + AHEAD < count) __builtin_prefetch(frames[i + AHEAD], 1);
    const uint8_t *frame = frames[i];
    places[i] = SIZE_MAX;
    if (!is_udp(frame)) continue;
    size_t at = hash(load32(frame + 26), load32(frame + 30), load32(frame + 34)) & mask;
    __builtin_prefetch(&entries[at]);
    places[i] = at;
  }
  for (size_t i = 0; i < count; i++) {
    size_t at = places[i];
    if (at == SIZE_MAX) continue;
    uint8_t *frame = frames[i];
    uint32_t source = load32(frame + 26), destination = load32(frame + 30), ports = load32(frame + 34);
    const struct entry *entry = &entries[at];
    while (entry->used &&
           (entry->source != source || entry->destination != destination || entry->ports != ports)) {
      at = (at + 1) & mask;
      entry = &entries[at];
    }
    if (!entry->used) continue;
    memcpy(frame, table->macs, 12);
    frame[22]--;
    store16(frame + 24, add(load16(frame + 24), entry->header_delta));
    memcpy(frame + 26, &entry->new_source, 4);
    uint16_t checksum = load16(frame + 40);
    if (checksum) {
      checksum = add(checksum, entry->transport_delta);
      store16(frame + 40, checksum ? checksum : 0xffff);
    }
    found++;
  }
  return found;
}
