/* SPDX-License-Identifier: BSD-2-Clause */
/* Disks with partition tables. The sum is made by table here, bit by bit in the parser. */
#include "build.h"

#include <stdio.h>
#include <string.h>

#define ENTRIES       128u
#define ENTRY_BYTES   128u
#define ENTRY_BLOCKS  32u
#define BACKUP        (DISK_BLOCKS - 1)

static bool read_block(void *context, uint64_t block, void *to)
{
    struct disk *d = context;

    d->reads++;
    if (block >= sizeof(d->data) / d->block_bytes || block == d->bad)
        return false;
    memcpy(to, d->data + block * d->block_bytes, d->block_bytes);
    return true;
}

void disk_clear(struct disk *d)
{
    memset(d, 0, sizeof *d);
    d->block_bytes = 512;
    d->bad = ~0ul;
}

struct table_source disk_source(struct disk *d)
{
    return (struct table_source){.read = read_block,
                                 .context = d,
                                 .blocks = sizeof(d->data) / d->block_bytes,
                                 .block_bytes = d->block_bytes};
}

void put32(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

void put64(uint8_t *at, uint64_t value)
{
    put32(at, (uint32_t)value);
    put32(at + 4, (uint32_t)(value >> 32));
}

void mbr_record(struct disk *d, uint64_t block, unsigned i, uint8_t type, uint32_t first,
                uint32_t blocks)
{
    uint8_t *at = d->data + block * d->block_bytes;

    at[510] = 0x55;
    at[511] = 0xaa;
    at += 446 + i * 16;
    at[4] = type;
    put32(at + 8, first);
    put32(at + 12, blocks);
}

static uint32_t sum(const uint8_t *data, size_t bytes)
{
    static uint32_t table[256];
    uint32_t crc = 0xffffffff;

    for (uint32_t i = 0; i < 256 && table[255] == 0; i++) {
        table[i] = i;
        for (unsigned bit = 0; bit < 8; bit++)
            table[i] = table[i] >> 1 ^ (table[i] & 1) * 0xedb88320;
    }
    for (size_t i = 0; i < bytes; i++)
        crc = crc >> 8 ^ table[(crc ^ data[i]) & 255];
    return ~crc;
}

uint8_t *gpt_entry(struct disk *d, unsigned i)
{
    return d->data + 2 * d->block_bytes + i * ENTRY_BYTES;
}

void gpt_sums(struct disk *d, uint64_t block)
{
    uint8_t *h = d->data + block * d->block_bytes;
    uint64_t entries = get64(h + 72);

    if (entries < DISK_BLOCKS - ENTRY_BLOCKS)
        put32(h + 88, sum(d->data + entries * d->block_bytes, ENTRIES * ENTRY_BYTES));
    put32(h + 16, 0);
    put32(h + 16, sum(h, 92));
}

static void header(struct disk *d, uint64_t block, uint64_t other, uint64_t entries)
{
    uint8_t *h = d->data + block * d->block_bytes;

    memcpy(h, "EFI PART", 8);
    put32(h + 8, 0x10000);
    put32(h + 12, 92);
    put64(h + 24, block);
    put64(h + 32, other);
    put64(h + 40, 34);
    put64(h + 48, BACKUP - ENTRY_BLOCKS - 1);
    put64(h + 72, entries);
    put32(h + 80, ENTRIES);
    put32(h + 84, ENTRY_BYTES);
    gpt_sums(d, block);
}

void gpt_build(struct disk *d, unsigned count)
{
    disk_clear(d);
    mbr_record(d, 0, 0, 0xee, 1, DISK_BLOCKS - 1);
    for (unsigned i = 0; i < count; i++) {
        uint8_t *e = gpt_entry(d, i);
        char label[16];

        memset(e, 0x10 + (int)i, 32);
        put64(e + 32, 200 + i * 100);
        put64(e + 40, 299 + i * 100);
        snprintf(label, sizeof label, "part%u", i + 1);
        for (unsigned k = 0; label[k] != 0; k++)
            e[56 + 2 * k] = (uint8_t)label[k];
    }
    memcpy(d->data + (BACKUP - ENTRY_BLOCKS) * 512ul, d->data + 2 * 512, ENTRIES * ENTRY_BYTES);
    header(d, 1, BACKUP, 2);
    header(d, BACKUP, 1, BACKUP - ENTRY_BLOCKS);
}
