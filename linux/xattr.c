/* SPDX-License-Identifier: BSD-2-Clause */
/* Extended attributes (xattr(7)): kept here for file systems in memory, passed on to others. */
#include "file.h"
#include "handlers.h"
#include "linux.h"

#define NAME_MAX_XATTR 255u
/* One piece of the heap; Linux allows 64 KiB. */
#define VALUE_MAX      2000u
#define LIST_MAX       4096u

enum { XATTR_CREATE = 1, XATTR_REPLACE = 2 };

struct xattr {
    struct xattr *next;
    char *name;
    size_t length, bytes;
    void *value;
};

static void drop(struct xattr **at)
{
    struct xattr *x = *at;

    *at = x->next;
    heap_free(x->name, x->length + 1);
    heap_free(x->value, x->bytes);
    heap_free(x, sizeof *x);
}

void xattr_forget(struct inode *i)
{
    while (i->xattrs != NULL)
        drop(&i->xattrs);
}

static struct xattr **find(struct inode *i, const char *name)
{
    struct xattr **at = &i->xattrs;

    while (*at != NULL && !rt_same((*at)->name, name))
        at = &(*at)->next;
    return at;
}

static long set(struct inode *i, const char *name, const void *value, size_t bytes, unsigned flags)
{
    struct xattr **at = find(i, name), *x;

    if (*at != NULL && flags & XATTR_CREATE)
        return -EEXIST;
    if (*at == NULL && flags & XATTR_REPLACE)
        return -ENODATA;
    x = heap_alloc(sizeof *x);
    if (x == NULL)
        return -ENOSPC;
    x->length = rt_length(name);
    x->bytes = bytes;
    x->name = heap_text(name, x->length);
    x->value = bytes == 0 ? NULL : heap_alloc(bytes);
    if (x->name == NULL || (bytes > 0 && x->value == NULL)) {
        x->next = NULL;
        drop(&x);
        return -ENOSPC;
    }
    if (bytes > 0)
        memcpy(x->value, value, bytes);
    if (*at != NULL)
        drop(at);
    x->next = i->xattrs;
    i->xattrs = x;
    inode_touch(i, 0);
    return 0;
}

static bool begins(const char *name, const char *with)
{
    while (*with != 0 && *name == *with)
        name++, with++;
    return *with == 0;
}

/* May the name be used on this file? @param write for changing it */
static long check(struct task *t, struct inode *i, const char *name, bool write)
{
    unsigned kind = i->mode & S_IFMT;

    if (write && inode_read_only(i))
        return -EROFS;
    if (begins(name, "user.")) {
        if (kind != S_IFREG && kind != S_IFDIR)
            return write ? -EPERM : -ENODATA;
        return inode_permission(t, i, write ? 2 : 4);
    }
    if (begins(name, "trusted."))
        return t->process->identity.euid == 0 ? 0 : write ? -EPERM : -ENODATA;
    if (begins(name, "security."))
        return write && t->process->identity.euid != 0 ? -EPERM : 0;
    return -EOPNOTSUPP;
}

static long get(struct inode *i, const char *name, void *to, size_t size)
{
    struct xattr *x;

    if (i->ops->xattr_get != NULL)
        return i->ops->xattr_get(i, name, to, size);
    x = *find(i, name);
    if (x == NULL)
        return -ENODATA;
    if (x->bytes > 0 && x->bytes <= size)
        memcpy(to, x->value, x->bytes);
    return (long)x->bytes;
}

static long list(struct inode *i, char *to, size_t size)
{
    size_t at = 0;

    if (i->ops->xattr_list != NULL)
        return i->ops->xattr_list(i, to, size);
    for (struct xattr *x = i->xattrs; x != NULL; x = x->next) {
        if (at + x->length + 1 <= size)
            memcpy(to + at, x->name, x->length + 1);
        at += x->length + 1;
    }
    return (long)at;
}

