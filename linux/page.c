/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pages of the sandbox. Frames are made as they are needed, some at a time, in chunks with a
 * CNode each, and mapped once in a row at PAGE_WINDOW: so a page's frame and its contents are found
 * by its number. Free pages are linked through the array of references.
 */
#include "page.h"

#include "cache.h"

#include <abi/invoke.h>
#include <rt/bytes.h>
#include <rt/component.h>
#include <rt/memory.h>
#include <rt/object.h>
#include <rt/program.h>
#include <rt/slot.h>

#define CHUNKS_MAX  4096u
#define MAKE        51u /* frames made at once: a small sandbox has no memory to waste */
#define MAKES       ((PAGE_CHUNK - 1) / MAKE)
#define PIECES_MAX  4096u
#define LONE_MAX    1024u /* pages for lone objects: two for each task, and some */

#define SHRINK 64u /* pages that the cache of files gives up at a time */

static struct {
    uint32_t chunk[CHUNKS_MAX]; /* slots of the CNodes */
    word_t makes;             /* how often MAKE frames were made */
    word_t makes_max;
    uint32_t *references;     /* a page in use: how many; a free one: the next free page */
    page_t first_free;
    word_t total, free;
} pool;

static uint32_t piece[PIECES_MAX]; /* that nobody uses: slots */
static unsigned pieces;
static uint32_t lone_page[LONE_MAX]; /* the same */
static unsigned lone_pages;

bool pages_init(word_t count)
{
    word_t numbers;

    pool.makes_max = count / MAKE;
    if (pool.makes_max > CHUNKS_MAX * MAKES)
        pool.makes_max = CHUNKS_MAX * MAKES;
    numbers = (pool.makes_max / MAKES + 1) * PAGE_CHUNK;
    pool.references = rt_pages_reserve((numbers * sizeof *pool.references + PAGE - 1) / PAGE);
    pool.total = pool.free = pool.makes_max * MAKE;
    return pool.references != NULL;
}

/* Memory for the references of pages up to this one. */
static bool reach(page_t last)
{
    return rt_pages_fill(pool.references, (last * sizeof *pool.references) / PAGE + 1);
}

/* Show the frames here. */
static bool map_frames(cap_t chunk, page_t first)
{
    while (address_space_map(COMPONENT_SPACE, chunk, page_slot(first), MAKE,
                             (word_t)page_data(first), MAP_READ | MAP_WRITE) == E_MEMORY) {
        cap_t tables = piece_alloc();

        /* What was mapped before the tables ran out is in the way of trying again. */
        for (page_t p = first; p < first + MAKE; p++) {
            if (address_space_unmap(COMPONENT_SPACE, chunk, page_slot(p), 1) != E_OK)
                break;
        }
        if (tables == 0 || address_space_supply(COMPONENT_SPACE, tables) != E_OK)
            return false;
    }
    return true;
}

/* The kernel's objects have taken the rest of the quota: what was counted on is not there. */
static bool no_more(void)
{
    word_t missing = (pool.makes_max - pool.makes) * MAKE;

    pool.total -= missing;
    pool.free -= missing;
    pool.makes_max = pool.makes;
    return false;
}

static bool make_frames(void)
{
    word_t chunk = pool.makes / MAKES;
    page_t first = (page_t)(chunk * PAGE_CHUNK + pool.makes % MAKES * MAKE + 1);

    if (pool.makes == pool.makes_max)
        return false;
    if (pool.chunk[chunk] == 0)
        pool.chunk[chunk] = (uint32_t)rt_object_new(TYPE_CNODE, PAGE_CHUNK);
    if (!reach(first + MAKE) || pool.chunk[chunk] == 0 ||
        untyped_retype(COMPONENT_UNTYPED, TYPE_FRAME, 0, pool.chunk[chunk], page_slot(first),
                       MAKE) != E_OK)
        return no_more();
    if (!map_frames(pool.chunk[chunk], first))
        return no_more();
    for (page_t p = first + MAKE; p-- > first;) {
        pool.references[p] = pool.first_free;
        pool.first_free = p;
    }
    pool.makes++;
    return true;
}

