/* SPDX-License-Identifier: BSD-2-Clause */
/* Which blocks of the disk a file has: extents, by libext2fs. */
#include "fs_priv.h"

#include <string.h>

#define WRITTEN_MAX   32768u /* blocks in an extent */
#define UNWRITTEN_MAX 32767u
#define DEPTH_MAX     5u

uint64_t map_limit(const struct ext4 *fs)
{
    (void)fs;
    return UINT32_MAX; /* the last block number of a file is one less */
}

void map_forget(struct node *node)
{
    memset(node->runs, 0, sizeof(node->runs));
}

/* Without extents, as before ext4: for reading only, a block at a time. */
static int find_indirect(struct ext4 *fs, struct node *node, uint64_t first, struct run *run)
{
    blk64_t block = 0;
    errcode_t error = ext2fs_bmap2(fs->lib, node->number, node_inode(node), NULL, 0, first, NULL,
                                   &block);

    if (error != 0)
        return ext4_error(error);
    if (block >= ext2fs_blocks_count(fs->lib->super))
        return ext4_damaged(fs, node->number, "blocks");
    *run = (struct run){first, 1, block, false};
    return 0;
}

static int open_tree(struct ext4 *fs, struct node *node, ext2_extent_handle_t *tree)
{
    const struct ext3_extent_header *root = (const struct ext3_extent_header *)node->inode.i_block;

    if (root->eh_magic != 0 && root->eh_depth > DEPTH_MAX)
        return ext4_damaged(fs, node->number, "depth of extents");
    return ext4_error(ext2fs_extent_open2(fs->lib, node->number, node_inode(node), tree));
}

static bool sound(const struct ext4 *fs, const struct ext2fs_extent *extent)
{
    uint64_t blocks = ext2fs_blocks_count(fs->lib->super);

    return extent->e_len > 0 && extent->e_len <= WRITTEN_MAX && extent->e_pblk > 0 &&
           extent->e_pblk < blocks && extent->e_len <= blocks - extent->e_pblk &&
           extent->e_lblk + extent->e_len <= UINT32_MAX + 1ull;
}

/*
 * Go to the extent that holds a block, or the nearest one.
 * @return 0: `extent` holds it; ENOENT: it is in a hole, `extent` is a neighbour; ENODATA: no
 * extents
 */
static int go(struct ext4 *fs, struct node *node, ext2_extent_handle_t tree, uint64_t block,
              struct ext2fs_extent *extent)
{
    errcode_t missing = ext2fs_extent_goto(tree, block), error;

    if (missing != 0 && missing != EXT2_ET_EXTENT_NOT_FOUND)
        return ext4_error(missing);
    error = ext2fs_extent_get(tree, EXT2_EXTENT_CURRENT, extent);
    if (error == EXT2_ET_NO_CURRENT_NODE)
        return ENODATA;
    if (error != 0)
        return ext4_error(error);
    if (!(extent->e_flags & EXT2_EXTENT_FLAGS_LEAF) || !sound(fs, extent))
        return ext4_damaged(fs, node->number, "extents");
    return missing == 0 ? 0 : ENOENT;
}

/* The hole around a block: up to the next extent. */
static int hole(struct ext4 *fs, struct node *node, ext2_extent_handle_t tree, uint64_t first,
                const struct ext2fs_extent *near, struct run *run)
{
    struct ext2fs_extent next;
    uint64_t end = map_limit(fs);
    errcode_t error = 0;

    if (near != NULL && near->e_lblk > first) {
        end = near->e_lblk;
    } else if (near != NULL) {
        unsigned steps = 0;

        /* From the end of a leaf, libext2fs first goes through it again. */
        do {
            error = ext2fs_extent_get(tree, EXT2_EXTENT_NEXT_LEAF, &next);
        } while (error == 0 && next.e_lblk <= first && ++steps < fs->block_bytes / 6);
        if (error == 0 && next.e_lblk <= first)
            return ext4_damaged(fs, node->number, "order of extents");
        if (error == 0)
            end = next.e_lblk;
        if (error != 0 && error != EXT2_ET_EXTENT_NO_NEXT)
            return ext4_error(error);
    }
    if (end <= first)
        return ext4_damaged(fs, node->number, "extents");
    *run = (struct run){first, end - first, 0, false};
    return 0;
}

