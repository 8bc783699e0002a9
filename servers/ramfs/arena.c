/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages, objects, and steps that are done or undone as a whole. */
#include "arena.h"

#include <rt/bytes.h>

#include "fail.h"

#define MAGIC 0x3220736673736554ul /* another one when the layout changes */

static const uint8_t units[ARENA_USES] = {
    [ARENA_NODES] = 4, [ARENA_SHORT] = 1, [ARENA_MIDDLE] = 2, [ARENA_LONG] = 5};

unsigned arena_units(enum arena_use class)
{
    return units[class];
}

static uint64_t pages_of(uint64_t bytes)
{
    return (bytes + ARENA_PAGE - 1) / ARENA_PAGE;
}

static uint64_t bucket_count(uint64_t pages)
{
    uint64_t count = 1024;

    while (count < pages * 4)
        count *= 2;
    return count;
}

/* Where the tables are, for an arena of this size. */
static void lay_out(struct arena_head *h, uint64_t pages, size_t book_bytes)
{
    memset(h, 0, sizeof(*h));
    h->pages = pages;
    h->buckets = bucket_count(pages);
    h->book_bytes = book_bytes;
    h->table_page = 1;
    h->log_page = h->table_page + pages_of(pages * sizeof(struct arena_page));
    h->bucket_page = h->log_page + pages_of(ARENA_LOG * 16);
    h->book_page = h->bucket_page + pages_of(h->buckets * sizeof(uint32_t));
    h->first_page = h->book_page + pages_of(book_bytes);
}

static void attach(struct arena *a, void *memory)
{
    a->base = memory;
    a->head = memory;
    a->table = arena_data(a, (uint32_t)a->head->table_page);
    a->log = arena_data(a, (uint32_t)a->head->log_page);
    a->bucket = arena_data(a, (uint32_t)a->head->bucket_page);
    a->book = arena_data(a, (uint32_t)a->head->book_page);
    a->stepping = a->freed = false;
}

bool arena_make(struct arena *a, void *memory, size_t bytes, size_t book_bytes, uint64_t seed)
{
    struct arena_head head;
    uint64_t pages = bytes / ARENA_PAGE;

    lay_out(&head, pages, book_bytes);
    if (pages < ARENA_MINIMUM || head.first_page + ARENA_MINIMUM / 2 > pages || pages > 1u << 25)
        return false;
    ((struct arena_head *)memory)->magic = 0;
    memset((uint8_t *)memory + 8, 0, head.first_page * ARENA_PAGE - 8);
    head.seed = seed;
    memcpy(memory, &head, sizeof(head));
    attach(a, memory);
    arena_rebuild_begin(a);
    arena_rebuild_end(a);
    __atomic_store_n(&a->head->magic, MAGIC, __ATOMIC_RELEASE);
    return true;
}

/* Put back what stood there before the step, the newest change first. */
static void undo(struct arena *a)
{
    for (uint64_t i = a->head->log_used; i > 0; i--)
        *(uint64_t *)(void *)(a->base + a->log[2 * i - 2]) = a->log[2 * i - 1];
    __atomic_store_n(&a->head->log_used, 0, __ATOMIC_RELEASE);
}

/* No step changes where things are, nor the log itself. */
static bool log_sound(const struct arena *a)
{
    uint64_t bytes = a->head->pages * ARENA_PAGE;

    if (a->head->log_used > ARENA_LOG)
        return false;
    for (uint64_t i = 0; i < a->head->log_used; i++) {
        uint64_t at = a->log[2 * i];

        if (at % 8 != 0 || at >= bytes || at < offsetof(struct arena_head, free_pages) ||
            (at >= a->head->log_page * ARENA_PAGE && at < a->head->bucket_page * ARENA_PAGE))
            return false;
    }
    return true;
}

const char *arena_open(struct arena *a, void *memory, size_t bytes, size_t book_bytes)
{
    const struct arena_head *found = memory;
    struct arena_head head;

    if (bytes < ARENA_PAGE || found->magic != MAGIC)
        return "it is not of this layout";
    lay_out(&head, bytes / ARENA_PAGE, book_bytes);
    if (found->pages != head.pages || found->book_bytes != book_bytes ||
        found->table_page != head.table_page || found->log_page != head.log_page ||
        found->bucket_page != head.bucket_page || found->book_page != head.book_page ||
        found->buckets != head.buckets || found->first_page != head.first_page)
        return "its head does not fit its size";
    attach(a, memory);
    if (!log_sound(a))
        return "the record of the last step is damaged";
    undo(a);
    return NULL;
}

