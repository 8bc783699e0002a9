/* SPDX-License-Identifier: BSD-2-Clause */
/* Beginning and ending the use of a file system. */
#include "fs_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is understood for reading, and of that for writing. */
#define INCOMPAT                                                                              \
    (EXT2_FEATURE_INCOMPAT_FILETYPE | EXT3_FEATURE_INCOMPAT_RECOVER |                         \
     EXT3_FEATURE_INCOMPAT_EXTENTS | EXT4_FEATURE_INCOMPAT_64BIT |                            \
     EXT4_FEATURE_INCOMPAT_FLEX_BG | EXT4_FEATURE_INCOMPAT_CSUM_SEED |                        \
     EXT2_FEATURE_INCOMPAT_META_BG)
#define RO_COMPAT                                                                             \
    (EXT2_FEATURE_RO_COMPAT_SPARSE_SUPER | EXT2_FEATURE_RO_COMPAT_LARGE_FILE |                \
     EXT4_FEATURE_RO_COMPAT_HUGE_FILE | EXT4_FEATURE_RO_COMPAT_GDT_CSUM |                     \
     EXT4_FEATURE_RO_COMPAT_DIR_NLINK | EXT4_FEATURE_RO_COMPAT_EXTRA_ISIZE |                  \
     EXT4_FEATURE_RO_COMPAT_METADATA_CSUM)

int ext4_error(errcode_t error)
{
    if (error == 0)
        return 0;
    if (error > 0 && error < 200)
        return (int)error;
    switch (error) {
    case EXT2_ET_NO_MEMORY: return ENOMEM;
    case EXT2_ET_BLOCK_ALLOC_FAIL:
    case EXT2_ET_INODE_ALLOC_FAIL:
    case EXT2_ET_EA_NO_SPACE: return ENOSPC;
    case EXT2_ET_RO_FILSYS: return EROFS;
    case EXT2_ET_EA_KEY_NOT_FOUND: return ENODATA;
    case EXT2_ET_SHORT_READ:
    case EXT2_ET_SHORT_WRITE:
    default: return EUCLEAN;
    }
}

void ext4_report(struct ext4 *fs, const char *format, ...)
{
    char text[160];
    va_list arguments;

    if (fs->device.report == NULL)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    fs->device.report(fs->device.self, text);
}

int ext4_damaged(struct ext4 *fs, uint32_t inode, const char *what)
{
    ext4_report(fs, "damaged: inode %u: %s", inode, what);
    return EUCLEAN;
}

/* libext2fs complains on its own; what matters of that comes as errors. */
static void quiet(const char *who, long code, const char *format, va_list arguments)
{
    (void)who, (void)code, (void)format, (void)arguments;
}

/* The size of blocks, before anything else is known. */
static int read_block_size(struct ext4 *fs)
{
    struct ext4_io io = {
        .position = 0, .length = 4096, .data = fs->device.memory + fs->device.memory_bytes - 4096};
    struct ext2_super_block *super = (struct ext2_super_block *)(io.data + 1024);
    int error;

    if (fs->device.bytes < 65536)
        return EINVAL;
    error = fs->device.read(fs->device.self, &io, 1);
    if (error != 0)
        return error;
    if (super->s_magic != EXT2_SUPER_MAGIC || super->s_log_block_size > 2)
        return EINVAL;
    fs->block_shift = 10 + super->s_log_block_size;
    fs->block_bytes = 1u << fs->block_shift;
    return 0;
}

/* More than libext2fs checks: so that sizes computed from these are small. */
static int check_super(struct ext4 *fs)
{
    struct ext2_super_block *super = fs->lib->super;

    if ((super->s_feature_incompat & ~INCOMPAT) != 0) {
        ext4_report(fs, "features %#x are not known here", super->s_feature_incompat & ~INCOMPAT);
        return EOPNOTSUPP;
    }
    if ((super->s_feature_ro_compat & ~RO_COMPAT) != 0 || !ext2fs_has_feature_journal(super) ||
        !ext2fs_has_feature_extents(super) || !ext2fs_has_feature_filetype(super)) {
        ext4_report(fs, "features that are not known here, or no journal: only for reading");
        fs->read_only = true;
    }
    if (ext2fs_blocks_count(super) > fs->device.bytes / fs->block_bytes ||
        super->s_rev_level == EXT2_GOOD_OLD_REV || super->s_first_ino < 11 ||
        super->s_inodes_per_group > 8 * fs->block_bytes ||
        super->s_blocks_per_group > 8 * fs->block_bytes ||
        super->s_inodes_count < super->s_first_ino ||
        super->s_first_data_block != (fs->block_bytes == 1024) || super->s_desc_size > 1024)
        return ext4_damaged(fs, 0, "superblock");
    if (super->s_free_inodes_count > super->s_inodes_count ||
        ext2fs_free_blocks_count(super) > ext2fs_blocks_count(super))
        return ext4_damaged(fs, 0, "counts of the superblock");
    return 0;
}

