/* SPDX-License-Identifier: BSD-2-Clause */
/* What the producer's and the consumer's half of the library share. */
#ifndef RING_SHAPE_PRIV_H
#define RING_SHAPE_PRIV_H

#include "ring.h"

/** The three indices, each read once. */
struct ring_indices {
    uint32_t acked, head, tail;
};

/** ring_validate(), and the indices that it found sound. */
enum ring_error ring_look(const void *memory, uint64_t memory_bytes, uint32_t entry_bytes,
                          uint32_t entry_count, struct ring_indices *found);

/** Where entry `index` is. Inside the ring for every index, because the count is the view's. */
static inline _Atomic uint64_t *ring_place(struct ring_shared *shared, uint32_t index,
                                           uint32_t entry_words, uint32_t entry_count)
{
    _Atomic uint64_t *first = (_Atomic uint64_t *)(void *)(shared + 1);

    return first + (uint64_t)(index & (entry_count - 1)) * entry_words;
}

/**
 * Did an index that went from `before` to `now` pass `mark`, that is, is mark in [before, now)?
 * All distances are modulo 2^32. A mark that is passed is passed once, so a sleeper is signalled
 * once.
 */
static inline bool ring_passed(uint32_t mark, uint32_t before, uint32_t now)
{
    return mark - before < now - before;
}

#endif
