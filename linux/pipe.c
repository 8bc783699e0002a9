/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pipes (pipe(7)). A ring of pages that come as they are needed. Writes of at most PIPE_BUF bytes
 * are not mixed with others'. The pipe hangs on its inode and lives as long as that.
 */
#include "pipe.h"

#include "file.h"
#include "handlers.h"
#include "linux.h"

#define PIPE_BUF   4096u
#define PAGES      16u  /* 64 KiB, as Linux */
#define PAGES_MAX  256u /* 1 MiB: /proc/sys/fs/pipe-max-size */

enum { FIONREAD = 0x541b };

struct pipe {
    page_t page[PAGES_MAX];
    word_t pages;            /* a power of two */
    word_t head, tail;       /* bytes read and written since ever */
    unsigned readers, writers;
    word_t reader_count, writer_count; /* opened since ever: for those who wait to open */
    struct wait_queue changed, opened;
};

static word_t capacity(const struct pipe *p)
{
    return p->pages * PAGE;
}

static word_t filled(const struct pipe *p)
{
    return p->tail - p->head;
}

static struct pipe *pipe_of(struct inode *i)
{
    if (i->pipe == NULL) {
        i->pipe = heap_alloc(sizeof *i->pipe);
        if (i->pipe != NULL)
            i->pipe->pages = PAGES;
    }
    return i->pipe;
}

static void drop_pages(struct pipe *p)
{
    for (unsigned n = 0; n < PAGES_MAX; n++) {
        if (p->page[n] != 0)
            page_unref(p->page[n]);
        p->page[n] = 0;
    }
    p->head = p->tail = 0;
}

void pipe_forget(struct inode *i)
{
    drop_pages(i->pipe);
    heap_free(i->pipe, sizeof *i->pipe);
    i->pipe = NULL;
}

/* The page that a byte of the stream is in. */
static page_t *page_at(struct pipe *p, word_t at)
{
    return &p->page[at / PAGE & (p->pages - 1)];
}

static size_t piece(word_t at, size_t left)
{
    return left < PAGE - at % PAGE ? left : PAGE - at % PAGE;
}

/* An empty pipe keeps one page, and is filled from that page's beginning. */
static void begin_anew(struct pipe *p)
{
    p->head = p->tail = p->head / PAGE * PAGE;
}

static long pipe_read(struct file *f, struct transfer *x, word_t position)
{
    struct pipe *p = f->inode->pipe;
    size_t wanted = x->left;
    long done = 0;

    (void)position;
    if (wanted == 0)
        return 0;
    if (filled(p) == 0)
        return p->writers == 0 ? 0 : -EAGAIN;
    if (wanted > filled(p))
        wanted = filled(p);
    while ((size_t)done < wanted) {
        size_t bytes = piece(p->head, wanted - (size_t)done);
        page_t *page = page_at(p, p->head);
        long n = transfer_out(x, (char *)page_data(*page) + p->head % PAGE, bytes);

        if (n < 0) {
            done = done > 0 ? done : n;
            break;
        }
        p->head += (word_t)n;
        done += n;
        if (p->head % PAGE == 0 && page_at(p, p->head) != page) {
            page_unref(*page); /* read to its end */
            *page = 0;
        }
        if ((size_t)n < bytes)
            break;
    }
    if (filled(p) == 0 && p->head % PAGE != 0)
        begin_anew(p);
    task_wake(&p->changed);
    return done;
}

static long pipe_write(struct file *f, struct transfer *x, word_t position)
{
    struct pipe *p = f->inode->pipe;
    word_t room = capacity(p) - filled(p);
    long done = 0;

    (void)position;
    if (p->readers == 0)
        return -EPIPE;
    if (x->left == 0)
        return 0;
    if (room == 0 || (x->left <= PIPE_BUF && room < x->left))
        return -EAGAIN;
    while (x->left > 0 && room > 0) {
        size_t bytes = piece(p->tail, x->left < room ? x->left : room);
        page_t *page = page_at(p, p->tail);
        long n;

        if (*page == 0)
            *page = page_alloc_dirty();
        n = *page == 0 ? -ENOMEM
                       : transfer_in(x, (char *)page_data(*page) + p->tail % PAGE, bytes);
        if (n < 0) {
            done = done > 0 ? done : n;
            break;
        }
        p->tail += (word_t)n;
        room -= (word_t)n;
        done += n;
        if ((size_t)n < bytes)
            break;
    }
    if (done > 0)
        task_wake(&p->changed);
    return done;
}

static unsigned pipe_poll(struct file *f)
{
    struct pipe *p = f->inode->pipe;
    unsigned events = 0;

    if (file_readable(f)) {
        if (filled(p) > 0)
            events |= POLLIN | POLLRDNORM;
        if (p->writers == 0 && p->writer_count > 0)
            events |= POLLHUP;
    }
    if (file_writable(f)) {
        if (capacity(p) - filled(p) >= PIPE_BUF)
            events |= POLLOUT | POLLWRNORM;
        if (p->readers == 0)
            events |= POLLERR;
    }
    return events;
}

static struct wait_queue *pipe_queue(struct file *f)
{
    return &f->inode->pipe->changed;
}

static void count(struct pipe *p, const struct file *f, int by)
{
    if (file_readable(f)) {
        p->readers += (unsigned)by;
        p->reader_count += by > 0;
    }
    if (file_writable(f)) {
        p->writers += (unsigned)by;
        p->writer_count += by > 0;
    }
}

