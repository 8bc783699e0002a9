/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables with random damage: whatever they say, every partition lies on the disk, none overlaps
 * another, and reading ends soon. Half of the damaged GPTs have right sums, as those of somebody
 * hostile would.
 */
#include "build.h"

#include <choose.h>
#include <string.h>

#define READS_MAX 1200u /* two tables of 1024 entries, or a chain of logical partitions */

static uint64_t state = 0x9e3779b97f4a7c15ul;

static uint32_t draw(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)((state >> 16) % below);
}

static uint64_t strange(void)
{
    static const uint64_t values[] = {0,  1,  2,  33, 34, DISK_BLOCKS - 1, DISK_BLOCKS,
                                      ~0ul, 1ul << 63, 0xffffffff, 1ul << 32, 128, 4096};

    return draw(3) == 0 ? state : values[draw(sizeof values / sizeof values[0])];
}

static void damage(struct disk *d)
{
    uint64_t block = draw(4) == 0 ? draw(DISK_BLOCKS) : draw(2) ? draw(6) : DISK_BLOCKS - 1;
    uint8_t *at = d->data + block * 512 + draw(512 / 8) * 8;

    switch (draw(4)) {
    case 0:
        at[draw(8)] ^= (uint8_t)(1u << draw(8));
        break;
    case 1:
        put32(at + 4 * draw(2), (uint32_t)strange());
        break;
    case 2:
        put64(at, strange());
        break;
    default:
        memcpy(at, d->data + draw(DISK_BLOCKS * 512 / 8) * 8ul, 8);
        break;
    }
}

static void some_mbr(struct disk *d)
{
    disk_clear(d);
    for (unsigned i = 0; i < 4; i++)
        mbr_record(d, 0, i, draw(3) ? (uint8_t)draw(256) : 5, draw(DISK_BLOCKS), draw(1000));
    for (uint64_t b = 1; b < DISK_BLOCKS; b += 1 + draw(40)) {
        mbr_record(d, b, 0, (uint8_t)draw(256), draw(100), draw(200));
        mbr_record(d, b, 1, draw(3) ? 5 : (uint8_t)draw(256), draw(DISK_BLOCKS), draw(300));
    }
}

static const char *sound(const struct table *t, uint64_t blocks)
{
    if (t->count > TABLE_PARTITIONS)
        return "too many partitions";
    for (uint32_t i = 0; i < t->count; i++) {
        const struct partition *p = &t->partition[i];

        if (p->blocks == 0 || p->first >= blocks || p->blocks > blocks - p->first)
            return "a partition is not on the disk";
        if (strnlen(p->label, TABLE_LABEL) == TABLE_LABEL)
            return "a label has no end";
        for (uint32_t k = 0; k < i; k++) {
            const struct partition *q = &t->partition[k];

            if (p->first < q->first + q->blocks && q->first < p->first + p->blocks)
                return "partitions overlap";
        }
    }
    return NULL;
}

const char *fuzz(unsigned rounds)
{
    static struct disk d;
    static struct table t;

    for (unsigned i = 0; i < rounds; i++) {
        struct table_source source;
        const char *wrong;

        if (draw(3) == 0)
            some_mbr(&d);
        else
            gpt_build(&d, draw(20));
        for (unsigned n = draw(12); n > 0; n--)
            damage(&d);
        if (draw(2)) {
            gpt_sums(&d, 1);
            gpt_sums(&d, DISK_BLOCKS - 1);
        }
        d.bad = draw(8) == 0 ? draw(40) : ~0ul;
        d.block_bytes = draw(8) == 0 ? 4096 : 512;
        source = disk_source(&d);
        table_read(&t, &source);
        wrong = sound(&t, source.blocks);
        if (wrong != NULL)
            return wrong;
        if (d.reads > READS_MAX)
            return "it reads for ever";
    }
    return NULL;
}
