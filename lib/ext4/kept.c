/* SPDX-License-Identifier: BSD-2-Clause */
#include "kept_priv.h"

#include <errno.h>
#include <stddef.h>
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

#define NOW_CHANGES 0x1fffu /* bits of `now` */
#define NOW_NUMBER  13u
#define NOW_CHECK   21u

static uint32_t crc(uint32_t before, const void *data, size_t bytes)
{
    return ext2fs_crc32c_le(before, data, bytes);
}

/* Of two words: cheaper than a CRC where each operation needs some. Both steps are one to one, so
 * that no change of one word leaves all bits as they were. */
static uint32_t mixed(uint64_t left, uint64_t right)
{
    return (uint32_t)(((left * 0x9e3779b97f4a7c15ul ^ right) * 0xbf58476d1ce4e5b9ul) >> 32);
}

uint32_t kept_state(const struct kept_buffer *buffer, enum buffer_state state)
{
    if (state == BUFFER_FREE)
        return 0;
    return (mixed(buffer->block, buffer->operation | (uint64_t)state << 32) & ~255u) | state;
}

static uint32_t changes_in(uint64_t now)
{
    return now & NOW_CHANGES;
}

static uint32_t number_of(const struct kept *k)
{
    return (uint32_t)k->operation;
}

static void set_number(struct kept *k, uint32_t number)
{
    k->operation = number | (uint64_t)~number << 32;
}

/* What `now` is when the operation has ended. The top of a product depends on all bits. */
static uint64_t sealed(uint32_t number, uint32_t orphan, uint32_t changes)
{
    uint64_t what = (uint64_t)orphan << 32 | (number & 255u) << NOW_NUMBER | changes;

    return what | what * 0x9e3779b97f4a7c15ul >> 53 << NOW_CHECK;
}

static void publish(struct kept *k, uint32_t orphan, uint32_t changes)
{
    __atomic_store_n(&k->now, sealed(number_of(k), orphan, changes), __ATOMIC_RELEASE);
}

static bool is_open(const struct kept *k)
{
    return (number_of(k) & 255u) != (k->now >> NOW_NUMBER & 255u);
}

static bool good_now(const struct kept *k)
{
    return k->operation >> 32 == (uint32_t)~number_of(k) && changes_in(k->now) <= KEPT_CHANGES &&
           k->now == sealed((uint32_t)k->now >> NOW_NUMBER, (uint32_t)(k->now >> 32),
                            changes_in(k->now));
}

static uint32_t undo_crc(const struct kept *k, uint32_t index, uint32_t buffer)
{
    return mixed(number_of(k), (uint64_t)index << 32 | buffer);
}

static uint32_t change_kind(uint32_t index, const struct kept_change *c, uint32_t kind)
{
    uint64_t rest = (uint64_t)index << 40 | (uint64_t)kind << 32 | c->count;

    return (mixed(c->what, rest) & ~255u) | kind;
}

static uint32_t piece_crc(const struct kept *k, const struct kept_piece *piece)
{
    return crc(number_of(k), piece, offsetof(struct kept_piece, crc));
}

static uint32_t head_crc(const struct kept *k)
{
    const size_t first = offsetof(struct kept, device_bytes);

    return crc(0, &k->device_bytes, offsetof(struct kept, head_crc) - first);
}

void kept_start(struct ext4 *fs)
{
    struct kept *k = fs->options.kept;

    if (!fits(fs))
        return;
    __atomic_store_n(&k->magic, 0, __ATOMIC_SEQ_CST);
    memset(k, 0, sizeof(*k));
    k->device_bytes = fs->device.bytes;
    k->block_bytes = fs->block_bytes;
    k->buffer_count = fs->cache.buffer_count;
    set_number(k, 1);
    for (uint32_t i = 0; i < fs->cache.buffer_count; i++) {
        k->table[i] = (struct kept_buffer){.block = fs->cache.buffers[i].block};
        k->table[i].state = kept_state(&k->table[i], fs->cache.buffers[i].state);
    }
    publish(k, fs->lib->super->s_last_orphan, 0);
    k->head_crc = head_crc(k);
    __atomic_store_n(&k->magic, KEPT_MAGIC, __ATOMIC_SEQ_CST);
    fs->cache.kept = k;
}

