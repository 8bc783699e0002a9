/* SPDX-License-Identifier: BSD-2-Clause */
/* Nodes: attributes, beginning and end. */
#include "tree.h"

#define MAGIC       0x01021994u /* what Linux calls tmpfs */
#define REAP_PAGES  200u        /* in one step: each is fewer than ten words of change */
#define FLAG_SET    (0x10u | 0x20u) /* STATX_ATTR_IMMUTABLE, STATX_ATTR_APPEND */

void ramfs_touch(struct ramfs *fs, struct node *n, bool contents)
{
    struct arena *a = &fs->arena;
    struct stamp now;

    fs->now(&now);
    ARENA_SET(a, a->head->change, a->head->change + 1);
    ARENA_SET(a, n->change, a->head->change);
    ARENA_SET(a, n->changed, now);
    if (n->was_read)
        ARENA_SET(a, n->was_read, 0);
    if (contents)
        ARENA_SET(a, n->modified, now);
}

void ramfs_touch_written(struct ramfs *fs, struct node *n)
{
    struct stamp now;

    fs->now(&now);
    n->change = ++fs->arena.head->change;
    n->changed = n->modified = now;
    n->was_read = 0;
}

uint32_t ramfs_new(struct ramfs *fs, const struct files_new *file)
{
    struct arena *a = &fs->arena;
    uint32_t unit = arena_take(a, ARENA_NODES);
    struct node *n = node_at(a, unit);
    struct stamp now;

    if (unit == 0)
        return 0;
    fs->now(&now);
    ARENA_SET(a, a->head->generation, a->head->generation + 1);
    ARENA_SET(a, a->head->change, a->head->change + 1);
    ARENA_SET(a, a->head->nodes, a->head->nodes + 1);
    n->change = a->head->change;
    n->generation = a->head->generation; /* a new object: nothing of it needs to be noted */
    n->accessed = n->modified = n->changed = n->born = now;
    n->kind = (uint8_t)file->kind;
    n->mode = file->mode;
    n->user = file->user;
    n->group = file->group;
    n->major = file->major;
    n->minor = file->minor;
    n->links = file->kind == FILE_KIND_DIRECTORY ? 2 : 1;
    return unit;
}

/* Whoever is doomed goes when the step is done, and when nobody has it open. */
void ramfs_links(struct ramfs *fs, struct node *n, int more)
{
    ARENA_SET(&fs->arena, n->links, n->links + (uint32_t)more);
    ramfs_touch(fs, n, false);
}

struct node *ramfs_directory(const struct ramfs *fs, struct file_handle file,
                             enum file_error *error)
{
    struct node *n = ramfs_node(fs, file);

    *error = n == NULL                           ? FILE_E_STALE
             : n->kind != FILE_KIND_DIRECTORY ? FILE_E_NOT_DIRECTORY
                                                 : FILE_OK;
    return *error == FILE_OK ? n : NULL;
}

struct node *ramfs_file(const struct ramfs *fs, struct file_handle file, enum file_error *error)
{
    struct node *n = ramfs_node(fs, file);

    *error = n == NULL                             ? FILE_E_STALE
             : n->kind == FILE_KIND_DIRECTORY ? FILE_E_IS_DIRECTORY
             : n->kind != FILE_KIND_REGULAR   ? FILE_E_INVALID
                                                   : FILE_OK;
    return *error == FILE_OK ? n : NULL;
}

bool ramfs_make_root(struct ramfs *fs)
{
    const struct files_new root = {.kind = FILE_KIND_DIRECTORY, .mode = 01777};
    uint32_t unit;

    arena_begin(&fs->arena);
    unit = ramfs_new(fs, &root);
    if (unit != 0) {
        node_at(&fs->arena, unit)->parent = unit;
        ARENA_SET(&fs->arena, fs->arena.head->root, unit);
    }
    arena_commit(&fs->arena);
    return unit != 0;
}

static struct file_time time_of(struct stamp stamp)
{
    return (struct file_time){.seconds = stamp.seconds, .nanoseconds = (uint32_t)stamp.nanoseconds};
}

static struct file_handle root(void *self)
{
    const struct ramfs *fs = self;

    return ramfs_handle(fs, fs->arena.head->root);
}

static enum file_error kind(void *self, struct file_handle file, enum file_kind *to)
{
    const struct node *n = ramfs_node(self, file);

    if (n == NULL)
        return FILE_E_STALE;
    *to = (enum file_kind)n->kind;
    return FILE_OK;
}

static enum file_error attributes(void *self, struct file_handle file, struct file_attributes *to)
{
    const struct node *n = ramfs_node(self, file);

    if (n == NULL)
        return FILE_E_STALE;
    to->file = file;
    to->kind = (enum file_kind)n->kind;
    to->mode = n->mode;
    to->links = n->links;
    to->user = n->user;
    to->group = n->group;
    to->size = n->size;
    to->blocks = (uint64_t)n->pages * (ARENA_PAGE / 512);
    to->block_size = ARENA_PAGE;
    to->major = n->major;
    to->minor = n->minor;
    to->flags = n->flags;
    to->change = n->change;
    to->accessed = time_of(n->accessed);
    to->modified = time_of(n->modified);
    to->changed = time_of(n->changed);
    to->born = time_of(n->born);
    return FILE_OK;
}

static void set_time(struct ramfs *fs, struct stamp *to, bool given, bool now,
                     struct file_time time)
{
    struct stamp stamp = {.seconds = time.seconds, .nanoseconds = time.nanoseconds};

