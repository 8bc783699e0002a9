/* SPDX-License-Identifier: BSD-2-Clause */
/* Names: making, linking, removing and listing them; where a process stands. */
#include "file.h"
#include "handlers.h"
#include "linux.h"
#include "notify.h"
#include "policy.h"

static bool is_dir(const struct dentry *d)
{
    return (d->inode->mode & S_IFMT) == S_IFDIR;
}

/* Where a new name is to come. @return 0 and a reference in p->at */
static long find_new(struct task *t, word_t dirfd, word_t path, bool directory,
                     struct place_found *p)
{
    struct dentry *there;
    long error = path_user(t, dirfd, path, WALK_PARENT, p);

    if (error != 0)
        return error;
    if (p->dots)
        error = -EEXIST;
    else if (dentry_lookup(p->at, p->name, p->length, &there) == 0) {
        dentry_put(there);
        error = -EEXIST;
    } else if (p->slash && !directory) {
        error = -ENOENT;
    } else {
        error = new_entry_check(t, p->at);
    }
    if (error != 0)
        dentry_put(p->at);
    return error;
}

static long make_at(struct task *t, word_t dirfd, word_t path, unsigned mode, unsigned device,
                    const char *target)
{
    struct place_found p;
    struct dentry *d;
    long error = find_new(t, dirfd, path, (mode & S_IFMT) == S_IFDIR, &p);

    if (error != 0)
        return error;
    error = p.at->inode->ops->make(p.at, p.name, p.length, mode, device, target, &d);
    if (error == 0) {
        new_entry_own(t, p.at, d);
        notify_name(p.at->inode, d->inode, p.name, p.length, IN_CREATE, 0);
        dentry_put(d);
    }
    dentry_put(p.at);
    return error;
}

long sys_mkdirat(struct task *t, const word_t *arg)
{
    unsigned mode = (unsigned)arg[2] & 01777 & ~t->place->umask;

    return make_at(t, arg[0], arg[1], S_IFDIR | mode, 0, NULL);
}

long sys_mkdir(struct task *t, const word_t *arg)
{
    word_t at[3] = {(word_t)AT_FDCWD, arg[0], arg[1]};

    return sys_mkdirat(t, at);
}

long sys_mknodat(struct task *t, const word_t *arg)
{
    unsigned mode = (unsigned)arg[2], kind = mode & S_IFMT;

    if (kind == 0)
        kind = S_IFREG;
    if (kind == S_IFDIR)
        return -EPERM;
    if (kind != S_IFREG && kind != S_IFIFO && kind != S_IFSOCK && kind != S_IFCHR &&
        kind != S_IFBLK)
        return -EINVAL;
    if ((kind == S_IFCHR || kind == S_IFBLK) && t->process->identity.euid != 0)
        return -EPERM;
    return make_at(t, arg[0], arg[1], kind | (mode & 07777 & ~t->place->umask),
                   kind == S_IFCHR || kind == S_IFBLK ? (unsigned)arg[3] : 0, NULL);
}

long sys_mknod(struct task *t, const word_t *arg)
{
    word_t at[4] = {(word_t)AT_FDCWD, arg[0], arg[1], arg[2]};

    return sys_mknodat(t, at);
}

long sys_symlinkat(struct task *t, const word_t *arg)
{
    static char target[PATH_LENGTH];
    long n = user_string(t, target, arg[0], sizeof target);

    if (n <= 0)
        return n == 0 ? -ENOENT : n;
    return make_at(t, arg[1], arg[2], S_IFLNK | 0777, 0, target);
}

long sys_symlink(struct task *t, const word_t *arg)
{
    word_t at[3] = {arg[0], (word_t)AT_FDCWD, arg[1]};

    return sys_symlinkat(t, at);
}

/* Debian's kernel lets others link only what they could have changed (fs.protected_hardlinks). */
static bool may_link(struct task *t, struct inode *i)
{
    bool plain =
        (i->mode & S_IFMT) == S_IFREG && !(i->mode & S_ISUID) && (i->mode & 02010) != 02010;

    return inode_owned(t, i) || (plain && inode_permission(t, i, 6) == 0);
}

