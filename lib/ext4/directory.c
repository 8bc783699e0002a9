/* SPDX-License-Identifier: BSD-2-Clause */
/* Directories: entries in blocks; names are found block by block, or by htree.c. */
#include "fs_priv.h"

#include <string.h>

#define TAIL_BYTES  12u
#define ENTRY_HEAD  8u
#define ENTRY_BYTES(length) ((ENTRY_HEAD + (length) + 3u) & ~3u)

static bool has_checksums(const struct ext4 *fs)
{
    return ext2fs_has_feature_metadata_csum(fs->lib->super);
}

uint32_t directory_room(struct ext4 *fs)
{
    return fs->block_bytes - (has_checksums(fs) ? TAIL_BYTES : 0);
}

uint64_t directory_blocks(const struct ext4 *fs, const struct node *directory)
{
    return node_size(directory) >> fs->block_shift;
}

uint8_t directory_kind(uint16_t mode)
{
    switch (mode & LINUX_S_IFMT) {
    case LINUX_S_IFREG: return EXT2_FT_REG_FILE;
    case LINUX_S_IFDIR: return EXT2_FT_DIR;
    case LINUX_S_IFLNK: return EXT2_FT_SYMLINK;
    case LINUX_S_IFCHR: return EXT2_FT_CHRDEV;
    case LINUX_S_IFBLK: return EXT2_FT_BLKDEV;
    case LINUX_S_IFIFO: return EXT2_FT_FIFO;
    case LINUX_S_IFSOCK: return EXT2_FT_SOCK;
    default: return EXT2_FT_UNKNOWN;
    }
}

int directory_block(struct ext4 *fs, struct node *directory, uint64_t block, struct buffer **buffer)
{
    struct run run;
    int error = map_find(fs, directory, block, &run);

    if (error != 0)
        return error;
    if (run.block == 0 || run.unwritten)
        return ext4_damaged(fs, directory->number, "a directory has holes");
    error = meta_get(fs, run.block + (block - run.first), buffer);
    if (error != 0 || (*buffer)->checked)
        return error;
    if ((*buffer)->state == BUFFER_DIRTY ||
        !ext2fs_dir_block_csum_verify(fs->lib, directory->number,
                                      (struct ext2_dir_entry *)(*buffer)->data)) {
        cache_put(*buffer);
        return ext4_damaged(fs, directory->number, "checksum of a directory");
    }
    (*buffer)->checked = true;
    return 0;
}

int directory_seal(struct ext4 *fs, struct node *directory, struct buffer *buffer)
{
    return ext4_error(ext2fs_dir_block_csum_set(fs->lib, directory->number,
                                                (struct ext2_dir_entry *)buffer->data));
}

/* One empty entry over the whole block, and the place of the checksum. */
void directory_clear_block(struct ext4 *fs, struct buffer *buffer)
{
    struct ext2_dir_entry_2 *entry = (struct ext2_dir_entry_2 *)buffer->data;

    memset(buffer->data, 0, fs->block_bytes);
    entry->rec_len = (uint16_t)directory_room(fs);
    if (has_checksums(fs)) {
        struct ext2_dir_entry_tail *tail =
            (struct ext2_dir_entry_tail *)(buffer->data + directory_room(fs));

        tail->det_rec_len = TAIL_BYTES;
        tail->det_reserved_name_len = EXT2_DIR_NAME_LEN_CSUM;
    }
}

int directory_grow(struct ext4 *fs, struct node *directory, uint64_t *block, struct buffer **buffer)
{
    struct run run;
    int error;

    *block = directory_blocks(fs, directory);
    if (*block >= 1u << 22)
        return ENOSPC;
    error = map_fill(fs, directory, *block, 1, false, &run);
    if (error != 0)
        return error;
    error = cache_get(&fs->cache, run.block, CACHE_NEW, buffer);
    if (error != 0)
        return error;
    error = journal_touch(fs, *buffer);
    if (error != 0) {
        cache_put(*buffer);
        return error;
    }
    directory_clear_block(fs, *buffer);
    (*buffer)->checked = true;
    node_set_size(directory, (*block + 1) << fs->block_shift);
    return node_write(fs, directory, true);
}

