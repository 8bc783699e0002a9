/* SPDX-License-Identifier: BSD-2-Clause */
/* The MBR (UEFI specification 2.10, 5.2), and which of the tables counts. */
#include "table.h"

#include <stddef.h>

/* The block (table 5-1), and a record in it (table 5-2). */
enum {
    MBR_RECORDS = 446,
    MBR_RECORD_BYTES = 16,
    MBR_SIGNATURE = 510,
    RECORD_BOOT = 0,
    RECORD_TYPE = 4,
    RECORD_FIRST = 8,
    RECORD_BLOCKS = 12,
};

#define RECORDS        4u
#define TYPE_UNUSED    0x00u
#define TYPE_PROTECTS  0xeeu /* a GPT */
#define LOGICALS_MAX   60u
#define LOGICAL_NUMBER 5u /* of the first one */

struct record {
    uint8_t boot, type;
    uint32_t first, blocks;
};

static struct record record_at(const uint8_t *block, unsigned i)
{
    const uint8_t *at = block + MBR_RECORDS + i * MBR_RECORD_BYTES;

    return (struct record){.boot = at[RECORD_BOOT],
                           .type = at[RECORD_TYPE],
                           .first = get32(at + RECORD_FIRST),
                           .blocks = get32(at + RECORD_BLOCKS)};
}

static bool extends(uint8_t type)
{
    return type == 0x05 || type == 0x0f || type == 0x85;
}

/* A file system's first block has the signature too, but seldom four records that can be. */
static bool is_mbr(const uint8_t *block)
{
    if (block[MBR_SIGNATURE] != 0x55 || block[MBR_SIGNATURE + 1] != 0xaa)
        return false;
    for (unsigned i = 0; i < RECORDS; i++) {
        if ((record_at(block, i).boot & 0x7f) != 0)
            return false;
    }
    return true;
}

static bool overlaps(const struct table *t, uint64_t first, uint64_t blocks)
{
    for (uint32_t i = 0; i < t->count; i++) {
        const struct partition *p = &t->partition[i];

        if (first < p->first + p->blocks && p->first < first + blocks)
            return true;
    }
    return false;
}

struct partition *table_add(struct table *t, const struct table_source *source, uint32_t number,
                            uint64_t first, uint64_t blocks)
{
    struct partition *p = &t->partition[t->count];

    if (first >= source->blocks || blocks == 0 || blocks > source->blocks - first ||
        t->count == TABLE_PARTITIONS || overlaps(t, first, blocks)) {
        t->refused++;
        return NULL;
    }
    *p = (struct partition){.number = number, .first = first, .blocks = blocks};
    t->count++;
    return p;
}

static void add_record(struct table *t, const struct table_source *s, uint32_t number,
                       const struct record *r, uint64_t base)
{
    struct partition *p = table_add(t, s, number, base + r->first, r->blocks);

    if (p != NULL)
        p->type[0] = r->type;
}

/*
 * Logical partitions: a chain of blocks like the first one, in which record 0 is a partition that
 * counts from that block, and record 1 the next of the chain, counting from the start of the
 * extended partition. The chain only goes forward, so it has no loop.
 */
static bool add_logicals(struct table *t, const struct table_source *s, const struct record *all)
{
    uint64_t base = all->first, at = base;
    uint8_t block[TABLE_BLOCK_MAX];

    for (uint32_t i = 0; i < LOGICALS_MAX; i++) {
        struct record own, next;

        if (at >= s->blocks) {
            t->refused++;
            return true;
        }
        if (!s->read(s->context, at, block))
            return false;
        if (!is_mbr(block)) {
            t->refused++;
            return true;
        }
        own = record_at(block, 0);
        next = record_at(block, 1);
        /* Within the extended partition, and behind the block that says so. */
        if (own.type != TYPE_UNUSED && own.first != 0 &&
            at + own.first + own.blocks <= base + all->blocks)
            add_record(t, s, LOGICAL_NUMBER + i, &own, at);
        else if (own.type != TYPE_UNUSED)
            t->refused++;
        if (!extends(next.type) || base + next.first <= at || next.first >= all->blocks)
            return true;
        at = base + next.first;
    }
    return true;
}

static bool add_records(struct table *t, const struct table_source *s, const uint8_t *block)
{
    for (unsigned i = 0; i < RECORDS; i++) {
        struct record r = record_at(block, i);

        if (r.type == TYPE_UNUSED)
            continue;
        if (!extends(r.type))
            add_record(t, s, i + 1, &r, 0);
        else if (!add_logicals(t, s, &r))
            return false;
    }
    return true;
}

static bool protects(const uint8_t *block)
{
    for (unsigned i = 0; i < RECORDS; i++) {
        if (record_at(block, i).type == TYPE_PROTECTS)
            return true;
    }
    return false;
}

/* The first copy is in block 1, the backup in the last one (5.3.2). */
static enum table_kind read_gpt(struct table *t, const struct table_source *s)
{
    bool unreadable = false;

    if (gpt_read(t, s, 1, &unreadable))
        return TABLE_GPT;
    if (gpt_read(t, s, s->blocks - 1, &unreadable))
        return TABLE_GPT_BACKUP;
    return unreadable ? TABLE_UNREADABLE : TABLE_DAMAGED;
}

void table_read(struct table *t, const struct table_source *source)
{
    uint8_t block[TABLE_BLOCK_MAX];

    t->kind = TABLE_NONE;
    t->count = t->refused = 0;
    if (source->blocks < 2)
        return;
    if (!source->read(source->context, 0, block)) {
        t->kind = TABLE_UNREADABLE;
        return;
    }
    if (!is_mbr(block))
        return;
    if (protects(block)) {
        t->kind = read_gpt(t, source);
        return;
    }
    t->kind = add_records(t, source, block) ? TABLE_MBR : TABLE_UNREADABLE;
}

const char *table_kind_name(enum table_kind kind)
{
    static const char *const names[] = {
        "no partition table", "GPT",           "backup of the GPT",
        "MBR",                "a damaged GPT", "a table that cannot be read",
    };

    return names[kind];
}
