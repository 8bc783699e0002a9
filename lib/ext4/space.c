/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Free blocks and inodes. The bitmaps live in libext2fs's memory; which groups they changed in is
 * kept here, and a commit puts just those blocks into its transaction.
 *
 * Blocks that are freed stay marked in the bitmap until the commit that frees them: if they were
 * taken and written before, a loss of power would find the old file with somebody else's data.
 */
#include "fs_priv.h"

#include <stdlib.h>
#include <string.h>

static void mark_group(struct ext4 *fs, dgrp_t group, uint8_t flags)
{
    if (fs->group_flags[group] == 0)
        fs->dirty_groups++;
    fs->group_flags[group] |= flags | GROUP_DESCRIPTOR;
    fs->super_dirty = true;
    fs->touched = true;
}

/* Remember a range as freed and not to be taken before the commit. */
static void keep_freed(struct ext4 *fs, uint64_t block, uint64_t count)
{
    struct range *last = fs->freed_count > 0 ? &fs->freed[fs->freed_count - 1] : NULL;

    ext2fs_mark_block_bitmap_range2(fs->lib->block_map, block, (unsigned)count);
    fs->freed_blocks += count;
    if (last != NULL && last->block + last->count == block) {
        last->count += count;
        return;
    }
    if (last != NULL && block + count == last->block) {
        last->block = block;
        last->count += count;
        return;
    }
    if (fs->freed_count == fs->freed_room) {
        uint32_t room = fs->freed_room * 2 + 64;
        struct range *more = realloc(fs->freed, room * sizeof(*more));

        if (more == NULL) {
            (void)journal_abort(fs, ENOMEM, "no memory for freed blocks");
            return;
        }
        fs->freed = more;
        fs->freed_room = room;
    }
    fs->freed[fs->freed_count++] = (struct range){block, count};
}

/* libext2fs took or gave a block, for the tree of an extent or for extended attributes. */
static void lib_changed(ext2_filsys lib, blk64_t block, int change)
{
    struct ext4 *fs = lib->io->private_data;

    mark_group(fs, ext2fs_group_of_blk2(lib, block), GROUP_BLOCKS);
    kept_note(fs, change < 0 ? KEPT_GIVE : KEPT_TAKE, block, 1);
    if (change < 0) {
        journal_forget(fs, block);
        keep_freed(fs, block, 1);
    }
}

static errcode_t lib_take(ext2_filsys lib, blk64_t goal, blk64_t *result)
{
    uint64_t first = lib->super->s_first_data_block, blocks = ext2fs_blocks_count(lib->super);

    if (goal < first || goal >= blocks)
        goal = first;
    if (ext2fs_find_first_zero_block_bitmap2(lib->block_map, goal, blocks - 1, result) == 0)
        return 0;
    if (ext2fs_find_first_zero_block_bitmap2(lib->block_map, first, goal, result) == 0)
        return 0;
    return EXT2_ET_BLOCK_ALLOC_FAIL;
}

int space_init(struct ext4 *fs)
{
    fs->group_flags = calloc(fs->lib->group_desc_count, 1);
    if (fs->group_flags == NULL)
        return ENOMEM;
    ext2fs_set_block_alloc_stats_callback(fs->lib, lib_changed, NULL);
    ext2fs_set_alloc_block_callback(fs->lib, lib_take, NULL);
    return 0;
}

void space_free(struct ext4 *fs)
{
    free(fs->group_flags);
    free(fs->freed);
}

uint32_t space_credits(const struct ext4 *fs)
{
    return 3 * fs->dirty_groups + 1;
}

uint64_t space_now(const struct ext4 *fs)
{
    uint64_t free = ext2fs_free_blocks_count(fs->lib->super);

    return free > fs->freed_blocks ? free - fs->freed_blocks : 0;
}

static void changed(struct ext4 *fs, uint64_t block, uint64_t count)
{
    dgrp_t last = ext2fs_group_of_blk2(fs->lib, block + count - 1);

    for (dgrp_t group = ext2fs_group_of_blk2(fs->lib, block); group <= last; group++)
        mark_group(fs, group, GROUP_BLOCKS);
}

int space_take(struct ext4 *fs, uint64_t goal, uint64_t *block, uint64_t *count)
{
    blk64_t found, end, last = ext2fs_blocks_count(fs->lib->super) - 1;

    if (lib_take(fs->lib, goal, &found) != 0)
        return ENOSPC;
    end = found + *count - 1 < last ? found + *count - 1 : last;
    if (end > found &&
        ext2fs_find_first_set_block_bitmap2(fs->lib->block_map, found, end, &end) == 0)
        end--;
    *block = found;
    *count = end - found + 1;
    ext2fs_block_alloc_stats_range(fs->lib, found, (blk_t)*count, +1);
    changed(fs, found, *count);
    kept_note(fs, KEPT_TAKE, found, (uint32_t)*count);
    return 0;
}

