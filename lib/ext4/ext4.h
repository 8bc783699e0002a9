/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An ext4 file system on some block device: the core of servers/ext4, without messages or sessions,
 * so that it runs on the machine that builds it as well. On-disk structures are libext2fs's affair,
 * the journal (jbd2's format), the cache and what operations mean are this room's.
 *
 * Rules:
 *  - One thread. Calls return 0 or a positive errno.
 *  - What is on the disk is an allegation: damage gives EUCLEAN, not a crash.
 *  - Every change of metadata is part of one transaction of the journal; an operation is in one as
 * a whole or, where it may be long (truncate, a big write), in several of which each leaves the
 *    file system consistent. Transactions become durable in order, by ext4_sync() or by and by.
 *  - After an error that leaves a transaction half made the journal is aborted: from then on
 *    everything but reading is EROFS, and the disk is as the last commit left it.
 *  - A file is named by inode number and generation; ESTALE if that file is gone.
 *  - Permissions are kept, not enforced. Names are bytes, without '/' and NUL, 1 to 255 of them.
 */
#ifndef EXT4_EXT4_H
#define EXT4_EXT4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ext4;

#define EXT4_NAME_MAX 255u
#define EXT4_LINK_MAX 4095u
#define EXT4_ROOT     2u

/** One transfer between the disk and the device's memory. */
struct ext4_io {
    uint64_t position; /**< bytes, a multiple of 512 */
    uint32_t length;   /**< bytes, a multiple of 512 */
    uint8_t *data;     /**< inside `memory` of the device */
    int error;         /**< of this one, set by the device: 0, EIO, ENODEV, ... */
};

struct ext4_time {
    int64_t seconds; /**< since 1970 */
    uint32_t nanoseconds;
};

/** The disk, as its user sees it. Calls return when everything is done: 0 or an errno. */
struct ext4_device {
    void *self;
    uint64_t bytes;
    bool read_only;
    uint8_t *memory;     /**< all data of transfers lies here: the cache. Aligned to a page */
    size_t memory_bytes; /**< at least 1 MiB */
    int (*read)(void *self, struct ext4_io *ios, unsigned count);
    int (*write)(void *self, struct ext4_io *ios, unsigned count);
    /** What was written before is durable when it returns. */
    int (*flush)(void *self);
    /** The time to stamp files with. */
    struct ext4_time (*now)(void *self);
    /** Random or at least new bytes: generations of files. */
    uint32_t (*random)(void *self);
    /** A line for people: damage found, journal aborted. */
    void (*report)(void *self, const char *text);
    /** From now on nothing can be changed, until it is mounted again; has been reported. NULL:
     * nothing to do. */
    void (*aborted)(void *self);
};

struct ext4_handle {
    uint32_t inode;
    uint32_t generation;
};

struct ext4_options {
    bool read_only;
    /**
     * Does somebody use this file, so that it must stay although it has no links? Besides those who
     * said ext4_hold(). NULL: nobody.
     */
    bool (*held)(void *self, struct ext4_handle file);
    /**
     * Copy between the cache and the memory of who reads or writes, which may vanish: then false,
     * and the operation ends with EFAULT. NULL: memcpy.
     */
    bool (*copy)(void *to, const void *from, size_t size);
    /** A page that ext4_map() showed holds something else from now on: nobody may see it any more.
     * NULL: there is no ext4_map(). */
    void (*hide)(void *self, const uint8_t *page);
    void *self;
    /**
     * Memory that outlives the component, as the device's memory does, so that what is not on the
     * disk yet is taken over by the next incarnation: ext4_kept_bytes() of it, aligned to 8; or
     * NULL.
     */
    void *kept;
    size_t kept_bytes;
    bool kept_valid; /**< both memories are as the incarnation before left them */
    /** What the caller keeps of its own, in memory that outlives the component too: see
     * ext4_begin(). NULL: nothing. */
    void *beside;
    size_t beside_bytes;
};

/** Bytes for ext4_options.kept with a cache of this size. */
size_t ext4_kept_bytes(size_t cache_bytes);

/**
 * Before ext4_mount() by the next incarnation: where the one before ended between ext4_begin() and
 * ext4_end(), what it noted in `beside` is undone, as the file system's change will be.
 * @param kept, kept_bytes, beside, beside_bytes as in ext4_options
 * @return false: what was kept is damaged, and `beside` may be half of one and half of the other
 */
bool ext4_undo_beside(const void *kept, size_t kept_bytes, void *beside, size_t beside_bytes);

struct ext4_attributes {
    struct ext4_handle file;
    uint16_t mode; /**< type and permissions, as Linux's st_mode */
    uint32_t links;
    uint32_t user, group;
    uint64_t size;
    uint64_t sectors; /**< in use, of 512 bytes */
    uint32_t major, minor;
    uint32_t flags; /**< EXT2_*_FL of the inode */
    uint64_t change;
    struct ext4_time accessed, modified, changed, born;
};

struct ext4_space {
    uint32_t block_bytes;
    uint64_t blocks, free, available;
    uint64_t files, files_free;
    uint64_t id;
    bool read_only;
};

/** What has happened since it was mounted. */
struct ext4_counts {
    uint64_t commits, checkpoints, journal_blocks, revokes, replayed_transactions, orphans;
    uint64_t hits, misses, written;
    uint64_t adopted; /**< buffers taken over from the incarnation before */
    bool refused;     /**< what that had kept is damaged: the disk alone decided */
};

/**
 * Begin to use the file system on a device: replay its journal, delete what was unlinked and open.
 * The device stays where it is until ext4_unmount().
 * @return 0; EINVAL: not ext4; EOPNOTSUPP: features that are not known here; EUCLEAN: damaged;
 *         EROFS: it must be repaired or replayed, but is only for reading; EIO, ENOMEM
 */
int ext4_mount(struct ext4 **fs, const struct ext4_device *device,
               const struct ext4_options *options);

/** Everything to the disk, marked clean; `fs` is gone whatever it returns. */
int ext4_unmount(struct ext4 *fs);

/** Forget it all without writing anything more, as a loss of power would. */
void ext4_crash(struct ext4 *fs);

/**
 * One operation on names, and what the caller notes of it in `beside`, become part of what is kept
 * together: both or neither are there if the component ends before ext4_end(). Files that have lost
 * their last name meanwhile are not deleted: the caller says ext4_unused().
 */
void ext4_begin(struct ext4 *fs);
/** Before bytes of `beside` change, between ext4_begin() and ext4_end(). @param bytes at most 48 */
void ext4_change(struct ext4 *fs, const void *at, size_t bytes);
void ext4_end(struct ext4 *fs);

struct ext4_handle ext4_root(struct ext4 *fs);
bool ext4_is_read_only(const struct ext4 *fs);
/** 0, or the error that aborted the journal. */
int ext4_aborted(const struct ext4 *fs);
void ext4_counts(const struct ext4 *fs, struct ext4_counts *counts);

/** A name in a directory; "." and ".." mean what they do. ENOENT, ENOTDIR, ENAMETOOLONG. */
int ext4_lookup(struct ext4 *fs, struct ext4_handle directory, const char *name, size_t length,
                struct ext4_handle *found);
int ext4_attributes(struct ext4 *fs, struct ext4_handle file, struct ext4_attributes *attributes);

/** What does not count as seen: afterwards a change need not show in `change`. */
struct ext4_glance {
    uint16_t mode;
    uint32_t flags;
    uint64_t size;
};

int ext4_glance(struct ext4 *fs, struct ext4_handle file, struct ext4_glance *glance);

/** Attributes of what an entry of a directory names, whatever its generation. */
int ext4_entry_attributes(struct ext4 *fs, uint32_t inode, struct ext4_attributes *attributes);

enum ext4_set {
    EXT4_SET_MODE = 1,
    EXT4_SET_USER = 2,
    EXT4_SET_GROUP = 4,
    EXT4_SET_ACCESSED = 8,
    EXT4_SET_MODIFIED = 16,
    EXT4_SET_ACCESSED_NOW = 32,
    EXT4_SET_MODIFIED_NOW = 64,
    EXT4_SET_FLAGS = 128, /**< append-only and immutable in `flags` */
};

/** Set what `what` (enum ext4_set) says, from the same fields of `to`. */
int ext4_set_attributes(struct ext4 *fs, struct ext4_handle file, unsigned what,
                        const struct ext4_attributes *to);

/** @param size in: wanted; out: read, less only at the end of the file */
int ext4_read(struct ext4 *fs, struct ext4_handle file, uint64_t offset, void *to, size_t *size);
/**
 * Where in the device's memory a page of a file is, to be shown to others who may only read, until
 * options.hide() is called for it. Writes show there at once.
 * @param page number of the page, of 4096 bytes
 * @param size set to how much of it is the file's; zeros follow
 * @return ENXIO: behind the end; EOPNOTSUPP: a hole, or blocks are no pages
 */
int ext4_map(struct ext4 *fs, struct ext4_handle file, uint64_t page, const uint8_t **data,
             uint32_t *size);
/** @param size in: wanted; out: written; less than wanted only with an error in the middle */
int ext4_write(struct ext4 *fs, struct ext4_handle file, uint64_t offset, const void *from,
               size_t *size);
/** EFBIG, EISDIR, EINVAL (no regular file). */
int ext4_truncate(struct ext4 *fs, struct ext4_handle file, uint64_t size);

enum ext4_allocate { EXT4_KEEP_SIZE = 1, EXT4_PUNCH_HOLE = 2, EXT4_ZERO = 16 };

/** fallocate(2) with these modes; EOPNOTSUPP for others. */
int ext4_allocate(struct ext4 *fs, struct ext4_handle file, unsigned mode, uint64_t offset,
                  uint64_t length);
/** SEEK_DATA or SEEK_HOLE. ENXIO beyond the end. */
int ext4_seek(struct ext4 *fs, struct ext4_handle file, uint64_t offset, bool hole,
              uint64_t *found);

/** One entry of a directory. */
struct ext4_entry {
    uint64_t cookie;
    struct ext4_handle file; /**< generation 0: not looked up */
    uint8_t kind;            /**< file type in the entry: EXT2_FT_*, 0 if unknown */
    uint8_t length;
    const char *name; /**< not ended; as long as the callback lasts */
};

/**
 * Entries behind a cookie (0: all), without "." and "..", until `each` returns false.
 * What is there all the time comes exactly once, whatever happens to other names meanwhile.
 */
int ext4_list(struct ext4 *fs, struct ext4_handle directory, uint64_t cookie,
              bool (*each)(void *self, const struct ext4_entry *entry), void *self);

/** What to make. */
struct ext4_make {
    uint16_t mode; /**< type and permissions */
    uint32_t user, group;
    uint32_t major, minor;
    const char *target; /**< of a symbolic link */
    size_t target_length;
};

int ext4_make(struct ext4 *fs, struct ext4_handle directory, const char *name, size_t length,
              const struct ext4_make *what, struct ext4_handle *made);
int ext4_link(struct ext4 *fs, struct ext4_handle file, struct ext4_handle directory,
              const char *name, size_t length);
/** @param is_directory rmdir, else unlink */
int ext4_remove(struct ext4 *fs, struct ext4_handle directory, const char *name, size_t length,
                bool is_directory);

enum ext4_replace { EXT4_REPLACE = 0, EXT4_NO_REPLACE = 1, EXT4_EXCHANGE = 2 };

struct ext4_name {
    struct ext4_handle directory;
    const char *name;
    size_t length;
};

int ext4_rename(struct ext4 *fs, const struct ext4_name *from, const struct ext4_name *to,
                enum ext4_replace replace);
/** @param size in: room; out: length of the target. ERANGE, EINVAL */
int ext4_read_link(struct ext4 *fs, struct ext4_handle file, char *to, size_t *size);

/** @param size in: room, 0 to ask; out: size. ENODATA, ERANGE */
int ext4_get_value(struct ext4 *fs, struct ext4_handle file, const char *name, void *to,
                   size_t *size);
enum ext4_value_mode { EXT4_VALUE_ANY, EXT4_VALUE_CREATE, EXT4_VALUE_REPLACE };
int ext4_set_value(struct ext4 *fs, struct ext4_handle file, const char *name, const void *from,
                   size_t size, enum ext4_value_mode mode);
int ext4_remove_value(struct ext4 *fs, struct ext4_handle file, const char *name);
/** Names, each with a NUL behind it. @param size in: room, 0 to ask; out: size */
int ext4_list_values(struct ext4 *fs, struct ext4_handle file, char *to, size_t *size);

/** Keep a file although it has no links, until as many ext4_release(). */
int ext4_hold(struct ext4 *fs, struct ext4_handle file);
int ext4_release(struct ext4 *fs, struct ext4_handle file);

/** Nobody uses this file any more (options.held): without links it is deleted. */
int ext4_unused(struct ext4 *fs, struct ext4_handle file);

/**
 * Make a file durable: fsync(2), or with `data_only` fdatasync(2).
 */
int ext4_sync_file(struct ext4 *fs, struct ext4_handle file, bool data_only);
/** Make everything durable. */
int ext4_sync(struct ext4 *fs);
/** What should be done now and then (every few seconds): write back, commit. */
int ext4_tick(struct ext4 *fs);

int ext4_space(struct ext4 *fs, struct ext4_space *space);

#endif
