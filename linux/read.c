/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * read(2), write(2) and their relatives: the layer that waits. Below it operations say -EAGAIN;
 * here the task waits in the file's queue, and the call is made again.
 */
#include "file.h"
#include "handlers.h"
#include "linux.h"
#include "notify.h"

#define VECTORS_MAX 1024u /* IOV_MAX */

enum { RWF_HIPRI = 1, RWF_DSYNC = 2, RWF_SYNC = 4, RWF_NOWAIT = 8, RWF_APPEND = 16 };

long file_wait(struct task *t, struct file *f, word_t deadline_ns)
{
    if (f->ops->queue == NULL)
        return -EAGAIN;
    return task_wait(t, f->ops->queue(f), deadline_ns);
}

static word_t position_of(const struct file *f, const word_t *at)
{
    return at != NULL ? *at : f->position;
}

long descriptor_read(struct task *t, struct file *f, struct transfer *x, word_t *at)
{
    long n;

    if (f->ops->read == NULL)
        return -EINVAL;
    n = f->ops->read(f, x, position_of(f, at));
    if (n == -EAGAIN && !(f->flags & O_NONBLOCK) && !t->timed_out)
        return file_wait(t, f, f->ops->deadline == NULL ? NEVER : f->ops->deadline(f, t));
    if (n > 0 && at == NULL && f->ops->flags & FILE_SEEKS)
        f->position += (word_t)n;
    if (n > 0 && notify_watches > 0)
        notify_file(f, IN_ACCESS);
    return n;
}

static void broken_pipe(struct task *t)
{
    struct siginfo info = {.number = SIGPIPE, .code = SI_USER};

    info.from.pid = t->process->pid;
    (void)signal_task(t, &info);
}

/* A pipe, a socket, a terminal: on until all is written, unless it must not wait. */
static long write_stream(struct task *t, struct file *f, struct transfer *x)
{
    long n;

    transfer_skip(x, t->progress);
    do {
        n = f->ops->write(f, x, 0);
        if (n > 0)
            t->progress += (word_t)n;
    } while (n > 0 && x->left > 0);
    if (n == -EPIPE && f->ops->flags & FILE_PIPE)
        broken_pipe(t);
    if (n == -EAGAIN && !(f->flags & O_NONBLOCK))
        return file_wait(t, f, NEVER);
    return n < 0 && (t->progress == 0 || n == BLOCKED) ? n : (long)t->progress;
}

/* What RLIMIT_FSIZE leaves. @return 0, or an error: the process is told by a signal */
static long limit_size(struct task *t, struct transfer *x, word_t at)
{
    word_t limit = t->process->limit[RLIMIT_FSIZE].soft;

    if (limit == ~(word_t)0 || at + x->left <= limit)
        return 0;
    if (at >= limit) {
        signal_send(t->process, SIGXFSZ);
        return -EFBIG;
    }
    x->left = limit - at;
    return 0;
}

long descriptor_write(struct task *t, struct file *f, struct transfer *x, word_t *at)
{
    word_t where = position_of(f, at);
    long n;

    if (f->ops->write == NULL)
        return -EINVAL;
    if (f->ops->flags & FILE_STREAM)
        return write_stream(t, f, x);
    if (f->ops->flags & FILE_SEEKS) {
        if (f->flags & O_APPEND)
            where = f->inode->size;
        n = x->left == 0 ? 0 : limit_size(t, x, where);
        if (n != 0)
            return n;
    }
    n = f->ops->write(f, x, where);
    if (n == -EAGAIN && !(f->flags & O_NONBLOCK) && !t->timed_out)
        return file_wait(t, f, NEVER);
    if (n > 0 && at == NULL && f->ops->flags & FILE_SEEKS)
        f->position = where + (word_t)n;
    if (n > 0 && notify_watches > 0)
        notify_file(f, IN_MODIFY);
    return n;
}

/* --- regular files --- */

static long regular_read(struct file *f, struct transfer *x, word_t at)
{
    struct inode *i = f->inode;

    if (i->atime.seconds < i->mtime.seconds && !(f->flags & O_NOATIME) && !inode_read_only(i))
        inode_touch(i, SET_ATIME); /* as "relatime" */
    return i->ops->read == NULL ? -EINVAL : i->ops->read(i, x, at);
}

/* Who is not root takes the special rights off what he changes. */
static void drop_privileges(struct inode *i)
{
    struct attributes a = {.set = SET_MODE, .mode = i->mode & 07777 & ~(unsigned)S_ISUID};

    if (caller == NULL || caller->process->identity.fsuid == 0)
        return;
    if (i->mode & 010)
        a.mode &= ~(unsigned)S_ISGID;
    if (a.mode != (i->mode & 07777))
        (void)inode_set(i, &a);
}

