/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pseudo-terminals (pty(7)): opening /dev/ptmx makes a pair; the program's side is /dev/pts/N. What
 * programs write waits in a page for the master; what the master writes is typed.
 */
#include "linux.h"
#include "tty.h"

#define PTYS   256u
#define OUTPUT 4096u

enum { TIOCGPTN = 0x80045430, TIOCSPTLCK = 0x40045431, TIOCGPTLCK = 0x80045439,
       TIOCGPTPEER = 0x5441, FIONREAD = 0x541b };

struct pty {
    struct tty tty;
    unsigned number;
    bool locked, master_open, was_opened;
    char *output;        /* a page: what the master has not read */
    word_t head, tail;
    struct dentry *node; /* /dev/pts/N */
};

static struct pty *ptys[PTYS];

static struct pty *pty_of(struct tty *tty)
{
    return tty->device_data;
}

struct tty *pty_by_number(unsigned number)
{
    return number < PTYS && ptys[number] != NULL ? &ptys[number]->tty : NULL;
}

static size_t room(struct tty *tty)
{
    struct pty *p = pty_of(tty);

    return p->master_open ? OUTPUT - (p->tail - p->head) : OUTPUT;
}

static size_t show(struct tty *tty, const char *bytes, size_t count)
{
    struct pty *p = pty_of(tty);
    size_t done = 0;

    while (done < count && p->tail - p->head < OUTPUT)
        p->output[p->tail++ % OUTPUT] = bytes[done++];
    task_wake(&tty->changed);
    return done;
}

static void release(struct pty *p)
{
    if (p->master_open || p->tty.opens > 0)
        return;
    ptys[p->number] = NULL;
    tty_end(&p->tty);
    page_unref(page_of(p->output));
    heap_free(p, sizeof *p);
}

static void program_closed(struct tty *tty)
{
    task_wake(&tty->changed);
    release(pty_of(tty));
}

/* --- the master --- */

static long master_read(struct file *f, struct transfer *x, word_t position)
{
    struct pty *p = f->data;
    long done = 0;

    (void)position;
    while (p->head < p->tail && x->left > 0) {
        size_t from = p->head % OUTPUT, n = p->tail - p->head;
        long moved = transfer_out(x, p->output + from, n < OUTPUT - from ? n : OUTPUT - from);

        if (moved < 0)
            return done > 0 ? done : moved;
        p->head += (word_t)moved;
        done += moved;
    }
    if (done > 0)
        task_wake(&p->tty.changed);
    if (done > 0 || x->left == 0)
        return done;
    return p->was_opened && p->tty.opens == 0 ? -EIO : -EAGAIN;
}

static long master_write(struct file *f, struct transfer *x, word_t position)
{
    struct pty *p = f->data;
    uint8_t bytes[256];
    long done = 0;

    (void)position;
    while (x->left > 0) {
        struct transfer before = *x;
        size_t taken;
        long n = transfer_in(x, bytes, sizeof bytes);

        if (n < 0)
            return done > 0 ? done : n;
        taken = tty_receive(&p->tty, bytes, (size_t)n);
        done += (long)taken;
        if (taken < (size_t)n) {
            *x = before;
            transfer_skip(x, taken);
            return done > 0 ? done : -EAGAIN;
        }
    }
    return done;
}

static unsigned master_poll(struct file *f)
{
    struct pty *p = f->data;
    unsigned events = POLLOUT | POLLWRNORM;

    if (p->head < p->tail)
        events |= POLLIN | POLLRDNORM;
    if (p->was_opened && p->tty.opens == 0)
        events |= POLLHUP;
    return events;
}

static struct wait_queue *master_queue(struct file *f)
{
    return &((struct pty *)f->data)->tty.changed;
}

static long open_peer(struct pty *p, struct task *t, unsigned flags)
{
    struct file *f;
    long error;

    if (p->locked)
        return -EIO;
    error = file_open_dentry(t, p->node, flags & ~(unsigned)O_CLOEXEC, &f);
    return error != 0 ? error : file_give(t, f, (flags & O_CLOEXEC) != 0);
}

