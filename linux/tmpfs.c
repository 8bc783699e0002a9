/* SPDX-License-Identifier: BSD-2-Clause */
/* tmpfs: directories, links and special files that are nothing but what is kept here in memory. */
#include "file.h"
#include "fsabi.h"
#include "linux.h"

static const struct inode_ops *ops_of(unsigned mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG: return &tmpfs_file;
    case S_IFDIR: return &tmpfs_dir;
    case S_IFLNK: return &tmpfs_link;
    default: return &tmpfs_special;
    }
}

struct inode *tmpfs_new(struct mount *m, unsigned mode)
{
    struct inode *i = inode_new(m, ops_of(mode), mode);

    if (i != NULL && (mode & S_IFMT) == S_IFDIR) {
        i->links = 2;
        i->size = 0;
    }
    if (i != NULL)
        i->seals = F_SEAL_SEAL; /* memfd_create takes it away */
    return i;
}

static long dir_make(struct dentry *dir, const char *name, size_t length, unsigned mode,
                     unsigned device, const char *target, struct dentry **made)
{
    struct inode *i = tmpfs_new(dir->inode->mount, mode);

    if (i == NULL)
        return -ENOSPC;
    i->device = device;
    if (target != NULL) {
        i->size = rt_length(target);
        i->u.target = heap_text(target, i->size);
    }
    *made = target == NULL || i->u.target != NULL ? dentry_add(dir, name, length, i, true) : NULL;
    inode_put(i); /* the name has a reference */
    if (*made == NULL)
        return -ENOSPC;
    dir->inode->links += (mode & S_IFMT) == S_IFDIR;
    dir->inode->size += 20; /* as Linux's tmpfs counts */
    inode_touch(dir->inode, SET_MTIME);
    return 0;
}

static long dir_link(struct dentry *dir, const char *name, size_t length, struct inode *target)
{
    struct dentry *d = dentry_add(dir, name, length, target, true);

    if (d == NULL)
        return -ENOSPC;
    dentry_put(d);
    target->links++;
    inode_touch(target, 0);
    dir->inode->size += 20;
    inode_touch(dir->inode, SET_MTIME);
    return 0;
}

/* Take a name away and count it off. */
static void drop(struct dentry *d)
{
    struct inode *i = d->inode, *dir = d->parent->inode;

    if ((i->mode & S_IFMT) == S_IFDIR) {
        i->links = 0;
        dir->links--;
    } else {
        i->links--;
    }
    dir->size -= dir->size < 20 ? dir->size : 20;
    inode_touch(i, 0);
    inode_touch(dir, SET_MTIME);
    dentry_remove(d);
}

static long dir_remove(struct dentry *d)
{
    if (d->children != NULL)
        return -ENOTEMPTY;
    drop(d);
    return 0;
}

static bool is_dir(const struct dentry *d)
{
    return (d->inode->mode & S_IFMT) == S_IFDIR;
}

static void moved(struct dentry *d, struct inode *from)
{
    if (is_dir(d)) {
        from->links--;
        d->parent->inode->links++;
    }
    from->size -= from->size < 20 ? from->size : 20;
    d->parent->inode->size += 20;
    inode_touch(from, SET_MTIME);
    inode_touch(d->parent->inode, SET_MTIME);
    inode_touch(d->inode, 0);
}

static long dir_rename(struct dentry *d, struct dentry *dir, const char *name, size_t length,
                       struct dentry *replaced, bool exchange)
{
    struct inode *from = d->parent->inode;
    long error;

    if (exchange) {
        error = dentry_exchange(d, replaced);
        if (error == 0) {
            moved(d, from);
            moved(replaced, d->parent->inode);
        }
        return error;
    }
    if (replaced != NULL && replaced->children != NULL)
        return -ENOTEMPTY;
    inode_get(from);
    error = dentry_move(d, dir, name, length);
    if (error == 0) {
        moved(d, from);
        if (replaced != NULL)
            drop(replaced);
    }
    inode_put(from);
    return error;
}

static long dir_list(struct dentry *dir, word_t from, directory_emit *emit, void *context)
{
    for (struct dentry *d = dir->children; d != NULL; d = d->next) {
        if (d->cookie < from)
            continue;
        if (!emit(context, d->name, d->length, d->inode->number, d->inode->mode, d->cookie + 1))
            break;
    }
    return 0;
}

static long link_read(struct inode *i, char *to, size_t size)
{
    size_t n = i->size < size ? i->size : size;

    memcpy(to, i->u.target, n);
    return (long)n;
}

static void link_gone(struct inode *i)
{
    if (i->u.target != NULL)
        heap_free(i->u.target, i->size + 1);
}

static long set_no_size(struct inode *i, const struct attributes *a)
{
    return a->set & SET_SIZE ? -EINVAL : tmpfs_set(i, a);
}

const struct inode_ops tmpfs_dir = {
    .make = dir_make,
    .link = dir_link,
    .remove = dir_remove,
    .rename = dir_rename,
    .list = dir_list,
    .set = set_no_size,
};

const struct inode_ops tmpfs_link = {
    .readlink = link_read,
    .gone = link_gone,
    .set = set_no_size,
};

const struct inode_ops tmpfs_special = {.set = set_no_size};
