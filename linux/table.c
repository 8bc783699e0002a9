/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages of address spaces: the table, and what the kernel is asked to map. A mapping is a copy of
 * the page's frame in a slot of the space's; neighbours are put into consecutive slots as far as it
 * goes, because the kernel's operations take ranges.
 */
#include "space_priv.h"

#include <abi/invoke.h>
#include <rt/bytes.h>
#include <rt/component.h>
#include <rt/program.h>
#include <rt/slot.h>

#include "errno.h"
#include "heap.h"

static void *table_page(void)
{
    page_t page = page_alloc();

    return page == 0 ? NULL : page_data(page);
}

bool table_init(struct space *s)
{
    s->root = table_page();
    s->chunk = table_page();
    return s->root != NULL && s->chunk != NULL;
}

static void free_leaf(entry_t *leaf)
{
    const entry_t *end = leaf + LEAF_PAGES;

    for (entry_t *e = table_skip(leaf, end); e < end; e = table_skip(e + 1, end))
        page_unref(entry_page(*e));
    page_unref(page_of(leaf));
}

/* Entries of the upper levels are pointers. */
static entry_t *table_below(const entry_t *entry)
{
    return (entry_t *)*entry;
}

static void free_level(entry_t *table, int level)
{
    const entry_t *end = table + LEAF_PAGES;

    for (entry_t *e = table_skip(table, end); e < end; e = table_skip(e + 1, end)) {
        if (level == 1)
            free_leaf(table_below(e));
        else
            free_level(table_below(e), level - 1);
    }
    page_unref(page_of(table));
}

static void chunk_free(struct slot_chunk *c)
{
    if (c->piece != 0) {
        rt_slot_delete(c->cnode);
        piece_free(c->piece);
    }
    lone_free(&c->lone);
    heap_free(c, sizeof *c);
}

void table_free(struct space *s)
{
    for (unsigned i = 0; i < s->chunks; i++) {
        struct slot_chunk *c = s->chunk[i];

        chunk_free(c); /* and all mappings with it */
    }
    if (s->chunk != NULL)
        page_unref(page_of(s->chunk));
    if (s->root != NULL)
        free_level((entry_t *)(void *)s->root, 3);
}

entry_t *table_entry(struct space *s, word_t address, bool make)
{
    struct known_leaf *k = &s->known[(address >> LEAF_SHIFT) % KNOWN];
    void **table = (void **)s->root;

    if (k->number == (address >> LEAF_SHIFT) + 1)
        return &k->leaf[address >> 12 & 511];

    for (int shift = 39; shift > 12; shift -= 9) {
        word_t i = address >> shift & 511;

        if (table[i] == NULL) {
            if (!make || (table[i] = table_page()) == NULL)
                return NULL;
        }
        table = table[i];
    }
    k->number = (address >> LEAF_SHIFT) + 1;
    k->leaf = (entry_t *)table;
    return &k->leaf[address >> 12 & 511];
}

word_t table_next(struct space *s, word_t at, word_t end)
{
    while (at < end) {
        void **table = (void **)s->root;
        int shift = 39;

        for (; shift > 12 && table != NULL; shift -= 9)
            table = table[at >> shift & 511];
        if (table != NULL)
            return at;
        shift += 9; /* nothing in what an entry at this level covers */
        at = (at | ((1ul << shift) - 1)) + 1;
    }
    return end;
}

/* --- slots ---------------------------------------------------------------------------------- */

/* @return false: no memory */
static bool chunk_first(struct slot_chunk *c)
{
    if (!lone_new(&c->lone, TYPE_CNODE, FIRST_SLOTS))
        return false;
    c->cnode = c->lone.object;
    for (unsigned w = FIRST_SLOTS / 64; w < CHUNK_SLOTS / 64; w++)
        c->used[w] = ~0ul;
    c->free = FIRST_SLOTS;
    return true;
}

static bool chunk_further(struct slot_chunk *c)
{
    c->cnode = rt_slot_alloc();
    c->piece = piece_alloc();
    if (c->cnode == 0 || c->piece == 0 ||
        untyped_retype(c->piece, TYPE_CNODE, CHUNK_SLOTS, 0, c->cnode, 1) != E_OK) {
        rt_slot_free(c->cnode);
        if (c->piece != 0)
            piece_free(c->piece);
        return false;
    }
    c->free = CHUNK_SLOTS;
    return true;
}

static struct slot_chunk *add_chunk(struct space *s)
{
    struct slot_chunk *c = s->chunks < SLOT_CHUNKS ? heap_alloc(sizeof *c) : NULL;

