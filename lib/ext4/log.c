/* SPDX-License-Identifier: BSD-2-Clause */
/* The log as a place on the disk: where its blocks are, and its superblock. */
#include "fs_priv.h"

#include <stdlib.h>
#include <string.h>

uint32_t journal_crc(uint32_t seed, const void *data, size_t size)
{
    return ext2fs_crc32c_le(seed, data, size);
}

uint64_t journal_place(const struct journal *journal, uint32_t block)
{
    for (uint32_t i = 0; i < journal->run_count; i++)
        if (block - journal->runs[i].first < journal->runs[i].count)
            return journal->runs[i].block + (block - journal->runs[i].first);
    return 0;
}

/* The journal's file as runs; whole, without holes, inside the disk. */
static int map_journal(struct ext4 *fs, struct node *node)
{
    struct journal *journal = &fs->journal;
    uint64_t size = node_size(node) >> fs->block_shift;
    struct run run;

    if (size < 1024 || size > UINT32_MAX / 2)
        return ext4_damaged(fs, node->number, "the journal's size");
    journal->runs = calloc(JOURNAL_RUNS, sizeof(*journal->runs));
    if (journal->runs == NULL)
        return ENOMEM;
    for (uint64_t at = 0; at < size; at += run.count) {
        int error = map_find(fs, node, at, &run);

        if (error != 0)
            return error;
        run.count -= at - run.first;
        run.block += run.block != 0 ? at - run.first : 0;
        if (run.block == 0 || run.unwritten || run.count == 0 ||
            journal->run_count == JOURNAL_RUNS)
            return ext4_damaged(fs, node->number, "the journal has holes");
        if (run.count > size - at)
            run.count = size - at;
        journal->runs[journal->run_count++] =
            (struct journal_run){(uint32_t)at, (uint32_t)run.count, run.block};
    }
    journal->length = (uint32_t)size;
    return 0;
}

static int read_super(struct ext4 *fs)
{
    struct ext4_io io = {.position = journal_place(&fs->journal, 0) * fs->block_bytes,
                         .length = fs->block_bytes,
                         .data = fs->cache.scratch};
    int error = fs->device.read(fs->device.self, &io, 1);

    if (error == 0)
        memcpy(&fs->journal.super, fs->cache.scratch, sizeof(fs->journal.super));
    return error;
}

static uint32_t super_checksum(const struct jbd2_super *super)
{
    struct jbd2_super copy = *super;

    copy.checksum = 0;
    return journal_crc(~0u, &copy, sizeof(copy));
}

static bool has_checksums(const struct jbd2_super *super)
{
    return (super->incompat & htobe32(JBD2_INCOMPAT_CSUM_V2 | JBD2_INCOMPAT_CSUM_V3)) != 0;
}

static int check_super(struct ext4 *fs)
{
    struct journal *journal = &fs->journal;
    const struct jbd2_super *super = &journal->super;
    uint32_t incompat = be32toh(super->incompat), known = JBD2_INCOMPAT_FAST_COMMIT - 1;
    uint32_t length = be32toh(super->length), first = be32toh(super->first);

    if (be32toh(super->header.magic) != JBD2_MAGIC || be32toh(super->header.kind) != JBD2_SUPER_2 ||
        be32toh(super->block_bytes) != fs->block_bytes)
        return ext4_damaged(fs, fs->lib->super->s_journal_inum, "the journal's superblock");
    if ((incompat & ~known) != 0 || super->ro_compat != 0)
        return EOPNOTSUPP;
    if (has_checksums(super) && (super->checksum_kind != JBD2_CRC32C ||
                                 be32toh(super->checksum) != super_checksum(super)))
        return ext4_damaged(fs, fs->lib->super->s_journal_inum, "checksum of the journal");
    if (length > journal->length || length < 256 || first == 0 || first >= length - 128 ||
        be32toh(super->start) >= length ||
        (super->start != 0 && be32toh(super->start) < first))
        return ext4_damaged(fs, fs->lib->super->s_journal_inum, "the journal's bounds");
    journal->length = length;
    journal->first = first;
    return 0;
}

