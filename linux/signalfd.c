/* SPDX-License-Identifier: BSD-2-Clause */
/* signalfd(2), and memfd_create(2). */
#include "file.h"
#include "handlers.h"
#include "linux.h"

struct signals {
    sigset_t set;
};

/* Linux's struct signalfd_siginfo. */
struct signal_record {
    uint32_t number;
    int32_t error, code;
    uint32_t pid, uid;
    int32_t fd;
    uint32_t tid, band, overrun, trap;
    int32_t status, integer;
    uint64_t pointer, user_time, system_time, address;
    uint16_t address_lsb;
    uint8_t pad[46];
};
_Static_assert(sizeof(struct signal_record) == 128, "the layout is Linux's");

static struct signal_record record_of(const struct siginfo *info)
{
    struct signal_record r = {.number = (uint32_t)info->number, .error = info->error,
                              .code = info->code, .pid = (uint32_t)info->from.pid,
                              .uid = info->from.uid};

    if (info->number == SIGCHLD) {
        r.status = info->child.status;
        r.user_time = info->child.user_time;
        r.system_time = info->child.system_time;
    } else if (info->code == SI_QUEUE || info->code == SI_TIMER) {
        r.integer = (int32_t)info->from.value;
        r.pointer = info->from.value;
    }
    return r;
}

static long signals_read(struct file *f, struct transfer *x, word_t at)
{
    sigset_t set = ((struct signals *)f->data)->set;
    struct task *t = caller;
    struct siginfo info;
    long done = 0;

    (void)at;
    if (x->left < sizeof(struct signal_record))
        return -EINVAL;
    while (x->left >= sizeof(struct signal_record) && signal_take(t, set, &info) != 0) {
        struct signal_record r = record_of(&info);
        long n = transfer_out(x, &r, sizeof r);

        if (n != sizeof r)
            return done > 0 ? done : n < 0 ? n : -EFAULT;
        done += n;
    }
    return done > 0 ? done : -EAGAIN;
}

static unsigned signals_poll(struct file *f)
{
    if (caller == NULL)
        return 0;
    return signal_pending(caller) & ((struct signals *)f->data)->set ? POLLIN | POLLRDNORM : 0;
}

/* Whoever asks waits for signals of its own process. */
static struct wait_queue *signals_queue(struct file *f)
{
    static struct wait_queue nobody;

    (void)f;
    return caller == NULL ? &nobody : &caller->process->signalled;
}

static void signals_close(struct file *f)
{
    heap_free(f->data, sizeof(struct signals));
}

static const struct file_ops signals_ops = {.read = signals_read, .poll = signals_poll,
                                            .queue = signals_queue, .close = signals_close,
                                            .seek = file_seek_nowhere,
                                            .name = "[signalfd]"};

long sys_signalfd4(struct task *t, const word_t *arg)
{
    struct file *f;
    sigset_t set;
    long error;

    if (arg[3] & ~(word_t)(O_CLOEXEC | O_NONBLOCK) || arg[2] != sizeof set)
        return -EINVAL;
    error = user_read(t, &set, arg[1], sizeof set);
    if (error != 0)
        return error;
    set &= ~(SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP));
    if ((int)arg[0] != -1) {
        f = file_of_io(t, arg[0]);
        if (f == NULL)
            return -EBADF;
        if (f->ops != &signals_ops)
            return -EINVAL;
        ((struct signals *)f->data)->set = set;
        return (long)(uint32_t)arg[0];
    }
    f = file_new_anonymous(&signals_ops, O_RDWR | ((unsigned)arg[3] & O_NONBLOCK), 0600);
    if (f == NULL)
        return -ENOMEM;
    f->data = heap_alloc(sizeof(struct signals));
    if (f->data == NULL) {
        f->ops = &nothing_ops;
        file_put(f);
        return -ENOMEM;
    }
    ((struct signals *)f->data)->set = set;
    return file_give(t, f, (arg[3] & O_CLOEXEC) != 0);
}

long sys_signalfd(struct task *t, const word_t *arg)
{
    word_t four[4] = {arg[0], arg[1], arg[2], 0};

    return sys_signalfd4(t, four);
}

/* --- memfd --- */

enum { MFD_CLOEXEC = 1, MFD_ALLOW_SEALING = 2, MFD_NOEXEC_SEAL = 8, MFD_EXEC = 16 };

long sys_memfd_create(struct task *t, const word_t *arg)
{
    static char name[PATH_LENGTH];
    unsigned flags = (unsigned)arg[1];
    struct file *f;
    long n;

    if (flags & ~(unsigned)(MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL | MFD_EXEC))
        return -EINVAL;
    n = user_string(t, name, arg[0], NAME_LENGTH - 5);
    if (n < 0)
        return n == -ENAMETOOLONG ? -EINVAL : n;
    f = file_new(&inode_file_ops, O_RDWR | O_LARGEFILE);
    if (f == NULL)
        return -ENOMEM;
    f->inode = tmpfs_new(NULL, S_IFREG | (flags & MFD_NOEXEC_SEAL ? 0666 : 0777));
    if (f->inode == NULL) {
        f->ops = &nothing_ops;
        file_put(f);
        return -ENOMEM;
    }
    f->inode->links = 0;
    f->inode->seals = flags & (MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL) ? 0 : F_SEAL_SEAL;
    memmove(name + 7, name, (size_t)n + 1);
    memcpy(name, "/memfd:", 7);
    f->dentry = dentry_unlinked(name, n + 7 > 255 ? 255 : (size_t)n + 7, f->inode);
    return file_give(t, f, (flags & MFD_CLOEXEC) != 0);
}
