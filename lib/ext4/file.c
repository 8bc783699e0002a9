/* SPDX-License-Identifier: BSD-2-Clause */
/* The contents of files. */
#include "fs_priv.h"

#include <string.h>

#define CUT_CREDITS   24u
#define WRITE_CREDITS 40u
#define WRITE_BLOCKS  64u /* new blocks in one transaction's step */
#define AHEAD_MAX     CACHE_BATCH
#define SEEK_STEPS    (1u << 20)

static int regular(const struct node *node)
{
    if (LINUX_S_ISDIR(node->inode.i_mode))
        return EISDIR;
    return LINUX_S_ISREG(node->inode.i_mode) ? 0 : EINVAL;
}

static int changeable(const struct node *node)
{
    int error = regular(node);

    if (error == 0 && (node->inode.i_flags & EXT2_IMMUTABLE_FL) != 0)
        error = EPERM;
    return error;
}

/*
 * A block is missing. Who reads on where he stopped gets more than he asked for, more each time;
 * what is wanted anyway comes in one go.
 */
static void read_ahead(struct ext4 *fs, struct node *node, uint64_t offset, size_t left)
{
    uint64_t at = offset >> fs->block_shift, end = (node_size(node) - 1) >> fs->block_shift;
    uint64_t wanted = ((offset + left - 1) >> fs->block_shift) - at + 1;
    struct run run;

    if (offset == node->next_read)
        node->ahead = node->ahead < wanted ? (uint32_t)(2 * wanted) : 2 * node->ahead;
    else
        node->ahead = (uint32_t)wanted;
    if (node->ahead > AHEAD_MAX)
        node->ahead = AHEAD_MAX;
    if (end >= at + node->ahead)
        end = at + node->ahead - 1;
    while (at <= end) {
        uint64_t count = end - at + 1;

        if (map_find(fs, node, at, &run) != 0)
            return;
        if (run.first + run.count - at < count)
            count = run.first + run.count - at;
        if (run.block != 0 && !run.unwritten)
            cache_read_ahead(&fs->cache, run.block + (at - run.first), (uint32_t)count);
        at += count;
    }
}

static const uint8_t zeros[4096];

static int copy_out(struct ext4 *fs, void *to, const void *from, size_t size)
{
    if (fs->options.copy != NULL)
        return fs->options.copy(to, from, size) ? 0 : EFAULT;
    memcpy(to, from, size);
    return 0;
}

/* Memory that is not there reads as zeros: the operation goes on, and says so at its end. */
static void copy_in(struct ext4 *fs, uint8_t *to, const uint8_t *from, size_t size)
{
    if (from == NULL)
        memset(to, 0, size);
    else if (fs->options.copy == NULL)
        memcpy(to, from, size);
    else if (!fs->options.copy(to, from, size)) {
        memset(to, 0, size);
        fs->bad_copy = true;
    }
}

/* A part of one block; `left` is what is wanted of the file from there on. */
static int read_piece(struct ext4 *fs, struct node *node, uint64_t offset, uint8_t *to, size_t size,
                      size_t left)
{
    uint64_t block = offset >> fs->block_shift;
    struct buffer *buffer;
    struct run run;
    int error = map_find(fs, node, block, &run);

    if (error != 0)
        return error;
    if (run.block == 0 || run.unwritten)
        return copy_out(fs, to, zeros, size);
    block = run.block + (block - run.first);
    buffer = cache_find(&fs->cache, block);
    if (buffer == NULL) {
        read_ahead(fs, node, offset, left);
        error = cache_get(&fs->cache, block, CACHE_READ, &buffer);
        if (error != 0)
            return error;
    }
    error = copy_out(fs, to, buffer->data + (offset & (fs->block_bytes - 1)), size);
    cache_put(buffer);
    return error;
}

/* Apart from the short way, which would pay for its many registers. */
static __attribute__((noinline)) int read_pieces(struct ext4 *fs, struct ext4_handle file,
                                                 uint64_t offset, void *to, size_t *size)
{
    size_t wanted = *size, done = 0;
    struct node *node;
    int error = node_get(fs, file, &node);

    *size = 0;
    if (error != 0)
        return error;
    error = regular(node);
    if (error == 0 && offset < node_size(node)) {
        if (wanted > node_size(node) - offset)
            wanted = (size_t)(node_size(node) - offset);
        while (done < wanted && error == 0) {
            size_t piece = fs->block_bytes - (offset & (fs->block_bytes - 1));

            if (piece > wanted - done)
                piece = wanted - done;
            error = read_piece(fs, node, offset, (uint8_t *)to + done, piece, wanted - done);
            done += error == 0 ? piece : 0;
            offset += piece;
            node->next_read = offset;
        }
    }
    node_put(fs, node);
    *size = done;
    return done > 0 ? 0 : error;
}

