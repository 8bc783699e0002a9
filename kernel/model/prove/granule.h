/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernel memory as the prover sees it: an array of GRANULES granules, as on the host, and the
 * predicates that the
 * contracts are made of. No compiler reads this folder; `./tessera prove` puts it where others
 * find x86_64/ or host/.
 */
#ifndef MODEL_GRANULE_H
#define MODEL_GRANULE_H

#define GRANULE_STEP 1u
#define K_WORD(r, g, w) K[(r) + (g)][w]
#define K_INDEX(r, i) K[(r) + (i) / GRANULE_WORDS][(i) % GRANULE_WORDS]

/* The prover's machine has 16 GiB. All that counts is that a sum of two does not wrap. */
#define GRANULES 0x10000000u
extern word_t K[GRANULES][GRANULE_WORDS];

/* In `assigns`: any of it may change; what does not is said in `ensures frame`. */
#define ALL_MEMORY K[0 .. GRANULES - 1][0 .. 7]

#include "kinds.h"
#include "queue_wf.h"
#include "tree_wf.h"

#endif
