/* SPDX-License-Identifier: BSD-2-Clause */
/* What the callbacks of the file protocol share. */
#ifndef FILELIB_SERVE_PRIV_H
#define FILELIB_SERVE_PRIV_H

#include "serve.h"

/** A request: who asks whom. */
struct call {
    struct files_server *server;
    struct files_session *session;
    unsigned number; /**< of the session */
    void *fs;
    const struct files_operations *op;
};

/** Make the session with this badge the last one used. @return NULL: there is none */
struct files_session *call_find(struct files_server *server, word_t badge);

/** The session of who asks. @return NULL: the client is not attached */
static inline struct files_session *call_session(struct files_server *server, word_t badge)
{
    struct files_session *session = &server->session[server->last];

    if (__builtin_expect(session->badge == badge && badge != 0, 1))
        return session;
    return call_find(server, badge);
}

/** Begin to serve a request. @return false: the client is not attached */
static inline bool call_enter(struct call *call, void *self, word_t badge)
{
    struct files_server *server = self;
    struct files_session *session = call_session(server, badge);

    if (session == NULL)
        return false;
    *call = (struct call){.server = server,
                          .session = session,
                          .number = server->last,
                          .fs = server->fs,
                          .op = server->op};
    return true;
}

/** The same for one that changes something. @return why it may not */
enum file_error call_change(struct call *call, void *self, word_t badge, bool possible);

/** Is this a name that a file can have? OK, INVALID, EXISTS ('.', '..') or NAME_TOO_LONG. */
enum file_error call_name(const void *name, size_t size);

/** Begin and end a change. */
void call_begin(const struct call *call);
enum file_error call_end(const struct call *call, enum file_error error);

/** The outcome of a request that used the window. A window that was not there is given up, so that
 * the next request does not fault again. */
enum file_error call_window(const struct call *call, enum file_error error);

/** Others' leases on a file end, as it has been changed. */
void call_changed(const struct call *call, struct file_handle file);

/** Give this client a lease. @return INVALID: it could not be told of recalls */
enum file_error call_lease(const struct call *call, struct file_handle file);

/** Give a session up: everything is closed. */
void call_leave(struct files_server *server, unsigned number, bool forget);

/* look.c */
enum file_error look_up(void *self, word_t badge, struct file_handle from, uint8_t flags,
                        const void *path, size_t path_size, enum file_stop *stop, uint32_t *taken,
                        struct file_attributes *reached);
enum file_error look_attributes(void *self, word_t badge, struct file_handle file, uint8_t flags,
                                struct file_attributes *to);
enum file_error look_directory(void *self, word_t badge, struct file_handle directory,
                               uint64_t cookie, struct ipc_buffer to, uint8_t flags, uint64_t *size,
                               bool *end);
enum file_error look_lease(void *self, word_t badge, struct file_handle file,
                           struct file_attributes *to);
enum file_error look_recalled(void *self, word_t badge, struct ipc_buffer to, uint32_t *count,
                              bool *all, bool *more);
enum file_error look_recalls(void *self, word_t badge, cap_t *page);

/* data.c */
enum file_error data_read(void *self, word_t badge, struct file_handle file, uint64_t offset,
                          struct ipc_buffer to, uint64_t *size);
enum file_error data_write(void *self, word_t badge, struct file_handle file, uint64_t offset,
                           struct ipc_buffer from, uint8_t flags, uint64_t token, uint64_t *size,
                           uint64_t *file_size);
enum file_error data_read_link(void *self, word_t badge, struct file_handle file,
                               struct ipc_buffer to, uint64_t *size);
enum file_error data_truncate(void *self, word_t badge, struct file_handle file, uint64_t size,
                              struct file_attributes *to);
enum file_error data_allocate(void *self, word_t badge, struct file_handle file, uint8_t mode,
                              uint64_t offset, uint64_t length, uint64_t token,
                              struct file_attributes *to);
enum file_error data_seek(void *self, word_t badge, struct file_handle file, uint64_t offset,
                          enum file_part part, uint64_t *found);
enum file_error data_sync(void *self, word_t badge, struct file_handle file,
                          enum file_extent extent);
enum file_error data_map(void *self, word_t badge, struct file_handle file, uint64_t page,
                         cap_t *frame, uint32_t *size);
enum file_error data_space(void *self, word_t badge, struct file_space *to);

/* names.c */
enum file_error names_make(void *self, word_t badge, struct file_handle directory,
                           enum file_kind kind, uint16_t mode, uint32_t user, uint32_t group,
                           uint32_t major, uint32_t minor, uint8_t flags, uint64_t token,
                           const void *name, size_t name_size, struct file_attributes *made);
enum file_error names_make_link(void *self, word_t badge, struct file_handle directory,
                                struct ipc_buffer target, uint32_t user, uint32_t group,
                                uint64_t token, const void *name, size_t name_size,
                                struct file_attributes *made);
enum file_error names_link(void *self, word_t badge, struct file_handle file,
                           struct file_handle directory, uint64_t token, const void *name,
                           size_t name_size, struct file_attributes *linked);
enum file_error names_remove(void *self, word_t badge, struct file_handle directory,
                             bool is_directory, uint64_t token, const void *name,
                             size_t name_size);
enum file_error names_rename(void *self, word_t badge, struct file_handle from,
                             struct file_handle to, enum file_replace replace, uint64_t token,
                             const void *name, size_t name_size, const void *new_name,
                             size_t new_name_size);

/* values.c */
enum file_error values_get(void *self, word_t badge, struct file_handle file, struct ipc_buffer to,
                           const void *name, size_t name_size, uint64_t *size);
enum file_error values_set(void *self, word_t badge, struct file_handle file,
                           struct ipc_buffer from, enum file_value_mode mode, uint64_t token,
                           const void *name, size_t name_size);
enum file_error values_list(void *self, word_t badge, struct file_handle file, struct ipc_buffer to,
                            uint64_t *size);
enum file_error values_remove(void *self, word_t badge, struct file_handle file, uint64_t token,
                              const void *name, size_t name_size);
enum file_error values_set_attributes(void *self, word_t badge, struct file_handle file,
                                      uint8_t what, uint16_t mode, uint32_t user, uint32_t group,
                                      uint64_t flags, struct file_time accessed,
                                      struct file_time modified, struct file_attributes *to);

#endif