/* A regular file that is in memory and has a name. */
static struct node *known(struct ext4 *fs, struct ext4_handle file)
{
    struct node *node = fs->nodes[file.inode % NODES];

    while (node != NULL && node->number != file.inode)
        node = node->hash_next;
    if (node == NULL || node->inode.i_generation != file.generation ||
        node->inode.i_links_count == 0 || !LINUX_S_ISREG(node->inode.i_mode) ||
        file.inode < fs->lib->super->s_first_ino)
        return NULL;
    return node;
}

/* What most reads are: a part of one block that is in the cache, of a file that is in memory.
 * @return NULL: it is not so; not pinned: nothing else is done meanwhile */
static struct buffer *at_hand(struct ext4 *fs, struct ext4_handle file, uint64_t offset,
                              size_t size)
{
    uint64_t block = offset >> fs->block_shift, end = offset + size;
    struct node *node = known(fs, file);
    struct buffer *buffer;
    const struct run *run;

    if (node == NULL || end <= offset || (end - 1) >> fs->block_shift != block ||
        end > node_size(node))
        return NULL;
    for (run = node->runs; block - run->first >= run->count; run++)
        if (run == &node->runs[NODE_RUNS - 1])
            return NULL;
    if (run->block == 0 || run->unwritten)
        return NULL;
    buffer = cache_look(&fs->cache, run->block + (block - run->first));
    if (buffer != NULL) {
        fs->cache.hits++;
        buffer->used = node->used = true;
        node->next_read = end;
    }
    return buffer;
}

int ext4_read(struct ext4 *fs, struct ext4_handle file, uint64_t offset, void *to, size_t *size)
{
    struct buffer *buffer = at_hand(fs, file, offset, *size);
    int error;

    if (__builtin_expect(buffer == NULL, 0))
        return read_pieces(fs, file, offset, to, size);
    error = copy_out(fs, to, buffer->data + (offset & (fs->block_bytes - 1)), *size);
    if (__builtin_expect(error != 0, 0))
        *size = 0;
    return error;
}

/* Get the block of a partial write into the cache, before anything is changed. */
static int preload(struct ext4 *fs, struct node *node, uint64_t offset)
{
    uint64_t block = offset >> fs->block_shift;
    struct buffer *buffer;
    struct run run;
    int error;

    if ((offset & (fs->block_bytes - 1)) == 0)
        return 0;
    error = map_find(fs, node, block, &run);
    if (error != 0 || run.block == 0 || run.unwritten)
        return error;
    error = cache_get(&fs->cache, run.block + (block - run.first), CACHE_READ, &buffer);
    if (error == 0)
        cache_put(buffer);
    return error;
}

/* What a write puts into a part of a file: bytes, or zeros (from: NULL). */
struct piece {
    uint64_t offset, end; /* bytes of the file */
    const uint8_t *from;  /* of `offset` */
};

/* One block of it. `fresh`: the block is new, what the disk has there is nobody's. */
static int write_block(struct ext4 *fs, struct node *node, uint64_t disk_block, bool fresh,
                       struct piece *piece)
{
    uint32_t within = (uint32_t)(piece->offset & (fs->block_bytes - 1));
    uint64_t size = fs->block_bytes - within;
    struct buffer *buffer;
    int error;

    if (size > piece->end - piece->offset)
        size = piece->end - piece->offset;
    error = cache_get(&fs->cache, disk_block,
                      fresh || size == fs->block_bytes ? CACHE_NEW : CACHE_READ, &buffer);
    if (error != 0)
        return error;
    if (buffer->state == BUFFER_META || buffer->state == BUFFER_LOGGED) {
        cache_put(buffer);
        return ext4_damaged(fs, node->number, "a block is data and metadata");
    }
    if (fresh && size < fs->block_bytes)
        memset(buffer->data, 0, fs->block_bytes);
    copy_in(fs, buffer->data + within, piece->from, size);
    if (buffer->state != BUFFER_DIRTY)
        cache_move(&fs->cache, buffer, BUFFER_DIRTY);
    buffer->owner = node->number;
    buffer->ordered |= fresh;
    cache_put(buffer);
    piece->offset += size;
    piece->from += piece->from != NULL ? size : 0;
    return 0;
}

