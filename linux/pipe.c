/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pipes (pipe(7)): a ring of slots, each one page with the bytes of one write, or the odd ones of
 * several. Linux does it so, and programs see it: how much fits, and when a pipe can be written.
 * Writes of at most a page (PIPE_BUF) stay in one piece. The pipe hangs on its inode.
 */
#include "pipe.h"

#include "file.h"
#include "handlers.h"
#include "linux.h"

#define SLOTS     16u  /* 64 KiB */
#define SLOTS_MAX 256u /* 1 MiB: /proc/sys/fs/pipe-max-size */

enum { FIONREAD = 0x541b };

/* A page with what of it is to be read. */
struct slot {
    page_t page;
    uint16_t from, bytes;
    bool packet; /* written with O_DIRECT: read by itself, and what is not read of it is lost */
};

struct pipe {
    struct slot *slot;
    unsigned slots;          /* a power of two */
    unsigned head, tail;     /* slots used up and begun since ever */
    unsigned readers, writers;
    bool had_writer;
    struct wait_queue changed, opened;
};

static struct slot *slot_at(const struct pipe *p, unsigned at)
{
    return &p->slot[at & (p->slots - 1)];
}

static bool is_full(const struct pipe *p)
{
    return p->tail - p->head >= p->slots;
}

static word_t filled(const struct pipe *p)
{
    word_t sum = 0;

    for (unsigned at = p->head; at != p->tail; at++)
        sum += slot_at(p, at)->bytes;
    return sum;
}

static struct pipe *pipe_of(struct inode *i)
{
    struct pipe *p = i->pipe;

    if (p != NULL)
        return p;
    p = heap_alloc(sizeof *p);
    if (p == NULL)
        return NULL;
    p->slots = SLOTS;
    p->slot = heap_alloc(SLOTS * sizeof *p->slot);
    if (p->slot == NULL) {
        heap_free(p, sizeof *p);
        return NULL;
    }
    i->pipe = p;
    return p;
}

static void drop_pages(struct pipe *p)
{
    for (unsigned n = 0; n < p->slots; n++) {
        if (p->slot[n].page != 0)
            page_unref(p->slot[n].page);
        p->slot[n].page = 0;
    }
    p->head = p->tail = 0;
}

void pipe_forget(struct inode *i)
{
    task_wake(&i->pipe->opened);
    task_wake(&i->pipe->changed);
    drop_pages(i->pipe);
    heap_free(i->pipe->slot, i->pipe->slots * sizeof *i->pipe->slot);
    heap_free(i->pipe, sizeof *i->pipe);
    i->pipe = NULL;
}

/* A slot has been read: its page stays for the next one that needs it, if the pipe is empty. */
static void use_up(struct pipe *p)
{
    struct slot *s = slot_at(p, p->head++);

    if (p->head != p->tail) {
        page_unref(s->page);
        s->page = 0;
    } else if (slot_at(p, p->head)->page == 0 && p->slots > 1) {
        slot_at(p, p->head)->page = s->page;
        s->page = 0;
    }
}

static long pipe_read(struct file *f, struct transfer *x, word_t position)
{
    struct pipe *p = f->inode->pipe;
    long done = 0;

    (void)position;
    if (x->left == 0)
        return 0;
    if (p->head == p->tail)
        return p->writers == 0 ? 0 : -EAGAIN;
    while (p->head != p->tail && x->left > 0) {
        struct slot *s = slot_at(p, p->head);
        long n = transfer_out(x, (char *)page_data(s->page) + s->from, s->bytes);

        if (n < 0) {
            done = done > 0 ? done : n;
            break;
        }
        s->from += (uint16_t)n;
        s->bytes -= (uint16_t)n;
        done += n;
        if (s->bytes > 0 && !s->packet)
            break;
        use_up(p);
        if (s->packet)
            break;
    }
    task_wake_events(&p->changed, POLLOUT | POLLWRNORM);
    return done;
}

/* All of it or nothing, as on Linux: bytes of a page that ends in bad memory do not count. */
static long take_in(struct transfer *x, void *to, size_t bytes)
{
    struct transfer before = *x;
    long n;

    if (bytes > x->left)
        bytes = x->left;
    n = transfer_in(x, to, bytes);
    if (n < 0 || (size_t)n == bytes)
        return n;
    *x = before;
    return -EFAULT;
}

/* The odd bytes of a write go behind the last ones, if they fit into that page. @return bytes, 0 */
static long append(struct pipe *p, struct transfer *x)
{
    struct slot *s = slot_at(p, p->tail - 1);
    size_t odd = x->left % PAGE, end;
    long n;

    if (p->head == p->tail || odd == 0 || s->packet)
        return 0;
    end = s->from + s->bytes;
    if (end + odd > PAGE)
        return 0;
    n = take_in(x, (char *)page_data(s->page) + end, odd);
    if (n > 0)
        s->bytes += (uint16_t)n;
    return n;
}

static long write_slot(struct pipe *p, struct transfer *x, bool packet)
{
    struct slot *s = slot_at(p, p->tail);
    long n;

    if (s->page == 0)
        s->page = page_alloc_dirty();
    if (s->page == 0)
        return -ENOMEM;
    n = take_in(x, page_data(s->page), PAGE);
    if (n <= 0)
        return n;
    s->from = 0;
    s->bytes = (uint16_t)n;
    s->packet = packet;
    p->tail++;
    return n;
}

