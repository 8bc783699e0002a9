/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * inotify(7). An instance is an open file with a queue of events and a list of watches; an inode
 * has the list of those on it. A watch holds the inode and the name that it was made by, so that
 * both stay known while they are watched.
 */
#include "file.h"
#include "fsabi.h"
#include "handlers.h"
#include "linux.h"
#include "notify.h"

#define ALL_EVENTS   0xfffu
#define IN_UNMOUNT   0x2000u
#define IN_OVERFLOW  0x4000u
#define IN_IGNORED   0x8000u
#define IN_ONLYDIR   0x01000000u
#define IN_NO_FOLLOW 0x02000000u
#define IN_EXCL      0x04000000u
#define IN_CREATE_IT 0x10000000u
#define IN_ADD       0x20000000u
#define IN_ISDIR     0x40000000u
#define IN_ONESHOT   0x80000000u
#define ALL_BITS                                                                                  \
    (ALL_EVENTS | IN_UNMOUNT | IN_OVERFLOW | IN_IGNORED | IN_ONLYDIR | IN_NO_FOLLOW | IN_EXCL |   \
     IN_CREATE_IT | IN_ADD | IN_ISDIR | IN_ONESHOT)

#define QUEUE_MAX 16384u /* /proc/sys/fs/inotify/max_queued_events */

enum { FIONREAD = 0x541b };

struct event {
    struct event *next;
    size_t bytes;         /* of this structure */
    struct {
        int32_t wd;
        uint32_t mask, cookie, length;
    } head;
    char name[];          /* `length` bytes, padded with NUL */
};

struct instance {
    struct watch *watches;
    struct event *first, *last;
    unsigned queued;
    int last_wd;
    struct wait_queue changed;
};

struct watch {
    struct watch *next;   /* of the instance */
    struct watch *here;   /* next of the inode */
    struct instance *owner;
    struct inode *inode;
    struct dentry *dentry;
    int wd;
    uint32_t mask;
};

unsigned notify_watches;

/* --- the queue ------------------------------------------------------------------------------ */

static bool is_repeated(const struct instance *n, const struct event *e)
{
    const struct event *last = n->last;

    if (last == NULL || last->head.wd != e->head.wd || last->head.mask != e->head.mask ||
        last->head.cookie != e->head.cookie || last->head.length != e->head.length)
        return false;
    for (size_t i = 0; i < e->head.length; i++) {
        if (last->name[i] != e->name[i])
            return false;
    }
    return true;
}

static void enqueue(struct instance *n, struct event *e)
{
    if (is_repeated(n, e)) {
        heap_free(e, e->bytes);
        return;
    }
    if (n->last == NULL)
        n->first = e;
    else
        n->last->next = e;
    n->last = e;
    n->queued++;
    task_wake(&n->changed);
}

/* Without memory, or with too many, the reader learns that something is missing. */
static void put(struct instance *n, int wd, uint32_t mask, uint32_t cookie, const char *name,
                size_t length)
{
    size_t padded = length == 0 ? 0 : (length + 16) / 16 * 16;
    struct event *e;

    if (n->queued >= QUEUE_MAX) {
        wd = -1, mask = IN_OVERFLOW, cookie = 0;
        padded = length = 0;
    }
    e = heap_alloc(sizeof *e + padded);
    if (e == NULL)
        return;
    e->bytes = sizeof *e + padded;
    e->head.wd = wd;
    e->head.mask = mask;
    e->head.cookie = cookie;
    e->head.length = (uint32_t)padded;
    memcpy(e->name, name, length);
    enqueue(n, e);
}

static void drop_first(struct instance *n)
{
    struct event *e = n->first;

    n->first = e->next;
    if (n->first == NULL)
        n->last = NULL;
    n->queued--;
    heap_free(e, e->bytes);
}

/* --- watches -------------------------------------------------------------------------------- */

static void watch_free(struct watch *w)
{
    struct watch **at = &w->owner->watches;

    while (*at != w)
        at = &(*at)->next;
    *at = w->next;
    at = &w->inode->watches;
    while (*at != w)
        at = &(*at)->here;
    *at = w->here;
    notify_watches--;
    dentry_put(w->dentry);
    inode_put(w->inode);
    heap_free(w, sizeof *w);
}