/* Blocks for the start of a piece: those that are there, or new ones. */
static int write_map(struct ext4 *fs, struct node *node, uint64_t block, uint64_t left,
                     struct run *run, bool *fresh)
{
    int error = map_find(fs, node, block, run);

    if (error != 0)
        return error;
    *fresh = run->block == 0 || run->unwritten;
    run->count -= block - run->first;
    run->block += run->block != 0 ? block - run->first : 0;
    run->first = block;
    if (run->count > left)
        run->count = left;
    if (run->block == 0)
        return map_fill(fs, node, block, run->count, false, run);
    return run->unwritten ? map_written(fs, node, run) : 0;
}

static int write_step(struct ext4 *fs, struct node *node, struct piece piece)
{
    uint64_t last = (piece.end - 1) >> fs->block_shift;
    int error = 0;

    while (piece.offset < piece.end && error == 0) {
        uint64_t block = piece.offset >> fs->block_shift;
        struct run run;
        bool fresh;

        error = write_map(fs, node, block, last - block + 1, &run, &fresh);
        for (uint64_t i = 0; error == 0 && i < run.count; i++)
            error = write_block(fs, node, run.block + i, fresh, &piece);
    }
    return error;
}

/* One step: at most WRITE_BLOCKS blocks, in one transaction. */
static int write_some(struct ext4 *fs, struct node *node, uint64_t offset, const uint8_t *from,
                      size_t size)
{
    uint64_t blocks = ((offset + size - 1) >> fs->block_shift) - (offset >> fs->block_shift) + 1;
    uint32_t count = node->inode.i_blocks;
    bool grows = offset + size > node_size(node), data;
    struct run run;
    int error = preload(fs, node, offset);

    if (error == 0 && offset + size < node_size(node))
        error = preload(fs, node, offset + size);
    if (error == 0)
        error = map_find(fs, node, offset >> fs->block_shift, &run);
    if (error != 0)
        return error;
    if (run.block != 0 && !run.unwritten &&
        run.first + run.count >= (offset >> fs->block_shift) + blocks)
        blocks = 0;
    error = journal_begin(fs, WRITE_CREDITS, blocks);
    if (error != 0)
        return error;
    fs->bad_copy = false;
    error = write_step(fs, node, (struct piece){offset, offset + size, from});
    if (error == 0 && grows)
        node_set_size(node, offset + size);
    data = grows || count != node->inode.i_blocks || run.unwritten;
    if (error == 0 && (data || !node_is_stamped(fs, node))) {
        node_stamp(fs, node, TIME_MODIFIED | TIME_CHANGED);
        error = node_write(fs, node, data);
    }
    error = journal_end(fs, error);
    return error == 0 && fs->bad_copy ? EFAULT : error;
}

/* Zero what lies behind the end of the file in its last block. */
static int clear_tail(struct ext4 *fs, struct node *node, uint64_t size)
{
    uint32_t within = (uint32_t)(size & (fs->block_bytes - 1));
    struct buffer *buffer;
    struct run run;
    int error;

    if (within == 0)
        return 0;
    error = map_find(fs, node, size >> fs->block_shift, &run);
    if (error != 0 || run.block == 0 || run.unwritten)
        return error;
    error = cache_get(&fs->cache, run.block + ((size >> fs->block_shift) - run.first), CACHE_READ,
                      &buffer);
    if (error != 0)
        return error;
    if (buffer->state == BUFFER_META || buffer->state == BUFFER_LOGGED)
        error = ext4_damaged(fs, node->number, "a block is data and metadata");
    if (error == 0) {
        memset(buffer->data + within, 0, fs->block_bytes - within);
        if (buffer->state != BUFFER_DIRTY)
            cache_move(&fs->cache, buffer, BUFFER_DIRTY);
        buffer->owner = node->number;
        buffer->ordered = true;
    }
    cache_put(buffer);
    return error;
}

