/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables of descriptors, and the life of open files. */
#include "file.h"
#include "handlers.h"
#include "linux.h"
#include "notify.h"

#define CLOEXEC_BIT(fd) (1ul << ((fd) % FILES_CHUNK))

struct place *place_new(void)
{
    struct place *p = heap_alloc(sizeof *p);

    if (p == NULL)
        return NULL;
    p->refs = 1;
    p->umask = 022;
    p->cwd = dentry_get(tree_root());
    p->root = dentry_get(tree_root());
    return p;
}

struct place *place_copy(struct place *p)
{
    struct place *copy = heap_alloc(sizeof *copy);

    if (copy == NULL)
        return NULL;
    *copy = *p;
    copy->refs = 1;
    dentry_get(copy->cwd);
    dentry_get(copy->root);
    return copy;
}

void place_put(struct place *p)
{
    if (p == NULL || --p->refs > 0)
        return;
    dentry_put(p->cwd);
    dentry_put(p->root);
    heap_free(p, sizeof *p);
}

struct files *files_new(void)
{
    struct files *f = heap_alloc(sizeof *f);

    if (f != NULL)
        f->refs = 1;
    return f;
}

static struct file **place_of(struct files *f, word_t fd)
{
    struct file **chunk = fd < FILES_MAX ? f->chunk[fd / FILES_CHUNK] : NULL;

    return chunk == NULL ? NULL : &chunk[fd % FILES_CHUNK];
}

/* Take a descriptor's file out of the table. @return NULL: there is none */
static struct file *take(struct files *f, word_t fd)
{
    struct file **at = place_of(f, fd);
    struct file *file = at == NULL ? NULL : *at;

    if (file == NULL)
        return NULL;
    *at = NULL;
    f->open[fd / FILES_CHUNK] &= ~CLOEXEC_BIT(fd);
    f->cloexec[fd / FILES_CHUNK] &= ~CLOEXEC_BIT(fd);
    return file;
}

struct files *files_copy(struct files *f)
{
    struct files *copy = files_new();

    for (unsigned c = 0; copy != NULL && c < FILES_CHUNKS; c++) {
        if (f->open[c] == 0)
            continue;
        copy->chunk[c] = heap_alloc(FILES_CHUNK * sizeof(struct file *));
        if (copy->chunk[c] == NULL) {
            files_put(copy, NULL);
            return NULL;
        }
        copy->open[c] = f->open[c];
        copy->cloexec[c] = f->cloexec[c];
        for (uint64_t left = f->open[c]; left != 0; left &= left - 1) {
            unsigned i = (unsigned)__builtin_ctzl(left);

            copy->chunk[c][i] = file_get(f->chunk[c][i]);
        }
    }
    return copy;
}

static void let_go(struct task *t, struct file *file)
{
    if (t != NULL)
        locks_close(t, file);
    file_put(file);
}

void files_put(struct files *f, struct task *t)
{
    if (f == NULL || --f->refs > 0)
        return;
    for (unsigned c = 0; c < FILES_CHUNKS; c++) {
        while (f->open[c] != 0)
            let_go(t, take(f, c * FILES_CHUNK + (unsigned)__builtin_ctzl(f->open[c])));
        heap_free(f->chunk[c], FILES_CHUNK * sizeof(struct file *));
    }
    heap_free(f, sizeof *f);
}

void files_exec(struct files *f, struct task *t)
{
    for (unsigned c = 0; c < FILES_CHUNKS; c++)
        while (f->cloexec[c] != 0)
            let_go(t, take(f, c * FILES_CHUNK + (unsigned)__builtin_ctzl(f->cloexec[c])));
}

struct file *file_new(const struct file_ops *ops, unsigned flags)
{
    struct file *f = heap_alloc(sizeof *f);

    if (f == NULL)
        return NULL;
    f->refs = 1;
    f->ops = ops;
    f->flags = flags;
    return f;
}

static const struct inode_ops anonymous_inode = {.set = NULL};

struct file *file_new_anonymous(const struct file_ops *ops, unsigned flags, unsigned mode)
{
    struct file *f = file_new(ops, flags);

    if (f == NULL)
        return NULL;
    f->inode = inode_new(NULL, &anonymous_inode, mode);
    if (f->inode != NULL)
        return f;
    heap_free(f, sizeof *f);
    return NULL;
}

struct file *file_get(struct file *f)
{
    f->refs++;
    return f;
}

void file_put(struct file *f)
{
    if (f == NULL || --f->refs > 0)
        return;
    if (f->interests != NULL)
        interests_forget(f);
    if (f->inode != NULL && f->inode->locks != NULL)
        locks_release(f);
    if (f->ops->queue != NULL)
        task_wake(f->ops->queue(f)); /* who still waits in it must not outlive it there */
    if (f->ops->close != NULL)
        f->ops->close(f);
    if (f->writer)
        f->inode->writers--;
    if (notify_watches > 0 && f->dentry != NULL && !(f->flags & O_PATH)) {
        notify_dentry(f->dentry, file_writable(f) ? IN_CLOSE_WRITE : IN_CLOSE_NOWRITE);
        notify_removed(f->dentry, 1);
    }
    inode_put(f->inode);
    dentry_put(f->dentry);
    heap_free(f, sizeof *f);
}

struct file *file_of(struct task *t, word_t fd)
{
    struct file **at = place_of(t->files, (uint32_t)fd);

    return at == NULL ? NULL : *at;
}

