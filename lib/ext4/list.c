/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Listing a directory. Where there is (or could soon be) an index, names come in the order of their
 * hashes, and the cookie is the hash: so a block that is divided meanwhile changes nothing. Else
 * they come as they lie, and the cookie is the place.
 */
#include "fs_priv.h"

#include <stdlib.h>
#include <string.h>

struct listed {
    uint64_t cookie;
    struct buffer *buffer;
    uint32_t offset;
};

struct listing {
    struct ext4 *fs;
    struct node *directory;
    uint64_t cookie; /* only what is behind it */
    bool (*each)(void *self, const struct ext4_entry *entry);
    void *self;
    bool stopped;
};

static void tell(struct listing *l, const struct ext2_dir_entry_2 *entry, uint64_t cookie)
{
    struct ext4_entry told = {.cookie = cookie,
                              .file = {entry->inode, 0},
                              .kind = entry->file_type,
                              .length = entry->name_len,
                              .name = entry->name};

    l->stopped = !l->each(l->self, &told);
}

static int list_linear(struct listing *l)
{
    uint64_t blocks = directory_blocks(l->fs, l->directory);

    for (uint64_t i = l->cookie >> l->fs->block_shift; i < blocks && !l->stopped; i++) {
        struct buffer *buffer;
        int error = directory_block(l->fs, l->directory, i, &buffer);
        uint32_t size;

        if (error != 0)
            return error;
        for (uint32_t at = 0; at < l->fs->block_bytes && !l->stopped; at += size) {
            const struct ext2_dir_entry_2 *entry = directory_at(l->fs, buffer, at, &size);
            uint64_t cookie = (i << l->fs->block_shift) + at + 1;

            if (entry == NULL) {
                cache_put(buffer);
                return ext4_damaged(l->fs, l->directory->number, "an entry of a directory");
            }
            if (entry->inode != 0 && cookie > l->cookie &&
                !directory_is_dots(entry->name, entry->name_len))
                tell(l, entry, cookie);
        }
        cache_put(buffer);
    }
    return 0;
}

static int by_cookie(const void *a, const void *b)
{
    const struct listed *x = a, *y = b;

    return (x->cookie > y->cookie) - (x->cookie < y->cookie);
}

/* Entries of one block, with their cookies. */
static int gather(struct listing *l, uint8_t version, struct buffer *buffer, struct listed **array,
                  unsigned *count)
{
    unsigned most = l->fs->block_bytes / 12 + 1;
    struct listed *more = realloc(*array, (*count + most) * sizeof(*more));
    uint32_t size;

    if (more == NULL)
        return ENOMEM;
    *array = more;
    for (uint32_t at = 0; at < l->fs->block_bytes; at += size) {
        const struct ext2_dir_entry_2 *entry = directory_at(l->fs, buffer, at, &size);
        uint32_t hash, minor;

        if (entry == NULL)
            return ext4_damaged(l->fs, l->directory->number, "an entry of a directory");
        if (entry->inode == 0 || directory_is_dots(entry->name, entry->name_len))
            continue;
        if (htree_hash(l->fs, version, entry->name, entry->name_len, &hash, &minor) != 0)
            return EUCLEAN;
        more[(*count)++] = (struct listed){((uint64_t)(hash >> 1) << 32 | minor) + 1, buffer, at};
    }
    return 0;
}

static void tell_sorted(struct listing *l, struct listed *array, unsigned count)
{
    if (count > 0)
        qsort(array, count, sizeof(*array), by_cookie);
    for (unsigned i = 0; i < count && !l->stopped; i++)
        if (array[i].cookie > l->cookie)
            tell(l, (const struct ext2_dir_entry_2 *)(array[i].buffer->data + array[i].offset),
                 array[i].cookie);
}

/* These blocks together, in order. */
static int list_blocks(struct listing *l, uint8_t version, const uint32_t *blocks, unsigned count)
{
    struct buffer *buffers[HTREE_LEAVES];
    struct listed *array = NULL;
    unsigned open = 0, entries = 0;
    int error = 0;

    while (open < count && error == 0) {
        error = directory_block(l->fs, l->directory, blocks[open], &buffers[open]);
        if (error == 0)
            error = gather(l, version, buffers[open++], &array, &entries);
    }
    if (error == 0)
        tell_sorted(l, array, entries);
    while (open > 0)
        cache_put(buffers[--open]);
    free(array);
    return error;
}

static int list_hashed(struct listing *l)
{
    uint64_t next = l->cookie == 0 ? 0 : (l->cookie - 1) >> 32 << 1;
    uint8_t version;
    int error = htree_version(l->fs, l->directory, &version);
    bool last = false;

    if (error == 0 && !htree_is(l->fs, l->directory))
        return list_blocks(l, version, &(uint32_t){0}, 1);
    while (error == 0 && !last && !l->stopped) {
        uint32_t leaves[HTREE_LEAVES];
        unsigned count;
        uint32_t hash = (uint32_t)next;

        error = htree_leaves(l->fs, l->directory, hash, leaves, &count, &next);
        if (error == 0)
            error = list_blocks(l, version, leaves, count);
        last = next == 0;
    }
    return error;
}

int ext4_list(struct ext4 *fs, struct ext4_handle directory, uint64_t cookie,
              bool (*each)(void *self, const struct ext4_entry *entry), void *self)
{
    struct listing l = {.fs = fs, .cookie = cookie, .each = each, .self = self};
    int error = node_get(fs, directory, &l.directory);

    if (error != 0)
        return error;
    if (!LINUX_S_ISDIR(l.directory->inode.i_mode))
        error = ENOTDIR;
    else if (htree_is(fs, l.directory) || (ext2fs_has_feature_dir_index(fs->lib->super) &&
                                           directory_blocks(fs, l.directory) == 1 &&
                                           fs->lib->super->s_def_hash_version <= EXT2_HASH_TEA))
        error = list_hashed(&l);
    else
        error = list_linear(&l);
    node_put(fs, l.directory);
    return error;
}
