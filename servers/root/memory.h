/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All of the machine's memory, as blocks of Untyped: a buddy allocator (Knowlton, 1965). A block of
 * 2^n pages is split by making two halves from it, and is whole again when both halves have been
 * deleted.
 */
#ifndef ROOT_MEMORY_H
#define ROOT_MEMORY_H

#include <abi/abi.h>

#define PAGE 4096ul

/** A block of memory. Whoever took it may make anything from `untyped`. */
struct block {
    cap_t untyped;
    uint32_t order; /**< 2^order pages */
    uint32_t state;
    struct block *parent;
    struct block *twin; /**< the other half of the parent */
    struct block *next; /**< in the list of free blocks of this order */
    struct block *prev;
};

/** Called once: gather the memory that the kernel left. @param taken bytes at the start of a range
 * are in use */
void memory_init(word_t range, word_t taken);

/** A block of at least so many bytes. @return NULL: there is none */
struct block *memory_take(word_t bytes);

/** Destroy everything made from a block, and keep it. */
void memory_empty(struct block *block);

/** Give a block back. Everything made from it is destroyed. */
void memory_give(struct block *block);

/** Bytes of a block. */
static inline word_t block_bytes(const struct block *block)
{
    return PAGE << block->order;
}

/** How memory stands, in bytes. */
struct memory_state {
    word_t total;
    word_t free;
    word_t largest; /**< free block */
};

struct memory_state memory_state(void);

/* Root's own tables. */

/** Before making something: see that there is memory for its entries, if there is any at all. */
void heap_prepare(void);

/** Clear memory for a table entry, at most HEAP_MAX bytes. @return NULL: there is none */
void *heap_take(word_t bytes);

/** Give it back. */
void heap_give(void *memory, word_t bytes);

#define HEAP_MAX 4096u

/** Bytes that the heap has, and of them those in use. */
struct heap_state {
    word_t bytes;
    word_t used;
};

struct heap_state heap_state(void);

#endif