void arena_begin(struct arena *a)
{
    RAMFS_CHECK(!a->stepping && a->head->log_used == 0);
    a->stepping = true;
    a->freed = false;
}

void arena_change(struct arena *a, void *at, size_t bytes)
{
    uint64_t first = (uint64_t)((uint8_t *)at - a->base) / 8 * 8;
    uint64_t end = (uint64_t)((uint8_t *)at - a->base) + bytes;

    RAMFS_CHECK(a->stepping);
    for (uint64_t offset = first; offset < end; offset += 8) {
        uint64_t used = a->head->log_used;

        RAMFS_CHECK(used < ARENA_LOG);
        if (a->before != NULL)
            a->before(a->context);
        a->log[2 * used] = offset;
        a->log[2 * used + 1] = *(uint64_t *)(void *)(a->base + offset);
        /* From here on the change may come. One processor sees its own stores in order. */
        __atomic_store_n(&a->head->log_used, used + 1, __ATOMIC_RELEASE);
    }
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

void arena_commit(struct arena *a)
{
    RAMFS_CHECK(a->stepping);
    if (a->before != NULL)
        a->before(a->context);
    __atomic_store_n(&a->head->log_used, 0, __ATOMIC_RELEASE);
    a->stepping = false;
}

void arena_abort(struct arena *a)
{
    RAMFS_CHECK(a->stepping);
    undo(a);
    a->stepping = false;
}

/* Lists of pages: free ones, and those of a class with free objects. */

static void list_add(struct arena *a, enum arena_use list, uint32_t page)
{
    uint32_t first = a->head->partial[list];

    arena_change(a, &a->table[page], 8);
    a->table[page].next = first;
    a->table[page].prev = 0;
    if (first != 0)
        ARENA_SET(a, a->table[first].prev, page);
    ARENA_SET(a, a->head->partial[list], page);
}

static void list_remove(struct arena *a, enum arena_use list, uint32_t page)
{
    struct arena_page *p = &a->table[page];

    if (p->prev != 0)
        ARENA_SET(a, a->table[p->prev].next, p->next);
    else
        ARENA_SET(a, a->head->partial[list], p->next);
    if (p->next != 0)
        ARENA_SET(a, a->table[p->next].prev, p->prev);
}

uint32_t arena_page_take(struct arena *a, enum arena_use use)
{
    uint32_t page = a->head->partial[ARENA_FREE];

    RAMFS_CHECK(!a->freed);
    if (page == 0)
        return 0;
    list_remove(a, ARENA_FREE, page);
    arena_change(a, &a->table[page], sizeof(a->table[page]));
    a->table[page] = (struct arena_page){.use = (uint8_t)use};
    ARENA_SET(a, a->head->free_pages, a->head->free_pages - 1);
    return page;
}

void arena_page_give(struct arena *a, uint32_t page)
{
    struct arena_page *p = &a->table[page];

    RAMFS_CHECK(page >= a->head->first_page && page < a->head->pages && p->use > ARENA_OWN);
    if (p->shown && a->hide != NULL)
        a->hide(a->context, page);
    arena_change(a, p, sizeof(*p));
    *p = (struct arena_page){.use = ARENA_FREE};
    list_add(a, ARENA_FREE, page);
    ARENA_SET(a, a->head->free_pages, a->head->free_pages + 1);
    a->freed = true;
}

/* Free objects of a page are a list: each begins with the number + 1 of the next. */

static uint32_t *object(const struct arena *a, uint32_t page, unsigned index, unsigned size)
{
    return arena_unit(a, page * ARENA_UNITS + index * size);
}

/* A new page of a class, all of it free. */
static uint32_t new_page(struct arena *a, enum arena_use class)
{
    unsigned size = units[class], count = ARENA_UNITS / size;
    uint32_t page = arena_page_take(a, class);

    if (page == 0)
        return 0;
    memset(arena_data(a, page), 0, ARENA_PAGE); /* so that no object seems to be in use */
    for (unsigned i = 0; i < count; i++)
        *object(a, page, i, size) = i + 1 < count ? i + 2 : 0;
    a->table[page].free = 1; /* noted by arena_page_take */
    list_add(a, class, page);
    return page;
}

uint32_t arena_take(struct arena *a, enum arena_use class)
{
    uint32_t page = a->head->partial[class];
    unsigned size = units[class], index;
    struct arena_page *p;
    uint32_t *at;

    RAMFS_CHECK(!a->freed);
    if (page == 0)
        page = new_page(a, class);
    if (page == 0)
        return 0;
    p = &a->table[page];
    index = p->free - 1u;
    at = object(a, page, index, size);
    arena_change(a, &p->free, 4);
    p->free = (uint16_t)*at;
    p->used++;
    if (p->free == 0)
        list_remove(a, class, page);
    arena_change(a, at, 8);
    memset(at, 0, size * ARENA_UNIT);
    return page * ARENA_UNITS + index * size;
}

void arena_give(struct arena *a, uint32_t unit)
{
    uint32_t page = unit / ARENA_UNITS;
    struct arena_page *p = &a->table[page];
    enum arena_use class = (enum arena_use)p->use;
    uint32_t *at = arena_unit(a, unit);

    RAMFS_CHECK(arena_is(a, unit, class) && p->used > 0);
    if (p->used == 1) {
        if (p->free != 0)
            list_remove(a, class, page);
        arena_page_give(a, page);
        return;
    }
    if (p->free == 0)
        list_add(a, class, page);
    arena_change(a, at, 8);
    *at = p->free;
    arena_change(a, &p->free, 4);
    p->free = (uint16_t)(unit % ARENA_UNITS / units[class] + 1);
    p->used--;
    a->freed = true;
}

bool arena_is(const struct arena *a, uint64_t unit, enum arena_use class)
{
    uint64_t page = unit / ARENA_UNITS;
    unsigned size = units[class];

    return size != 0 && page >= a->head->first_page && page < a->head->pages &&
           a->table[page].use == class && unit % ARENA_UNITS % size == 0 &&
           unit % ARENA_UNITS + size <= ARENA_UNITS;
}

/*
 * Rebuilding, outside of steps: first everything is free; what is in use is marked; then the rest
 * becomes the lists. Meanwhile next and prev of a page of objects are 64 bits that say which of
 * them are in use.
 */

static uint64_t marks(const struct arena_page *p)
{
    return (uint64_t)p->prev << 32 | p->next;
}

void arena_rebuild_begin(struct arena *a)
{
    for (uint64_t page = 0; page < a->head->pages; page++)
        a->table[page] = (struct arena_page){
            .use = page < a->head->first_page ? ARENA_OWN : ARENA_FREE};
    memset(a->head->partial, 0, sizeof(a->head->partial));
}

bool arena_mark_page(struct arena *a, uint32_t page, enum arena_use use)
{
    if (page < a->head->first_page || page >= a->head->pages || a->table[page].use != ARENA_FREE)
        return false;
    a->table[page].use = (uint8_t)use;
    return true;
}

bool arena_mark(struct arena *a, uint32_t unit, enum arena_use class)
{
    uint32_t page = unit / ARENA_UNITS;
    struct arena_page *p = &a->table[page];
    uint64_t bit = 1ull << (unit % ARENA_UNITS);

    if (page < a->head->first_page || page >= a->head->pages)
        return false;
    if (p->use == ARENA_FREE)
        p->use = (uint8_t)class;
    if (!arena_is(a, unit, class) || marks(p) & bit)
        return false;
    bit |= marks(p);
    p->next = (uint32_t)bit;
    p->prev = (uint32_t)(bit >> 32);
    p->used++;
    return true;
}

/* The free objects of a page become its list. */
static void thread_page(struct arena *a, uint32_t page)
{
    struct arena_page *p = &a->table[page];
    unsigned size = units[p->use];
    uint64_t taken = marks(p);

    p->free = 0;
    for (unsigned i = ARENA_UNITS / size; i-- > 0;) {
        if (taken >> (i * size) & 1)
            continue;
        memset(object(a, page, i, size), 0, size * ARENA_UNIT);
        *object(a, page, i, size) = p->free;
        p->free = (uint16_t)(i + 1);
    }
}

static void push(struct arena *a, enum arena_use list, uint32_t page)
{
    uint32_t first = a->head->partial[list];

    a->table[page].next = first;
    a->table[page].prev = 0;
    if (first != 0)
        a->table[first].prev = page;
    a->head->partial[list] = page;
}

void arena_rebuild_end(struct arena *a)
{
    a->head->free_pages = 0;
    for (uint32_t page = (uint32_t)a->head->pages; page-- > a->head->first_page;) {
        struct arena_page *p = &a->table[page];

        if (p->use == ARENA_FREE) {
            a->head->free_pages++;
            push(a, ARENA_FREE, page);
        } else if (units[p->use] != 0) {
            thread_page(a, page);
            p->next = p->prev = 0;
            if (p->free != 0)
                push(a, (enum arena_use)p->use, page);
        }
    }
}
