/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests that look at names and attributes, and leases. */
#include "serve_priv.h"

#include <rt/bytes.h>

#include "entry.h"

/* How far a path has been followed. */
struct walk {
    const uint8_t *path;
    size_t size;
    size_t start; /* of the name at hand */
    size_t end;   /* of the name followed last */
    struct file_handle reached;
    enum file_kind kind;
    enum file_stop stop;
};

/* Find the next name of the path. @return its size, 0: there is none */
static size_t next_name(struct walk *walk)
{
    size_t end;

    walk->start = walk->end;
    while (walk->start < walk->size && walk->path[walk->start] == '/')
        walk->start++;
    end = walk->start;
    while (end < walk->size && walk->path[end] != '/')
        end++;
    return end - walk->start;
}

static bool has_zero(const uint8_t *name, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (name[i] == 0)
            return true;
    return false;
}

/* Follow one name. */
static enum file_error step(const struct call *call, struct walk *walk, size_t size, bool lease)
{
    const uint8_t *name = walk->path + walk->start;
    struct file_handle found;
    enum file_error error;

    if (size > FILE_NAME_MAX)
        return FILE_E_NAME_TOO_LONG;
    if (lease && (error = call_lease(call, walk->reached)) != FILE_OK)
        return error;
    if (name[0] == '.' && size == 1)
        return FILE_OK;
    if (name[0] == '.' && size == 2 && name[1] == '.')
        error = call->op->parent(call->fs, walk->reached, &found);
    else if (has_zero(name, size))
        return FILE_E_INVALID;
    else
        error = call->op->find(call->fs, walk->reached, name, size, &found, &walk->kind);
    if (error == FILE_OK)
        walk->reached = found;
    return error;
}

static void stop_here(struct walk *walk)
{
    bool link = walk->kind == FILE_KIND_LINK;

    walk->stop = link ? FILE_STOP_LINK : FILE_STOP_NOT_DIRECTORY;
    if (!link)
        walk->end = walk->start;
}

static enum file_error follow(const struct call *call, struct walk *walk, bool lease)
{
    size_t size;

    walk->stop = FILE_STOP_END;
    while ((size = next_name(walk)) > 0) {
        enum file_error error;

        if (walk->kind != FILE_KIND_DIRECTORY) {
            stop_here(walk);
            return FILE_OK;
        }
        error = step(call, walk, size, lease);
        if (error == FILE_E_NOT_FOUND) {
            walk->stop = FILE_STOP_MISSING;
            walk->end = walk->start;
            return FILE_OK;
        }
        if (error != FILE_OK)
            return error;
        walk->end = walk->start + size;
    }
    /* A slash behind the last name asks for a directory. */
    if (walk->end < walk->size && walk->kind != FILE_KIND_DIRECTORY)
        stop_here(walk);
    else
        walk->end = walk->size;
    return FILE_OK;
}

enum file_error look_up(void *self, word_t badge, struct file_handle from, uint8_t flags,
                        const void *path, size_t path_size, enum file_stop *stop, uint32_t *taken,
                        struct file_attributes *reached)
{
    struct walk walk = {.path = path, .size = path_size, .reached = from};
    enum file_error error;
    struct call call;

    if (!call_enter(&call, self, badge))
        return FILE_E_NO_SESSION;
    error = call.op->kind(call.fs, from, &walk.kind);
    if (error == FILE_OK)
        error = follow(&call, &walk, flags & FILE_LEASE);
    if (error == FILE_OK && flags & FILE_LEASE)
        error = call_lease(&call, walk.reached);
    if (error == FILE_OK)
        error = call.op->attributes(call.fs, walk.reached, reached);
    if (error == FILE_OK && flags & FILE_OPEN && walk.stop == FILE_STOP_END) {
        call_begin(&call);
        if (!files_book_open_file(&call.server->book, call.number, walk.reached))
            error = FILE_E_NO_MEMORY;
        error = call_end(&call, error);
    }
    *stop = walk.stop;
    *taken = (uint32_t)walk.end;
    return error;
}

