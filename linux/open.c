/* SPDX-License-Identifier: BSD-2-Clause */
/* open(2), openat2(2) and what they need. */
#include "file.h"
#include "handlers.h"
#include "linux.h"
#include "notify.h"

#define KNOWN_FLAGS                                                                               \
    (O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | O_DSYNC |        \
     O_ASYNC | O_DIRECT | O_LARGEFILE | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC |        \
     O_SYNC | O_PATH | O_TMPFILE)
#define UNNAMED (O_TMPFILE & ~O_DIRECTORY)

struct opening {
    unsigned flags, mode, walk;
};

static unsigned kind_of(const struct inode *i)
{
    return i->mode & S_IFMT;
}

/* What is behind the inode. @return 0, BLOCKED, or an error */
static long open_kind(struct task *t, struct file *f)
{
    struct inode *i = f->inode;

    if (i->ops->open != NULL)
        return i->ops->open(i, f);
    switch (kind_of(i)) {
    case S_IFREG:
        f->ops = &inode_file_ops;
        return 0;
    case S_IFCHR:
        return device_open(t, f);
    case S_IFIFO:
        return fifo_open(t, f);
    case S_IFDIR:
        return 0;
    default:
        return -ENXIO;
    }
}

static long count_writer(struct file *f)
{
    struct inode *i = f->inode;

    if (kind_of(i) != S_IFREG || !file_writable(f))
        return 0;
    if (i->executed > 0)
        return -ETXTBSY;
    i->writers++;
    f->writer = true;
    return 0;
}

static long open_inode(struct task *t, struct inode *i, struct dentry *d, unsigned flags,
                       struct file **file)
{
    struct file *f = file_new(&nothing_ops, flags & ~(unsigned)(O_CREAT | O_EXCL | O_NOCTTY |
                                                                O_TRUNC | O_CLOEXEC));
    long error = 0;

    if (f == NULL)
        return -ENOMEM;
    f->open_flags = flags;
    f->inode = inode_get(i);
    f->dentry = d == NULL ? NULL : dentry_get(d);
    if (flags & O_PATH)
        f->flags = flags & (O_PATH | O_DIRECTORY | O_NOFOLLOW);
    else
        error = count_writer(f);
    if (error == 0 && !(flags & O_PATH))
        error = open_kind(t, f);
    if (error != 0) {
        f->ops = &nothing_ops;
        file_put(f);
        return error;
    }
    *file = f;
    return 0;
}

long file_open_dentry(struct task *t, struct dentry *d, unsigned flags, struct file **file)
{
    return open_inode(t, d->inode, d, flags, file);
}

/* Permissions and kinds: what is refused before anything is opened. */
static long check_existing(struct task *t, struct inode *i, unsigned flags)
{
    static const unsigned wanted[] = {4, 2, 6, 6};
    unsigned mask = wanted[flags & O_ACCMODE];

    if (flags & O_DIRECTORY && kind_of(i) != S_IFDIR)
        return -ENOTDIR;
    if (kind_of(i) == S_IFLNK)
        return flags & O_PATH ? 0 : -ELOOP;
    if (flags & O_PATH)
        return 0;
    if (kind_of(i) == S_IFDIR && (mask & 2 || flags & O_CREAT || flags & O_TRUNC))
        return -EISDIR;
    if (flags & O_TRUNC)
        mask |= 2;
    if (flags & O_NOATIME && !inode_owned(t, i))
        return -EPERM;
    if (kind_of(i) == S_IFSOCK)
        return -ENXIO;
    return inode_permission(t, i, mask);
}

static long truncate_opened(struct file *f)
{
    struct attributes a = {.set = SET_SIZE, .size = 0};

    if (kind_of(f->inode) != S_IFREG)
        return 0;
    return inode_set(f->inode, &a);
}

