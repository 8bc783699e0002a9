/* SPDX-License-Identifier: BSD-2-Clause */
/* stat(2) and its family, statfs(2), access(2). */
#include "file.h"
#include "handlers.h"
#include "linux.h"

static unsigned device_of(const struct inode *i)
{
    return i->mount == NULL ? 0xd : i->mount->device;
}

static void fill_stat(const struct inode *i, struct linux_stat *s)
{
    *s = (struct linux_stat){
        .dev = device_of(i), .ino = i->number, .nlink = i->links, .mode = i->mode, .uid = i->uid,
        .gid = i->gid, .rdev = i->device, .size = (int64_t)i->size, .blksize = PAGE,
        .blocks = (int64_t)i->blocks, .atime = i->atime.seconds, .atime_ns = i->atime.ns,
        .mtime = i->mtime.seconds, .mtime_ns = i->mtime.ns, .ctime = i->ctime.seconds,
        .ctime_ns = i->ctime.ns};
}

static long refresh(struct inode *i)
{
    return i->ops->refresh == NULL ? 0 : i->ops->refresh(i);
}

static long give_stat(struct task *t, struct inode *i, word_t to)
{
    struct linux_stat s;
    long error = refresh(i);

    if (error != 0)
        return error;
    fill_stat(i, &s);
    return user_write(t, to, &s, sizeof s);
}

static long stat_at(struct task *t, word_t dirfd, word_t path, unsigned walk, word_t to)
{
    struct dentry *d;
    long error = path_find(t, dirfd, path, walk, &d);

    if (error != 0)
        return error;
    error = give_stat(t, d->inode, to);
    dentry_put(d);
    return error;
}

long sys_stat(struct task *t, const word_t *arg)
{
    return stat_at(t, (word_t)AT_FDCWD, arg[0], WALK_FOLLOW, arg[1]);
}

long sys_lstat(struct task *t, const word_t *arg)
{
    return stat_at(t, (word_t)AT_FDCWD, arg[0], 0, arg[1]);
}

long sys_fstat(struct task *t, const word_t *arg)
{
    struct file *f = file_of(t, arg[0]);

    return f == NULL ? -EBADF : give_stat(t, f->inode, arg[1]);
}

/* The inode that a descriptor and a path mean, when AT_EMPTY_PATH lets the path be empty.
 * @return 0 and a reference */
static long find_inode(struct task *t, word_t dirfd, word_t path, unsigned flags,
                       struct inode **found)
{
    unsigned walk = flags & AT_SYMLINK_NOFOLLOW ? 0 : WALK_FOLLOW;
    struct file *f = (int)dirfd < 0 ? NULL : file_of(t, dirfd);
    struct dentry *d;
    char first = 1;
    long error;

    if (flags & AT_EMPTY_PATH) {
        error = path == 0 ? 0 : user_read(t, &first, path, 1);
        if (error != 0)
            return error;
        if ((path == 0 || first == 0) && (int)dirfd != AT_FDCWD) {
            if (f == NULL)
                return -EBADF;
            *found = inode_get(f->inode);
            return 0;
        }
        walk |= WALK_EMPTY;
    }
    error = path_find(t, dirfd, path, walk, &d);
    if (error != 0)
        return error;
    *found = inode_get(d->inode);
    dentry_put(d);
    return 0;
}

long sys_newfstatat(struct task *t, const word_t *arg)
{
    unsigned flags = (unsigned)arg[3];
    struct inode *i;
    long error;

    if (flags & ~(unsigned)(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH |
                            AT_STATX_SYNC_TYPE))
        return -EINVAL;
    error = find_inode(t, arg[0], arg[1], flags, &i);
    if (error != 0)
        return error;
    error = give_stat(t, i, arg[2]);
    inode_put(i);
    return error;
}

static struct linux_statx_time statx_time(struct filetime time)
{
    return (struct linux_statx_time){.seconds = time.seconds, .ns = time.ns};
}

