/* SPDX-License-Identifier: BSD-2-Clause */
/* Extended attributes: a list behind each node; the value itself is in pages of its own. */
#include <rt/bytes.h>

#include "fail.h"
#include "tree.h"

#define VALUE_PAGES (FILE_VALUE_MAX / ARENA_PAGE)
#define IMMUTABLE   0x10u /* STATX_ATTR_IMMUTABLE */

static struct value *value_at(const struct arena *a, uint32_t unit)
{
    return arena_unit(a, unit);
}

/* The word that leads to the value of a name; what it holds is 0 if there is none. */
static uint32_t *find(const struct ramfs *fs, struct node *n, const void *name, size_t size)
{
    uint32_t *link = &n->values;

    while (*link != 0) {
        struct value *v = value_at(&fs->arena, *link);

        if (v->size == size && memcmp(v->name, name, size) == 0)
            break;
        link = &v->next;
    }
    return link;
}

enum file_error value_get_op(void *self, struct file_handle file, const void *name,
                             size_t name_size, void *to, size_t size, size_t *done)
{
    const struct ramfs *fs = self;
    struct node *n = ramfs_node(fs, file);
    const struct value *v;
    uint32_t unit;

    if (n == NULL)
        return FILE_E_STALE;
    unit = *find(fs, n, name, name_size);
    if (unit == 0)
        return FILE_E_NO_DATA;
    v = value_at(&fs->arena, unit);
    *done = v->bytes;
    if (to == NULL)
        return FILE_OK;
    if (size < v->bytes)
        return FILE_E_RANGE;
    for (size_t at = 0; at < v->bytes; at += ARENA_PAGE) {
        uint32_t page = map_get(&fs->arena, &v->map, at / ARENA_PAGE);
        size_t part = v->bytes - at < ARENA_PAGE ? v->bytes - at : ARENA_PAGE;

        if (!files_copy((uint8_t *)to + at, arena_data(&fs->arena, page), part))
            return FILE_E_BAD_WINDOW;
    }
    return FILE_OK;
}

enum file_error value_list_op(void *self, struct file_handle file, void *to, size_t size,
                              size_t *done)
{
    const struct ramfs *fs = self;
    const struct node *n = ramfs_node(fs, file);

    if (n == NULL)
        return FILE_E_STALE;
    *done = 0;
    for (uint32_t unit = n->values; unit != 0; unit = value_at(&fs->arena, unit)->next) {
        const struct value *v = value_at(&fs->arena, unit);
        char text[ARENA_NAME + 1] = {0};

        if (to != NULL && v->size + 1u > size - *done)
            return FILE_E_RANGE;
        memcpy(text, v->name, v->size);
        if (to != NULL && !files_copy((uint8_t *)to + *done, text, v->size + 1u))
            return FILE_E_BAD_WINDOW;
        *done += v->size + 1u;
    }
    return FILE_OK;
}

/* Pages with the value, for an attribute that is new or will be exchanged. */
static enum file_error fill(struct ramfs *fs, struct node *n, struct map *map, const void *from,
                            size_t size)
{
    for (size_t at = 0; at < size; at += ARENA_PAGE) {
        uint32_t page = arena_page_take(&fs->arena, ARENA_DATA);
        size_t part = size - at < ARENA_PAGE ? size - at : ARENA_PAGE;

        if (page == 0 || !map_put(&fs->arena, map, at / ARENA_PAGE, page, &n->pages))
            return FILE_E_NO_SPACE;
        if (!files_copy(arena_data(&fs->arena, page), (const uint8_t *)from + at, part))
            return FILE_E_BAD_WINDOW;
    }
    return FILE_OK;
}

/* Frees: nothing can be allocated any more in this step. */
static void drop(struct ramfs *fs, struct node *n, uint32_t *link)
{
    uint32_t unit = *link;
    struct value *v = value_at(&fs->arena, unit);
    unsigned budget = VALUE_PAGES + 2;

    ARENA_SET(&fs->arena, *link, v->next);
    RAMFS_CHECK(map_cut(&fs->arena, &v->map, 0, &budget, &n->pages));
    arena_give(&fs->arena, unit);
}

bool value_drop_first(struct ramfs *fs, struct node *n)
{
    if (n->values == 0)
        return false;
    arena_begin(&fs->arena);
    drop(fs, n, &n->values);
    arena_commit(&fs->arena);
    return true;
}

/* A new attribute, in front of the others: so that an old one of the name is found behind it. */
static enum file_error add(struct ramfs *fs, struct node *n, const void *name, size_t name_size,
                           const void *from, size_t size)
{
    uint32_t unit = arena_take(&fs->arena, name_class(VALUE_HEAD + name_size));
    struct value *v = value_at(&fs->arena, unit);
    enum file_error error;

    if (unit == 0)
        return FILE_E_NO_SPACE;
    error = fill(fs, n, &v->map, from, size);
    if (error != FILE_OK)
        return error;
    v->next = n->values;
    v->bytes = (uint32_t)size;
    v->size = (uint8_t)name_size;
    memcpy(v->name, name, name_size);
    ARENA_SET(&fs->arena, n->values, unit);
    return FILE_OK;
}

enum file_error value_set_op(void *self, struct file_handle file, const void *name,
                             size_t name_size, const void *from, size_t size,
                             enum file_value_mode mode)
{
    struct ramfs *fs = self;
    struct node *n = ramfs_node(fs, file);
    enum file_error error;
    uint32_t *old;

    if (n == NULL)
        return FILE_E_STALE;
    if (n->flags & IMMUTABLE)
        return FILE_E_NOT_PERMITTED;
    old = find(fs, n, name, name_size);
    if (*old != 0 && mode == FILE_VALUE_MODE_CREATE)
        return FILE_E_EXISTS;
    if (*old == 0 && mode == FILE_VALUE_MODE_REPLACE)
        return FILE_E_NO_DATA;
    error = add(fs, n, name, name_size, from, size);
    if (error != FILE_OK)
        return error;
    ramfs_touch(fs, n, false);
    /* The first of the list is the new one; what led to the old one may be the new one's word. */
    if (old == &n->values)
        old = &value_at(&fs->arena, n->values)->next;
    if (*old != 0)
        drop(fs, n, old);
    return FILE_OK;
}

enum file_error value_remove_op(void *self, struct file_handle file, const void *name,
                                size_t name_size)
{
    struct ramfs *fs = self;
    struct node *n = ramfs_node(fs, file);
    uint32_t *link;

    if (n == NULL)
        return FILE_E_STALE;
    if (n->flags & IMMUTABLE)
        return FILE_E_NOT_PERMITTED;
    link = find(fs, n, name, name_size);
    if (*link == 0)
        return FILE_E_NO_DATA;
    ramfs_touch(fs, n, false);
    drop(fs, n, link);
    return FILE_OK;
}