/* The file of the three forms. @param form 0: path, 1: link itself, 2: descriptor */
static long target(struct task *t, word_t what, int form, struct inode **found)
{
    struct file *f;
    struct dentry *d;
    long error;

    if (form == 2) {
        f = file_of_io(t, what);
        if (f == NULL)
            return -EBADF;
        *found = inode_get(f->inode);
        return 0;
    }
    error = path_find(t, (word_t)AT_FDCWD, what, form == 0 ? WALK_FOLLOW : 0, &d);
    if (error != 0)
        return error;
    *found = inode_get(d->inode);
    dentry_put(d);
    return 0;
}

static char name[NAME_MAX_XATTR + 1], value[LIST_MAX];

static long read_name(struct task *t, word_t from)
{
    long n = user_string(t, name, from, sizeof name);

    return n == 0 || n == -ENAMETOOLONG ? -ERANGE : n < 0 ? n : 0;
}

static long set_call(struct task *t, const word_t *arg, int form)
{
    struct inode *i;
    long error;

    if (arg[4] & ~3ul)
        return -EINVAL;
    error = read_name(t, arg[1]);
    if (error == 0 && arg[3] > VALUE_MAX)
        error = arg[3] > 65536 ? -E2BIG : -ENOSPC;
    if (error == 0 && arg[3] > 0)
        error = user_read(t, value, arg[2], arg[3]);
    if (error == 0)
        error = target(t, arg[0], form, &i);
    if (error != 0)
        return error;
    error = check(t, i, name, true);
    if (error == 0)
        error = i->ops->xattr_set != NULL
                    ? i->ops->xattr_set(i, name, value, arg[3], (unsigned)arg[4])
                    : set(i, name, value, arg[3], (unsigned)arg[4]);
    inode_put(i);
    return error;
}

static long give(struct task *t, long n, word_t to, word_t size)
{
    long error;

    if (n <= 0 || size == 0)
        return n;
    if ((word_t)n > size)
        return -ERANGE;
    error = user_write(t, to, value, (size_t)n);
    return error != 0 ? error : n;
}

static long get_call(struct task *t, const word_t *arg, int form)
{
    struct inode *i;
    long n = read_name(t, arg[1]);

    if (n == 0)
        n = target(t, arg[0], form, &i);
    if (n != 0)
        return n;
    n = check(t, i, name, false);
    if (n == 0)
        n = give(t, get(i, name, value, sizeof value), arg[2], arg[3]);
    inode_put(i);
    return n;
}

static long list_call(struct task *t, const word_t *arg, int form)
{
    struct inode *i;
    long n = target(t, arg[0], form, &i);

    if (n != 0)
        return n;
    n = list(i, value, sizeof value);
    n = n > (long)sizeof value ? -E2BIG : give(t, n, arg[1], arg[2]);
    inode_put(i);
    return n;
}

static long remove_call(struct task *t, const word_t *arg, int form)
{
    struct inode *i;
    struct xattr **at;
    long error = read_name(t, arg[1]);

    if (error == 0)
        error = target(t, arg[0], form, &i);
    if (error != 0)
        return error;
    error = check(t, i, name, true);
    at = find(i, name);
    if (error == 0 && i->ops->xattr_set != NULL)
        error = i->ops->xattr_set(i, name, NULL, 0, XATTR_REPLACE);
    else if (error == 0 && *at == NULL)
        error = -ENODATA;
    else if (error == 0)
        drop(at);
    inode_put(i);
    return error;
}

#define FORMS(what)                                         \
    long sys_##what##xattr(struct task *t, const word_t *arg)  \
    {                                                       \
        return what##_call(t, arg, 0);                      \
    }                                                       \
    long sys_l##what##xattr(struct task *t, const word_t *arg) \
    {                                                       \
        return what##_call(t, arg, 1);                      \
    }                                                       \
    long sys_f##what##xattr(struct task *t, const word_t *arg) \
    {                                                       \
        return what##_call(t, arg, 2);                      \
    }

FORMS(set)
FORMS(get)
FORMS(list)
FORMS(remove)
