/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages of files in the cache, for others to see. */
#include "fs_priv.h"

#include <string.h>

#define PAGE_BYTES 4096u

static int show_page(struct ext4 *fs, struct node *node, uint64_t page, const uint8_t **data,
                     uint32_t *size)
{
    uint64_t left = node_size(node) - page * fs->block_bytes;
    struct buffer *buffer;
    struct run run;
    int error = map_find(fs, node, page, &run);

    if (error == 0 && (run.block == 0 || run.unwritten))
        error = EOPNOTSUPP;
    if (error == 0)
        error = cache_get(&fs->cache, run.block + (page - run.first), CACHE_READ, &buffer);
    if (error != 0)
        return error;
    if (buffer->state == BUFFER_META || buffer->state == BUFFER_LOGGED)
        error = ext4_damaged(fs, node->number, "a block is data and metadata");
    *size = left < fs->block_bytes ? (uint32_t)left : fs->block_bytes;
    *data = buffer->data;
    if (error == 0) {
        /* Whatever the disk has behind the end of the file is not for everybody. */
        memset(buffer->data + *size, 0, fs->block_bytes - *size);
        cache_show(buffer);
    }
    cache_put(buffer);
    return error;
}

int ext4_map(struct ext4 *fs, struct ext4_handle file, uint64_t page, const uint8_t **data,
             uint32_t *size)
{
    struct node *node;
    int error = node_get(fs, file, &node);

    if (error != 0)
        return error;
    if (!LINUX_S_ISREG(node->inode.i_mode))
        error = LINUX_S_ISDIR(node->inode.i_mode) ? EISDIR : EINVAL;
    else if (fs->block_bytes != PAGE_BYTES || fs->cache.hide == NULL)
        error = EOPNOTSUPP;
    else if (page >= (node_size(node) + fs->block_bytes - 1) >> fs->block_shift)
        error = ENXIO;
    else
        error = show_page(fs, node, page, data, size);
    node_put(fs, node);
    return error;
}
