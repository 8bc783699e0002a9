/* SPDX-License-Identifier: BSD-2-Clause */
/* Address spaces: areas, and what happens when they are touched. Pages are table.c's. */
#include "space_priv.h"

#include <abi/invoke.h>
#include <rt/bytes.h>
#include <rt/object.h>

#include "errno.h"
#include "heap.h"
#include "inode.h"

#define AROUND 16u /* pages of a file that are mapped together */

struct space *space_new(void)
{
    struct space *s = heap_alloc(sizeof *s);

    if (s == NULL)
        return NULL;
    s->refs = 1;
    if (!lone_new(&s->lone, TYPE_ADDRESS_SPACE, 0) || !table_init(s)) {
        space_put(s);
        return NULL;
    }
    s->cap = s->lone.object;
    return s;
}

struct space *space_get(struct space *s)
{
    s->refs++;
    return s;
}

bool space_is_shared(const struct space *s)
{
    return s->refs > 1;
}

cap_t space_cap(const struct space *s)
{
    return s->cap;
}

word_t space_resident(const struct space *s)
{
    return s->resident;
}

word_t space_burden(const struct space *s)
{
    return s->resident + (s->supplies + s->chunks) * (PIECE_BYTES / PAGE);
}

word_t space_size(const struct space *s)
{
    return s->size;
}

/* --- areas ---------------------------------------------------------------------------------- */

static void mapping_enter(struct area *a)
{
    struct inode *i = a->source.inode;

    if (i == NULL)
        return;
    inode_get(i);
    a->mapping = i->mappings;
    a->mapping_link = (struct area **)&i->mappings;
    if (a->mapping != NULL)
        a->mapping->mapping_link = &a->mapping;
    i->mappings = a;
}

static void area_free(struct area *a)
{
    struct inode *i = a->source.inode;

    a->space->size -= (a->end - a->start) / PAGE;
    a->space->last = NULL;
    if (i != NULL) {
        *a->mapping_link = a->mapping;
        if (a->mapping != NULL)
            a->mapping->mapping_link = a->mapping_link;
        inode_put(i);
    }
    heap_free(a, sizeof *a);
}

void space_put(struct space *s)
{
    if (--s->refs > 0)
        return;
    table_free(s);
    while (s->areas != NULL) {
        struct area *a = s->areas;

        s->areas = a->next;
        area_free(a);
    }
    lone_free(&s->lone);
    for (unsigned i = 0; i < s->supplies; i++)
        piece_free(s->supply[i]);
    heap_free(s, sizeof *s);
}

struct area *area_at(struct space *s, word_t address)
{
    struct area *a = s->last;

    if (a != NULL && address >= a->start && address < a->end)
        return a;
    for (a = s->areas; a != NULL && a->end <= address; a = a->next)
        ;
    if (a == NULL || address < a->start)
        return NULL;
    s->last = a;
    return a;
}

static struct area *area_add(struct space *s, word_t start, word_t end, unsigned prot,
                             const struct area_source *source)
{
    struct area *a = heap_alloc(sizeof *a), **at = &s->areas;

    if (a == NULL)
        return NULL;
    a->space = s;
    a->start = start;
    a->end = end;
    a->prot = prot;
    if (source != NULL)
        a->source = *source;
    mapping_enter(a);
    while (*at != NULL && (*at)->start < start)
        at = &(*at)->next;
    a->next = *at;
    *at = a;
    s->size += (end - start) / PAGE;
    return a;
}

/* Split areas so that none crosses `at`. */
static long split(struct space *s, word_t at)
{
    struct area *a = area_at(s, at), *rest;
    struct area_source source;
    word_t skip;

    if (a == NULL || a->start == at)
        return 0;
    skip = at - a->start;
    source = a->source;
    source.offset += skip;
    if (source.file_bytes != ~0ul)
        source.file_bytes = source.file_bytes > skip ? source.file_bytes - skip : 0;
    rest = area_add(s, at, a->end, a->prot, &source);
    if (rest == NULL)
        return -ENOMEM;
    s->size -= (a->end - at) / PAGE; /* area_add has counted them again */
    rest->grows = a->grows;
    rest->fork = a->fork;
    a->end = at;
    return 0;
}

static bool in_range(word_t start, word_t bytes)
{
    return start % PAGE == 0 && bytes > 0 && start < SPACE_TOP && bytes <= SPACE_TOP - start;
}

