// The ABI of peers.h over the tables of peers4.c and peers6.c.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_fib.h>
#include <rte_fib6.h>
#include <rte_lcore.h>
#include <rte_lpm.h>

#include "internal.h"

// DPDK's heap: what rte_rib's nodes of two IPv4 and two IPv6 full tables need, twice. Addresses only, until
// touched.
#define HEAP_MEBIBYTES "3072"

static const struct kind *const kinds[] = {
    &spurline_peer_fib_2,  &spurline_peer_fib_4,  &spurline_peer_lpm,
    &spurline_peer_fib6_2, &spurline_peer_fib6_4, &spurline_peer_lpm6,
};
enum { kind_count = sizeof kinds / sizeof kinds[0] };

#define FIB(name, kind, type) \
  {name, kind, ANSWER_U64, type, spurline_peer_fib_select, spurline_peer_fib_lookup}
#define FIB6(name, kind, type) \
  {name, kind, ANSWER_U64, type, spurline_peer_fib6_select, spurline_peer_fib6_lookup}

static const struct engine engines[] = {
    FIB("rte_fib 2-byte AVX-512", &spurline_peer_fib_2, RTE_FIB_LOOKUP_DIR24_8_VECTOR_AVX512),
    FIB("rte_fib 4-byte AVX-512", &spurline_peer_fib_4, RTE_FIB_LOOKUP_DIR24_8_VECTOR_AVX512),
    FIB("rte_fib 2-byte scalar macro", &spurline_peer_fib_2, RTE_FIB_LOOKUP_DIR24_8_SCALAR_MACRO),
    FIB("rte_fib 2-byte scalar inline", &spurline_peer_fib_2, RTE_FIB_LOOKUP_DIR24_8_SCALAR_INLINE),
    FIB("rte_fib 2-byte scalar uni", &spurline_peer_fib_2, RTE_FIB_LOOKUP_DIR24_8_SCALAR_UNI),
    {"rte_lpm single", &spurline_peer_lpm, ANSWER_U32, 0, NULL, spurline_peer_lpm_single},
    {"rte_lpm bulk", &spurline_peer_lpm, ANSWER_ENTRY, 0, NULL, spurline_peer_lpm_bulk},
    {"rte_lpm x4", &spurline_peer_lpm, ANSWER_U32, 0, NULL, spurline_peer_lpm_x4},
    FIB6("rte_fib6 2-byte AVX-512", &spurline_peer_fib6_2, RTE_FIB6_LOOKUP_TRIE_VECTOR_AVX512),
    FIB6("rte_fib6 4-byte AVX-512", &spurline_peer_fib6_4, RTE_FIB6_LOOKUP_TRIE_VECTOR_AVX512),
    FIB6("rte_fib6 4-byte scalar", &spurline_peer_fib6_4, RTE_FIB6_LOOKUP_TRIE_SCALAR),
    {"rte_lpm6 bulk", &spurline_peer_lpm6, ANSWER_I32, 0, NULL, spurline_peer_lpm6_bulk},
};
enum { engine_count = sizeof engines / sizeof engines[0] };

static char error[256];
static bool started;

void spurline_peer_fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error, sizeof error, format, arguments);
  va_end(arguments);
}

uint32_t spurline_peer_abi(void) { return SPURLINE_PEER_ABI; }
const char *spurline_peer_error(void) { return error; }
uint32_t spurline_peer_table_count(void) { return kind_count; }
uint32_t spurline_peer_engine_count(void) { return engine_count; }

const char *spurline_peer_table_name(uint32_t kind) { return kind < kind_count ? kinds[kind]->name : ""; }
uint32_t spurline_peer_table_family(uint32_t kind) { return kind < kind_count ? kinds[kind]->family : 0; }

const char *spurline_peer_engine_name(uint32_t engine) {
  return engine < engine_count ? engines[engine].name : "";
}

uint32_t spurline_peer_engine_table(uint32_t engine) {
  uint32_t kind = 0;
  while (kind < kind_count && (engine >= engine_count || kinds[kind] != engines[engine].kind)) kind++;
  return kind;
}

