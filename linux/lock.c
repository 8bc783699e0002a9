/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Locks on files. A lock belongs to a process (F_SETLK) or to an open file (F_OFD_SETLK, flock);
 * those of flock and of fcntl do not see each other. The locks of one owner do not overlap: a new
 * one takes the place of what it covers.
 */
#include "lock.h"

#include "file.h"
#include "handlers.h"
#include "linux.h"

enum { F_RDLCK = 0, F_WRLCK = 1, F_UNLCK = 2 };
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

/* Take what `out` covers out of the owner's locks. @param spare for one that is cut in two
 * @return whether the spare one was used */
static bool carve(struct inode *i, const struct lock *out, struct lock *spare)
{
    struct lock **at = &i->locks, *l;
    bool used = false;

    while ((l = *at) != NULL) {
        if (l->owner != out->owner || l->flock != out->flock || !overlaps(l, out)) {
            at = &l->next;
            continue;
        }
        if (l->start < out->start && l->end > out->end) {
            *spare = *l;
            spare->start = out->end;
            l->end = out->start;
            l->next = spare;
            used = true;
            at = &spare->next;
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

/* Put a lock in, or take it away. */
static long change(struct inode *i, const struct lock *l, bool unlock)
{
    struct lock *spare = copy_of(l), *fresh = unlock ? NULL : copy_of(l);

    if (spare == NULL || (fresh == NULL && !unlock)) {
        heap_free(spare, sizeof *spare);
        return -ENOLCK;
    }
    if (!carve(i, l, spare))
        heap_free(spare, sizeof *spare);
    if (fresh != NULL) {
        fresh->next = i->locks;
        i->locks = fresh;
    }
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

long lock_control(struct task *t, struct file *f, unsigned command, word_t argument)
{
    bool own = command >= F_OFD_GETLK;
    struct linux_flock from;
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
    if (from.type != F_UNLCK && conflict(f->inode, &l) != NULL)
        return command == F_SETLKW || command == F_OFD_SETLKW ? task_wait(t, &released, NEVER)
                                                              : -EAGAIN;
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
