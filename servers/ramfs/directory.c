/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations on directories and on symbolic links. */
#include <rt/bytes.h>

#include "fail.h"
#include "tree.h"

#define LINKS_MAX 65000u
#define IMMUTABLE 0x10u /* STATX_ATTR_IMMUTABLE */
#define APPENDED  0x20u /* STATX_ATTR_APPEND */

enum file_error dir_find_op(void *self, struct file_handle directory, const void *name, size_t size,
                            struct file_handle *found, enum file_kind *kind)
{
    const struct ramfs *fs = self;
    enum file_error error;
    uint32_t entry;

    if (ramfs_directory(fs, directory, &error) == NULL)
        return error;
    entry = name_find(&fs->arena, (uint32_t)directory.inode, name, size);
    if (entry == 0)
        return FILE_E_NOT_FOUND;
    *found = ramfs_handle(fs, entry_at(&fs->arena, entry)->node);
    *kind = (enum file_kind)node_at(&fs->arena, entry_at(&fs->arena, entry)->node)->kind;
    return FILE_OK;
}

enum file_error dir_parent_op(void *self, struct file_handle directory, struct file_handle *found)
{
    const struct ramfs *fs = self;
    enum file_error error;
    const struct node *d = ramfs_directory(fs, directory, &error);

    if (d == NULL)
        return error;
    if (d->links == 0)
        return FILE_E_STALE;
    *found = ramfs_handle(fs, d->parent);
    return FILE_OK;
}

enum file_error dir_list_op(void *self, struct file_handle directory, uint64_t cookie,
                            files_emit *emit, void *to, bool *end)
{
    const struct ramfs *fs = self;
    const struct arena *a = &fs->arena;
    enum file_error error;
    uint32_t place = (uint32_t)cookie, unit;

    if (ramfs_directory(fs, directory, &error) == NULL)
        return error;
    if (cookie > PLACE_UNUSED)
        return FILE_E_INVALID;
    *end = true;
    while ((unit = name_next(a, (uint32_t)directory.inode, &place)) != 0) {
        const struct entry *e = entry_at(a, unit);
        const struct files_entry out = {.file = ramfs_handle(fs, e->node),
                                        .cookie = place + 1ull,
                                        .kind = (enum file_kind)node_at(a, e->node)->kind,
                                        .name = e->name,
                                        .size = e->size};

        if (!emit(to, &out)) {
            *end = false;
            break;
        }
        place++;
    }
    return FILE_OK;
}

/* A directory in which a name may be made or removed. */
static struct node *changeable(const struct ramfs *fs, struct file_handle directory, bool removes,
                               enum file_error *error)
{
    struct node *d = ramfs_directory(fs, directory, error);

    if (d == NULL)
        return NULL;
    if (d->links == 0)
        *error = FILE_E_NOT_FOUND;
    else if (d->flags & IMMUTABLE || (removes && d->flags & APPENDED))
        *error = FILE_E_NOT_PERMITTED;
    return *error == FILE_OK ? d : NULL;
}

/* The same, in which this name is not there yet. */
static struct node *room_for(const struct ramfs *fs, struct file_handle directory, const void *name,
                             size_t size, enum file_error *error)
{
    struct node *d = changeable(fs, directory, false, error);

    if (d != NULL && name_find(&fs->arena, (uint32_t)directory.inode, name, size) != 0) {
        *error = FILE_E_EXISTS;
        return NULL;
    }
    return d;
}

enum file_error dir_make_op(void *self, struct file_handle directory, const void *name, size_t size,
                            const struct files_new *file, struct file_handle *made)
{
    struct ramfs *fs = self;
    enum file_error error;
    struct node *d = room_for(fs, directory, name, size, &error);
    bool below = file->kind == FILE_KIND_DIRECTORY;
    uint32_t unit;

    if (d == NULL)
        return error;
    if (below && d->links >= LINKS_MAX)
        return FILE_E_TOO_MANY_LINKS;
    unit = ramfs_new(fs, file);
    if (unit == 0 || !name_add(&fs->arena, (uint32_t)directory.inode, name, size, unit))
        return FILE_E_NO_SPACE;
    if (below) {
        node_at(&fs->arena, unit)->parent = (uint32_t)directory.inode;
        ARENA_SET(&fs->arena, d->links, d->links + 1);
    }
    ramfs_touch(fs, d, true);
    *made = ramfs_handle(fs, unit);
    return FILE_OK;
}

