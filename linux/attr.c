/* SPDX-License-Identifier: BSD-2-Clause */
/* chmod(2), chown(2), utimensat(2), truncate(2), fallocate(2), fsync(2): what is changed of a file
 * besides its contents and names. */
#include "file.h"
#include "handlers.h"
#include "linux.h"

#define UTIME_NOW  0x3fffffff
#define UTIME_OMIT 0x3ffffffe

static bool is_kind(const struct inode *i, unsigned kind)
{
    return (i->mode & S_IFMT) == kind;
}

static long find(struct task *t, word_t dirfd, word_t path, unsigned flags, struct inode **found)
{
    struct dentry *d;
    long error = path_find(t, dirfd, path,
                           (flags & AT_SYMLINK_NOFOLLOW ? 0 : WALK_FOLLOW) |
                               (flags & AT_EMPTY_PATH ? WALK_EMPTY : 0),
                           &d);

    if (error != 0)
        return error;
    *found = inode_get(d->inode);
    dentry_put(d);
    return 0;
}

static long set_mode(struct task *t, struct inode *i, unsigned mode)
{
    struct attributes a = {.set = SET_MODE, .mode = mode & 07777};

    if (is_kind(i, S_IFLNK))
        return -EOPNOTSUPP;
    if (inode_read_only(i))
        return -EROFS;
    if (!inode_owned(t, i))
        return -EPERM;
    if (t->process->identity.fsuid != 0 && !inode_in_group(t, i->gid))
        a.mode &= ~(unsigned)S_ISGID;
    return inode_set(i, &a);
}

long sys_fchmodat(struct task *t, const word_t *arg)
{
    struct inode *i;
    long error = find(t, arg[0], arg[1], 0, &i);

    if (error != 0)
        return error;
    error = set_mode(t, i, (unsigned)arg[2]);
    inode_put(i);
    return error;
}

long sys_chmod(struct task *t, const word_t *arg)
{
    word_t at[3] = {(word_t)AT_FDCWD, arg[0], arg[1]};

    return sys_fchmodat(t, at);
}

long sys_fchmod(struct task *t, const word_t *arg)
{
    struct file *f = file_of_io(t, arg[0]);

    return f == NULL ? -EBADF : set_mode(t, f->inode, (unsigned)arg[1]);
}

/* @param uid, gid -1: stays */
static long set_owner(struct task *t, struct inode *i, unsigned uid, unsigned gid)
{
    struct attributes a = {.uid = uid, .gid = gid, .mode = i->mode & 07777};
    bool root = t->process->identity.fsuid == 0;

    if (inode_read_only(i))
        return -EROFS;
    if (!root && ((uid != ~0u && (uid != i->uid || !inode_owned(t, i))) ||
                  (gid != ~0u && gid != i->gid && !(inode_owned(t, i) && inode_in_group(t, gid)))))
        return -EPERM;
    a.set = (uid != ~0u ? SET_UID : 0u) | (gid != ~0u ? SET_GID : 0u);
    if (!is_kind(i, S_IFDIR) && a.set != 0 && i->mode & (S_ISUID | S_ISGID)) {
        a.mode &= ~(unsigned)S_ISUID;
        if (i->mode & 010)
            a.mode &= ~(unsigned)S_ISGID;
        a.set |= SET_MODE;
    }
    return inode_set(i, &a);
}

