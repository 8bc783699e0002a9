/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptors of processes: pidfd_open(2), pidfd_send_signal(2), pidfd_getfd(2), CLONE_PIDFD. */
#include "core_priv.h"
#include "file.h"
#include "fsabi.h"
#include "handlers.h"
#include "pidfd_priv.h"
#include "proc.h"

/* What is behind such a file: the process until it is reaped, and who waits for its end. */
struct pidfd {
    int pid;
    word_t start_ns; /* tells it from a later process of this number */
    struct wait_queue queue;
    struct waiter waiter;
};

static struct process *process_of(const struct pidfd *d)
{
    struct process *p = process_find(d->pid);

    return p != NULL && p->start_ns == d->start_ns ? p : NULL;
}

static void exited(struct waiter *w)
{
    struct pidfd *d = (struct pidfd *)((char *)w - offsetof(struct pidfd, waiter));

    task_wake(&d->queue);
}

static unsigned poll(struct file *f)
{
    struct process *p = process_of(f->data);

    return p == NULL || p->zombie ? POLLIN | POLLRDNORM : 0;
}

static struct wait_queue *queue(struct file *f)
{
    return &((struct pidfd *)f->data)->queue;
}

static void close(struct file *f)
{
    struct pidfd *d = f->data;

    wait_leave(&d->waiter);
    heap_free(d, sizeof *d);
}

static const struct file_ops pidfd_ops = {
    .poll = poll, .queue = queue, .close = close, .name = "[pidfd]",
};

long pidfd_new(struct task *t, struct process *p, unsigned flags)
{
    struct pidfd *d = heap_alloc(sizeof *d);
    struct file *f = d != NULL ? file_new_anonymous(&pidfd_ops, O_RDWR | flags, 0600) : NULL;

    if (f == NULL) {
        heap_free(d, sizeof *d);
        return -ENOMEM;
    }
    d->pid = p->pid;
    d->start_ns = p->start_ns;
    d->waiter.fire = exited;
    wait_enter(&p->exited, &d->waiter);
    f->data = d;
    return file_give(t, f, true);
}

long pidfd_process(struct task *t, word_t fd)
{
    struct file *f = file_of(t, fd);

    return f == NULL || f->ops != &pidfd_ops ? -EBADF : ((struct pidfd *)f->data)->pid;
}

void pidfd_forget(struct process *p)
{
    while (p->exited.first != NULL)
        wait_leave(p->exited.first);
}

long sys_pidfd_open(struct task *t, const word_t *arg)
{
    struct process *p = process_find((int)arg[0]);

    if (arg[1] & ~(word_t)O_NONBLOCK || (int)arg[0] <= 0)
        return -EINVAL;
    if (p == NULL)
        return task_find((int)arg[0]) != NULL ? -EINVAL : -ESRCH;
    return pidfd_new(t, p, (unsigned)arg[1]);
}

/* Whom a signal by this file is for: that of a pidfd, or whose directory in /proc it is. */
static long target_of(const struct file *f)
{
    struct process *p;

    if (f->ops != &pidfd_ops)
        return proc_process(f->inode);
    p = process_of(f->data);
    return p != NULL ? p->pid : -ESRCH;
}

long sys_pidfd_send_signal(struct task *t, const word_t *arg)
{
    struct file *f = file_of(t, arg[0]);
    word_t kill[2];
    int32_t number;
    long e, pid;

    if (arg[3] != 0)
        return -EINVAL;
    pid = f != NULL ? target_of(f) : -EBADF;
    if (pid < 0)
        return pid;
    kill[0] = (word_t)pid;
    kill[1] = arg[1];
    if (arg[2] == 0)
        return sys_kill(t, kill);
    e = user_read(t, &number, arg[2], sizeof number);
    if (e != 0 || number != (int)arg[1])
        return e != 0 ? e : -EINVAL;

    word_t queueinfo[3] = {kill[0], kill[1], arg[2]};

    return sys_rt_sigqueueinfo(t, queueinfo);
}

long sys_pidfd_getfd(struct task *t, const word_t *arg)
{
    struct file *f = file_of(t, arg[0]), *other;
    struct process *p;

    if (arg[2] != 0)
        return -EINVAL;
    if (f == NULL || f->ops != &pidfd_ops)
        return -EBADF;
    p = process_of(f->data);
    if (p == NULL || p->tasks == NULL)
        return -ESRCH;
    if (t->process->identity.euid != 0 && p->identity.uid != t->process->identity.uid)
        return -EPERM;
    other = file_of(p->tasks, arg[1]);
    return other == NULL ? -EBADF : file_give(t, file_get(other), true);
}
