/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * epoll(7). Each interest waits in its file's queue; when that is woken it goes to the list of
 * those that may be ready, which epoll_wait asks again. An interest ends with its file.
 */
#include "file.h"
#include "handlers.h"
#include "linux.h"

#define EPOLL_CLOEXEC O_CLOEXEC
#define NEST_MAX      5u

enum { EPOLL_CTL_ADD = 1, EPOLL_CTL_DEL = 2, EPOLL_CTL_MOD = 3 };

#define EPOLLEXCLUSIVE (1u << 28)
#define EPOLLWAKEUP    (1u << 29)
#define EPOLLONESHOT   (1u << 30)
#define EPOLLET        (1u << 31)
/* What may stand beside EPOLLEXCLUSIVE. */
#define EXCLUSIVE_ALSO \
    (POLLIN | POLLOUT | POLLERR | POLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE)

struct epoll {
    struct interest *all;
    struct interest *ready, **ready_end;
    struct wait_queue changed;
};

struct interest {
    struct waiter waiter;        /* first: found from it */
    struct epoll *epoll;
    struct interest *next;       /* of the set */
    struct interest *of_file;    /* next of the file */
    struct interest *next_ready;
    struct file *file;           /* no reference: interests_forget */
    int fd;
    bool is_ready, disabled;
    struct linux_epoll_event event;
};

static const struct file_ops epoll_ops;

static void make_ready(struct interest *n)
{
    struct epoll *e = n->epoll;

    if (n->is_ready || n->disabled)
        return;
    n->is_ready = true;
    n->next_ready = NULL;
    *e->ready_end = n;
    e->ready_end = &n->next_ready;
    task_wake(&e->changed);
}

static void fired(struct waiter *w)
{
    struct interest *n = (struct interest *)w;

    if (wake_events & (n->event.events | POLLERR | POLLHUP))
        make_ready(n);
}

static void unready(struct interest *n)
{
    struct epoll *e = n->epoll;
    struct interest **at = &e->ready;

    if (!n->is_ready)
        return;
    while (*at != n)
        at = &(*at)->next_ready;
    *at = n->next_ready;
    if (e->ready_end == &n->next_ready)
        e->ready_end = at;
    n->is_ready = false;
}

static void drop(struct interest *n)
{
    struct interest **at = &n->epoll->all;

    unready(n);
    wait_leave(&n->waiter);
    while (*at != n)
        at = &(*at)->next;
    *at = n->next;
    at = &n->file->interests;
    while (*at != n)
        at = &(*at)->of_file;
    *at = n->of_file;
    heap_free(n, sizeof *n);
}

void interests_forget(struct file *f)
{
    while (f->interests != NULL)
        drop(f->interests);
}

static void epoll_close(struct file *f)
{
    struct epoll *e = f->data;

    while (e->all != NULL)
        drop(e->all);
    heap_free(e, sizeof *e);
}

static unsigned events_of(const struct interest *n)
{
    return file_poll(n->file) & (n->event.events | POLLERR | POLLHUP);
}

static unsigned epoll_poll(struct file *f)
{
    struct epoll *e = f->data;

    for (struct interest *n = e->ready; n != NULL; n = n->next_ready)
        if (events_of(n) != 0)
            return POLLIN | POLLRDNORM;
    return 0;
}

static struct wait_queue *epoll_queue(struct file *f)
{
    return &((struct epoll *)f->data)->changed;
}

static const struct file_ops epoll_ops = {
    .poll = epoll_poll,
    .queue = epoll_queue,
    .seek = file_seek_nowhere,
    .close = epoll_close,
    .name = "[eventpoll]",
};

/* --- epoll_create, epoll_ctl --- */

long sys_epoll_create1(struct task *t, const word_t *arg)
{
    struct file *f;
    struct epoll *e;

    if (arg[0] & ~(word_t)EPOLL_CLOEXEC)
        return -EINVAL;
    e = heap_alloc(sizeof *e);
    f = e == NULL ? NULL : file_new_anonymous(&epoll_ops, O_RDWR, 0600);
    if (f == NULL) {
        heap_free(e, sizeof *e);
        return -ENOMEM;
    }
    e->ready_end = &e->ready;
    f->data = e;
    return file_give(t, f, arg[0] != 0);
}

long sys_epoll_create(struct task *t, const word_t *arg)
{
    word_t none = 0;

    return (int)arg[0] <= 0 ? -EINVAL : sys_epoll_create1(t, &none);
}

static struct interest *find(struct epoll *e, const struct file *f, int fd)
{
    struct interest *n = f->interests;

    while (n != NULL && (n->epoll != e || n->fd != fd))
        n = n->of_file;
    return n;
}

/* Sets in sets: none may contain itself, nor too many one another. */
static bool reaches(const struct file *f, const struct epoll *e, unsigned depth)
{
    if (f->ops != &epoll_ops)
        return false;
    if (f->data == e || depth == 0)
        return true;
    for (struct interest *n = ((struct epoll *)f->data)->all; n != NULL; n = n->next)
        if (reaches(n->file, e, depth - 1))
            return true;
    return false;
}