int ext4_write(struct ext4 *fs, struct ext4_handle file, uint64_t offset, const void *from,
               size_t *size)
{
    size_t wanted = *size, done = 0;
    struct node *node;
    int error = node_get(fs, file, &node);

    *size = 0;
    if (error != 0)
        return error;
    error = changeable(node);
    if (error == 0 && (offset > map_limit(fs) << fs->block_shift ||
                       wanted > (map_limit(fs) << fs->block_shift) - offset))
        error = EFBIG;
    if (error == 0 && wanted > 0 && offset > node_size(node))
        error = fs->aborted != 0 || fs->read_only ? EROFS : clear_tail(fs, node, node_size(node));
    while (error == 0 && done < wanted) {
        size_t step = WRITE_BLOCKS * fs->block_bytes - (offset & (fs->block_bytes - 1));

        if (step > wanted - done)
            step = wanted - done;
        error = write_some(fs, node, offset, (const uint8_t *)from + done, step);
        done += error == 0 ? step : 0;
        offset += step;
    }
    node_put(fs, node);
    *size = done;
    return done > 0 ? 0 : error;
}

int file_cut(struct ext4 *fs, struct node *node, uint64_t size)
{
    uint64_t first = (size + fs->block_bytes - 1) >> fs->block_shift;
    bool more = true;
    int error = 0;

    while (more && error == 0) {
        error = journal_begin(fs, CUT_CREDITS, 0);
        if (error != 0)
            return error;
        error = map_cut(fs, node, first, map_limit(fs), &more);
        if (error == 0)
            error = node_write(fs, node, true);
        error = journal_end(fs, error);
    }
    return error;
}

static int set_size(struct ext4 *fs, struct node *node, uint64_t size)
{
    bool shorter = size < node_size(node);
    int error = clear_tail(fs, node, shorter ? size : node_size(node));

    if (error == 0)
        error = journal_begin(fs, 6, 0);
    if (error != 0)
        return error;
    node_set_size(node, size);
    node_stamp(fs, node, TIME_MODIFIED | TIME_CHANGED);
    error = shorter ? orphan_add(fs, node) : 0;
    if (error == 0)
        error = node_write(fs, node, true);
    error = journal_end(fs, error);
    if (error != 0 || !shorter)
        return error;
    error = file_cut(fs, node, size);
    if (error != 0 || node->inode.i_links_count == 0) /* without links it stays on the list */
        return error;
    error = journal_begin(fs, 6, 0);
    if (error == 0)
        error = journal_end(fs, orphan_remove(fs, node));
    return error;
}

int ext4_truncate(struct ext4 *fs, struct ext4_handle file, uint64_t size)
{
    struct node *node;
    int error = node_get(fs, file, &node);

    if (error != 0)
        return error;
    error = fs->aborted != 0 || fs->read_only ? EROFS : changeable(node);
    if (error == 0 && size > map_limit(fs) << fs->block_shift)
        error = EFBIG;
    if (error == 0)
        error = set_size(fs, node, size);
    node_put(fs, node);
    return error;
}

/* Zero a part of a block that exists. */
static int zero_part(struct ext4 *fs, struct node *node, uint64_t offset, uint64_t end)
{
    struct run run;
    int error;

    if (offset >= end)
        return 0;
    error = map_find(fs, node, offset >> fs->block_shift, &run);
    if (error != 0 || run.block == 0 || run.unwritten)
        return error;
    return write_some(fs, node, offset, NULL, (size_t)(end - offset));
}

static int punch(struct ext4 *fs, struct node *node, uint64_t offset, uint64_t end)
{
    uint64_t mask = fs->block_bytes - 1, first = (offset + mask) >> fs->block_shift;
    uint64_t last = end >> fs->block_shift;
    bool more = true;
    int error;

    if (end > node_size(node))
        end = node_size(node);
    if (first > last || (first << fs->block_shift) > end)
        return zero_part(fs, node, offset, end);
    error = zero_part(fs, node, offset, first << fs->block_shift);
    if (error == 0 && (last << fs->block_shift) < end)
        error = zero_part(fs, node, last << fs->block_shift, end);
    while (more && error == 0) {
        error = journal_begin(fs, CUT_CREDITS, 1);
        if (error != 0)
            return error;
        error = map_cut(fs, node, first, last, &more);
        node_stamp(fs, node, TIME_MODIFIED | TIME_CHANGED);
        if (error == 0)
            error = node_write(fs, node, true);
        error = journal_end(fs, error);
    }
    return error;
}

