/* SPDX-License-Identifier: BSD-2-Clause */
/* Inodes: what is the same for every file system. */
#include "file.h"
#include "fsabi.h"
#include "linux.h"
#include "notify.h"
#include "policy.h"

struct inode *inode_new(struct mount *m, const struct inode_ops *ops, unsigned mode)
{
    static word_t last_number;
    struct inode *i = heap_alloc(sizeof *i);

    if (i == NULL)
        return NULL;
    i->refs = 1;
    i->ops = ops;
    i->mount = m;
    i->mode = mode;
    i->links = 1;
    i->number = ++last_number;
    i->atime = i->mtime = i->ctime = i->btime = filetime_now();
    return i;
}

struct inode *inode_get(struct inode *i)
{
    i->refs++;
    return i;
}

void inode_put(struct inode *i)
{
    if (i == NULL || --i->refs > 0)
        return;
    if (i->ops->gone != NULL)
        i->ops->gone(i);
    if (i->pipe != NULL)
        pipe_forget(i);
    xattr_forget(i);
    heap_free(i, sizeof *i);
}

struct filetime filetime_now(void)
{
    word_t now = clock_now() + (word_t)clock_realtime_offset;

    return (struct filetime){(int64_t)(now / 1000000000u), (uint32_t)(now % 1000000000u)};
}

void inode_touch(struct inode *i, unsigned what)
{
    struct filetime now = filetime_now();

    if (what & SET_ATIME)
        i->atime = now;
    if (what & SET_MTIME)
        i->mtime = now;
    if (what != SET_ATIME)
        i->ctime = now;
}

long inode_page(struct inode *i, word_t index, bool make)
{
    if (i->ops->page == NULL)
        return -ENODEV;
    return i->ops->page(i, index, make);
}

long inode_read(struct inode *i, void *to, size_t bytes, word_t at)
{
    struct transfer x;
    struct iovec space;

    if (i->ops->read == NULL)
        return -EINVAL;
    transfer_one(&x, &space, NULL, (word_t)to, bytes);
    return i->ops->read(i, &x, at);
}

long inode_write(struct inode *i, const void *from, size_t bytes, word_t at)
{
    struct transfer x;
    struct iovec space;

    if (i->ops->write == NULL)
        return -EINVAL;
    transfer_one(&x, &space, NULL, (word_t)from, bytes);
    return i->ops->write(i, &x, at);
}

bool inode_read_only(const struct inode *i)
{
    if (policy_is_on)
        policy_change(i);
    return i->unchangeable || (i->mount != NULL && i->mount->flags & MS_RDONLY);
}

/* As Linux tells of it: one time alone is what reading or writing would do. */
static uint32_t event_of(const struct attributes *a)
{
    if (a->set == SET_SIZE || a->set == SET_MTIME)
        return IN_MODIFY;
    return a->set == SET_ATIME ? IN_ACCESS : IN_ATTRIB;
}

long inode_set(struct inode *i, const struct attributes *a)
{
    long error;

    if (inode_read_only(i))
        return -EROFS;
    if (i->ops->set == NULL && i->mount == NULL && !(a->set & SET_SIZE)) {
        i->mode = a->set & SET_MODE ? (i->mode & S_IFMT) | (a->mode & 07777) : i->mode;
        i->uid = a->set & SET_UID ? a->uid : i->uid;
        i->gid = a->set & SET_GID ? a->gid : i->gid;
        return 0; /* a pipe, a socket: it is only here */
    }
    if (i->ops->set == NULL)
        return -EPERM;
    error = i->ops->set(i, a);
    if (error == 0 && notify_watches > 0)
        notify_inode(i, event_of(a));
    return error;
}

static bool in_group(const struct identity *id, unsigned gid)
{
    if (id->fsgid == gid)
        return true;
    for (unsigned g = 0; g < id->groups; g++)
        if (id->group[g] == gid)
            return true;
    return false;
}

/* Root may do anything but execute what nobody may (capabilities(7), CAP_DAC_OVERRIDE). */
long inode_permission(struct task *t, struct inode *i, unsigned mask)
{
    const struct identity *id = &t->process->identity;
    unsigned allowed = i->mode & 7;
    bool is_dir = (i->mode & S_IFMT) == S_IFDIR;

    if (mask & 2 && inode_read_only(i) &&
        (is_dir || (i->mode & S_IFMT) == S_IFREG || (i->mode & S_IFMT) == S_IFLNK))
        return -EROFS;
    if (id->fsuid == 0)
        return mask & 1 && !is_dir && (i->mode & 0111) == 0 ? -EACCES : 0;
    if (id->fsuid == i->uid)
        allowed = i->mode >> 6 & 7;
    else if (in_group(id, i->gid))
        allowed = i->mode >> 3 & 7;
    return (mask & ~allowed) != 0 ? -EACCES : 0;
}

bool inode_owned(struct task *t, const struct inode *i)
{
    unsigned uid = t->process->identity.fsuid;

    return uid == 0 || uid == i->uid;
}

bool inode_in_group(struct task *t, unsigned gid)
{
    return in_group(&t->process->identity, gid);
}