int space_give(struct ext4 *fs, uint64_t block, uint64_t count)
{
    uint64_t first = fs->lib->super->s_first_data_block, end = ext2fs_blocks_count(fs->lib->super);

    if (block < first || count > end - first || block > end - count || count == 0)
        return ext4_damaged(fs, 0, "blocks of a file");
    for (uint64_t i = 0; i < count; i++) {
        if (!ext2fs_fast_test_block_bitmap2(fs->lib->block_map, block + i))
            return ext4_damaged(fs, 0, "a block is freed twice");
    }
    for (uint64_t i = 0; i < count; i++)
        journal_forget(fs, block + i);
    ext2fs_block_alloc_stats_range(fs->lib, block, (blk_t)count, -1);
    changed(fs, block, count);
    kept_note(fs, KEPT_GIVE, block, (uint32_t)count);
    keep_freed(fs, block, count);
    return 0;
}

int space_take_inode(struct ext4 *fs, uint32_t parent, bool directory, uint32_t *inode)
{
    ext2_ino_t number;
    errcode_t error = ext2fs_new_inode(fs->lib, parent, 0, fs->lib->inode_map, &number);

    if (error != 0)
        return ext4_error(error);
    ext2fs_inode_alloc_stats2(fs->lib, number, +1, directory);
    mark_group(fs, (dgrp_t)ext2fs_group_of_ino(fs->lib, number), GROUP_INODES | GROUP_BLOCKS);
    kept_note(fs, directory ? KEPT_TAKE_DIRECTORY : KEPT_TAKE_INODE, number, 1);
    *inode = number;
    return 0;
}

int space_give_inode(struct ext4 *fs, uint32_t inode, bool directory)
{
    ext2fs_inode_alloc_stats2(fs->lib, inode, -1, directory);
    mark_group(fs, (dgrp_t)ext2fs_group_of_ino(fs->lib, inode), GROUP_INODES);
    kept_note(fs, directory ? KEPT_GIVE_DIRECTORY : KEPT_GIVE_INODE, inode, 1);
    return 0;
}

int space_retake(struct ext4 *fs, uint64_t block, uint64_t count)
{
    uint64_t first = fs->lib->super->s_first_data_block, end = ext2fs_blocks_count(fs->lib->super);

    if (block < first || count == 0 || count > end - first || block > end - count)
        return EUCLEAN;
    for (uint64_t i = 0; i < count; i++)
        if (ext2fs_fast_test_block_bitmap2(fs->lib->block_map, block + i))
            return EUCLEAN;
    ext2fs_block_alloc_stats_range(fs->lib, block, (blk_t)count, +1);
    changed(fs, block, count);
    return 0;
}

int space_retake_inode(struct ext4 *fs, uint64_t inode, bool directory)
{
    if (inode == 0 || inode > fs->lib->super->s_inodes_count ||
        ext2fs_test_inode_bitmap2(fs->lib->inode_map, (ext2_ino_t)inode))
        return EUCLEAN;
    ext2fs_inode_alloc_stats2(fs->lib, (ext2_ino_t)inode, +1, directory);
    mark_group(fs, (dgrp_t)ext2fs_group_of_ino(fs->lib, (ext2_ino_t)inode),
               GROUP_INODES | GROUP_BLOCKS);
    return 0;
}

bool space_is_free(const struct ext4 *fs, uint64_t block)
{
    if (!ext2fs_fast_test_block_bitmap2(fs->lib->block_map, block))
        return true;
    for (uint32_t i = 0; i < fs->freed_count; i++)
        if (block - fs->freed[i].block < fs->freed[i].count)
            return true;
    return false;
}

/* The blocks that are free once this transaction is committed. */
static void release_freed(struct ext4 *fs)
{
    for (uint32_t i = 0; i < fs->freed_count; i++) {
        struct range *range = &fs->freed[i];

        for (uint64_t done = 0; done < range->count; done += 1u << 20) {
            uint64_t piece = range->count - done;

            ext2fs_unmark_block_bitmap_range2(fs->lib->block_map, range->block + done,
                                              (unsigned)(piece < 1u << 20 ? piece : 1u << 20));
        }
    }
    fs->freed_count = 0;
    fs->freed_blocks = 0;
}

