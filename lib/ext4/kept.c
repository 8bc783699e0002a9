/* SPDX-License-Identifier: BSD-2-Clause */
#include "kept_priv.h"

#include <string.h>

#include "fs_priv.h"

size_t ext4_kept_bytes(size_t cache_bytes)
{
    return sizeof(struct kept) + cache_bytes / 1024 * sizeof(struct kept_buffer) + 4096 +
           KEPT_UNDO * 4096u;
}

static struct kept *kept(const struct ext4 *fs)
{
    return fs->cache.kept;
}

static uint8_t *saved(const struct ext4 *fs, uint32_t index)
{
    struct kept *k = fs->options.kept;
    uint8_t *data = (uint8_t *)&k->table[fs->cache.buffer_count];

    return data + (size_t)index * fs->block_bytes;
}

static bool fits(const struct ext4 *fs)
{
    return fs->options.kept != NULL &&
           fs->options.kept_bytes >= sizeof(struct kept) +
                                         fs->cache.buffer_count * sizeof(struct kept_buffer) +
                                         (size_t)KEPT_UNDO * fs->block_bytes;
}

static void publish(struct kept *k, uint64_t now)
{
    __atomic_store_n(&k->now, now, __ATOMIC_RELEASE);
}

void kept_start(struct ext4 *fs)
{
    struct kept *k = fs->options.kept;

    if (!fits(fs))
        return;
    __atomic_store_n(&k->magic, 0, __ATOMIC_SEQ_CST);
    k->device_bytes = fs->device.bytes;
    k->block_bytes = fs->block_bytes;
    k->buffer_count = fs->cache.buffer_count;
    k->operation = 1;
    k->undo_count = k->changes = 0;
    k->beside_count = 0;
    for (uint32_t i = 0; i < fs->cache.buffer_count; i++)
        k->table[i] = (struct kept_buffer){fs->cache.buffers[i].block, 0,
                                           fs->cache.buffers[i].state};
    publish(k, (uint64_t)fs->lib->super->s_last_orphan << 32);
    __atomic_store_n(&k->magic, KEPT_MAGIC, __ATOMIC_SEQ_CST);
    fs->cache.kept = k;
}

static bool sound(const struct ext4 *fs, const struct kept *k)
{
    uint32_t whole = (uint32_t)k->now >> 1;

    if (k->magic != KEPT_MAGIC || k->device_bytes != fs->device.bytes ||
        k->block_bytes != fs->block_bytes || k->buffer_count != fs->cache.buffer_count ||
        whole > KEPT_CHANGES || k->undo_count > KEPT_UNDO)
        return false;
    for (uint32_t i = 0; i < k->undo_count; i++)
        if (k->undo[i] >= k->buffer_count)
            return false;
    for (uint32_t i = 0; i < k->buffer_count; i++)
        if (k->table[i].state >= BUFFER_STATES || (k->table[i].state != BUFFER_FREE &&
                                                   k->table[i].block >= fs->cache.block_count))
            return false;
    return true;
}

bool kept_adopt(struct ext4 *fs)
{
    struct kept *k = fs->options.kept;
    bool open;

    if (!fits(fs) || !fs->options.kept_valid || fs->read_only || !sound(fs, k))
        return false;
    open = (k->now & 1) != 0;
    for (uint32_t i = 0; open && i < k->undo_count; i++)
        memcpy(fs->cache.buffers[k->undo[i]].data, saved(fs, i), fs->block_bytes);
    for (uint32_t i = 0; i < k->buffer_count; i++) {
        struct kept_buffer *b = &k->table[i];
        bool undone = open && b->state == BUFFER_META && b->operation == k->operation;

        if ((b->state != BUFFER_DIRTY && b->state != BUFFER_META) || undone)
            b->state = BUFFER_FREE;
        else if (!cache_adopt(&fs->cache, i, b->block, (enum buffer_state)b->state))
            return false;
    }
    /* All of it is undone now: another end meanwhile finds it so. */
    k->undo_count = 0;
    k->beside_count = 0;
    publish(k, k->now & ~1ull);
    k->changes = (uint32_t)k->now >> 1;
    fs->cache.kept = k;
    return true;
}

static int apply_one(struct ext4 *fs, const struct kept_change *c)
{
    switch (c->kind) {
    case KEPT_TAKE: return space_retake(fs, c->what, c->count);
    case KEPT_GIVE: return space_give(fs, c->what, c->count);
    case KEPT_TAKE_INODE:
    case KEPT_TAKE_DIRECTORY:
        return space_retake_inode(fs, c->what, c->kind == KEPT_TAKE_DIRECTORY);
    case KEPT_GIVE_INODE:
    case KEPT_GIVE_DIRECTORY:
        if (c->what == 0 || c->what > fs->lib->super->s_inodes_count)
            return EUCLEAN;
        return space_give_inode(fs, (uint32_t)c->what, c->kind == KEPT_GIVE_DIRECTORY);
    default: return EUCLEAN;
    }
}

