/* SPDX-License-Identifier: BSD-2-Clause */
/* The cache of pages of served files: a hash table, and a clock that goes round (Corbato, 1968). */
#include "cache.h"

#include "inode.h"
#include "linux.h"
#include "served.h"

#define BUCKETS 4096u

struct cached {
    struct cached *chain;             /* same hash */
    struct cached *next, *previous;   /* on the clock's face */
    struct cached *of_file, **link;   /* of the same inode */
    struct inode *inode;
    word_t index;
    page_t page;
    bool dirty, used;
};

static struct cached *buckets[BUCKETS];
static struct cached *hand;
static word_t count;

static struct cached **bucket_of(const struct inode *i, word_t index)
{
    return &buckets[((word_t)i / 64 * 31 + index) % BUCKETS];
}

static struct cached *find(const struct inode *i, word_t index)
{
    struct cached *c = *bucket_of(i, index);

    while (c != NULL && (c->inode != i || c->index != index))
        c = c->chain;
    return c;
}

static void drop(struct cached *c)
{
    struct cached **at = bucket_of(c->inode, c->index);

    while (*at != c)
        at = &(*at)->chain;
    *at = c->chain;
    *c->link = c->of_file;
    if (c->of_file != NULL)
        c->of_file->link = c->link;
    c->next->previous = c->previous;
    c->previous->next = c->next;
    if (hand == c)
        hand = c->next != c ? c->next : NULL;
    page_unref(c->page);
    heap_free(c, sizeof *c);
    count--;
}

page_t cache_find(struct inode *i, word_t index)
{
    struct cached *c = find(i, index);

    if (c == NULL)
        return 0;
    c->used = true;
    return c->page;
}

word_t cache_pages(void)
{
    return count;
}

word_t cache_shrink(word_t pages)
{
    word_t done = 0;

    for (word_t steps = 2 * count; hand != NULL && done < pages && steps > 0; steps--) {
        struct cached *c = hand;

        hand = c->next;
        if (c->dirty || page_shared(c->page))
            continue;
        if (c->used) {
            c->used = false;
            continue;
        }
        drop(c);
        done++;
    }
    return done;
}

static struct cached *make(void)
{
    struct cached *c;

    if (count >= pages_total() / 2)
        (void)cache_shrink(32);
    c = heap_alloc(sizeof *c);
    if (c == NULL)
        return NULL;
    c->page = page_alloc_dirty();
    if (c->page != 0)
        return c;
    heap_free(c, sizeof *c);
    return NULL;
}

page_t cache_add(struct inode *i, word_t index)
{
    struct cached *c = make(), **bucket = bucket_of(i, index);

    if (c == NULL)
        return 0;
    c->inode = i;
    c->index = index;
    c->chain = *bucket;
    *bucket = c;
    c->of_file = i->u.served->pages;
    c->link = &i->u.served->pages;
    if (c->of_file != NULL)
        c->of_file->link = &c->of_file;
    i->u.served->pages = c;
    c->next = hand == NULL ? c : hand;
    c->previous = hand == NULL ? c : hand->previous;
    c->next->previous = c;
    c->previous->next = c;
    hand = c->next;
    count++;
    return c->page;
}

void cache_set_dirty(struct inode *i, word_t index, bool dirty)
{
    struct cached *c = find(i, index);

    if (c != NULL)
        c->dirty = dirty;
}

bool cache_next_dirty(struct inode *i, struct cached **at, word_t *index, page_t *page)
{
    struct cached *c = *at == NULL ? i->u.served->pages : (*at)->of_file;

    while (c != NULL && !c->dirty)
        c = c->of_file;
    *at = c;
    if (c == NULL)
        return false;
    *index = c->index;
    *page = c->page;
    return true;
}

void cache_forget(struct inode *i, word_t from)
{
    for (struct cached *c = i->u.served->pages, *next; c != NULL; c = next) {
        next = c->of_file;
        if (c->index >= from)
            drop(c);
    }
}
