/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The block device of the VIRTIO specification, version 1.2, section 5.2: numbers, and what its
 * configuration says.
 */
#ifndef VIRTIO_BLK_SPEC_H
#define VIRTIO_BLK_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#define BLK_TYPE   2u   /* 5.2.1 */
#define BLK_SECTOR 512u /* what positions and lengths are in, whatever the block size is (5.2.4) */

/* Features (5.2.3). */
#define BLK_F_SIZE_MAX     (1ull << 1)
#define BLK_F_SEG_MAX      (1ull << 2)
#define BLK_F_RO           (1ull << 5)
#define BLK_F_BLK_SIZE     (1ull << 6)
#define BLK_F_FLUSH        (1ull << 9)
#define BLK_F_TOPOLOGY     (1ull << 10)
#define BLK_F_DISCARD      (1ull << 13)
#define BLK_F_WRITE_ZEROES (1ull << 14)

/* Configuration in words of 32 bits (5.2.4). */
enum blk_config {
    BLK_CAPACITY = 0, /* two words: sectors */
    BLK_SIZE_MAX = 2,
    BLK_SEG_MAX = 3,
    BLK_BLK_SIZE = 5,
    BLK_TOPOLOGY = 6, /* low byte: logarithm of blocks in a physical block */
    BLK_DISCARD_SECTORS = 9,
    BLK_ZERO_SECTORS = 12,
    BLK_CONFIG_WORDS = 14,
};

/* Types of requests, and their status (5.2.6). */
enum blk_type {
    BLK_T_IN = 0,
    BLK_T_OUT = 1,
    BLK_T_FLUSH = 4,
    BLK_T_DISCARD = 11,
    BLK_T_WRITE_ZEROES = 13,
};

enum { BLK_S_OK = 0, BLK_S_IOERR = 1, BLK_S_UNSUPP = 2, BLK_S_NOT_YET = 0xff };

/** What every request begins with. */
struct blk_header {
    uint32_t type;
    uint32_t reserved;
    uint64_t sector;
};

/** What a discard or a write of zeroes is about. */
struct blk_range {
    uint64_t sector;
    uint32_t sectors;
    uint32_t flags; /* 1: may unmap */
};

_Static_assert(sizeof(struct blk_header) == 16 && sizeof(struct blk_range) == 16, "5.2.6");

/** A disk as it says it is, after checks. */
struct blk_disk {
    uint64_t bytes;
    uint32_t block_bytes;
    uint32_t physical_bytes;
    uint32_t segments;       /**< parts of one read or write */
    uint32_t segment_bytes;  /**< of one part, at least a page */
    uint32_t discard_bytes;  /**< of one discard, 0: cannot */
    uint32_t zero_bytes;
    bool read_only;
    bool write_cache;
};

/**
 * Understand its configuration.
 * @param words BLK_CONFIG_WORDS of it; features as negotiated
 * @return NULL: done; else what is wrong, for people
 */
const char *blk_understand(struct blk_disk *disk, const uint32_t *words, uint64_t features);

#endif
