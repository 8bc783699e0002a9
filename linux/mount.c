/* SPDX-License-Identifier: BSD-2-Clause */
/* What is mounted where, and the tree that a sandbox starts with. */
#include "file.h"
#include "fsabi.h"
#include "handlers.h"
#include "linux.h"
#include "served.h"
#include "trace.h"

#define TMPFS_MAGIC 0x01021994u
#define PROC_MAGIC  0x9fa0u
#define SYS_MAGIC   0x62656572u
#define DEVPTS_MAGIC 0x1cd1u

struct mount *mounts;

static struct dentry *root;

/* What can be mounted. */
static const struct kind {
    const char *name;
    word_t magic;
    struct inode *(*begin)(struct mount *m);
} kinds[];

static struct inode *begin_tmpfs(struct mount *m)
{
    return tmpfs_new(m, S_IFDIR | 0755);
}

static void statfs_tmpfs(struct mount *m, word_t *total, word_t *left, word_t *files,
                         word_t *files_left)
{
    (void)m;
    *total = tmpfs_limit();
    *left = tmpfs_room();
    if (*left > pages_free())
        *left = pages_free();
    *files = *total;
    *files_left = *left;
}

static const struct kind kinds[] = {
    {"tmpfs", TMPFS_MAGIC, begin_tmpfs},
    {"devtmpfs", TMPFS_MAGIC, begin_tmpfs},
    {"ramfs", TMPFS_MAGIC, begin_tmpfs},
    {"devpts", DEVPTS_MAGIC, begin_tmpfs},
    {"proc", PROC_MAGIC, proc_root},
    {"sysfs", SYS_MAGIC, sys_root},
};

static const struct kind *kind_of(const char *type)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (rt_same(kinds[i].name, type))
            return &kinds[i];
    return NULL;
}

static struct mount *mount_new(const struct kind *k, const char *source, unsigned flags)
{
    struct mount *m = heap_alloc(sizeof *m);
    struct inode *i;

    if (m == NULL)
        return NULL;
    m->type = k->name;
    m->source = source;
    m->flags = flags;
    m->magic = k->magic;
    if (k->magic == TMPFS_MAGIC)
        m->statfs = statfs_tmpfs;
    i = k->begin(m);
    m->root = i == NULL ? NULL : dentry_root(m, i);
    inode_put(i);
    if (m->root == NULL) {
        heap_free(m, sizeof *m);
        return NULL;
    }
    return m;
}

void mount_enter(struct dentry *at, struct mount *m)
{
    static unsigned last_device = 0x10;
    struct mount **end = &mounts;

    m->device = ++last_device;
    while (*end != NULL)
        end = &(*end)->next;
    *end = m;
    if (at == NULL) {
        root = m->root;
        return;
    }
    m->covers = dentry_get(at);
    at->mount = m;
}

long mount_add(struct dentry *at, const char *type, const char *source, unsigned flags)
{
    const struct kind *k = kind_of(type);
    struct mount *m;

    if (k == NULL)
        return -ENODEV;
    m = mount_new(k, source, flags);
    if (m == NULL)
        return -ENOMEM;
    mount_enter(at, m);
    return 0;
}

struct dentry *tree_root(void)
{
    return root;
}

/* A directory of the tree, made if it is not there. Gives the reference of `dir` back. */
static struct dentry *directory(struct dentry *dir, const char *name, size_t length)
{
    struct dentry *d;

    if (dentry_lookup(dir, name, length, &d) != 0 &&
        (dir->inode->ops->make == NULL ||
         dir->inode->ops->make(dir, name, length, S_IFDIR | 0755, 0, NULL, &d) != 0))
        d = NULL;
    dentry_put(dir);
    while (d != NULL && d->mount != NULL) {
        struct dentry *top = dentry_get(d->mount->root);

        dentry_put(d);
        d = top;
    }
    return d;
}

static struct dentry *parent_of(const char *path, const char **name)
{
    struct dentry *dir = dentry_get(root);

    for (;;) {
        size_t n = 0;

        while (*path == '/')
            path++;
        while (path[n] != 0 && path[n] != '/')
            n++;
        *name = path;
        if (path[n] == 0 || dir == NULL)
            return dir;
        dir = directory(dir, path, n);
        path += n;
    }
}