enum file_error look_attributes(void *self, word_t badge, struct file_handle file, uint8_t flags,
                                struct file_attributes *to)
{
    enum file_error error;
    struct call call;

    if (!call_enter(&call, self, badge))
        return FILE_E_NO_SESSION;
    error = call.op->attributes(call.fs, file, to);
    if (error == FILE_OK && flags & FILE_LEASE)
        error = call_lease(&call, file);
    return error;
}

enum file_error look_lease(void *self, word_t badge, struct file_handle file,
                           struct file_attributes *to)
{
    enum file_error error = look_attributes(self, badge, file, FILE_LEASE, to);

    return error == FILE_E_INVALID ? FILE_E_BAD_WINDOW : error;
}

/* Entries on their way into a window. */
struct packing {
    uint8_t *to;
    size_t room, used;
    bool lost; /* the window is not there */
    bool full;
};

static bool pack(void *to, const struct files_entry *e)
{
    struct packing *p = to;
    struct files_packed head = {.inode = e->file.inode,
                                .generation = e->file.generation,
                                .cookie = e->cookie,
                                .name_size = (uint16_t)e->size,
                                .kind = (uint8_t)e->kind};
    uint8_t text[FILES_PACKED_MAX] = {0};

    head.size = (uint16_t)files_packed_size(e->size);
    if (head.size > p->room - p->used) {
        p->full = true;
        return false;
    }
    memcpy(text, &head, FILES_PACKED_HEAD);
    memcpy(text + FILES_PACKED_HEAD, e->name, e->size);
    p->lost = !files_copy(p->to + p->used, text, head.size);
    p->used += head.size;
    return !p->lost;
}

enum file_error look_directory(void *self, word_t badge, struct file_handle directory,
                               uint64_t cookie, struct ipc_buffer to, uint8_t flags, uint64_t *size,
                               bool *end)
{
    struct packing packing = {.room = to.length};
    enum file_error error;
    struct call call;

    if (!call_enter(&call, self, badge))
        return FILE_E_NO_SESSION;
    packing.to = files_window_part(call.session, to);
    if (packing.to == NULL || to.offset % 8 != 0)
        return FILE_E_BAD_WINDOW;
    if (flags & FILE_LEASE && call_lease(&call, directory) != FILE_OK)
        return FILE_E_BAD_WINDOW;
    error = call.op->list(call.fs, directory, cookie, pack, &packing, end);
    *size = packing.used;
    if (error == FILE_OK && packing.lost)
        error = FILE_E_BAD_WINDOW;
    if (error == FILE_OK && packing.full && packing.used == 0)
        error = FILE_E_RANGE;
    return call_window(&call, error);
}

enum file_error look_recalled(void *self, word_t badge, struct ipc_buffer to, uint32_t *count,
                              bool *all, bool *more)
{
    struct files_session *session;
    struct call call;
    uint8_t *at;

    if (!call_enter(&call, self, badge))
        return FILE_E_NO_SESSION;
    session = call.session;
    at = files_window_part(session, to);
    if (at == NULL)
        return FILE_E_BAD_WINDOW;
    *all = session->all;
    *count = session->all ? 0 : session->recalled_count;
    if (*count * sizeof(struct file_handle) > to.length)
        *count = (uint32_t)(to.length / sizeof(struct file_handle));
    if (*count == 0 && !*all && session->recalled_count != 0)
        return FILE_E_RANGE;
    session->recalled_count = *all ? 0 : session->recalled_count - *count;
    session->all = false;
    *more = session->recalled_count != 0;
    if (!files_copy(at, &session->recalled[session->recalled_count],
                    *count * sizeof(struct file_handle)))
        return call_window(&call, FILE_E_BAD_WINDOW);
    return FILE_OK;
}

enum file_error look_recalls(void *self, word_t badge, cap_t *page)
{
    struct call call;

    if (!call_enter(&call, self, badge))
        return FILE_E_NO_SESSION;
    *page = files_recalls_page(call.session);
    return *page == 0 ? FILE_E_NO_MEMORY : FILE_OK;
}