static int reserve(struct ext4 *fs, struct node *node, uint64_t first, uint64_t end)
{
    int error = 0;

    for (uint64_t at = first; at < end && error == 0;) {
        struct run run;
        uint64_t count;

        error = map_find(fs, node, at, &run);
        if (error != 0)
            return error;
        count = run.first + run.count - at;
        if (run.block == 0) {
            count = count < end - at ? count : end - at;
            count = count < 8192 ? count : 8192;
            error = journal_begin(fs, WRITE_CREDITS, count);
            if (error != 0)
                return error;
            error = map_fill(fs, node, at, count, true, &run);
            count = run.count;
            node_stamp(fs, node, TIME_CHANGED);
            if (error == 0)
                error = node_write(fs, node, true);
            error = journal_end(fs, error);
        }
        at += count;
    }
    return error;
}

static int allocate(struct ext4 *fs, struct node *node, unsigned mode, uint64_t offset,
                    uint64_t end)
{
    uint64_t mask = fs->block_bytes - 1;
    int error = 0;

    if ((mode & (EXT4_PUNCH_HOLE | EXT4_ZERO)) != 0)
        error = punch(fs, node, offset, end);
    if (error == 0 && (mode & EXT4_PUNCH_HOLE) == 0)
        error = reserve(fs, node, offset >> fs->block_shift, (end + mask) >> fs->block_shift);
    if (error == 0 && (mode & EXT4_KEEP_SIZE) == 0 && end > node_size(node))
        error = set_size(fs, node, end);
    return error;
}

int ext4_allocate(struct ext4 *fs, struct ext4_handle file, unsigned mode, uint64_t offset,
                  uint64_t length)
{
    struct node *node;
    int error;

    if (mode != 0 && mode != EXT4_KEEP_SIZE && mode != (EXT4_PUNCH_HOLE | EXT4_KEEP_SIZE) &&
        mode != EXT4_ZERO && mode != (EXT4_ZERO | EXT4_KEEP_SIZE))
        return EOPNOTSUPP;
    if (length == 0)
        return EINVAL;
    error = node_get(fs, file, &node);
    if (error != 0)
        return error;
    error = fs->aborted != 0 || fs->read_only ? EROFS : changeable(node);
    if (error == 0 && (offset > map_limit(fs) << fs->block_shift ||
                       length > (map_limit(fs) << fs->block_shift) - offset))
        error = EFBIG;
    if (error == 0)
        error = allocate(fs, node, mode, offset, offset + length);
    node_put(fs, node);
    return error;
}

int ext4_seek(struct ext4 *fs, struct ext4_handle file, uint64_t offset, bool want_hole,
              uint64_t *found)
{
    struct node *node;
    int error = node_get(fs, file, &node);
    uint64_t size;

    if (error != 0)
        return error;
    size = node_size(node);
    error = LINUX_S_ISDIR(node->inode.i_mode) ? EISDIR : offset >= size ? ENXIO : 0;
    for (uint32_t step = 0; error == 0; step++) {
        uint64_t block = offset >> fs->block_shift;
        struct run run = {0};

        if (offset >= size) {
            offset = size;
            error = want_hole ? 0 : ENXIO;
            break;
        }
        error = step == SEEK_STEPS ? EUCLEAN : map_find(fs, node, block, &run);
        if (error != 0 || (run.block == 0 || run.unwritten) == want_hole)
            break;
        offset = (run.first + run.count) << fs->block_shift;
    }
    node_put(fs, node);
    *found = offset;
    return error;
}

int ext4_sync_file(struct ext4 *fs, struct ext4_handle file, bool data_only)
{
    struct node *node;
    int error = node_get(fs, file, &node);

    if (error != 0)
        return error;
    if (fs->read_only || fs->aborted != 0) {
        error = fs->aborted != 0 ? EIO : 0;
    } else {
        error = cache_write_back(&fs->cache, CACHE_OWNER, node->number);
        if (node->lost != 0)
            error = node->lost;
        node->lost = 0;
        if (error == 0 && (data_only ? node->data_tid : node->tid) == fs->journal.tid) {
            error = journal_commit(fs);
        } else if (error == 0) {
            error = fs->device.flush(fs->device.self);
            if (error != 0)
                (void)journal_abort(fs, error, "flush");
        }
    }
    node_put(fs, node);
    return error;
}
