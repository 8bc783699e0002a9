/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernel memory as the prover sees it. What objects hold is in arrays of its own, one a field
 * (tools/prove/fields.py says why that is sound); all other memory is K, an array of GRANULES
 * granules, as on the host. No compiler reads this folder; `./tessera prove` puts it where others
 * find x86_64/ or host/.
 */
#ifndef MODEL_GRANULE_H
#define MODEL_GRANULE_H

#define GRANULE_STEP 1u
#define K_WORD(r, g, w) K[plain((r) + (g))][w]
#define K_INDEX(r, i) K[plain((r) + (i) / GRANULE_WORDS)][(i) % GRANULE_WORDS]

/* The prover's machine has 16 GiB. All that counts is that a sum of two does not wrap. */
#define GRANULES 0x10000000u
/* A structure, because provers are quick with `assigns` of a variable as a whole. */
extern struct memory {
    word_t word[GRANULES][GRANULE_WORDS];
} memory;
#define K memory.word

/* In `assigns`: any of it may change; what does not is said in `ensures`. */
#define ALL_MEMORY memory

#include "kinds.h"

/** Memory that is in K is reached through this: no field of an object is there. */
static inline ref_t plain(ref_t g)
{
    /*@ assert plain: is_plain(g); */
    return g;
}

#include "queue_wf.h"
#include "tree_wf.h"

#endif
