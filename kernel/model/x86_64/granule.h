/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A reference is 64 times the granule's number: the granule's address, K being at address 0. So
 * following a reference costs no shift. The one cast of the kernel's model, and the one factor in
 * which the machine's kernel differs from the one that is proved: both stand in the list of what is
 * trusted.
 */
#ifndef MODEL_GRANULE_H
#define MODEL_GRANULE_H

#define GRANULE_STEP 64u
#define K_WORD(r, g, w) (*(word_t *)((r) + (g) * 64u + (w) * 8u))
#define K_INDEX(r, i) (*(word_t *)((r) + (i) * 8u))

#endif