/* What the descriptors name must lie on the disk. */
static int check_groups(struct ext4 *fs)
{
    uint64_t blocks = ext2fs_blocks_count(fs->lib->super);

    for (dgrp_t group = 0; group < fs->lib->group_desc_count; group++) {
        uint64_t table = ext2fs_inode_table_loc(fs->lib, group);

        if (ext2fs_block_bitmap_loc(fs->lib, group) - 1 >= blocks - 1 ||
            ext2fs_inode_bitmap_loc(fs->lib, group) - 1 >= blocks - 1 || table - 1 >= blocks - 1 ||
            fs->lib->inode_blocks_per_group > blocks - table ||
            ext2fs_bg_free_blocks_count(fs->lib, group) > fs->lib->super->s_blocks_per_group ||
            ext2fs_bg_itable_unused(fs->lib, group) > fs->lib->super->s_inodes_per_group ||
            !ext2fs_group_desc_csum_verify(fs->lib, group))
            return ext4_damaged(fs, 0, "group descriptors");
    }
    return 0;
}

static int open_lib(struct ext4 *fs)
{
    char name[24];
    errcode_t error;

    snprintf(name, sizeof(name), "%lx", (unsigned long)fs);
    error = ext2fs_open2(name, NULL,
                         EXT2_FLAG_RW | EXT2_FLAG_64BITS | EXT2_FLAG_SKIP_MMP | EXT2_FLAG_FORCE, 0,
                         0, &channel_manager, &fs->lib);
    if (error != 0) {
        fs->lib = NULL;
        ext4_report(fs, "superblock or descriptors are damaged");
        return ext4_error(error);
    }
    fs->lib->default_bitmap_type = EXT2FS_BMAP64_BITARRAY;
    error = check_super(fs);
    return error != 0 ? (int)error : check_groups(fs);
}

static void close_lib(struct ext4 *fs)
{
    node_free_all(fs);
    if (fs->lib != NULL)
        ext2fs_free(fs->lib);
    fs->lib = NULL;
}

/* Replay what the log holds; the superblock and all else may be another one then. */
static int replay(struct ext4 *fs)
{
    int error;

    if (fs->device.read_only) {
        ext4_report(fs, "the journal must be replayed, but the disk is only for reading");
        return EROFS;
    }
    error = journal_replay(fs);
    if (error != 0)
        return error;
    ext4_report(fs, "journal replayed: %llu transactions",
                (unsigned long long)fs->journal.replayed);
    uint64_t replayed = fs->journal.replayed;
    close_lib(fs);
    journal_free(fs);
    cache_clear(&fs->cache);
    error = open_lib(fs);
    if (error == 0)
        error = journal_load(fs);
    fs->journal.replayed = replayed;
    return error;
}

/* Mark the superblock on the disk, outside of any transaction. */
static int mark(struct ext4 *fs, bool in_use)
{
    struct ext2_super_block *super = fs->lib->super;

    if (in_use) {
        ext2fs_set_feature_journal_needs_recovery(super);
        super->s_mtime = (uint32_t)fs->device.now(fs->device.self).seconds;
        super->s_mnt_count++;
    } else {
        ext2fs_clear_feature_journal_needs_recovery(super);
    }
    if (fs->journal.super.error != 0)
        super->s_state |= EXT2_ERROR_FS;
    return space_write_super(fs);
}

static int begin_writing(struct ext4 *fs)
{
    int error = ext4_error(ext2fs_read_bitmaps(fs->lib));

    if (error == 0)
        error = space_init(fs);
    if (error == 0 && fs->cache.kept != NULL)
        error = kept_apply(fs);
    if (error == 0)
        error = mark(fs, true);
    if (error == 0)
        error = journal_start(fs);
    if (error == 0 && fs->cache.kept != NULL)
        error = journal_commit(fs);
    else if (error == 0)
        kept_start(fs);
    if (error == 0)
        error = orphan_clean(fs);
    return error;
}

/* New blocks without their data must not become part of a file: as with Linux's data_err=abort. */
static void data_lost(void *self, uint32_t owner, bool ordered, int error)
{
    struct ext4 *fs = self;
    struct node *node = node_find(fs, owner);

    if (node == NULL || node->lost == 0)
        ext4_report(fs, "data of inode %u could not be written: %s", owner, strerror(error));
    if (node != NULL)
        node->lost = error;
    if (ordered)
        (void)journal_abort(fs, error, "data of new blocks");
}

static int mount_all(struct ext4 *fs)
{
    int error = open_lib(fs);

    if (error != 0)
        return error;
    if (ext2fs_has_feature_journal(fs->lib->super)) {
        error = journal_load(fs);
        if (error == 0 &&
            (journal_dirty(fs) || ext2fs_has_feature_journal_needs_recovery(fs->lib->super)))
            error = replay(fs);
        if (error != 0)
            return error;
    }
    if (!fs->read_only)
        error = begin_writing(fs);
    return error;
}

