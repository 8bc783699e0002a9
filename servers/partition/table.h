/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Partition tables: GPT (UEFI specification 2.10, chapter 5) and the older MBR (5.2 there). Pure
 * functions on blocks that they ask for: tested on the host, with damaged tables too.
 *
 * What a disk says is an allegation. A partition that does not lie on the disk, or overlaps one
 * before it, is left out; a GPT whose sums are wrong is not used, its backup is; a disk that says
 * it has a GPT and has no sound one has no partitions. Every loop has a bound.
 */
#ifndef PARTITION_TABLE_H
#define PARTITION_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#define TABLE_PARTITIONS 128u
#define TABLE_LABEL      37u /* bytes of a label in ASCII, and a NUL; other characters become '?' */
#define TABLE_BLOCK_MAX  4096u

/** Where blocks come from. */
struct table_source {
    /** Read one block into `to`. @return false: it cannot be read */
    bool (*read)(void *context, uint64_t block, void *to);
    void *context;
    uint64_t blocks;      /**< of the disk */
    uint32_t block_bytes; /**< 512 to 4096, a power of two */
};

enum table_kind {
    TABLE_NONE = 0,       /**< no partition table: the disk is one whole, or empty */
    TABLE_GPT = 1,
    TABLE_GPT_BACKUP = 2, /**< the first copy is damaged */
    TABLE_MBR = 3,
    TABLE_DAMAGED = 4,    /**< it should have one, but no copy is sound */
    TABLE_UNREADABLE = 5, /**< blocks that are needed cannot be read */
};

/** A partition. */
struct partition {
    uint32_t number;    /**< from 1 on, as other systems count */
    uint64_t first;     /**< block */
    uint64_t blocks;    /**< at least 1 */
    uint8_t type[16];   /**< GPT: as on the disk; MBR: the first byte */
    char label[TABLE_LABEL]; /**< empty in an MBR */
};

/** What a disk is divided into, in the order of the table. */
struct table {
    enum table_kind kind;
    uint32_t count;
    uint32_t refused; /**< entries that were left out because they cannot be */
    struct partition partition[TABLE_PARTITIONS];
};

/** Read the table of a disk. */
void table_read(struct table *t, const struct table_source *source);

/** What kind of table it is, for people. */
const char *table_kind_name(enum table_kind kind);

/* --- Between the files of the parser --------------------------------------------------------- */

/** Add a partition if it can be; counts it as refused if not. `label` is set by the caller. */
struct partition *table_add(struct table *t, const struct table_source *source, uint32_t number,
                            uint64_t first, uint64_t blocks);

/** GPT, with the block of the header to try. @return it is sound, and `t` is filled in */
bool gpt_read(struct table *t, const struct table_source *source, uint64_t header_block,
              bool *unreadable);

/** Little-endian numbers at any address. */
static inline uint32_t get32(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline uint64_t get64(const uint8_t *at)
{
    return get32(at) | (uint64_t)get32(at + 4) << 32;
}

#endif