static long add(struct epoll *e, struct file *f, int fd, const struct linux_epoll_event *event)
{
    struct interest *n;

    if (event->events & EPOLLEXCLUSIVE &&
        (event->events & ~EXCLUSIVE_ALSO || f->ops == &epoll_ops))
        return -EINVAL;
    if (find(e, f, fd) != NULL)
        return -EEXIST;
    if (reaches(f, e, NEST_MAX))
        return -ELOOP;
    n = heap_alloc(sizeof *n);
    if (n == NULL)
        return -ENOMEM;
    n->waiter.fire = fired;
    n->epoll = e;
    n->file = f;
    n->fd = fd;
    n->event = *event;
    n->next = e->all;
    e->all = n;
    n->of_file = f->interests;
    f->interests = n;
    wait_enter(f->ops->queue(f), &n->waiter);
    if (events_of(n) != 0)
        make_ready(n);
    return 0;
}

static long modify(struct interest *n, const struct linux_epoll_event *event)
{
    if (n == NULL)
        return -ENOENT;
    if ((n->event.events | event->events) & EPOLLEXCLUSIVE)
        return -EINVAL;
    n->event = *event;
    n->disabled = false;
    if (events_of(n) != 0)
        make_ready(n);
    return 0;
}

long sys_epoll_ctl(struct task *t, const word_t *arg)
{
    struct file *set = file_of_io(t, arg[0]), *f = file_of_io(t, arg[2]);
    unsigned operation = (unsigned)arg[1];
    struct linux_epoll_event event = {0, 0};
    struct interest *n;
    long error = 0;

    if (operation != EPOLL_CTL_DEL)
        error = user_read(t, &event, arg[3], sizeof event);
    if (error != 0)
        return error;
    if (set == NULL || f == NULL)
        return -EBADF;
    if (f->ops->queue == NULL || f->ops->poll == NULL)
        return -EPERM; /* regular files and directories are always ready */
    if (set == f || set->ops != &epoll_ops)
        return -EINVAL;
    n = find(set->data, f, (int)arg[2]);
    switch (operation) {
    case EPOLL_CTL_ADD:
        return add(set->data, f, (int)arg[2], &event);
    case EPOLL_CTL_MOD:
        return modify(n, &event);
    case EPOLL_CTL_DEL:
        if (n == NULL)
            return -ENOENT;
        drop(n);
        return 0;
    default:
        return -EINVAL;
    }
}

/* --- epoll_wait --- */

/* Give what is ready. Level-triggered ones stay in the list, behind the others. */
static long collect(struct task *t, struct epoll *e, word_t to, unsigned most)
{
    struct interest *last = NULL, *n;
    unsigned count = 0;

    while (count < most && (n = e->ready) != NULL && n != last) {
        struct linux_epoll_event event = {events_of(n), n->event.data};
        long error;

        if (event.events == 0) {
            unready(n);
            continue;
        }
        error = user_write(t, to + count * sizeof event, &event, sizeof event);
        if (error != 0)
            return count > 0 ? (long)count : error;
        count++;
        unready(n);
        if (n->event.events & EPOLLONESHOT) {
            n->disabled = true;
        } else if (!(n->event.events & EPOLLET)) {
            n->is_ready = true;
            n->next_ready = NULL;
            *e->ready_end = n;
            e->ready_end = &n->next_ready;
            last = last == NULL ? n : last;
        }
    }
    return (long)count;
}

static long wait_until(struct task *t, const word_t *arg, word_t deadline)
{
    struct file *set = file_of_io(t, arg[0]);
    int most = (int)arg[2];
    long n;

    if (most <= 0 || (unsigned)most > INT32_MAX / sizeof(struct linux_epoll_event))
        return -EINVAL;
    if (set == NULL)
        return -EBADF;
    if (set->ops != &epoll_ops)
        return -EINVAL;
    n = collect(t, set->data, arg[1], (unsigned)most);
    if (n != 0 || t->timed_out || deadline <= clock_now())
        return n;
    return task_wait(t, &((struct epoll *)set->data)->changed, deadline);
}

static word_t deadline_ms(struct task *t, int ms)
{
    return ms < 0 ? NEVER : ms == 0 ? 0 : task_deadline(t, (word_t)ms * 1000000u);
}

long sys_epoll_wait(struct task *t, const word_t *arg)
{
    return wait_until(t, arg, deadline_ms(t, (int)arg[3]));
}

long sys_epoll_pwait(struct task *t, const word_t *arg)
{
    long error = signal_mask_of_call(t, arg[4], arg[5]);

    return error != 0 ? error : sys_epoll_wait(t, arg);
}

long sys_epoll_pwait2(struct task *t, const word_t *arg)
{
    struct linux_timespec time = {0, 0};
    word_t deadline = NEVER;
    long error = arg[3] == 0 ? 0 : user_read(t, &time, arg[3], sizeof time);

    if (error == 0 && arg[3] != 0) {
        if (time.seconds < 0 || (uint64_t)time.ns >= 1000000000u)
            return -EINVAL;
        if (time.seconds < INT64_MAX / 1000000000)
            deadline = task_deadline(t, (word_t)time.seconds * 1000000000u + (word_t)time.ns);
    }
    if (error == 0)
        error = signal_mask_of_call(t, arg[4], arg[5]);
    return error != 0 ? error : wait_until(t, arg, deadline);
}