page_t page_alloc_dirty(void)
{
    page_t page;

    if (pool.first_free == 0 && !make_frames() && cache_shrink(SHRINK) == 0)
        return 0;
    page = pool.first_free;
    pool.first_free = pool.references[page];
    pool.references[page] = 1;
    pool.free--;
    return page;
}

page_t page_alloc(void)
{
    page_t page = page_alloc_dirty();

    if (page != 0)
        memset(page_data(page), 0, PAGE);
    return page;
}

void page_ref(page_t page)
{
    pool.references[page]++;
}

void page_unref(page_t page)
{
    RT_CHECK(pool.references[page] > 0);
    if (--pool.references[page] > 0)
        return;
    pool.references[page] = pool.first_free;
    pool.first_free = page;
    pool.free++;
}

bool page_shared(page_t page)
{
    return pool.references[page] > 1;
}

cap_t page_cnode(page_t page)
{
    return pool.chunk[page / PAGE_CHUNK];
}

word_t pages_free(void)
{
    return pool.free;
}

word_t pages_total(void)
{
    return pool.total;
}

cap_t piece_alloc(void)
{
    cap_t slot;

    if (pieces > 0)
        return piece[--pieces];
    slot = rt_slot_alloc();
    if (slot != 0 && untyped_retype(COMPONENT_UNTYPED, TYPE_UNTYPED, PIECE_BYTES / GRANULE, 0, slot,
                                    1) == E_OK)
        return slot;
    rt_slot_free(slot);
    return 0;
}

void piece_free(cap_t untyped)
{
    RT_CHECK(pieces < PIECES_MAX);
    piece[pieces++] = (uint32_t)untyped;
}

static word_t quota_left(void)
{
    word_t type, object, rights, size = 0, used = 0, hint;

    (void)cnode_inspect(COMPONENT_CNODE, COMPONENT_UNTYPED, &type, &object, &rights, &size, &used,
                        &hint);
    return (size - used) * GRANULE / PAGE;
}

/*
 * Each page that is mapped takes a slot and an entry of a page table, together a 57th of its size.
 * If processes could be made until nothing is left for those of their pages that they have not
 * touched yet, the next touch would end one of them.
 */
bool pieces_low(void)
{
    word_t left = quota_left() + pieces * (PIECE_BYTES / PAGE) + lone_pages;

    return left < (pool.makes_max - pool.makes) * MAKE + pool.total / 48 + 16;
}

bool pages_low(void)
{
    return pool.free < pool.total / 32 + 16;
}

/* Pages of a piece that is free become pages for lone objects, for good. */
static void split_piece(void)
{
    cap_t from = pieces > 0 ? piece[--pieces] : 0;
    cap_t slot;

    while (from != 0 && (slot = rt_slot_alloc()) != 0) {
        if (untyped_retype(from, TYPE_UNTYPED, PAGE_GRANULES, 0, slot, 1) != E_OK) {
            rt_slot_free(slot);
            return;
        }
        RT_CHECK(lone_pages < LONE_MAX);
        lone_page[lone_pages++] = (uint32_t)slot;
    }
}

static cap_t lone_page_new(void)
{
    cap_t slot;

    if (lone_pages > 0)
        return lone_page[--lone_pages];
    slot = rt_slot_alloc();
    if (slot != 0 && untyped_retype(COMPONENT_UNTYPED, TYPE_UNTYPED, PAGE_GRANULES, 0, slot, 1) ==
                         E_OK)
        return slot;
    rt_slot_free(slot);
    split_piece();
    return lone_pages > 0 ? lone_page[--lone_pages] : 0;
}

bool lone_new(struct lone *l, word_t type, word_t size)
{
    *l = (struct lone){rt_slot_alloc(), lone_page_new()};
    if (l->object != 0 && l->page != 0 &&
        untyped_retype(l->page, type, size, 0, l->object, 1) == E_OK)
        return true;
    rt_slot_free(l->object);
    l->object = 0;
    lone_free(l);
    return false;
}

void lone_free(struct lone *l)
{
    rt_slot_delete(l->object);
    if (l->page != 0) {
        RT_CHECK(lone_pages < LONE_MAX);
        lone_page[lone_pages++] = (uint32_t)l->page;
    }
    *l = (struct lone){0};
}
