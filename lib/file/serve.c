/* SPDX-License-Identifier: BSD-2-Clause */
/* Sessions, and what all requests have in common. */
#include "serve_priv.h"

#include <rt/bytes.h>
#include <rt/component.h>
#include <rt/slot.h>

void files_serve_open(struct files_server *server)
{
    memset(server->session, 0, sizeof(server->session));
    files_leases_open(&server->leases);
    server->book.change = server->op->change;
    server->book.fs = server->fs;
}

struct files_session *call_find(struct files_server *server, word_t badge)
{
    for (unsigned number = 0; number < FILES_SESSIONS && badge != 0; number++) {
        if (server->session[number].badge == badge) {
            server->last = number;
            return &server->session[number];
        }
    }
    return NULL;
}

enum file_error call_change(struct call *call, void *self, word_t badge, bool possible)
{
    if (!call_enter(call, self, badge))
        return FILE_E_NO_SESSION;
    return possible && !call->session->read_only ? FILE_OK : FILE_E_READ_ONLY;
}

enum file_error call_name(const void *name, size_t size)
{
    const char *at = name;

    if (size == 0)
        return FILE_E_INVALID;
    if (size > FILE_NAME_MAX)
        return FILE_E_NAME_TOO_LONG;
    if (at[0] == '.' && (size == 1 || (size == 2 && at[1] == '.')))
        return FILE_E_EXISTS;
    for (size_t i = 0; i < size; i++)
        if (at[i] == '/' || at[i] == 0)
            return FILE_E_INVALID;
    return FILE_OK;
}

void call_begin(const struct call *call)
{
    if (call->op->begin != NULL)
        call->op->begin(call->fs);
}

enum file_error call_end(const struct call *call, enum file_error error)
{
    if (call->op->end != NULL)
        call->op->end(call->fs, error == FILE_OK);
    return error;
}

enum file_error call_window(const struct call *call, enum file_error error)
{
    struct files_faults *f = &call->server->faults[call->number];
    uint64_t second;

    if (error != FILE_E_BAD_WINDOW || call->session->given == 0)
        return error;
    second = files_milliseconds() / 1000;
    if (f->badge != call->session->badge || f->second != second)
        *f = (struct files_faults){.badge = call->session->badge, .second = second};
    f->count++;
    files_window_drop(call->session);
    return error;
}

/* Is it one whose windows go away all the time? */
static bool faults_too_much(const struct files_server *server, unsigned number, word_t badge)
{
    const struct files_faults *f = &server->faults[number];

    return f->badge == badge && f->count >= FILES_FAULTS_MAX &&
           f->second == files_milliseconds() / 1000;
}

void call_changed(const struct call *call, struct file_handle file)
{
    uint64_t holders = files_lease_take(&call->server->leases, file, 1ull << call->number);

    for (unsigned i = 0; holders != 0; i++, holders >>= 1)
        if (holders & 1)
            files_session_recall(&call->server->session[i], file);
}

void files_recall(struct files_server *server, struct file_handle file)
{
    uint64_t holders = files_lease_take(&server->leases, file, 0);

    for (unsigned i = 0; holders != 0; i++, holders >>= 1)
        if (holders & 1)
            files_session_recall(&server->session[i], file);
}

enum file_error call_lease(const struct call *call, struct file_handle file)
{
    struct files_lease lost;

    if (call->session->recalls == NULL)
        return FILE_E_INVALID;
    files_lease_give(&call->server->leases, call->number, file, &lost);
    for (unsigned i = 0; lost.holders != 0; i++, lost.holders >>= 1)
        if (lost.holders & 1)
            files_session_recall(&call->server->session[i], lost.file);
    return FILE_OK;
}

/* One file at a time, each in a step of its own: a session may have many. */
static void close_all(struct files_server *server, unsigned number)
{
    const struct call call = {.fs = server->fs, .op = server->op};
    struct file_handle file;
    unsigned at = 0;

    while (files_book_next(&server->book, number, &at, &file)) {
        bool last;

        call_begin(&call);
        last = files_book_close_file(&server->book, number, file);
        (void)call_end(&call, FILE_OK);
        if (last && server->op->unused != NULL)
            server->op->unused(server->fs, file);
    }
}

void call_leave(struct files_server *server, unsigned number, bool forget)
{
    const struct call call = {.fs = server->fs, .op = server->op};
    struct files_session *session = &server->session[number];

    files_window_drop(session);
    files_lease_end(&server->leases, number);
    *session = (struct files_session){0};
    if (!forget)
        return;
    close_all(server, number);
    call_begin(&call);
    files_book_leave(&server->book, number);
    (void)call_end(&call, FILE_OK);
}

/* A place for a new client; those of clients that are no more are used again. */
static unsigned new_place(struct files_server *server)
{
    unsigned number = files_book_find(&server->book, 0);

    for (unsigned i = 0; number == FILES_SESSIONS && i < FILES_SESSIONS; i++) {
        if (!files_client_gone(server->book.kept->client[i].badge))
            continue;
        call_leave(server, i, true);
        number = i;
    }
    return number;
}

