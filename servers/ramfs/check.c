/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every number is checked before it is followed, and everything is marked when it is met, so that
 * nothing is met twice. Directories to be looked into are a list, linked by visit_next.
 */
#include "check.h"

#include <rt/bytes.h>

#define IN_PAGE (ARENA_PAGE / 4)

struct check {
    struct ramfs *fs;
    struct arena *a;
    const char *wrong;
    uint32_t visit; /* first directory to be looked into */
    uint64_t nodes;
    uint64_t leaves, last; /* of the map at hand: leaves, and the last one's index + 1 */
    uint32_t pages;
};

static bool fault(struct check *c, const char *what)
{
    if (c->wrong == NULL)
        c->wrong = what;
    return false;
}

static bool meet_page(void *context, uint32_t page, uint64_t index, bool leaf)
{
    struct check *c = context;

    if (!arena_mark_page(c->a, page, leaf ? ARENA_DATA : ARENA_INDEX))
        return fault(c, "a page is used twice");
    c->pages++;
    if (leaf) {
        c->leaves++;
        c->last = index + 1;
    }
    return true;
}

/* Mark the pages of a map. */
static bool meet_map(struct check *c, const struct map *map)
{
    c->leaves = c->last = 0;
    return map_walk(c->a, map, meet_page, c) || fault(c, "the tree of a file's pages is damaged");
}

static bool inside(const struct check *c, uint64_t unit)
{
    return unit / ARENA_UNITS >= c->a->head->first_page &&
           unit / ARENA_UNITS < c->a->head->pages &&
           unit % ARENA_UNITS + ENTRY_HEAD / ARENA_UNIT < ARENA_UNITS;
}

static bool meet_values(struct check *c, const struct node *n)
{
    for (uint32_t unit = n->values; unit != 0;) {
        const struct value *v = arena_unit(c->a, unit);

        if (!inside(c, unit) || v->size == 0 ||
            !arena_mark(c->a, unit, name_class(VALUE_HEAD + v->size)))
            return fault(c, "an extended attribute is damaged");
        if (!meet_map(c, &v->map))
            return false;
        if (v->bytes > FILE_VALUE_MAX || c->last != c->leaves ||
            c->leaves != (v->bytes + ARENA_PAGE - 1) / ARENA_PAGE)
            return fault(c, "the value of an attribute is damaged");
        unit = v->next;
    }
    return true;
}

static bool good_kind(const struct node *n)
{
    switch (n->kind) {
    case FILE_KIND_FIFO:
    case FILE_KIND_CHARACTER:
    case FILE_KIND_DIRECTORY:
    case FILE_KIND_BLOCK:
    case FILE_KIND_REGULAR:
    case FILE_KIND_LINK:
    case FILE_KIND_SOCKET:
        return n->mode <= 07777 && n->size <= MAP_PAGES * ARENA_PAGE &&
               n->accessed.nanoseconds < 1000000000u && n->modified.nanoseconds < 1000000000u &&
               n->changed.nanoseconds < 1000000000u && n->born.nanoseconds < 1000000000u;
    default:
        return false;
    }
}

/* What depends on the kind, once the map has been met. */
static bool good_contents(struct check *c, struct node *n)
{
    uint64_t pages = (n->places + IN_PAGE - 1ull) / IN_PAGE;

    if (n->kind == FILE_KIND_DIRECTORY && (c->leaves != pages || c->last != pages || n->size != 0))
        return fault(c, "a directory is damaged");
    if (n->kind == FILE_KIND_LINK &&
        (n->size == 0 || n->size > FILE_LINK_MAX ||
         (c->last != (n->size > NODE_INLINE)) || c->last != c->leaves))
        return fault(c, "a symbolic link is damaged");
    return true;
}

/* A node that was not met before. */
static bool meet_node(struct check *c, uint32_t unit)
{
    struct node *n = node_at(c->a, unit);

    if (n->generation == 0 || n->generation > c->a->head->generation || !good_kind(n))
        return fault(c, "a file is damaged");
    c->nodes++;
    c->pages = 0;
    if (!meet_map(c, &n->map) || !good_contents(c, n) || !meet_values(c, n))
        return false;
    n->pages = c->pages;
    n->doomed = 0;
    n->found = 0;
    if (n->kind != FILE_KIND_DIRECTORY)
        return true;
    n->found = 2;
    n->entries = 0;
    n->free_place = 0;
    n->visit_next = c->visit;
    c->visit = unit;
    return true;
}

