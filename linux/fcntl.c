/* SPDX-License-Identifier: BSD-2-Clause */
/* fcntl(2) and ioctl(2): what is asked of an open file by number. */
#include "file.h"
#include "handlers.h"
#include "lock.h"
#include "linux.h"
#include "pipe.h"

#define SETTABLE (O_APPEND | O_ASYNC | O_DIRECT | O_NOATIME | O_NONBLOCK)

enum {
    FIONREAD = 0x541b,
    FIONBIO = 0x5421,
    FIOASYNC = 0x5452,
    FIONCLEX = 0x5450,
    FIOCLEX = 0x5451
};

static long set_flags(struct task *t, struct file *f, unsigned flags)
{
    if (flags & O_NOATIME && !(f->flags & O_NOATIME) && !inode_owned(t, f->inode))
        return -EPERM;
    f->flags = (f->flags & ~(unsigned)SETTABLE) | (flags & SETTABLE);
    return 0;
}

static long seals(struct file *f, unsigned command, unsigned argument)
{
    struct inode *i = f->inode;

    if (i->ops != &tmpfs_file)
        return -EINVAL;
    if (command == F_GET_SEALS)
        return i->seals;
    if (!file_writable(f) || i->seals & F_SEAL_SEAL)
        return -EPERM;
    if (argument & ~0x1fu)
        return -EINVAL;
    if (argument & F_SEAL_WRITE && i->mappings != NULL)
        return -EBUSY;
    i->seals |= argument;
    return 0;
}

/* F_SETOWN_EX, F_GETOWN_EX: a task, a process or a group. Tasks are not told from processes. */
static long owner_extended(struct task *t, struct file *f, bool set, word_t address)
{
    enum { TID, PID, GROUP };
    struct {
        int32_t kind, number;
    } owner = {f->owner < 0 ? GROUP : PID, f->owner < 0 ? -f->owner : f->owner};
    long error;

    if (!set)
        return user_write(t, address, &owner, sizeof owner);
    error = user_read(t, &owner, address, sizeof owner);
    if (error != 0)
        return error;
    if (owner.kind < TID || owner.kind > GROUP)
        return -EINVAL;
    f->owner = owner.kind == GROUP ? -owner.number : owner.number;
    return 0;
}

static long control(struct task *t, struct file *f, word_t fd, unsigned command, word_t argument)
{
    switch (command) {
    case F_GETLK:
    case F_SETLK:
    case F_SETLKW:
    case F_OFD_GETLK:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
        return lock_control(t, f, command, argument);
    case F_SETFL:
        return set_flags(t, f, (unsigned)argument);
    case F_SETOWN:
        f->owner = (int)argument;
        return 0;
    case F_GETOWN:
        return f->owner;
    case F_SETOWN_EX:
    case F_GETOWN_EX:
        return owner_extended(t, f, command == F_SETOWN_EX, argument);
    case F_SETSIG:
        if (argument > SIGNALS)
            return -EINVAL;
        f->signal = (int)argument;
        return 0;
    case F_GETSIG:
        return f->signal;
    case F_SETPIPE_SZ:
    case F_GETPIPE_SZ:
        return pipe_size(f, command == F_SETPIPE_SZ, argument);
    case F_ADD_SEALS:
    case F_GET_SEALS:
        return seals(f, command, (unsigned)argument);
    default:
        (void)fd;
        return -EINVAL;
    }
}

long sys_fcntl(struct task *t, const word_t *arg)
{
    word_t fd = (uint32_t)arg[0];
    unsigned command = (unsigned)arg[1];
    struct file *f = file_of(t, fd);

    if (f == NULL)
        return -EBADF;
    switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
    case F_GETFD:
    case F_SETFD:
        return descriptor_control(t, f, fd, command, arg[2]);
    case F_GETFL:
        return f->flags;
    default:
        return f->flags & O_PATH ? -EBADF : control(t, f, fd, command, arg[2]);
    }
}

static long set_by_word(struct task *t, struct file *f, word_t from, unsigned flag)
{
    uint32_t on;
    long error = user_read(t, &on, from, sizeof on);

    if (error == 0)
        f->flags = on != 0 ? f->flags | flag : f->flags & ~flag;
    return error;
}

/* Bytes that are left of a regular file. */
static long bytes_left(struct task *t, struct file *f, word_t to)
{
    word_t size = f->inode->size;
    int32_t left = size > f->position ? (int32_t)(size - f->position) : 0;

    return user_write(t, to, &left, sizeof left);
}

long sys_ioctl(struct task *t, const word_t *arg)
{
    word_t fd = (uint32_t)arg[0];
    struct file *f = file_of_io(t, fd);
    uint32_t request = (uint32_t)arg[1];

    if (f == NULL)
        return -EBADF;
    switch (request) {
    case FIONCLEX:
    case FIOCLEX:
        return descriptor_control(t, f, fd, F_SETFD, request == FIOCLEX);
    case FIONBIO:
        return set_by_word(t, f, arg[2], O_NONBLOCK);
    case FIOASYNC:
        return set_by_word(t, f, arg[2], O_ASYNC);
    case FIONREAD:
        if (f->ops == &inode_file_ops)
            return bytes_left(t, f, arg[2]);
        break;
    default:
        break;
    }
    return f->ops->ioctl == NULL ? -ENOTTY : f->ops->ioctl(f, t, request, arg[2]);
}
