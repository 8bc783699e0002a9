/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Locks on files. A lock belongs to a process (F_SETLK) or to an open file (F_OFD_SETLK, flock);
 * those of flock and of fcntl do not see each other. The locks of one owner do not overlap: a new
 * one takes the place of what it covers, and joins its neighbours of the same kind.
 */
#include "lock.h"

#include "file.h"
#include "handlers.h"
#include "linux.h"

enum { F_RDLCK = 0, F_WRLCK = 1, F_UNLCK = 2 };
#define CALL_FCNTL 72u
enum { LOCK_SH = 1, LOCK_EX = 2, LOCK_NB = 4, LOCK_UN = 8 };

struct lock {
    struct lock *next;
    const void *owner;     /* a process or an open file */
    bool flock, exclusive;
    word_t start, end;     /* end: first byte behind; ~0: to the end of all files */
    int pid;
};

static struct wait_queue released; /* anything: those who wait look again */

static bool overlaps(const struct lock *a, const struct lock *b)
{
    return a->start < b->end && b->start < a->end;
}

static struct lock *conflict(struct inode *i, const struct lock *wanted)
{
    for (struct lock *l = i->locks; l != NULL; l = l->next)
        if (l->owner != wanted->owner && l->flock == wanted->flock && overlaps(l, wanted) &&
            (l->exclusive || wanted->exclusive))
            return l;
    return NULL;
}

static struct lock *copy_of(const struct lock *l)
{
    struct lock *copy = heap_alloc(sizeof *copy);

    if (copy != NULL)
        *copy = *l;
    return copy;
}

static bool same_owner(const struct lock *a, const struct lock *b)
{
    return a->owner == b->owner && a->flock == b->flock;
}

/* Cut `*at` in two around `out`; the new one, if it comes at once, stays between them. */
static struct lock **split(struct lock **at, const struct lock *out, const struct lock *fresh,
                           struct lock *spare)
{
    struct lock *l = *at, **behind = l->next == fresh && fresh != NULL ? &l->next->next : &l->next;

    *spare = *l;
    spare->start = out->end;
    spare->next = *behind;
    l->end = out->start;
    *behind = spare;
    return &spare->next;
}

/* Take what `out` covers out of the owner's locks, but for the new one.
 * @param spare for one that is cut in two @return whether the spare one was used */
static bool carve(struct inode *i, const struct lock *out, const struct lock *fresh,
                  struct lock *spare)
{
    struct lock **at = &i->locks, *l;
    bool used = false;

    while ((l = *at) != NULL) {
        if (l == fresh || !same_owner(l, out) || !overlaps(l, out)) {
            at = &l->next;
        } else if (l->start < out->start && l->end > out->end) {
            at = split(at, out, fresh, spare);
            used = true;
        } else if (l->start < out->start) {
            l->end = out->start;
            at = &l->next;
        } else if (l->end > out->end) {
            l->start = out->end;
            at = &l->next;
        } else {
            *at = l->next;
            heap_free(l, sizeof *l);
        }
    }
    return used;
}

/* An owner's locks stand together, by their starts; who asks is told of the first in the way. */
static void insert(struct inode *i, struct lock *fresh)
{
    struct lock **at = &i->locks;

    while (*at != NULL && !same_owner(*at, fresh))
        at = &(*at)->next;
    while (*at != NULL && same_owner(*at, fresh) && (*at)->start < fresh->start)
        at = &(*at)->next;
    fresh->next = *at;
    *at = fresh;
}

/* Neighbours of one kind become one lock. */
static void join(struct inode *i)
{
    for (struct lock *l = i->locks; l != NULL;) {
        struct lock *n = l->next;

        if (n == NULL || !same_owner(l, n) || l->exclusive != n->exclusive || l->end != n->start) {
            l = n;
            continue;
        }
        l->end = n->end;
        l->next = n->next;
        heap_free(n, sizeof *n);
    }
}

/* Put a lock in, or take it away. */
static long change(struct inode *i, const struct lock *l, bool unlock)
{
    struct lock *spare = copy_of(l), *fresh = unlock ? NULL : copy_of(l);

    if (spare == NULL || (fresh == NULL && !unlock)) {
        heap_free(spare, sizeof *spare);
        return -ENOLCK;
    }
    if (fresh != NULL)
        insert(i, fresh);
    if (!carve(i, l, fresh, spare))
        heap_free(spare, sizeof *spare);
    join(i);
    task_wake(&released);
    return 0;
}

static void drop_owner(struct inode *i, const void *owner)
{
    struct lock **at = &i->locks, *l;

    while ((l = *at) != NULL) {
        if (l->owner == owner) {
            *at = l->next;
            heap_free(l, sizeof *l);
        } else {
            at = &l->next;
        }
    }
    task_wake(&released);
}

void locks_close(struct task *t, struct file *f)
{
    if (f->inode != NULL && f->inode->locks != NULL)
        drop_owner(f->inode, t->process);
}

void locks_release(struct file *f)
{
    drop_owner(f->inode, f);
}

