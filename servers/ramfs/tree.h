/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file system itself: the operations that lib/file serves, on an arena. Runs wherever that
 * runs; knows nothing of clients and messages.
 */
#ifndef RAMFS_TREE_H
#define RAMFS_TREE_H

#include <filelib/serve.h>

#include "name.h"

struct ramfs {
    struct arena arena;
    struct files_server *server; /**< who knows which files are open */
    /** Time since 1970, as far as anybody knows it. */
    void (*now)(struct stamp *to);
    /** The frame of a page, with READ alone. @return 0: there is none. NULL: nothing can be mapped
     */
    cap_t (*frame)(uint32_t page);
    /** A sign of life between the steps of what takes long. NULL: nobody waits for one */
    void (*beat)(void);
};

/** The table for files_server.op; files_server.fs is the struct ramfs. */
const struct files_operations *ramfs_operations(void);

/** Enter the root into an empty arena. @return false: no memory */
bool ramfs_make_root(struct ramfs *fs);

/** Nodes without links that nobody has open: give back their memory. */
void ramfs_reap(struct ramfs *fs);

/* What the parts of the file system share. */

/** The next step of a long change; what was done so far stays. */
void ramfs_next_step(struct ramfs *fs);

/** The node of a handle; NULL: stale. */
static inline struct node *ramfs_node(const struct ramfs *fs, struct file_handle file)
{
    uint64_t page = file.inode / ARENA_UNITS;
    struct node *n;

    /* As arena_is, for the most frequent question. */
    if (page >= fs->arena.head->pages || file.inode % 4 != 0 ||
        fs->arena.table[page].use != ARENA_NODES)
        return NULL;
    n = node_at(&fs->arena, (uint32_t)file.inode);
    return n->generation == file.generation && n->generation != 0 ? n : NULL;
}

/** The node of a directory's handle. @return NULL and why in *error */
struct node *ramfs_directory(const struct ramfs *fs, struct file_handle file,
                             enum file_error *error);

/** The node of a regular file's handle. @return NULL and why in *error */
struct node *ramfs_file(const struct ramfs *fs, struct file_handle file, enum file_error *error);

static inline struct file_handle ramfs_handle(const struct ramfs *fs, uint32_t unit)
{
    return (struct file_handle){.inode = unit,
                                .generation = node_at(&fs->arena, unit)->generation};
}

static inline uint32_t ramfs_unit(const struct ramfs *fs, const struct node *n)
{
    return (uint32_t)(((const uint8_t *)n - fs->arena.base) / ARENA_UNIT);
}

/** Note that a node has been changed: its attributes, and its contents if `contents`. */
void ramfs_touch(struct ramfs *fs, struct node *n, bool contents);

/** The same after a write that can fail no more. Only the server's end can undo its step; the
 * stamps are not put back then, as those that are too new do no harm. */
void ramfs_touch_written(struct ramfs *fs, struct node *n);

/** A new node with one link. @return 0: no memory */
uint32_t ramfs_new(struct ramfs *fs, const struct files_new *file);

/** Add to the links of a node; one that has none left is doomed. */
void ramfs_links(struct ramfs *fs, struct node *n, int more);

/* file.c */

/** Inside a step: what lies behind the end of a file becomes nothing. */
void ramfs_trim(struct ramfs *fs, struct node *n);

enum file_error file_read_op(void *self, struct file_handle file, uint64_t offset, void *to,
                             size_t size, size_t *done);
enum file_error file_write_op(void *self, struct file_handle file, uint64_t offset, bool append,
                              const void *from, size_t size, size_t *done, uint64_t *file_size);
enum file_error file_truncate_op(void *self, struct file_handle file, uint64_t size);
enum file_error file_allocate_op(void *self, struct file_handle file, unsigned mode,
                                 uint64_t offset, uint64_t length);
enum file_error file_seek_op(void *self, struct file_handle file, uint64_t offset,
                             enum file_part part, uint64_t *found);
enum file_error file_map_op(void *self, struct file_handle file, uint64_t page, cap_t *frame,
                            uint32_t *size);

/* directory.c */
enum file_error dir_find_op(void *self, struct file_handle directory, const void *name, size_t size,
                            struct file_handle *found, enum file_kind *kind);
enum file_error dir_parent_op(void *self, struct file_handle directory, struct file_handle *found);
enum file_error dir_list_op(void *self, struct file_handle directory, uint64_t cookie,
                            files_emit *emit, void *to, bool *end);
enum file_error dir_make_op(void *self, struct file_handle directory, const void *name, size_t size,
                            const struct files_new *file, struct file_handle *made);
enum file_error dir_make_link_op(void *self, struct file_handle directory, const void *name,
                                 size_t size, const void *target, size_t target_size, uint32_t user,
                                 uint32_t group, struct file_handle *made);
enum file_error dir_link_op(void *self, struct file_handle file, struct file_handle directory,
                            const void *name, size_t size);
enum file_error dir_remove_op(void *self, struct file_handle directory, const void *name,
                              size_t size, bool is_directory, struct file_handle *removed);
enum file_error dir_rename_op(void *self, struct file_handle from, const void *name, size_t size,
                              struct file_handle to, const void *new_name, size_t new_size,
                              enum file_replace replace, struct file_handle *moved,
                              struct file_handle *replaced);
enum file_error dir_read_link_op(void *self, struct file_handle file, void *to, size_t size,
                                 size_t *done);

/* value.c */
enum file_error value_get_op(void *self, struct file_handle file, const void *name,
                             size_t name_size, void *to, size_t size, size_t *done);
enum file_error value_list_op(void *self, struct file_handle file, void *to, size_t size,
                              size_t *done);
enum file_error value_set_op(void *self, struct file_handle file, const void *name,
                             size_t name_size, const void *from, size_t size,
                             enum file_value_mode mode);
enum file_error value_remove_op(void *self, struct file_handle file, const void *name,
                                size_t name_size);

/** Give back the first value of a node, in a step. @return false: it has none */
bool value_drop_first(struct ramfs *fs, struct node *n);

#endif