int spurline_peer_start(void) {
  if (started) return 0;
  // rte_eal_init pins the calling thread to a core; it is to be the one we are on, and not to stay pinned.
  cpu_set_t before;
  int failure = pthread_getaffinity_np(pthread_self(), sizeof before, &before);
  if (failure != 0) {
    spurline_peer_fail("cannot read the thread's affinity: %s", strerror(failure));
    return -1;
  }
  char cores[32];
  snprintf(cores, sizeof cores, "--lcores=0@%d", sched_getcpu());
  char *arguments[] = {
      "spurline-peers", cores, "--no-huge", "--no-pci", "--no-telemetry", "--no-shconf",
      "--file-prefix=spurline-peers", "-m", HEAP_MEBIBYTES, "--log-level=error",
      // DPDK keeps to 256 bits by default, and rte_fib then has no vector lookup.
      "--force-max-simd-bitwidth=512", NULL};
  int result = rte_eal_init(sizeof arguments / sizeof arguments[0] - 1, arguments);
  pthread_setaffinity_np(pthread_self(), sizeof before, &before);
  if (result < 0) {
    spurline_peer_fail("DPDK's rte_eal_init failed: %s", rte_strerror(rte_errno));
    return -1;
  }
  // Made even for --no-shconf (--in-memory would prevent it, but excludes --no-huge), and empty.
  rmdir(rte_eal_get_runtime_dir());
  spurline_blocks_advise_heap();
  started = true;
  return 0;
}

// Indexes of the prefixes by length, shorter first, otherwise as given. NULL without memory.
static uint32_t *order_by_length(const uint8_t *lengths, size_t count) {
  uint32_t *order = malloc(count * sizeof *order);
  if (order == NULL) return NULL;
  size_t next[257] = {0};
  for (size_t i = 0; i < count; i++) next[lengths[i] + 1]++;
  for (int length = 1; length < 257; length++) next[length] += next[length - 1];
  for (size_t i = 0; i < count; i++) order[next[lengths[i]]++] = (uint32_t)i;
  return order;
}

static int64_t fill(struct spurline_peer_table *table, const struct prefixes *prefixes) {
  size_t key_bytes = table->kind->family == 4 ? 4 : 16;
  int64_t refused = 0;
  for (size_t i = 0; i < prefixes->count; i++) {
    size_t index = prefixes->order[i];
    const void *key = (const char *)prefixes->keys + index * key_bytes;
    refused += table->kind->add(table, key, prefixes->lengths[index], prefixes->values[index]) < 0;
  }
  return refused;
}

struct spurline_peer_table *spurline_peer_build(
    uint32_t kind, const void *keys, const uint8_t *lengths, const uint32_t *values, size_t count,
    int updatable, size_t *refused) {
  static unsigned serial;
  *refused = count;
  if (!started || kind >= kind_count || count == 0 || count > INT32_MAX / 4) {
    spurline_peer_fail(
        "%s", !started ? "spurline_peer_start comes first" : "no such table, or no or too many prefixes");
    return NULL;
  }
  for (size_t i = 0; i < count; i++) {
    if (lengths[i] <= (kinds[kind]->family == 4 ? 32 : 128) && values[i] != 0) continue;
    spurline_peer_fail("prefix %zu has the length %u and the value %u", i, lengths[i], values[i]);
    return NULL;
  }
  struct spurline_peer_table *table = calloc(1, sizeof *table);
  uint32_t *order = order_by_length(lengths, count);
  void *answers = aligned_alloc(64, SPURLINE_PEER_BURST_MAX * sizeof(uint64_t));
  int64_t result = -1;
  if (table == NULL || order == NULL || answers == NULL) {
    spurline_peer_fail("out of memory");
  } else {
    *table = (struct spurline_peer_table){.kind = kinds[kind], .updatable = updatable != 0, .answers = answers};
    memset(answers, 0, SPURLINE_PEER_BURST_MAX * sizeof(uint64_t));
    struct prefixes prefixes = {keys, lengths, values, order, count, updatable != 0};
    char name[16];
    snprintf(name, sizeof name, "s%u", serial++);
    uint64_t heap = spurline_blocks_heap_bytes();
    spurline_blocks_begin(table);
    if (kinds[kind]->create(table, name, &prefixes)) {
      bool own = kinds[kind]->fill != NULL && !updatable;
      result = own ? kinds[kind]->fill(table, &prefixes) : fill(table, &prefixes);
      if (result < 0) kinds[kind]->destroy(table);
    } else {
      spurline_peer_fail("%s cannot be created: %s", kinds[kind]->name, rte_strerror(rte_errno));
    }
    spurline_blocks_begin(NULL);
    table->heap_bytes = spurline_blocks_heap_bytes() - heap;
  }
  free(order);
  if (result < 0) {
    free(answers);
    free(table);
    return NULL;
  }
  *refused = (size_t)result;
  return table;
}

