/* SPDX-License-Identifier: BSD-2-Clause */
/* Disks with partition tables, made for tests. */
#ifndef TEST_BUILD_H
#define TEST_BUILD_H

#include <table.h>

#define DISK_BLOCKS 4096u

/** A disk in memory. */
struct disk {
    uint32_t block_bytes;
    uint64_t reads;       /* blocks that were asked for */
    uint64_t bad;         /* a block that cannot be read; ~0: none */
    uint8_t data[DISK_BLOCKS * 512];
};

/** Blocks of 512 bytes, all 0, none of them bad. */
void disk_clear(struct disk *d);

/** The disk as a source. */
struct table_source disk_source(struct disk *d);

void put32(uint8_t *at, uint32_t value);
void put64(uint8_t *at, uint64_t value);

/** A record of an MBR in a block, and the signature. */
void mbr_record(struct disk *d, uint64_t block, unsigned i, uint8_t type, uint32_t first,
                uint32_t blocks);

/** A GPT with `count` partitions of 100 blocks each from block 200 on, labels "part1" and so on. */
void gpt_build(struct disk *d, unsigned count);

/** Correct the sums of the header in `block`, and of its entries. */
void gpt_sums(struct disk *d, uint64_t block);

/** Where entry i of the first copy is. */
uint8_t *gpt_entry(struct disk *d, unsigned i);

/** Tables with random damage. @return NULL: all went well; else what went wrong */
const char *fuzz(unsigned rounds);

#endif
