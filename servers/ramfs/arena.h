/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory in which ramfs keeps everything: one row of pages, which may be a vault, so that the
 * files of before are there after a restart. Nothing in it is a pointer: pages and units of 64
 * bytes have numbers, 0 is none.
 *
 * Rules:
 * - A change is part of a step: arena_begin, arena_change before each store, arena_commit. Whoever
 *   dies inside a step has not begun it: arena_open puts back what stood there. A step has at most
 *   ARENA_LOG words of change.
 * - Pages and objects that were free before the step may be filled without arena_change; so in one
 *   step nothing is allocated after something was freed.
 * - The contents of data pages are outside of this: what is written there stays written.
 */
#ifndef RAMFS_ARENA_H
#define RAMFS_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARENA_PAGE    4096u
#define ARENA_UNIT    64u
#define ARENA_UNITS   64u   /* in a page */
#define ARENA_LOG     2048u /* words that one step may change */
#define ARENA_MINIMUM 32u   /* pages */
#define ARENA_NAME    255u

/** What a page is used for. Objects of one class share pages. */
enum arena_use {
    ARENA_FREE,
    ARENA_OWN,     /**< the arena's tables */
    ARENA_DATA,    /**< of a file, a directory or a value */
    ARENA_INDEX,   /**< numbers of pages */
    ARENA_NODES,   /**< objects of 4 units: files */
    ARENA_SHORT,   /**< of 1 unit: entries with short names */
    ARENA_MIDDLE,  /**< of 2 units */
    ARENA_LONG,    /**< of 5 units: long names, names of values */
    ARENA_USES,
};

/** What is known of a page. */
struct arena_page {
    uint32_t next, prev; /**< free, or has free objects: its list */
    uint16_t free;       /**< number of its first free object + 1, 0: none */
    uint16_t used;       /**< objects in use */
    uint8_t use;         /**< enum arena_use */
    uint8_t shown;       /**< somebody has been given its frame */
    uint16_t reserved;
};

/** The head, at the start of the arena. */
struct arena_head {
    uint64_t magic;
    uint64_t pages;
    uint64_t log_used; /**< words noted; 0: no step, or one without a change yet */
    uint64_t table_page, log_page, bucket_page, book_page; /**< where the tables begin */
    uint64_t buckets;                                      /**< a power of two */
    uint64_t book_bytes;
    uint64_t seed;           /**< of the hash of names */
    uint64_t first_page;     /**< behind the tables */
    uint64_t free_pages;
    uint32_t
        partial[ARENA_USES]; /**< by class: pages with free objects; [ARENA_FREE]: free pages */
    uint64_t generation;     /**< of the newest file */
    uint64_t change;         /**< of the newest change */
    uint64_t nodes;
    uint32_t root;           /**< unit of the root */
    uint32_t doomed;         /**< first of the files that are to go */
};

struct arena {
    uint8_t *base;
    struct arena_head *head;
    struct arena_page *table;
    uint64_t *log; /**< pairs: offset, what stood there */
    uint32_t *bucket;
    void *book;
    bool stepping, freed;
    /** Called when a page that was shown is free: nobody may see it any more. NULL: nothing to do
     */
    void (*hide)(void *context, uint32_t page);
    /** Called before each word of change; for tests. */
    void (*before)(void *context);
    void *context;
};

/** Make an empty arena in clear or used memory. @param book_bytes kept for arena->book
 * @return false: too little memory */
bool arena_make(struct arena *a, void *memory, size_t bytes, size_t book_bytes, uint64_t seed);

/**
 * Open what is there, undoing the step that was cut off.
 * @return NULL, or why it is no arena of this kind (checks of what is in it: check.h)
 */
const char *arena_open(struct arena *a, void *memory, size_t bytes, size_t book_bytes);

void arena_begin(struct arena *a);

/** These bytes of the arena will be changed. */
void arena_change(struct arena *a, void *at, size_t bytes);

/** The step is done. */
void arena_commit(struct arena *a);

/** The step is undone. */
void arena_abort(struct arena *a);

/** A page, clear or with anything in it. @return 0: none is left */
uint32_t arena_page_take(struct arena *a, enum arena_use use);
void arena_page_give(struct arena *a, uint32_t page);

/** A clear object. @return its unit, 0: no memory */
uint32_t arena_take(struct arena *a, enum arena_use class);
void arena_give(struct arena *a, uint32_t unit);

/** Is this the unit of an object of this class that is in use? For numbers that came from outside.
 */
bool arena_is(const struct arena *a, uint64_t unit, enum arena_use class);

/** Units in an object of a class. */
unsigned arena_units(enum arena_use class);

/** Set the lists of free pages and objects anew from what is in use; for check.c, which has set
 * `use` of every page, and marks objects in use with arena_mark. */
void arena_rebuild_begin(struct arena *a);
bool arena_mark(struct arena *a, uint32_t unit, enum arena_use class);
bool arena_mark_page(struct arena *a, uint32_t page, enum arena_use use);
void arena_rebuild_end(struct arena *a);

static inline void *arena_unit(const struct arena *a, uint32_t unit)
{
    return a->base + (size_t)unit * ARENA_UNIT;
}

static inline void *arena_data(const struct arena *a, uint32_t page)
{
    return a->base + (size_t)page * ARENA_PAGE;
}

/** Store a value as part of the step. */
#define ARENA_SET(a, place, value)                       \
    do {                                                 \
        arena_change((a), &(place), sizeof(place));      \
        (place) = (value);                               \
    } while (0)

#endif
