#include "spurline_kernels.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

/* Not for the thread sanitizer: that a gather loads each aligned lane whole, and that what it leads to was stored
 * before, is the processor's doing, of which no sanitizer knows. The Swift twins are looked at instead. */
#define KERNEL                                                                                   \
  __attribute__((no_sanitize("thread"),                                                          \
                 target("avx512f,avx512bw,avx512dq,avx512vl,avx512vpopcntdq,popcnt")))

bool spurline_has_avx512(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512vpopcntdq");
}

bool spurline_has_popcount(void) { return __builtin_cpu_supports("popcnt"); }

/* A mask of ones that the compiler does not know. For a gather of all lanes it would make one with kxnor from
 * any mask register, and have the gather wait for whoever wrote that one last: the gather before. Measured on
 * Zen 5, that halves the speed. */
KERNEL static inline __mmask16 all_lanes(void) {
  __mmask16 ones = 0xffff;
  __asm__("" : "+k"(ones));
  return ones;
}

/* Where the leaves of 16 keys stand: two gathers of whole records, so that no record is seen half written.
 * `record` is each key's record, `slot` its place in it. */
KERNEL static inline __m512i leaf_places(const uint64_t *records, __mmask16 ones, __m512i record,
                                         __m512i slot) {
  const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  const __m512i odd = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
  __m512i zero = _mm512_setzero_si512();
  __m256i first = _mm512_castsi512_si256(record), second = _mm512_extracti64x4_epi64(record, 1);
  __m512i low = _mm512_mask_i32gather_epi64(zero, (__mmask8)ones, first, records, 8);
  __m512i high = _mm512_mask_i32gather_epi64(zero, (__mmask8)ones, second, records, 8);
  __m512i bitmap = _mm512_permutex2var_epi32(low, even, high);
  __m512i base = _mm512_permutex2var_epi32(low, odd, high);
  return _mm512_add_epi32(base, _mm512_popcnt_epi32(_mm512_srlv_epi32(bitmap, slot)));
}

/* Leaves as 32 bits: narrow ones are extended by their sign, so that flag and "no route" stay what they are. */
KERNEL static inline __m512i gather_leaves(const void *leaves, bool wide, __mmask16 ones,
                                           __m512i place) {
  __m512i zero = _mm512_setzero_si512();
  if (wide) return _mm512_mask_i32gather_epi32(zero, ones, place, leaves, 4);
  __m512i pair = _mm512_mask_i32gather_epi32(zero, ones, place, leaves, 2);
  return _mm512_srai_epi32(_mm512_slli_epi32(pair, 16), 16);
}

/* Stage 3, for keys whose /24 holds longer prefixes: positions in `spilled`, in any number. */
KERNEL static void follow_spills(const uint64_t *records, const void *leaves, bool wide,
                                 uint32_t unrouted, const uint32_t *keys, const uint16_t *spilled,
                                 size_t count, uint32_t *values) {
  const __m512i none = _mm512_set1_epi32(-1), instead = _mm512_set1_epi32((int)unrouted);
  const __m512i mask = _mm512_set1_epi32(wide ? 0x7fffffff : 0x7fff);
  const __mmask16 ones = all_lanes();
  for (size_t at = 0; at < count; at += 16) {
    __mmask16 live = count - at >= 16 ? 0xffff : (__mmask16)((1u << (count - at)) - 1);
    __m256i packed = _mm256_maskz_loadu_epi16(live, spilled + at);
    __m512i position = _mm512_cvtepu16_epi32(packed);
    __m512i key = _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), live, position, keys, 4);
    __m512i leaf = _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), live, position, values, 4);
    /* Eight records of 32 addresses a spill, behind the 2^19 of the top. */
    __m512i record = _mm512_slli_epi32(_mm512_and_si512(leaf, mask), 3);
    record = _mm512_add_epi32(record, _mm512_and_si512(_mm512_srli_epi32(key, 5), _mm512_set1_epi32(7)));
    record = _mm512_add_epi32(record, _mm512_set1_epi32(1 << 19));
    record = _mm512_maskz_mov_epi32(live, record);
    __m512i slot = _mm512_and_si512(key, _mm512_set1_epi32(31));
    __m512i value = gather_leaves(leaves, wide, ones, leaf_places(records, ones, record, slot));
    value = _mm512_mask_mov_epi32(value, _mm512_cmpeq_epi32_mask(value, none), instead);
    _mm512_mask_i32scatter_epi32(values, live, position, value, 4);
  }
}