int kept_apply(struct ext4 *fs)
{
    struct kept *k = kept(fs);
    uint32_t count = k->changes;
    int error = 0;

    fs->lib->super->s_last_orphan = (uint32_t)(k->now >> 32);
    fs->super_dirty = true;
    fs->cache.kept = NULL; /* what is done again is not noted again */
    for (uint32_t i = 0; i < count && error == 0; i++)
        error = apply_one(fs, &k->change[i]);
    fs->cache.kept = k;
    for (uint32_t i = 0; i < fs->cache.buffer_count && error == 0; i++) {
        struct buffer *b = &fs->cache.buffers[i];

        if ((b->state != BUFFER_DIRTY && b->state != BUFFER_META) || b->pins > 0)
            continue;
        if (b->block < fs->lib->super->s_first_data_block)
            continue;
        if (b->block >= ext2fs_blocks_count(fs->lib->super) || space_is_free(fs, b->block))
            cache_drop(&fs->cache, b->block);
        else
            b->ordered = b->state == BUFFER_DIRTY;
    }
    return error;
}

void kept_begin(struct ext4 *fs)
{
    struct kept *k = kept(fs);

    if (k == NULL)
        return;
    k->operation++;
    k->undo_count = 0;
    k->beside_count = 0;
    publish(k, k->now | 1);
}

void kept_end(struct ext4 *fs, bool flushed)
{
    struct kept *k = kept(fs);

    if (k == NULL)
        return;
    if (flushed)
        k->changes = 0;
    publish(k, (uint64_t)fs->lib->super->s_last_orphan << 32 | (uint64_t)k->changes << 1);
}

void kept_forget_all(struct ext4 *fs)
{
    if (kept(fs) != NULL)
        __atomic_store_n(&kept(fs)->magic, 0, __ATOMIC_SEQ_CST);
    fs->cache.kept = NULL;
}

void kept_save(struct ext4 *fs, struct buffer *buffer)
{
    struct kept *k = kept(fs);
    uint32_t index = (uint32_t)(buffer - fs->cache.buffers);

    if (k == NULL || buffer->state != BUFFER_META || k->table[index].operation == k->operation ||
        buffer->saved == k->operation)
        return;
    if (k->undo_count == KEPT_UNDO) { /* larger than any operation should be: keep nothing more */
        kept_forget_all(fs);
        return;
    }
    memcpy(saved(fs, k->undo_count), buffer->data, fs->block_bytes);
    buffer->saved = k->operation;
    k->undo[k->undo_count] = index;
    __atomic_store_n(&k->undo_count, k->undo_count + 1, __ATOMIC_RELEASE);
}

void ext4_change(struct ext4 *fs, const void *at, size_t bytes)
{
    struct kept *k = kept(fs);
    size_t offset = (size_t)((const uint8_t *)at - (const uint8_t *)fs->options.beside);
    struct kept_piece *piece;

    if (k == NULL || !fs->unsettled || fs->options.beside == NULL)
        return;
    if (bytes > KEPT_PIECE || offset > fs->options.beside_bytes ||
        bytes > fs->options.beside_bytes - offset || k->beside_count == KEPT_BESIDE) {
        kept_forget_all(fs);
        return;
    }
    piece = &k->beside[k->beside_count];
    piece->at = (uint32_t)offset;
    piece->bytes = (uint32_t)bytes;
    memcpy(piece->was, at, bytes);
    __atomic_store_n(&k->beside_count, k->beside_count + 1, __ATOMIC_RELEASE);
}

void ext4_undo_beside(const void *memory, size_t memory_bytes, void *beside, size_t beside_bytes)
{
    const struct kept *k = memory;

    if (memory_bytes < sizeof(*k) || k->magic != KEPT_MAGIC || (k->now & 1) == 0 ||
        k->beside_count > KEPT_BESIDE)
        return;
    for (uint64_t i = k->beside_count; i-- > 0;) {
        const struct kept_piece *piece = &k->beside[i];

        if (piece->bytes <= KEPT_PIECE && piece->at <= beside_bytes &&
            piece->bytes <= beside_bytes - piece->at)
            memcpy((uint8_t *)beside + piece->at, piece->was, piece->bytes);
    }
}

void kept_note(struct ext4 *fs, enum kept_kind kind, uint64_t what, uint32_t count)
{
    struct kept *k = kept(fs);

    if (k == NULL)
        return;
    if (k->changes == KEPT_CHANGES) {
        kept_forget_all(fs);
        return;
    }
    k->change[k->changes++] = (struct kept_change){what, count, kind};
}

bool kept_full(const struct ext4 *fs)
{
    return kept(fs) != NULL && kept(fs)->changes > KEPT_CHANGES / 2;
}