static void fill_statx(const struct inode *i, struct linux_statx *s)
{
    enum { BASIC = 0x7ff, BTIME = 0x800, MNT_ID = 0x1000, ATTRIBUTE_ROOT = 0x2000 };
    unsigned device = device_of(i);

    *s = (struct linux_statx){
        .mask = BASIC | BTIME | MNT_ID, .blksize = PAGE, .nlink = i->links, .uid = i->uid,
        .gid = i->gid, .mode = (uint16_t)i->mode, .ino = i->number, .size = i->size,
        .blocks = i->blocks, .attributes_mask = ATTRIBUTE_ROOT, .atime = statx_time(i->atime),
        .btime = statx_time(i->btime), .ctime = statx_time(i->ctime),
        .mtime = statx_time(i->mtime), .rdev_major = DEVICE_MAJOR(i->device),
        .rdev_minor = DEVICE_MINOR(i->device), .dev_major = DEVICE_MAJOR(device),
        .dev_minor = DEVICE_MINOR(device), .mnt_id = device};
    if (i->mount != NULL && i->mount->root->inode == i)
        s->attributes |= ATTRIBUTE_ROOT;
}

long sys_statx(struct task *t, const word_t *arg)
{
    unsigned flags = (unsigned)arg[2];
    struct linux_statx s;
    struct inode *i;
    long error;

    if (flags & ~(unsigned)(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH |
                            AT_STATX_SYNC_TYPE))
        return -EINVAL;
    if ((flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE || (unsigned)arg[3] >> 31)
        return -EINVAL;
    error = find_inode(t, arg[0], arg[1], flags, &i);
    if (error != 0)
        return error;
    error = refresh(i);
    if (error == 0) {
        fill_statx(i, &s);
        error = user_write(t, arg[4], &s, sizeof s);
    }
    inode_put(i);
    return error;
}

static long give_statfs(struct task *t, const struct inode *i, word_t to)
{
    struct mount *m = i->mount;
    struct linux_statfs s = {.bsize = PAGE, .namelen = NAME_LENGTH, .frsize = PAGE, .flags = 0x20};
    word_t total = 0, left = 0, files = 0, files_left = 0;

    if (m != NULL && m->statfs != NULL)
        m->statfs(m, &total, &left, &files, &files_left);
    s.type = m == NULL ? 0x50495045 : (int64_t)m->magic;
    s.blocks = total;
    s.bfree = s.bavail = left;
    s.files = files;
    s.ffree = files_left;
    s.fsid[0] = (int32_t)device_of(i);
    s.flags |= m == NULL ? 0 : m->flags & 15;
    return user_write(t, to, &s, sizeof s);
}

long sys_statfs(struct task *t, const word_t *arg)
{
    struct dentry *d;
    long error = path_find(t, (word_t)AT_FDCWD, arg[0], WALK_FOLLOW, &d);

    if (error != 0)
        return error;
    error = give_statfs(t, d->inode, arg[1]);
    dentry_put(d);
    return error;
}

long sys_fstatfs(struct task *t, const word_t *arg)
{
    struct file *f = file_of(t, arg[0]);

    return f == NULL ? -EBADF : give_statfs(t, f->inode, arg[1]);
}

static long access_at(struct task *t, const word_t *arg, unsigned flags)
{
    unsigned mask = (unsigned)arg[2];
    struct identity *id = &t->process->identity, saved = *id;
    struct inode *i;
    long error;

    if (mask & ~7u || flags & ~(unsigned)(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    if (!(flags & AT_EACCESS)) {
        id->fsuid = id->uid;
        id->fsgid = id->gid;
    }
    error = find_inode(t, arg[0], arg[1], flags, &i);
    if (error == 0) {
        error = mask == 0 ? 0 : inode_permission(t, i, mask);
        inode_put(i);
    }
    *id = saved;
    return error;
}

long sys_faccessat(struct task *t, const word_t *arg)
{
    return access_at(t, arg, 0);
}

long sys_faccessat2(struct task *t, const word_t *arg)
{
    return access_at(t, arg, (unsigned)arg[3]);
}

long sys_access(struct task *t, const word_t *arg)
{
    word_t at[3] = {(word_t)AT_FDCWD, arg[0], arg[1]};

    return access_at(t, at, 0);
}
