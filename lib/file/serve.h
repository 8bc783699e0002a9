/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The server's side of the file protocol. A file system is a table of operations on its own files;
 * this library has the rest: sessions and their windows, paths, tokens, open files, leases, and the
 * checks. Nothing of a client is believed; its window may vanish at any time.
 *
 * Rules for operations:
 * - Names have been checked: 1 to FILE_NAME_MAX bytes, without '/' and NUL, not '.' or '..'.
 *   Handles have not: `stale` is the answer to one that names nothing.
 * - One that fails has changed nothing, or `end` undoes it.
 * - A client's memory is read and written with files_copy alone.
 * - What changes something, but for `write` at an offset, lies between `begin` and `end`, together
 *   with what this library remembers of it, so that a file system with steps can keep both or
 *   neither.
 * - A file without links stays until `unused` is called; while the call that took its last link
 *   is served, files_is_open says whether anybody has it open.
 */
#ifndef FILELIB_SERVE_H
#define FILELIB_SERVE_H

#include <proto/file.h>

#include "book.h"
#include "lease.h"
#include "session.h"

/** A new file. */
struct files_new {
    enum file_kind kind;
    uint16_t mode;
    uint32_t user, group, major, minor;
};

/** Attributes to be set. */
struct files_set {
    uint8_t what; /**< FILE_SET_... */
    uint16_t mode;
    uint32_t user, group;
    uint64_t flags;
    struct file_time accessed, modified;
};

/** An entry of a directory, for files_operations.list. */
struct files_entry {
    struct file_handle file;
    uint64_t cookie;
    enum file_kind kind;
    const void *name;
    size_t size;
};

/** Takes an entry. @return false: there is no room for it */
typedef bool files_emit(void *to, const struct files_entry *entry);

/** What a file system does. NULL: not_supported, or read_only for what changes something. */
struct files_operations {
    struct file_handle (*root)(void *fs);
    enum file_error (*attributes)(void *fs, struct file_handle file, struct file_attributes *to);
    /** The entry of a directory. NOT_FOUND, NOT_DIRECTORY, ... */
    enum file_error (*find)(void *fs, struct file_handle directory, const void *name, size_t size,
                            struct file_handle *found, enum file_kind *kind);
    /** The directory that a directory is in; the root's is the root. */
    enum file_error (*parent)(void *fs, struct file_handle directory, struct file_handle *found);
    enum file_error (*kind)(void *fs, struct file_handle file, enum file_kind *kind);
    /** Read at most `size` bytes into a client's memory. */
    enum file_error (*read)(void *fs, struct file_handle file, uint64_t offset, void *to,
                            size_t size, size_t *done);
    /** Entries behind a cookie, 0 or from an entry, until `emit` says no. *end: there are no more
     */
    enum file_error (*list)(void *fs, struct file_handle directory, uint64_t cookie,
                            files_emit *emit, void *to, bool *end);
    enum file_error (*read_link)(void *fs, struct file_handle file, void *to, size_t size,
                                 size_t *done);
    enum file_error (*seek)(void *fs, struct file_handle file, uint64_t offset, enum file_part part,
                            uint64_t *found);
    enum file_error (*space)(void *fs, struct file_space *to);
    /** `to` NULL: only the size. */
    enum file_error (*get_value)(void *fs, struct file_handle file, const void *name,
                                 size_t name_size, void *to, size_t size, size_t *done);
    enum file_error (*list_values)(void *fs, struct file_handle file, void *to, size_t size,
                                   size_t *done);
    /** A frame with READ alone, which stays the file system's, and how much of it is the file's. */
    enum file_error (*map)(void *fs, struct file_handle file, uint64_t page, cap_t *frame,
                           uint32_t *size);

    /** Around everything that follows; `good` false: undo it. NULL: nothing to do. */
    void (*begin)(void *fs);
    void (*end)(void *fs, bool good);
    /** Before bytes of the book change, between begin and end. NULL: nothing to do. */
    void (*change)(void *fs, void *at, size_t bytes);
    /** Nobody has this file open any more: if it has no links, it can go. Outside begin and end. */
    void (*unused)(void *fs, struct file_handle file);

    enum file_error (*set_attributes)(void *fs, struct file_handle file,
                                      const struct files_set *set);
    /** Write from a client's memory; `append`: at the end instead of at the offset. Only then it
     * lies between begin and end: at an offset it does no harm to write twice. */
    enum file_error (*write)(void *fs, struct file_handle file, uint64_t offset, bool append,
                             const void *from, size_t size, size_t *done, uint64_t *file_size);
    enum file_error (*make)(void *fs, struct file_handle directory, const void *name, size_t size,
                            const struct files_new *file, struct file_handle *made);
    /** `target` is a client's memory. */
    enum file_error (*make_link)(void *fs, struct file_handle directory, const void *name,
                                 size_t size, const void *target, size_t target_size, uint32_t user,
                                 uint32_t group, struct file_handle *made);
    enum file_error (*link)(void *fs, struct file_handle file, struct file_handle directory,
                            const void *name, size_t size);
    enum file_error (*remove)(void *fs, struct file_handle directory, const void *name, size_t size,
                              bool is_directory, struct file_handle *removed);
    /** *replaced: what the new name was before, inode 0: nothing. */
    enum file_error (*rename)(void *fs, struct file_handle from, const void *name, size_t size,
                              struct file_handle to, const void *new_name, size_t new_size,
                              enum file_replace replace, struct file_handle *moved,
                              struct file_handle *replaced);
    enum file_error (*truncate)(void *fs, struct file_handle file, uint64_t size);
    enum file_error (*allocate)(void *fs, struct file_handle file, unsigned mode, uint64_t offset,
                                uint64_t length);
    enum file_error (*sync)(void *fs, struct file_handle file, enum file_extent extent);
    enum file_error (*set_value)(void *fs, struct file_handle file, const void *name,
                                 size_t name_size, const void *from, size_t size,
                                 enum file_value_mode mode);
    enum file_error (*remove_value)(void *fs, struct file_handle file, const void *name,
                                    size_t name_size);
};

/** How often a client's window was not there, in a second: each time costs root something. */
struct files_faults {
    uint64_t badge;
    uint64_t second;
    unsigned count;
};

#define FILES_FAULTS_MAX 50u

/** A server. Fill in operations, fs, book, and what has a comment "may"; then files_serve_open. */
struct files_server {
    const struct files_operations *op;
    void *fs;
    struct files_book book;          /**< files_book_open first */
    bool read_only;                  /**< may: for every client */
    struct files_session session[FILES_SESSIONS];
    unsigned last; /**< session of the last request */
    struct files_leases leases;
    struct files_faults faults[FILES_SESSIONS];
};

/** Called once, before serving. */
void files_serve_open(struct files_server *server);

/** The callbacks, for file_service(files_callbacks(), server) and ipc_serve. */
const struct file_server *files_callbacks(void);

/** Does any session have this file open? */
static inline bool files_is_open(const struct files_server *server, struct file_handle file)
{
    return files_book_users(&server->book, file) != 0;
}

/** A file changed without a request, or will go: recall everybody's leases on it. */
void files_recall(struct files_server *server, struct file_handle file);

#endif
