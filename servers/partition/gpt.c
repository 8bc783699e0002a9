/* SPDX-License-Identifier: BSD-2-Clause */
/* The GUID partition table (UEFI specification 2.10, 5.3). */
#include "table.h"

#include <stddef.h>

/* The header (table 5-5). */
enum {
    HEADER_SIGNATURE = 0,
    HEADER_REVISION = 8,
    HEADER_BYTES = 12,
    HEADER_SUM = 16,
    HEADER_OWN_BLOCK = 24,
    HEADER_FIRST_USABLE = 40,
    HEADER_LAST_USABLE = 48,
    HEADER_ENTRIES_BLOCK = 72,
    HEADER_ENTRIES = 80,
    HEADER_ENTRY_BYTES = 84,
    HEADER_ENTRIES_SUM = 88,
    HEADER_LEAST = 92,
};

/* An entry (table 5-6). */
enum {
    ENTRY_TYPE = 0,
    ENTRY_FIRST = 32,
    ENTRY_LAST = 40,
    ENTRY_NAME = 56,
    ENTRY_NAME_UNITS = 36,
    ENTRY_LEAST = 128,
};

#define SIGNATURE   0x5452415020494645ull /* "EFI PART" */
#define REVISION    0x00010000u
#define ENTRIES_MAX 1024u
#define TABLE_BYTES_MAX (256u * 1024)
#define SUM_START   0xffffffffu

struct header {
    uint64_t first_usable, last_usable;
    uint64_t entries_block;
    uint32_t entries, entry_bytes, entries_sum;
};

/* What eight steps of the sum make of each byte. */
static uint32_t steps[256];

static void make_steps(void)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;

        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
        steps[byte] = crc;
    }
}

/* CRC-32 of ISO 3309, as 5.3.1 wants it. The table is 16 KiB, and read while a client waits that
 * opens its session anew: bit by bit that alone would be more than a millisecond. */
static uint32_t sum(uint32_t crc, const uint8_t *data, uint32_t bytes)
{
    if (steps[1] == 0)
        make_steps();
    for (uint32_t i = 0; i < bytes; i++)
        crc = crc >> 8 ^ steps[(crc ^ data[i]) & 0xff];
    return crc;
}

static bool header_sum_right(uint8_t *block, uint32_t bytes)
{
    uint32_t said = get32(block + HEADER_SUM);

    for (unsigned i = 0; i < 4; i++)
        block[HEADER_SUM + i] = 0; /* the sum is made with 0 in its place */
    return ~sum(SUM_START, block, bytes) == said;
}

/* Everything that 5.3.2 says must be checked, and that the numbers can be. */
static bool understand(struct header *h, uint8_t *block, const struct table_source *s,
                       uint64_t own_block)
{
    uint32_t bytes = get32(block + HEADER_BYTES);

    if (get64(block + HEADER_SIGNATURE) != SIGNATURE ||
        get32(block + HEADER_REVISION) != REVISION || bytes < HEADER_LEAST ||
        bytes > s->block_bytes || get64(block + HEADER_OWN_BLOCK) != own_block ||
        !header_sum_right(block, bytes))
        return false;
    *h = (struct header){.first_usable = get64(block + HEADER_FIRST_USABLE),
                         .last_usable = get64(block + HEADER_LAST_USABLE),
                         .entries_block = get64(block + HEADER_ENTRIES_BLOCK),
                         .entries = get32(block + HEADER_ENTRIES),
                         .entry_bytes = get32(block + HEADER_ENTRY_BYTES),
                         .entries_sum = get32(block + HEADER_ENTRIES_SUM)};
    if (h->entry_bytes < ENTRY_LEAST || h->entry_bytes > s->block_bytes ||
        (h->entry_bytes & (h->entry_bytes - 1)) != 0 || h->entries > ENTRIES_MAX ||
        h->entries * h->entry_bytes > TABLE_BYTES_MAX)
        return false;
    return h->first_usable <= h->last_usable && h->last_usable < s->blocks &&
           h->entries_block < s->blocks;
}

/* Labels are for people and for manifests: what is not ASCII is not worth the code. */
static void take_label(char *to, const uint8_t *name)
{
    unsigned i;

    for (i = 0; i < ENTRY_NAME_UNITS && i < TABLE_LABEL - 1; i++) {
        unsigned unit = name[2 * i] | (unsigned)name[2 * i + 1] << 8;

        if (unit == 0)
            break;
        to[i] = unit >= 0x20 && unit < 0x7f ? (char)unit : '?';
    }
    to[i] = 0;
}

static bool used(const uint8_t *entry)
{
    for (unsigned i = 0; i < 16; i++) {
        if (entry[ENTRY_TYPE + i] != 0)
            return true;
    }
    return false;
}

static void take_entry(struct table *t, const struct table_source *s, const struct header *h,
                       uint32_t number, const uint8_t *entry)
{
    uint64_t first = get64(entry + ENTRY_FIRST), last = get64(entry + ENTRY_LAST);
    struct partition *p;

    if (!used(entry))
        return;
    if (first < h->first_usable || last > h->last_usable || first > last) {
        t->refused++;
        return;
    }
    p = table_add(t, s, number, first, last - first + 1);
    if (p == NULL)
        return;
    for (unsigned i = 0; i < 16; i++)
        p->type[i] = entry[ENTRY_TYPE + i];
    take_label(p->label, entry + ENTRY_NAME);
}

/* Both at once: the entries, and their sum, which says at the end whether they count. */
static bool take_entries(struct table *t, const struct table_source *s, const struct header *h,
                         bool *unreadable)
{
    uint32_t left = h->entries * h->entry_bytes, number = 1, crc = SUM_START;
    uint8_t block[TABLE_BLOCK_MAX];

    for (uint64_t at = h->entries_block; left > 0; at++) {
        uint32_t part = left < s->block_bytes ? left : s->block_bytes;

        if (at >= s->blocks)
            return false;
        if (!s->read(s->context, at, block)) {
            *unreadable = true;
            return false;
        }
        crc = sum(crc, block, part);
        for (uint32_t i = 0; i + h->entry_bytes <= part; i += h->entry_bytes)
            take_entry(t, s, h, number++, block + i);
        left -= part;
    }
    return ~crc == h->entries_sum;
}

bool gpt_read(struct table *t, const struct table_source *source, uint64_t header_block,
              bool *unreadable)
{
    uint8_t block[TABLE_BLOCK_MAX];
    struct header header;

    t->count = t->refused = 0;
    if (header_block >= source->blocks)
        return false;
    if (!source->read(source->context, header_block, block)) {
        *unreadable = true;
        return false;
    }
    if (understand(&header, block, source, header_block) &&
        take_entries(t, source, &header, unreadable))
        return true;
    t->count = t->refused = 0;
    return false;
}