/* --- fcntl --- */

static long range_of(struct file *f, const struct linux_flock *from, struct lock *l)
{
    int64_t base = from->whence == SEEK_CUR   ? (int64_t)f->position
                   : from->whence == SEEK_END ? (int64_t)f->inode->size
                                              : 0;
    int64_t start, end;

    if (from->whence != SEEK_SET && from->whence != SEEK_CUR && from->whence != SEEK_END)
        return -EINVAL;
    if (__builtin_add_overflow(base, from->start, &start))
        return -EOVERFLOW;
    if (__builtin_add_overflow(start, from->length, &end))
        return -EOVERFLOW;
    if (from->length < 0) {
        int64_t first = end;

        end = start;
        start = first;
    }
    if (start < 0)
        return -EINVAL;
    l->start = (word_t)start;
    l->end = from->length == 0 ? ~(word_t)0 : (word_t)end;
    return 0;
}

static long report(struct task *t, struct file *f, struct linux_flock *to, const struct lock *l,
                   word_t address)
{
    struct lock *c = conflict(f->inode, l);

    if (c == NULL) {
        to->type = F_UNLCK;
    } else {
        to->type = c->exclusive ? F_WRLCK : F_RDLCK;
        to->whence = SEEK_SET;
        to->start = (int64_t)c->start;
        to->length = c->end == ~(word_t)0 ? 0 : (int64_t)(c->end - c->start);
        to->pid = c->pid;
    }
    return user_write(t, address, to, sizeof *to);
}

static long check_access(struct file *f, const struct linux_flock *from)
{
    if (from->type == F_RDLCK && !file_readable(f))
        return -EBADF;
    if (from->type == F_WRLCK && !file_writable(f))
        return -EBADF;
    return from->type < 0 || from->type > F_UNLCK ? -EINVAL : 0;
}

/* What a task waits for, if it waits for a lock of a process: that process. */
static const struct process *waits_for(const struct task *t)
{
    bool waits = t->state == TASK_WAITING && !t->is_fault && t->number == CALL_FCNTL &&
                 (unsigned)t->arg[1] == F_SETLKW;

    return waits ? (const struct process *)t->saved_arg : NULL;
}

/* Would waiting for this process be waiting for oneself? As on Linux a way of ten processes is
 * followed, and of a process one thread that waits. */
static bool is_deadlock(const struct process *self, const struct process *p)
{
    for (unsigned i = 0; i < 10 && p != NULL && p != self; i++) {
        const struct process *next = NULL;

        for (const struct task *t = p->tasks; t != NULL && next == NULL; t = t->peer)
            next = waits_for(t);
        p = next;
    }
    return p == self;
}

/* Another's lock is in the way. */
static long wait_for_lock(struct task *t, const struct lock *other, unsigned command)
{
    if (command != F_SETLKW && command != F_OFD_SETLKW)
        return -EAGAIN;
    if (command == F_SETLKW && other->pid != -1) {
        if (is_deadlock(t->process, other->owner))
            return -EDEADLK;
        t->saved_arg = (word_t)other->owner;
    } else {
        t->saved_arg = 0;
    }
    return task_wait(t, &released, NEVER);
}

long lock_control(struct task *t, struct file *f, unsigned command, word_t argument)
{
    bool own = command >= F_OFD_GETLK;
    struct linux_flock from;
    const struct lock *other;
    struct lock l = {.owner = own ? (const void *)f : t->process,
                     .pid = own ? -1 : t->process->pid};
    long error = user_read(t, &from, argument, sizeof from);

    if (error == 0 && own && from.pid != 0)
        error = -EINVAL;
    if (error == 0)
        error = range_of(f, &from, &l);
    if (error != 0)
        return error;
    l.exclusive = from.type == F_WRLCK;
    if (command == F_GETLK || command == F_OFD_GETLK)
        return from.type < 0 || from.type >= F_UNLCK ? -EINVAL
                                                     : report(t, f, &from, &l, argument);
    error = check_access(f, &from);
    if (error != 0)
        return error;
    other = from.type == F_UNLCK ? NULL : conflict(f->inode, &l);
    if (other != NULL)
        return wait_for_lock(t, other, command);
    return change(f->inode, &l, from.type == F_UNLCK);
}

long sys_flock(struct task *t, const word_t *arg)
{
    struct file *f = file_of_io(t, arg[0]);
    unsigned how = (unsigned)arg[1] & ~(unsigned)LOCK_NB;
    struct lock l = {.owner = f, .flock = true, .exclusive = how == LOCK_EX, .end = ~(word_t)0};

    if (f == NULL)
        return -EBADF;
    if (how != LOCK_SH && how != LOCK_EX && how != LOCK_UN)
        return -EINVAL;
    l.pid = t->process->pid;
    if (how != LOCK_UN && conflict(f->inode, &l) != NULL)
        return arg[1] & LOCK_NB ? -EAGAIN : task_wait(t, &released, NEVER);
    return change(f->inode, &l, how == LOCK_UN);
}
