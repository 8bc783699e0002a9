/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * K[r + g][w], with the address computed in the order that lets a compiler shift a reference once for
 * all fields that are read through it. Equal because K lies at address 0; this is the only cast in
 * the kernel's model, and one of the leaves that proofs take on trust.
 */
#ifndef MODEL_GRANULE_H
#define MODEL_GRANULE_H

#define K_WORD(r, g, w) (*(word_t *)(((r) << 6) + (g) * 64u + (w) * 8u))

#endif
