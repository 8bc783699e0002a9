/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading a newc archive. */
#include "tree.h"

#include <rt/bytes.h>

#define HEAD 110u
#define ROOT 1u

/* Fields of an entry's head, as numbered from 0. */
enum field { MODE = 1, USER, GROUP, LINKS, TIME, SIZE, MAJOR = 9, MINOR, NAMED };

/* An entry of the archive. */
struct member {
    uint32_t field[13];
    const char *name;
    size_t name_size; /* up to its first zero: what follows is padding */
    const uint8_t *data;
};

static bool number(const char *text, uint32_t *value)
{
    *value = 0;
    for (unsigned i = 0; i < 8; i++) {
        char c = text[i];

        if (c >= '0' && c <= '9')
            *value = *value * 16 + (uint32_t)(c - '0');
        else if (c >= 'A' && c <= 'F')
            *value = *value * 16 + (uint32_t)(c - 'A' + 10);
        else if (c >= 'a' && c <= 'f')
            *value = *value * 16 + (uint32_t)(c - 'a' + 10);
        else
            return false;
    }
    return true;
}

static uint64_t align4(uint64_t x)
{
    return (x + 3) / 4 * 4;
}

/* The member at *at, which moves on. @return false: there is none, or no whole one */
static bool next_member(const uint8_t *start, uint64_t bytes, uint64_t *at, struct member *m)
{
    const char *head = (const char *)start + *at;
    uint64_t data;

    if (*at > bytes || HEAD > bytes - *at || memcmp(head, "070701", 6) != 0)
        return false;
    for (unsigned i = 0; i < 13; i++)
        if (!number(head + 6 + 8 * i, &m->field[i]))
            return false;
    if (m->field[NAMED] == 0 || m->field[NAMED] > bytes - *at - HEAD)
        return false;
    m->name = head + HEAD;
    for (m->name_size = 0; m->name_size < m->field[NAMED] && m->name[m->name_size] != 0;)
        m->name_size++;
    data = align4(*at + HEAD + m->field[NAMED]);
    if (m->name_size == m->field[NAMED] || data > bytes || m->field[SIZE] > bytes - data)
        return false;
    m->data = start + data;
    *at = align4(data + m->field[SIZE]);
    return true;
}

static bool is_end(const struct member *m)
{
    return m->name_size == 10 && memcmp(m->name, "TRAILER!!!", 10) == 0;
}

/* Files that the archive can have at most: one for each name in each path, and the root. */
static uint32_t most_files(const uint8_t *start, uint64_t bytes)
{
    struct member m;
    uint32_t count = ROOT + 1;

    for (uint64_t at = 0; next_member(start, bytes, &at, &m) && !is_end(&m); count++)
        for (size_t i = 0; i < m.name_size; i++)
            count += m.name[i] == '/';
    return count;
}

static uint32_t bucket_count(uint32_t files)
{
    uint32_t count = 16;

    while (count < files)
        count *= 2;
    return count;
}

size_t archive_need(const void *start, uint64_t bytes)
{
    uint32_t files = most_files(start, bytes);

    return (size_t)files * sizeof(struct archive_file) + (size_t)bucket_count(files) * 4;
}

static uint32_t *bucket(const struct archive *a, uint32_t directory, const void *name, size_t size)
{
    const uint8_t *at = name;
    uint32_t hash = directory * 2654435761u + 2166136261u; /* FNV-1a */

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i]) * 16777619u;
    return &a->bucket[(hash ^ hash >> 15) & (a->buckets - 1)];
}

uint32_t archive_find(const struct archive *a, uint32_t directory, const void *name, size_t size)
{
    uint32_t at = *bucket(a, directory, name, size);

    while (at != 0 &&
           (a->file[at].parent != directory || a->file[at].name_size != size || at == ROOT ||
            memcmp(a->file[at].name, name, size) != 0))
        at = a->file[at].same_hash;
    return at;
}

/* A name in a directory, new or known: a directory until an entry says what it is. */
static uint32_t enter(struct archive *a, uint32_t directory, const char *name, size_t size)
{
    uint32_t *head = bucket(a, directory, name, size), at = archive_find(a, directory, name, size);
    struct archive_file *d = &a->file[directory], *f;

    if (at != 0 || a->count == a->room)
        return at;
    at = a->count++;
    f = &a->file[at];
    *f = (struct archive_file){.name = name,
                               .name_size = (uint32_t)size,
                               .parent = directory,
                               .next = d->child,
                               .same_hash = *head,
                               .number = ++d->children,
                               .kind = FILE_KIND_DIRECTORY,
                               .mode = 0555};
    d->child = at;
    *head = at;
    return at;
}

/* What an entry says of its file. A directory with files in it stays one. */
static void describe(struct archive_file *f, const struct member *m)
{
    uint32_t kind = m->field[MODE] >> 12;

    if (kind != FILE_KIND_FIFO && kind != FILE_KIND_CHARACTER && kind != FILE_KIND_DIRECTORY &&
        kind != FILE_KIND_BLOCK && kind != FILE_KIND_LINK && kind != FILE_KIND_SOCKET)
        kind = FILE_KIND_REGULAR;
    if (f->children != 0)
        kind = FILE_KIND_DIRECTORY;
    f->kind = kind;
    f->mode = m->field[MODE] & 07777;
    f->user = m->field[USER];
    f->group = m->field[GROUP];
    f->seconds = m->field[TIME];
    f->major = m->field[MAJOR];
    f->minor = m->field[MINOR];
    f->data = m->data;
    f->size = kind == FILE_KIND_REGULAR || kind == FILE_KIND_LINK ? m->field[SIZE] : 0;
}

/* An entry's path, name by name. One that leads through something else than a directory, or whose
 * name no file can have, is left out. */
static void add(struct archive *a, const struct member *m)
{
    uint32_t at = ROOT;

    for (size_t i = 0; i < m->name_size;) {
        const char *name = m->name + i;
        size_t size = 0;

        while (i + size < m->name_size && name[size] != '/')
            size++;
        i += size + 1;
        if (size == 0 || (size == 1 && name[0] == '.'))
            continue;
        if (size > FILE_NAME_MAX || (size == 2 && name[0] == '.' && name[1] == '.') ||
            a->file[at].kind != FILE_KIND_DIRECTORY)
            return;
        at = enter(a, at, name, size);
        if (at == 0)
            return;
    }
    if (at != ROOT)
        describe(&a->file[at], m);
}

void archive_open(struct archive *a, const void *start, uint64_t bytes, void *memory)
{
    uint32_t files = most_files(start, bytes);
    struct member m;
    bool whole = false;

    *a = (struct archive){.start = start,
                          .bytes = bytes,
                          .file = memory,
                          .buckets = bucket_count(files),
                          .count = ROOT + 1,
                          .room = files};
    a->bucket = (uint32_t *)(void *)&a->file[files];
    a->file[ROOT] =
        (struct archive_file){.parent = ROOT, .kind = FILE_KIND_DIRECTORY, .mode = 0555};
    for (uint64_t at = 0; !whole && next_member(start, bytes, &at, &m);) {
        whole = is_end(&m);
        if (!whole)
            add(a, &m);
    }
    a->damaged = !whole;
}