long space_unmap(struct space *s, word_t start, word_t bytes)
{
    word_t end = start + bytes;

    if (!in_range(start, bytes))
        return -EINVAL;
    if (split(s, start) != 0 || split(s, end) != 0)
        return -ENOMEM;
    for (struct area **at = &s->areas; *at != NULL && (*at)->start < end;) {
        struct area *a = *at;

        if (a->start < start) {
            at = &a->next;
            continue;
        }
        table_drop(s, a->start, a->end);
        *at = a->next;
        area_free(a);
    }
    return 0;
}

/* Can an area just grow by one that follows it? */
static bool joins(const struct area *a, word_t start, unsigned prot,
                  const struct area_source *source)
{
    return a != NULL && a->end == start && a->prot == prot && a->source.inode == NULL &&
           source == NULL && !a->grows && a->fork == 0;
}

long space_map(struct space *s, word_t start, word_t bytes, unsigned prot,
               const struct area_source *source)
{
    struct area *before;
    long e;

    if (!in_range(start, bytes) || (source != NULL && source->offset % PAGE != 0))
        return -EINVAL;
    e = space_unmap(s, start, bytes);
    if (e != 0)
        return e;
    before = area_at(s, start - 1);
    if (joins(before, start, prot, source)) {
        before->end += bytes;
        s->size += bytes / PAGE;
        return 0;
    }
    return area_add(s, start, start + bytes, prot, source) == NULL ? -ENOMEM : 0;
}

bool space_is_free(struct space *s, word_t start, word_t bytes)
{
    for (struct area *a = s->areas; a != NULL && a->start < start + bytes; a = a->next) {
        if (a->end > start)
            return false;
    }
    return true;
}

word_t space_find(struct space *s, word_t bytes)
{
    word_t best = 0, from = SPACE_BOTTOM;

    for (struct area *a = s->areas;; a = a->next) {
        word_t to = a == NULL || a->start > s->map_top ? s->map_top : a->start;

        if (to > from && to - from >= bytes)
            best = to - bytes;
        if (a == NULL || a->start > s->map_top)
            return best;
        if (a->end > from)
            from = a->end;
    }
}

long space_protect(struct space *s, word_t start, word_t bytes, unsigned prot)
{
    word_t end = start + bytes;

    if (!in_range(start, bytes))
        return -ENOMEM;
    for (word_t at = start; at < end;) {
        struct area *a = area_at(s, at);

        if (a == NULL)
            return -ENOMEM;
        if (prot & PROT_WRITE && a->source.read_only)
            return -EACCES;
        at = a->end;
    }
    if (split(s, start) != 0 || split(s, end) != 0)
        return -ENOMEM;
    for (struct area *a = s->areas; a != NULL && a->start < end; a = a->next) {
        if (a->start < start || a->prot == prot)
            continue;
        a->prot = prot;
        if (prot == 0)
            table_unmap(s, a->start, a->end);
        else if (table_protect(s, a->start, a->end, prot) != 0)
            return -ENOMEM;
    }
    return 0;
}

long space_set_fork(struct space *s, word_t start, word_t bytes, unsigned set, unsigned clear)
{
    word_t end = start + bytes;

    for (struct area *a = s->areas; a != NULL && a->start < end; a = a->next) {
        if (set & AREA_CLEARED && a->end > start && a->source.inode != NULL)
            return -EINVAL;
    }
    if (split(s, start) != 0 || split(s, end) != 0)
        return -ENOMEM;
    for (struct area *a = s->areas; a != NULL && a->start < end; a = a->next) {
        if (a->start >= start)
            a->fork = (a->fork & ~clear) | set;
    }
    return 0;
}

void space_drop_file(struct inode *inode, word_t first_page)
{
    for (struct area *a = inode->mappings; a != NULL; a = a->mapping) {
        word_t offset = first_page * PAGE;
        word_t skip = offset > a->source.offset ? offset - a->source.offset : 0;

        if (skip < a->end - a->start)
            table_drop(a->space, a->start + skip, a->end);
    }
}

bool space_area(struct space *s, word_t *start, word_t *end, unsigned *prot,
                struct area_source *source)
{
    for (struct area *a = s->areas; a != NULL; a = a->next) {
        if (a->start < *start)
            continue;
        *start = a->start;
        *end = a->end;
        *prot = a->prot;
        *source = a->source;
        return true;
    }
    return false;
}