void spurline_peer_destroy(struct spurline_peer_table *table) {
  if (table == NULL) return;
  table->kind->destroy(table);
  free(table->answers);
  free(table);
}

int spurline_peer_memory(const struct spurline_peer_table *table, struct spurline_peer_memory *memory) {
  spurline_blocks_measure(table, memory);
  memory->all += table->heap_bytes;
  return 0;
}

// The engine made ready on the table; NULL with a sentence.
static const struct engine *ready(struct spurline_peer_table *table, uint32_t index, size_t burst) {
  if (index >= engine_count || engines[index].kind != table->kind || burst == 0 ||
      burst > SPURLINE_PEER_BURST_MAX) {
    spurline_peer_fail("no such engine of this table, or a burst not from 1 to %d", SPURLINE_PEER_BURST_MAX);
    return NULL;
  }
  const struct engine *engine = &engines[index];
  if (engine->select != NULL && !engine->select(table, engine->type)) {
    spurline_peer_fail("%s: DPDK does not offer this lookup on this processor", engine->name);
    return NULL;
  }
  return engine;
}

int spurline_peer_run(
    struct spurline_peer_table *table, uint32_t index, const void *keys, size_t count, size_t burst) {
  const struct engine *engine = ready(table, index, burst);
  if (engine == NULL) return -1;
  size_t key_bytes = table->kind->family == 4 ? 4 : 16;
  for (size_t done = 0; done < count; done += burst) {
    size_t now = count - done < burst ? count - done : burst;
    engine->lookup(table, (const char *)keys + done * key_bytes, (unsigned)now);
    __asm__ volatile("" ::: "memory"); // answers are overwritten unread; the compiler must not notice
  }
  return 0;
}

static uint32_t answer(const struct engine *engine, const void *answers, size_t index) {
  switch (engine->answer) {
  case ANSWER_U64: return (uint32_t)((const uint64_t *)answers)[index];
  case ANSWER_U32: return ((const uint32_t *)answers)[index];
  case ANSWER_ENTRY: {
    uint32_t entry = ((const uint32_t *)answers)[index];
    return entry & RTE_LPM_LOOKUP_SUCCESS ? entry & 0xffffff : 0;
  }
  case ANSWER_I32: {
    int32_t value = ((const int32_t *)answers)[index];
    return value < 0 ? 0 : (uint32_t)value;
  }
  }
  return 0;
}

int64_t spurline_peer_check(
    struct spurline_peer_table *table, uint32_t index, const void *keys, const uint32_t *expected,
    size_t count, size_t burst, size_t *first_wrong) {
  *first_wrong = count;
  const struct engine *engine = ready(table, index, burst);
  if (engine == NULL) return -1;
  size_t key_bytes = table->kind->family == 4 ? 4 : 16;
  int64_t wrong = 0;
  for (size_t done = 0; done < count; done += burst) {
    size_t now = count - done < burst ? count - done : burst;
    // An engine that writes nothing must not pass on the answers of the burst before.
    memset(table->answers, 0xff, now * sizeof(uint64_t));
    engine->lookup(table, (const char *)keys + done * key_bytes, (unsigned)now);
    for (size_t i = 0; i < now; i++) {
      if (answer(engine, table->answers, i) == expected[done + i]) continue;
      if (wrong++ == 0) *first_wrong = done + i;
    }
  }
  return wrong;
}

static int outcome(const struct spurline_peer_table *table, const char *verb, int result) {
  if (result >= 0) return 0;
  spurline_peer_fail("%s refuses to %s: %s", table->kind->name, verb, rte_strerror(-result));
  return -1;
}

static bool takes_updates(const struct spurline_peer_table *table) {
  if (!table->updatable) spurline_peer_fail("this table of %s was built for lookups only", table->kind->name);
  return table->updatable;
}

int spurline_peer_update(struct spurline_peer_table *table, const void *key, uint8_t length, uint32_t value) {
  return takes_updates(table) ? outcome(table, "add", table->kind->add(table, key, length, value)) : -1;
}

int spurline_peer_remove(struct spurline_peer_table *table, const void *key, uint8_t length) {
  return takes_updates(table) ? outcome(table, "remove", table->kind->remove(table, key, length)) : -1;
}