static void pipe_close(struct file *f)
{
    struct pipe *p = f->inode->pipe;

    count(p, f, -1);
    if (p->readers + p->writers == 0)
        drop_pages(p);
    task_wake(&p->changed);
}

static long pipe_ioctl(struct file *f, struct task *t, word_t request, word_t argument)
{
    int32_t n = (int32_t)filled(f->inode->pipe);

    return request == FIONREAD ? user_write(t, argument, &n, sizeof n) : -ENOTTY;
}

static const struct file_ops pipe_ops = {
    .flags = FILE_STREAM | FILE_PIPE,
    .read = pipe_read,
    .write = pipe_write,
    .ioctl = pipe_ioctl,
    .poll = pipe_poll,
    .queue = pipe_queue,
    .close = pipe_close,
    .name = "pipe",
};

long pipe_size(struct file *f, bool set, word_t bytes)
{
    struct pipe *p;
    word_t pages = 1;

    if (f->ops != &pipe_ops)
        return -EBADF;
    p = f->inode->pipe;
    if (!set)
        return (long)capacity(p);
    if (bytes > PAGES_MAX * PAGE)
        return bytes > INT32_MAX ? -EINVAL : -EPERM;
    while (pages * PAGE < bytes)
        pages *= 2;
    if (filled(p) > pages * PAGE)
        return -EBUSY;
    if (filled(p) > 0 && pages != p->pages)
        return -EBUSY; /* Linux moves what is in it; no program that we know does it then */
    drop_pages(p);
    p->pages = pages;
    return (long)capacity(p);
}

/* A task that waits to open the other end: it has said which in saved_arg. */
static bool someone_opens(const struct pipe *p, unsigned end)
{
    for (struct waiter *w = p->opened.first; w != NULL; w = w->next)
        if (w->task != NULL && w->task->saved_arg == end)
            return true;
    return false;
}

enum { END_READ = 1, END_WRITE = 2 };

long fifo_open(struct task *t, struct file *f)
{
    struct pipe *p = pipe_of(f->inode);
    bool reads = file_readable(f), writes = file_writable(f);

    if (p == NULL)
        return -ENOMEM;
    if (reads && !writes && p->writers == 0 && !(f->flags & O_NONBLOCK) &&
        !someone_opens(p, END_WRITE)) {
        t->saved_arg = END_READ;
        return task_wait(t, &p->opened, NEVER);
    }
    if (writes && !reads && p->readers == 0 && !someone_opens(p, END_READ)) {
        if (f->flags & O_NONBLOCK)
            return -ENXIO;
        t->saved_arg = END_WRITE;
        return task_wait(t, &p->opened, NEVER);
    }
    f->ops = &pipe_ops;
    count(p, f, 1);
    task_wake(&p->opened);
    task_wake(&p->changed);
    return 0;
}

static struct file *open_end(struct inode *i, unsigned flags)
{
    struct file *f = file_new(&pipe_ops, flags);

    if (f == NULL)
        return NULL;
    f->inode = inode_get(i);
    count(i->pipe, f, 1);
    return f;
}

long pipe_make(struct file **reader, struct file **writer, unsigned flags)
{
    *reader = file_new_anonymous(&nothing_ops, O_RDONLY | flags, S_IFIFO | 0600);
    if (*reader == NULL)
        return -ENOMEM;
    if (pipe_of((*reader)->inode) == NULL) {
        file_put(*reader);
        return -ENOMEM;
    }
    (*reader)->ops = &pipe_ops;
    count((*reader)->inode->pipe, *reader, 1);
    *writer = open_end((*reader)->inode, O_WRONLY | flags);
    if (*writer != NULL)
        return 0;
    file_put(*reader);
    return -ENOMEM;
}

/* Two new descriptors for a program; the references of the files are used up. */
long file_give_pair(struct task *t, struct file *a, struct file *b, bool cloexec, word_t to)
{
    int32_t fd[2];
    long error;

    fd[0] = (int32_t)file_install(t, a, 0, cloexec);
    if (fd[0] < 0) {
        file_put(a);
        file_put(b);
        return fd[0];
    }
    fd[1] = (int32_t)file_install(t, b, 0, cloexec);
    if (fd[1] < 0) {
        (void)file_close(t, (word_t)fd[0]);
        file_put(b);
        return fd[1];
    }
    error = user_write(t, to, fd, sizeof fd);
    if (error != 0) {
        (void)file_close(t, (word_t)fd[0]);
        (void)file_close(t, (word_t)fd[1]);
    }
    return error;
}

long sys_pipe2(struct task *t, const word_t *arg)
{
    unsigned flags = (unsigned)arg[1];
    struct file *reader, *writer;
    long error;

    if (flags & ~(unsigned)(O_CLOEXEC | O_NONBLOCK)) /* no packets */
        return -EINVAL;
    error = pipe_make(&reader, &writer, flags & O_NONBLOCK);
    if (error != 0)
        return error;
    return file_give_pair(t, reader, writer, (flags & O_CLOEXEC) != 0, arg[0]);
}

long sys_pipe(struct task *t, const word_t *arg)
{
    word_t at[2] = {arg[0], 0};

    return sys_pipe2(t, at);
}
