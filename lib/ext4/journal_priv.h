/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The journal: one running transaction, which is committed in one go. What it holds is the cache's
 * list META; what the log holds and home does not is the list LOGGED.
 *
 * The log is in use from `tail` to `head`. A commit needs space for everything in the running
 * transaction, which journal_begin() keeps below a quarter of the log; after a commit that leaves
 * less than half of it free the log is emptied (checkpoint): so there is always space.
 */
#ifndef EXT4_JOURNAL_PRIV_H
#define EXT4_JOURNAL_PRIV_H

#include "cache_priv.h"
#include "jbd2_priv.h"

/* Blocks of the journal's file that follow each other on the disk. */
struct journal_run {
    uint32_t first; /* block of the journal */
    uint32_t count;
    uint64_t block; /* of the disk */
};

#define JOURNAL_RUNS 1024u

struct journal {
    struct journal_run *runs;
    uint32_t run_count;
    uint32_t length, first;   /* blocks of the log: first to length - 1 */
    uint32_t head, tail;      /* tail: where the first transaction not at home begins */
    uint32_t tid;             /* of the running transaction */
    uint32_t tail_tid;
    uint32_t seed;            /* for checksums */
    bool checksums;           /* CSUM_V3 */
    bool wide;                /* 64BIT */
    bool started;             /* ready to write */
    uint32_t limit;           /* most blocks in a transaction */
    struct jbd2_super super;
    uint64_t *revoked;        /* of the running transaction */
    uint32_t revoked_count, revoked_room;
    uint64_t *logged;         /* set of blocks with copies in the log; 0 is an empty place */
    uint32_t logged_count, logged_mask;
    uint64_t commits, checkpoints, blocks, revokes, replayed;
};

struct ext4;

/** Find the journal's blocks and read its superblock. @return 0, EUCLEAN, EOPNOTSUPP, EIO, ENOMEM
 */
int journal_load(struct ext4 *fs);
void journal_free(struct ext4 *fs);
/** Is there something to replay? */
bool journal_dirty(const struct ext4 *fs);
/** Carry out what the log holds, at home; afterwards it is empty. @return 0, EIO, EUCLEAN */
int journal_replay(struct ext4 *fs);
/** Begin to write it. */
int journal_start(struct ext4 *fs);
/** Mark it empty: everything is at home. */
int journal_stop(struct ext4 *fs);

/**
 * Begin an operation that changes at most `credits` blocks of metadata and takes at most `blocks`
 * new blocks. May commit what was done before. @return 0, EROFS, ENOSPC, EIO
 */
int journal_begin(struct ext4 *fs, uint32_t credits, uint64_t blocks);
/** End it. With an error after something was changed the journal is aborted. @return error */
int journal_end(struct ext4 *fs, int error);
/** The last operation stays, whatever becomes of the component. */
void journal_settle(struct ext4 *fs);
/** A buffer is going to be changed by the operation. @return 0, EROFS, EUCLEAN */
int journal_touch(struct ext4 *fs, struct buffer *buffer);
/** A block was freed. */
void journal_forget(struct ext4 *fs, uint64_t block);
/** Make the running transaction durable. @return 0, or what aborted the journal */
int journal_commit(struct ext4 *fs);
/** Commit, then bring everything home and empty the log. */
int journal_checkpoint(struct ext4 *fs);
/** Stop writing for good. @return error */
int journal_abort(struct ext4 *fs, int error, const char *why);

/* Inside: write.c */

/** Write the running transaction into the log and make it durable. @return 0, EIO, ... */
int journal_write(struct ext4 *fs);

/* Inside: log.c */

/** Block of the disk of a block of the journal; 0: none. */
uint64_t journal_place(const struct journal *journal, uint32_t block);
/** Write the journal's superblock. */
int journal_write_super(struct ext4 *fs, uint32_t start, uint32_t sequence);
uint32_t journal_crc(uint32_t seed, const void *data, size_t size);

#endif