/* Whoever ended between an entry and its count has made the entry. @return false: damaged */
static bool count_agrees(uint64_t count, uint32_t entries)
{
    return count == entries || count + 1 == entries;
}

/* Of the operation under way. @return false: damaged */
static bool count_undo(const struct kept *k, uint32_t *count)
{
    uint32_t n = 0;

    while (n < KEPT_UNDO && k->undo[n].crc == undo_crc(k, n, k->undo[n].buffer) &&
           k->undo[n].buffer < k->buffer_count)
        n++;
    *count = n;
    return count_agrees(k->undo_count, n);
}

static bool count_pieces(const struct kept *k, uint32_t *count)
{
    uint32_t n = 0;

    while (n < KEPT_BESIDE && k->beside[n].crc == piece_crc(k, &k->beside[n]))
        n++;
    *count = n;
    return count_agrees(k->beside_count, n);
}

static bool good_head(const struct kept *k)
{
    return k->magic == KEPT_MAGIC && k->head_crc == head_crc(k) && good_now(k);
}

static bool good_entry(const struct ext4 *fs, const struct kept_buffer *b)
{
    enum buffer_state state = b->state & 255u;

    return state < BUFFER_STATES && b->state == kept_state(b, state) &&
           (state == BUFFER_FREE || b->block < fs->cache.block_count);
}

static bool sound(const struct ext4 *fs, const struct kept *k)
{
    uint32_t count;

    if (!good_head(k) || k->device_bytes != fs->device.bytes || k->block_bytes != fs->block_bytes ||
        k->buffer_count != fs->cache.buffer_count)
        return false;
    if (is_open(k) && (!count_undo(k, &count) || !count_pieces(k, &count)))
        return false;
    for (uint32_t i = 0; i < changes_in(k->now); i++)
        if (k->change[i].kind != change_kind(i, &k->change[i], k->change[i].kind & 255u))
            return false;
    for (uint32_t i = 0; i < k->buffer_count; i++)
        if (!good_entry(fs, &k->table[i]))
            return false;
    return true;
}

/* The buffers of before are in the cache. @return false: they contradict each other */
static bool adopt_buffers(struct ext4 *fs, struct kept *k, bool open)
{
    for (uint32_t i = 0; i < k->buffer_count; i++) {
        struct kept_buffer *b = &k->table[i];
        enum buffer_state state = b->state & 255u;
        bool undone = open && state == BUFFER_META && b->operation == number_of(k);

        if ((state != BUFFER_DIRTY && state != BUFFER_META) || undone)
            b->state = BUFFER_FREE;
        else if (!cache_adopt(&fs->cache, i, b->block, state))
            return false;
    }
    return true;
}

int kept_adopt(struct ext4 *fs, bool *adopted)
{
    struct kept *k = fs->options.kept;
    uint32_t undo = 0;
    bool open;

    *adopted = false;
    if (!fits(fs) || !fs->options.kept_valid || fs->read_only || k->magic == 0)
        return 0;
    fs->kept_refused = !sound(fs, k);
    if (fs->kept_refused)
        return 0;
    *adopted = true;
    open = is_open(k);
    if (open)
        (void)count_undo(k, &undo);
    for (uint32_t i = 0; i < undo; i++)
        memcpy(fs->cache.buffers[k->undo[i].buffer].data, saved(fs, i), fs->block_bytes);
    if (!adopt_buffers(fs, k, open))
        return EUCLEAN;
    /* All of it is undone now: another end meanwhile finds it so. */
    publish(k, (uint32_t)(k->now >> 32), changes_in(k->now));
    k->undo_count = 0;
    k->beside_count = 0;
    k->changes = changes_in(k->now);
    fs->cache.kept = k;
    return 0;
}