long sys_fchownat(struct task *t, const word_t *arg)
{
    struct inode *i;
    long error;

    if (arg[4] & ~(word_t)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    error = find(t, arg[0], arg[1], (unsigned)arg[4], &i);
    if (error != 0)
        return error;
    error = set_owner(t, i, (unsigned)arg[2], (unsigned)arg[3]);
    inode_put(i);
    return error;
}

long sys_chown(struct task *t, const word_t *arg)
{
    word_t at[5] = {(word_t)AT_FDCWD, arg[0], arg[1], arg[2], 0};

    return sys_fchownat(t, at);
}

long sys_lchown(struct task *t, const word_t *arg)
{
    word_t at[5] = {(word_t)AT_FDCWD, arg[0], arg[1], arg[2], AT_SYMLINK_NOFOLLOW};

    return sys_fchownat(t, at);
}

long sys_fchown(struct task *t, const word_t *arg)
{
    struct file *f = file_of_io(t, arg[0]);

    return f == NULL ? -EBADF : set_owner(t, f->inode, (unsigned)arg[1], (unsigned)arg[2]);
}

/* --- times --- */

static long set_times(struct task *t, struct inode *i, const struct linux_timespec *times)
{
    struct attributes a = {.set = 0};
    struct filetime now = filetime_now();
    bool any = times == NULL;

    if (inode_read_only(i))
        return -EROFS;
    for (int n = 0; n < 2; n++) {
        struct filetime *to = n == 0 ? &a.atime : &a.mtime;

        if (times != NULL && times[n].ns == UTIME_OMIT)
            continue;
        a.set |= n == 0 ? SET_ATIME : SET_MTIME;
        *to = now;
        if (times != NULL && times[n].ns != UTIME_NOW) {
            *to = (struct filetime){times[n].seconds, (uint32_t)times[n].ns};
        } else {
            any |= times != NULL && times[1 - n].ns == UTIME_NOW;
        }
    }
    if (a.set == 0)
        return 0;
    if (any ? !inode_owned(t, i) && inode_permission(t, i, 2) != 0 : !inode_owned(t, i))
        return any ? -EACCES : -EPERM;
    return inode_set(i, &a);
}

static long times_at(struct task *t, word_t dirfd, word_t path, const struct linux_timespec *times,
                     unsigned flags)
{
    struct file *f;
    struct inode *i;
    long error;

    if (path == 0 && (int)dirfd != AT_FDCWD) {
        f = file_of_io(t, dirfd);
        if (f == NULL)
            return -EBADF;
        return flags != 0 ? -EINVAL : set_times(t, f->inode, times);
    }
    error = find(t, dirfd, path, flags, &i);
    if (error != 0)
        return error;
    error = set_times(t, i, times);
    inode_put(i);
    return error;
}

long sys_utimensat(struct task *t, const word_t *arg)
{
    struct linux_timespec times[2];
    long error = arg[2] == 0 ? 0 : user_read(t, times, arg[2], sizeof times);

    if (error != 0)
        return error;
    if (arg[3] & ~(word_t)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    for (int n = 0; arg[2] != 0 && n < 2; n++)
        if (times[n].ns != UTIME_NOW && times[n].ns != UTIME_OMIT &&
            (uint64_t)times[n].ns >= 1000000000u)
            return -EINVAL;
    if (arg[2] != 0 && times[0].ns == UTIME_OMIT && times[1].ns == UTIME_OMIT)
        return 0; /* whether it is there or not */
    return times_at(t, arg[0], arg[1], arg[2] == 0 ? NULL : times, (unsigned)arg[3]);
}

long sys_futimesat(struct task *t, const word_t *arg)
{
    struct linux_timespec times[2];
    long error = arg[2] == 0 ? 0 : user_read(t, times, arg[2], sizeof times);

    if (error != 0)
        return error;
    for (int n = 0; arg[2] != 0 && n < 2; n++) {
        if ((uint64_t)times[n].ns >= 1000000u)
            return -EINVAL;
        times[n].ns *= 1000;
    }
    return times_at(t, arg[0], arg[1], arg[2] == 0 ? NULL : times, 0);
}

long sys_utimes(struct task *t, const word_t *arg)
{
    word_t at[3] = {(word_t)AT_FDCWD, arg[0], arg[1]};

    return sys_futimesat(t, at);
}

long sys_utime(struct task *t, const word_t *arg)
{
    struct linux_timespec times[2] = {{0, 0}, {0, 0}};
    int64_t seconds[2];
    long error = arg[1] == 0 ? 0 : user_read(t, seconds, arg[1], sizeof seconds);

    if (error != 0)
        return error;
    for (int n = 0; arg[1] != 0 && n < 2; n++)
        times[n].seconds = seconds[n];
    return times_at(t, (word_t)AT_FDCWD, arg[0], arg[1] == 0 ? NULL : times, 0);
}

/* --- size --- */

static long set_size(struct task *t, struct inode *i, word_t size)
{
    struct attributes a = {.set = SET_SIZE, .size = size};

    if (size > t->process->limit[RLIMIT_FSIZE].soft && size > i->size) {
        signal_send(t->process, SIGXFSZ);
        return -EFBIG;
    }
    return inode_set(i, &a);
}

long sys_truncate(struct task *t, const word_t *arg)
{
    struct inode *i;
    long error;

    if ((int64_t)arg[1] < 0)
        return -EINVAL;
    error = find(t, (word_t)AT_FDCWD, arg[0], 0, &i);
    if (error != 0)
        return error;
    if (!is_kind(i, S_IFREG))
        error = is_kind(i, S_IFDIR) ? -EISDIR : -EINVAL;
    if (error == 0)
        error = inode_permission(t, i, 2);
    if (error == 0 && i->executed > 0)
        error = -ETXTBSY;
    if (error == 0)
        error = set_size(t, i, arg[1]);
    inode_put(i);
    return error;
}

long sys_ftruncate(struct task *t, const word_t *arg)
{
    struct file *f = file_of_io(t, arg[0]);

    if ((int64_t)arg[1] < 0)
        return -EINVAL;
    if (f == NULL)
        return -EBADF;
    if (!is_kind(f->inode, S_IFREG) || !file_writable(f))
        return -EINVAL;
    return set_size(t, f->inode, arg[1]);
}

long sys_fallocate(struct task *t, const word_t *arg)
{
    struct file *f = file_of_io(t, arg[0]);
    int64_t at = (int64_t)arg[2], bytes = (int64_t)arg[3], end;

    if (f == NULL)
        return -EBADF;
    if (at < 0 || bytes <= 0)
        return -EINVAL;
    if (!file_writable(f))
        return -EBADF;
    if (is_kind(f->inode, S_IFIFO))
        return -ESPIPE;
    if (!is_kind(f->inode, S_IFREG))
        return is_kind(f->inode, S_IFDIR) ? -EISDIR : -ENODEV;
    if (__builtin_add_overflow(at, bytes, &end))
        return -EFBIG;
    if (f->inode->ops->allocate == NULL)
        return -EOPNOTSUPP;
    return f->inode->ops->allocate(f->inode, (unsigned)arg[1], arg[2], arg[3]);
}

/* --- making it last --- */

static long sync_one(struct task *t, word_t fd, bool data_only)
{
    struct file *f = file_of_io(t, fd);

    if (f == NULL)
        return -EBADF;
    if (!is_kind(f->inode, S_IFREG) && !is_kind(f->inode, S_IFDIR))
        return -EINVAL;
    return f->inode->ops->sync == NULL ? 0 : f->inode->ops->sync(f->inode, data_only);
}

long sys_fsync(struct task *t, const word_t *arg)
{
    return sync_one(t, arg[0], false);
}

long sys_fdatasync(struct task *t, const word_t *arg)
{
    return sync_one(t, arg[0], true);
}

long sys_sync_file_range(struct task *t, const word_t *arg)
{
    struct file *f = file_of_io(t, arg[0]);

    if ((int64_t)arg[1] < 0 || (int64_t)arg[2] < 0 || arg[3] & ~7ul)
        return -EINVAL;
    if (f != NULL && !is_kind(f->inode, S_IFREG) && !is_kind(f->inode, S_IFBLK) &&
        !is_kind(f->inode, S_IFDIR))
        return -ESPIPE;
    return sync_one(t, arg[0], true);
}

long sys_sync(struct task *t, const word_t *arg)
{
    (void)t;
    (void)arg;
    for (struct mount *m = mounts; m != NULL; m = m->next)
        if (m->sync != NULL)
            (void)m->sync(m);
    return 0;
}

long sys_syncfs(struct task *t, const word_t *arg)
{
    struct file *f = file_of_io(t, arg[0]);
    struct mount *m;

    if (f == NULL)
        return -EBADF;
    m = f->inode->mount;
    return m == NULL || m->sync == NULL ? 0 : m->sync(m);
}

/* Advice is taken note of, and nothing more. */
long sys_fadvise64(struct task *t, const word_t *arg)
{
    struct file *f = file_of_io(t, arg[0]);

    if (f == NULL)
        return -EBADF;
    if (is_kind(f->inode, S_IFIFO))
        return -ESPIPE;
    return (int64_t)arg[2] < 0 || (unsigned)arg[3] > 5 ? -EINVAL : 0;
}

long sys_readahead(struct task *t, const word_t *arg)
{
    struct file *f = file_of_io(t, arg[0]);

    if (f == NULL || !file_readable(f))
        return -EBADF;
    return is_kind(f->inode, S_IFREG) ? 0 : -EINVAL;
}
