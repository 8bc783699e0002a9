/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests about the contents of files. */
#include "serve_priv.h"

static __attribute__((noinline)) enum file_error read_failed(struct files_server *server,
                                                             word_t badge, enum file_error error)
{
    struct call call;

    return call_enter(&call, server, badge) ? call_window(&call, error) : error;
}

enum file_error data_read(void *self, word_t badge, struct file_handle file, uint64_t offset,
                          struct ipc_buffer to, uint64_t *size)
{
    struct files_server *server = self;
    const struct files_session *session = call_session(server, badge);
    enum file_error error;
    uint8_t *at;

    if (session == NULL)
        return FILE_E_NO_SESSION;
    at = files_window_part(session, to);
    if (at == NULL)
        return FILE_E_BAD_WINDOW;
    error = server->op->read(server->fs, file, offset, at, to.length, size);
    return error == FILE_OK ? error : read_failed(server, badge, error);
}

/* Carried out a second time it does no harm: so it needs neither a step nor a memory of it. */
static enum file_error write_there(const struct call *call, struct file_handle file,
                                   uint64_t offset, struct ipc_buffer from, uint64_t *size,
                                   uint64_t *file_size)
{
    const uint8_t *at = files_window_part(call->session, from);
    enum file_error error;

    if (at == NULL)
        return FILE_E_BAD_WINDOW;
    error =
        call->op->write(call->fs, file, offset, false, at, from.length, size, file_size);
    if (error != FILE_OK)
        return call_window(call, error);
    call_changed(call, file);
    return FILE_OK;
}

static enum file_error append(const struct call *call, struct file_handle file,
                              struct ipc_buffer from, struct files_outcome *outcome)
{
    const uint8_t *at = files_window_part(call->session, from);
    enum file_error error;
    size_t done = 0;

    if (at == NULL)
        return FILE_E_BAD_WINDOW;
    call_begin(call);
    error = call->op->write(call->fs, file, 0, true, at, from.length, &done, &outcome->file_size);
    outcome->size = done;
    if (error == FILE_OK)
        files_book_note(&call->server->book, call->number, outcome);
    error = call_end(call, error);
    if (error == FILE_OK)
        call_changed(call, file);
    return call_window(call, error);
}

static enum file_error append_once(const struct call *call, struct file_handle file,
                                   struct ipc_buffer from, uint64_t token, uint64_t *size,
                                   uint64_t *file_size)
{
    const struct files_outcome *before =
        files_book_outcome(&call->server->book, call->number, token);
    struct files_outcome outcome = {.token = token, .file = file};
    enum file_error error = FILE_OK;

    if (token == 0)
        return FILE_E_INVALID;
    if (before == NULL)
        error = append(call, file, from, &outcome);
    else
        outcome = *before;
    *size = outcome.size;
    *file_size = outcome.file_size;
    return error;
}

enum file_error data_write(void *self, word_t badge, struct file_handle file, uint64_t offset,
                           struct ipc_buffer from, uint8_t flags, uint64_t token, uint64_t *size,
                           uint64_t *file_size)
{
    enum file_error error;
    struct call call;

    error = call_change(&call, self, badge, true);
    if (error == FILE_OK && call.op->write == NULL)
        error = FILE_E_READ_ONLY;
    if (error != FILE_OK)
        return error;
    *size = *file_size = 0;
    error = flags & FILE_APPEND ? append_once(&call, file, from, token, size, file_size)
                                : write_there(&call, file, offset, from, size, file_size);
    if (error == FILE_OK && flags & FILE_DURABLE && call.op->sync != NULL)
        error = call.op->sync(call.fs, file, FILE_EXTENT_DATA);
    return error;
}

enum file_error data_read_link(void *self, word_t badge, struct file_handle file,
                               struct ipc_buffer to, uint64_t *size)
{
    enum file_error error;
    struct call call;
    size_t done = 0;
    uint8_t *at;

    if (!call_enter(&call, self, badge))
        return FILE_E_NO_SESSION;
    at = files_window_part(call.session, to);
    if (at == NULL)
        return FILE_E_BAD_WINDOW;
    error = call.op->read_link(call.fs, file, at, to.length, &done);
    *size = done;
    return call_window(&call, error);
}

enum file_error data_truncate(void *self, word_t badge, struct file_handle file, uint64_t size,
                              struct file_attributes *to)
{
    enum file_error error;
    struct call call;

    error = call_change(&call, self, badge, true);
    if (error == FILE_OK && call.op->truncate == NULL)
        error = FILE_E_READ_ONLY;
    if (error != FILE_OK)
        return error;
    call_begin(&call);
    error = call_end(&call, call.op->truncate(call.fs, file, size));
    if (error != FILE_OK)
        return error;
    call_changed(&call, file);
    return call.op->attributes(call.fs, file, to);
}

enum file_error data_allocate(void *self, word_t badge, struct file_handle file, uint8_t mode,
                              uint64_t offset, uint64_t length, uint64_t token,
                              struct file_attributes *to)
{
    const struct files_outcome outcome = {.token = token, .file = file};
    enum file_error error;
    struct call call;

    error = call_change(&call, self, badge, true);
    if (error == FILE_OK && call.op->allocate == NULL)
        error = FILE_E_NOT_SUPPORTED;
    if (error == FILE_OK &&
        ((mode & (FILE_COLLAPSE | FILE_INSERT) && token == 0) || length == 0))
        error = FILE_E_INVALID;
    if (error == FILE_OK && offset + length < offset)
        error = FILE_E_TOO_LARGE;
    if (error != FILE_OK)
        return error;
    if (files_book_outcome(&call.server->book, call.number, token) == NULL) {
        call_begin(&call);
        error = call.op->allocate(call.fs, file, mode, offset, length);
        if (error == FILE_OK)
            files_book_note(&call.server->book, call.number, &outcome);
        error = call_end(&call, error);
        if (error != FILE_OK)
            return error;
        call_changed(&call, file);
    }
    return call.op->attributes(call.fs, file, to);
}

enum file_error data_seek(void *self, word_t badge, struct file_handle file, uint64_t offset,
                          enum file_part part, uint64_t *found)
{
    struct call call;

    if (!call_enter(&call, self, badge))
        return FILE_E_NO_SESSION;
    return call.op->seek(call.fs, file, offset, part, found);
}

enum file_error data_sync(void *self, word_t badge, struct file_handle file,
                          enum file_extent extent)
{
    struct call call;

    if (!call_enter(&call, self, badge))
        return FILE_E_NO_SESSION;
    return call.op->sync == NULL ? FILE_OK : call.op->sync(call.fs, file, extent);
}

enum file_error data_map(void *self, word_t badge, struct file_handle file, uint64_t page,
                         cap_t *frame, uint32_t *size)
{
    struct call call;

    if (!call_enter(&call, self, badge))
        return FILE_E_NO_SESSION;
    if (call.op->map == NULL)
        return FILE_E_NOT_SUPPORTED;
    return call.op->map(call.fs, file, page, frame, size);
}

enum file_error data_space(void *self, word_t badge, struct file_space *to)
{
    enum file_error error;
    struct call call;

    if (!call_enter(&call, self, badge))
        return FILE_E_NO_SESSION;
    error = call.op->space(call.fs, to);
    to->read_only = to->read_only || call.session->read_only;
    return error;
}