/* The client's place in the book, with this number. @return FILES_SESSIONS: there is none */
static unsigned settle(struct files_server *server, word_t badge, uint64_t client)
{
    const struct call call = {.fs = server->fs, .op = server->op};
    unsigned number = files_book_find(&server->book, badge);

    if (number < FILES_SESSIONS && server->book.kept->client[number].number == client)
        return number;
    if (number < FILES_SESSIONS)
        call_leave(server, number, true);
    else
        number = new_place(server);
    if (number == FILES_SESSIONS)
        return number;
    call_begin(&call);
    files_book_enter(&server->book, number, badge, client);
    (void)call_end(&call, FILE_OK);
    return number;
}

static enum file_error attach(void *self, word_t badge, uint64_t client, uint32_t pages,
                              struct file_attributes *root, bool *read_only)
{
    struct files_server *server = self;
    struct files_session *session;
    unsigned number;

    if (badge == 0 || pages % 4 != 0)
        return FILE_E_INVALID;
    number = settle(server, badge, client);
    if (number == FILES_SESSIONS)
        return FILE_E_NO_MEMORY;
    call_leave(server, number, false);
    if (pages != 0 && faults_too_much(server, number, badge))
        return FILE_E_DENIED;
    session = &server->session[number];
    if (!files_window_prepare(session, number, pages))
        return FILE_E_NO_MEMORY;
    session->badge = badge;
    session->read_only = server->read_only || (badge & COMPONENT_BADGE_LOOK) != 0;
    *read_only = session->read_only;
    return server->op->attributes(server->fs, server->op->root(server->fs), root);
}

static enum file_error window(void *self, word_t badge, uint32_t first, cap_t a, cap_t b, cap_t c,
                              cap_t d)
{
    const cap_t frames[4] = {a, b, c, d};
    enum file_error error = FILE_E_NO_SESSION;
    struct call call;

    if (call_enter(&call, self, badge)) {
        bool fits = first % 4 == 0 && first <= call.session->given && first < call.session->pages;

        if (fits)
            return files_window_add(call.session, first, frames);
        error = FILE_E_INVALID;
    }
    for (unsigned i = 0; i < 4; i++)
        rt_slot_delete(frames[i]);
    return error;
}

static enum file_error notify(void *self, word_t badge, cap_t bell)
{
    struct call call;

    if (!call_enter(&call, self, badge)) {
        files_bell_drop(bell);
        return FILE_E_NO_SESSION;
    }
    files_bell_drop(call.session->bell);
    call.session->bell = bell;
    return FILE_OK;
}

static enum file_error detach(void *self, word_t badge)
{
    struct files_server *server = self;
    unsigned number = badge == 0 ? FILES_SESSIONS : files_book_find(&server->book, badge);

    if (number < FILES_SESSIONS)
        call_leave(server, number, true);
    return FILE_OK;
}

static enum file_error open_file(void *self, word_t badge, struct file_handle file)
{
    enum file_error error;
    enum file_kind kind;
    struct call call;

    if (!call_enter(&call, self, badge))
        return FILE_E_NO_SESSION;
    error = call.op->kind(call.fs, file, &kind);
    if (error != FILE_OK)
        return error;
    call_begin(&call);
    return call_end(&call, files_book_open_file(&call.server->book, call.number, file)
                               ? FILE_OK
                               : FILE_E_NO_MEMORY);
}

static enum file_error close_file(void *self, word_t badge, struct file_handle file)
{
    struct call call;
    bool last;

    if (!call_enter(&call, self, badge))
        return FILE_E_NO_SESSION;
    call_begin(&call);
    last = files_book_close_file(&call.server->book, call.number, file);
    (void)call_end(&call, FILE_OK);
    if (last && call.op->unused != NULL)
        call.op->unused(call.fs, file);
    return FILE_OK;
}

/* One that is not attached or has no window passes here and is told by the callback. */
static word_t region(void *self, word_t badge)
{
    const struct files_session *session = call_session(self, badge);

    return session != NULL ? session->region : ~0ul;
}

const struct file_server *files_callbacks(void)
{
    static const struct file_server callbacks = {
        .attach = attach,
        .window = window,
        .notify = notify,
        .detach = detach,
        .lookup = look_up,
        .attributes = look_attributes,
        .set_attributes = values_set_attributes,
        .read = data_read,
        .write = data_write,
        .read_directory = look_directory,
        .make = names_make,
        .make_link = names_make_link,
        .link = names_link,
        .remove = names_remove,
        .rename = names_rename,
        .read_link = data_read_link,
        .truncate = data_truncate,
        .allocate = data_allocate,
        .seek = data_seek,
        .sync = data_sync,
        .space = data_space,
        .get_value = values_get,
        .set_value = values_set,
        .list_values = values_list,
        .remove_value = values_remove,
        .open = open_file,
        .close = close_file,
        .map = data_map,
        .lease = look_lease,
        .recalled = look_recalled,
        .recalls = look_recalls,
        .region = region,
    };

    return &callbacks;
}