static long link_to(struct task *t, struct dentry *from, word_t dirfd, word_t path)
{
    struct place_found p;
    long error = find_new(t, dirfd, path, false, &p);

    if (error != 0)
        return error;
    if (is_dir(from) || !may_link(t, from->inode))
        error = -EPERM;
    else if (p.at->inode->mount != from->inode->mount)
        error = -EXDEV;
    else if (p.at->inode->ops->link == NULL)
        error = -EPERM;
    else if (from->inode->links == 0 && !from->inode->linkable)
        error = -ENOENT;
    else
        error = p.at->inode->ops->link(p.at, p.name, p.length, from->inode);
    if (error == 0) {
        notify_self(from->inode, IN_ATTRIB);
        notify_name(p.at->inode, from->inode, p.name, p.length, IN_CREATE, 0);
    }
    dentry_put(p.at);
    return error;
}

long sys_linkat(struct task *t, const word_t *arg)
{
    unsigned flags = (unsigned)arg[4];
    struct dentry *from;
    long error;

    if (flags & ~(unsigned)(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    error = path_find(t, arg[0], arg[1],
                      (flags & AT_SYMLINK_FOLLOW ? WALK_FOLLOW : 0) |
                          (flags & AT_EMPTY_PATH ? WALK_EMPTY : 0),
                      &from);
    if (error != 0)
        return error;
    error = link_to(t, from, arg[2], arg[3]);
    dentry_put(from);
    return error;
}

long sys_link(struct task *t, const word_t *arg)
{
    word_t at[5] = {(word_t)AT_FDCWD, arg[0], (word_t)AT_FDCWD, arg[1], 0};

    return sys_linkat(t, at);
}

/* May the name be taken away? A sticky directory's only by the owner of either. */
static long may_remove(struct task *t, struct dentry *dir, struct dentry *d)
{
    long error = inode_permission(t, dir->inode, 3);

    if (error == 0 && dir->inode->mode & S_ISVTX && !inode_owned(t, dir->inode) &&
        !inode_owned(t, d->inode))
        error = -EPERM;
    if (error == 0 && d->mount != NULL)
        error = -EBUSY;
    if (error == 0 && dir->inode->ops->remove == NULL)
        error = -EPERM;
    return error;
}

static long remove_entry(struct task *t, struct place_found *p, bool directory)
{
    struct dentry *d;
    long error = dentry_lookup(p->at, p->name, p->length, &d);

    if (error != 0)
        return error;
    error = may_remove(t, p->at, d);
    if (error == 0 && directory && !is_dir(d))
        error = -ENOTDIR;
    if (error == 0 && !directory && is_dir(d))
        error = -EISDIR;
    if (error == 0 && !directory && p->slash)
        error = -ENOTDIR;
    if (error == 0)
        error = p->at->inode->ops->remove(d);
    if (error == 0 && notify_watches > 0) {
        if (!directory)
            notify_self(d->inode, IN_ATTRIB);
        notify_name(p->at->inode, d->inode, p->name, p->length, IN_DELETE, 0);
        notify_removed(d, 1);
    }
    dentry_put(d);
    return error;
}

static long remove_at(struct task *t, word_t dirfd, word_t path, bool directory)
{
    struct place_found p;
    long error = path_user(t, dirfd, path, WALK_PARENT, &p);

    if (error != 0)
        return error;
    if (!p.dots)
        error = remove_entry(t, &p, directory);
    else if (!directory)
        error = -EISDIR;
    else
        error = p.length == 0 ? -EBUSY : p.length == 1 ? -EINVAL : -ENOTEMPTY;
    dentry_put(p.at);
    return error;
}

long sys_unlinkat(struct task *t, const word_t *arg)
{
    if (arg[2] & ~(word_t)AT_REMOVEDIR)
        return -EINVAL;
    return remove_at(t, arg[0], arg[1], (arg[2] & AT_REMOVEDIR) != 0);
}

long sys_unlink(struct task *t, const word_t *arg)
{
    return remove_at(t, (word_t)AT_FDCWD, arg[0], false);
}

long sys_rmdir(struct task *t, const word_t *arg)
{
    return remove_at(t, (word_t)AT_FDCWD, arg[0], true);
}

/* Both names are known; `there` is NULL if the new one is free. The order is Linux's. */
static long check_rename(const struct place_found *a, const struct dentry *what,
                         const struct place_found *b, const struct dentry *there, unsigned flags)
{
    bool exchange = (flags & RENAME_EXCHANGE) != 0;

    if (there != NULL && flags & RENAME_NOREPLACE)
        return -EEXIST;
    if (there == NULL && exchange)
        return -ENOENT;
    if (exchange && !is_dir(there) && b->slash)
        return -ENOTDIR;
    if (!is_dir(what) && (a->slash || (b->slash && !exchange)))
        return -ENOTDIR;
    if (dentry_below(b->at, what))
        return -EINVAL;
    if (there != NULL && dentry_below(a->at, there))
        return exchange ? -EINVAL : -ENOTEMPTY;
    return 0;
}

static long check_rename_rights(struct task *t, struct dentry *what, struct dentry *there,
                                struct dentry *to, bool exchange)
{
    long error = may_remove(t, what->parent, what);

    if (error == 0)
        error = there == NULL ? new_entry_check(t, to) : may_remove(t, to, there);
    if (error != 0 || there == NULL || exchange)
        return error;
    if (is_dir(what) && !is_dir(there))
        return -ENOTDIR;
    return !is_dir(what) && is_dir(there) ? -EISDIR : 0;
}

/* @param replaced what went by it, or NULL */
static void tell_renamed(const struct place_found *a, const struct place_found *b,
                         struct dentry *what, struct dentry *replaced)
{
    uint32_t cookie = notify_cookie();

    notify_name(a->at->inode, what->inode, a->name, a->length, IN_MOVED_FROM, cookie);
    notify_name(b->at->inode, what->inode, b->name, b->length, IN_MOVED_TO, cookie);
    if (replaced != NULL)
        notify_self(replaced->inode, IN_ATTRIB);
    notify_self(what->inode, IN_MOVE_SELF);
    if (replaced != NULL)
        notify_removed(replaced, 1);
}

static long rename_found(struct task *t, struct place_found *a, struct place_found *b,
                         unsigned flags)
{
    struct dentry *what, *there = NULL;
    long error = dentry_lookup(a->at, a->name, a->length, &what);

    if (error != 0)
        return error;
    error = dentry_lookup(b->at, b->name, b->length, &there);
    if (error != 0)
        there = NULL;
    if (error == 0 || (error == -ENOENT && !b->at->removed))
        error = check_rename(a, what, b, there, flags);
    if (error == 0 && there != NULL && there->inode == what->inode)
        goto same; /* two names of one file: both stay */
    if (error == 0)
        error = check_rename_rights(t, what, there, b->at, (flags & RENAME_EXCHANGE) != 0);
    if (error == 0)
        error = a->at->inode->ops->rename(what, b->at, b->name, b->length, there,
                                          (flags & RENAME_EXCHANGE) != 0);
    if (error == 0 && notify_watches > 0)
        tell_renamed(a, b, what, flags & RENAME_EXCHANGE ? NULL : there);
same:
    dentry_put(there);
    dentry_put(what);
    return error;
}

long sys_renameat2(struct task *t, const word_t *arg)
{
    static struct place_found a, b;
    unsigned flags = (unsigned)arg[4];
    long error;

    if (flags & ~(unsigned)(RENAME_NOREPLACE | RENAME_EXCHANGE) ||
        flags == (RENAME_NOREPLACE | RENAME_EXCHANGE))
        return -EINVAL;
    error = path_user(t, arg[0], arg[1], WALK_PARENT, &a);
    if (error != 0)
        return error;
    error = path_user(t, arg[2], arg[3], WALK_PARENT, &b);
    if (error == 0) {
        if (a.at->inode->mount != b.at->inode->mount)
            error = -EXDEV;
        else if (a.dots || b.dots)
            error = b.dots && !a.dots && flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
        else if (a.at->inode->ops->rename == NULL)
            error = -EPERM;
        else
            error = rename_found(t, &a, &b, flags);
        dentry_put(b.at);
    }
    dentry_put(a.at);
    return error;
}

long sys_renameat(struct task *t, const word_t *arg)
{
    word_t at[5] = {arg[0], arg[1], arg[2], arg[3], 0};

    return sys_renameat2(t, at);
}

long sys_rename(struct task *t, const word_t *arg)
{
    word_t at[5] = {(word_t)AT_FDCWD, arg[0], (word_t)AT_FDCWD, arg[1], 0};

    return sys_renameat2(t, at);
}

static long read_link(struct task *t, struct inode *i, word_t to, int size)
{
    static char target[PATH_LENGTH];
    long n = i->ops->readlink(i, target, sizeof target);

    if (n > size)
        n = size;
    if (n > 0) {
        long error = user_write(t, to, target, (size_t)n);

        n = error != 0 ? error : n;
    }
    return n;
}

long sys_readlinkat(struct task *t, const word_t *arg)
{
    struct dentry *d;
    char first = 1;
    long n;

    if ((int)arg[3] <= 0)
        return -EINVAL;
    n = path_find(t, arg[0], arg[1], WALK_EMPTY, &d);
    if (n != 0)
        return n;
    if ((d->inode->mode & S_IFMT) == S_IFLNK && d->inode->ops->readlink != NULL)
        n = read_link(t, d->inode, arg[2], (int)arg[3]);
    else
        n = user_read(t, &first, arg[1], 1) == 0 && first == 0 ? -ENOENT : -EINVAL;
    dentry_put(d);
    return n;
}

long sys_readlink(struct task *t, const word_t *arg)
{
    word_t at[4] = {(word_t)AT_FDCWD, arg[0], arg[1], arg[2]};

    return sys_readlinkat(t, at);
}

/* --- listing --- */

#define LIST_END ((word_t)INT64_MAX) /* what comes later is seen by those who begin anew */

struct listing {
    struct task *task;
    word_t to, left;
    word_t done, next;
    bool old;       /* getdents */
    bool full;
    struct dentry *dir;
    long error;
};

static unsigned type_of(unsigned mode)
{
    return (mode & S_IFMT) >> 12;
}

/* One entry in the form of getdents64 (or getdents: the type is its last byte). */
static bool emit(void *context, const char *name, size_t length, word_t number, unsigned mode,
                 word_t next)
{
    struct listing *l = context;
    size_t head = l->old ? 18 : sizeof(struct linux_dirent64);
    size_t size = (head + length + (l->old ? 2 : 1) + 7) & ~7ul;
    uint8_t entry[sizeof(struct linux_dirent64) + NAME_LENGTH + 16] = {0};
    struct linux_dirent64 *e = (struct linux_dirent64 *)entry;

    if (policy_is_on && next > 2 && !policy_shows(l->dir, name, length)) {
        l->next = next;
        return true;
    }
    if (size > l->left) {
        if (l->done == 0)
            l->error = -EINVAL;
        l->full = true;
        return false;
    }
    e->ino = number;
    e->off = (int64_t)next;
    e->reclen = (uint16_t)size;
    e->type = (uint8_t)type_of(mode);
    memcpy(entry + head, name, length);
    if (l->old) {
        entry[head + length] = 0;
        entry[size - 1] = (uint8_t)type_of(mode);
    }
    l->error = user_write(l->task, l->to + l->done, entry, size);
    if (l->error != 0)
        return false;
    l->done += size;
    l->left -= size;
    l->next = next;
    return true;
}

static word_t parent_number(const struct dentry *d)
{
    while (d->parent == NULL && d->inode->mount != NULL && d->inode->mount->covers != NULL)
        d = d->inode->mount->covers;
    return d->parent == NULL ? d->inode->number : d->parent->inode->number;
}

static long list(struct task *t, const word_t *arg, bool old)
{
    struct file *f = file_of_io(t, arg[0]);
    struct listing l = {.task = t, .to = arg[1], .left = (uint32_t)arg[2], .old = old};
    struct dentry *d;
    long error = 0;

    if (f == NULL)
        return -EBADF;
    d = f->dentry;
    if (d == NULL || !is_dir(d))
        return -ENOTDIR;
    if (d->removed)
        return -ENOENT;
    l.next = f->position;
    if (l.next == LIST_END)
        return 0;
    l.dir = d;
    if (policy_is_on)
        policy_list(d);
    if (l.next == 0 && !emit(&l, ".", 1, d->inode->number, S_IFDIR, 1))
        return l.error;
    if (l.next == 1 && !emit(&l, "..", 2, parent_number(d), S_IFDIR, 2))
        return l.done > 0 ? (f->position = l.next, (long)l.done) : l.error;
    if (d->inode->ops->list != NULL)
        error = d->inode->ops->list(d, l.next, emit, &l);
    notify_file(f, IN_ACCESS);
    f->position = error == 0 && l.error == 0 && !l.full ? LIST_END : l.next;
    if (l.done > 0)
        return (long)l.done;
    return error != 0 ? error : l.error;
}

long sys_getdents64(struct task *t, const word_t *arg)
{
    return list(t, arg, false);
}

long sys_getdents(struct task *t, const word_t *arg)
{
    return list(t, arg, true);
}