static long add(const char *path, unsigned mode, unsigned device, const char *target,
                struct dentry **made)
{
    const char *name;
    struct dentry *dir = parent_of(path, &name), *d;
    long error;

    if (dir == NULL)
        return -ENOMEM;
    if (dentry_lookup(dir, name, rt_length(name), &d) == 0) {
        dentry_put(d);
        error = -EEXIST;
    } else if (dir->inode->ops->make == NULL) {
        error = -ENOTDIR;
    } else {
        error = dir->inode->ops->make(dir, name, rt_length(name), mode, device, target, made);
    }
    dentry_put(dir);
    return error;
}

/* A root that a server keeps has all that it needs. */
static bool is_complete(void)
{
    return root->inode->mount->server != NULL;
}

/* /dev is ours in any case. */
static bool is_below_dev(const char *path)
{
    return path[1] == 'd' && path[2] == 'e' && path[3] == 'v' && path[4] == '/';
}

long tree_add_file(const char *path, unsigned mode, const uint8_t *data, word_t bytes)
{
    struct dentry *d;
    long error;

    if (is_complete() && !is_below_dev(path))
        return 0;
    error = add(path, S_IFREG | mode, 0, NULL, &d);

    if (error != 0)
        return error;
    tmpfs_set_fixed(d->inode, data, bytes);
    dentry_put(d);
    return 0;
}

long tree_add_link(const char *path, const char *target)
{
    struct dentry *d;
    long error;

    if (is_complete() && !is_below_dev(path))
        return 0;
    error = add(path, S_IFLNK | 0777, 0, target, &d);
    if (error == 0)
        dentry_put(d);
    return error;
}

long tree_add_node(const char *path, unsigned mode, unsigned device)
{
    struct dentry *d;
    long error = add(path, mode, device, NULL, &d);

    if (error == 0)
        dentry_put(d);
    return error;
}

bool tree_mount(const char *path, struct mount *m)
{
    const char *name;
    struct dentry *dir, *d;
    long error = tree_add_node(path, S_IFDIR | 0755, 0);

    if (error != 0 && error != -EEXIST)
        return false;
    dir = parent_of(path, &name);
    if (dir == NULL || dentry_lookup(dir, name, rt_length(name), &d) != 0)
        return false;
    mount_enter(d, m);
    dentry_put(d);
    dentry_put(dir);
    return true;
}

static bool mount_at(const char *path, unsigned mode, const char *type)
{
    struct mount *m = mount_new(kind_of(type), type, MS_NOSUID);

    if (m == NULL)
        return false;
    m->root->inode->mode = S_IFDIR | mode;
    return tree_mount(path, m);
}

static bool add_devices(void)
{
    static const struct {
        const char *path;
        unsigned mode, device;
    } nodes[] = {
        {"/dev/null", 0666, DEVICE(1, 3)},    {"/dev/zero", 0666, DEVICE(1, 5)},
        {"/dev/full", 0666, DEVICE(1, 7)},    {"/dev/random", 0666, DEVICE(1, 8)},
        {"/dev/urandom", 0666, DEVICE(1, 9)}, {"/dev/tty", 0666, DEVICE(5, 0)},
        {"/dev/console", 0600, DEVICE(5, 1)}, {"/dev/ptmx", 0666, DEVICE(5, 2)},
        {"/dev/kmsg", 0644, DEVICE(1, 11)},
    };

    for (size_t i = 0; i < sizeof nodes / sizeof nodes[0]; i++)
        if (tree_add_node(nodes[i].path, S_IFCHR | nodes[i].mode, nodes[i].device) != 0)
            return false;
    return tsr_add() && trace_add() && tree_add_link("/dev/fd", "/proc/self/fd") == 0 &&
           tree_add_link("/dev/stdin", "/proc/self/fd/0") == 0 &&
           tree_add_link("/dev/stdout", "/proc/self/fd/1") == 0 &&
           tree_add_link("/dev/stderr", "/proc/self/fd/2") == 0;
}