static long open_found(struct task *t, struct dentry *d, unsigned flags, struct file **file)
{
    long error = check_existing(t, d->inode, flags);

    if (error == 0)
        error = file_open_dentry(t, d, flags, file);
    if (error == 0 && flags & O_TRUNC && !(flags & O_PATH)) {
        error = truncate_opened(*file);
        if (error != 0)
            file_put(*file);
    }
    return error;
}

long new_entry_check(struct task *t, struct dentry *dir)
{
    if (dir->removed)
        return -ENOENT;
    if (dir->inode->ops->make == NULL)
        return inode_read_only(dir->inode) ? -EROFS : -EACCES;
    return inode_permission(t, dir->inode, 3);
}

void new_entry_own(struct task *t, struct dentry *dir, struct dentry *d)
{
    struct inode *i = d->inode;
    struct attributes a = {.uid = t->process->identity.fsuid, .gid = t->process->identity.fsgid,
                           .mode = i->mode & 07777};

    if (dir->inode->mode & S_ISGID) {
        a.gid = dir->inode->gid;
        if (kind_of(i) == S_IFDIR)
            a.mode |= S_ISGID;
    }
    if ((a.mode & 02010) == 02010 && kind_of(i) == S_IFREG && a.uid != 0 &&
        !inode_in_group(t, a.gid))
        a.mode &= ~(unsigned)S_ISGID;
    a.set = (a.uid != i->uid ? SET_UID : 0u) | (a.gid != i->gid ? SET_GID : 0u) |
            (a.mode != (i->mode & 07777) ? SET_MODE : 0u);
    if (a.set != 0)
        (void)inode_set(i, &a);
}

static long open_new(struct task *t, const struct place_found *p, const struct opening *o,
                     struct file **file)
{
    struct dentry *d;
    long error = new_entry_check(t, p->at);

    if (error == 0 && p->slash)
        error = -EISDIR;
    if (error != 0)
        return error;
    error = p->at->inode->ops->make(p->at, p->name, p->length,
                                    S_IFREG | (o->mode & 07777 & ~t->place->umask), 0, NULL, &d);
    if (error != 0)
        return error;
    new_entry_own(t, p->at, d);
    notify_name(p->at->inode, d->inode, p->name, p->length, IN_CREATE, 0);
    error = file_open_dentry(t, d, o->flags, file);
    dentry_put(d);
    return error;
}

/* O_TMPFILE: a file without a name. */
static long open_unnamed(struct task *t, struct dentry *dir, const struct opening *o,
                         struct file **file)
{
    struct inode *i;
    long error;

    if (kind_of(dir->inode) != S_IFDIR)
        return -ENOTDIR;
    if (dir->inode->ops != &tmpfs_dir)
        return -EOPNOTSUPP;
    error = inode_permission(t, dir->inode, 3);
    i = error != 0 ? NULL : tmpfs_new(dir->inode->mount,
                                      S_IFREG | (o->mode & 07777 & ~t->place->umask));
    if (i == NULL)
        return error != 0 ? error : -ENOMEM;
    i->links = 0;
    i->linkable = !(o->flags & O_EXCL);
    i->uid = t->process->identity.fsuid;
    i->gid = t->process->identity.fsgid;
    error = open_inode(t, i, NULL, o->flags, file);
    inode_put(i);
    return error;
}

static long open_at(struct task *t, word_t dirfd, word_t path, const struct opening *o,
                    struct file **file)
{
    unsigned flags = o->flags, walk = o->walk;
    struct place_found p;
    long error;

    if (!(flags & O_NOFOLLOW) && (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL))
        walk |= WALK_FOLLOW;
    if (flags & O_CREAT)
        walk |= WALK_CREATE;
    error = path_user(t, dirfd, path, walk, &p);
    if (error != 0)
        return error;
    if (p.stopped)
        error = open_new(t, &p, o, file);
    else if (flags & UNNAMED)
        error = open_unnamed(t, p.at, o, file);
    else if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
        error = -EEXIST;
    else
        error = open_found(t, p.at, flags, file);
    dentry_put(p.at);
    return error;
}

