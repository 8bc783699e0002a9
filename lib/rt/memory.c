/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory. The heap is a window of four times the quota in addresses, so that holes between what is
 * in use never fill it before the memory is used up. `book` has an entry for each of its pages. The
 * books stand before the window and get memory as they are used, from the bottom up.
 */
#include "memory.h"

#include <abi/invoke.h>
#include <stddef.h>

#include "bytes.h"
#include "component.h"
#include "frames_priv.h"
#include "lock.h"
#include "program.h"
#include "slot.h"

#define WINDOW_MIN  16384u /* pages: room for shared regions larger than the quota */
#define TABLE_PAGES 4u    /* page-table memory is asked for in such pieces */

/* Entries of the book. */
#define FREE     0u
#define OTHER    (1u << 31)         /* set in all that are not frames of ours */
#define GUARD    OTHER              /* an address without a frame; goes with the page above it */
#define RESERVED (OTHER | 1u)       /* an address without a frame */
#define FOREIGN  (OTHER | 1u << 30) /* a frame that is not ours */

static struct {
    uint32_t *book;
    char *window;
    word_t pages;      /* of the window */
    word_t book_pages; /* of the book, that have memory */
    word_t lowest;     /* no page below is free */
    word_t used;
} heap;

static word_t pages_of(word_t bytes)
{
    return (bytes + RT_PAGE - 1) / RT_PAGE;
}

static void set_up(void)
{
    word_t quota = pages_of(rt_info()->memory_bytes);
    char *at = (char *)COMPONENT_HEAP;

    if (heap.window != NULL)
        return;
    heap.pages = 4 * quota > WINDOW_MIN ? 4 * quota : WINDOW_MIN;
    heap.book = (uint32_t *)at;
    at += pages_of(heap.pages * sizeof(*heap.book)) * RT_PAGE;
    rt_frames_set_up(at);
    heap.window = at + pages_of(rt_frames_book_bytes(quota)) * RT_PAGE;
}

static bool give_tables(cap_t space, cap_t untyped)
{
    if (address_space_supply(space, untyped) == E_OK)
        return true;
    rt_slot_delete(untyped);
    return false;
}

/* Memory for page tables out of the quota. The slot stays with the address space. */
static bool supply(cap_t space)
{
    cap_t slot = rt_slot_alloc();

    for (word_t pages = TABLE_PAGES; slot != 0 && pages > 0; pages /= 2)
        if (untyped_retype(COMPONENT_UNTYPED, TYPE_UNTYPED, pages * PAGE_GRANULES, 0, slot, 1) ==
            E_OK)
            return give_tables(space, slot);
    rt_slot_free(slot);
    slot = rt_frames_reclaim();
    return slot != 0 && give_tables(space, slot);
}

/* What was mapped before the tables ran out stays mapped: then page by page, passing over those. */
static enum error map_singly(cap_t space, cap_t slot, word_t count, word_t address, word_t flags)
{
    for (word_t i = 0; i < count; i++) {
        enum error error = E_MEMORY;

        while ((error = address_space_map(space, 0, slot + i, 1, address + i * RT_PAGE, flags)) ==
               E_MEMORY)
            if (!supply(space))
                return E_MEMORY;
        if (error != E_OK && error != E_STATE)
            return error;
    }
    return E_OK;
}

enum error rt_map_at(cap_t space, cap_t slot, word_t count, word_t address, word_t flags)
{
    enum error error = address_space_map(space, 0, slot, count, address, flags);

    return error == E_MEMORY ? map_singly(space, slot, count, address, flags) : error;
}

/* One frame for a book, of which there are few. */
static bool map_for_book(char *address)
{
    cap_t frame = rt_slot_alloc();

    if (frame == 0)
        return false;
    if (untyped_retype(COMPONENT_UNTYPED, TYPE_FRAME, 0, 0, frame, 1) != E_OK) {
        rt_slot_free(frame);
        return false;
    }
    if (rt_map_at(COMPONENT_SPACE, frame, 1, (word_t)address, MAP_READ | MAP_WRITE) == E_OK)
        return true;
    rt_slot_delete(frame);
    return false;
}