enum file_error dir_make_link_op(void *self, struct file_handle directory, const void *name,
                                 size_t size, const void *target, size_t target_size, uint32_t user,
                                 uint32_t group, struct file_handle *made)
{
    const struct files_new file = {
        .kind = FILE_KIND_LINK, .mode = 0777, .user = user, .group = group};
    struct ramfs *fs = self;
    enum file_error error = dir_make_op(self, directory, name, size, &file, made);
    struct node *n;
    void *to;

    if (error != FILE_OK)
        return error;
    n = ramfs_node(fs, *made);
    n->size = target_size; /* a new node: nothing of it needs to be noted */
    to = n->text;
    if (target_size > NODE_INLINE) {
        uint32_t page = arena_page_take(&fs->arena, ARENA_DATA);

        if (page == 0 || !map_put(&fs->arena, &n->map, 0, page, &n->pages))
            return FILE_E_NO_SPACE;
        to = arena_data(&fs->arena, page);
    }
    return files_copy(to, target, target_size) ? FILE_OK : FILE_E_BAD_WINDOW;
}

enum file_error dir_read_link_op(void *self, struct file_handle file, void *to, size_t size,
                                 size_t *done)
{
    const struct ramfs *fs = self;
    const struct node *n = ramfs_node(fs, file);
    const void *from;

    if (n == NULL)
        return FILE_E_STALE;
    if (n->kind != FILE_KIND_LINK)
        return FILE_E_INVALID;
    if (size < n->size)
        return FILE_E_RANGE;
    from = n->size > NODE_INLINE ? arena_data(&fs->arena, map_get(&fs->arena, &n->map, 0))
                                 : n->text;
    *done = n->size;
    return files_copy(to, from, n->size) ? FILE_OK : FILE_E_BAD_WINDOW;
}

enum file_error dir_link_op(void *self, struct file_handle file, struct file_handle directory,
                            const void *name, size_t size)
{
    struct ramfs *fs = self;
    struct node *n = ramfs_node(fs, file);
    enum file_error error;
    struct node *d;

    if (n == NULL)
        return FILE_E_STALE;
    if (n->kind == FILE_KIND_DIRECTORY || n->flags & (IMMUTABLE | APPENDED))
        return FILE_E_NOT_PERMITTED;
    if (n->doomed)
        return FILE_E_STALE;
    d = room_for(fs, directory, name, size, &error);
    if (d == NULL)
        return error;
    if (n->links >= LINKS_MAX)
        return FILE_E_TOO_MANY_LINKS;
    if (!name_add(&fs->arena, (uint32_t)directory.inode, name, size, (uint32_t)file.inode))
        return FILE_E_NO_SPACE;
    ramfs_links(fs, n, 1);
    ramfs_touch(fs, d, true);
    return FILE_OK;
}

/* May this file lose a name, as a directory or as another file? */
static enum file_error removable(const struct node *n, bool is_directory)
{
    if (is_directory && n->kind != FILE_KIND_DIRECTORY)
        return FILE_E_NOT_DIRECTORY;
    if (!is_directory && n->kind == FILE_KIND_DIRECTORY)
        return FILE_E_IS_DIRECTORY;
    if (is_directory && n->entries != 0)
        return FILE_E_NOT_EMPTY;
    return n->flags & (IMMUTABLE | APPENDED) ? FILE_E_NOT_PERMITTED : FILE_OK;
}

/* A file loses a name in directory `d`. */
static void lose(struct ramfs *fs, struct node *n, struct node *d)
{
    bool below = n->kind == FILE_KIND_DIRECTORY;

    if (below)
        ARENA_SET(&fs->arena, d->links, d->links - 1);
    ramfs_links(fs, n, below ? -2 : -1);
}

enum file_error dir_remove_op(void *self, struct file_handle directory, const void *name,
                              size_t size, bool is_directory, struct file_handle *removed)
{
    struct ramfs *fs = self;
    enum file_error error;
    struct node *d = changeable(fs, directory, true, &error), *n;
    uint32_t entry, unit;

    if (d == NULL)
        return error;
    entry = name_find(&fs->arena, (uint32_t)directory.inode, name, size);
    if (entry == 0)
        return FILE_E_NOT_FOUND;
    unit = entry_at(&fs->arena, entry)->node;
    n = node_at(&fs->arena, unit);
    error = removable(n, is_directory);
    if (error != FILE_OK)
        return error;
    *removed = ramfs_handle(fs, unit);
    lose(fs, n, d);
    ramfs_touch(fs, d, true);
    name_remove(&fs->arena, entry);
    return FILE_OK;
}

/* A renaming: two directories, and what is in them under the two names. */
struct move {
    struct node *from, *to;
    uint32_t from_unit, to_unit;
    uint32_t entry, other; /* other 0: the new name is free */
    struct node *n, *old;
};

static bool below(const struct ramfs *fs, uint32_t directory, uint32_t above)
{
    while (directory != above && directory != fs->arena.head->root)
        directory = node_at(&fs->arena, directory)->parent;
    return directory == above;
}

