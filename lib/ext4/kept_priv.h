/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What outlives the component besides the cache's memory: which buffers hold what is not on the
 * disk yet, and how to make the rest of the state from them. The next incarnation replays the
 * journal, takes over the buffers in the states DIRTY and META, and commits: so nothing that was
 * answered is lost.
 *
 *  - `table` has block and state of each buffer.
 *  - Before an operation changes a buffer that is META already, the buffer is saved in `undo`; one
 *    that becomes META is marked with the number of the operation. If the component ends in the
 *    middle of an operation, the former are restored and the latter left out (the disk or the log
 *    has them as they were).
 *  - Bitmaps and counts are not in buffers until a commit puts them there: `change` is the list of
 *    what was taken and given back since.
 *  - Bytes of what the caller keeps beside are saved in `beside` before they change.
 *  - `now` is written with one store at the end of an operation: what it says is whole.
 *
 * Every part has a checksum (CRC-32C, or one or two multiplications) that becomes valid with the
 * same store as the part itself. If any is wrong nothing is taken over. The contents of buffers
 * have none: metadata have ext4's own, and data have none on the disk either.
 */
#ifndef EXT4_KEPT_PRIV_H
#define EXT4_KEPT_PRIV_H

#include "cache_priv.h"


#define KEPT_MAGIC   0x3374706b34747865ull /* another one when the layout changes */
#define KEPT_UNDO    96u
#define KEPT_CHANGES 4096u
#define KEPT_BESIDE  8u
#define KEPT_PIECE   48u

enum kept_kind {
    KEPT_TAKE = 1,
    KEPT_GIVE,
    KEPT_TAKE_INODE,
    KEPT_TAKE_DIRECTORY,
    KEPT_GIVE_INODE,
    KEPT_GIVE_DIRECTORY,
};

struct kept_change {
    uint64_t what; /* block or inode */
    uint32_t count;
    uint32_t kind; /* and above its low 8 bits the checksum */
};

struct kept_buffer {
    uint64_t block;
    uint32_t operation; /* that made it META */
    uint32_t state;     /* and above its low 8 bits the checksum, if it is not FREE */
};

struct kept_undo {
    uint32_t buffer; /* number */
    uint32_t crc;    /* with the operation: of another one it means nothing */
};

struct kept_piece {
    uint32_t at, bytes; /* of ext4_options.beside */
    uint8_t was[KEPT_PIECE];
    uint32_t crc; /* with the operation */
};

struct kept {
    uint64_t magic; /* 0: nothing is to be taken over */
    uint64_t device_bytes;
    uint32_t block_bytes, buffer_count;
    uint32_t head_crc;  /* of what stands before, but the magic number */
    uint32_t undo_count;
    uint64_t operation; /* number of the last one that began, and above it the complement */
    /* last orphan << 32 | checksum << 21 | number of the last one that ended << 13 | changes */
    uint64_t now;
    uint32_t changes; /* with those of the operation under way */
    uint32_t reserved;
    struct kept_undo undo[KEPT_UNDO];
    struct kept_change change[KEPT_CHANGES];
    uint64_t beside_count;
    struct kept_piece beside[KEPT_BESIDE];
    struct kept_buffer table[]; /* behind it the saved blocks */
};

/** What `state` of a buffer's entry must be, with its checksum. */
uint32_t kept_state(const struct kept_buffer *buffer, enum buffer_state state);

struct ext4;

/** Begin to keep: everything is new. Too little memory: nothing is kept. */
void kept_start(struct ext4 *fs);
/**
 * Is there something to take over, for a cache that was just made? Then it is in the cache. If it
 * is damaged it is refused, and fs->kept_refused is set.
 * @param adopted set to whether the cache was touched
 * @return 0; EUCLEAN: it contradicts itself: begin again without it
 */
int kept_adopt(struct ext4 *fs, bool *adopted);
/** Bitmaps are read: do the changes again, and forget buffers of blocks that are free. */
int kept_apply(struct ext4 *fs);
void kept_begin(struct ext4 *fs);
/** @param flushed the changes are in buffers now */
void kept_end(struct ext4 *fs, bool flushed);
void kept_forget_all(struct ext4 *fs);
void kept_save(struct ext4 *fs, struct buffer *buffer);
void kept_note(struct ext4 *fs, enum kept_kind kind, uint64_t what, uint32_t count);
bool kept_full(const struct ext4 *fs);

#endif