    if (c == NULL)
        return NULL;
    if (!(s->chunks == 0 ? chunk_first(c) : chunk_further(c))) {
        heap_free(c, sizeof *c);
        return NULL;
    }
    c->used[0] = 1; /* slot 0 */
    c->free--;
    s->chunk[s->chunks++] = c;
    return c;
}

static bool is_used(const struct slot_chunk *c, unsigned slot)
{
    return c->used[slot / 64] >> slot % 64 & 1;
}

/* Slots in a row, at most `want`. @return the first, chunk * CHUNK_SLOTS + slot; 0: none left */
static word_t take_slots(struct space *s, word_t want, word_t *got)
{
    struct slot_chunk *c;
    unsigned i = s->chunk_hint, slot = 1;

    while (i < s->chunks && s->chunk[i]->free == 0)
        i++;
    if (i == s->chunks && add_chunk(s) == NULL)
        return 0;
    c = s->chunk[i];
    s->chunk_hint = i;
    for (unsigned w = 0; w < CHUNK_SLOTS / 64; w++) {
        if (~c->used[w] != 0) {
            slot = w * 64 + (unsigned)__builtin_ctzl(~c->used[w]);
            break;
        }
    }
    for (*got = 0; *got < want && slot + *got < CHUNK_SLOTS && !is_used(c, slot + *got); (*got)++)
        c->used[(slot + *got) / 64] |= 1ul << (slot + *got) % 64;
    c->free -= (unsigned)*got;
    return i * CHUNK_SLOTS + slot;
}

static struct slot_chunk *chunk_of(struct space *s, word_t slot)
{
    return s->chunk[slot / CHUNK_SLOTS];
}

/* Slots in a row of one chunk; what is in them is deleted, which unmaps it. */
static void give_slots(struct space *s, word_t first, word_t count)
{
    struct slot_chunk *c = chunk_of(s, first);
    word_t slot = first % CHUNK_SLOTS;

    RT_CHECK(cnode_delete(c->cnode, slot, count) == E_OK);
    for (word_t i = slot; i < slot + count; i++)
        c->used[i / 64] &= ~(1ul << i % 64);
    c->free += (unsigned)count;
    if (first / CHUNK_SLOTS < s->chunk_hint)
        s->chunk_hint = (unsigned)(first / CHUNK_SLOTS);
}

/* --- mapping -------------------------------------------------------------------------------- */

static word_t map_flags(unsigned prot, bool write)
{
    return MAP_READ | (write ? MAP_WRITE : 0) | (prot & PROT_EXEC ? MAP_EXECUTE : 0) |
           (write && prot & PROT_EXEC ? MAP_WX : 0);
}

/* Give the space more memory for page tables. */
static bool supply(struct space *s)
{
    cap_t piece = s->supplies < SUPPLIES ? piece_alloc() : 0;

    if (piece == 0)
        return false;
    if (address_space_supply(s->cap, piece) != E_OK) {
        piece_free(piece);
        return false;
    }
    s->supply[s->supplies++] = piece;
    return true;
}

/* One after another: those that an interrupted range has mapped are passed over. */
static enum error map_singly(struct space *s, cap_t cnode, word_t slot, word_t count, word_t at,
                             word_t flags)
{
    for (word_t i = 0; i < count; i++) {
        enum error e;

        while ((e = address_space_map(s->cap, cnode, slot + i, 1, at + i * PAGE, flags)) ==
               E_MEMORY) {
            if (!supply(s))
                return e;
        }
        if (e != E_OK && e != E_STATE)
            return e;
    }
    return E_OK;
}

/* Copies of the frames of some entries, in slots in a row. */
static enum error copy_frames(cap_t cnode, word_t slot, const entry_t *entry, word_t count)
{
    for (word_t i = 0; i < count;) {
        page_t first = entry_page(entry[i]);
        word_t n = 1;
        enum error e;

        while (i + n < count && entry_page(entry[i + n]) == first + n &&
               (first + n) % PAGE_CHUNK != 0)
            n++;
        e = cnode_copy(cnode, slot + i, page_cnode(first), page_slot(first), RIGHT_ALL, n);
        if (e != E_OK)
            return e;
        i += n;
    }
    return E_OK;
}

static long map_some(struct space *s, const struct area *a, word_t at, word_t count, bool write,
                     word_t *done)
{
    entry_t *entry = table_entry(s, at, false);
    word_t slot = take_slots(s, count, done), flags = map_flags(a->prot, write);
    struct slot_chunk *c;
    enum error e;

    if (slot == 0)
        return -ENOMEM;
    c = chunk_of(s, slot);
    e = copy_frames(c->cnode, slot % CHUNK_SLOTS, entry, *done);
    if (e == E_OK)
        e = address_space_map(s->cap, c->cnode, slot % CHUNK_SLOTS, *done, at, flags);
    if (e == E_MEMORY)
        e = map_singly(s, c->cnode, slot % CHUNK_SLOTS, *done, at, flags);
    if (e != E_OK) {
        give_slots(s, slot, *done);
        return -ENOMEM;
    }
    for (word_t i = 0; i < *done; i++)
        entry[i] = entry_make(entry_page(entry[i]), slot + i, write ? ENTRY_WRITE : 0);
    return 0;
}

