/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A cpio archive (newc, cpio(5)) as a tree of files that can only be read. Everything in it is
 * checked against its length. Names with slashes make directories, whether or not the archive has
 * entries for these. Of two entries with one name the last one counts. What a file is called in a
 * handle, its inode number, is its place in the archive: the same after a restart.
 */
#ifndef ARCHIVE_TREE_H
#define ARCHIVE_TREE_H

#include <proto/file.h>

/** A file. */
struct archive_file {
    const char *name;
    uint32_t name_size;
    uint32_t parent, child, next; /**< numbers of files; 0: none (the root's parent is the root) */
    uint32_t same_hash;
    uint32_t number;   /**< order among the files of its directory, from 1 on */
    uint32_t children; /**< of a directory */
    uint32_t kind, mode, user, group, seconds, major, minor;
    const uint8_t *data;
    uint64_t size;
};

struct archive {
    const uint8_t *start;
    uint64_t bytes;
    struct archive_file *file; /**< file[1] is the root */
    uint32_t *bucket;
    uint32_t buckets;          /**< a power of two */
    uint32_t count, room;
    bool damaged;              /**< it ends in the middle, or what is there is no archive */
};

/** Bytes that archive_open needs besides the archive. */
size_t archive_need(const void *start, uint64_t bytes);

/** Read the archive. @param memory clear, archive_need() bytes, aligned to 8 */
void archive_open(struct archive *a, const void *start, uint64_t bytes, void *memory);

/** The file of a name in a directory. @return 0: there is none */
uint32_t archive_find(const struct archive *a, uint32_t directory, const void *name, size_t size);

#endif
