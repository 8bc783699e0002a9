/* SPDX-License-Identifier: BSD-2-Clause */
/* Comparing everything a server has with the model. */
#include <filelib/entry.h>
#include <stdio.h>
#include <string.h>

#include "drive.h"

#define BADGE 1000u
#define HEAD  64u

static bool loud;

static bool differs(int file_number, const char *what)
{
    if (loud)
        printf("     file %d: %s differs\n", file_number, what);
    return false;
}

static bool same_attributes(const struct model_file *f, int number)
{
    struct file_attributes now;

    if (file->attributes(&world.server, BADGE, f->handle, 0, &now) != FILE_OK)
        return differs(number, "existence");
    if (now.kind != f->kind || now.mode != f->mode || now.size != (f->kind == FILE_KIND_DIRECTORY
                                                                       ? 0
                                                                       : f->size))
        return differs(number, "kind, mode or size");
    return now.links == f->links || differs(number, "number of links");
}

static bool same_contents(const struct model_file *f, int number)
{
    const uint8_t *window = world_window(BADGE) + HEAD;

    for (uint64_t at = 0; at < f->size;) {
        uint64_t done = 0;

        if (file->read(&world.server, BADGE, f->handle, at,
                       (struct ipc_buffer){.offset = HEAD, .length = 50000}, &done) != FILE_OK ||
            done == 0 || done > f->size - at || memcmp(window, f->data + at, done) != 0)
            return differs(number, "contents");
        at += done;
    }
    return true;
}

static bool same_link(const struct model_file *f, int number)
{
    const uint8_t *window = world_window(BADGE) + HEAD;
    uint64_t done = 0;

    return (file->read_link(&world.server, BADGE, f->handle,
                            (struct ipc_buffer){.offset = HEAD, .length = 5000},
                            &done) == FILE_OK &&
            done == f->size && memcmp(window, f->data, done) == 0) ||
           differs(number, "what the link says");
}

/* Each entry must be a name of the model; as many as there are, so none comes twice. */
static bool same_entries(const struct model *m, int number)
{
    const uint8_t *window = world_window(BADGE) + HEAD;
    unsigned there = 0, come = 0;
    uint64_t cookie = 0, size = 0;
    bool end = false;

    for (int i = 0; i < MODEL_NAMES; i++)
        there += m->name[i].used && m->name[i].directory == number;
    while (!end) {
        if (file->read_directory(&world.server, BADGE, m->file[number].handle, cookie,
                                 (struct ipc_buffer){.offset = HEAD, .length = 500}, 0, &size,
                                 &end) != FILE_OK)
            return differs(number, "its list");
        for (uint64_t at = 0; at < size; come++) {
            const struct files_packed *e = (const void *)(window + at);
            char name[256] = {0};
            int found;

            memcpy(name, e->name, e->name_size);
            found = model_find(m, number, name);
            if (found < 0 || m->file[m->name[found].file].handle.inode != e->inode ||
                m->file[m->name[found].file].kind != e->kind)
                return differs(number, "an entry");
            cookie = e->cookie;
            at += e->size;
        }
    }
    return come == there || differs(number, "the number of entries");
}

static bool same_values(const struct model_file *f, int number)
{
    const uint8_t *window = world_window(BADGE) + HEAD;
    uint64_t listed = 0, size = 0, done;

    for (int i = 0; i < MODEL_VALUES; i++) {
        const struct model_value *v = &f->value[i];

        if (v->data == NULL)
            continue;
        listed += strlen(v->name) + 1;
        done = ~0ull;
        if (file->get_value(&world.server, BADGE, f->handle,
                            (struct ipc_buffer){.offset = HEAD, .length = 60001}, v->name,
                            strlen(v->name), &done) != FILE_OK ||
            done != v->size || memcmp(window, v->data, done) != 0)
            return differs(number, "an extended attribute");
    }
    return (file->list_values(&world.server, BADGE, f->handle, (struct ipc_buffer){0}, &size) ==
                FILE_OK &&
            size == listed) ||
           differs(number, "the list of extended attributes");
}

static bool same_file(const struct model *m, int number)
{
    const struct model_file *f = &m->file[number];

    if (!same_attributes(f, number) || !same_values(f, number))
        return false;
    switch (f->kind) {
    case FILE_KIND_DIRECTORY:
        return same_entries(m, number);
    case FILE_KIND_LINK:
        return same_link(f, number);
    case FILE_KIND_REGULAR:
        return same_contents(f, number);
    default:
        return true;
    }
}

bool drive_same(struct model *m, bool aloud)
{
    struct file_space space;
    unsigned there = 0;

    loud = aloud;
    for (int i = 0; i < MODEL_FILES; i++) {
        if (!m->file[i].used)
            continue;
        there++;
        if (!same_file(m, i))
            return false;
    }
    return (file->space(&world.server, BADGE, &space) == FILE_OK &&
            space.files - space.files_free == there) ||
           differs(-1, "the number of files");
}
