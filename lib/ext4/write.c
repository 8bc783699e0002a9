/* SPDX-License-Identifier: BSD-2-Clause */
/* The running transaction as blocks of the log: revoke blocks, descriptor blocks each with the
 * blocks that it describes, and the block that commits it. */
#include "fs_priv.h"

#include <string.h>

/* Blocks of the log that are about to be written, in one go. */
struct batch {
    struct ext4_io ios[CACHE_BATCH];
    unsigned count;
    unsigned scratch; /* blocks of scratch memory in use */
};

static int batch_write(struct ext4 *fs, struct batch *batch)
{
    int error = batch->count == 0 ? 0
                                  : fs->device.write(fs->device.self, batch->ios, batch->count);

    fs->journal.blocks += batch->count;
    batch->count = 0;
    batch->scratch = 0;
    return error;
}

static uint8_t *batch_scratch(struct ext4 *fs, struct batch *batch)
{
    return fs->cache.scratch + (size_t)batch->scratch++ * fs->block_bytes;
}

/* The next block of the log gets this. */
static void batch_add(struct ext4 *fs, struct batch *batch, uint8_t *data)
{
    struct journal *journal = &fs->journal;

    batch->ios[batch->count++] = (struct ext4_io){
        .position = journal_place(journal, journal->head) * fs->block_bytes,
        .length = fs->block_bytes,
        .data = data};
    journal->head = journal->head + 1 == journal->length ? journal->first : journal->head + 1;
}

static void put_header(struct ext4 *fs, uint8_t *block, enum jbd2_kind kind)
{
    struct jbd2_header header = {htobe32(JBD2_MAGIC), htobe32(kind), htobe32(fs->journal.tid)};

    memset(block, 0, fs->block_bytes);
    memcpy(block, &header, sizeof(header));
}

/* Checksum over a descriptor or revoke block, at its end. */
static void put_tail(struct ext4 *fs, uint8_t *block)
{
    uint32_t checksum;

    if (!fs->journal.checksums)
        return;
    checksum = htobe32(journal_crc(fs->journal.seed, block, fs->block_bytes));
    memcpy(block + fs->block_bytes - JBD2_TAIL, &checksum, sizeof(checksum));
}

static uint32_t room(const struct ext4 *fs)
{
    return fs->block_bytes - (fs->journal.checksums ? JBD2_TAIL : 0);
}

static int write_revokes(struct ext4 *fs)
{
    struct journal *journal = &fs->journal;
    uint32_t width = journal->wide ? 8 : 4;
    uint32_t done = 0;
    int error = 0;

    while (done < journal->revoked_count && error == 0) {
        struct batch batch = {.count = 0};
        uint8_t *block = batch_scratch(fs, &batch);
        uint32_t at = sizeof(struct jbd2_revoke), bytes;

        put_header(fs, block, JBD2_REVOKE);
        for (; done < journal->revoked_count && at + width <= room(fs); at += width) {
            uint64_t number = htobe64(journal->revoked[done++]);

            memcpy(block + at, (uint8_t *)&number + 8 - width, width);
        }
        bytes = htobe32(at);
        memcpy(block + sizeof(struct jbd2_header), &bytes, sizeof(bytes));
        put_tail(fs, block);
        batch_add(fs, &batch, block);
        error = batch_write(fs, &batch);
    }
    return error;
}

/* One tag into a descriptor block. @return bytes that it takes */
static uint32_t put_tag(struct ext4 *fs, uint8_t *at, const struct buffer *buffer,
                        const uint8_t *data, uint32_t flags)
{
    struct journal *journal = &fs->journal;
    uint32_t sequence = htobe32(journal->tid);

    if (journal->checksums) {
        uint32_t crc = journal_crc(journal->seed, &sequence, sizeof(sequence));
        struct jbd2_tag3 tag = {.block = htobe32((uint32_t)buffer->block),
                                .flags = htobe32(flags),
                                .block_high = htobe32((uint32_t)(buffer->block >> 32)),
                                .checksum = htobe32(journal_crc(crc, data, fs->block_bytes))};

        memcpy(at, &tag, sizeof(tag));
        return sizeof(tag);
    }
    struct jbd2_tag tag = {.block = htobe32((uint32_t)buffer->block),
                           .flags = htobe16((uint16_t)flags),
                           .block_high = htobe32((uint32_t)(buffer->block >> 32))};

    memcpy(at, &tag, journal->wide ? 12 : 8);
    return journal->wide ? 12 : 8;
}

/* What is written of a buffer: itself, or a copy without the magic number that it begins with. */
static uint8_t *escaped(struct ext4 *fs, struct batch *batch, struct buffer *buffer,
                        uint32_t *flags)
{
    uint32_t magic = htobe32(JBD2_MAGIC);
    uint8_t *copy;

    if (memcmp(buffer->data, &magic, sizeof(magic)) != 0)
        return buffer->data;
    copy = batch_scratch(fs, batch);
    memcpy(copy, buffer->data, fs->block_bytes);
    memset(copy, 0, sizeof(magic));
    *flags |= JBD2_ESCAPED;
    return copy;
}

/* A descriptor block and the blocks that it describes. @return the first buffer left */
static struct buffer *describe(struct ext4 *fs, struct buffer *buffer, int *error)
{
    struct batch batch = {.count = 0};
    uint8_t *block = batch_scratch(fs, &batch);
    uint32_t at = sizeof(struct jbd2_header), size = fs->journal.checksums ? 16 : 12;
    bool last = false;

    put_header(fs, block, JBD2_DESCRIPTOR);
    batch_add(fs, &batch, block);
    for (; !last; buffer = buffer->next) {
        bool first = batch.count == 1;
        uint32_t flags = first ? 0 : JBD2_SAME_UUID;
        uint8_t *data = escaped(fs, &batch, buffer, &flags);
        uint32_t after = at + size + (first ? 16 : 0);

        last = buffer->next == NULL || batch.count + 1 == CACHE_BATCH ||
               batch.scratch == SCRATCH_BLOCKS || after + size > room(fs);
        at += put_tag(fs, block + at, buffer, data, flags | (last ? JBD2_LAST : 0));
        if (first) {
            memcpy(block + at, fs->journal.super.uuid, 16);
            at += 16;
        }
        batch_add(fs, &batch, data);
    }
    put_tail(fs, block);
    *error = batch_write(fs, &batch);
    return buffer;
}

static int write_commit(struct ext4 *fs)
{
    struct batch batch = {.count = 0};
    uint8_t *block = batch_scratch(fs, &batch);
    struct ext4_time now = fs->device.now(fs->device.self);
    struct jbd2_commit *commit = (struct jbd2_commit *)block;

    put_header(fs, block, JBD2_COMMIT);
    commit->seconds = htobe64((uint64_t)now.seconds);
    commit->nanoseconds = htobe32(now.nanoseconds);
    if (fs->journal.checksums)
        commit->checksum[0] = htobe32(journal_crc(fs->journal.seed, block, fs->block_bytes));
    batch_add(fs, &batch, block);
    return batch_write(fs, &batch);
}

int journal_write(struct ext4 *fs)
{
    struct buffer *buffer = fs->cache.list[BUFFER_META].first;
    int error = write_revokes(fs);

    while (buffer != NULL && error == 0)
        buffer = describe(fs, buffer, &error);
    if (error == 0)
        error = fs->device.flush(fs->device.self);
    if (error == 0)
        error = write_commit(fs);
    if (error == 0)
        error = fs->device.flush(fs->device.self);
    return error;
}
