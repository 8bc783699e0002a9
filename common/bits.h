/* SPDX-License-Identifier: BSD-2-Clause */
/* Bits of a word. The only place where bit tricks are played. */
#ifndef COMMON_BITS_H
#define COMMON_BITS_H

#include <stdint.h>

/*
 * For proofs. Once (PROVE_BITS is defined) the contracts are shown to be true of the bits;
 * everywhere
 * else `bit` means nothing but what they say of it.
 */
#ifdef PROVE_BITS
/*@ predicate bit(integer x, integer i) = (x & (1 << i)) != 0; */
/*@ lemma bit_zero: \forall integer i; 0 <= i < 64 ==> !bit(0, i); */
#else
/*@ axiomatic Bits {
      predicate bit(integer x, integer i);
      axiom bit_zero: \forall integer i; 0 <= i < 64 ==> !bit(0, i);
    } */
#endif

/** @param i 0 to 63 */
/*@ requires i < 64;
    assigns \nothing;
    ensures is: bit(\result, i) && \result != 0;
    ensures others: \forall integer j; 0 <= j < 64 && j != i ==> (bit(\result, j) <==> bit(x, j));
*/
static inline uint64_t bit_set(uint64_t x, uint64_t i)
{
    return x | (uint64_t)1 << i;
}

/** @param i 0 to 63 */
/*@ requires i < 64;
    assigns \nothing;
    ensures is_not: !bit(\result, i);
    ensures others: \forall integer j; 0 <= j < 64 && j != i ==> (bit(\result, j) <==> bit(x, j));
*/
static inline uint64_t bit_clear(uint64_t x, uint64_t i)
{
    return x & ~((uint64_t)1 << i);
}

/** Index of the highest bit that is set. @param x not 0 */
/*@ requires x != 0;
    assigns \nothing;
    ensures in: \result < 64 && bit(x, \result);
    ensures above: \forall integer j; \result < j < 64 ==> !bit(x, j);
*/
static inline uint64_t bit_highest(uint64_t x)
{
    return 63u - (uint64_t)__builtin_clzll(x);
}

/** Index of the lowest bit that is set. @param x not 0 */
/*@ requires x != 0;
    assigns \nothing;
    ensures in: \result < 64 && bit(x, \result);
    ensures below: \forall integer j; 0 <= j < \result ==> !bit(x, j);
*/
static inline uint64_t bit_lowest(uint64_t x)
{
    return (uint64_t)__builtin_ctzll(x);
}

#endif
