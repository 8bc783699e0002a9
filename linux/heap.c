/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Small structures: pages cut into pieces of one size each. A page begins with a head that counts
 * its pieces; one with free pieces is in the list of its size; an empty one goes back to the
 * sandbox's pages.
 */
#include "heap.h"
#include "page.h"

#include <rt/bytes.h>

#define HEAD    32u
#define CLASSES 12u
#define LARGEST 2032u

struct slab {
    struct slab *next, **link; /* of the same size with free pieces; link NULL: it has none */
    void *free;
    uint32_t used;
};
_Static_assert(sizeof(struct slab) <= HEAD, "pieces begin behind the head");

static const uint16_t sizes[CLASSES] = {32, 64, 96, 128, 192, 256, 368, 496, 672, 1008, 1344, 2032};
static struct slab *partial[CLASSES];

static unsigned class_of(size_t bytes)
{
    unsigned c = 0;

    while (sizes[c] < bytes)
        c++;
    return c;
}

static void enter(struct slab *s, unsigned c)
{
    s->next = partial[c];
    s->link = &partial[c];
    if (s->next != NULL)
        s->next->link = &s->next;
    partial[c] = s;
}

static void leave(struct slab *s)
{
    *s->link = s->next;
    if (s->next != NULL)
        s->next->link = s->link;
    s->link = NULL;
}

static struct slab *slab_new(unsigned c)
{
    page_t page = page_alloc_dirty();
    struct slab *s;

    if (page == 0)
        return NULL;
    s = page_data(page);
    s->free = NULL;
    s->used = 0;
    for (size_t at = HEAD; at + sizes[c] <= PAGE; at += sizes[c]) {
        void **piece = (void **)((char *)s + at);

        *piece = s->free;
        s->free = piece;
    }
    enter(s, c);
    return s;
}

void *heap_alloc(size_t bytes)
{
    unsigned c;
    struct slab *s;
    void **piece;

    if (bytes > LARGEST) {
        page_t page = bytes <= HEAP_MAX ? page_alloc() : 0;

        return page == 0 ? NULL : page_data(page);
    }
    c = class_of(bytes);
    s = partial[c] != NULL ? partial[c] : slab_new(c);
    if (s == NULL)
        return NULL;
    piece = s->free;
    s->free = *piece;
    s->used++;
    if (s->free == NULL)
        leave(s);
    memset(piece, 0, sizes[c]);
    return piece;
}

void heap_free(void *p, size_t bytes)
{
    struct slab *s = (struct slab *)((word_t)p & ~(PAGE - 1));

    if (p == NULL)
        return;
    if (bytes > LARGEST) {
        page_unref(page_of(p));
        return;
    }
    if (s->free == NULL)
        enter(s, class_of(bytes));
    *(void **)p = s->free;
    s->free = p;
    if (--s->used > 0)
        return;
    leave(s);
    page_unref(page_of(s));
}

char *heap_text(const char *text, size_t length)
{
    char *copy = heap_alloc(length + 1);

    if (copy != NULL)
        memcpy(copy, text, length);
    return copy;
}