int journal_load(struct ext4 *fs)
{
    struct node *node;
    int error;

    if (fs->lib->super->s_journal_inum == 0 || fs->lib->super->s_journal_dev != 0)
        return EOPNOTSUPP;
    error = node_get_number(fs, fs->lib->super->s_journal_inum, &node);
    if (error != 0)
        return error;
    error = LINUX_S_ISREG(node->inode.i_mode) ? map_journal(fs, node)
                                              : ext4_damaged(fs, node->number, "journal");
    node_put(fs, node);
    if (error == 0)
        error = read_super(fs);
    return error != 0 ? error : check_super(fs);
}

void journal_free(struct ext4 *fs)
{
    free(fs->journal.runs);
    free(fs->journal.revoked);
    free(fs->journal.logged);
    memset(&fs->journal, 0, sizeof(fs->journal));
}

bool journal_dirty(const struct ext4 *fs)
{
    return fs->journal.super.start != 0;
}

int journal_write_super(struct ext4 *fs, uint32_t start, uint32_t sequence)
{
    struct jbd2_super *super = &fs->journal.super;
    struct ext4_io io = {.position = journal_place(&fs->journal, 0) * fs->block_bytes,
                         .length = fs->block_bytes,
                         .data = fs->cache.scratch};
    int error;

    super->start = htobe32(start);
    super->sequence = htobe32(sequence);
    if (has_checksums(super))
        super->checksum = htobe32(super_checksum(super));
    memset(fs->cache.scratch, 0, fs->block_bytes);
    memcpy(fs->cache.scratch, super, sizeof(*super));
    error = fs->device.write(fs->device.self, &io, 1);
    return error != 0 ? error : fs->device.flush(fs->device.self);
}

/* The features of the log are those of the file system, as Linux sets them. */
static void set_features(struct ext4 *fs)
{
    struct journal *journal = &fs->journal;
    struct jbd2_super *super = &journal->super;
    uint32_t incompat = be32toh(super->incompat);

    journal->checksums = ext2fs_has_feature_metadata_csum(fs->lib->super);
    journal->wide = ext2fs_has_feature_64bit(fs->lib->super);
    incompat &= ~(uint32_t)(JBD2_INCOMPAT_CSUM_V2 | JBD2_INCOMPAT_CSUM_V3 | JBD2_INCOMPAT_64BIT |
                            JBD2_INCOMPAT_ASYNC_COMMIT);
    incompat |= JBD2_INCOMPAT_REVOKE | (journal->checksums ? JBD2_INCOMPAT_CSUM_V3 : 0) |
                (journal->wide ? JBD2_INCOMPAT_64BIT : 0);
    super->incompat = htobe32(incompat);
    super->compat &= ~htobe32(JBD2_COMPAT_CHECKSUM);
    super->checksum_kind = journal->checksums ? JBD2_CRC32C : 0;
    journal->seed = journal_crc(~0u, super->uuid, sizeof(super->uuid));
}

int journal_start(struct ext4 *fs)
{
    struct journal *journal = &fs->journal;
    uint32_t blocks = journal->length - journal->first, size = 256;

    set_features(fs);
    while (size < 4 * blocks && size < 65536)
        size *= 2;
    journal->logged = calloc(size, sizeof(*journal->logged));
    if (journal->logged == NULL)
        return ENOMEM;
    journal->logged_mask = size - 1;
    journal->limit = blocks / 4;
    if (journal->limit > fs->cache.buffer_count / 4)
        journal->limit = fs->cache.buffer_count / 4;
    if (journal->limit > size / 8)
        journal->limit = size / 8;
    journal->tid = be32toh(journal->super.sequence);
    journal->tail_tid = journal->tid;
    journal->head = journal->tail = journal->first;
    journal->super.error = 0;
    journal->started = true;
    return journal_write_super(fs, journal->tail, journal->tail_tid);
}

int journal_stop(struct ext4 *fs)
{
    fs->journal.started = false;
    return journal_write_super(fs, 0, fs->journal.tid);
}