static int mount_once(struct ext4 **result, const struct ext4_device *device,
                      const struct ext4_options *options, bool *adopted)
{
    struct ext4 *fs = calloc(1, sizeof(*fs));
    int error;

    *adopted = false;
    if (fs == NULL)
        return ENOMEM;
    set_com_err_hook(quiet);
    fs->device = *device;
    fs->options = *options;
    fs->read_only = options->read_only || device->read_only;
    error = read_block_size(fs);
    if (error == 0)
        error = cache_init(&fs->cache, &fs->device, fs->block_bytes);
    if (error == 0) {
        fs->cache.lost = data_lost;
        fs->cache.lost_self = fs;
        fs->cache.hide = fs->options.hide;
        fs->cache.hide_self = fs->options.self;
        error = kept_adopt(fs, adopted);
        if (error == 0)
            error = mount_all(fs);
    }
    if (error != 0) {
        ext4_crash(fs);
        return error;
    }
    *result = fs;
    return 0;
}

int ext4_mount(struct ext4 **result, const struct ext4_device *device,
               const struct ext4_options *options)
{
    struct ext4_options without = *options;
    bool adopted;
    int error;

    *result = NULL;
    error = mount_once(result, device, options, &adopted);
    if (error == 0 || !adopted)
        return error;
    /* What was left makes no sense: then the disk alone decides. */
    without.kept_valid = false;
    error = mount_once(result, device, &without, &adopted);
    if (error == 0)
        (*result)->kept_refused = true;
    return error;
}

void ext4_crash(struct ext4 *fs)
{
    close_lib(fs);
    journal_free(fs);
    space_free(fs);
    cache_free(&fs->cache);
    free(fs->orphans);
    free(fs->dropped);
    free(fs);
}

int ext4_unmount(struct ext4 *fs)
{
    int error = fs->aborted;

    if (!fs->read_only && error == 0) {
        error = orphan_end(fs);
        if (error == 0)
            error = cache_write_back(&fs->cache, CACHE_ALL, 0);
        if (error == 0)
            error = journal_checkpoint(fs);
        if (error == 0)
            error = journal_stop(fs);
        if (error == 0)
            error = mark(fs, false);
        kept_forget_all(fs);
    }
    ext4_crash(fs);
    return error;
}

struct ext4_handle ext4_root(struct ext4 *fs)
{
    struct node *node;
    struct ext4_handle handle = {EXT4_ROOT, 0};

    if (node_get_number(fs, EXT4_ROOT, &node) == 0) {
        handle = node_handle(node);
        node_put(fs, node);
    }
    return handle;
}

bool ext4_is_read_only(const struct ext4 *fs)
{
    return fs->read_only || fs->aborted != 0;
}

int ext4_aborted(const struct ext4 *fs)
{
    return fs->aborted;
}

void ext4_counts(const struct ext4 *fs, struct ext4_counts *counts)
{
    *counts = (struct ext4_counts){.commits = fs->journal.commits,
                                   .checkpoints = fs->journal.checkpoints,
                                   .journal_blocks = fs->journal.blocks,
                                   .revokes = fs->journal.revokes,
                                   .replayed_transactions = fs->journal.replayed,
                                   .orphans = fs->orphans_done,
                                   .hits = fs->cache.hits,
                                   .misses = fs->cache.misses,
                                   .written = fs->cache.written,
                                   .adopted = fs->cache.adopted,
                                   .refused = fs->kept_refused};
}

int ext4_sync(struct ext4 *fs)
{
    uint64_t before;
    int error, lost;

    if (fs->read_only)
        return 0;
    if (fs->aborted != 0)
        return EROFS;
    lost = cache_write_back(&fs->cache, CACHE_ALL, 0);
    before = fs->journal.commits;
    error = journal_commit(fs);
    if (error == 0 && fs->journal.commits == before) {
        error = fs->device.flush(fs->device.self);
        if (error != 0)
            error = journal_abort(fs, error, "flush");
    }
    return lost != 0 ? lost : error;
}

int ext4_tick(struct ext4 *fs)
{
    if (fs->read_only || fs->aborted != 0)
        return 0;
    (void)cache_write_back(&fs->cache, CACHE_ALL, 0);
    return journal_commit(fs);
}

int ext4_space(struct ext4 *fs, struct ext4_space *space)
{
    struct ext2_super_block *super = fs->lib->super;
    uint64_t reserved = ext2fs_r_blocks_count(super), free = ext2fs_free_blocks_count(super);

    memset(space, 0, sizeof(*space));
    space->block_bytes = fs->block_bytes;
    space->blocks = ext2fs_blocks_count(super) - super->s_overhead_clusters;
    space->free = free;
    space->available = free > reserved ? free - reserved : 0;
    space->files = super->s_inodes_count;
    space->files_free = super->s_free_inodes_count;
    memcpy(&space->id, super->s_uuid, sizeof(space->id));
    space->read_only = ext4_is_read_only(fs);
    return 0;
}
