// IPv4: rte_fib and rte_lpm. Both are a table of 2^24 entries and groups of 256 behind it for longer
// prefixes.
#include <errno.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_fib.h>
#include <rte_lpm.h>
#include <rte_memory.h>

#include "internal.h"

// Groups of 256 entries that prefixes longer than /24 can need at most, and as many again for updates. The
// least is what makes the smallest pool, of 2-byte entries, reach the size that blocks.c counts.
static uint32_t groups(const struct prefixes *prefixes) {
  uint32_t longer = 0;
  for (size_t i = 0; i < prefixes->count; i++) longer += prefixes->lengths[i] > 24;
  return 2 * longer < 2048 ? 2048 : 2 * longer;
}

// Rules that fit: all prefixes, and room for updates.
static uint32_t rules(const struct prefixes *prefixes) {
  return (uint32_t)(prefixes->count + prefixes->count / 8 + 1024);
}

static uint32_t number(const void *key) {
  uint32_t value;
  memcpy(&value, key, sizeof value);
  return value;
}

// --- rte_fib ----------------------------------------------------------------------------------------------

// One bit of an entry says that it is the number of a group, so that 2 bytes count to 32,767 groups and
// values.
#define FIB_2_BYTE_MAX 32767u

static bool create_fib(
    struct spurline_peer_table *table, const char *name, const struct prefixes *prefixes,
    enum rte_fib_dir24_8_nh_sz size) {
  uint32_t pool = groups(prefixes);
  if (size == RTE_FIB_DIR24_8_2B && pool > FIB_2_BYTE_MAX) pool = FIB_2_BYTE_MAX;
  struct rte_fib_conf configuration = {
      .type = RTE_FIB_DIR24_8,
      .default_nh = 0,
      .max_routes = (int)rules(prefixes),
      .dir24_8 = {.nh_sz = size, .num_tbl8 = pool},
  };
  table->fib = rte_fib_create(name, SOCKET_ID_ANY, &configuration);
  if (table->fib == NULL) return false;
  spurline_blocks_mark(table, rte_fib_get_dp(table->fib), FIRST_ENTRIES << size);
  spurline_blocks_mark_named(table, "TBL8_0x");
  return true;
}

static bool create_fib_2(
    struct spurline_peer_table *table, const char *name, const struct prefixes *prefixes) {
  return create_fib(table, name, prefixes, RTE_FIB_DIR24_8_2B);
}

static bool create_fib_4(
    struct spurline_peer_table *table, const char *name, const struct prefixes *prefixes) {
  return create_fib(table, name, prefixes, RTE_FIB_DIR24_8_4B);
}

static int add_fib(struct spurline_peer_table *table, const void *key, uint8_t length, uint32_t value) {
  return rte_fib_add(table->fib, number(key), length, value);
}

static int remove_fib(struct spurline_peer_table *table, const void *key, uint8_t length) {
  return rte_fib_delete(table->fib, number(key), length);
}

static void destroy_fib(struct spurline_peer_table *table) { rte_fib_free(table->fib); }

const struct kind spurline_peer_fib_2 = {
    "rte_fib 2-byte", 4, create_fib_2, NULL, add_fib, remove_fib, destroy_fib};
const struct kind spurline_peer_fib_4 = {
    "rte_fib 4-byte", 4, create_fib_4, NULL, add_fib, remove_fib, destroy_fib};

bool spurline_peer_fib_select(struct spurline_peer_table *table, int type) {
  return rte_fib_select_lookup(table->fib, (enum rte_fib_lookup_type)type) == 0;
}

void spurline_peer_fib_lookup(struct spurline_peer_table *table, const void *keys, unsigned count) {
  // The parameter lacks a const.
  rte_fib_lookup_bulk(table->fib, (uint32_t *)(uintptr_t)keys, table->answers, (int)count);
}

// --- rte_lpm ----------------------------------------------------------------------------------------------

static struct rte_lpm *make_lpm(const char *name, const struct prefixes *prefixes) {
  struct rte_lpm_config configuration = {
      .max_rules = rules(prefixes), .number_tbl8s = groups(prefixes), .flags = 0};
  return rte_lpm_create(name, SOCKET_ID_ANY, &configuration);
}

static bool create_lpm(struct spurline_peer_table *table, const char *name, const struct prefixes *prefixes) {
  table->lpm = make_lpm(name, prefixes);
  if (table->lpm == NULL) return false;
  spurline_blocks_mark(table, table->lpm, FIRST_ENTRIES * sizeof table->lpm->tbl24[0]);
  spurline_blocks_mark(table, table->lpm->tbl8, 0);
  return true;
}

