/* SPDX-License-Identifier: BSD-2-Clause */
/* Sessions as clients have them. */
#include "connection.h"

#include <rt/bytes.h>
#include <rt/clock.h>
#include <rt/memory.h>
#include <rt/object.h>
#include <rt/program.h>
#include <rt/slot.h>

#define TRIES 8u /* a server that dies each time it is asked is given up */

static enum file_error give_window(const struct files_connection *c)
{
    for (uint32_t page = 0; page < c->pages; page += 4) {
        cap_t frame[4];
        enum file_error error;

        for (uint32_t i = 0; i < 4; i++)
            frame[i] = rt_page_frame(c->window + (page + i) * RT_PAGE);
        error = file_window(c->server, page, frame[0], frame[1], frame[2], frame[3]);
        if (error != FILE_OK)
            return error;
    }
    return FILE_OK;
}

static void drop_leases(struct files_connection *c)
{
    if (c->recalls == NULL)
        return;
    rt_frames_unmap((void *)c->recalls, 1);
    rt_slot_delete(c->recalls_frame);
    c->recalls = NULL;
}

static enum file_error attach(struct files_connection *c)
{
    struct file_attributes root = {0};
    enum file_error error;

    drop_leases(c);
    c->attached = false;
    c->attaches++;
    error = file_attach(c->server, c->number, c->pages, &root, &c->read_only);
    if (error == FILE_OK)
        error = give_window(c);
    c->root = root.file;
    c->attached = error == FILE_OK;
    return error;
}

bool files_attach_again(struct files_connection *c, unsigned *tries)
{
    while (++*tries <= TRIES) {
        enum file_error error = attach(c);

        if (error != FILE_E_NO_SESSION)
            return error == FILE_OK;
    }
    return false;
}

enum file_error files_connect(struct files_connection *c, cap_t server, uint32_t pages)
{
    unsigned tries = 0;

    *c = (struct files_connection){.server = server, .pages = pages};
    c->number = rt_now() | 1;
    c->window = rt_pages_alloc(pages);
    if (c->window == NULL)
        return FILE_E_NO_MEMORY;
    (void)files_again(c, FILE_E_NO_SESSION, &tries);
    if (c->attached)
        return FILE_OK;
    rt_pages_free(c->window, pages);
    c->window = NULL;
    return FILE_E_NO_SESSION;
}

void files_disconnect(struct files_connection *c)
{
    (void)file_detach(c->server);
    drop_leases(c);
    if (c->window != NULL)
        rt_pages_free(c->window, c->pages);
    *c = (struct files_connection){0};
}

/* A call, and again when the server was a new one. `call` assigns to `error`. */
#define REPEAT(call)                               \
    do {                                           \
        unsigned tries = 0;                        \
        do                                         \
            error = (call);                        \
        while (files_again(c, error, &tries));     \
    } while (0)

enum file_error files_leases_begin(struct files_connection *c)
{
    enum file_error error;

    drop_leases(c);
    if (!rt_guard_begin())
        return FILE_E_NOT_SUPPORTED;
    REPEAT(file_recalls(c->server, &c->recalls_frame));
    if (error != FILE_OK)
        return error;
    c->recalls = rt_frames_map(c->recalls_frame, 1, MAP_READ);
    if (c->recalls != NULL && rt_guard_copy(&c->seen, c->recalls, sizeof(c->seen)))
        return FILE_OK;
    if (c->recalls == NULL)
        rt_slot_delete(c->recalls_frame);
    drop_leases(c);
    return FILE_E_NO_MEMORY;
}

enum file_error files_recalled(struct files_connection *c, struct file_handle *to, uint32_t room,
                               uint32_t *count, bool *all, bool *more)
{
    size_t most = files_room(c) / sizeof(*to);
    bool there = c->recalls != NULL && rt_guard_copy(&c->seen, c->recalls, sizeof(c->seen));
    enum file_error error = FILE_E_NO_SESSION;
    unsigned tries = 0;

    if (there)
        error = file_recalled(c->server, files_region(c),
                              files_part(0, (room < most ? room : most) * sizeof(*to)), count, all,
                              more);
    if (error == FILE_OK && *count <= room) {
        memcpy(to, files_data(c), *count * sizeof(*to));
        return FILE_OK;
    }
    drop_leases(c);
    *count = 0;
    *all = true;
    *more = false;
    return error == FILE_OK || files_again(c, error, &tries) ? FILE_OK : error;
}

enum file_error files_lookup(struct files_connection *c, struct file_handle from, uint8_t flags,
                             const void *path, size_t size, enum file_stop *stop, uint32_t *taken,
                             struct file_attributes *reached)
{
    enum file_error error;

    REPEAT(file_lookup(c->server, from, flags, path, size, stop, taken, reached));
    return error;
}

enum file_error files_attributes(struct files_connection *c, struct file_handle file,
                                 uint8_t flags, struct file_attributes *to)
{
    enum file_error error;

    REPEAT(file_attributes(c->server, file, flags, to));
    return error;
}

