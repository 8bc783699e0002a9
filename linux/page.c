/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pages of the sandbox. Frames are made in chunks as they are needed, each chunk in a CNode of
 * its own, and mapped once in a row at PAGE_WINDOW: so a page's frame and its contents are found by
 * its number. Free pages are linked through the array of references.
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

#define CHUNKS_MAX  1024u
#define MAKE        255u /* frames made at once; 4 * 255 of a chunk's 1023 are used */
#define MAKES       (PAGE_CHUNK / 256u)
#define PIECES_MAX  4096u

#define SHRINK 64u /* pages that the cache of files gives up at a time */

static struct {
    cap_t chunk[CHUNKS_MAX];
    word_t makes;             /* how often MAKE frames were made */
    word_t makes_max;
    uint32_t *references;     /* a page in use: how many; a free one: the next free page */
    page_t first_free;
    word_t total, free;
} pool;

static cap_t piece[PIECES_MAX]; /* that nobody uses */
static unsigned pieces;

bool pages_init(word_t count)
{
    word_t numbers;

    pool.makes_max = (count + MAKE - 1) / MAKE;
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

static bool make_frames(void)
{
    word_t chunk = pool.makes / MAKES;
    page_t first = (page_t)(chunk * PAGE_CHUNK + pool.makes % MAKES * 256 + 1);

    if (pool.makes == pool.makes_max || !reach(first + MAKE))
        return false;
    if (pool.chunk[chunk] == 0)
        pool.chunk[chunk] = rt_object_new(TYPE_CNODE, PAGE_CHUNK);
    if (pool.chunk[chunk] == 0 ||
        untyped_retype(COMPONENT_UNTYPED, TYPE_FRAME, 0, pool.chunk[chunk], page_slot(first),
                       MAKE) != E_OK)
        return false;
    while (address_space_map(COMPONENT_SPACE, pool.chunk[chunk], page_slot(first), MAKE,
                             (word_t)page_data(first), MAP_READ | MAP_WRITE) == E_MEMORY) {
        cap_t tables = piece_alloc();

        /* What was mapped before the tables ran out is in the way of trying again. */
        for (page_t p = first; p < first + MAKE; p++) {
            if (address_space_unmap(COMPONENT_SPACE, pool.chunk[chunk], page_slot(p), 1) != E_OK)
                break;
        }
        if (tables == 0 || address_space_supply(COMPONENT_SPACE, tables) != E_OK)
            return false;
    }
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
    piece[pieces++] = untyped;
}
