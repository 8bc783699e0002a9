/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory of the component: pages out of its quota, mapped between COMPONENT_HEAP and
 * COMPONENT_HEAP_END, and foreign frames mapped there. Pages given back are used again. Page tables
 * cost a few pages of the quota. Any thread may call.
 */
#ifndef RT_MEMORY_H
#define RT_MEMORY_H

#include <abi/call.h>
#include <stdbool.h>

#define RT_PAGE 4096u

/** Clear pages, readable and writable. @param count 1 or more @return NULL: no memory, address or
 * slot is left */
void *rt_pages_alloc(word_t count);

/** The same with a page below that is not there, so that a stack that grows too far faults. */
void *rt_pages_alloc_guarded(word_t count);

/** Addresses without memory: touching them faults. @return NULL: no address is left */
void *rt_pages_reserve(word_t count);

/**
 * Put clear memory behind reserved addresses; pages that have memory stay as they are.
 * @return false: not enough is left, and any part of it has been done
 */
bool rt_pages_fill(void *pages, word_t count);

/** How many of these pages, from the first on, were allocated or reserved here. */
word_t rt_pages_owned(const void *pages, word_t count);

/** Give pages back, any part of what was allocated; a guard page goes with the page above it. */
void rt_pages_free(void *pages, word_t count);

/** The frame behind a page from here; COPY it to give it away. @return 0: there is none */
cap_t rt_page_frame(const void *page);

/**
 * Map frames that the component was given (shared memory, device registers), at an address of
 * lib/rt's choice.
 * @param slot the first of `count` frames in consecutive slots; flags MAP_...
 * @return NULL: no address or no memory for page tables is left, or the frames cannot be mapped so
 */
void *rt_frames_map(cap_t slot, word_t count, word_t flags);

/** Unmap what rt_frames_map mapped. The frames stay with the caller. */
void rt_frames_unmap(void *pages, word_t count);

/** Map frames at an address of the caller's choice outside the heap, supplying memory for page
 * tables. */
enum error rt_map_at(cap_t space, cap_t slot, word_t count, word_t address, word_t flags);

/** Bytes mapped now, and bytes that were given back and wait for use. */
struct rt_memory {
    word_t used;
    word_t spare;
};

/** How much memory the heap has. */
struct rt_memory rt_memory_use(void);

#endif
