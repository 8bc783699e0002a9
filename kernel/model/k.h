/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernel memory. All of physical memory is one array of 64-byte granules; an object is some
 * granules in a row, a field is a word of a granule. A reference stands for a granule. On the host,
 * and for provers, it is the granule's number and K an ordinary array; on a machine it is the
 * number times 64, which is the kernel virtual address. Arithmetic on references goes through
 * granule_at(), fields through <model/fields.h>: so there is nothing to cast, and the two differ in
 * one factor.
 */
#ifndef MODEL_K_H
#define MODEL_K_H

#include <abi/abi.h>
#include <stdbool.h>

/** A granule; NIL is none. */
typedef word_t ref_t;
#define NIL 0ul

#define GRANULE_WORDS 8u
extern word_t K[][GRANULE_WORDS];

/*
 * What a reference to granule number n is: n * GRANULE_STEP. And K_WORD(r, g, w): word w of the
 * granule that is g behind r, an lvalue; K_INDEX(r, i): word i counted from the first of r. By
 * architecture.
 */
#include "granule.h"

/** The granule n behind r. */
static inline ref_t granule_at(ref_t r, word_t n)
{
    return r + n * GRANULE_STEP;
}

/** Number of a granule: what alignment is counted in. */
static inline word_t granule_number(ref_t r)
{
    return r / GRANULE_STEP;
}

/** Granules of a 4 KiB, 2 MiB, 1 GiB page. */
#define SMALL_GRANULES 64u
#define LARGE_GRANULES 32768u
#define HUGE_GRANULES 16777216u

/** Copy one granule. */
/*@ requires is_plain(from) && is_plain(to);
    assigns K[to][0 .. 7];
    ensures copied: \forall integer w; 0 <= w < GRANULE_WORDS ==> K[to][w] == \old(K[from][w]);
*/
static inline void granule_copy(ref_t from, ref_t to)
{
    K_WORD(to, 0, 0) = K_WORD(from, 0, 0);
    K_WORD(to, 0, 1) = K_WORD(from, 0, 1);
    K_WORD(to, 0, 2) = K_WORD(from, 0, 2);
    K_WORD(to, 0, 3) = K_WORD(from, 0, 3);
    K_WORD(to, 0, 4) = K_WORD(from, 0, 4);
    K_WORD(to, 0, 5) = K_WORD(from, 0, 5);
    K_WORD(to, 0, 6) = K_WORD(from, 0, 6);
    K_WORD(to, 0, 7) = K_WORD(from, 0, 7);
}

/** Internal outcome: enough work for one go; the call is made again from where its arguments now
 * say. Users never see it. */
#define E_RESTART ((enum error)64)

/* For conditions that are true seldom: what follows is moved out of the way. */
#define rarely(condition) __builtin_expect(!!(condition), 0)

#define WORD_MAX 0xfffffffffffffffful

#endif