static enum file_error find_both(const struct ramfs *fs, struct move *m, const void *name,
                                 size_t size, const void *new_name, size_t new_size)
{
    const struct arena *a = &fs->arena;

    m->entry = name_find(a, m->from_unit, name, size);
    m->other = name_find(a, m->to_unit, new_name, new_size);
    if (m->entry == 0)
        return FILE_E_NOT_FOUND;
    m->n = node_at(a, entry_at(a, m->entry)->node);
    m->old = m->other == 0 ? NULL : node_at(a, entry_at(a, m->other)->node);
    return FILE_OK;
}

/* May it be done? As rename(2), in its order of errors. */
static enum file_error may_move(const struct ramfs *fs, const struct move *m,
                                enum file_replace replace)
{
    bool swap = replace == FILE_REPLACE_EXCHANGE;
    bool directory = m->n->kind == FILE_KIND_DIRECTORY;

    if (swap && m->old == NULL)
        return FILE_E_NOT_FOUND;
    if (replace == FILE_REPLACE_NO && m->old != NULL)
        return FILE_E_EXISTS;
    if (directory && below(fs, m->to_unit, ramfs_unit(fs, m->n)))
        return FILE_E_INVALID;
    if (swap && m->old->kind == FILE_KIND_DIRECTORY &&
        below(fs, m->from_unit, ramfs_unit(fs, m->old)))
        return FILE_E_INVALID;
    if (m->n->flags & (IMMUTABLE | APPENDED))
        return FILE_E_NOT_PERMITTED;
    if (m->old != NULL && !swap && m->old != m->n) {
        if (m->old->kind == FILE_KIND_DIRECTORY &&
            below(fs, m->from_unit, ramfs_unit(fs, m->old)))
            return FILE_E_NOT_EMPTY;
        return removable(m->old, directory);
    }
    if (swap && m->old->flags & (IMMUTABLE | APPENDED))
        return FILE_E_NOT_PERMITTED;
    if (!swap && m->old == NULL && directory && m->from != m->to && m->to->links >= LINKS_MAX)
        return FILE_E_TOO_MANY_LINKS;
    return FILE_OK;
}

/* A directory that comes from `from` to `to` counts as a link of its new parent. */
static void new_parent(struct ramfs *fs, struct node *n, struct node *from, struct node *to)
{
    struct arena *a = &fs->arena;

    if (n->kind != FILE_KIND_DIRECTORY || from == to)
        return;
    ARENA_SET(a, n->parent, ramfs_unit(fs, to));
    ARENA_SET(a, from->links, from->links - 1);
    ARENA_SET(a, to->links, to->links + 1);
}

static void exchange(struct ramfs *fs, const struct move *m)
{
    struct arena *a = &fs->arena;

    ARENA_SET(a, entry_at(a, m->entry)->node, ramfs_unit(fs, m->old));
    ARENA_SET(a, entry_at(a, m->other)->node, ramfs_unit(fs, m->n));
    new_parent(fs, m->n, m->from, m->to);
    new_parent(fs, m->old, m->to, m->from);
    ramfs_touch(fs, m->old, false);
}

static enum file_error move_name(struct ramfs *fs, const struct move *m, const void *new_name,
                                 size_t new_size)
{
    struct arena *a = &fs->arena;
    uint32_t unit = ramfs_unit(fs, m->n);

    if (m->other != 0)
        ARENA_SET(a, entry_at(a, m->other)->node, unit);
    else if (!name_add(a, m->to_unit, new_name, new_size, unit))
        return FILE_E_NO_SPACE;
    if (m->old != NULL)
        lose(fs, m->old, m->to);
    new_parent(fs, m->n, m->from, m->to);
    name_remove(a, m->entry);
    return FILE_OK;
}

enum file_error dir_rename_op(void *self, struct file_handle from, const void *name, size_t size,
                              struct file_handle to, const void *new_name, size_t new_size,
                              enum file_replace replace, struct file_handle *moved,
                              struct file_handle *replaced)
{
    struct ramfs *fs = self;
    struct move m = {.from_unit = (uint32_t)from.inode, .to_unit = (uint32_t)to.inode};
    enum file_error error;

    m.from = changeable(fs, from, true, &error);
    if (m.from != NULL)
        m.to = changeable(fs, to, false, &error);
    if (error == FILE_OK)
        error = find_both(fs, &m, name, size, new_name, new_size);
    if (error == FILE_OK)
        error = may_move(fs, &m, replace);
    if (error != FILE_OK)
        return error;
    *moved = ramfs_handle(fs, ramfs_unit(fs, m.n));
    if (m.n == m.old)
        return FILE_OK; /* two names of one file: rename(2) leaves both */
    if (m.old != NULL && replace != FILE_REPLACE_EXCHANGE)
        *replaced = ramfs_handle(fs, ramfs_unit(fs, m.old));
    ramfs_touch(fs, m.from, true);
    ramfs_touch(fs, m.to, true);
    ramfs_touch(fs, m.n, false);
    if (replace != FILE_REPLACE_EXCHANGE)
        return move_name(fs, &m, new_name, new_size);
    exchange(fs, &m);
    return FILE_OK;
}
