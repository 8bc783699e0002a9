/* SPDX-License-Identifier: BSD-2-Clause */
/* Random operations whose outcome is known, because the names are the client's own. */
#include <rt/bytes.h>
#include <rt/format.h>

#include "files.h"

#define LARGEST 40000u
#define PART    6000u

#define MUST(condition)                             \
    do {                                            \
        if (!(condition) && h->wrong == NULL) {     \
            h->wrong = #condition;                  \
            h->line = __LINE__;                     \
        }                                           \
    } while (0)

static uint64_t below(struct hammer *h, uint64_t limit)
{
    h->state ^= h->state << 13;
    h->state ^= h->state >> 7;
    h->state ^= h->state << 17;
    return h->state % limit;
}

static size_t name_of(const struct hammer *h, unsigned i, char *name)
{
    return rt_format(name, 16, "%c%u", h->prefix, i);
}

static uint8_t byte(uint64_t content, uint64_t at)
{
    return (uint8_t)((content * 1000003 + at * 40503) >> 7);
}

bool hammer_begin(struct hammer *h, const char *path, char prefix, uint64_t seed)
{
    *h = (struct hammer){.state = seed | 1, .prefix = prefix};
    return files_find(path, true, &h->directory) == FILE_OK;
}

static void make(struct hammer *h, unsigned i)
{
    struct file_attributes made = {0};
    char name[16];
    size_t size = name_of(h, i, name);
    enum file_error error = files_make(h->directory.connection, h->directory.attributes.file, name,
                                       size, FILE_KIND_REGULAR, 0600, 0, &made);

    MUST(error == (h->file[i].there ? FILE_E_EXISTS : FILE_OK));
    if (error != FILE_OK)
        return;
    h->file[i].there = true;
    h->file[i].size = 0;
    h->file[i].content = ++h->contents;
    h->file[i].file = made.file;
}

static void append(struct hammer *h, unsigned i)
{
    struct files_connection *c = h->directory.connection;
    uint64_t size = h->file[i].size, part = below(h, PART), file_size = 0;
    size_t done = 0;

    if (!h->file[i].there || size > LARGEST)
        return;
    for (uint64_t k = 0; k < part; k++)
        files_data(c)[k] = byte(h->file[i].content, size + k);
    MUST(files_write_part(c, h->file[i].file, 0, 0, part, FILE_APPEND, &done, &file_size) ==
         FILE_OK);
    MUST(done == part && file_size == size + part);
    h->file[i].size = size + part;
}

static void read(struct hammer *h, unsigned i)
{
    struct files_connection *c = h->directory.connection;
    uint64_t size = h->file[i].size, at = below(h, size + 10), part = below(h, PART);
    uint64_t want = at >= size ? 0 : part < size - at ? part : size - at;
    size_t done = 0;

    if (!h->file[i].there)
        return;
    MUST(files_read_part(c, h->file[i].file, at, 0, part, &done) == FILE_OK);
    MUST(done == want);
    for (uint64_t k = 0; k < done && h->wrong == NULL; k++)
        MUST(files_data(c)[k] == byte(h->file[i].content, at + k));
}

static void cut(struct hammer *h, unsigned i)
{
    uint64_t size = below(h, h->file[i].size + 1);

    if (!h->file[i].there)
        return;
    MUST(files_truncate(h->directory.connection, h->file[i].file, size) == FILE_OK);
    h->file[i].size = size;
}

static void remove(struct hammer *h, unsigned i)
{
    char name[16];
    size_t size = name_of(h, i, name);

    MUST(files_remove(h->directory.connection, h->directory.attributes.file, name, size, false) ==
         (h->file[i].there ? FILE_OK : FILE_E_NOT_FOUND));
    h->file[i].there = false;
}

static void rename(struct hammer *h, unsigned i)
{
    struct file_handle directory = h->directory.attributes.file;
    unsigned to = (unsigned)below(h, HAMMER_FILES);
    char name[16], new_name[16];
    size_t size = name_of(h, i, name), new_size = name_of(h, to, new_name);

    MUST(files_rename(h->directory.connection, directory, name, size, directory, new_name, new_size,
                      FILE_REPLACE_YES) == (h->file[i].there ? FILE_OK : FILE_E_NOT_FOUND));
    if (!h->file[i].there || i == to)
        return;
    h->file[to] = h->file[i];
    h->file[i].there = false;
}

static bool count(void *context, const struct files_packed *entry, const char *name)
{
    struct hammer *h = context;
    unsigned i = 0;

    if (name[0] != h->prefix)
        return true;
    for (const char *at = name + 1; *at != 0; at++)
        i = i * 10 + (unsigned)(*at - '0');
    MUST(i < HAMMER_FILES && h->file[i].there && h->file[i].file.inode == entry->inode);
    h->contents++; /* lent as a counter; taken back by the caller */
    return h->wrong == NULL;
}

static void list(struct hammer *h)
{
    uint64_t contents = h->contents, there = 0;

    for (unsigned i = 0; i < HAMMER_FILES; i++)
        there += h->file[i].there;
    MUST(files_list(&h->directory, count, h) == FILE_OK);
    MUST(h->contents - contents == there);
    h->contents = contents;
}

static void look_up(struct hammer *h, unsigned i)
{
    struct file_attributes found = {0};
    enum file_stop stop = FILE_STOP_END;
    uint32_t taken = 0;
    char name[16];
    size_t size = name_of(h, i, name);

    MUST(files_lookup(h->directory.connection, h->directory.attributes.file, 0, name, size, &stop,
                      &taken, &found) == FILE_OK);
    MUST(stop == (h->file[i].there ? FILE_STOP_END : FILE_STOP_MISSING));
    if (h->file[i].there)
        MUST(found.size == h->file[i].size && found.links == 1);
}

bool hammer_once(struct hammer *h)
{
    unsigned i = (unsigned)below(h, HAMMER_FILES);

    switch (below(h, 12)) {
    case 0:
    case 1:
        make(h, i);
        break;
    case 2:
    case 3:
    case 4:
        append(h, i);
        break;
    case 5:
    case 6:
        read(h, i);
        break;
    case 7:
        cut(h, i);
        break;
    case 8:
        remove(h, i);
        break;
    case 9:
        rename(h, i);
        break;
    case 10:
        list(h);
        break;
    default:
        look_up(h, i);
        break;
    }
    return h->wrong == NULL;
}

bool hammer_whole(struct hammer *h)
{
    list(h);
    for (unsigned i = 0; i < HAMMER_FILES; i++) {
        look_up(h, i);
        read(h, i);
    }
    return h->wrong == NULL;
}