static long pipe_write(struct file *f, struct transfer *x, word_t position)
{
    struct pipe *p = f->inode->pipe;
    bool packet = (f->flags & O_DIRECT) != 0;
    long done, n;

    (void)position;
    if (x->left == 0)
        return 0;
    if (p->readers == 0)
        return -EPIPE;
    done = packet ? 0 : append(p, x);
    if (done < 0)
        return done;
    while (x->left > 0) {
        n = is_full(p) ? -EAGAIN : write_slot(p, x, packet);
        if (n <= 0) {
            done = done > 0 ? done : n;
            break;
        }
        done += n;
    }
    if (done > 0)
        task_wake_events(&p->changed, POLLIN | POLLRDNORM);
    return done;
}

static unsigned pipe_poll(struct file *f)
{
    struct pipe *p = f->inode->pipe;
    unsigned events = 0;

    if (file_readable(f)) {
        if (p->head != p->tail)
            events |= POLLIN | POLLRDNORM;
        if (p->writers == 0 && p->had_writer)
            events |= POLLHUP;
    }
    if (file_writable(f)) {
        if (!is_full(p))
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
    if (file_readable(f))
        p->readers += (unsigned)by;
    if (file_writable(f)) {
        p->writers += (unsigned)by;
        p->had_writer = true;
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

/* Another number of slots, with what is in them. */
static long set_slots(struct pipe *p, unsigned slots)
{
    struct slot *fresh = heap_alloc(slots * sizeof *fresh);
    unsigned count = p->tail - p->head;

    if (fresh == NULL)
        return -ENOMEM;
    for (unsigned n = 0; n < count; n++) {
        fresh[n] = *slot_at(p, p->head + n);
        slot_at(p, p->head + n)->page = 0;
    }
    drop_pages(p);
    heap_free(p->slot, p->slots * sizeof *p->slot);
    p->slot = fresh;
    p->slots = slots;
    p->tail = count;
    return 0;
}

long pipe_size(struct file *f, bool set, word_t bytes)
{
    struct pipe *p;
    unsigned slots = 1;
    long error;

    if (f->ops != &pipe_ops)
        return -EBADF;
    p = f->inode->pipe;
    if (!set)
        return (long)(p->slots * PAGE);
    if (bytes > 1ul << 31)
        return -EINVAL;
    if (bytes > SLOTS_MAX * PAGE)
        return caller->process->identity.euid == 0 ? -ENOMEM : -EPERM;
    while (slots * PAGE < bytes)
        slots *= 2;
    if (p->tail - p->head > slots)
        return -EBUSY;
    error = set_slots(p, slots);
    task_wake(&p->changed);
    return error != 0 ? error : (long)(slots * PAGE);
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
    bool named = f->inode->mount != NULL; /* a pipe is opened by /proc/self/fd at once */

    if (p == NULL)
        return -ENOMEM;
    if (named && reads && !writes && p->writers == 0 && !(f->flags & O_NONBLOCK) &&
        !someone_opens(p, END_WRITE)) {
        t->saved_arg = END_READ;
        return task_wait(t, &p->opened, NEVER);
    }
    if (named && writes && !reads && p->readers == 0 && !someone_opens(p, END_READ)) {
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
        (void)descriptor_close(t, (word_t)fd[0]);
        file_put(b);
        return fd[1];
    }
    error = user_write(t, to, fd, sizeof fd);
    if (error != 0) {
        (void)descriptor_close(t, (word_t)fd[0]);
        (void)descriptor_close(t, (word_t)fd[1]);
    }
    return error;
}

long sys_pipe2(struct task *t, const word_t *arg)
{
    unsigned flags = (unsigned)arg[1];
    struct file *reader, *writer;
    long error;

    if (flags & ~(unsigned)(O_CLOEXEC | O_NONBLOCK | O_DIRECT))
        return -EINVAL;
    error = pipe_make(&reader, &writer, flags & (O_NONBLOCK | O_DIRECT));
    if (error != 0)
        return error;
    return file_give_pair(t, reader, writer, (flags & O_CLOEXEC) != 0, arg[0]);
}

long sys_pipe(struct task *t, const word_t *arg)
{
    word_t at[2] = {arg[0], 0};

    return sys_pipe2(t, at);
}

bool pipe_is(const struct file *f)
{
    return f->ops == &pipe_ops;
}

static long tee_slot(struct pipe *to, const struct slot *from, size_t most)
{
    struct slot *s = slot_at(to, to->tail);

    if (s->page == 0)
        s->page = page_alloc_dirty();
    if (s->page == 0)
        return -ENOMEM;
    s->from = 0;
    s->bytes = (uint16_t)(from->bytes < most ? from->bytes : most);
    memcpy(page_data(s->page), (const char *)page_data(from->page) + from->from, s->bytes);
    to->tail++;
    return s->bytes;
}

long pipe_tee(struct file *from, struct file *to, size_t most, struct file **wait)
{
    struct pipe *a = from->inode->pipe, *b = to->inode->pipe;
    long done = 0;

    *wait = a->head == a->tail ? from : to;
    if (b->readers == 0)
        return -EPIPE;
    if (a->head == a->tail)
        return a->writers == 0 ? 0 : -EAGAIN;
    for (unsigned at = a->head; at != a->tail && !is_full(b) && (size_t)done < most; at++) {
        long n = tee_slot(b, slot_at(a, at), most - (size_t)done);

        if (n < 0)
            return done > 0 ? done : n;
        done += n;
    }
    if (done > 0)
        task_wake(&b->changed);
    return done > 0 ? done : -EAGAIN;
}

size_t pipe_room(const struct file *f)
{
    return f->ops == &pipe_ops && is_full(f->inode->pipe) ? 0 : PAGE;
}