/* --- faults --------------------------------------------------------------------------------- */

static void enter(struct space *s, entry_t *entry, page_t page)
{
    *entry = entry_make(page, 0, 0);
    s->resident++;
}

/* Bytes of the page at `at` that come from the file: 0 to PAGE. */
static word_t from_file(const struct area *a, word_t at)
{
    word_t skip = at - a->start;

    if (a->source.inode == NULL || a->source.file_bytes <= skip)
        return 0;
    return a->source.file_bytes - skip < PAGE ? a->source.file_bytes - skip : PAGE;
}

/* A page of the file into the table, shared with the file. @return 0, an error, 1: a hole */
static long enter_file(struct space *s, struct area *a, word_t at, entry_t *entry)
{
    struct inode *inode = a->source.inode;
    word_t offset = at - a->start + a->source.offset;
    long page;

    if (offset >= inode->size)
        return -EIO;
    page = inode_page(inode, offset / PAGE, a->source.shared);
    if (page <= 0)
        return page == 0 ? 1 : page;
    enter(s, entry, (page_t)page);
    return 0;
}

/* The page's own copy, of which only the first bytes are kept. */
static long make_copy(entry_t *entry, word_t bytes)
{
    page_t page = page_alloc_dirty();

    if (page == 0)
        return -ENOMEM;
    memcpy(page_data(page), page_data(entry_page(*entry)), bytes);
    memset((char *)page_data(page) + bytes, 0, PAGE - bytes);
    page_unref(entry_page(*entry));
    *entry = entry_make(page, 0, 0);
    return 0;
}

static long enter_clear(struct space *s, entry_t *entry)
{
    page_t page = page_alloc();

    if (page == 0)
        return -ENOMEM;
    enter(s, entry, page);
    return 0;
}

/* A page that is touched for the first time. */
static long bring_in(struct space *s, struct area *a, word_t at, entry_t *entry)
{
    word_t bytes = from_file(a, at);
    long e;

    if (bytes == 0)
        return enter_clear(s, entry);
    e = enter_file(s, a, at, entry);
    if (e == 1)
        return enter_clear(s, entry);
    if (e == 0 && bytes < PAGE)
        return make_copy(entry, bytes);
    return e;
}

/* Is the page at this place at hand, to be mapped with its neighbour? */
static bool at_hand(struct space *s, struct area *a, word_t at, entry_t *entry)
{
    if (entry_slot(*entry) != 0)
        return false;
    return *entry != 0 || (from_file(a, at) == PAGE && enter_file(s, a, at, entry) == 0);
}

/* Map a page to be read, and what is at hand of the aligned block around it. */
static long map_around(struct space *s, struct area *a, word_t at, entry_t *entry)
{
    word_t before = at / PAGE % AROUND, after = AROUND - 1 - before, first = 0, last = 0;

    if (before > (at - a->start) / PAGE)
        before = (at - a->start) / PAGE;
    if (after > (a->end - at) / PAGE - 1)
        after = (a->end - at) / PAGE - 1;
    while (first < before && at_hand(s, a, at - (first + 1) * PAGE, entry - first - 1))
        first++;
    while (last < after && at_hand(s, a, at + (last + 1) * PAGE, entry + last + 1))
        last++;
    return table_map(s, a, at - first * PAGE, first + 1 + last, false);
}

/* May the page of a private area be written as it is? */
static bool is_own(const struct area *a, entry_t entry)
{
    return a->source.shared || !page_shared(entry_page(entry));
}

static void tell_file(const struct area *a, word_t at)
{
    struct inode *i = a->source.inode;

    if (a->source.shared)
        inode_touch(i, SET_MTIME);
    if (a->source.shared && i->ops->dirty != NULL)
        i->ops->dirty(i, (at - a->start + a->source.offset) / PAGE);
}

/* A page that was read-only, or is not mapped yet, is written. */
static long make_writable(struct space *s, struct area *a, word_t at, entry_t *entry)
{
    tell_file(a, at);
    if (is_own(a, *entry))
        return entry_slot(*entry) != 0 ? table_upgrade(s, a, entry) : table_map(s, a, at, 1, true);
    if (entry_slot(*entry) != 0)
        table_unmap(s, at, at + PAGE);

    long e = make_copy(entry, PAGE);

    return e != 0 ? e : table_map(s, a, at, 1, true);
}

