/* SPDX-License-Identifier: BSD-2-Clause */
/* Names: found by a hash over directory and name, and listed in the order in which they came. */
#include "file.h"
#include "fsabi.h"
#include "linux.h"

#define BUCKETS 4096u

static struct dentry *buckets[BUCKETS];

/* FNV-1a (Fowler, Noll, Vo), with the directory as its start. */
static uint32_t hash_of(const struct dentry *dir, const char *name, size_t length)
{
    uint32_t h = 2166136261u ^ (uint32_t)((word_t)dir >> 5);

    for (size_t i = 0; i < length; i++)
        h = (h ^ (uint8_t)name[i]) * 16777619u;
    return h ^ h >> 15;
}

struct dentry *dentry_get(struct dentry *d)
{
    d->refs++;
    return d;
}

static void unhash(struct dentry *d)
{
    struct dentry **at = &buckets[d->hash % BUCKETS];

    while (*at != d)
        at = &(*at)->chain;
    *at = d->chain;
}

static void unlist(struct dentry *d)
{
    struct dentry *dir = d->parent;

    *(d->previous != NULL ? &d->previous->next : &dir->children) = d->next;
    *(d->next != NULL ? &d->next->previous : &dir->last) = d->previous;
    d->next = d->previous = NULL;
}

static void set_name(struct dentry *d, char *long_name, const char *name, size_t length)
{
    d->length = (uint8_t)length;
    if (long_name == NULL) {
        memmove(d->space, name, length);
        d->space[length] = 0;
    }
    d->name = long_name != NULL ? long_name : d->space;
}

static void drop_name(struct dentry *d)
{
    if (d->name != d->space)
        heap_free((void *)(word_t)d->name, d->length + 1u);
}

/* Put it into a directory, at the end. */
static void attach(struct dentry *d, struct dentry *dir)
{
    struct dentry **bucket;

    d->parent = dir;
    d->hash = hash_of(dir, d->name, d->length);
    bucket = &buckets[d->hash % BUCKETS];
    d->chain = *bucket;
    *bucket = d;
    d->cookie = dir->last == NULL ? 2 : dir->last->cookie + 1;
    if (dir->inode != NULL && d->pinned) {
        if (dir->inode->u.last_cookie < 1)
            dir->inode->u.last_cookie = 1;
        d->cookie = ++dir->inode->u.last_cookie;
    }
    d->previous = dir->last;
    *(dir->last != NULL ? &dir->last->next : &dir->children) = d;
    dir->last = d;
}

/* The last reference of one that is not in the tree any more, or can be looked up again. */
static void forget(struct dentry *d)
{
    struct dentry *parent = d->parent;

    if (!d->removed && parent != NULL) {
        unhash(d);
        unlist(d);
    }
    inode_put(d->inode);
    drop_name(d);
    heap_free(d, sizeof *d);
    dentry_put(parent);
}

void dentry_put(struct dentry *d)
{
    if (d != NULL && --d->refs == 0)
        forget(d);
}

static struct dentry *dentry_new(const char *name, size_t length, struct inode *i)
{
    struct dentry *d = heap_alloc(sizeof *d);
    char *long_name = NULL;

    if (d != NULL && length >= DENTRY_INLINE) {
        long_name = heap_text(name, length);
        if (long_name == NULL) {
            heap_free(d, sizeof *d);
            d = NULL;
        }
    }
    if (d == NULL)
        return NULL;
    set_name(d, long_name, name, length);
    d->refs = 1;
    d->inode = inode_get(i);
    return d;
}

struct dentry *dentry_root(struct mount *m, struct inode *i)
{
    struct dentry *d = dentry_new("", 0, i);

    (void)m;
    return d;
}

struct dentry *dentry_unlinked(const char *name, size_t length, struct inode *i)
{
    struct dentry *d = dentry_new(name, length, i);

    if (d != NULL)
        d->removed = true;
    return d;
}

struct dentry *dentry_add(struct dentry *dir, const char *name, size_t length, struct inode *i,
                          bool pinned)
{
    struct dentry *d = dentry_new(name, length, i);

    if (d == NULL)
        return NULL;
    d->pinned = pinned;
    d->refs += pinned;
    attach(d, dentry_get(dir));
    return d;
}

long dentry_lookup(struct dentry *dir, const char *name, size_t length, struct dentry **found)
{
    uint32_t hash = hash_of(dir, name, length);

    for (struct dentry *d = buckets[hash % BUCKETS]; d != NULL; d = d->chain) {
        if (d->hash == hash && d->parent == dir && d->length == length &&
            memcmp(d->name, name, length) == 0) {
            *found = dentry_get(d);
            return 0;
        }
    }
    if (dir->removed || dir->inode->ops->lookup == NULL)
        return -ENOENT;
    return dir->inode->ops->lookup(dir, name, length, found);
}

void dentry_remove(struct dentry *d)
{
    unhash(d);
    unlist(d);
    d->removed = true;
    if (d->pinned) {
        d->pinned = false;
        dentry_put(d);
    }
}

long dentry_move(struct dentry *d, struct dentry *dir, const char *name, size_t length)
{
    struct dentry *old = d->parent;
    char *long_name = NULL;

    if (length >= DENTRY_INLINE) {
        long_name = heap_text(name, length);
        if (long_name == NULL)
            return -ENOMEM;
    }
    unhash(d);
    unlist(d);
    drop_name(d);
    set_name(d, long_name, name, length);
    attach(d, dentry_get(dir));
    dentry_put(old);
    return 0;
}

long dentry_exchange(struct dentry *a, struct dentry *b)
{
    char name[NAME_LENGTH + 1];
    size_t length = a->length;
    struct dentry *dir = dentry_get(a->parent);
    long error;

    memcpy(name, a->name, length);
    error = dentry_move(a, b->parent, b->name, b->length);
    if (error == 0) {
        error = dentry_move(b, dir, name, length);
        if (error != 0)
            (void)dentry_move(a, dir, name, length); /* its old name: as long, but may fail too */
    }
    dentry_put(dir);
    return error;
}

bool dentry_below(const struct dentry *d, const struct dentry *ancestor)
{
    for (; d != NULL; d = d->parent)
        if (d == ancestor)
            return true;
    return false;
}

struct dentry *dentry_of(const struct inode *i)
{
    for (unsigned b = 0; b < BUCKETS; b++)
        for (struct dentry *d = buckets[b]; d != NULL; d = d->chain)
            if (d->inode == i)
                return d;
    return NULL;
}

static char *prepend(char *at, char *buffer, const char *text, size_t length)
{
    if (at == NULL || (size_t)(at - buffer) < length)
        return NULL;
    memcpy(at - length, text, length);
    return at - length;
}

char *dentry_path(struct task *t, struct dentry *d, char *buffer, size_t size)
{
    struct dentry *top = t->place->root;
    char *at = buffer + size - 1;

    *at = 0;
    if (d->removed)
        at = prepend(at, buffer, " (deleted)", 10);
    for (bool first = true;; first = false) {
        if (d == top) {
            return first || *at != '/' ? prepend(at, buffer, "/", 1) : at;
        } else if (d->parent != NULL) {
            at = prepend(at, buffer, d->name, d->length);
            at = prepend(at, buffer, "/", 1);
            d = d->parent;
        } else if (d->inode->mount != NULL && d->inode->mount->covers != NULL) {
            d = d->inode->mount->covers;
        } else {
            at = prepend(at, buffer, d->name, d->length);
            return at == NULL || *at == '/' ? at : prepend(at, buffer, "/", 1);
        }
        if (at == NULL)
            return NULL;
    }
}
