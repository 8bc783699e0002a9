/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernel memory. All of physical memory is one array of 64-byte granules; a
 * reference to an object is a granule number, a field is a word of a granule.
 * So there is nothing to cast, and a prover sees an array.
 *
 * Granules are numbered so that `ref << 6` is the kernel virtual address: K
 * itself lies at address 0 (the linker script says so; host tests define an
 * ordinary array). Fields are read and written through <model/fields.h> only.
 */
#ifndef MODEL_K_H
#define MODEL_K_H

#include <abi/abi.h>
#include <stdbool.h>

/** Number of a granule; NIL is none. */
typedef word_t ref_t;
#define NIL 0ul

#define GRANULE_WORDS 8u
extern word_t K[][GRANULE_WORDS];

/* K_WORD(r, g, w): word w of granule r + g, an lvalue; g and w are constants. */
#include "granule.h"

/** Granules of a 4 KiB, 2 MiB, 1 GiB page. */
#define SMALL_GRANULES 64u
#define LARGE_GRANULES 32768u
#define HUGE_GRANULES 16777216u

/** Copy one granule. */
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

/** Internal outcome: enough work for one go; the call is made again from where its arguments now say. Users never see it. */
#define E_RESTART ((enum error)64)

/* For conditions that are true seldom: what follows is moved out of the way. */
#define rarely(condition) __builtin_expect(!!(condition), 0)

#define WORD_MAX 0xfffffffffffffffful

#endif
