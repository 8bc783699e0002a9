/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sets of addresses, as sorted ranges that neither overlap nor touch. For memory maps. No state, no
 * output. What does not fit any more is left out and counted, so that the caller can say so.
 */
#ifndef BOOT_RANGES_H
#define BOOT_RANGES_H

#include <boot/boot.h>

/** A set. All zero: empty. */
struct ranges {
    struct boot_range at[BOOT_RANGES];
    word_t count;
    word_t lost; /* times that something was left out */
};

/** Adds first to end - 1; nothing if end <= first. */
void ranges_add(struct ranges *s, word_t first, word_t end);

/** Takes first to end - 1 out; nothing if end <= first. */
void ranges_remove(struct ranges *s, word_t first, word_t end);

/** Shrinks each range to whole pages; those that vanish are dropped. */
void ranges_to_pages(struct ranges *s);

/** Number of addresses in the set. */
word_t ranges_total(const struct ranges *s);

#endif