static void watch_end(struct watch *w)
{
    put(w->owner, w->wd, IN_IGNORED, 0, "", 0);
    watch_free(w);
}

static bool is_dir(const struct inode *i)
{
    return (i->mode & S_IFMT) == S_IFDIR;
}

static void tell(struct inode *watched, uint32_t event, uint32_t extra, uint32_t cookie,
                 const char *name, size_t length)
{
    for (struct watch *w = watched->watches, *next; w != NULL; w = next) {
        next = w->here;
        if (!(w->mask & event))
            continue;
        put(w->owner, w->wd, event | extra, cookie, name, length);
        if (w->mask & IN_ONESHOT)
            watch_end(w);
    }
}

void notify_name(struct inode *dir, const struct inode *what, const char *name, size_t length,
                 uint32_t event, uint32_t cookie)
{
    if (notify_watches > 0 && dir->watches != NULL)
        tell(dir, event, is_dir(what) ? IN_ISDIR : 0, cookie, name, length);
}

void notify_self(struct inode *i, uint32_t event)
{
    if (notify_watches > 0 && i->watches != NULL)
        tell(i, event, is_dir(i) && event < IN_DELETE_SELF ? IN_ISDIR : 0, 0, "", 0);
}

void notify_dentry(struct dentry *d, uint32_t event)
{
    if (notify_watches == 0)
        return;
    if (d->parent != NULL && !d->removed)
        notify_name(d->parent->inode, d->inode, d->name, d->length, event, 0);
    notify_self(d->inode, event);
}

void notify_inode(struct inode *i, uint32_t event)
{
    struct dentry *d = notify_watches > 0 ? dentry_of(i) : NULL;

    if (d != NULL)
        notify_dentry(d, event);
    else
        notify_self(i, event);
}

void notify_file(struct file *f, uint32_t event)
{
    if (notify_watches > 0 && f->dentry != NULL)
        notify_dentry(f->dentry, event);
}

uint32_t notify_cookie(void)
{
    static uint32_t last;

    return ++last;
}

void notify_removed(struct dentry *d, unsigned holds)
{
    struct inode *i = d->inode;

    if (i->watches == NULL || !d->removed || (!is_dir(i) && i->links > 0))
        return;
    for (struct watch *w = i->watches; w != NULL; w = w->here)
        holds += w->dentry == d;
    if (d->refs > holds)
        return; /* somebody has it open */
    inode_get(i);
    tell(i, IN_DELETE_SELF, 0, 0, "", 0);
    while (i->watches != NULL)
        watch_end(i->watches);
    inode_put(i);
}

/* --- the open file -------------------------------------------------------------------------- */

static long read_events(struct file *f, struct transfer *x, word_t at)
{
    struct instance *n = f->data;
    long done = 0;

    (void)at;
    if (n->first == NULL)
        return -EAGAIN;
    while (n->first != NULL) {
        size_t bytes = sizeof n->first->head + n->first->head.length;
        long moved;

        if (bytes > x->left)
            return done > 0 ? done : -EINVAL;
        moved = transfer_out(x, &n->first->head, bytes);
        if (moved != (long)bytes)
            return done > 0 ? done : moved < 0 ? moved : -EFAULT;
        done += moved;
        drop_first(n);
    }
    return done;
}

static unsigned poll_events(struct file *f)
{
    return ((struct instance *)f->data)->first != NULL ? POLLIN | POLLRDNORM : 0;
}

static struct wait_queue *events_queue(struct file *f)
{
    return &((struct instance *)f->data)->changed;
}

static long control(struct file *f, struct task *t, word_t request, word_t argument)
{
    int32_t bytes = 0;

    if (request != FIONREAD)
        return -ENOTTY;
    for (struct event *e = ((struct instance *)f->data)->first; e != NULL; e = e->next)
        bytes += (int32_t)(sizeof e->head + e->head.length);
    return user_write(t, argument, &bytes, sizeof bytes);
}

