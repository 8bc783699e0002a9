/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cache: blocks of the disk in the device's memory, data and metadata alike, found by their
 * number. A buffer is in exactly one state, which is the list that it is on:
 *
 *   FREE    no block                    CLEAN   as on the disk; the oldest first
 *   DIRTY   newer data than the disk    META    changed by the running transaction: stays
 *   LOGGED  in the journal, newer than at home: may go home at any time, must before the journal's
 *           tail moves
 *
 * A buffer with pins is in use by somebody up the stack and never evicted.
 */
#ifndef EXT4_CACHE_PRIV_H
#define EXT4_CACHE_PRIV_H

#include "ext4.h"

enum buffer_state { BUFFER_FREE, BUFFER_CLEAN, BUFFER_DIRTY, BUFFER_META, BUFFER_LOGGED };
#define BUFFER_STATES 5u

struct buffer {
    uint64_t block;
    uint8_t *data;
    uint32_t owner; /* inode of dirty data */
    uint32_t saved; /* operation that it was last saved for (kept.c) */
    uint16_t pins;
    uint8_t state;
    bool ordered; /* dirty data that must be on the disk before the running transaction is */
    bool checked; /* its checksum as a directory block was right */
    bool used;    /* since it was last looked at as the oldest */
    bool shown;   /* somebody outside may see the memory: cache_show() */
    struct buffer *hash_next;
    struct buffer *next, *previous;
};

struct kept;

struct buffer_list {
    struct buffer *first, *last;
    uint32_t count;
};

struct cache {
    const struct ext4_device *device;
    uint32_t block_bytes;
    uint64_t block_count; /* of the device */
    uint32_t buffer_count;
    struct buffer *buffers;
    struct buffer **hash;
    uint32_t hash_mask;
    struct buffer_list list[BUFFER_STATES];
    uint8_t *scratch; /* SCRATCH_BLOCKS blocks that are nobody's, for the journal */
    uint64_t hits, misses, written;
    struct kept *kept; /* NULL: nothing is kept */
    uint64_t adopted;
    /* Called when data of an inode could not be written; `ordered`: as in struct buffer. */
    void (*lost)(void *self, uint32_t owner, bool ordered, int error);
    void *lost_self;
    /* Called before memory that is shown holds something else. NULL: nothing is ever shown. */
    void (*hide)(void *self, const uint8_t *data);
    void *hide_self;
};

#define SCRATCH_BLOCKS 8u
#define CACHE_BATCH    64u

/** Divide the device's memory into blocks. @return 0, ENOMEM */
int cache_init(struct cache *cache, const struct ext4_device *device, uint32_t block_bytes);
void cache_free(struct cache *cache);
/** Forget all that can be read again, as the disk has changed. */
void cache_clear(struct cache *cache);

/** Take over a buffer in this state. @return false: the block is there twice */
bool cache_adopt(struct cache *cache, uint32_t index, uint64_t block, enum buffer_state state);

/** Where in the table a block is found. */
static inline struct buffer **cache_place(struct cache *cache, uint64_t block)
{
    uint64_t mixed = block * 0x9e3779b97f4a7c15ul;

    return &cache->hash[(mixed >> 32) & cache->hash_mask];
}

/** Only if it is there; not pinned: for before anything else is done with the cache. */
static inline struct buffer *cache_look(struct cache *cache, uint64_t block)
{
    struct buffer *buffer = *cache_place(cache, block);

    while (buffer != NULL && buffer->block != block)
        buffer = buffer->hash_next;
    return buffer;
}

enum cache_how {
    CACHE_READ, /* with what is on the disk */
    CACHE_NEW,  /* all of it is going to be overwritten */
};

/** Get a block, pinned. @return 0, EIO, ENOMEM, EUCLEAN (no such block) */
int cache_get(struct cache *cache, uint64_t block, enum cache_how how, struct buffer **buffer);
/** Only if it is there; pinned. */
struct buffer *cache_find(struct cache *cache, uint64_t block);
void cache_put(struct buffer *buffer);
/** Others are shown its memory, until it is used for another block or the block is freed. */
static inline void cache_show(struct buffer *buffer)
{
    buffer->shown = true;
}
/** Read blocks that follow each other on the disk and are not there yet. Errors do not matter. */
void cache_read_ahead(struct cache *cache, uint64_t block, uint32_t count);
void cache_move(struct cache *cache, struct buffer *buffer, enum buffer_state state);
/** A block was freed: what the cache has of it does not matter any more. */
void cache_drop(struct cache *cache, uint64_t block);

/** Which dirty data cache_write_back() is about. */
enum cache_which { CACHE_ALL, CACHE_ORDERED, CACHE_OWNER, CACHE_SOME };

/** Write dirty data; what cannot be written is dropped and its owner told. @return 0, EIO, ... */
int cache_write_back(struct cache *cache, enum cache_which which, uint32_t owner);
/** Write buffers of LOGGED home, all or some. @return 0, EIO: those stay */
int cache_write_home(struct cache *cache, bool all);

#endif