bool rt_book_reach(void *array, word_t *have, word_t bytes)
{
    for (; *have < pages_of(bytes); (*have)++)
        if (!map_for_book((char *)array + *have * RT_PAGE))
            return false;
    return true;
}

static uint32_t entry(word_t page)
{
    return page < heap.book_pages * (RT_PAGE / sizeof(*heap.book)) ? heap.book[page] : FREE;
}

/* The first row of free pages; heap.pages: there is none. */
static word_t find_row(word_t count)
{
    word_t size = 0;

    while (heap.lowest < heap.pages && entry(heap.lowest) != FREE)
        heap.lowest++;
    for (word_t page = heap.lowest; page < heap.pages; page++) {
        size = entry(page) == FREE ? size + 1 : 0;
        if (size == count)
            return page + 1 - count;
    }
    return heap.pages;
}

static char *page_address(word_t page)
{
    return heap.window + page * RT_PAGE;
}

/* Clear memory behind free addresses. @return for how many pages, at most `count`; 0: none is left
 */
static word_t fill_some(word_t page, word_t count)
{
    cap_t first;
    bool clear;
    word_t got = rt_frames_take(count, &first, &clear);

    if (got == 0)
        return 0;
    if (rt_map_at(COMPONENT_SPACE, first, got, (word_t)page_address(page), MAP_READ | MAP_WRITE) !=
        E_OK) {
        for (word_t i = 0; i < got; i++) /* some may have been mapped before the error */
            (void)address_space_unmap(COMPONENT_SPACE, 0, first + i, 1);
        rt_frames_give(first, got);
        return 0;
    }
    for (word_t i = 0; i < got; i++)
        heap.book[page + i] = (uint32_t)(first + i);
    if (!clear)
        memset(page_address(page), 0, got * RT_PAGE);
    heap.used += got;
    return got;
}

static bool fill(word_t page, word_t count)
{
    for (word_t done = 0; done < count;) {
        word_t got = fill_some(page + done, count - done);

        if (got == 0) {
            rt_pages_free(page_address(page), done);
            return false;
        }
        done += got;
    }
    return true;
}

/* Take addresses. @return the first page, heap.pages: none left */
static word_t reserve(word_t count)
{
    word_t page;

    set_up();
    if (count == 0 || count > heap.pages)
        return heap.pages;
    page = find_row(count);
    if (page < heap.pages &&
        !rt_book_reach(heap.book, &heap.book_pages, (page + count) * sizeof(*heap.book)))
        return heap.pages;
    return page;
}

static void *alloc(word_t count, word_t guard)
{
    void *address = NULL;
    word_t page;

    rt_lock();
    page = count > 0 && count <= pages_of(rt_info()->memory_bytes) ? reserve(count + guard)
                                                                   : ~0ul;
    if (page < heap.pages && fill(page + guard, count)) {
        if (guard)
            heap.book[page] = GUARD;
        address = page_address(page + guard);
    }
    rt_unlock();
    return address;
}

void *rt_pages_alloc(word_t count)
{
    return alloc(count, 0);
}

void *rt_pages_alloc_guarded(word_t count)
{
    return alloc(count, 1);
}

void *rt_pages_reserve(word_t count)
{
    void *address = NULL;
    word_t page;

    rt_lock();
    page = reserve(count);
    if (page < heap.pages) {
        for (word_t i = 0; i < count; i++)
            heap.book[page + i] = RESERVED;
        address = page_address(page);
    }
    rt_unlock();
    return address;
}

static word_t page_number(const void *address)
{
    return heap.window == NULL ? 0 : (word_t)((const char *)address - heap.window) / RT_PAGE;
}

static void set_free(word_t page)
{
    heap.book[page] = FREE;
    if (page < heap.lowest)
        heap.lowest = page;
}

