/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Replay of the journal, as the kernel's documentation describes it: find the last transaction that
 * is whole; gather what was revoked; write home every block of every whole transaction that was not
 * revoked by a later one. All of it is bounded by the length of the log.
 */
#include "fs_priv.h"

#include <stdlib.h>
#include <string.h>

enum pass { PASS_SCAN, PASS_REVOKE, PASS_REPLAY };

struct revoked {
    uint64_t block;
    uint32_t sequence;
};

struct replay {
    struct ext4 *fs;
    enum pass pass;
    uint32_t incompat;
    uint32_t seed;
    uint32_t next;     /* block of the log to look at */
    uint32_t sequence; /* of the transaction that it belongs to */
    uint32_t end;      /* first sequence that is not whole, known after PASS_SCAN */
    uint32_t walked;   /* blocks of the log so far: no more than it has */
    bool bad;          /* a checksum in this transaction is wrong */
    uint8_t *block;    /* scratch memory: descriptor, revoke or commit block */
    uint8_t *data;     /* the same: a block that is described */
    struct revoked *revoked;
    uint32_t revoked_count, revoked_room;
};

static int read_block(struct replay *r, uint64_t block, uint8_t *to)
{
    struct ext4_io io = {.position = block * r->fs->block_bytes,
                         .length = r->fs->block_bytes,
                         .data = to};

    return r->fs->device.read(r->fs->device.self, &io, 1);
}

/* The next block of the log. ENODATA: the log has been walked all round. */
static int advance(struct replay *r, uint8_t *to)
{
    struct journal *journal = &r->fs->journal;
    int error;

    if (r->walked++ >= journal->length)
        return ENODATA;
    error = to != NULL ? read_block(r, journal_place(journal, r->next), to) : 0;
    r->next = r->next + 1 == journal->length ? journal->first : r->next + 1;
    return error;
}

static bool checksums(const struct replay *r)
{
    return (r->incompat & (JBD2_INCOMPAT_CSUM_V2 | JBD2_INCOMPAT_CSUM_V3)) != 0;
}

/* Checksum at `offset` of a block, computed with 0 in its place. */
static bool block_valid(const struct replay *r, uint8_t *block, uint32_t offset)
{
    uint32_t stored, computed;

    if (!checksums(r))
        return true;
    memcpy(&stored, block + offset, sizeof(stored));
    memset(block + offset, 0, sizeof(stored));
    computed = journal_crc(r->seed, block, r->fs->block_bytes);
    memcpy(block + offset, &stored, sizeof(stored));
    return be32toh(stored) == computed;
}

struct tag {
    uint64_t block;
    uint32_t flags;
    uint32_t checksum;
};

/* One tag of a descriptor block. @return bytes that it takes; 0: there is none */
static uint32_t get_tag(const struct replay *r, uint32_t at, struct tag *tag)
{
    uint32_t end = r->fs->block_bytes - (checksums(r) ? JBD2_TAIL : 0), size;

    if ((r->incompat & JBD2_INCOMPAT_CSUM_V3) != 0) {
        struct jbd2_tag3 on_disk;

        size = sizeof(on_disk);
        if (at + size > end)
            return 0;
        memcpy(&on_disk, r->block + at, sizeof(on_disk));
        *tag = (struct tag){be32toh(on_disk.block) | (uint64_t)be32toh(on_disk.block_high) << 32,
                            be32toh(on_disk.flags), be32toh(on_disk.checksum)};
    } else {
        struct jbd2_tag on_disk = {0};
        bool wide = (r->incompat & JBD2_INCOMPAT_64BIT) != 0;

        size = (wide ? 12 : 8) + ((r->incompat & JBD2_INCOMPAT_CSUM_V2) != 0 ? 2 : 0);
        if (at + size > end)
            return 0;
        memcpy(&on_disk, r->block + at, wide ? 12 : 8);
        *tag = (struct tag){be32toh(on_disk.block) | (uint64_t)be32toh(on_disk.block_high) << 32,
                            be16toh(on_disk.flags), be16toh(on_disk.checksum)};
    }
    return size + ((tag->flags & JBD2_SAME_UUID) != 0 ? 0 : 16);
}

static bool data_valid(const struct replay *r, const struct tag *tag)
{
    uint32_t sequence = htobe32(r->sequence), crc;

    if (!checksums(r))
        return true;
    crc = journal_crc(r->seed, &sequence, sizeof(sequence));
    crc = journal_crc(crc, r->data, r->fs->block_bytes);
    return (r->incompat & JBD2_INCOMPAT_CSUM_V3) != 0 ? crc == tag->checksum
                                                      : (crc & 0xffff) == tag->checksum;
}

static bool is_revoked(const struct replay *r, uint64_t block)
{
    uint32_t low = 0, high = r->revoked_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (r->revoked[middle].block < block)
            low = middle + 1;
        else
            high = middle;
    }
    /* Sequence numbers wrap: only differences mean anything. */
    for (; low < r->revoked_count && r->revoked[low].block == block; low++)
        if ((int32_t)(r->revoked[low].sequence - r->sequence) >= 0)
            return true;
    return false;
}

