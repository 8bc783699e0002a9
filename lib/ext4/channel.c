/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How libext2fs reaches the disk: an io_manager whose blocks are those of the cache. Whatever it
 * writes is metadata, and so joins the running transaction.
 */
#include "fs_priv.h"

#include <stdlib.h>
#include <string.h>

/* The name that libext2fs is given to open is the address of the file system. */
static errcode_t channel_open(const char *name, int flags, io_channel *channel)
{
    io_channel io = calloc(1, sizeof(*io));
    char *copy = strdup(name);
    unsigned long address = strtoul(name, NULL, 16);

    (void)flags;
    if (io == NULL || copy == NULL) {
        free(io);
        free(copy);
        return EXT2_ET_NO_MEMORY;
    }
    io->magic = EXT2_ET_MAGIC_IO_CHANNEL;
    io->manager = &channel_manager;
    io->name = copy;
    io->block_size = 1024;
    io->refcount = 1;
    io->private_data = (void *)address;
    *channel = io;
    return 0;
}

static errcode_t channel_close(io_channel io)
{
    if (--io->refcount > 0)
        return 0;
    free(io->name);
    free(io);
    return 0;
}

static errcode_t channel_set_block_size(io_channel io, int size)
{
    io->block_size = size;
    return 0;
}

/* Where a request lies: bytes on the disk. @return false: not on it */
static bool channel_range(io_channel io, unsigned long long block, int count, uint64_t *start,
                          uint64_t *size)
{
    struct ext4 *fs = io->private_data;
    uint64_t bytes = fs->device.bytes;

    *size = count < 0 ? (uint64_t)-(int64_t)count : (uint64_t)count * (unsigned)io->block_size;
    if (block > bytes / (unsigned)io->block_size)
        return false;
    *start = block * (unsigned)io->block_size;
    return *start <= bytes && *size <= bytes - *start;
}

static errcode_t channel_read(io_channel io, unsigned long long block, int count, void *data)
{
    struct ext4 *fs = io->private_data;
    uint64_t start, size;
    uint8_t *to = data;

    if (!channel_range(io, block, count, &start, &size))
        return EXT2_ET_SHORT_READ;
    while (size > 0) {
        uint32_t within = (uint32_t)(start % fs->block_bytes), piece = fs->block_bytes - within;
        struct buffer *buffer;
        int error = cache_get(&fs->cache, start / fs->block_bytes, CACHE_READ, &buffer);

        if (error != 0)
            return error;
        if (piece > size)
            piece = (uint32_t)size;
        memcpy(to, buffer->data + within, piece);
        cache_put(buffer);
        to += piece;
        start += piece;
        size -= piece;
    }
    return 0;
}

static errcode_t channel_write(io_channel io, unsigned long long block, int count, const void *data)
{
    struct ext4 *fs = io->private_data;
    uint64_t start, size;
    const uint8_t *from = data;

    if (!channel_range(io, block, count, &start, &size))
        return EXT2_ET_SHORT_WRITE;
    if (!fs->in_operation)
        return EXT2_ET_RO_FILSYS;
    while (size > 0) {
        uint32_t within = (uint32_t)(start % fs->block_bytes), piece = fs->block_bytes - within;
        struct buffer *buffer;
        int error;

        if (piece > size)
            piece = (uint32_t)size;
        error = cache_get(&fs->cache, start / fs->block_bytes,
                          piece == fs->block_bytes ? CACHE_NEW : CACHE_READ, &buffer);
        if (error != 0)
            return error;
        error = journal_touch(fs, buffer);
        if (error == 0)
            memcpy(buffer->data + within, from, piece);
        cache_put(buffer);
        if (error != 0)
            return error;
        from += piece;
        start += piece;
        size -= piece;
    }
    return 0;
}

static errcode_t channel_read_32(io_channel io, unsigned long block, int count, void *data)
{
    return channel_read(io, block, count, data);
}

static errcode_t channel_write_32(io_channel io, unsigned long block, int count, const void *data)
{
    return channel_write(io, block, count, data);
}

static errcode_t channel_flush(io_channel io)
{
    (void)io;
    return 0;
}

struct struct_io_manager channel_manager = {
    .magic = EXT2_ET_MAGIC_IO_MANAGER,
    .name = "cache",
    .open = channel_open,
    .close = channel_close,
    .set_blksize = channel_set_block_size,
    .read_blk = channel_read_32,
    .write_blk = channel_write_32,
    .flush = channel_flush,
    .read_blk64 = channel_read,
    .write_blk64 = channel_write,
};