static long regular_write(struct file *f, struct transfer *x, word_t at)
{
    struct inode *i = f->inode;
    long n;

    if (x->left == 0)
        return 0;
    if (i->mode & (S_ISUID | S_ISGID))
        drop_privileges(i);
    n = i->ops->write == NULL ? -EINVAL : i->ops->write(i, x, at);
    if (n > 0)
        inode_touch(i, SET_MTIME);
    return n;
}

/* SEEK_DATA, SEEK_HOLE: pages are data, their absence a hole. */
static long seek_hole(struct inode *i, word_t from, bool hole)
{
    if (from >= i->size)
        return -ENXIO;
    for (word_t at = from; at < i->size; at = (at / PAGE + 1) * PAGE) {
        long page = i->ops->page == NULL ? 0 : i->ops->page(i, at / PAGE, false);

        if (page > 0)
            page_unref((page_t)page);
        if ((page > 0) != hole)
            return (long)at;
    }
    return hole ? (long)i->size : -ENXIO;
}

static long regular_seek(struct file *f, int64_t offset, unsigned whence)
{
    int64_t base = 0;

    if ((f->inode->mode & S_IFMT) == S_IFDIR && whence > SEEK_CUR)
        return -EINVAL;
    if (f->inode->ops->refresh != NULL)
        (void)f->inode->ops->refresh(f->inode);
    if (whence == SEEK_DATA || whence == SEEK_HOLE) {
        base = offset < 0 ? -ENXIO : seek_hole(f->inode, (word_t)offset, whence == SEEK_HOLE);
        if (base < 0)
            return base;
        offset = 0;
    } else if (whence == SEEK_CUR) {
        base = (int64_t)f->position;
    } else if (whence == SEEK_END) {
        base = (int64_t)f->inode->size;
    } else if (whence != SEEK_SET) {
        return -EINVAL;
    }
    if (__builtin_add_overflow(base, offset, &base))
        return -EOVERFLOW;
    if (base < 0)
        return -EINVAL;
    f->position = (word_t)base;
    return base;
}

static unsigned always_ready(struct file *f)
{
    (void)f;
    return POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
}

const struct file_ops inode_file_ops = {
    .flags = FILE_SEEKS,
    .read = regular_read,
    .write = regular_write,
    .seek = regular_seek,
    .poll = always_ready,
};

static long read_directory(struct file *f, struct transfer *x, word_t at)
{
    (void)x;
    (void)at;
    return (f->inode->mode & S_IFMT) == S_IFDIR ? -EISDIR : -EINVAL;
}

const struct file_ops nothing_ops = {
    .flags = FILE_SEEKS,
    .read = read_directory,
    .seek = regular_seek,
    .poll = always_ready,
};

unsigned file_poll(struct file *f)
{
    return f->ops->poll == NULL ? always_ready(f) : f->ops->poll(f);
}

/* --- the calls --- */

static struct file *to_read(struct task *t, word_t fd)
{
    struct file *f = file_of_io(t, fd);

    return f == NULL || !file_readable(f) ? NULL : f;
}

static struct file *to_write(struct task *t, word_t fd)
{
    struct file *f = file_of_io(t, fd);

    return f == NULL || !file_writable(f) ? NULL : f;
}

static size_t at_most(word_t bytes)
{
    return bytes < FILE_IO_MAX ? bytes : FILE_IO_MAX;
}

/* Does a program's memory reach that far at all? What is there shows when it is used. */
static bool is_possible(word_t from, word_t bytes)
{
    return bytes <= SPACE_TOP && from <= SPACE_TOP - bytes;
}

long sys_read(struct task *t, const word_t *arg)
{
    struct file *f = to_read(t, arg[0]);
    struct transfer x;
    struct iovec space;

    if (f == NULL)
        return -EBADF;
    if (!is_possible(arg[1], arg[2]))
        return -EFAULT;
    transfer_one(&x, &space, t, arg[1], at_most(arg[2]));
    return descriptor_read(t, f, &x, NULL);
}

long sys_write(struct task *t, const word_t *arg)
{
    struct file *f = to_write(t, arg[0]);
    struct transfer x;
    struct iovec space;

    if (f == NULL)
        return -EBADF;
    if (!is_possible(arg[1], arg[2]))
        return -EFAULT;
    transfer_one(&x, &space, t, arg[1], at_most(arg[2]));
    return descriptor_write(t, f, &x, NULL);
}