static int write_home(struct replay *r, const struct tag *tag)
{
    uint32_t magic = htobe32(JBD2_MAGIC);
    struct ext4_io io = {.position = tag->block * r->fs->block_bytes,
                         .length = r->fs->block_bytes,
                         .data = r->data};

    if (tag->block >= ext2fs_blocks_count(r->fs->lib->super))
        return ext4_damaged(r->fs, r->fs->lib->super->s_journal_inum, "a block in the journal");
    if ((tag->flags & JBD2_ESCAPED) != 0)
        memcpy(r->data, &magic, sizeof(magic));
    return r->fs->device.write(r->fs->device.self, &io, 1);
}

/* A descriptor block: its tags, and the blocks behind it. */
static int descriptor(struct replay *r)
{
    uint32_t at = sizeof(struct jbd2_header), size;
    struct tag tag;
    int error = 0;

    if (!block_valid(r, r->block, r->fs->block_bytes - JBD2_TAIL)) {
        r->bad = true;
        return r->pass == PASS_SCAN ? ENODATA : EUCLEAN;
    }
    while (error == 0 && (size = get_tag(r, at, &tag)) != 0) {
        error = advance(r, r->pass == PASS_REVOKE ? NULL : r->data);
        if (error == 0 && r->pass == PASS_SCAN && !data_valid(r, &tag))
            r->bad = true;
        if (error == 0 && r->pass == PASS_REPLAY && !is_revoked(r, tag.block))
            error = write_home(r, &tag);
        if ((tag.flags & JBD2_LAST) != 0)
            break;
        at += size;
    }
    return error;
}

static int revoke(struct replay *r)
{
    uint32_t width = (r->incompat & JBD2_INCOMPAT_64BIT) != 0 ? 8 : 4, end;
    struct jbd2_revoke header;

    if (r->pass != PASS_REVOKE)
        return 0;
    memcpy(&header, r->block, sizeof(header));
    end = be32toh(header.bytes);
    if (!block_valid(r, r->block, r->fs->block_bytes - JBD2_TAIL) || end > r->fs->block_bytes)
        return ext4_damaged(r->fs, r->fs->lib->super->s_journal_inum, "revoked blocks");
    for (uint32_t at = sizeof(header); at + width <= end; at += width) {
        uint64_t block = 0;

        memcpy((uint8_t *)&block + 8 - width, r->block + at, width);
        if (r->revoked_count == r->revoked_room) {
            uint32_t room = r->revoked_room * 2 + 256;
            struct revoked *more = realloc(r->revoked, room * sizeof(*more));

            if (more == NULL)
                return ENOMEM;
            r->revoked = more;
            r->revoked_room = room;
        }
        r->revoked[r->revoked_count++] = (struct revoked){be64toh(block), r->sequence};
    }
    return 0;
}

static int commit(struct replay *r)
{
    if (r->pass == PASS_SCAN &&
        (r->bad || !block_valid(r, r->block, offsetof(struct jbd2_commit, checksum)))) {
        ext4_report(r->fs, "transaction %u of the journal is damaged: it is left out", r->sequence);
        return ENODATA;
    }
    r->sequence++;
    r->bad = false;
    return 0;
}

/* One walk through the log, to the end of the last whole transaction. */
static int walk(struct replay *r, enum pass pass)
{
    const struct jbd2_super *super = &r->fs->journal.super;
    int error = 0;

    r->pass = pass;
    r->next = be32toh(super->start);
    r->sequence = be32toh(super->sequence);
    r->walked = 0;
    r->bad = false;
    while (error == 0 && (pass == PASS_SCAN || r->sequence != r->end)) {
        struct jbd2_header header;

        error = advance(r, r->block);
        memcpy(&header, r->block, sizeof(header));
        if (error != 0)
            break;
        if (be32toh(header.magic) != JBD2_MAGIC || be32toh(header.sequence) != r->sequence)
            error = ENODATA;
        else if (be32toh(header.kind) == JBD2_DESCRIPTOR)
            error = descriptor(r);
        else if (be32toh(header.kind) == JBD2_REVOKE)
            error = revoke(r);
        else
            error = be32toh(header.kind) == JBD2_COMMIT ? commit(r) : ENODATA;
    }
    if (pass == PASS_SCAN && error == ENODATA) {
        r->end = r->sequence;
        return 0;
    }
    return error == ENODATA ? EUCLEAN : error;
}

static int by_block(const void *a, const void *b)
{
    const struct revoked *x = a, *y = b;

    return (x->block > y->block) - (x->block < y->block);
}

int journal_replay(struct ext4 *fs)
{
    struct journal *journal = &fs->journal;
    struct replay r = {.fs = fs,
                       .incompat = be32toh(journal->super.incompat),
                       .seed = journal_crc(~0u, journal->super.uuid, 16),
                       .block = fs->cache.scratch,
                       .data = fs->cache.scratch + fs->block_bytes};
    uint32_t first = be32toh(journal->super.sequence);
    int error = walk(&r, PASS_SCAN);

    if (error == 0)
        error = walk(&r, PASS_REVOKE);
    if (error == 0 && r.revoked_count > 0)
        qsort(r.revoked, r.revoked_count, sizeof(*r.revoked), by_block);
    if (error == 0)
        error = walk(&r, PASS_REPLAY);
    free(r.revoked);
    if (error == 0)
        error = fs->device.flush(fs->device.self);
    if (error != 0)
        return error;
    journal->replayed = r.end - first;
    /* One number is left out: so a commit block of the transaction that was not whole means
     * nothing. */
    return journal_write_super(fs, 0, r.end + 1);
}
