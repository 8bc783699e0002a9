/* SPDX-License-Identifier: BSD-2-Clause */
/* Transactions: what is in the running one, and how operations join it. */
#include "fs_priv.h"

#include <stdlib.h>
#include <string.h>

#define SPARE_BLOCKS    16u /* of the disk, for the extent trees and directories of an operation */
#define FREED_RANGES    4096u /* after as many the transaction is committed */
#define REVOKED_AT_ONCE 8192u

int journal_abort(struct ext4 *fs, int error, const char *why)
{
    struct ext2_super_block *super =
        (struct ext2_super_block *)(fs->cache.scratch + 1024 % fs->block_bytes);
    struct ext4_io io = {.position = (uint64_t)(1024 / fs->block_bytes) * fs->block_bytes,
                         .length = fs->block_bytes,
                         .data = fs->cache.scratch};

    if (fs->aborted != 0)
        return fs->aborted;
    fs->aborted = error;
    kept_forget_all(fs);
    ext4_report(fs, "journal aborted: %s: %s; from now on only reading", why, strerror(error));
    if (fs->device.aborted != NULL)
        fs->device.aborted(fs->device.self);
    if (fs->journal.started) {
        /* As Linux does: the error stands in the journal, and the file system is marked. */
        fs->journal.super.error = (int32_t)htobe32((uint32_t)-error);
        (void)journal_write_super(fs, fs->journal.tail, fs->journal.tail_tid);
    }
    if (fs->device.read(fs->device.self, &io, 1) != 0 || super->s_magic != EXT2_SUPER_MAGIC)
        return error;
    super->s_state |= EXT2_ERROR_FS;
    super->s_error_count++;
    super->s_last_error_time = (uint32_t)fs->device.now(fs->device.self).seconds;
    if (super->s_first_error_time == 0)
        super->s_first_error_time = super->s_last_error_time;
    (void)ext2fs_superblock_csum_set(fs->lib, super);
    (void)fs->device.write(fs->device.self, &io, 1);
    (void)fs->device.flush(fs->device.self);
    return error;
}

/* Is there room for an operation in the running transaction? */
static bool has_room(const struct ext4 *fs, uint32_t credits)
{
    uint32_t changed = fs->cache.list[BUFFER_META].count + space_credits(fs);

    return changed + credits + 8 <= fs->journal.limit && fs->freed_count < FREED_RANGES &&
           fs->journal.revoked_count < REVOKED_AT_ONCE && !kept_full(fs);
}

static int make_space(struct ext4 *fs, uint64_t blocks)
{
    if (space_now(fs) >= blocks + SPARE_BLOCKS)
        return 0;
    if (fs->freed_blocks > 0) {
        int error = journal_commit(fs);

        if (error != 0)
            return error;
    }
    return space_now(fs) >= blocks + SPARE_BLOCKS ? 0 : ENOSPC;
}

int journal_begin(struct ext4 *fs, uint32_t credits, uint64_t blocks)
{
    int error = 0;

    journal_settle(fs);
    if (fs->aborted != 0 || fs->read_only)
        return EROFS;
    if (!has_room(fs, credits))
        error = journal_commit(fs);
    if (error == 0 && fs->cache.list[BUFFER_DIRTY].count > fs->cache.buffer_count / 2)
        (void)cache_write_back(&fs->cache, CACHE_SOME, 0);
    if (error == 0 && blocks > 0)
        error = make_space(fs, blocks);
    if (error != 0)
        return error;
    fs->touched = false;
    fs->in_operation = true;
    kept_begin(fs);
    return 0;
}

int journal_end(struct ext4 *fs, int error)
{
    fs->in_operation = false;
    if (error != 0 && fs->touched && fs->aborted == 0)
        (void)journal_abort(fs, error, "an operation failed halfway");
    fs->touched = false;
    fs->unsettled = true;
    if (!fs->together || error != 0)
        journal_settle(fs);
    return error;
}

void journal_settle(struct ext4 *fs)
{
    if (!fs->unsettled)
        return;
    fs->unsettled = false;
    kept_end(fs, false);
    while (fs->dropped_count > 0)
        cache_drop(&fs->cache, fs->dropped[--fs->dropped_count]);
}

void ext4_begin(struct ext4 *fs)
{
    fs->together = true;
}

void ext4_end(struct ext4 *fs)
{
    journal_settle(fs);
    fs->together = false;
}

int journal_touch(struct ext4 *fs, struct buffer *buffer)
{
    if (fs->aborted != 0)
        return EROFS;
    if (buffer->state == BUFFER_DIRTY)
        return ext4_damaged(fs, buffer->owner, "a block is data and metadata");
    kept_save(fs, buffer);
    if (buffer->state != BUFFER_META)
        cache_move(&fs->cache, buffer, BUFFER_META);
    fs->touched = true;
    return 0;
}