static long master_ioctl(struct file *f, struct task *t, word_t request, word_t argument)
{
    struct pty *p = f->data;
    uint32_t word = p->number;
    long error;

    switch ((uint32_t)request) {
    case TIOCGPTN:
        return user_write(t, argument, &word, sizeof word);
    case TIOCGPTLCK:
        word = p->locked;
        return user_write(t, argument, &word, sizeof word);
    case TIOCSPTLCK:
        error = user_read(t, &word, argument, sizeof word);
        if (error == 0)
            p->locked = word != 0;
        return error;
    case TIOCGPTPEER:
        return open_peer(p, t, (unsigned)argument);
    case FIONREAD:
        word = (uint32_t)(p->tail - p->head);
        return user_write(t, argument, &word, sizeof word);
    default:
        return tty_control(&p->tty, t, request, argument, true);
    }
}

static void master_close(struct file *f)
{
    struct pty *p = f->data;
    struct dentry *node = p->node;

    p->master_open = false;
    p->node = NULL;
    if (node != NULL) {
        if (!node->removed)
            dentry_remove(node);
        dentry_put(node);
    }
    tty_hang_up(&p->tty);
    release(p);
}

static const struct file_ops master_ops = {
    .flags = FILE_STREAM,
    .read = master_read,
    .write = master_write,
    .ioctl = master_ioctl,
    .poll = master_poll,
    .queue = master_queue,
    .close = master_close,
    .name = "ptmx",
};

/* --- making one --- */

static struct dentry *pts_directory(void)
{
    for (struct mount *m = mounts; m != NULL; m = m->next)
        if (rt_same(m->type, "devpts"))
            return m->root;
    return NULL;
}

static long make_node(struct pty *p)
{
    struct dentry *dir = pts_directory();
    char name[4];
    size_t n = 0;
    long e;

    if (dir == NULL)
        return -ENODEV;
    if (p->number >= 100)
        name[n++] = (char)('0' + p->number / 100);
    if (p->number >= 10)
        name[n++] = (char)('0' + p->number / 10 % 10);
    name[n++] = (char)('0' + p->number % 10);
    e = dir->inode->ops->make(dir, name, n, S_IFCHR | 0620, DEVICE(136, p->number), NULL,
                              &p->node);
    if (e == 0)
        p->node->inode->gid = 5; /* tty, as Debian mounts devpts */
    return e;
}

static struct pty *pty_new(unsigned number)
{
    struct pty *p = heap_alloc(sizeof *p);
    page_t page = p == NULL ? 0 : page_alloc();

    if (page == 0 || tty_begin(&p->tty, DEVICE(136, number)) != 0) {
        if (page != 0)
            page_unref(page);
        heap_free(p, sizeof *p);
        return NULL;
    }
    p->output = page_data(page);
    p->number = number;
    p->locked = p->master_open = true;
    p->tty.device_data = p;
    p->tty.show = show;
    p->tty.room = room;
    p->tty.closed = program_closed;
    ptys[number] = p;
    return p;
}

long ptmx_open(struct task *t, struct file *f)
{
    unsigned number = 0;
    struct pty *p;
    long error;

    (void)t;
    while (number < PTYS && ptys[number] != NULL)
        number++;
    if (number == PTYS)
        return -ENOSPC;
    p = pty_new(number);
    if (p == NULL)
        return -ENOMEM;
    error = make_node(p);
    if (error != 0) {
        p->master_open = false;
        release(p);
        return error;
    }
    f->ops = &master_ops;
    f->data = p;
    return 0;
}

long pts_open(struct task *t, struct file *f, unsigned number)
{
    struct tty *tty = pty_by_number(number);
    long error;

    if (tty == NULL || pty_of(tty)->locked || !pty_of(tty)->master_open)
        return -EIO;
    error = tty_open(t, f, tty);
    if (error == 0)
        pty_of(tty)->was_opened = true;
    return error;
}
