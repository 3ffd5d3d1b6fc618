// IPv6: rte_fib6 and rte_lpm6. Both are a table of 2^24 entries and, behind it, a group of 256 for each
// further byte.
#include <errno.h>

#include <rte_fib6.h>
#include <rte_lpm6.h>
#include <rte_memory.h>

#include "internal.h"

// Groups that all prefixes need at most, when no two share one: a /48 needs three. rte_fib6 reserves nearly
// so many, since it sees a shared group only under a covering prefix. It also does not give all of them back
// when a prefix is removed, and refuses prefixes in the end, so that a table to be updated gets four times as
// many. The pool is addresses; what is not used is not touched.
static uint64_t groups(const struct prefixes *prefixes) {
  uint64_t sum = 1024;
  for (size_t i = 0; i < prefixes->count; i++)
    if (prefixes->lengths[i] > 24) sum += (prefixes->lengths[i] - 24 + 7) / 8;
  return prefixes->updatable ? 4 * sum : sum;
}

static uint32_t at_most(uint64_t value, uint32_t limit) { return value > limit ? limit : (uint32_t)value; }

// Rules that fit: all prefixes, and room for updates.
static uint32_t rules(const struct prefixes *prefixes) {
  return (uint32_t)(prefixes->count + prefixes->count / 8 + 1024);
}

// --- rte_fib6 ---------------------------------------------------------------------------------------------

// One bit of an entry says that it is the number of a group, so that 2 bytes count to 32,767 groups and
// values. A full table needs more groups, and has a part of it refused.
#define FIB6_2_BYTE_MAX 32767u
// 4 bytes count to 2^31 - 1; this is 4 GiB of groups, which no table here comes near.
#define FIB6_4_BYTE_MAX (1u << 22)

static bool create_fib6(
    struct spurline_peer_table *table, const char *name, const struct prefixes *prefixes,
    enum rte_fib_trie_nh_sz size) {
  uint32_t limit = size == RTE_FIB6_TRIE_2B ? FIB6_2_BYTE_MAX : FIB6_4_BYTE_MAX;
  struct rte_fib6_conf configuration = {
      .type = RTE_FIB6_TRIE,
      .default_nh = 0,
      .max_routes = (int)rules(prefixes),
      .trie = {.nh_sz = size, .num_tbl8 = at_most(groups(prefixes), limit)},
  };
  table->fib6 = rte_fib6_create(name, SOCKET_ID_ANY, &configuration);
  if (table->fib6 == NULL) return false;
  spurline_blocks_mark(table, rte_fib6_get_dp(table->fib6), FIRST_ENTRIES << size);
  spurline_blocks_mark_named(table, "TBL8_0x");
  return true;
}

static bool create_fib6_2(
    struct spurline_peer_table *table, const char *name, const struct prefixes *prefixes) {
  return create_fib6(table, name, prefixes, RTE_FIB6_TRIE_2B);
}

static bool create_fib6_4(
    struct spurline_peer_table *table, const char *name, const struct prefixes *prefixes) {
  return create_fib6(table, name, prefixes, RTE_FIB6_TRIE_4B);
}

static int add_fib6(struct spurline_peer_table *table, const void *key, uint8_t length, uint32_t value) {
  return rte_fib6_add(table->fib6, key, length, value);
}

static int remove_fib6(struct spurline_peer_table *table, const void *key, uint8_t length) {
  return rte_fib6_delete(table->fib6, key, length);
}

static void destroy_fib6(struct spurline_peer_table *table) { rte_fib6_free(table->fib6); }

const struct kind spurline_peer_fib6_2 = {
    "rte_fib6 2-byte", 6, create_fib6_2, NULL, add_fib6, remove_fib6, destroy_fib6};
const struct kind spurline_peer_fib6_4 = {
    "rte_fib6 4-byte", 6, create_fib6_4, NULL, add_fib6, remove_fib6, destroy_fib6};

bool spurline_peer_fib6_select(struct spurline_peer_table *table, int type) {
  return rte_fib6_select_lookup(table->fib6, (enum rte_fib6_lookup_type)type) == 0;
}

void spurline_peer_fib6_lookup(struct spurline_peer_table *table, const void *keys, unsigned count) {
  // The parameter lacks a const.
  rte_fib6_lookup_bulk(
      table->fib6, (uint8_t(*)[RTE_FIB6_IPV6_ADDR_SIZE])(uintptr_t)keys, table->answers, (int)count);
}

// --- rte_lpm6 ---------------------------------------------------------------------------------------------

// 21 bits of an entry are a value or the number of a group.
#define LPM6_GROUPS_MAX (1u << 21)
#define LPM6_VALUE_MAX 0x1fffffu

static bool create_lpm6(struct spurline_peer_table *table, const char *name, const struct prefixes *prefixes) {
  struct rte_lpm6_config configuration = {
      .max_rules = rules(prefixes), .number_tbl8s = at_most(groups(prefixes), LPM6_GROUPS_MAX), .flags = 0};
  table->lpm6 = rte_lpm6_create(name, SOCKET_ID_ANY, &configuration);
  if (table->lpm6 == NULL) return false;
  spurline_blocks_mark(table, table->lpm6, FIRST_ENTRIES * sizeof(uint32_t));
  return true;
}

static int add_lpm6(struct spurline_peer_table *table, const void *key, uint8_t length, uint32_t value) {
  return value > LPM6_VALUE_MAX ? -EINVAL : rte_lpm6_add(table->lpm6, key, length, value);
}

static int remove_lpm6(struct spurline_peer_table *table, const void *key, uint8_t length) {
  return rte_lpm6_delete(table->lpm6, key, length);
}

static void destroy_lpm6(struct spurline_peer_table *table) { rte_lpm6_free(table->lpm6); }

const struct kind spurline_peer_lpm6 = {
    "rte_lpm6", 6, create_lpm6, NULL, add_lpm6, remove_lpm6, destroy_lpm6};

void spurline_peer_lpm6_bulk(struct spurline_peer_table *table, const void *keys, unsigned count) {
  rte_lpm6_lookup_bulk_func(
      table->lpm6, (uint8_t(*)[RTE_LPM6_IPV6_ADDR_SIZE])(uintptr_t)keys, table->answers, count);
}
