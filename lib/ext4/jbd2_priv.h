/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The journal on the disk, as Linux and e2fsck have it: all numbers big-endian. From the kernel's
 * documentation, Documentation/filesystems/ext4/journal.rst ("Journal (jbd2)").
 */
#ifndef EXT4_JBD2_PRIV_H
#define EXT4_JBD2_PRIV_H

#include <endian.h>
#include <stdint.h>

#define JBD2_MAGIC 0xc03b3998u

enum jbd2_kind {
    JBD2_DESCRIPTOR = 1,
    JBD2_COMMIT = 2,
    JBD2_SUPER_1 = 3,
    JBD2_SUPER_2 = 4,
    JBD2_REVOKE = 5,
};

struct jbd2_header {
    uint32_t magic;
    uint32_t kind;
    uint32_t sequence;
};

enum jbd2_compat { JBD2_COMPAT_CHECKSUM = 1 };

enum jbd2_incompat {
    JBD2_INCOMPAT_REVOKE = 1,
    JBD2_INCOMPAT_64BIT = 2,
    JBD2_INCOMPAT_ASYNC_COMMIT = 4,
    JBD2_INCOMPAT_CSUM_V2 = 8,
    JBD2_INCOMPAT_CSUM_V3 = 16,
    JBD2_INCOMPAT_FAST_COMMIT = 32,
};

#define JBD2_CRC32C 4u

struct jbd2_super {
    struct jbd2_header header;
    uint32_t block_bytes, length, first;
    uint32_t sequence, start;
    int32_t error;
    /* From here on only in JBD2_SUPER_2. */
    uint32_t compat, incompat, ro_compat;
    uint8_t uuid[16];
    uint32_t users, dynamic_super, max_transaction, max_transaction_data;
    uint8_t checksum_kind, padding[3];
    uint32_t fast_commit_blocks, head;
    uint32_t padding2[40];
    uint32_t checksum;
    uint8_t user_ids[16 * 48];
};

_Static_assert(sizeof(struct jbd2_super) == 1024, "as on the disk");

enum jbd2_flag {
    JBD2_ESCAPED = 1,   /* the block began with the magic number, which was replaced by 0 */
    JBD2_SAME_UUID = 2, /* no UUID follows the tag */
    JBD2_DELETED = 4,
    JBD2_LAST = 8,
};

/* A tag of a descriptor block, with CSUM_V3. */
struct jbd2_tag3 {
    uint32_t block, flags, block_high, checksum;
};

/* A tag without; `block_high` only with 64BIT. */
struct jbd2_tag {
    uint32_t block;
    uint16_t checksum, flags;
    uint32_t block_high;
};

struct jbd2_commit {
    struct jbd2_header header;
    uint8_t checksum_kind, checksum_size, padding[2];
    uint32_t checksum[8];
    uint64_t seconds;
    uint32_t nanoseconds;
};

_Static_assert(sizeof(struct jbd2_commit) == 64, "as on the disk (padded)");

struct jbd2_revoke {
    struct jbd2_header header;
    uint32_t bytes; /* used, with this header */
};

/* Bytes at the end of descriptor and revoke blocks that hold a checksum, with CSUM_V2 and V3. */
#define JBD2_TAIL 4u

#endif