static bool is_logged(const struct journal *journal, uint64_t block)
{
    uint32_t at = (uint32_t)(block * 0x9e3779b97f4a7c15ul >> 32) & journal->logged_mask;

    while (journal->logged[at] != 0 && journal->logged[at] != block)
        at = (at + 1) & journal->logged_mask;
    return journal->logged[at] == block && block != 0;
}

static void add_logged(struct journal *journal, uint64_t block)
{
    uint32_t at = (uint32_t)(block * 0x9e3779b97f4a7c15ul >> 32) & journal->logged_mask;

    while (journal->logged[at] != 0 && journal->logged[at] != block)
        at = (at + 1) & journal->logged_mask;
    if (journal->logged[at] == 0) {
        journal->logged[at] = block;
        journal->logged_count++;
    }
}

/* An operation that is not finished may have to be undone: then its blocks are still needed. */
static void drop_later(struct ext4 *fs, uint64_t block)
{
    struct buffer *buffer = cache_find(&fs->cache, block);

    if (buffer == NULL)
        return;
    cache_put(buffer);
    if (fs->dropped_count == fs->dropped_room) {
        uint32_t room = fs->dropped_room * 2 + 64;
        uint64_t *more = realloc(fs->dropped, room * sizeof(*more));

        if (more == NULL) {
            (void)journal_abort(fs, ENOMEM, "no memory for freed blocks");
            return;
        }
        fs->dropped = more;
        fs->dropped_room = room;
    }
    fs->dropped[fs->dropped_count++] = block;
}

void journal_forget(struct ext4 *fs, uint64_t block)
{
    struct journal *journal = &fs->journal;

    drop_later(fs, block);
    if (!journal->started || !is_logged(journal, block))
        return;
    if (journal->revoked_count == journal->revoked_room) {
        uint32_t room = journal->revoked_room * 2 + 64;
        uint64_t *more = realloc(journal->revoked, room * sizeof(*more));

        if (more == NULL) {
            (void)journal_abort(fs, ENOMEM, "no memory for revoked blocks");
            return;
        }
        journal->revoked = more;
        journal->revoked_room = room;
    }
    journal->revoked[journal->revoked_count++] = block;
}

static uint32_t log_used(const struct journal *journal)
{
    return journal->head >= journal->tail
               ? journal->head - journal->tail
               : journal->length - journal->first - (journal->tail - journal->head);
}

/* Everything is committed: bring it home and empty the log. */
static int empty_log(struct ext4 *fs)
{
    struct journal *journal = &fs->journal;
    int error = cache_write_home(&fs->cache, true);

    if (error == 0)
        error = fs->device.flush(fs->device.self);
    if (error != 0)
        return journal_abort(fs, error, "checkpoint");
    journal->tail = journal->head;
    journal->tail_tid = journal->tid;
    memset(journal->logged, 0, ((size_t)journal->logged_mask + 1) * sizeof(*journal->logged));
    journal->logged_count = 0;
    journal->checkpoints++;
    error = journal_write_super(fs, journal->tail, journal->tail_tid);
    return error == 0 ? 0 : journal_abort(fs, error, "superblock of the journal");
}

/* The transaction is in the log for good. */
static void committed(struct ext4 *fs)
{
    struct cache *cache = &fs->cache;

    while (cache->list[BUFFER_META].first != NULL) {
        add_logged(&fs->journal, cache->list[BUFFER_META].first->block);
        cache_move(cache, cache->list[BUFFER_META].first, BUFFER_LOGGED);
    }
    fs->journal.revokes += fs->journal.revoked_count;
    fs->journal.revoked_count = 0;
    fs->journal.tid++;
    fs->journal.commits++;
}

int journal_commit(struct ext4 *fs)
{
    struct journal *journal = &fs->journal;
    int error;

    journal_settle(fs);
    if (fs->aborted != 0)
        return fs->aborted;
    if (fs->cache.list[BUFFER_META].count == 0 && journal->revoked_count == 0 &&
        fs->dirty_groups == 0 && !fs->super_dirty)
        return 0;
    kept_begin(fs);
    error = space_flush(fs);
    kept_end(fs, true);
    if (error == 0)
        error = cache_write_back(&fs->cache, CACHE_ORDERED, 0);
    if (error == 0)
        error = journal_write(fs);
    if (error != 0)
        return journal_abort(fs, error, "commit");
    committed(fs);
    if (log_used(journal) > (journal->length - journal->first) / 2 ||
        journal->logged_count > journal->logged_mask / 2)
        return empty_log(fs);
    return 0;
}

int journal_checkpoint(struct ext4 *fs)
{
    int error = journal_commit(fs);

    return error != 0 ? error : empty_log(fs);
}