static void close_instance(struct file *f)
{
    struct instance *n = f->data;

    while (n->watches != NULL)
        watch_free(n->watches);
    while (n->first != NULL)
        drop_first(n);
    heap_free(n, sizeof *n);
}

static const struct file_ops inotify_ops = {.read = read_events, .poll = poll_events,
                                            .queue = events_queue, .ioctl = control,
                                            .seek = file_seek_nowhere, .close = close_instance,
                                            .name = "inotify"};

long sys_inotify_init1(struct task *t, const word_t *arg)
{
    unsigned flags = (unsigned)arg[0];
    struct instance *n;
    struct file *f;

    if (flags & ~(unsigned)(O_CLOEXEC | O_NONBLOCK))
        return -EINVAL;
    n = heap_alloc(sizeof *n);
    f = n == NULL ? NULL : file_new_anonymous(&inotify_ops, O_RDONLY | (flags & O_NONBLOCK), 0600);
    if (f == NULL) {
        heap_free(n, sizeof *n);
        return -ENOMEM;
    }
    f->data = n;
    return file_give(t, f, (flags & O_CLOEXEC) != 0);
}

long sys_inotify_init(struct task *t, const word_t *arg)
{
    word_t none[1] = {0};

    (void)arg;
    return sys_inotify_init1(t, none);
}

static struct watch *watch_on(struct instance *n, const struct inode *i)
{
    struct watch *w = n->watches;

    while (w != NULL && w->inode != i)
        w = w->next;
    return w;
}

static long watch_change(struct watch *w, uint32_t mask)
{
    if (mask & IN_CREATE_IT)
        return -EEXIST;
    w->mask = (mask & IN_ADD ? w->mask : 0) | (mask & (ALL_EVENTS | IN_ONESHOT | IN_EXCL));
    return w->wd;
}

static long watch_new(struct instance *n, struct dentry *d, uint32_t mask)
{
    struct watch *w = heap_alloc(sizeof *w);

    if (w == NULL)
        return -ENOMEM;
    *w = (struct watch){.next = n->watches, .here = d->inode->watches, .owner = n,
                        .inode = inode_get(d->inode), .dentry = dentry_get(d), .wd = ++n->last_wd,
                        .mask = mask & (ALL_EVENTS | IN_ONESHOT | IN_EXCL)};
    n->watches = w;
    d->inode->watches = w;
    notify_watches++;
    return w->wd;
}

static long watch_found(struct task *t, struct instance *n, struct dentry *d, uint32_t mask)
{
    struct watch *w = watch_on(n, d->inode);
    long error = inode_permission(t, d->inode, 4);

    if (error != 0)
        return error;
    if (mask & IN_ONLYDIR && !is_dir(d->inode))
        return -ENOTDIR;
    return w != NULL ? watch_change(w, mask) : watch_new(n, d, mask);
}

long sys_inotify_add_watch(struct task *t, const word_t *arg)
{
    uint32_t mask = (uint32_t)arg[2];
    struct file *f;
    struct dentry *d;
    long n;

    if (!(mask & ALL_BITS))
        return -EINVAL;
    f = file_of_io(t, arg[0]);
    if (f == NULL)
        return -EBADF;
    if (f->ops != &inotify_ops || (mask & (IN_ADD | IN_CREATE_IT)) == (IN_ADD | IN_CREATE_IT))
        return -EINVAL;
    n = path_find(t, (word_t)AT_FDCWD, arg[1], mask & IN_NO_FOLLOW ? 0 : WALK_FOLLOW, &d);
    if (n != 0)
        return n;
    n = watch_found(t, f->data, d, mask);
    dentry_put(d);
    return n;
}

long sys_inotify_rm_watch(struct task *t, const word_t *arg)
{
    struct file *f = file_of_io(t, arg[0]);
    struct watch *w;

    if (f == NULL)
        return -EBADF;
    if (f->ops != &inotify_ops)
        return -EINVAL;
    w = ((struct instance *)f->data)->watches;
    while (w != NULL && w->wd != (int)arg[1])
        w = w->next;
    if (w == NULL)
        return -EINVAL;
    watch_end(w);
    return 0;
}