static long open_descriptor(struct task *t, word_t dirfd, word_t path, struct opening *o)
{
    struct file *f;
    long error;

    if (o->flags & UNNAMED && ((o->flags & O_TMPFILE) != O_TMPFILE || !(o->flags & O_ACCMODE)))
        return -EINVAL;
    if ((o->flags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY) && !(o->flags & O_PATH))
        return -EINVAL; /* as Linux since 6.4 */
    if (o->flags & O_PATH)
        o->flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    error = open_at(t, dirfd, path, o, &f);
    if (error != 0)
        return error;
    if (!(o->flags & O_PATH))
        notify_file(f, IN_OPEN);
    return file_give(t, f, (o->flags & O_CLOEXEC) != 0);
}

long file_open_path(struct task *t, const char *path, unsigned flags, struct file **file)
{
    struct dentry *d;
    long error = path_walk(t, path, WALK_FOLLOW, &d);

    if (error != 0)
        return error;
    error = open_found(t, d, flags, file);
    dentry_put(d);
    return error;
}

long sys_openat(struct task *t, const word_t *arg)
{
    struct opening o = {.flags = ((unsigned)arg[2] & KNOWN_FLAGS) | O_LARGEFILE,
                        .mode = (unsigned)arg[3]};

    return open_descriptor(t, arg[0], arg[1], &o);
}

long sys_open(struct task *t, const word_t *arg)
{
    word_t at[4] = {(word_t)AT_FDCWD, arg[0], arg[1], arg[2]};

    return sys_openat(t, at);
}

long sys_creat(struct task *t, const word_t *arg)
{
    word_t at[4] = {(word_t)AT_FDCWD, arg[0], O_CREAT | O_WRONLY | O_TRUNC, arg[1]};

    return sys_openat(t, at);
}

/* openat2(2) */
struct open_how {
    uint64_t flags, mode, resolve;
};

static long read_how(struct task *t, word_t from, word_t bytes, struct open_how *how)
{
    word_t beyond = 0;
    long error;

    if (bytes < sizeof *how)
        return -EINVAL;
    if (bytes > PAGE)
        return -E2BIG;
    error = user_read(t, how, from, sizeof *how);
    for (word_t at = sizeof *how; error == 0 && at < bytes; at += sizeof beyond) {
        word_t n = bytes - at < sizeof beyond ? bytes - at : sizeof beyond;

        error = user_read(t, &beyond, from + at, n);
        if (error == 0 && beyond != 0)
            error = -E2BIG;
    }
    return error;
}

long sys_openat2(struct task *t, const word_t *arg)
{
    static const unsigned walks[] = {WALK_NO_XDEV, WALK_NO_MAGIC, WALK_NO_LINKS | WALK_NO_MAGIC,
                                     WALK_BENEATH, WALK_IN_ROOT};
    struct opening o = {.flags = 0};
    struct open_how how;
    long error = read_how(t, arg[2], arg[3], &how);

    if (error != 0)
        return error;
    if (how.flags & ~(uint64_t)KNOWN_FLAGS || how.mode & ~(uint64_t)07777 || how.resolve & ~0x3ful)
        return -EINVAL;
    if (how.mode != 0 && !(how.flags & (O_CREAT | UNNAMED)))
        return -EINVAL;
    if ((how.resolve & 0x18) == 0x18)
        return -EINVAL;
    if (how.flags & O_PATH &&
        how.flags & ~(uint64_t)(O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC))
        return -EINVAL;
    for (unsigned i = 0; i < 5; i++)
        if (how.resolve >> i & 1)
            o.walk |= walks[i];
    o.flags = (unsigned)how.flags | O_LARGEFILE;
    o.mode = (unsigned)how.mode;
    return open_descriptor(t, arg[0], arg[1], &o);
}
