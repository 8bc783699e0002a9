/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests that make, move and remove names. */
#include "serve_priv.h"

/* Begin a call that enters names. `there`: the outcome if it was carried out before, else NULL. */
static enum file_error start(struct call *call, void *self, word_t badge, bool possible,
                             uint64_t token, const void *name, size_t size,
                             const struct files_outcome **there)
{
    enum file_error error = call_change(call, self, badge, possible);

    if (error == FILE_OK)
        error = call_name(name, size);
    if (error == FILE_OK)
        *there = files_book_outcome(&call->server->book, call->number, token);
    return error;
}

/* What `made` is, and open if it is to be. */
static enum file_error tell(const struct call *call, struct file_handle file, uint8_t flags,
                            struct file_attributes *made)
{
    if (flags & FILE_LEASE) {
        enum file_error error = call_lease(call, file);

        if (error != FILE_OK)
            return error;
    }
    return call->op->attributes(call->fs, file, made);
}

/* End a call that made something. */
static enum file_error made_it(const struct call *call, enum file_error error, uint64_t token,
                               struct file_handle directory, struct file_handle file, bool open)
{
    const struct files_outcome outcome = {.token = token, .file = file};

    if (error == FILE_OK && open && !files_book_open_file(&call->server->book, call->number, file))
        error = FILE_E_NO_MEMORY;
    if (error == FILE_OK)
        files_book_note(&call->server->book, call->number, &outcome);
    error = call_end(call, error);
    if (error == FILE_OK)
        call_changed(call, directory);
    return error;
}

enum file_error names_make(void *self, word_t badge, struct file_handle directory,
                           enum file_kind kind, uint16_t mode, uint32_t user, uint32_t group,
                           uint32_t major, uint32_t minor, uint8_t flags, uint64_t token,
                           const void *name, size_t name_size, struct file_attributes *made)
{
    const struct files_operations *op = ((struct files_server *)self)->op;
    const struct files_new new = {.kind = kind,
                                  .mode = mode,
                                  .user = user,
                                  .group = group,
                                  .major = major,
                                  .minor = minor};
    const struct files_outcome *there = NULL;
    struct file_handle file;
    struct call call;
    enum file_error error =
        start(&call, self, badge, op->make != NULL, token, name, name_size, &there);

    if (error == FILE_OK &&
        (kind == FILE_KIND_LINK || (flags & FILE_LEASE && call.session->recalls == NULL)))
        error = FILE_E_INVALID;
    if (error != FILE_OK)
        return error;
    if (there != NULL)
        return tell(&call, there->file, flags, made);
    call_begin(&call);
    error = op->make(call.fs, directory, name, name_size, &new, &file);
    error = made_it(&call, error, token, directory, file, flags & FILE_OPEN);
    return error == FILE_OK ? tell(&call, file, flags, made) : error;
}

enum file_error names_make_link(void *self, word_t badge, struct file_handle directory,
                                struct ipc_buffer target, uint32_t user, uint32_t group,
                                uint64_t token, const void *name, size_t name_size,
                                struct file_attributes *made)
{
    const struct files_operations *op = ((struct files_server *)self)->op;
    const struct files_outcome *there = NULL;
    struct file_handle file;
    struct call call;
    enum file_error error =
        start(&call, self, badge, op->make_link != NULL, token, name, name_size, &there);
    const uint8_t *at = NULL;

    if (error != FILE_OK)
        return error;
    if (there != NULL)
        return tell(&call, there->file, 0, made);
    at = files_window_part(call.session, target);
    if (at == NULL)
        return FILE_E_BAD_WINDOW;
    if (target.length == 0 || target.length > FILE_LINK_MAX)
        return target.length == 0 ? FILE_E_INVALID : FILE_E_NAME_TOO_LONG;
    call_begin(&call);
    error = op->make_link(call.fs, directory, name, name_size, at, target.length, user, group,
                          &file);
    error = made_it(&call, error, token, directory, file, false);
    return error == FILE_OK ? tell(&call, file, 0, made) : call_window(&call, error);
}