static int put_block_bitmap(struct ext4 *fs, dgrp_t group)
{
    uint64_t first = ext2fs_group_first_block2(fs->lib, group);
    uint64_t count = ext2fs_group_last_block2(fs->lib, group) - first + 1;
    struct buffer *buffer;
    int error = cache_get(&fs->cache, ext2fs_block_bitmap_loc(fs->lib, group), CACHE_NEW, &buffer);

    if (error != 0)
        return error;
    error = journal_touch(fs, buffer);
    /* What lies behind the group is marked as used. */
    memset(buffer->data, 0xff, fs->block_bytes);
    if (error == 0)
        error = ext4_error(ext2fs_get_block_bitmap_range2(fs->lib->block_map, first, count & ~7ul,
                                                          buffer->data));
    for (uint64_t i = count & ~7ul; i < count && error == 0; i++)
        if (!ext2fs_fast_test_block_bitmap2(fs->lib->block_map, first + i))
            buffer->data[i / 8] &= (uint8_t)~(1u << i % 8);
    (void)ext2fs_block_bitmap_csum_set(fs->lib, group, (char *)buffer->data,
                                       (int)fs->lib->super->s_clusters_per_group / 8);
    cache_put(buffer);
    return error;
}

static int put_inode_bitmap(struct ext4 *fs, dgrp_t group)
{
    uint32_t count = fs->lib->super->s_inodes_per_group;
    struct buffer *buffer;
    int error = cache_get(&fs->cache, ext2fs_inode_bitmap_loc(fs->lib, group), CACHE_NEW, &buffer);

    if (error != 0)
        return error;
    error = journal_touch(fs, buffer);
    memset(buffer->data, 0xff, fs->block_bytes);
    if (error == 0)
        error = ext4_error(ext2fs_get_inode_bitmap_range2(fs->lib->inode_map,
                                                          (uint64_t)group * count + 1, count,
                                                          buffer->data));
    (void)ext2fs_inode_bitmap_csum_set(fs->lib, group, (char *)buffer->data, (int)count / 8);
    cache_put(buffer);
    return error;
}

/* One block of descriptors. */
static int put_descriptors(struct ext4 *fs, uint32_t index)
{
    blk64_t block =
        ext2fs_descriptor_block_loc2(fs->lib, fs->lib->super->s_first_data_block, index);
    struct buffer *buffer;
    int error = cache_get(&fs->cache, block, CACHE_NEW, &buffer);

    if (error != 0)
        return error;
    error = journal_touch(fs, buffer);
    memcpy(buffer->data, (char *)fs->lib->group_desc + (size_t)index * fs->block_bytes,
           fs->block_bytes);
    cache_put(buffer);
    return error;
}

/* The superblock into its buffer. */
static int put_super(struct ext4 *fs, struct buffer **result)
{
    struct ext2_super_block *super = fs->lib->super;
    struct buffer *buffer;
    int error = meta_get(fs, 1024 / fs->block_bytes, &buffer);

    if (error != 0)
        return error;
    super->s_wtime = (uint32_t)fs->device.now(fs->device.self).seconds;
    (void)ext2fs_superblock_csum_set(fs->lib, super);
    memcpy(buffer->data + 1024 % fs->block_bytes, super, sizeof(*super));
    *result = buffer;
    return 0;
}

int space_write_super(struct ext4 *fs)
{
    struct buffer *buffer;
    struct ext4_io io;
    int error = put_super(fs, &buffer);

    if (error != 0)
        return error;
    io = (struct ext4_io){buffer->block * fs->block_bytes, fs->block_bytes, buffer->data, 0};
    error = fs->device.write(fs->device.self, &io, 1);
    cache_put(buffer);
    return error != 0 ? error : fs->device.flush(fs->device.self);
}

static int put_group(struct ext4 *fs, dgrp_t group)
{
    uint8_t flags = fs->group_flags[group];
    int error = 0;

    if ((flags & GROUP_BLOCKS) != 0)
        error = put_block_bitmap(fs, group);
    if (error == 0 && (flags & GROUP_INODES) != 0)
        error = put_inode_bitmap(fs, group);
    ext2fs_group_desc_csum_set(fs->lib, group);
    fs->group_flags[group] = 0;
    return error;
}

int space_flush(struct ext4 *fs)
{
    uint32_t per_block = EXT2_DESC_PER_BLOCK(fs->lib->super);
    uint32_t written = UINT32_MAX;
    struct buffer *buffer;
    int error = 0;

    release_freed(fs);
    /* Descriptors come last in each block of them: their checksums depend on the bitmaps. */
    for (dgrp_t group = 0; group < fs->lib->group_desc_count && fs->dirty_groups > 0; group++) {
        dgrp_t end = (group / per_block + 1) * per_block;

        if (fs->group_flags[group] == 0)
            continue;
        for (; group < end && group < fs->lib->group_desc_count && error == 0; group++) {
            if (fs->group_flags[group] != 0) {
                error = put_group(fs, group);
                fs->dirty_groups--;
            }
        }
        written = end / per_block - 1;
        if (error == 0)
            error = put_descriptors(fs, written);
        if (error != 0)
            return error;
        group--;
    }
    if (!fs->super_dirty && written == UINT32_MAX)
        return 0;
    error = put_super(fs, &buffer);
    if (error != 0)
        return error;
    error = journal_touch(fs, buffer);
    cache_put(buffer);
    fs->super_dirty = false;
    return error;
}
