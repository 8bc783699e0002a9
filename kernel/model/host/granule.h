/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * K is an ordinary array: for host tests and for provers.
 */
#ifndef MODEL_GRANULE_H
#define MODEL_GRANULE_H

#define GRANULE_STEP 1u
#define K_WORD(r, g, w) K[(r) + (g)][w]
#define K_INDEX(r, i) K[(r) + (i) / GRANULE_WORDS][(i) % GRANULE_WORDS]

#endif