static bool allows(const struct area *a, bool write, bool execute)
{
    return a->prot != 0 && (!write || a->prot & PROT_WRITE) && (!execute || a->prot & PROT_EXEC);
}

long space_fault(struct space *s, word_t address, bool write, bool execute)
{
    word_t at = address / PAGE * PAGE;
    struct area *a = address < SPACE_TOP ? area_at(s, at) : NULL;
    entry_t *entry;
    bool writable;
    long e;

    if (a == NULL)
        return -EFAULT;
    if (!allows(a, write, execute))
        return -EACCES;
    entry = table_entry(s, at, true);
    if (entry == NULL)
        return -ENOMEM;
    if (*entry == 0 && (e = bring_in(s, a, at, entry)) != 0)
        return e;
    if (write)
        return *entry & ENTRY_WRITE ? 0 : make_writable(s, a, at, entry);
    if (entry_slot(*entry) != 0)
        return 0;
    writable = a->prot & PROT_WRITE && is_own(a, *entry) && !a->source.shared;
    if (writable)
        return table_map(s, a, at, 1, true);
    return map_around(s, a, at, entry);
}

/* Its own copy is mapped when the program touches it. */
static long force_own(struct space *s, struct area *a, word_t at, entry_t *entry)
{
    if (a->source.shared)
        return -EACCES;
    if (is_own(a, *entry))
        return 0;
    if (entry_slot(*entry) != 0)
        table_unmap(s, at, at + PAGE);
    return make_copy(entry, PAGE);
}

uint8_t *space_force(struct space *s, word_t address, bool write, long *error)
{
    word_t at = address / PAGE * PAGE;
    struct area *a = address < SPACE_TOP ? area_at(s, at) : NULL;
    entry_t *entry = a != NULL ? table_entry(s, at, true) : NULL;

    *error = a == NULL ? -EFAULT : -ENOMEM;
    if (entry == NULL || (*entry == 0 && (*error = bring_in(s, a, at, entry)) != 0))
        return NULL;
    *error = write ? force_own(s, a, at, entry) : 0;
    return *error != 0 ? NULL : (uint8_t *)page_data(entry_page(*entry)) + address % PAGE;
}

/* --- fork ----------------------------------------------------------------------------------- */

/* Give the child what the parent has of an area; neither can write it now. It is mapped there when
 * it is touched: most children touch little of it before they exec. */
static long share(struct space *from, struct space *to, struct area *a)
{
    if (!a->source.shared && a->prot & PROT_WRITE &&
        table_protect(from, a->start, a->end, a->prot) != 0)
        return -ENOMEM;
    for (word_t at = a->start; (at = table_next(from, at, a->end)) < a->end;) {
        entry_t *entry = table_entry(from, at, false), *copy = table_entry(to, at, true);

        word_t most = LEAF_PAGES - (at >> 12 & 511), left = (a->end - at) / PAGE;
        entry_t *end = entry + (most < left ? most : left);

        if (copy == NULL)
            return -ENOMEM;
        for (entry_t *e = table_skip(entry, end); e < end; e = table_skip(e + 1, end)) {
            page_ref(entry_page(*e));
            enter(to, copy + (e - entry), entry_page(*e));
        }
        at += (word_t)(end - entry) * PAGE;
    }
    return 0;
}

/* @return false: no memory */
static bool copy_area(struct space *from, struct space *to, struct area *a)
{
    struct area *copy = area_add(to, a->start, a->end, a->prot, &a->source);

    if (copy == NULL)
        return false;
    copy->grows = a->grows;
    copy->fork = a->fork;
    if (a->fork & AREA_CLEARED || (a->source.inode != NULL && a->source.shared))
        return true;
    return share(from, to, a) == 0;
}

struct space *space_fork(struct space *s)
{
    struct space *child = space_new();

    if (child == NULL)
        return NULL;
    child->vdso = s->vdso;
    child->auxv = s->auxv;
    child->map_top = s->map_top;
    child->stack_top = s->stack_top;
    child->brk_start = s->brk_start;
    child->brk = s->brk;
    child->arg_start = s->arg_start;
    child->arg_end = s->arg_end;
    child->env_start = s->env_start;
    child->env_end = s->env_end;
    for (struct area *a = s->areas; a != NULL; a = a->next) {
        if (!(a->fork & AREA_LEFT_OUT) && !copy_area(s, child, a)) {
            space_put(child);
            return NULL;
        }
    }
    return child;
}
