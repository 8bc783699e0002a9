/* SPDX-License-Identifier: BSD-2-Clause */
/* What is behind the nodes in /dev: null, zero, full, random, and the terminals. */
#include "linux.h"
#include "random.h"
#include "trace.h"
#include "tty.h"

#include <rt/program.h>

static long read_nothing(struct file *f, struct transfer *x, word_t at)
{
    (void)f;
    (void)x;
    (void)at;
    return 0;
}

static long write_away(struct file *f, struct transfer *x, word_t at)
{
    long n = (long)x->left;

    (void)f;
    (void)at;
    transfer_skip(x, x->left);
    return n;
}

static long read_zeros(struct file *f, struct transfer *x, word_t at)
{
    (void)f;
    (void)at;
    return transfer_zero(x, x->left);
}

static long write_full(struct file *f, struct transfer *x, word_t at)
{
    (void)f;
    (void)at;
    (void)x;
    return -ENOSPC; /* even for nothing, as on Linux */
}

static long read_random(struct file *f, struct transfer *x, word_t at)
{
    uint8_t bytes[256];
    long done = 0;

    (void)f;
    (void)at;
    while (x->left > 0) {
        long n;

        random_bytes(bytes, sizeof bytes);
        n = transfer_out(x, bytes, sizeof bytes);
        if (n <= 0)
            return done > 0 ? done : n;
        done += n;
    }
    return done;
}

/* Lines for the kernel's log go to the supervisor's. */
static long write_log(struct file *f, struct transfer *x, word_t at)
{
    char line[COMPONENT_LINE];
    long n = transfer_in(x, line, sizeof line - 1);

    (void)f;
    (void)at;
    if (n < 0)
        return n;
    while (n > 0 && line[n - 1] == '\n')
        n--;
    line[n] = 0;
    rt_say(2, "%s", line);
    n += (long)x->left + (line[n] == 0);
    transfer_skip(x, x->left);
    return n;
}

long file_seek_nowhere(struct file *f, int64_t offset, unsigned whence)
{
    (void)f;
    (void)offset;
    (void)whence;
    return 0;
}

static const struct file_ops null_ops = {.flags = FILE_SEEKS, .read = read_nothing,
                                         .write = write_away, .seek = file_seek_nowhere};
static const struct file_ops zero_ops = {.flags = FILE_SEEKS, .read = read_zeros,
                                         .write = write_away, .seek = file_seek_nowhere};
static const struct file_ops full_ops = {.flags = FILE_SEEKS, .read = read_zeros,
                                         .write = write_full, .seek = file_seek_nowhere};
static const struct file_ops random_ops = {.flags = FILE_SEEKS, .read = read_random,
                                           .write = write_away, .seek = file_seek_nowhere};
static const struct file_ops log_ops = {.read = read_nothing, .write = write_log};

static const struct {
    unsigned minor;
    const struct file_ops *ops;
} memory_devices[] = {{3, &null_ops}, {5, &zero_ops}, {7, &full_ops}, {8, &random_ops},
                      {9, &random_ops}, {11, &log_ops}};

static long open_terminal(struct task *t, struct file *f, unsigned minor)
{
    struct tty *tty = NULL;

    if (minor == 0 && t != NULL)
        tty = tty_of_session(t->process->sid);
    else if (minor == 1)
        tty = console_tty();
    else if (minor == 2)
        return ptmx_open(t, f);
    return tty == NULL ? -ENXIO : tty_open(t, f, tty);
}

long device_open(struct task *t, struct file *f)
{
    unsigned major = DEVICE_MAJOR(f->inode->device), minor = DEVICE_MINOR(f->inode->device);

    if (major == 5)
        return open_terminal(t, f, minor);
    if (major == 136)
        return pts_open(t, f, minor);
    if (major == 10)
        return minor == 201 ? trace_open(f) : tsr_open(f);
    for (size_t i = 0; major == 1 && i < sizeof memory_devices / sizeof memory_devices[0]; i++) {
        if (memory_devices[i].minor == minor) {
            f->ops = memory_devices[i].ops;
            return 0;
        }
    }
    return -ENXIO;
}

bool device_is_zero(const struct inode *i)
{
    return (i->mode & S_IFMT) == S_IFCHR && i->device == DEVICE(1, 5);
}