static int find_extent(struct ext4 *fs, struct node *node, uint64_t first, struct run *run)
{
    struct ext2fs_extent extent;
    ext2_extent_handle_t tree;
    int error = open_tree(fs, node, &tree);

    if (error != 0)
        return error;
    error = go(fs, node, tree, first, &extent);
    if (error == 0)
        *run = (struct run){extent.e_lblk, extent.e_len, extent.e_pblk,
                            (extent.e_flags & EXT2_EXTENT_FLAGS_UNINIT) != 0};
    else if (error == ENOENT || error == ENODATA)
        error = hole(fs, node, tree, first, error == ENOENT ? &extent : NULL, run);
    ext2fs_extent_free(tree);
    return error;
}

int map_find(struct ext4 *fs, struct node *node, uint64_t first, struct run *run)
{
    int error;

    for (unsigned i = 0; i < NODE_RUNS; i++) {
        if (first - node->runs[i].first < node->runs[i].count) {
            *run = node->runs[i];
            return 0;
        }
    }
    if (first >= map_limit(fs))
        return EFBIG;
    if ((node->inode.i_flags & EXT4_EXTENTS_FL) != 0)
        error = find_extent(fs, node, first, run);
    else
        error = find_indirect(fs, node, first, run);
    if (error == 0)
        node->runs[node->run_next++ % NODE_RUNS] = *run;
    return error;
}

/* Where new blocks should be: behind those before them, or in the group of the inode. */
static uint64_t goal(struct ext4 *fs, struct node *node, const struct ext2fs_extent *near,
                     uint64_t first)
{
    dgrp_t group;

    if (near != NULL && near->e_lblk < first)
        return near->e_pblk + (first - near->e_lblk);
    if (near != NULL)
        return near->e_pblk > near->e_lblk - first ? near->e_pblk - (near->e_lblk - first) : 0;
    group = (dgrp_t)ext2fs_group_of_ino(fs->lib, node->number);
    return ext2fs_group_first_block2(fs->lib, group) + (node->number % 16) * 64;
}

/* Enter new blocks into the tree: as part of the extent before them, or as one of their own. */
static int enter(ext2_extent_handle_t tree, const struct ext2fs_extent *near, const struct run *run)
{
    uint32_t flags = run->unwritten ? EXT2_EXTENT_FLAGS_UNINIT : 0;
    struct ext2fs_extent extent = {.e_lblk = run->first,
                                   .e_pblk = run->block,
                                   .e_len = (uint32_t)run->count,
                                   .e_flags = flags | EXT2_EXTENT_FLAGS_LEAF};
    errcode_t error;

    if (near != NULL && near->e_lblk + near->e_len == run->first &&
        near->e_pblk + near->e_len == run->block &&
        (near->e_flags & EXT2_EXTENT_FLAGS_UNINIT) == flags &&
        near->e_len + run->count <= (run->unwritten ? UNWRITTEN_MAX : WRITTEN_MAX)) {
        extent = *near;
        extent.e_len += (uint32_t)run->count;
        return ext4_error(ext2fs_extent_replace(tree, 0, &extent));
    }
    error = ext2fs_extent_insert(
        tree, near != NULL && near->e_lblk < run->first ? EXT2_EXTENT_INSERT_AFTER : 0, &extent);
    if (error == 0)
        error = ext2fs_extent_fix_parents(tree);
    return ext4_error(error);
}

int map_fill(struct ext4 *fs, struct node *node, uint64_t first, uint64_t count, bool unwritten,
             struct run *run)
{
    struct ext2fs_extent extent, *near = &extent;
    ext2_extent_handle_t tree;
    int error;