enum file_error names_link(void *self, word_t badge, struct file_handle file,
                           struct file_handle directory, uint64_t token, const void *name,
                           size_t name_size, struct file_attributes *linked)
{
    const struct files_operations *op = ((struct files_server *)self)->op;
    const struct files_outcome *there = NULL;
    struct call call;
    enum file_error error =
        start(&call, self, badge, op->link != NULL, token, name, name_size, &there);

    if (error != FILE_OK)
        return error;
    if (there != NULL)
        return tell(&call, there->file, 0, linked);
    call_begin(&call);
    error = op->link(call.fs, file, directory, name, name_size);
    error = made_it(&call, error, token, directory, file, false);
    if (error != FILE_OK)
        return error;
    call_changed(&call, file);
    return tell(&call, file, 0, linked);
}

/* A name that cannot be made cannot be removed either, for another reason. */
static enum file_error name_to_remove(enum file_error error, const void *name, size_t size,
                                      bool is_directory)
{
    const char *at = name;

    if (error != FILE_E_EXISTS)
        return error;
    if (!is_directory)
        return FILE_E_IS_DIRECTORY;
    return size == 1 && at[0] == '.' ? FILE_E_INVALID : FILE_E_NOT_EMPTY;
}

/* After a name was taken from a file: it may have been the last, and nobody may have it open. */
static void lost_name(const struct call *call, struct file_handle file)
{
    if (file.inode == 0)
        return;
    call_changed(call, file);
    if (call->op->unused != NULL && !files_is_open(call->server, file))
        call->op->unused(call->fs, file);
}

enum file_error names_remove(void *self, word_t badge, struct file_handle directory,
                             bool is_directory, uint64_t token, const void *name, size_t name_size)
{
    const struct files_operations *op = ((struct files_server *)self)->op;
    struct files_outcome outcome = {.token = token};
    const struct files_outcome *there = NULL;
    struct call call;
    enum file_error error =
        start(&call, self, badge, op->remove != NULL, token, name, name_size, &there);

    if (error != FILE_OK)
        return name_to_remove(error, name, name_size, is_directory);
    if (there != NULL)
        return FILE_OK;
    call_begin(&call);
    error = op->remove(call.fs, directory, name, name_size, is_directory, &outcome.file);
    if (error == FILE_OK)
        files_book_note(&call.server->book, call.number, &outcome);
    error = call_end(&call, error);
    if (error != FILE_OK)
        return error;
    call_changed(&call, directory);
    lost_name(&call, outcome.file);
    return FILE_OK;
}

enum file_error names_rename(void *self, word_t badge, struct file_handle from,
                             struct file_handle to, enum file_replace replace, uint64_t token,
                             const void *name, size_t name_size, const void *new_name,
                             size_t new_name_size)
{
    const struct files_operations *op = ((struct files_server *)self)->op;
    struct files_outcome outcome = {.token = token};
    const struct files_outcome *there = NULL;
    struct file_handle replaced = {0};
    struct call call;
    enum file_error error =
        start(&call, self, badge, op->rename != NULL, token, name, name_size, &there);

    if (error == FILE_OK)
        error = call_name(new_name, new_name_size);
    if (error != FILE_OK)
        return error == FILE_E_EXISTS ? FILE_E_BUSY : error;
    if (there != NULL)
        return FILE_OK;
    call_begin(&call);
    error = op->rename(call.fs, from, name, name_size, to, new_name, new_name_size, replace,
                       &outcome.file, &replaced);
    if (error == FILE_OK)
        files_book_note(&call.server->book, call.number, &outcome);
    error = call_end(&call, error);
    if (error != FILE_OK)
        return error;
    call_changed(&call, from);
    call_changed(&call, to);
    call_changed(&call, outcome.file);
    lost_name(&call, replaced);
    return FILE_OK;
}