/* How many pages from this one on are reserved, at most `most`. */
static word_t reserved_row(word_t page, word_t most)
{
    word_t size = 0;

    while (size < most && entry(page + size) == RESERVED)
        size++;
    return size;
}

bool rt_pages_fill(void *pages, word_t count)
{
    word_t page = page_number(pages), end = page + count;
    bool filled = true;

    rt_lock();
    while (page < end && filled) {
        word_t size = reserved_row(page, end - page);

        if (size > 0)
            size = fill_some(page, size);
        else if (entry(page) != FREE && !(entry(page) & OTHER))
            size = 1;
        filled = size > 0;
        page += size;
    }
    rt_unlock();
    return filled;
}

word_t rt_pages_owned(const void *pages, word_t count)
{
    word_t page = page_number(pages), owned = 0;

    if ((const char *)pages < heap.window)
        return 0;
    rt_lock();
    while (owned < count &&
           (entry(page + owned) == RESERVED || (entry(page + owned) & OTHER) == 0) &&
           entry(page + owned) != FREE)
        owned++;
    rt_unlock();
    return owned;
}

/* How many pages from this one on have frames in consecutive slots. */
static word_t frames_in_row(word_t page, word_t most)
{
    word_t size = 1;

    while (size < most && entry(page + size) == heap.book[page] + size)
        size++;
    return size;
}

/* Frames of different chunks never are in consecutive slots: an Untyped is between them. */
static void free_row(word_t page, word_t count)
{
    cap_t first = heap.book[page];

    RT_CHECK(address_space_unmap(COMPONENT_SPACE, 0, first, count) == E_OK);
    for (word_t i = 0; i < count; i++)
        set_free(page + i);
    rt_frames_give(first, count);
    heap.used -= count;
}

void rt_pages_free(void *pages, word_t count)
{
    word_t page = page_number(pages), end = page + count;

    rt_lock();
    if (count > 0 && page > 0 && entry(page - 1) == GUARD)
        set_free(page - 1);
    while (page < end) {
        word_t size;

        if (entry(page) == RESERVED) {
            set_free(page++);
            continue;
        }
        RT_CHECK(entry(page) != FREE && (entry(page) & OTHER) == 0);
        size = frames_in_row(page, end - page);
        free_row(page, size);
        page += size;
    }
    rt_unlock();
}

cap_t rt_page_frame(const void *page)
{
    uint32_t found = entry(page_number(page));

    if ((word_t)page / RT_PAGE == COMPONENT_BUFFER / RT_PAGE)
        return COMPONENT_BUFFER_FRAME;
    return (const char *)page < heap.window || found & OTHER ? 0 : found;
}

void *rt_frames_map(cap_t slot, word_t count, word_t flags)
{
    void *address = NULL;
    word_t page;

    rt_lock();
    page = reserve(count);
    if (page < heap.pages) {
        if (rt_map_at(COMPONENT_SPACE, slot, count, (word_t)page_address(page), flags) == E_OK)
            address = page_address(page);
        for (word_t i = 0; i < count; i++) {
            if (address != NULL)
                heap.book[page + i] = FOREIGN | (uint32_t)(slot + i);
            else
                (void)address_space_unmap(COMPONENT_SPACE, 0, slot + i,
                                          1); /* what was mapped before the error */
        }
    }
    rt_unlock();
    return address;
}

void rt_frames_unmap(void *pages, word_t count)
{
    word_t page = page_number(pages);

    rt_lock();
    for (word_t i = 0; i < count; i++) {
        RT_CHECK((entry(page + i) & FOREIGN) == FOREIGN);
        (void)address_space_unmap(COMPONENT_SPACE, 0, heap.book[page + i] & ~FOREIGN, 1);
        set_free(page + i);
    }
    rt_unlock();
}

struct rt_memory rt_memory_use(void)
{
    struct rt_memory use;

    rt_lock();
    use = (struct rt_memory){.used = heap.used * RT_PAGE, .spare = rt_frames_spare() * RT_PAGE};
    rt_unlock();
    return use;
}
