#include "spurline_kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

/* Not for the thread sanitizer: that a gather loads each aligned lane whole, and that what it leads to was stored
 * before, is the processor's doing, of which no sanitizer knows. The Swift twins are looked at instead. */
#define KERNEL                                                                                   \
  __attribute__((no_sanitize("thread"),                                                          \
                 target("avx512f,avx512bw,avx512dq,avx512vl,popcnt,bmi2")))

/* A writer may store the word meanwhile. */
static inline uint32_t load_word(const uint32_t *words, uint32_t index) {
  return __atomic_load_n(words + index, __ATOMIC_RELAXED);
}

/* A vector between two stages. Each stage is a plain loop over all keys, also over those that have their answer:
 * what is skipped costs less than what is mispredicted, and a hundred loads are under way at once. */
struct vector6 {
  const uint32_t *words;
  size_t count; /* in whole 16s */
  /* Where each key stands: a word as the layout describes it. */
  uint32_t word[256] __attribute__((aligned(64)));
  /* Bits 16-47 of the key: chunk 1 in the high half, chunk 2 in the low one. */
  uint32_t chunks[256] __attribute__((aligned(64)));
  /* The bits of the chunk in hand that no directory has used, as the high ones of 16. */
  uint32_t left[256] __attribute__((aligned(64)));
  /* Of a block: index of its words, index of its starts in words, and a one for each start. */
  uint32_t first[256] __attribute__((aligned(64)));
  uint32_t starts[256] __attribute__((aligned(64)));
  uint32_t ones[256] __attribute__((aligned(64)));
};

static inline __attribute__((always_inline)) KERNEL __m512i offset_of(__m512i word) {
  return _mm512_slli_epi32(_mm512_and_si512(word, _mm512_set1_epi32(0x1ffffff)), 1);
}

static inline __attribute__((always_inline)) KERNEL __m512i count_of(__m512i word) {
  return _mm512_and_si512(_mm512_srli_epi32(word, 25), _mm512_set1_epi32(31));
}

/* The word of the first chunk, and the next two chunks. */
static inline __attribute__((always_inline)) KERNEL void begin(struct vector6 *v, size_t at, __m512i a, __m512i b, __m512i c, __m512i d) {
  const __m512i pick = _mm512_setr_epi32(2, 6, 10, 14, 18, 22, 26, 30, 3, 7, 11, 15, 19, 23, 27, 31);
  __m512i low = _mm512_permutex2var_epi32(a, pick, b), high = _mm512_permutex2var_epi32(c, pick, d);
  __m512i second = _mm512_inserti64x4(low, _mm512_castsi512_si256(high), 1);
  __m512i top = _mm512_shuffle_i64x2(low, high, 0xee);
  __m512i chunks = _mm512_or_si512(_mm512_slli_epi32(top, 16), _mm512_srli_epi32(second, 16));
  _mm512_store_si512(v->chunks + at, chunks);
  _mm512_store_si512(v->left + at, _mm512_srli_epi32(chunks, 16));
  /* Indices for now: the words are fetched one by one, which is as fast as a gather here. */
  _mm512_store_si512(v->first + at, _mm512_srli_epi32(top, 16));
}

static inline __attribute__((always_inline)) KERNEL void follow_directories(struct vector6 *v) {
  const __m512i directory = _mm512_set1_epi32((int)0xc0000000), none = _mm512_set1_epi32(-1);
  for (size_t at = 0; at < v->count; at += 16) {
    __m512i word = _mm512_load_si512(v->word + at), left = _mm512_load_si512(v->left + at);
    __mmask16 is = _mm512_cmpge_epu32_mask(word, directory);
    is = _mm512_mask_cmpneq_epu32_mask(is, word, none);
    __m512i bits = count_of(word);
    __m512i part = _mm512_srlv_epi32(left, _mm512_sub_epi32(_mm512_set1_epi32(16), bits));
    left = _mm512_and_si512(_mm512_sllv_epi32(left, bits), _mm512_set1_epi32(0xffff));
    _mm512_store_si512(v->left + at, left);
    __m512i index = _mm512_add_epi32(offset_of(word), part);
    _mm512_store_si512(v->word + at, _mm512_mask_i32gather_epi32(word, is, index, v->words, 4));
  }
}