/* An entry must lie in its block, hold its name, and end at a multiple of four. */
struct ext2_dir_entry_2 *directory_at(struct ext4 *fs, struct buffer *buffer, uint32_t offset,
                                      uint32_t *length)
{
    struct ext2_dir_entry_2 *entry = (struct ext2_dir_entry_2 *)(buffer->data + offset);
    uint32_t room = fs->block_bytes;

    if (offset + ENTRY_HEAD > room)
        return NULL;
    *length = entry->rec_len;
    if (*length < ENTRY_HEAD || *length % 4 != 0 || *length > room - offset ||
        ENTRY_BYTES(entry->name_len) > *length ||
        entry->inode > fs->lib->super->s_inodes_count)
        return NULL;
    return entry;
}

int directory_search(struct ext4 *fs, struct node *directory, struct buffer *buffer,
                     const char *name, size_t length, struct place *place)
{
    uint32_t previous = UINT32_MAX, size;

    for (uint32_t at = 0; at < fs->block_bytes; at += size) {
        struct ext2_dir_entry_2 *entry = directory_at(fs, buffer, at, &size);

        if (entry == NULL)
            return ext4_damaged(fs, directory->number, "an entry of a directory");
        if (entry->inode != 0 && entry->name_len == length &&
            memcmp(entry->name, name, length) == 0) {
            place->offset = at;
            place->previous = previous;
            return 0;
        }
        previous = at;
    }
    return ENOENT;
}

int directory_find(struct ext4 *fs, struct node *directory, const char *name, size_t length,
                   struct place *place, uint32_t *inode, uint8_t *kind)
{
    struct buffer *buffer;
    int error = ENOENT;

    if (!LINUX_S_ISDIR(directory->inode.i_mode))
        return ENOTDIR;
    if (length > EXT4_NAME_MAX)
        return ENAMETOOLONG;
    if (htree_is(fs, directory) && !directory_is_dots(name, length)) {
        error = htree_find(fs, directory, name, length, place);
    } else {
        for (uint64_t i = 0; i < directory_blocks(fs, directory) && error == ENOENT; i++) {
            error = directory_block(fs, directory, i, &buffer);
            if (error != 0)
                return error;
            place->block = i;
            error = directory_search(fs, directory, buffer, name, length, place);
            cache_put(buffer);
        }
    }
    if (error != 0)
        return error;
    error = directory_block(fs, directory, place->block, &buffer);
    if (error == 0) {
        const struct ext2_dir_entry_2 *entry =
            (const struct ext2_dir_entry_2 *)(buffer->data + place->offset);

        *inode = entry->inode;
        *kind = entry->file_type;
        cache_put(buffer);
    }
    return error;
}

static void set_entry(struct ext2_dir_entry_2 *entry, const char *name, size_t length,
                      uint32_t inode, uint8_t kind)
{
    entry->inode = inode;
    entry->name_len = (uint8_t)length;
    entry->file_type = kind;
    memcpy(entry->name, name, length);
}

int directory_put(struct ext4 *fs, struct node *directory, struct buffer *buffer,
                  const char *name, size_t length, uint32_t inode, uint8_t kind)
{
    uint32_t need = ENTRY_BYTES((uint32_t)length), size;
    int error;

    for (uint32_t at = 0; at < directory_room(fs); at += size) {
        struct ext2_dir_entry_2 *entry = directory_at(fs, buffer, at, &size);
        uint32_t used;

        if (entry == NULL)
            return ext4_damaged(fs, directory->number, "an entry of a directory");
        used = entry->inode == 0 ? 0 : ENTRY_BYTES(entry->name_len);
        if (size - used < need || at + size > directory_room(fs))
            continue;
        error = journal_touch(fs, buffer);
        if (error != 0)
            return error;
        if (used > 0) {
            entry->rec_len = (uint16_t)used;
            entry = (struct ext2_dir_entry_2 *)(buffer->data + at + used);
            entry->rec_len = (uint16_t)(size - used);
        }
        set_entry(entry, name, length, inode, kind);
        return directory_seal(fs, directory, buffer);
    }
    return ENOSPC;
}