enum file_error files_read_part(struct files_connection *c, struct file_handle file,
                                uint64_t offset, size_t at, size_t size, size_t *done)
{
    enum file_error error;

    REPEAT(file_read(c->server, files_region(c), file, offset, files_part(at, size), done));
    return error;
}

enum file_error files_write_part(struct files_connection *c, struct file_handle file,
                                 uint64_t offset, size_t at, size_t size, uint8_t flags,
                                 size_t *done, uint64_t *file_size)
{
    /* At an offset it does no harm to write twice. */
    uint64_t token = flags & FILE_APPEND ? files_token(c) : 0;
    enum file_error error;

    c->changes++;
    REPEAT(file_write(c->server, files_region(c), file, offset, files_part(at, size), flags, token,
                      done, file_size));
    return error;
}

enum file_error files_read_entries(struct files_connection *c, struct file_handle directory,
                                   uint64_t cookie, size_t at, size_t room, size_t *done, bool *end)
{
    enum file_error error;

    REPEAT(file_read_directory(c->server, files_region(c), directory, cookie, files_part(at, room),
                               0, done, end));
    return error;
}

enum file_error files_make(struct files_connection *c, struct file_handle directory,
                           const void *name, size_t size, enum file_kind kind, uint16_t mode,
                           uint8_t flags, struct file_attributes *made)
{
    uint64_t token = files_token(c);
    enum file_error error;

    c->changes++;
    REPEAT(file_make(c->server, directory, kind, mode, 0, 0, 0, 0, flags, token, name, size, made));
    return error;
}

enum file_error files_make_link(struct files_connection *c, struct file_handle directory,
                                const void *name, size_t size, const void *target,
                                size_t target_size, struct file_attributes *made)
{
    uint64_t token = files_token(c);
    enum file_error error;

    if (target_size > files_room(c) || target_size > FILE_LINK_MAX)
        return FILE_E_NAME_TOO_LONG;
    memcpy(files_data(c), target, target_size);
    c->changes++;
    REPEAT(file_make_link(c->server, files_region(c), directory, files_part(0, target_size), 0, 0,
                          token, name, size, made));
    return error;
}

enum file_error files_link(struct files_connection *c, struct file_handle file,
                           struct file_handle directory, const void *name, size_t size)
{
    uint64_t token = files_token(c);
    struct file_attributes linked;
    enum file_error error;

    c->changes++;
    REPEAT(file_link(c->server, file, directory, token, name, size, &linked));
    return error;
}

enum file_error files_remove(struct files_connection *c, struct file_handle directory,
                             const void *name, size_t size, bool is_directory)
{
    uint64_t token = files_token(c);
    enum file_error error;

    c->changes++;
    REPEAT(file_remove(c->server, directory, is_directory, token, name, size));
    return error;
}

enum file_error files_rename(struct files_connection *c, struct file_handle from, const void *name,
                             size_t size, struct file_handle to, const void *new_name,
                             size_t new_size, enum file_replace replace)
{
    uint64_t token = files_token(c);
    enum file_error error;

    c->changes++;
    REPEAT(file_rename(c->server, from, to, replace, token, name, size, new_name, new_size));
    return error;
}

enum file_error files_read_link(struct files_connection *c, struct file_handle file, char *to,
                                size_t room, size_t *size)
{
    enum file_error error;

    if (room > files_room(c))
        room = files_room(c);
    REPEAT(file_read_link(c->server, files_region(c), file, files_part(0, room), size));
    if (error == FILE_OK && *size > room)
        error = (enum file_error)FILE_E_REPLY;
    if (error == FILE_OK)
        memcpy(to, files_data(c), *size);
    return error;
}

enum file_error files_truncate(struct files_connection *c, struct file_handle file, uint64_t size)
{
    struct file_attributes now;
    enum file_error error;

    c->changes++;
    REPEAT(file_truncate(c->server, file, size, &now));
    return error;
}

enum file_error files_sync(struct files_connection *c, struct file_handle file,
                           enum file_extent extent)
{
    enum file_error error;

    REPEAT(file_sync(c->server, file, extent));
    return error;
}

enum file_error files_space(struct files_connection *c, struct file_space *to)
{
    enum file_error error;

    REPEAT(file_space(c->server, to));
    return error;
}

enum file_error files_open(struct files_connection *c, struct file_handle file)
{
    enum file_error error;

    REPEAT(file_open(c->server, file));
    return error;
}

enum file_error files_close(struct files_connection *c, struct file_handle file)
{
    enum file_error error;

    REPEAT(file_close(c->server, file));
    return error;
}

enum file_error files_map(struct files_connection *c, struct file_handle file, uint64_t page,
                          cap_t *frame, uint32_t *size)
{
    enum file_error error;

    REPEAT(file_map(c->server, file, page, frame, size));
    return error;
}