    if ((node->inode.i_flags & EXT4_EXTENTS_FL) == 0)
        return EOPNOTSUPP;
    error = open_tree(fs, node, &tree);
    if (error != 0)
        return error;
    error = go(fs, node, tree, first, &extent);
    if (error == ENODATA)
        near = NULL;
    if (error == 0) { /* it is not a hole: the caller was misled by damage */
        ext2fs_extent_free(tree);
        return ext4_damaged(fs, node->number, "extents");
    }
    if (error == ENODATA || error == ENOENT) {
        run->first = first;
        run->count = count < UNWRITTEN_MAX ? count : UNWRITTEN_MAX;
        run->unwritten = unwritten;
        error = space_take(fs, goal(fs, node, near, first), &run->block, &run->count);
    }
    if (error == 0)
        error = enter(tree, near, run);
    ext2fs_extent_free(tree);
    if (error == 0)
        error = ext4_error(ext2fs_iblk_add_blocks(fs->lib, node_inode(node), run->count));
    map_forget(node);
    return error;
}

int map_written(struct ext4 *fs, struct node *node, const struct run *run)
{
    ext2_extent_handle_t tree;
    int error = open_tree(fs, node, &tree);

    if (error != 0)
        return error;
    for (uint64_t i = 0; i < run->count && error == 0; i++)
        error = ext4_error(ext2fs_extent_set_bmap(tree, run->first + i, run->block + i, 0));
    ext2fs_extent_free(tree);
    map_forget(node);
    return error;
}

/* Take `count` blocks, from `from` on, out of the extent that the tree is at. */
static int shrink(ext2_extent_handle_t tree, struct ext2fs_extent extent, uint32_t from,
                  uint32_t count)
{
    uint32_t rest = extent.e_len - from - count;
    struct ext2fs_extent behind = extent;
    errcode_t error = 0;

    if (from == 0 && rest == 0) {
        error = ext2fs_extent_delete(tree, 0);
        if (error == 0)
            error = ext2fs_extent_fix_parents(tree);
        return error == EXT2_ET_NO_CURRENT_NODE ? 0 : ext4_error(error);
    }
    behind.e_lblk += from + count;
    behind.e_pblk += from + count;
    behind.e_len = rest;
    extent.e_len = from;
    error = ext2fs_extent_replace(tree, 0, from != 0 ? &extent : &behind);
    if (error == 0 && from != 0 && rest != 0)
        error = ext2fs_extent_insert(tree, EXT2_EXTENT_INSERT_AFTER, &behind);
    if (error == 0)
        error = ext2fs_extent_fix_parents(tree);
    return ext4_error(error);
}

int map_cut(struct ext4 *fs, struct node *node, uint64_t first, uint64_t end, bool *more)
{
    struct ext2fs_extent extent;
    ext2_extent_handle_t tree;
    uint64_t from, to;
    int error;

    *more = false;
    if (first >= end)
        return 0;
    if ((node->inode.i_flags & EXT4_EXTENTS_FL) == 0)
        return EOPNOTSUPP;
    error = open_tree(fs, node, &tree);
    if (error != 0)
        return error;
    error = go(fs, node, tree, end - 1, &extent);
    if ((error != 0 && error != ENOENT) || extent.e_lblk >= end ||
        extent.e_lblk + extent.e_len <= first) {
        ext2fs_extent_free(tree);
        return error == ENOENT || error == ENODATA ? 0 : error;
    }
    from = extent.e_lblk > first ? extent.e_lblk : first;
    to = extent.e_lblk + extent.e_len < end ? extent.e_lblk + extent.e_len : end;
    map_forget(node);
    error = shrink(tree, extent, (uint32_t)(from - extent.e_lblk), (uint32_t)(to - from));
    ext2fs_extent_free(tree);
    if (error == 0)
        error = space_give(fs, extent.e_pblk + (from - extent.e_lblk), to - from);
    if (error == 0)
        error = ext4_error(ext2fs_iblk_sub_blocks(fs->lib, node_inode(node), to - from));
    *more = error == 0 && from > first;
    return error;
}