struct file *file_of_io(struct task *t, word_t fd)
{
    struct file *f = file_of(t, fd);

    return f == NULL || f->flags & O_PATH ? NULL : f;
}

static word_t limit_of(struct task *t)
{
    word_t limit = t->process->limit[RLIMIT_NOFILE].soft;

    return limit < FILES_MAX ? limit : FILES_MAX;
}

/* The lowest free descriptor. */
static word_t lowest(const struct files *f, word_t from)
{
    for (word_t c = from / FILES_CHUNK; c < FILES_CHUNKS; c++) {
        uint64_t left = ~f->open[c];

        if (c == from / FILES_CHUNK)
            left &= ~0ul << from % FILES_CHUNK;
        if (left != 0)
            return c * FILES_CHUNK + (word_t)__builtin_ctzl(left);
    }
    return FILES_MAX;
}

static long install_at(struct files *f, struct file *file, word_t fd, bool cloexec)
{
    struct file ***chunk = &f->chunk[fd / FILES_CHUNK];

    if (*chunk == NULL)
        *chunk = heap_alloc(FILES_CHUNK * sizeof(struct file *));
    if (*chunk == NULL)
        return -ENOMEM;
    (*chunk)[fd % FILES_CHUNK] = file;
    f->open[fd / FILES_CHUNK] |= CLOEXEC_BIT(fd);
    if (cloexec)
        f->cloexec[fd / FILES_CHUNK] |= CLOEXEC_BIT(fd);
    else
        f->cloexec[fd / FILES_CHUNK] &= ~CLOEXEC_BIT(fd);
    return (long)fd;
}

long file_install(struct task *t, struct file *f, word_t from, bool cloexec)
{
    word_t fd = lowest(t->files, from);

    return fd >= limit_of(t) ? -EMFILE : install_at(t->files, f, fd, cloexec);
}

long file_give(struct task *t, struct file *f, bool cloexec)
{
    long fd = file_install(t, f, 0, cloexec);

    if (fd < 0)
        file_put(f);
    return fd;
}

long descriptor_close(struct task *t, word_t fd)
{
    struct file *f = take(t->files, (uint32_t)fd);

    if (f == NULL)
        return -EBADF;
    let_go(t, f);
    return 0;
}

/* --- close(2), dup(2), fcntl(2) as far as it is about descriptors --- */

long sys_close(struct task *t, const word_t *arg)
{
    return descriptor_close(t, arg[0]);
}

long sys_close_range(struct task *t, const word_t *arg)
{
    word_t first = (uint32_t)arg[0], last = (uint32_t)arg[1];
    unsigned flags = (unsigned)arg[2];
    enum { UNSHARE = 2, CLOEXEC = 4 };

    if (first > last || flags & ~(unsigned)(UNSHARE | CLOEXEC))
        return -EINVAL;
    if (flags & UNSHARE && t->files->refs > 1) {
        struct files *copy = files_copy(t->files);

        if (copy == NULL)
            return -ENOMEM;
        files_put(t->files, NULL);
        t->files = copy;
    }
    if (last >= FILES_MAX)
        last = FILES_MAX - 1;
    for (word_t fd = first; fd <= last; fd++) {
        if (file_of(t, fd) == NULL)
            continue;
        if (flags & CLOEXEC)
            t->files->cloexec[fd / FILES_CHUNK] |= CLOEXEC_BIT(fd);
        else
            (void)descriptor_close(t, fd);
    }
    return 0;
}

static long duplicate(struct task *t, struct file *f, word_t from, bool cloexec)
{
    long fd = file_install(t, file_get(f), from, cloexec);

    if (fd < 0)
        file_put(f);
    return fd;
}

long sys_dup(struct task *t, const word_t *arg)
{
    struct file *f = file_of(t, arg[0]);

    return f == NULL ? -EBADF : duplicate(t, f, 0, false);
}

static long dup_to(struct task *t, word_t from, word_t to, bool cloexec)
{
    struct file *f = file_of(t, from), *old;
    long fd;

    if (f == NULL || to >= limit_of(t))
        return -EBADF;
    old = take(t->files, to);
    fd = install_at(t->files, f, to, cloexec);
    if (fd >= 0)
        file_get(f);
    if (old != NULL)
        let_go(t, old);
    return fd;
}

long sys_dup2(struct task *t, const word_t *arg)
{
    word_t from = (uint32_t)arg[0], to = (uint32_t)arg[1];

    if (from == to)
        return file_of(t, from) == NULL ? -EBADF : (long)to;
    return dup_to(t, from, to, false);
}

long sys_dup3(struct task *t, const word_t *arg)
{
    word_t from = (uint32_t)arg[0], to = (uint32_t)arg[1];

    if (from == to || arg[2] & ~(word_t)O_CLOEXEC)
        return -EINVAL;
    return dup_to(t, from, to, arg[2] != 0);
}

long descriptor_control(struct task *t, struct file *f, word_t fd, unsigned command,
                        word_t argument)
{
    uint64_t *cloexec = &t->files->cloexec[fd / FILES_CHUNK];

    switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
        if (argument >= limit_of(t))
            return -EINVAL;
        return duplicate(t, f, argument, command == F_DUPFD_CLOEXEC);
    case F_GETFD:
        return (*cloexec & CLOEXEC_BIT(fd)) != 0;
    default: /* F_SETFD */
        *cloexec = argument & 1 ? *cloexec | CLOEXEC_BIT(fd) : *cloexec & ~CLOEXEC_BIT(fd);
        return 0;
    }
}