long table_map(struct space *s, const struct area *a, word_t at, word_t count, bool write)
{
    for (word_t done; count > 0; at += done * PAGE, count -= done) {
        long e = map_some(s, a, at, count, write, &done);

        if (e != 0)
            return e;
    }
    return 0;
}

long table_upgrade(struct space *s, const struct area *a, entry_t *entry)
{
    word_t slot = entry_slot(*entry);

    if (address_space_protect(s->cap, chunk_of(s, slot)->cnode, slot % CHUNK_SLOTS, 1,
                              map_flags(a->prot, true)) != E_OK)
        return -ENOMEM;
    *entry |= ENTRY_WRITE;
    return 0;
}

/* How many entries from here on, below `end`, are mapped by slots in a row of one chunk. */
static word_t row(const entry_t *entry, word_t at, word_t end)
{
    word_t n = 1, first = entry_slot(*entry);
    word_t most = LEAF_PAGES - (at >> 12 & 511);

    if (most > (end - at) / PAGE)
        most = (end - at) / PAGE;
    while (n < most && entry_slot(entry[n]) == first + n && (first + n) % CHUNK_SLOTS != 0)
        n++;
    return n;
}

/* Behind the last entry of the leaf that is below `end`, for the entry of `at`. */
static entry_t *leaf_end(entry_t *entry, word_t at, word_t end)
{
    word_t most = LEAF_PAGES - (at >> 12 & 511);

    return entry + (most < (end - at) / PAGE ? most : (end - at) / PAGE);
}

/* Visit rows of mapped pages. @return the address of the next; end: none */
static word_t next_row(struct space *s, word_t at, word_t end, entry_t **entry, word_t *count)
{
    while ((at = table_next(s, at, end)) < end) {
        entry_t *first = table_entry(s, at, false), *e = first, *last = leaf_end(first, at, end);

        while ((e = table_skip(e, last)) < last && entry_slot(*e) == 0)
            e++;
        at += (word_t)(e - first) * PAGE;
        if (e < last) {
            *entry = e;
            *count = row(e, at, end);
            return at;
        }
    }
    return end;
}

void table_unmap(struct space *s, word_t start, word_t end)
{
    entry_t *entry;
    word_t count = 0;

    for (word_t at = start; (at = next_row(s, at, end, &entry, &count)) < end; at += count * PAGE) {
        give_slots(s, entry_slot(*entry), count);
        for (word_t i = 0; i < count; i++)
            entry[i] = entry_make(entry_page(entry[i]), 0, 0);
    }
}

void table_drop(struct space *s, word_t start, word_t end)
{
    table_unmap(s, start, end);
    for (word_t at = start; (at = table_next(s, at, end)) < end;) {
        entry_t *first = table_entry(s, at, false), *last = leaf_end(first, at, end);

        for (entry_t *e = table_skip(first, last); e < last; e = table_skip(e + 1, last)) {
            page_unref(entry_page(*e));
            s->resident--;
            *e = 0;
        }
        at += (word_t)(last - first) * PAGE;
    }
}

long table_move(struct space *s, word_t from, word_t to, word_t bytes)
{
    word_t end = from + bytes;

    table_unmap(s, from, end);
    for (word_t at = from; (at = table_next(s, at, end)) < end; at += PAGE) {
        entry_t *entry = table_entry(s, at, false), *target;

        if (*entry == 0)
            continue;
        target = table_entry(s, to + (at - from), true);
        if (target == NULL)
            return -ENOMEM;
        *target = *entry;
        *entry = 0;
    }
    return 0;
}

long table_protect(struct space *s, word_t start, word_t end, unsigned prot)
{
    entry_t *entry;
    word_t count = 0;

    for (word_t at = start; (at = next_row(s, at, end, &entry, &count)) < end; at += count * PAGE) {
        word_t slot = entry_slot(*entry);

        if (address_space_protect(s->cap, chunk_of(s, slot)->cnode, slot % CHUNK_SLOTS, count,
                                  map_flags(prot, false)) != E_OK)
            return -ENOMEM;
        for (word_t i = 0; i < count; i++)
            entry[i] &= ~(entry_t)ENTRY_WRITE;
    }
    return 0;
}
