/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Small things: sizes are rounded up to a power of two, and each size has a list of free ones, cut
 * from pages of the sandbox. A page given to a size stays with it.
 */
#include "heap.h"

#include "page.h"

#include <rt/bytes.h>

#define LOWEST 4u /* 16 bytes */
#define SIZES  9u /* up to HEAP_MAX */

struct free {
    struct free *next;
};

static struct free *lists[SIZES];

static unsigned size_of(size_t bytes)
{
    return bytes <= 1u << LOWEST ? 0 : 64u - LOWEST - (unsigned)__builtin_clzl(bytes - 1);
}

static void *cut(unsigned size)
{
    page_t page = page_alloc_dirty();
    size_t bytes = 1ul << (LOWEST + size);

    if (page == 0)
        return NULL;
    for (size_t at = bytes; at < PAGE; at += bytes) {
        struct free *f = (struct free *)((char *)page_data(page) + at);

        f->next = lists[size];
        lists[size] = f;
    }
    return page_data(page);
}

void *heap_alloc(size_t bytes)
{
    unsigned size = size_of(bytes);
    struct free *f;

    if (bytes > HEAP_MAX)
        return NULL;
    f = lists[size];
    if (f != NULL)
        lists[size] = f->next;
    else
        f = cut(size);
    if (f != NULL)
        memset(f, 0, bytes);
    return f;
}

void heap_free(void *p, size_t bytes)
{
    struct free *f = p;

    if (f == NULL)
        return;
    f->next = lists[size_of(bytes)];
    lists[size_of(bytes)] = f;
}

char *heap_text(const char *text, size_t length)
{
    char *copy = heap_alloc(length + 1);

    if (copy != NULL) {
        memcpy(copy, text, length);
        copy[length] = 0;
    }
    return copy;
}
