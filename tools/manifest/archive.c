/* SPDX-License-Identifier: BSD-2-Clause */
/* newc archives, as cpio(5) describes them. */
#include "image.h"
#include "report.h"

#include <stdio.h>
#include <string.h>

#define HEAD 110u

void output_add(struct output *o, const void *data, uint64_t bytes)
{
    if (bytes > o->room - o->used) {
        uint64_t room = (o->room + bytes) * 2;
        char *more = take(room);

        if (o->used != 0)
            memcpy(more, o->data, o->used);
        o->data = more;
        o->room = room;
    }
    if (data != NULL)
        memcpy(o->data + o->used, data, bytes);
    else
        memset(o->data + o->used, 0, bytes);
    o->used += bytes;
}

void output_align(struct output *o, uint64_t to)
{
    output_add(o, NULL, (to - o->used % to) % to);
}

/* The name is filled up with zeros to move the contents onto a page: readers take the name up to
 * its first zero. */
static uint64_t name_bytes(const struct output *o, const char *name, int page)
{
    uint64_t bytes = strlen(name) + 1;

    if (page)
        bytes += (PAGE - (o->used + HEAD + bytes) % PAGE) % PAGE;
    return bytes;
}

static void add_entry(struct output *o, const char *name, const void *data, uint64_t bytes,
                      int page, unsigned inode)
{
    uint64_t named = name_bytes(o, name, page);
    char head[HEAD + 1];

    if (bytes > UINT32_MAX)
        report_fatal("%s is too large for the boot image", name);
    snprintf(head, sizeof head, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", inode,
             inode == 0 ? 0u : 0100555u, 0u, 0u, 1u, 0u, (unsigned)bytes, 0u, 0u, 0u, 0u,
             (unsigned)named, 0u);
    output_add(o, head, HEAD);
    output_add(o, name, strlen(name) + 1);
    output_add(o, NULL, named - strlen(name) - 1);
    output_align(o, 4);
    output_add(o, data, bytes);
    output_align(o, 4);
}

void archive_add(struct output *o, const char *name, const void *data, uint64_t bytes, int page)
{
    static unsigned inode;

    add_entry(o, name, data, bytes, page, ++inode);
}

void archive_end(struct output *o)
{
    add_entry(o, "TRAILER!!!", NULL, 0, 0, 0);
}