/* What the stages of one vector share. */
struct vector4 {
  const uint64_t *records;
  const void *leaves;
  bool wide;
  __mmask16 ones;
  __m512i instead;
  const uint32_t *keys;
  uint32_t *values;
  uint32_t *places;
  uint16_t *spilled;
  size_t spills;
};

KERNEL static inline void find_places(struct vector4 *v, size_t at, __mmask16 live) {
  __m512i key = _mm512_maskz_loadu_epi32(live, v->keys + at);
  __m512i slot = _mm512_and_si512(_mm512_srli_epi32(key, 8), _mm512_set1_epi32(31));
  __m512i places = leaf_places(v->records, v->ones, _mm512_srli_epi32(key, 13), slot);
  _mm512_store_si512(v->places + at, places);
}

KERNEL static inline void read_leaves(struct vector4 *v, size_t at, __mmask16 live) {
  __m512i leaf = gather_leaves(v->leaves, v->wide, v->ones, _mm512_load_si512(v->places + at));
  __mmask16 missing = _mm512_cmpeq_epi32_mask(leaf, _mm512_set1_epi32(-1));
  _mm512_mask_storeu_epi32(v->values + at, live, _mm512_mask_mov_epi32(leaf, missing, v->instead));
  __mmask16 flagged = _mm512_movepi32_mask(leaf) & live & (__mmask16)~missing;
  while (__builtin_expect(flagged != 0, 0)) {
    v->spilled[v->spills++] = (uint16_t)(at + (size_t)__builtin_ctz(flagged));
    flagged &= flagged - 1;
  }
}

KERNEL static inline void lookup4(const uint64_t *records, const void *leaves, bool wide,
                                  uint32_t unrouted, const uint32_t *keys, size_t count,
                                  uint32_t *values) {
  uint32_t places[256] __attribute__((aligned(64)));
  uint16_t spilled[256];
  struct vector4 v = {
      .records = records, .leaves = leaves, .wide = wide, .ones = all_lanes(),
      .instead = _mm512_set1_epi32((int)unrouted), .keys = keys, .values = values,
      .places = places, .spilled = spilled, .spills = 0,
  };
  size_t whole = count / 16 * 16;
  __mmask16 rest = (__mmask16)((1u << (count - whole)) - 1);
  /* Stage 1 for all keys before stage 2 for any: some hundred loads are under way at once, where a fused loop
   * waits for sixteen. */
  for (size_t at = 0; at < whole; at += 16) find_places(&v, at, 0xffff);
  if (rest) find_places(&v, whole, rest);
  for (size_t at = 0; at < whole; at += 16) read_leaves(&v, at, 0xffff);
  if (rest) read_leaves(&v, whole, rest);
  if (v.spills > 0) {
    follow_spills(records, leaves, wide, unrouted, keys, spilled, v.spills, values);
  }
}

KERNEL void spurline_lookup4_avx512(const uint64_t *records, const void *leaves, bool wide,
                                    uint32_t unrouted, const uint32_t *keys, size_t count,
                                    uint32_t *values) {
  /* Two copies of the loop, so that neither asks for the width at each step. */
  if (wide) {
    lookup4(records, leaves, true, unrouted, keys, count, values);
  } else {
    lookup4(records, leaves, false, unrouted, keys, count, values);
  }
}

#else

bool spurline_has_avx512(void) { return false; }
bool spurline_has_popcount(void) { return true; }
void spurline_lookup4_avx512(const uint64_t *records, const void *leaves, bool wide,
                             uint32_t unrouted, const uint32_t *keys, size_t count,
                             uint32_t *values) {
  /* Never called: spurline_has_avx512 said no. */
  (void)records, (void)leaves, (void)wide, (void)unrouted, (void)keys, (void)count, (void)values;
  __builtin_trap();
}

#endif