/* The node that an entry names: a directory has one name, others may have several. */
static bool meet_named(struct check *c, const struct entry *e)
{
    struct node *d = node_at(c->a, e->directory), *n = node_at(c->a, e->node);

    if (!inside(c, e->node))
        return fault(c, "an entry leads nowhere");
    if (arena_mark(c->a, e->node, ARENA_NODES)) {
        if (!meet_node(c, e->node))
            return false;
    } else if (!arena_is(c->a, e->node, ARENA_NODES) || n->kind == FILE_KIND_DIRECTORY) {
        return fault(c, "a directory has two names");
    }
    if (n->kind == FILE_KIND_DIRECTORY) {
        n->parent = e->directory;
        d->found++;
    } else {
        n->found++;
    }
    return true;
}

static bool meet_entry(struct check *c, uint32_t directory, uint32_t place, uint32_t unit)
{
    struct entry *e = arena_unit(c->a, unit);

    if (!inside(c, unit) || e->size == 0 ||
        !arena_mark(c->a, unit, name_class(ENTRY_HEAD + e->size)) || e->directory != directory ||
        e->place != place || e->hash != name_hash(c->a, directory, e->name, e->size))
        return fault(c, "an entry is damaged");
    if (name_find(c->a, directory, e->name, e->size) != 0)
        return fault(c, "a name is there twice");
    name_hang(c->a, unit);
    return meet_named(c, e);
}

static bool meet_directory(struct check *c, uint32_t unit)
{
    struct node *d = node_at(c->a, unit);

    for (uint32_t place = 0; place < d->places; place++) {
        uint32_t *words = arena_data(c->a, map_get(c->a, &d->map, place / IN_PAGE));
        uint32_t *word = &words[place % IN_PAGE];

        if (*word & PLACE_UNUSED) {
            *word = d->free_place | PLACE_UNUSED;
            d->free_place = place + 1;
            continue;
        }
        if (!meet_entry(c, unit, place, *word))
            return false;
        d->entries++;
    }
    return true;
}

static bool meet_tree(struct check *c)
{
    uint32_t root = c->a->head->root;

    if (!inside(c, root) || !arena_mark(c->a, root, ARENA_NODES) || !meet_node(c, root) ||
        node_at(c->a, root)->kind != FILE_KIND_DIRECTORY)
        return fault(c, "there is no root");
    node_at(c->a, root)->parent = root;
    while (c->visit != 0) {
        uint32_t unit = c->visit;

        c->visit = node_at(c->a, unit)->visit_next;
        if (!meet_directory(c, unit))
            return false;
    }
    return true;
}

/* Files that are open, with or without a name; others are forgotten by the book. */
static bool meet_open(struct check *c)
{
    struct files_kept *kept = c->fs->server->book.kept;

    for (uint64_t i = 0; i < kept->opens; i++) {
        struct files_open *open = &kept->open[i];
        struct node *n = node_at(c->a, (uint32_t)open->file.inode);

        if (open->users == 0)
            continue;
        if (open->file.inode > UINT32_MAX || !inside(c, open->file.inode) ||
            n->generation != open->file.generation) {
            open->users = 0;
            continue;
        }
        if (arena_mark(c->a, (uint32_t)open->file.inode, ARENA_NODES)) {
            if (!meet_node(c, (uint32_t)open->file.inode))
                return false;
            n->found = 0;
            c->visit = 0;
        } else if (!arena_is(c->a, open->file.inode, ARENA_NODES)) {
            open->users = 0;
        }
    }
    return true;
}

/* Once all lists are there again: counts, and what lies behind the ends of files. */
static void settle(struct ramfs *fs)
{
    struct arena *a = &fs->arena;

    for (uint32_t page = (uint32_t)a->head->first_page; page < a->head->pages; page++) {
        for (uint32_t i = 0; a->table[page].use == ARENA_NODES && i < ARENA_UNITS; i += 4) {
            struct node *n = node_at(a, page * ARENA_UNITS + i);

            if (n->generation == 0)
                continue;
            n->links = n->found;
            if (n->kind != FILE_KIND_REGULAR)
                continue;
            arena_begin(a);
            ramfs_trim(fs, n);
            arena_commit(a);
        }
    }
}

const char *ramfs_check(struct ramfs *fs)
{
    struct check c = {.fs = fs, .a = &fs->arena};

    arena_rebuild_begin(c.a);
    memset(c.a->bucket, 0, c.a->head->buckets * sizeof(*c.a->bucket));
    c.a->head->doomed = 0;
    if (!meet_tree(&c) || !meet_open(&c))
        return c.wrong;
    c.a->head->nodes = c.nodes;
    arena_rebuild_end(c.a);
    settle(fs);
    return NULL;
}
