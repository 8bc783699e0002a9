/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory of the sandbox: pages of 4 KiB out of the component's quota, numbered from 1, all mapped
 * in a row here. A page is shared by counting references: mappings of programs, caches of files and
 * the component's own structures each hold one. heap.h has smaller pieces.
 */
#ifndef LINUX_PAGE_H
#define LINUX_PAGE_H

#include <abi/call.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE 4096ul

/** Number of a page; 0: none. */
typedef uint32_t page_t;

/* Pages are made in chunks, with a CNode for each; slot 0 of a CNode holds nothing, so page numbers
 * that are multiples of this do not exist. */
#define PAGE_CHUNK 256u
#ifndef PAGE_WINDOW /* host tests have it elsewhere */
#define PAGE_WINDOW 0x0000600000000000ul /* behind the heap of lib/rt */
#endif

/** Set up for at most so many pages. @return false: no memory or slots */
bool pages_init(word_t count);
/** A clear page with one reference. @return 0: none is left */
page_t page_alloc(void);
/** The same with any contents: the caller overwrites all of it. */
page_t page_alloc_dirty(void);
void page_ref(page_t page);
/** Give up a reference. @param page not 0 */
void page_unref(page_t page);
/** More than one reference. */
bool page_shared(page_t page);
/** The CNode in which its frame is; and in which slot. */
cap_t page_cnode(page_t page);
static inline word_t page_slot(page_t page)
{
    return page % PAGE_CHUNK;
}
/** Where it is mapped here. */
static inline void *page_data(page_t page)
{
    return (void *)(PAGE_WINDOW + page * PAGE);
}
/** The page at an address in the window. */
static inline page_t page_of(const void *data)
{
    return (page_t)(((word_t)data - PAGE_WINDOW) / PAGE);
}
word_t pages_free(void);
word_t pages_total(void);

/**
 * Pieces of 16 KiB of the quota, as Untyped, for kernel objects that come and go: page tables and
 * CNodes. A piece is given back when nothing that was made from it is left.
 * @return 0: no memory
 */
cap_t piece_alloc(void);
void piece_free(cap_t piece);
#define PIECE_BYTES 16384u

/** What is left for those is needed by the processes that there are: no more of them. */
bool pieces_low(void);
/** The same of pages. */
bool pages_low(void);

/**
 * A kernel object that comes and goes, alone in a page of its own: whatever else lives on, its
 * memory can be used again.
 * @param type, size as for Untyped.retype, of an object of at most a page
 */
struct lone {
    cap_t object, page;
};
/** @return false: no memory, or no slots */
bool lone_new(struct lone *l, word_t type, word_t size);
/** @param l may be clear; is clear afterwards */
void lone_free(struct lone *l);

#endif