static int apply_one(struct ext4 *fs, const struct kept_change *c)
{
    bool directory = (c->kind & 255u) == KEPT_TAKE_DIRECTORY ||
                     (c->kind & 255u) == KEPT_GIVE_DIRECTORY;

    switch (c->kind & 255u) {
    case KEPT_TAKE: return space_retake(fs, c->what, c->count);
    case KEPT_GIVE: return space_give(fs, c->what, c->count);
    case KEPT_TAKE_INODE:
    case KEPT_TAKE_DIRECTORY:
        return space_retake_inode(fs, c->what, directory);
    case KEPT_GIVE_INODE:
    case KEPT_GIVE_DIRECTORY:
        if (c->what == 0 || c->what > fs->lib->super->s_inodes_count)
            return EUCLEAN;
        return space_give_inode(fs, (uint32_t)c->what, directory);
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
    k->undo_count = 0;
    k->beside_count = 0;
    __atomic_signal_fence(__ATOMIC_RELEASE);
    set_number(k, number_of(k) + 1);
    __atomic_signal_fence(__ATOMIC_RELEASE);
}

void kept_end(struct ext4 *fs, bool flushed)
{
    struct kept *k = kept(fs);

    if (k == NULL)
        return;
    if (flushed)
        k->changes = 0;
    publish(k, fs->lib->super->s_last_orphan, k->changes);
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

    if (k == NULL || buffer->state != BUFFER_META || k->table[index].operation == number_of(k) ||
        buffer->saved == number_of(k))
        return;
    if (k->undo_count == KEPT_UNDO) { /* larger than any operation should be: keep nothing more */
        kept_forget_all(fs);
        return;
    }
    memcpy(saved(fs, k->undo_count), buffer->data, fs->block_bytes);
    buffer->saved = number_of(k);
    k->undo[k->undo_count].buffer = index;
    __atomic_store_n(&k->undo[k->undo_count].crc, undo_crc(k, k->undo_count, index),
                     __ATOMIC_RELEASE);
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
    memset(piece->was, 0, sizeof(piece->was));
    memcpy(piece->was, at, bytes);
    __atomic_store_n(&piece->crc, piece_crc(k, piece), __ATOMIC_RELEASE);
    __atomic_store_n(&k->beside_count, k->beside_count + 1, __ATOMIC_RELEASE);
}

bool ext4_undo_beside(const void *memory, size_t memory_bytes, void *beside, size_t beside_bytes)
{
    const struct kept *k = memory;
    uint32_t count = 0;

    if (memory_bytes < sizeof(*k) || k->magic == 0)
        return true;
    if (!good_head(k) || (is_open(k) && !count_pieces(k, &count)))
        return false;
    while (count-- > 0) {
        const struct kept_piece *piece = &k->beside[count];

        if (piece->bytes <= KEPT_PIECE && piece->at <= beside_bytes &&
            piece->bytes <= beside_bytes - piece->at)
            memcpy((uint8_t *)beside + piece->at, piece->was, piece->bytes);
    }
    return true;
}

void kept_note(struct ext4 *fs, enum kept_kind kind, uint64_t what, uint32_t count)
{
    struct kept *k = kept(fs);
    struct kept_change *c;

    if (k == NULL)
        return;
    if (k->changes == KEPT_CHANGES) {
        kept_forget_all(fs);
        return;
    }
    c = &k->change[k->changes];
    c->what = what;
    c->count = count;
    c->kind = change_kind(k->changes++, c, kind);
}

bool kept_full(const struct ext4 *fs)
{
    return kept(fs) != NULL && kept(fs)->changes > KEPT_CHANGES / 2;
}
