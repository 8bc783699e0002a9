/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory. The heap is a window of four times the quota in addresses, so that holes between what is
 * in use never fill it before the memory is used up. `book` has an entry for each of its pages,
 * `spare` is a stack of frames that were given back (Untyped memory cannot take single frames back
 * while others are in use). Both arrays stand before the window and get memory as it is used, from
 * the bottom up.
 */
#include "memory.h"

#include <abi/invoke.h>
#include <stddef.h>

#include "bytes.h"
#include "component.h"
#include "lock.h"
#include "program.h"
#include "slot.h"

#define WINDOW_MIN  1024u /* pages */
#define BATCH       64u   /* frames made by one operation */
#define TABLE_PAGES 4u    /* page-table memory is asked for in such pieces */

/* Entries of the book. */
#define FREE     0u
#define OTHER    (1u << 31)         /* set in all that are not frames of ours */
#define GUARD    OTHER              /* an address without a frame; goes with the page above it */
#define RESERVED (OTHER | 1u)       /* an address without a frame */
#define FOREIGN  (OTHER | 1u << 30) /* a frame that is not ours */

static struct {
    uint32_t *book;
    uint32_t *spare;
    char *window;
    word_t pages;        /* of the window */
    word_t most_spare;
    word_t book_pages;   /* of each array, that have memory */
    word_t spare_pages;
    word_t spare_count;
    word_t lowest;       /* no page below is free */
    word_t used;
} heap;

static word_t pages_of(word_t bytes)
{
    return (bytes + RT_PAGE - 1) / RT_PAGE;
}

static void set_up(void)
{
    word_t quota = pages_of(rt_info()->memory_bytes);

    if (heap.window != NULL)
        return;
    heap.most_spare = quota;
    heap.pages = 4 * quota > WINDOW_MIN ? 4 * quota : WINDOW_MIN;
    heap.book = (uint32_t *)COMPONENT_HEAP;
    heap.spare = (uint32_t *)(COMPONENT_HEAP + pages_of(heap.pages * sizeof(*heap.book)) * RT_PAGE);
    heap.window = (char *)heap.spare + pages_of(heap.most_spare * sizeof(*heap.spare)) * RT_PAGE;
}

/* Memory for page tables out of the quota. The slot stays with the address space. */
static bool supply(cap_t space)
{
    for (word_t pages = TABLE_PAGES; pages > 0; pages /= 2) {
        cap_t slot = rt_slot_alloc();

        if (slot == 0)
            return false;
        if (untyped_retype(COMPONENT_UNTYPED, TYPE_UNTYPED, pages * PAGE_GRANULES, 0, slot, 1) ==
            E_OK) {
            if (address_space_supply(space, slot) == E_OK)
                return true;
            (void)cnode_delete(COMPONENT_CNODE, slot, 1);
        }
        rt_slot_free(slot);
    }
    return false;
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

static void drop_row(cap_t first, word_t count)
{
    (void)cnode_delete(COMPONENT_CNODE, first, count);
    rt_slot_free_row(first, count);
}

/* New frames in a row, mapped. @return how many, at most `count`; 0: no memory or slot is left */
static word_t map_new(word_t count, char *address, cap_t *first)
{
    for (word_t n = count < BATCH ? count : BATCH; n > 0; n /= 2) {
        *first = rt_slot_alloc_row(n);
        if (*first == 0)
            continue;
        if (untyped_retype(COMPONENT_UNTYPED, TYPE_FRAME, 0, 0, *first, n) != E_OK) {
            rt_slot_free_row(*first, n);
            continue;
        }
        if (rt_map_at(COMPONENT_SPACE, *first, n, (word_t)address, MAP_READ | MAP_WRITE) == E_OK)
            return n;
        drop_row(*first, n);
    }
    return 0;
}

/* Make an array reach up to `bytes`. Its memory is never given back. */
static bool reach(void *array, word_t *have, word_t bytes)
{
    while (*have < pages_of(bytes)) {
        cap_t first;
        word_t got = map_new(pages_of(bytes) - *have, (char *)array + *have * RT_PAGE, &first);

        if (got == 0)
            return false;
        *have += got;
    }
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

/* A frame that was given back, mapped again and cleared. */
static bool fill_from_spare(word_t page)
{
    cap_t frame = heap.spare[heap.spare_count - 1];

    if (rt_map_at(COMPONENT_SPACE, frame, 1, (word_t)page_address(page), MAP_READ | MAP_WRITE) !=
        E_OK)
        return false;
    heap.spare_count--;
    heap.book[page] = (uint32_t)frame;
    memset(page_address(page), 0, RT_PAGE);
    return true;
}

static word_t fill_from_new(word_t page, word_t count)
{
    cap_t first;
    word_t got = map_new(count, page_address(page), &first);

    for (word_t i = 0; i < got; i++)
        heap.book[page + i] = (uint32_t)(first + i);
    return got;
}

static bool fill(word_t page, word_t count)
{
    for (word_t done = 0; done < count;) {
        word_t got = heap.spare_count > 0 ? fill_from_spare(page + done)
                                          : fill_from_new(page + done, count - done);

        if (got == 0) {
            rt_pages_free(page_address(page), done);
            return false;
        }
        heap.used += got;
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
        !reach(heap.book, &heap.book_pages, (page + count) * sizeof(*heap.book)))
        return heap.pages;
    return page;
}

static void *alloc(word_t count, word_t guard)
{
    word_t page;
    void *address = NULL;

    rt_lock();
    set_up();
    page = count <= pages_of(rt_info()->memory_bytes) - heap.used ? reserve(count + guard)
                                                                  : heap.pages;
    /* Room to give each page back must be there before it is handed out. */
    if (page < heap.pages &&
        reach(heap.spare, &heap.spare_pages, (heap.used + count) * sizeof(*heap.spare)) &&
        fill(page + guard, count)) {
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

static bool fill_reserved(word_t page)
{
    if (entry(page) != RESERVED)
        return entry(page) != FREE;
    if (heap.used >= heap.most_spare ||
        !reach(heap.spare, &heap.spare_pages, (heap.used + 1) * sizeof(*heap.spare)))
        return false;
    heap.used++;
    if ((heap.spare_count > 0 && fill_from_spare(page)) || fill_from_new(page, 1) == 1)
        return true;
    heap.used--;
    return false;
}

bool rt_pages_fill(void *pages, word_t count)
{
    word_t page = page_number(pages);
    bool filled = true;

    rt_lock();
    for (word_t i = 0; i < count && filled; i++)
        filled = fill_reserved(page + i);
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

static void free_row(word_t page, word_t count)
{
    RT_CHECK(address_space_unmap(COMPONENT_SPACE, 0, heap.book[page], count) == E_OK);
    for (word_t i = 0; i < count; i++) {
        heap.spare[heap.spare_count++] = heap.book[page + i];
        set_free(page + i);
    }
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
    use = (struct rt_memory){.used = heap.used * RT_PAGE, .spare = heap.spare_count * RT_PAGE};
    rt_unlock();
    return use;
}