static int add_linear(struct ext4 *fs, struct node *directory, const char *name, size_t length,
                      uint32_t inode, uint8_t kind)
{
    uint64_t blocks = directory_blocks(fs, directory), block;
    struct buffer *buffer;
    int error;

    for (uint64_t i = 0; i < blocks; i++) {
        error = directory_block(fs, directory, i, &buffer);
        if (error != 0)
            return error;
        error = directory_put(fs, directory, buffer, name, length, inode, kind);
        cache_put(buffer);
        if (error != ENOSPC)
            return error;
    }
    if (blocks == 1 && ext2fs_has_feature_dir_index(fs->lib->super)) {
        error = htree_make(fs, directory);
        return error != 0 ? error : htree_add(fs, directory, name, length, inode, kind);
    }
    error = directory_grow(fs, directory, &block, &buffer);
    if (error != 0)
        return error;
    error = directory_put(fs, directory, buffer, name, length, inode, kind);
    cache_put(buffer);
    return error;
}

int directory_add(struct ext4 *fs, struct node *directory, const char *name, size_t length,
                  uint32_t inode, uint8_t kind)
{
    int error = htree_is(fs, directory)
                    ? htree_add(fs, directory, name, length, inode, kind)
                    : add_linear(fs, directory, name, length, inode, kind);

    if (error != 0)
        return error;
    node_stamp(fs, directory, TIME_MODIFIED | TIME_CHANGED);
    return node_write(fs, directory, true);
}

int directory_delete(struct ext4 *fs, struct node *directory, const struct place *place)
{
    struct ext2_dir_entry_2 *entry, *previous;
    struct buffer *buffer;
    int error = directory_block(fs, directory, place->block, &buffer);

    if (error != 0)
        return error;
    error = journal_touch(fs, buffer);
    if (error == 0) {
        entry = (struct ext2_dir_entry_2 *)(buffer->data + place->offset);
        if (place->previous != UINT32_MAX) {
            previous = (struct ext2_dir_entry_2 *)(buffer->data + place->previous);
            previous->rec_len = (uint16_t)(previous->rec_len + entry->rec_len);
        }
        entry->inode = 0;
        error = directory_seal(fs, directory, buffer);
    }
    cache_put(buffer);
    if (error != 0)
        return error;
    node_stamp(fs, directory, TIME_MODIFIED | TIME_CHANGED);
    return node_write(fs, directory, true);
}

int directory_point(struct ext4 *fs, struct node *directory, const struct place *place,
                    uint32_t inode, uint8_t kind)
{
    struct buffer *buffer;
    int error = directory_block(fs, directory, place->block, &buffer);

    if (error != 0)
        return error;
    error = journal_touch(fs, buffer);
    if (error == 0) {
        struct ext2_dir_entry_2 *entry = (struct ext2_dir_entry_2 *)(buffer->data + place->offset);

        entry->inode = inode;
        entry->file_type = kind;
        error = directory_seal(fs, directory, buffer);
    }
    cache_put(buffer);
    if (error != 0)
        return error;
    node_stamp(fs, directory, TIME_MODIFIED | TIME_CHANGED);
    return node_write(fs, directory, true);
}

int directory_make(struct ext4 *fs, struct node *directory, uint32_t parent)
{
    struct ext2_dir_entry_2 *entry;
    struct buffer *buffer;
    uint64_t block;
    int error = directory_grow(fs, directory, &block, &buffer);

    if (error != 0)
        return error;
    entry = (struct ext2_dir_entry_2 *)buffer->data;
    set_entry(entry, ".", 1, directory->number, EXT2_FT_DIR);
    entry->rec_len = ENTRY_BYTES(1);
    entry = (struct ext2_dir_entry_2 *)(buffer->data + ENTRY_BYTES(1));
    set_entry(entry, "..", 2, parent, EXT2_FT_DIR);
    entry->rec_len = (uint16_t)(directory_room(fs) - ENTRY_BYTES(1));
    error = directory_seal(fs, directory, buffer);
    cache_put(buffer);
    return error;
}

int directory_empty(struct ext4 *fs, struct node *directory, bool *empty)
{
    *empty = true;
    for (uint64_t i = 0; i < directory_blocks(fs, directory); i++) {
        struct buffer *buffer;
        int error = directory_block(fs, directory, i, &buffer);
        uint32_t size;

        if (error != 0)
            return error;
        for (uint32_t at = 0; at < fs->block_bytes && *empty; at += size) {
            const struct ext2_dir_entry_2 *entry = directory_at(fs, buffer, at, &size);

            if (entry == NULL) {
                cache_put(buffer);
                return ext4_damaged(fs, directory->number, "an entry of a directory");
            }
            *empty = entry->inode == 0 || directory_is_dots(entry->name, entry->name_len);
        }
        cache_put(buffer);
        if (!*empty)
            return 0;
    }
    return 0;
}