static int add_lpm(struct spurline_peer_table *table, const void *key, uint8_t length, uint32_t value) {
  return value > 0xffffff ? -EINVAL : rte_lpm_add(table->lpm, number(key), length, value);
}

static int remove_lpm(struct spurline_peer_table *table, const void *key, uint8_t length) {
  return rte_lpm_delete(table->lpm, number(key), length);
}

static void destroy_lpm(struct spurline_peer_table *table) { rte_lpm_free(table->lpm); }

// Of the address's first bits.
#define SHARD_BITS 7
#define SHARDS (1u << SHARD_BITS)
#define SHARD_ENTRIES (1u << (24 - SHARD_BITS))

// Copies one shard's entries, and the groups behind them with new numbers. Returns the first group still
// free.
static uint32_t copy_shard(
    struct rte_lpm *target, const struct rte_lpm *shard, uint32_t number_of_shard, uint32_t group) {
  uint32_t first = number_of_shard * SHARD_ENTRIES;
  for (uint32_t i = first; i < first + SHARD_ENTRIES; i++) {
    struct rte_lpm_tbl_entry entry = shard->tbl24[i];
    if (entry.valid && entry.valid_group) {
      memcpy(
          &target->tbl8[(size_t)group * RTE_LPM_TBL8_GROUP_NUM_ENTRIES],
          &shard->tbl8[(size_t)entry.next_hop * RTE_LPM_TBL8_GROUP_NUM_ENTRIES],
          RTE_LPM_TBL8_GROUP_NUM_ENTRIES * sizeof entry);
      entry.next_hop = group++;
    }
    target->tbl24[i] = entry;
  }
  return group;
}

// rte_lpm_add compares a new rule with every rule of its length, one after the other: more than half a
// million /24s in a full table take more than a minute, in any order. So for a table that will only be read,
// the rules go into one small table after the other, each for 1/128 of the addresses, and what rte_lpm made
// of them is put together. Lookups read nothing but these entries, and find what they would find in a table
// built at once: entry by entry it is the same, except for which group has which number. Rules are then
// missing, and updates impossible.
static int64_t fill_lpm(struct spurline_peer_table *table, const struct prefixes *prefixes) {
  struct rte_lpm *shard = make_lpm("shard", prefixes);
  if (shard == NULL) {
    spurline_peer_fail("no memory for rte_lpm's second table: %s", rte_strerror(rte_errno));
    return -1;
  }
  const uint32_t *keys = prefixes->keys;
  int64_t refused = 0;
  uint32_t group = 0;
  for (uint32_t number_of_shard = 0; number_of_shard < SHARDS; number_of_shard++) {
    if (number_of_shard != 0) rte_lpm_delete_all(shard);
    for (size_t i = 0; i < prefixes->count; i++) {
      uint32_t index = prefixes->order[i];
      uint8_t length = prefixes->lengths[index];
      uint32_t start = keys[index] >> (32 - SHARD_BITS);
      uint32_t more = length < SHARD_BITS ? (SHARDS >> length) - 1 : 0;
      if (number_of_shard < start || number_of_shard > start + more) continue;
      uint32_t value = prefixes->values[index];
      int result = value > 0xffffff ? -EINVAL : rte_lpm_add(shard, keys[index], length, value);
      refused += result < 0 && number_of_shard == start;
    }
    group = copy_shard(table->lpm, shard, number_of_shard, group);
  }
  rte_lpm_free(shard);
  return refused;
}

const struct kind spurline_peer_lpm = {
    "rte_lpm", 4, create_lpm, fill_lpm, add_lpm, remove_lpm, destroy_lpm};

void spurline_peer_lpm_single(struct spurline_peer_table *table, const void *keys, unsigned count) {
  const struct rte_lpm *lpm = table->lpm;
  const uint32_t *addresses = keys;
  uint32_t *answers = table->answers;
  for (unsigned i = 0; i < count; i++)
    if (rte_lpm_lookup(lpm, addresses[i], &answers[i]) != 0) answers[i] = 0;
}

void spurline_peer_lpm_bulk(struct spurline_peer_table *table, const void *keys, unsigned count) {
  rte_lpm_lookup_bulk(table->lpm, keys, table->answers, count);
}

void spurline_peer_lpm_x4(struct spurline_peer_table *table, const void *keys, unsigned count) {
  const struct rte_lpm *lpm = table->lpm;
  const uint32_t *addresses = keys;
  uint32_t *answers = table->answers;
  unsigned i = 0;
  for (; i + 4 <= count; i += 4)
    rte_lpm_lookupx4(lpm, _mm_loadu_si128((const __m128i *)&addresses[i]), &answers[i], 0);
  for (; i < count; i++)
    if (rte_lpm_lookup(lpm, addresses[i], &answers[i]) != 0) answers[i] = 0;
}
