/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames, in chunks: an Untyped and all the frames that are made from it. Untyped memory takes
 * nothing back while anything made from it is left; so it is in chunks that are small against the
 * whole that frames which nobody uses can become other things again. All under lib/rt's lock.
 */
#ifndef RT_FRAMES_PRIV_H
#define RT_FRAMES_PRIV_H

#include <abi/call.h>
#include <stdbool.h>

/** Bytes of addresses that the books need for a quota of so many pages. */
word_t rt_frames_book_bytes(word_t pages);

/** Where the books stand. */
void rt_frames_set_up(void *book);

/**
 * Take frames in consecutive slots, not mapped.
 * @param clear set to whether they are clear
 * @return how many, at most `count`; 0: no memory or no slot is left
 */
word_t rt_frames_take(word_t count, cap_t *first, bool *clear);

/** Give back frames in consecutive slots of one chunk; not mapped. */
void rt_frames_give(cap_t first, word_t count);

/** An Untyped of some pages that nothing is made from any more. @return 0: there is none */
cap_t rt_frames_reclaim(void);

/** How many pages nobody uses. */
word_t rt_frames_spare(void);

/**
 * Make an array of books reach up to `bytes`, with memory that is never given back.
 * @param have its pages that have memory
 */
bool rt_book_reach(void *array, word_t *have, word_t bytes);

#endif
