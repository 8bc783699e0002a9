/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pieces of device memory, in order of address. Untyped memory is handed out from a watermark
 * upwards only; so to get at an address in the middle, what lies before it is split off first, as a
 * piece of its own that can be used later. This is the book-keeping of that; the caller does what
 * it says to the capabilities. Pure code.
 */
#ifndef MACHINE_PIECES_H
#define MACHINE_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** One capability: what is left of it is [next, end). */
struct piece {
    uint64_t next, end;  /**< physical addresses, multiples of the page size */
    uint64_t capability; /**< the caller's name for it */
};

/** All of them, ascending, none empty, none overlapping. The array is the caller's. */
struct pieces {
    struct piece *at;
    size_t count, room;
};

/**
 * Enter a piece. @return false: no room in the array, it is empty, or overlaps one that is there
 */
bool pieces_add(struct pieces *pieces, struct piece piece);

/** Which piece holds all of [first, first + bytes)? @return its index; pieces->count: none does */
size_t pieces_find(const struct pieces *pieces, uint64_t first, uint64_t bytes);

/**
 * Take [first, first + bytes) out of piece `index`, which holds it. If something lies before it,
 * that becomes a piece of its own, `before`, which the caller must have split off the same
 * capability.
 * @param before capability of what lies before; not used if there is nothing
 * @return false: no room in the array; nothing changed
 */
bool pieces_take(struct pieces *pieces, size_t index, uint64_t first, uint64_t bytes,
                 uint64_t before);

#endif
