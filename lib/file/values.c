/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests about attributes: those every file has, and extended ones. */
#include "serve_priv.h"

/* Where a value goes or comes from. An empty buffer asks for the size alone: NULL. */
static enum file_error place(const struct call *call, struct ipc_buffer part, uint8_t **at)
{
    *at = part.length == 0 ? NULL : files_window_part(call->session, part);
    return *at == NULL && part.length != 0 ? FILE_E_BAD_WINDOW : FILE_OK;
}

static bool bad_name(const void *name, size_t size)
{
    const char *at = name;

    for (size_t i = 0; i < size; i++)
        if (at[i] == 0)
            return true;
    return size == 0;
}

enum file_error values_get(void *self, word_t badge, struct file_handle file, struct ipc_buffer to,
                           const void *name, size_t name_size, uint64_t *size)
{
    enum file_error error;
    struct call call;
    size_t done = 0;
    uint8_t *at;

    if (!call_enter(&call, self, badge))
        return FILE_E_NO_SESSION;
    if (call.op->get_value == NULL)
        return FILE_E_NOT_SUPPORTED;
    if (bad_name(name, name_size))
        return FILE_E_INVALID;
    error = place(&call, to, &at);
    if (error == FILE_OK)
        error = call.op->get_value(call.fs, file, name, name_size, at, to.length, &done);
    *size = done;
    return call_window(&call, error);
}

enum file_error values_list(void *self, word_t badge, struct file_handle file, struct ipc_buffer to,
                            uint64_t *size)
{
    enum file_error error;
    struct call call;
    size_t done = 0;
    uint8_t *at;

    if (!call_enter(&call, self, badge))
        return FILE_E_NO_SESSION;
    if (call.op->list_values == NULL)
        return FILE_E_NOT_SUPPORTED;
    error = place(&call, to, &at);
    if (error == FILE_OK)
        error = call.op->list_values(call.fs, file, at, to.length, &done);
    *size = done;
    return call_window(&call, error);
}

/* The end of a change of one file that was given a token. */
static enum file_error finish(const struct call *call, enum file_error error, uint64_t token,
                              struct file_handle file)
{
    const struct files_outcome outcome = {.token = token, .file = file};

    if (error == FILE_OK)
        files_book_note(&call->server->book, call->number, &outcome);
    error = call_end(call, error);
    if (error == FILE_OK)
        call_changed(call, file);
    return error;
}

enum file_error values_set(void *self, word_t badge, struct file_handle file,
                           struct ipc_buffer from, enum file_value_mode mode, uint64_t token,
                           const void *name, size_t name_size)
{
    enum file_error error;
    struct call call;
    uint8_t *at = NULL;

    error = call_change(&call, self, badge, true);
    if (error == FILE_OK && call.op->set_value == NULL)
        error = FILE_E_NOT_SUPPORTED;
    if (error == FILE_OK && bad_name(name, name_size))
        error = FILE_E_INVALID;
    if (error == FILE_OK)
        error = place(&call, from, &at);
    if (error == FILE_OK && from.length > FILE_VALUE_MAX)
        error = FILE_E_TOO_BIG;
    if (error != FILE_OK ||
        files_book_outcome(&call.server->book, call.number, token) != NULL)
        return error;
    call_begin(&call);
    error = call.op->set_value(call.fs, file, name, name_size, at, from.length, mode);
    return call_window(&call, finish(&call, error, token, file));
}

enum file_error values_remove(void *self, word_t badge, struct file_handle file, uint64_t token,
                              const void *name, size_t name_size)
{
    enum file_error error;
    struct call call;

    error = call_change(&call, self, badge, true);
    if (error == FILE_OK && call.op->remove_value == NULL)
        error = FILE_E_NOT_SUPPORTED;
    if (error == FILE_OK && bad_name(name, name_size))
        error = FILE_E_INVALID;
    if (error != FILE_OK ||
        files_book_outcome(&call.server->book, call.number, token) != NULL)
        return error;
    call_begin(&call);
    error = call.op->remove_value(call.fs, file, name, name_size);
    return finish(&call, error, token, file);
}

enum file_error values_set_attributes(void *self, word_t badge, struct file_handle file,
                                      uint8_t what, uint16_t mode, uint32_t user, uint32_t group,
                                      uint64_t flags, struct file_time accessed,
                                      struct file_time modified, struct file_attributes *to)
{
    const struct files_set set = {.what = what,
                                  .mode = mode,
                                  .user = user,
                                  .group = group,
                                  .flags = flags,
                                  .accessed = accessed,
                                  .modified = modified};
    enum file_error error;
    struct call call;

    error = call_change(&call, self, badge, true);
    if (error == FILE_OK && call.op->set_attributes == NULL)
        error = FILE_E_READ_ONLY;
    if (error != FILE_OK)
        return error;
    call_begin(&call);
    error = finish(&call, call.op->set_attributes(call.fs, file, &set), 0, file);
    return error == FILE_OK ? call.op->attributes(call.fs, file, to) : error;
}