/* - chunk: 1 or 2. */
static inline __attribute__((always_inline)) KERNEL void decide_blocks(struct vector6 *v, int chunk) {
  for (size_t at = 0; at < v->count; at += 16) {
    __m512i word = _mm512_load_si512(v->word + at), one = _mm512_set1_epi32(1);
    __mmask16 is = _mm512_cmpeq_epi32_mask(_mm512_srli_epi32(word, 30), _mm512_set1_epi32(2));
    /* Whoever has no block looks at the first word of all, and takes nothing from it. */
    __m512i first = _mm512_maskz_mov_epi32(is, offset_of(word));
    __m512i count = _mm512_maskz_mov_epi32(is, count_of(word));
    _mm512_store_si512(v->first + at, first);
    _mm512_store_si512(v->starts + at, _mm512_add_epi32(_mm512_add_epi32(first, count), one));
    _mm512_store_si512(v->ones + at, _mm512_sub_epi32(_mm512_sllv_epi32(one, count), one));
  }
  for (size_t i = 0; i < v->count; i++) __builtin_prefetch(v->words + v->first[i]);
  const uint16_t *chunks = (const uint16_t *)v->chunks + (chunk == 1);
  for (size_t i = 0; i < v->count; i++) {
    __m512i starts = _mm512_loadu_si512(v->words + v->starts[i]);
    __m512i own = _mm512_set1_epi16((short)chunks[2 * i]);
    uint32_t below = _cvtmask32_u32(_mm512_cmple_epu16_mask(starts, own)) & v->ones[i];
    v->first[i] = load_word(v->words, v->first[i] + (uint32_t)__builtin_popcount(below));
  }
  for (size_t at = 0; at < v->count; at += 16) {
    __m512i word = _mm512_load_si512(v->word + at), found = _mm512_load_si512(v->first + at);
    __mmask16 is = _mm512_cmpeq_epi32_mask(_mm512_srli_epi32(word, 30), _mm512_set1_epi32(2));
    _mm512_store_si512(v->word + at, _mm512_mask_mov_epi32(word, is, found));
    if (chunk == 1) {
      __m512i chunks = _mm512_load_si512(v->chunks + at);
      _mm512_store_si512(v->left + at, _mm512_and_si512(chunks, _mm512_set1_epi32(0xffff)));
    }
  }
}

KERNEL bool spurline_lookup6_avx512(const uint32_t *words, uint32_t unrouted, const void *keys,
                                    size_t count, uint32_t *values) {
  struct vector6 v;
  v.words = words;
  v.count = (count + 15) / 16 * 16;
  const uint8_t *bytes = keys;
  /* Also of the vector behind this one: a caller with many keys comes for those next. */
  for (size_t i = 0; i < 2 * count; i += 4) __builtin_prefetch(bytes + 16 * i);
  for (size_t at = 0; at < v.count; at += 16) {
    const uint8_t *from = bytes + 16 * at;
    uint8_t rest[256] __attribute__((aligned(64)));
    if (count - at < 16) {
      __builtin_memset(rest, 0, sizeof rest);
      __builtin_memcpy(rest, from, 16 * (count - at));
      from = rest;
    }
    begin(&v, at, _mm512_loadu_si512(from), _mm512_loadu_si512(from + 64),
          _mm512_loadu_si512(from + 128), _mm512_loadu_si512(from + 192));
  }
  for (size_t i = 0; i < v.count; i++) v.word[i] = load_word(words, v.first[i]);
  for (int chunk = 1; chunk <= 2; chunk++) {
    follow_directories(&v);
    follow_directories(&v);
    decide_blocks(&v, chunk);
  }
  const __m512i none = _mm512_set1_epi32(-1), instead = _mm512_set1_epi32((int)unrouted);
  uint32_t behind = 0;
  for (size_t at = 0; at < v.count; at += 16) {
    size_t have = count - at;
    __mmask16 live = have >= 16 ? 0xffff : (__mmask16)((1u << have) - 1);
    __m512i word = _mm512_load_si512(v.word + at);
    __mmask16 missing = _mm512_cmpeq_epi32_mask(word, none);
    behind |= (uint32_t)_mm512_movepi32_mask(word) & (uint32_t)~missing & live;
    _mm512_mask_storeu_epi32(values + at, live, _mm512_mask_mov_epi32(word, missing, instead));
  }
  return behind != 0;
}

#else

bool spurline_lookup6_avx512(const uint32_t *words, uint32_t unrouted, const void *keys,
                             size_t count, uint32_t *values) {
  /* Never called: spurline_has_avx512 said no. */
  (void)words, (void)unrouted, (void)keys, (void)count, (void)values;
  __builtin_trap();
}

#endif
