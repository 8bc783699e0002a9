/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a process stands: its directory, its root, its umask. */
#include "file.h"
#include "handlers.h"
#include "linux.h"

static long enter(struct task *t, struct dentry **place, struct dentry *d)
{
    long error = (d->inode->mode & S_IFMT) == S_IFDIR ? inode_permission(t, d->inode, 1) : -ENOTDIR;

    if (error != 0)
        return error;
    dentry_get(d);
    dentry_put(*place);
    *place = d;
    return 0;
}

long sys_chdir(struct task *t, const word_t *arg)
{
    struct dentry *d;
    long error = path_find(t, (word_t)AT_FDCWD, arg[0], WALK_FOLLOW, &d);

    if (error != 0)
        return error;
    error = enter(t, &t->place->cwd, d);
    dentry_put(d);
    return error;
}

long sys_fchdir(struct task *t, const word_t *arg)
{
    struct file *f = file_of(t, arg[0]);

    if (f == NULL)
        return -EBADF;
    return f->dentry == NULL ? -ENOTDIR : enter(t, &t->place->cwd, f->dentry);
}

long sys_chroot(struct task *t, const word_t *arg)
{
    struct dentry *d;
    long error = path_find(t, (word_t)AT_FDCWD, arg[0], WALK_FOLLOW, &d);

    if (error != 0)
        return error;
    error = t->process->identity.euid != 0 ? -EPERM : enter(t, &t->place->root, d);
    dentry_put(d);
    return error;
}

/* What Linux says of a directory that chroot has left outside. */
static char *unreachable(char *path, const char *buffer)
{
    static const char mark[13] = "(unreachable)";

    return (size_t)(path - buffer) < sizeof mark ? NULL
                                                 : memcpy(path - sizeof mark, mark, sizeof mark);
}

long sys_getcwd(struct task *t, const word_t *arg)
{
    static char buffer[PATH_LENGTH];
    struct dentry *d = t->place->cwd;
    char *path;
    size_t n;
    long error;

    if (d->removed)
        return -ENOENT;
    path = dentry_path(t, d, buffer, sizeof buffer);
    if (path != NULL && !dentry_below(d, t->place->root))
        path = unreachable(path, buffer);
    if (path == NULL)
        return -ENAMETOOLONG;
    n = rt_length(path) + 1;
    if (n > arg[1])
        return -ERANGE;
    error = user_write(t, arg[0], path, n);
    return error != 0 ? error : (long)n;
}

long sys_umask(struct task *t, const word_t *arg)
{
    unsigned old = t->place->umask;

    t->place->umask = (unsigned)arg[0] & 0777;
    return (long)old;
}
