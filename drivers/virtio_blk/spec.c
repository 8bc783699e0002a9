/* SPDX-License-Identifier: BSD-2-Clause */
/* What a disk's configuration says: the device's words, so all of it is checked. */
#include "spec.h"

#include <stddef.h>

#include "requests.h"

#define BYTES_MAX   (1ull << 62)
#define LENGTH_MAX  0x40000000u /* of one discard: a length is a 32-bit number */
#define PHYSICAL_LOG_MAX 8u

static uint32_t at_most(uint64_t value, uint32_t most)
{
    return value < most ? (uint32_t)value : most;
}

/* Most bytes of an operation, in whole blocks. */
static uint32_t range_bytes(bool can, uint32_t sectors, uint32_t block_bytes)
{
    uint32_t bytes = can ? at_most((uint64_t)sectors * BLK_SECTOR, LENGTH_MAX) : 0;

    return bytes / block_bytes * block_bytes;
}

static void understand_parts(struct blk_disk *disk, const uint32_t *words, uint64_t features)
{
    /* Without the features there is no limit (5.2.5: the driver chooses). */
    disk->segments = BLK_SEGMENTS;
    disk->segment_bytes = BLK_TRANSFER_MAX;
    if (features & BLK_F_SEG_MAX)
        disk->segments = at_most(words[BLK_SEG_MAX], disk->segments);
    if (features & BLK_F_SIZE_MAX)
        disk->segment_bytes = at_most(words[BLK_SIZE_MAX], disk->segment_bytes);
}

const char *blk_understand(struct blk_disk *disk, const uint32_t *words, uint64_t features)
{
    uint64_t sectors = words[BLK_CAPACITY] | (uint64_t)words[BLK_CAPACITY + 1] << 32;
    uint32_t block = features & BLK_F_BLK_SIZE ? words[BLK_BLK_SIZE] : BLK_SECTOR;
    uint32_t more = features & BLK_F_TOPOLOGY ? words[BLK_TOPOLOGY] & 0xff : 0;

    if (sectors > BYTES_MAX / BLK_SECTOR)
        return "its size is absurd";
    if (block < BLK_SECTOR || block > 4096 || (block & (block - 1)) != 0)
        return "its blocks are not 512 to 4096 bytes";
    *disk = (struct blk_disk){
        .bytes = sectors * BLK_SECTOR / block * block,
        .block_bytes = block,
        .physical_bytes = block << (more < PHYSICAL_LOG_MAX ? more : 0),
        .discard_bytes =
            range_bytes(features & BLK_F_DISCARD, words[BLK_DISCARD_SECTORS], block),
        .zero_bytes = range_bytes(features & BLK_F_WRITE_ZEROES, words[BLK_ZERO_SECTORS], block),
        .read_only = (features & BLK_F_RO) != 0,
        .write_cache = (features & BLK_F_FLUSH) != 0,
    };
    understand_parts(disk, words, features);
    if (disk->segments < 2 || disk->segment_bytes < 4096)
        return "it takes no request of two pages";
    return NULL;
}