static long at_offset(struct task *t, const word_t *arg, bool write)
{
    struct file *f = file_of_io(t, arg[0]);
    word_t at = arg[3];
    struct transfer x;
    struct iovec space;

    if ((int64_t)at < 0)
        return -EINVAL;
    if (f == NULL)
        return -EBADF;
    if (!(f->ops->flags & FILE_SEEKS))
        return -ESPIPE;
    if (write ? !file_writable(f) : !file_readable(f))
        return -EBADF;
    if (!is_possible(arg[1], arg[2]))
        return -EFAULT;
    transfer_one(&x, &space, t, arg[1], at_most(arg[2]));
    return write ? descriptor_write(t, f, &x, &at) : descriptor_read(t, f, &x, &at);
}

long sys_pread64(struct task *t, const word_t *arg)
{
    return at_offset(t, arg, false);
}

long sys_pwrite64(struct task *t, const word_t *arg)
{
    return at_offset(t, arg, true);
}

/* The list of pieces, copied here: nothing else can change it while the call uses it. */
long transfer_vector(struct transfer *x, struct task *t, word_t list, word_t count)
{
    static struct iovec parts[VECTORS_MAX];
    word_t sum = 0;
    long error;

    if (count > VECTORS_MAX)
        return -EINVAL;
    error = count == 0 ? 0 : user_read(t, parts, list, count * sizeof parts[0]);
    if (error != 0)
        return error;
    for (word_t i = 0; i < count; i++) {
        if ((int64_t)parts[i].bytes < 0)
            return -EINVAL;
        if (!is_possible(parts[i].base, parts[i].bytes))
            return -EFAULT;
        if (parts[i].bytes > FILE_IO_MAX - sum)
            parts[i].bytes = FILE_IO_MAX - sum;
        sum += parts[i].bytes;
    }
    *x = (struct transfer){.task = t, .part = parts, .parts = count, .left = sum};
    return 0;
}

static long vector_io(struct task *t, const word_t *arg, bool write, bool offset, unsigned flags)
{
    struct file *f = file_of_io(t, arg[0]);
    word_t at = arg[3], *where = offset ? &at : NULL;
    struct transfer x;
    long n;

    if (offset && (int64_t)at < 0)
        return -EINVAL;
    if (f == NULL)
        return -EBADF;
    if (offset && !(f->ops->flags & FILE_SEEKS))
        return -ESPIPE;
    if (write ? !file_writable(f) : !file_readable(f))
        return -EBADF;
    n = transfer_vector(&x, t, arg[1], arg[2]);
    if (n != 0)
        return n;
    if (flags & RWF_APPEND && write && f->ops->flags & FILE_SEEKS) {
        if (f->inode->ops->refresh != NULL)
            (void)f->inode->ops->refresh(f->inode);
        at = f->inode->size;
        where = offset ? &at : NULL;
        if (!offset)
            f->position = at;
    }
    if (flags & RWF_NOWAIT && !(file_poll(f) & (write ? POLLOUT : POLLIN)))
        return -EAGAIN;
    return write ? descriptor_write(t, f, &x, where) : descriptor_read(t, f, &x, where);
}

long sys_readv(struct task *t, const word_t *arg)
{
    return vector_io(t, arg, false, false, 0);
}

long sys_writev(struct task *t, const word_t *arg)
{
    return vector_io(t, arg, true, false, 0);
}

long sys_preadv(struct task *t, const word_t *arg)
{
    return vector_io(t, arg, false, true, 0);
}

long sys_pwritev(struct task *t, const word_t *arg)
{
    return vector_io(t, arg, true, true, 0);
}

static long vector_flags(struct task *t, const word_t *arg, bool write)
{
    const unsigned known = RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_NOWAIT | RWF_APPEND;

    if ((unsigned)arg[5] & ~known)
        return -EOPNOTSUPP;
    return vector_io(t, arg, write, arg[3] != ~(word_t)0, (unsigned)arg[5]);
}

long sys_preadv2(struct task *t, const word_t *arg)
{
    return vector_flags(t, arg, false);
}

long sys_pwritev2(struct task *t, const word_t *arg)
{
    return vector_flags(t, arg, true);
}

long sys_lseek(struct task *t, const word_t *arg)
{
    struct file *f = file_of_io(t, arg[0]);

    if (f == NULL)
        return -EBADF;
    if ((unsigned)arg[2] > SEEK_HOLE)
        return -EINVAL;
    return f->ops->seek == NULL ? -ESPIPE : f->ops->seek(f, (int64_t)arg[1], (unsigned)arg[2]);
}
