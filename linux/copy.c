/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes from one open file to another without a program's memory in between: sendfile(2),
 * copy_file_range(2), splice(2). They go through one page here; what was done stays in
 * t->progress when the call waits.
 */
#include "file.h"
#include "handlers.h"
#include "linux.h"
#include "pipe.h"

enum { SPLICE_NONBLOCK = 2, SPLICE_KNOWN = 15 };

/* A copy. Where a position is NULL the file's own is used and moved. */
struct copying {
    struct task *task;
    struct file *from, *to;
    word_t *from_at, *to_at;
    size_t most;
    bool nonblock;
};

static bool seeks(const struct file *f)
{
    return (f->ops->flags & FILE_SEEKS) != 0;
}

/* How much the target takes now, so that nothing that was read is lost. */
static size_t room_of(const struct copying *c)
{
    if (seeks(c->to))
        return PAGE;
    return file_poll(c->to) & (POLLOUT | POLLERR) ? pipe_room(c->to) : 0;
}

static long step_in(const struct copying *c, void *buffer, size_t bytes)
{
    struct transfer x;
    struct iovec space;
    word_t at = c->from_at != NULL ? *c->from_at : c->from->position;

    transfer_one(&x, &space, NULL, (word_t)buffer, bytes);
    return c->from->ops->read(c->from, &x, at);
}

static long step_out(const struct copying *c, void *buffer, size_t bytes)
{
    struct transfer x;
    struct iovec space;
    word_t at = c->to_at != NULL ? *c->to_at : c->to->position;
    long n;

    if (seeks(c->to) && c->to->flags & O_APPEND)
        at = c->to->inode->size;
    transfer_one(&x, &space, NULL, (word_t)buffer, bytes);
    n = c->to->ops->write(c->to, &x, at);
    if (n > 0 && seeks(c->to)) {
        if (c->to_at != NULL)
            *c->to_at += (word_t)n;
        else
            c->to->position = at + (word_t)n;
    }
    return n;
}

static void advance(const struct copying *c, size_t bytes)
{
    if (!seeks(c->from))
        return;
    if (c->from_at != NULL)
        *c->from_at += bytes;
    else
        c->from->position += bytes;
}

/* Up to a page. @return bytes, 0 at the end, -EAGAIN with `wait` set to what to wait for */
static long copy_piece(const struct copying *c, size_t left, struct file **wait)
{
    static char buffer[PAGE];
    size_t room = room_of(c);
    long n, written;

    *wait = c->to;
    if (room == 0)
        return -EAGAIN;
    if (left < room)
        room = left;
    n = step_in(c, buffer, room < PAGE ? room : PAGE);
    if (n <= 0) {
        *wait = c->from;
        return n;
    }
    written = step_out(c, buffer, (size_t)n);
    if (written > 0)
        advance(c, (size_t)written);
    return written;
}

static void broken_pipe(struct task *t)
{
    struct siginfo info = {.number = SIGPIPE, .code = SI_USER};

    (void)signal_task(t, &info);
}

/* All of it, or what there is. */
static long copy(const struct copying *c)
{
    size_t done = 0;
    struct file *wait = c->to;
    long n = 0;

    while (done < c->most) {
        n = copy_piece(c, c->most - done, &wait);
        if (n <= 0)
            break;
        done += (size_t)n;
        if (!seeks(c->from))
            break; /* what comes next may be the end, which only the next call may take */
    }
    if (n == -EPIPE)
        broken_pipe(c->task);
    if (done > 0)
        return (long)done;
    if (n == -EAGAIN && !c->nonblock && !(wait->flags & O_NONBLOCK))
        return file_wait(c->task, wait, NEVER);
    return n;
}

static long read_offset(struct task *t, word_t from, word_t *at)
{
    long error = user_read(t, at, from, sizeof *at);

    return error == 0 && (int64_t)*at < 0 ? -EINVAL : error;
}

static long give_offset(struct task *t, long n, word_t to, const word_t *at)
{
    long error = n < 0 || to == 0 ? 0 : user_write(t, to, at, sizeof *at);

    return error != 0 ? error : n;
}

/* sendfile is from files; to pipes also from other things, but not from pipes. */
static bool sends(const struct copying *c)
{
    unsigned kind = c->from->inode->mode & S_IFMT;

    return kind == S_IFREG || kind == S_IFBLK ||
           (pipe_is(c->to) && kind != S_IFDIR && !pipe_is(c->from));
}

long sys_sendfile(struct task *t, const word_t *arg)
{
    struct copying c = {.task = t, .to = file_of_io(t, arg[0]), .from = file_of_io(t, arg[1])};
    word_t at = 0;
    long n;

    if (arg[2] != 0) {
        n = read_offset(t, arg[2], &at);
        if (n != 0)
            return n;
        c.from_at = &at;
    }
    if (c.from == NULL || !file_readable(c.from) || c.to == NULL || !file_writable(c.to))
        return -EBADF;
    if (arg[2] != 0 && !seeks(c.from))
        return -ESPIPE;
    if (c.to->flags & O_APPEND || c.from->ops->read == NULL || c.to->ops->write == NULL)
        return -EINVAL;
    if ((int64_t)arg[3] < 0 || !sends(&c))
        return -EINVAL;
    c.most = arg[3] < FILE_IO_MAX ? arg[3] : FILE_IO_MAX;
    return give_offset(t, copy(&c), arg[2], &at);
}

static bool overlap(const struct copying *c, word_t from, word_t to)
{
    return c->from->inode == c->to->inode && from < to + c->most && to < from + c->most;
}

