/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files by their paths, as a native program sees them: in the namespace that its manifest composes
 * (the key `files`). Each path belongs to the mount with the longest path that begins it; there is
 * nothing above and beside the mounts. `..` is taken away by name: a/../b is b, whatever a is.
 *
 * One thread at a time.
 */
#ifndef FILELIB_FILES_H
#define FILELIB_FILES_H

#include "cache.h"
#include "connection.h"
#include "entry.h"

#define FILES_MOUNTS   16u
#define FILES_PATH_MAX 1024u

/** A server in the namespace. */
struct files_mount {
    const char *path; /**< without a slash at its end; "" is the root */
    size_t size;      /**< of the path */
    bool connected;
    struct files_connection connection;
    struct files_cache cache;
};

/** What a path has led to. */
struct files_place {
    struct files_connection *connection;
    struct file_attributes attributes;
};

/** The mounts of this component; the first call reads its manifest's entries. @return how many */
unsigned files_mounts(struct files_mount **mounts);

/** The file that a path names; `follow`: through a symbolic link at its end too. */
enum file_error files_find(const char *path, bool follow, struct files_place *to);

/** The directory that a path's last name is in, and this name; it need not exist. */
enum file_error files_parent(const char *path, struct files_place *directory,
                             char name[static FILE_NAME_MAX + 1], size_t *size);

/** Read or write any amount, through the window. Less is read only at the end of the file. */
enum file_error files_read(const struct files_place *file, uint64_t offset, void *to, size_t size,
                           size_t *done);
enum file_error files_write(const struct files_place *file, uint64_t offset, const void *from,
                            size_t size, size_t *done);

/** The file of a path, made if it is not there, with nothing in it. */
enum file_error files_create(const char *path, uint16_t mode, struct files_place *to);

/** Each entry of a directory. @return why not all of them were visited; OK also if visit ended it
 */
enum file_error files_list(const struct files_place *directory,
                           bool (*visit)(void *context, const struct files_packed *entry,
                                         const char *name),
                           void *context);

/** What an error means, in words. */
const char *files_error_text(enum file_error error);

#endif
