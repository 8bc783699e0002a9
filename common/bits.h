/* SPDX-License-Identifier: BSD-2-Clause */
/* Bits of a word. The only place where bit tricks are played. */
#ifndef COMMON_BITS_H
#define COMMON_BITS_H

#include <stdint.h>

/** @param i 0 to 63 */
static inline uint64_t bit_set(uint64_t x, uint64_t i)
{
    return x | (uint64_t)1 << i;
}

/** @param i 0 to 63 */
static inline uint64_t bit_clear(uint64_t x, uint64_t i)
{
    return x & ~((uint64_t)1 << i);
}

/** Index of the highest bit that is set. @param x not 0 */
static inline uint64_t bit_highest(uint64_t x)
{
    return 63u - (uint64_t)__builtin_clzll(x);
}

/** Index of the lowest bit that is set. @param x not 0 */
static inline uint64_t bit_lowest(uint64_t x)
{
    return (uint64_t)__builtin_ctzll(x);
}

#endif