static long range_check(const struct copying *c, word_t flags)
{
    if (c->from == NULL || c->to == NULL || !file_readable(c->from) || !file_writable(c->to))
        return -EBADF;
    if (flags != 0)
        return -EINVAL;
    if ((c->from->inode->mode & S_IFMT) == S_IFDIR || (c->to->inode->mode & S_IFMT) == S_IFDIR)
        return -EISDIR;
    if ((c->from->inode->mode & S_IFMT) != S_IFREG || (c->to->inode->mode & S_IFMT) != S_IFREG)
        return -EINVAL;
    return c->to->flags & O_APPEND ? -EBADF : 0;
}

long sys_copy_file_range(struct task *t, const word_t *arg)
{
    struct copying c = {.task = t, .from = file_of_io(t, arg[0]), .to = file_of_io(t, arg[2])};
    word_t from = 0, to = 0;
    long n = 0;

    if (c.from == NULL || c.to == NULL)
        return -EBADF;
    if (arg[1] != 0)
        n = read_offset(t, arg[1], &from);
    if (n == 0 && arg[3] != 0)
        n = read_offset(t, arg[3], &to);
    if (n == 0)
        n = range_check(&c, arg[5]);
    if (n != 0)
        return n;
    c.from_at = arg[1] != 0 ? &from : NULL;
    c.to_at = arg[3] != 0 ? &to : NULL;
    c.most = arg[4] < FILE_IO_MAX ? arg[4] : FILE_IO_MAX;
    if (overlap(&c, arg[1] != 0 ? from : c.from->position, arg[3] != 0 ? to : c.to->position))
        return -EINVAL;
    n = give_offset(t, copy(&c), arg[1], &from);
    return give_offset(t, n, arg[3], &to);
}

/* splice: one end is a pipe, and only that end has no offset. */
static long splice_check(const struct copying *c, word_t from_at, word_t to_at)
{
    bool from_pipe = pipe_is(c->from), to_pipe = pipe_is(c->to);

    if (!from_pipe && !to_pipe)
        return -EINVAL;
    if ((from_pipe && from_at != 0) || (to_pipe && to_at != 0))
        return -ESPIPE;
    if (from_pipe && to_pipe && c->from->inode == c->to->inode)
        return -EINVAL;
    if ((from_at != 0 && !seeks(c->from)) || (to_at != 0 && !seeks(c->to)))
        return -EINVAL;
    if (c->from->ops->read == NULL || c->to->ops->write == NULL)
        return -EINVAL;
    return seeks(c->to) && c->to->flags & O_APPEND ? -EINVAL : 0;
}

long sys_tee(struct task *t, const word_t *arg)
{
    struct file *from = file_of_io(t, arg[0]), *to = file_of_io(t, arg[1]), *wait;
    long n;

    if (arg[3] & ~(word_t)SPLICE_KNOWN)
        return -EINVAL;
    if (arg[2] == 0)
        return 0;
    if (from == NULL || to == NULL || !file_readable(from) || !file_writable(to))
        return -EBADF;
    if (!pipe_is(from) || !pipe_is(to) || from->inode == to->inode)
        return -EINVAL;
    n = pipe_tee(from, to, arg[2], &wait);
    if (n == -EPIPE)
        broken_pipe(t);
    if (n == -EAGAIN && !(arg[3] & SPLICE_NONBLOCK) && !(from->flags & O_NONBLOCK))
        return file_wait(t, wait, NEVER);
    return n;
}

/* Into a pipe: what fits at once; a copy, so that the program may use its memory again. */
long sys_vmsplice(struct task *t, const word_t *arg)
{
    struct file *f = file_of_io(t, arg[0]);
    bool waits = !(arg[3] & SPLICE_NONBLOCK) && f != NULL && !(f->flags & O_NONBLOCK);
    struct transfer x;
    long n;

    if (arg[3] & ~(word_t)SPLICE_KNOWN)
        return -EINVAL;
    if (f == NULL || !pipe_is(f))
        return -EBADF;
    n = transfer_vector(&x, t, arg[1], arg[2]);
    if (n != 0 || x.left == 0)
        return n;
    n = file_writable(f) ? f->ops->write(f, &x, 0) : f->ops->read(f, &x, 0);
    if (n == -EPIPE)
        broken_pipe(t);
    return n == -EAGAIN && waits ? file_wait(t, f, NEVER) : n;
}

long sys_splice(struct task *t, const word_t *arg)
{
    struct copying c = {.task = t, .from = file_of_io(t, arg[0]), .to = file_of_io(t, arg[2]),
                        .nonblock = (arg[5] & SPLICE_NONBLOCK) != 0};
    word_t from = 0, to = 0;
    long n = 0;

    if (arg[4] == 0)
        return 0;
    if (arg[5] & ~(word_t)SPLICE_KNOWN)
        return -EINVAL;
    if (c.from == NULL || c.to == NULL || !file_readable(c.from) || !file_writable(c.to))
        return -EBADF;
    n = splice_check(&c, arg[1], arg[3]);
    if (n == 0 && arg[1] != 0)
        n = read_offset(t, arg[1], &from);
    if (n == 0 && arg[3] != 0)
        n = read_offset(t, arg[3], &to);
    if (n != 0)
        return n;
    c.from_at = arg[1] != 0 ? &from : NULL;
    c.to_at = arg[3] != 0 ? &to : NULL;
    c.most = arg[4] < 16 * PAGE ? arg[4] : 16 * PAGE;
    n = give_offset(t, copy(&c), arg[1], &from);
    return give_offset(t, n, arg[3], &to);
}