    if (now)
        fs->now(&stamp);
    if (given || now)
        ARENA_SET(&fs->arena, *to, stamp);
}

static enum file_error set_attributes(void *self, struct file_handle file,
                                      const struct files_set *set)
{
    struct ramfs *fs = self;
    struct arena *a = &fs->arena;
    struct node *n = ramfs_node(fs, file);

    if (n == NULL)
        return FILE_E_STALE;
    if (n->flags & FLAG_SET && !(set->what & FILE_SET_FLAGS))
        return FILE_E_NOT_PERMITTED;
    if (set->what & FILE_SET_FLAGS && (set->flags & ~(uint64_t)FLAG_SET) != 0)
        return FILE_E_NOT_SUPPORTED;
    ramfs_touch(fs, n, false);
    if (set->what & FILE_SET_MODE)
        ARENA_SET(a, n->mode, set->mode);
    if (set->what & FILE_SET_USER)
        ARENA_SET(a, n->user, set->user);
    if (set->what & FILE_SET_GROUP)
        ARENA_SET(a, n->group, set->group);
    if (set->what & FILE_SET_FLAGS)
        ARENA_SET(a, n->flags, (uint32_t)set->flags);
    set_time(fs, &n->accessed, set->what & FILE_SET_ACCESSED, set->what & FILE_SET_ACCESSED_NOW,
             set->accessed);
    set_time(fs, &n->modified, set->what & FILE_SET_MODIFIED, set->what & FILE_SET_MODIFIED_NOW,
             set->modified);
    return FILE_OK;
}

static enum file_error space(void *self, struct file_space *to)
{
    const struct ramfs *fs = self;
    const struct arena_head *h = fs->arena.head;

    *to = (struct file_space){.block_size = ARENA_PAGE,
                              .blocks = h->pages - h->first_page,
                              .free = h->free_pages,
                              .available = h->free_pages,
                              .files = h->nodes + h->free_pages * (ARENA_UNITS / 4),
                              .files_free = h->free_pages * (ARENA_UNITS / 4),
                              .name_max = FILE_NAME_MAX,
                              .id = h->seed,
                              .magic = MAGIC};
    return FILE_OK;
}

static void begin(void *self)
{
    struct ramfs *fs = self;

    arena_begin(&fs->arena);
}

static void end(void *self, bool good)
{
    struct ramfs *fs = self;

    if (good)
        arena_commit(&fs->arena);
    else
        arena_abort(&fs->arena);
}

static void change(void *self, void *at, size_t bytes)
{
    struct ramfs *fs = self;

    arena_change(&fs->arena, at, bytes);
}

static void doom(struct ramfs *fs, struct node *n)
{
    struct arena *a = &fs->arena;

    arena_begin(a);
    ARENA_SET(a, n->doomed, 1);
    ARENA_SET(a, n->doomed_next, a->head->doomed);
    ARENA_SET(a, a->head->doomed, ramfs_unit(fs, n));
    arena_commit(a);
}

/* The end of the first doomed node, once it has no memory left. */
static void bury(struct ramfs *fs, struct node *n)
{
    struct arena *a = &fs->arena;

    arena_begin(a);
    ARENA_SET(a, a->head->doomed, n->doomed_next);
    ARENA_SET(a, a->head->nodes, a->head->nodes - 1);
    ARENA_SET(a, n->generation, 0);
    arena_give(a, ramfs_unit(fs, n));
    arena_commit(a);
}

void ramfs_next_step(struct ramfs *fs)
{
    arena_commit(&fs->arena);
    if (fs->beat != NULL)
        fs->beat();
    arena_begin(&fs->arena);
}

void ramfs_reap(struct ramfs *fs)
{
    struct arena *a = &fs->arena;

    while (a->head->doomed != 0) {
        struct node *n = node_at(a, a->head->doomed);
        unsigned budget = REAP_PAGES;
        bool empty;

        arena_begin(a);
        empty = map_cut(a, &n->map, 0, &budget, &n->pages);
        arena_commit(a);
        if (fs->beat != NULL)
            fs->beat();
        if (empty && !value_drop_first(fs, n))
            bury(fs, n);
    }
}

/* Called when nobody has the file open, and after its last name went. */
static void unused(void *self, struct file_handle file)
{
    struct ramfs *fs = self;
    struct node *n = ramfs_node(fs, file);

    if (n == NULL || n->links != 0 || n->doomed)
        return;
    doom(fs, n);
    ramfs_reap(fs);
}

const struct files_operations *ramfs_operations(void)
{
    static const struct files_operations operations = {
        .root = root,
        .attributes = attributes,
        .find = dir_find_op,
        .parent = dir_parent_op,
        .kind = kind,
        .read = file_read_op,
        .list = dir_list_op,
        .read_link = dir_read_link_op,
        .seek = file_seek_op,
        .space = space,
        .get_value = value_get_op,
        .list_values = value_list_op,
        .map = file_map_op,
        .begin = begin,
        .end = end,
        .change = change,
        .unused = unused,
        .set_attributes = set_attributes,
        .write = file_write_op,
        .make = dir_make_op,
        .make_link = dir_make_link_op,
        .link = dir_link_op,
        .remove = dir_remove_op,
        .rename = dir_rename_op,
        .truncate = file_truncate_op,
        .allocate = file_allocate_op,
        .set_value = value_set_op,
        .remove_value = value_remove_op,
    };

    return &operations;
}
