/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client's end of the file protocol: a session with one server, its window, and calls that
 * survive the server's restart. For programs that know their files by handles; <filelib/files.h>
 * has paths.
 *
 * Rules:
 * - One thread at a time uses a connection.
 * - Data moves through the window: `files_room(c)` bytes at `files_data(c)`. A call that names a
 * part of it says where it begins there and how long it is.
 * - When the server is a new one, a call attaches again and is repeated; nothing is done twice.
 */
#ifndef FILELIB_CONNECTION_H
#define FILELIB_CONNECTION_H

#include <proto/file.h>
#include <rt/guard.h>

/** Errors of this library besides those of the protocol; numbers of errno. */
#define FILES_E_LOOP 40u /**< too many symbolic links */

struct files_connection {
    cap_t server;
    uint64_t number;   /**< this incarnation of the client */
    uint64_t token;    /**< the last that was used */
    uint8_t *window;
    uint32_t pages;    /**< of the window, a multiple of 4 */
    bool attached;
    bool read_only;
    struct file_handle root;
    uint64_t attaches; /**< how often it had to */
    uint64_t changes;  /**< calls that change something, so far */
    const uint64_t *recalls; /**< the server's page; NULL: not asked for yet */
    cap_t recalls_frame;
    uint64_t seen;     /**< its word as last looked at */
};

/**
 * Connect to a server. The window comes out of the component's memory.
 * @param pages 4 to FILE_WINDOW_PAGES_MAX, a multiple of 4
 */
enum file_error files_connect(struct files_connection *c, cap_t server, uint32_t pages);

/** End the session and give the window back. */
void files_disconnect(struct files_connection *c);

/** The server has no session: attach again. @return whether to repeat the call */
bool files_attach_again(struct files_connection *c, unsigned *tries);

/** After an error: attach again if the server has no session, and say whether to repeat the call.
 * @param tries 0 at first */
static inline bool files_again(struct files_connection *c, enum file_error error, unsigned *tries)
{
    return __builtin_expect(error == FILE_E_NO_SESSION, 0) && files_attach_again(c, tries);
}

/** A new token. */
static inline uint64_t files_token(struct files_connection *c)
{
    return ++c->token;
}

/** The part of the window that is for data. */
static inline uint8_t *files_data(const struct files_connection *c)
{
    return c->window;
}

static inline size_t files_room(const struct files_connection *c)
{
    return c->pages * 4096ul;
}

/** The protocol's name for a part of the window. */
static inline struct ipc_buffer files_part(size_t offset, size_t size)
{
    return (struct ipc_buffer){.offset = offset, .length = size};
}

/** Bytes of the window, which calls with a part of it want to know. */
static inline word_t files_region(const struct files_connection *c)
{
    return c->pages * 4096ul;
}

/**
 * Get ready for leases, which are given from here on; on the component's main thread, as are the
 * other two functions about them (<rt/guard.h>). Once, and whenever everything was recalled.
 */
enum file_error files_leases_begin(struct files_connection *c);

/** May what is remembered by lease still be used? One look at a word of the server's memory, which
 * is not there any more when the server has ended. */
static inline bool files_leases_hold(const struct files_connection *c)
{
    uint64_t now;

    return c->recalls != NULL && rt_guard_copy(&now, c->recalls, sizeof(now)) && now == c->seen;
}

/** Which handles were recalled, at most `room`; *all: everything, and files_leases_begin is to be
 * called again. Call until *more is false. */
enum file_error files_recalled(struct files_connection *c, struct file_handle *to, uint32_t room,
                               uint32_t *count, bool *all, bool *more);

/* Calls, with repetition. As the methods of idl/file.idl. */
enum file_error files_lookup(struct files_connection *c, struct file_handle from, uint8_t flags,
                             const void *path, size_t size, enum file_stop *stop, uint32_t *taken,
                             struct file_attributes *reached);
enum file_error files_attributes(struct files_connection *c, struct file_handle file,
                                 uint8_t flags, struct file_attributes *to);
enum file_error files_read_part(struct files_connection *c, struct file_handle file,
                                uint64_t offset, size_t at, size_t size, size_t *done);
enum file_error files_write_part(struct files_connection *c, struct file_handle file,
                                 uint64_t offset, size_t at, size_t size, uint8_t flags,
                                 size_t *done, uint64_t *file_size);
enum file_error files_read_entries(struct files_connection *c, struct file_handle directory,
                                   uint64_t cookie, size_t at, size_t room, size_t *done,
                                   bool *end);
enum file_error files_make(struct files_connection *c, struct file_handle directory,
                           const void *name, size_t size, enum file_kind kind, uint16_t mode,
                           uint8_t flags, struct file_attributes *made);
enum file_error files_make_link(struct files_connection *c, struct file_handle directory,
                                const void *name, size_t size, const void *target,
                                size_t target_size, struct file_attributes *made);
enum file_error files_link(struct files_connection *c, struct file_handle file,
                           struct file_handle directory, const void *name, size_t size);
enum file_error files_remove(struct files_connection *c, struct file_handle directory,
                             const void *name, size_t size, bool is_directory);
enum file_error files_rename(struct files_connection *c, struct file_handle from, const void *name,
                             size_t size, struct file_handle to, const void *new_name,
                             size_t new_size, enum file_replace replace);
enum file_error files_read_link(struct files_connection *c, struct file_handle file, char *to,
                                size_t room, size_t *size);
enum file_error files_truncate(struct files_connection *c, struct file_handle file, uint64_t size);
enum file_error files_sync(struct files_connection *c, struct file_handle file,
                           enum file_extent extent);
enum file_error files_space(struct files_connection *c, struct file_space *to);
enum file_error files_open(struct files_connection *c, struct file_handle file);
enum file_error files_close(struct files_connection *c, struct file_handle file);
enum file_error files_map(struct files_connection *c, struct file_handle file, uint64_t page,
                          cap_t *frame, uint32_t *size);

#endif