static bool make_root(void)
{
    static const char *const plain[] = {"/bin", "/etc", "/root", "/run", "/sbin", "/usr/bin",
                                        "/usr/sbin", "/var/tmp", "/var/log", "/mnt", "/home"};

    if (mount_add(NULL, "tmpfs", "root", 0) != 0)
        return false;
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        if (tree_add_node(plain[i], S_IFDIR | 0755, 0) != 0)
            return false;
    return tree_add_node("/tmp", S_IFDIR | 01777, 0) == 0;
}

bool tree_init(void)
{
    if (!served_root() && !make_root())
        return false;
    if (!mount_at("/proc", 0555, "proc") || !mount_at("/sys", 0555, "sysfs") ||
        !mount_at("/dev", 0755, "devtmpfs") || !mount_at("/dev/pts", 0755, "devpts") ||
        !mount_at("/dev/shm", 01777, "tmpfs") || !add_devices())
        return false;
    served_mount_all();
    return true;
}

/* --- mount(2), umount2(2) --- */

static long remount(struct dentry *d, unsigned flags)
{
    if (d->parent != NULL)
        return -EINVAL;
    d->inode->mount->flags = flags & (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC);
    return 0;
}

long sys_mount(struct task *t, const word_t *arg)
{
    static const char *const names[] = {"tmpfs", "devtmpfs", "ramfs", "devpts", "proc",
                                        "sysfs"};
    unsigned flags = (unsigned)arg[3];
    const char *known = NULL;
    struct dentry *d;
    char type[32];
    long n = 0;

    if (t->process->identity.euid != 0)
        return -EPERM;
    if (!(flags & MS_REMOUNT)) {
        n = user_string(t, type, arg[2], sizeof type);
        for (size_t i = 0; n >= 0 && i < sizeof names / sizeof names[0]; i++)
            if (rt_same(type, names[i]))
                known = names[i];
        if (n < 0)
            return n == -ENAMETOOLONG ? -ENODEV : n;
    }
    n = path_find(t, (word_t)AT_FDCWD, arg[1], WALK_FOLLOW, &d);
    if (n != 0)
        return n;
    if (flags & MS_REMOUNT)
        n = remount(d, flags);
    else if (known == NULL)
        n = -ENODEV;
    else if ((d->inode->mode & S_IFMT) != S_IFDIR)
        n = -ENOTDIR;
    else
        n = mount_add(d, known, known, flags & (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC));
    dentry_put(d);
    return n;
}

/* Mapped, or in use otherwise than by its names. */
static bool is_used(const struct inode *i)
{
    return i->refs > ((i->mode & S_IFMT) == S_IFDIR ? 1 : i->links);
}

/* Does anybody use anything in it? Each dentry of tmpfs has one reference of the tree's, one of
 * each child, and no other; each inode one of each name. */
static bool is_busy(const struct dentry *top)
{
    const struct dentry *d = top;

    for (;;) {
        unsigned children = 0;

        for (const struct dentry *c = d->children; c != NULL; c = c->next)
            children++;
        if (d->refs != children + 1 || d->mount != NULL || is_used(d->inode))
            return true;
        if (d->children != NULL) {
            d = d->children;
            continue;
        }
        while (d != top && d->next == NULL)
            d = d->parent;
        if (d == top)
            return false;
        d = d->next;
    }
}

static void empty(struct dentry *top)
{
    while (top->children != NULL) {
        struct dentry *d = top->children;

        while (d->children != NULL)
            d = d->children;
        dentry_remove(d);
    }
}

static long unmount(struct mount *m)
{
    struct mount **at = &mounts;

    while (*at != m)
        at = &(*at)->next;
    *at = m->next;
    empty(m->root);
    dentry_put(m->root);
    m->covers->mount = NULL;
    dentry_put(m->covers);
    heap_free(m, sizeof *m);
    return 0;
}

long sys_umount2(struct task *t, const word_t *arg)
{
    struct dentry *d;
    struct mount *m;
    long n;

    if (t->process->identity.euid != 0)
        return -EPERM;
    n = path_find(t, (word_t)AT_FDCWD, arg[0], WALK_FOLLOW, &d);
    if (n != 0)
        return n;
    m = d->inode->mount;
    if (d->parent != NULL || m->root != d)
        n = -EINVAL;
    dentry_put(d);
    if (n != 0)
        return n;
    return m->covers == NULL || m->server != NULL || is_busy(m->root) ? -EBUSY : unmount(m);
}
