/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of this room share: the file system as it is mounted, and files in memory. */
#ifndef EXT4_FS_PRIV_H
#define EXT4_FS_PRIV_H

#include "cache_priv.h"
#include "journal_priv.h"
#include "kept_priv.h"

#include <errno.h>
#include <sys/types.h> /* before those of the library */

#include <ext2fs/ext2_fs.h>
#include <ext2fs/ext2fs.h>
#include <ext2fs/ext3_extents.h>

#define NODE_BYTES 256u /* of an inode that are kept in memory; larger ones keep the rest on disk */
#define NODE_RUNS  4u
#define NODES      512u

/* Blocks of a file that follow each other on the disk, or a hole (block 0). */
struct run {
    uint64_t first; /* block of the file */
    uint64_t count;
    uint64_t block; /* of the disk; 0: hole */
    bool unwritten;
};

/* A file in memory. `inode` is as on the disk and written through to the cache at once. */
struct node {
    uint32_t number;
    uint32_t holds;     /* ext4_hold */
    uint32_t pins;      /* in use by an operation */
    uint32_t tid;       /* transaction that changed it last */
    uint32_t data_tid;  /* transaction that changed what fdatasync(2) needs */
    bool used;          /* since it was last looked at as the oldest */
    bool told;          /* somebody has seen its attributes since they changed */
    int lost;           /* error of data that could not be written, told once by sync */
    uint64_t next_read; /* offset where the last read ended, for read-ahead */
    uint32_t ahead;     /* blocks to read ahead */
    struct run runs[NODE_RUNS];
    uint32_t run_next;
    union {
        struct ext2_inode_large inode;
        uint8_t bytes[NODE_BYTES];
    };
    struct node *hash_next, *next, *previous;
};

struct range {
    uint64_t block;
    uint64_t count;
};

struct ext4 {
    struct ext4_device device;
    struct ext4_options options;
    ext2_filsys lib;
    struct cache cache;
    struct journal journal;
    uint32_t block_bytes, block_shift;
    bool read_only;
    int aborted;
    bool touched;      /* the operation has changed something */
    bool in_operation;
    bool kept_refused; /* what was kept is damaged */
    bool together;     /* ext4_begin(): the last operation is settled by ext4_end() */
    bool unsettled;    /* it is over, but would be undone still */
    uint64_t *dropped; /* blocks freed by the operation: out of the cache at its end */
    uint32_t dropped_count, dropped_room;
    bool bad_copy;     /* the memory of who asked vanished */

    /* space.c */
    uint8_t *group_flags; /* one a group: its bitmaps or descriptor changed */
    uint32_t dirty_groups;
    bool super_dirty;
    struct range *freed;  /* since the last commit: not to be taken until then */
    uint32_t freed_count, freed_room;
    uint64_t freed_blocks;
    uint64_t next_goal;

    /* node.c */
    struct node *nodes[NODES];
    struct node *node_first, *node_last;
    uint32_t node_count;

    uint32_t *orphans; /* as the list on the disk, first one first */
    uint32_t orphan_count, orphan_room;
    uint64_t orphans_done;
};

enum group_flag { GROUP_BLOCKS = 1, GROUP_INODES = 2, GROUP_DESCRIPTOR = 4 };

/* mount.c */

/** What libext2fs says, as an errno. */
int ext4_error(errcode_t error);
void ext4_report(struct ext4 *fs, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** EUCLEAN, after a line that says what is damaged. */
int ext4_damaged(struct ext4 *fs, uint32_t inode, const char *what);

/* channel.c */
extern struct struct_io_manager channel_manager;
/** Metadata by its block; pinned. */
static inline int meta_get(struct ext4 *fs, uint64_t block, struct buffer **buffer)
{
    return cache_get(&fs->cache, block, CACHE_READ, buffer);
}

/* space.c */
int space_init(struct ext4 *fs);
void space_free(struct ext4 *fs);
/** Put the changed bitmaps, descriptors and the superblock into the running transaction. */
int space_flush(struct ext4 *fs);
/** How many blocks that will be. */
uint32_t space_credits(const struct ext4 *fs);
/**
 * Take at most `*count` blocks that follow each other, near `goal`.
 * @return 0: `*count` at least 1; ENOSPC
 */
int space_take(struct ext4 *fs, uint64_t goal, uint64_t *block, uint64_t *count);
/** Give blocks back; they can be taken again after the next commit. EUCLEAN: no such blocks. */
int space_give(struct ext4 *fs, uint64_t block, uint64_t count);
/** Blocks that can be taken now. */
uint64_t space_now(const struct ext4 *fs);
int space_take_inode(struct ext4 *fs, uint32_t parent, bool directory, uint32_t *inode);
int space_give_inode(struct ext4 *fs, uint32_t inode, bool directory);
int space_write_super(struct ext4 *fs);
/** Take these again, as an incarnation before did. EUCLEAN: they are not free */
int space_retake(struct ext4 *fs, uint64_t block, uint64_t count);
int space_retake_inode(struct ext4 *fs, uint64_t inode, bool directory);
/** Is a block free, or will it be after the commit? */
bool space_is_free(const struct ext4 *fs, uint64_t block);

/* node.c */
int node_get(struct ext4 *fs, struct ext4_handle file, struct node **node);
/** Without a generation, for entries of directories. */
int node_get_number(struct ext4 *fs, uint32_t number, struct node **node);
/** A new one, of an inode that was just taken. */
int node_create(struct ext4 *fs, uint32_t number, struct node **node);
void node_put(struct ext4 *fs, struct node *node);
/** Write it through; `data`: also what fdatasync needs. */
int node_write(struct ext4 *fs, struct node *node, bool data);
/** Read it again: libext2fs changed it on the disk. */
int node_reload(struct ext4 *fs, struct node *node);
/** Does somebody use it? */
bool node_held(struct ext4 *fs, const struct node *node);
struct node *node_find(struct ext4 *fs, uint32_t number);
void node_forget(struct ext4 *fs, struct node *node);
void node_free_all(struct ext4 *fs);
static inline uint64_t node_size(const struct node *node)
{
    return node->inode.i_size | (uint64_t)node->inode.i_size_high << 32;
}
void node_set_size(struct node *node, uint64_t size);
static inline struct ext2_inode *node_inode(struct node *node)
{
    return (struct ext2_inode *)&node->inode;
}
static inline struct ext4_handle node_handle(const struct node *node)
{
    return (struct ext4_handle){node->number, node->inode.i_generation};
}
enum node_time { TIME_ACCESSED = 1, TIME_MODIFIED = 2, TIME_CHANGED = 4, TIME_BORN = 8 };
void node_stamp(struct ext4 *fs, struct node *node, unsigned which);
/** Are the times of modification and change as if stamped now, and has nobody seen them before? */
bool node_is_stamped(struct ext4 *fs, struct node *node);
void node_set_time(struct ext4 *fs, struct node *node, enum node_time which, struct ext4_time time);
/** Delete a file without links: its blocks, values and inode. May take several transactions. */
int node_delete(struct ext4 *fs, struct node *node);

/* orphan.c */
int orphan_add(struct ext4 *fs, struct node *node);
int orphan_remove(struct ext4 *fs, struct node *node);
/** At mount: carry out what the list asks for. */
int orphan_clean(struct ext4 *fs);
/** At the end: nobody holds anything any more. */
int orphan_end(struct ext4 *fs);
/** Nobody holds it and no name has it: delete it, or else leave it on the list. */
int orphan_settle(struct ext4 *fs, struct node *node);

/* map.c */
/** The run that holds a block of a file. */
int map_find(struct ext4 *fs, struct node *node, uint64_t first, struct run *run);
/** Fill at most `count` blocks of a hole with new blocks; the caller writes the inode. */
int map_fill(struct ext4 *fs, struct node *node, uint64_t first, uint64_t count, bool unwritten,
             struct run *run);
/** Blocks that were unwritten hold data now. */
int map_written(struct ext4 *fs, struct node *node, const struct run *run);
/** Take the last piece (at most one extent) that lies in `first` to `end` - 1 away. */
int map_cut(struct ext4 *fs, struct node *node, uint64_t first, uint64_t end, bool *more);
void map_forget(struct node *node);
uint64_t map_limit(const struct ext4 *fs);

/* file.c */
int file_cut(struct ext4 *fs, struct node *node, uint64_t size);

/* directory.c: the entries of one block */

struct place { /* where an entry is, or could be */
    uint64_t block;    /* of the directory */
    uint32_t offset;
    uint32_t previous; /* offset of the entry before it in the block; UINT32_MAX: none */
};

/** A block of a directory, its checksum verified; pinned. */
int directory_block(struct ext4 *fs, struct node *directory, uint64_t block,
                    struct buffer **buffer);
/** A new one at the end, zeroed and touched; pinned. */
int directory_grow(struct ext4 *fs, struct node *directory, uint64_t *block,
                   struct buffer **buffer);
/** The checksum after a change. */
int directory_seal(struct ext4 *fs, struct node *directory, struct buffer *buffer);
/** Bytes of a block that entries may use. */
uint32_t directory_room(struct ext4 *fs);
void directory_clear_block(struct ext4 *fs, struct buffer *buffer);
/** An entry of a block. NULL: it does not fit its place. */
struct ext2_dir_entry_2 *directory_at(struct ext4 *fs, struct buffer *buffer, uint32_t offset,
                                      uint32_t *length);
/** Look for a name in one block. @return 0, ENOENT, EUCLEAN */
int directory_search(struct ext4 *fs, struct node *directory, struct buffer *buffer,
                     const char *name, size_t length, struct place *place);
/** Put an entry into a block. @return ENOSPC: it does not fit */
int directory_put(struct ext4 *fs, struct node *directory, struct buffer *buffer,
                  const char *name, size_t length, uint32_t inode, uint8_t kind);
int directory_find(struct ext4 *fs, struct node *directory, const char *name, size_t length,
                   struct place *place, uint32_t *inode, uint8_t *kind);
int directory_add(struct ext4 *fs, struct node *directory, const char *name, size_t length,
                  uint32_t inode, uint8_t kind);
int directory_delete(struct ext4 *fs, struct node *directory, const struct place *place);
/** Let an entry name another file. */
int directory_point(struct ext4 *fs, struct node *directory, const struct place *place,
                    uint32_t inode, uint8_t kind);
/** First block of a new directory. */
int directory_make(struct ext4 *fs, struct node *directory, uint32_t parent);
int directory_empty(struct ext4 *fs, struct node *directory, bool *empty);
uint64_t directory_blocks(const struct ext4 *fs, const struct node *directory);
uint8_t directory_kind(uint16_t mode);
static inline bool directory_is_dots(const char *name, size_t length)
{
    return name[0] == '.' && (length == 1 || (length == 2 && name[1] == '.'));
}

/* htree.c */
bool htree_is(const struct ext4 *fs, const struct node *directory);
/** Hash of a name; `minor` (may be NULL) tells most of those apart that have the same. */
int htree_hash(struct ext4 *fs, uint8_t version, const char *name, size_t length, uint32_t *hash,
               uint32_t *minor);
/** Look for a name by its hash. */
int htree_find(struct ext4 *fs, struct node *directory, const char *name, size_t length,
               struct place *place);
int htree_add(struct ext4 *fs, struct node *directory, const char *name, size_t length,
              uint32_t inode, uint8_t kind);
/** Make an index for a directory of one full block. */
int htree_make(struct ext4 *fs, struct node *directory);
/** Hash function of names in a directory, as its root block or the superblock has it. */
int htree_version(struct ext4 *fs, struct node *directory, uint8_t *version);
/**
 * Leaves with names of a hash or higher: the first such leaf and all that go on with its last hash.
 * @param leaves room for HTREE_LEAVES
 * @param next hash to go on with; 0: these were the last
 */
int htree_leaves(struct ext4 *fs, struct node *directory, uint32_t hash, uint32_t *leaves,
                 unsigned *count, uint64_t *next);
#define HTREE_LEAVES 64u

#endif
