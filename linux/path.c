/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Paths (path_resolution(7)). What is still to be walked stands at the end of one buffer, so that
 * the target of a link can be put before it. One path at a time: nothing here waits.
 */
#include "file.h"
#include "fsabi.h"
#include "linux.h"
#include "policy.h"

#define LINKS_MAX 40u

static char text[3 * PATH_LENGTH];

struct walk {
    struct task *task;
    struct dentry *at;   /* with a reference */
    struct dentry *root; /* borrowed */
    struct mount *mount; /* WALK_NO_XDEV: where it began */
    const char *rest;
    unsigned flags, links;
};

static void step_to(struct walk *w, struct dentry *d)
{
    dentry_put(w->at);
    w->at = d;
}

static bool is_kind(const struct dentry *d, unsigned kind)
{
    return (d->inode->mode & S_IFMT) == kind;
}

/* Put text before what is left. */
static long insert(struct walk *w, const char *target, size_t length)
{
    char *to = (char *)(word_t)w->rest - length - (*w->rest != 0 ? 1 : 0);

    if (length == 0)
        return -ENOENT;
    if (length >= PATH_LENGTH || to < text)
        return -ENAMETOOLONG;
    memcpy(to, target, length);
    if (*w->rest != 0)
        to[length] = '/';
    w->rest = to;
    return 0;
}

static long begin_absolute(struct walk *w)
{
    if (w->flags & WALK_BENEATH)
        return -EXDEV;
    if (w->flags & WALK_NO_XDEV && w->root->inode->mount != w->mount)
        return -EXDEV;
    step_to(w, dentry_get(w->root));
    return 0;
}

static long go_up(struct walk *w)
{
    struct dentry *d = w->at;

    if (d == w->root)
        return w->flags & WALK_BENEATH ? -EXDEV : 0;
    while (d->parent == NULL && d->inode->mount != NULL && d->inode->mount->covers != NULL) {
        d = d->inode->mount->covers;
        if (w->flags & WALK_NO_XDEV)
            return -EXDEV;
        if (d == w->root)
            return 0;
    }
    if (d->parent != NULL)
        step_to(w, dentry_get(d->parent));
    return 0;
}

/* Follow a link: its text goes before the rest, or it leads somewhere by itself. */
static long follow(struct walk *w, struct dentry *link)
{
    static char target[PATH_LENGTH];
    struct inode *i = link->inode;
    long n;

    if (++w->links > LINKS_MAX || w->flags & WALK_NO_LINKS)
        return -ELOOP;
    if (i->ops->jump != NULL) {
        struct dentry *to;

        if (w->flags & (WALK_NO_MAGIC | WALK_BENEATH | WALK_IN_ROOT))
            return w->flags & WALK_NO_MAGIC ? -ELOOP : -EXDEV;
        n = i->ops->jump(i, &to);
        if (n == 0)
            step_to(w, to);
        return n;
    }
    n = i->ops->readlink(i, target, sizeof target);
    if (n < 0)
        return n;
    n = insert(w, target, (size_t)n);
    if (n == 0 && *w->rest == '/')
        n = begin_absolute(w);
    return n;
}

static struct dentry *enter_mounts(struct dentry *d)
{
    while (d->mount != NULL) {
        struct dentry *root = dentry_get(d->mount->root);

        dentry_put(d);
        d = root;
    }
    return d;
}

/* One name that is not dots. @param last nothing comes after it; slash: but slashes do */
static long step(struct walk *w, const char *name, size_t length, bool last, bool slash)
{
    struct dentry *d;
    long error = dentry_lookup(w->at, name, length, &d);

    if (error != 0)
        return error;
    if (d->mount != NULL && w->flags & WALK_NO_XDEV) {
        dentry_put(d);
        return -EXDEV;
    }
    d = enter_mounts(d);
    if (policy_is_on)
        error = policy_enter(d, last);
    if (error != 0) {
        dentry_put(d);
        return error;
    }
    if (is_kind(d, S_IFLNK) && (!last || slash || w->flags & WALK_FOLLOW)) {
        if (last && slash)
            w->rest--; /* the slash goes behind what the link says */
        error = follow(w, d);
        dentry_put(d);
        return error;
    }
    step_to(w, d);
    return 0;
}

static long stop(struct walk *w, const char *name, size_t length, bool slash,
                 struct place_found *to)
{
    to->stopped = true;
    to->slash = slash;
    to->length = length;
    to->dots = length == 0 || (name[0] == '.' && (length == 1 || (length == 2 && name[1] == '.')));
    memcpy(to->name, name, length);
    to->name[length] = 0;
    (void)w;
    return 0;
}

static long check_directory(struct walk *w)
{
    if (!is_kind(w->at, S_IFDIR))
        return -ENOTDIR;
    return inode_permission(w->task, w->at->inode, 1);
}

/* The next name of what is left. @return 1: go on; 0: done */
static long advance(struct walk *w, struct place_found *to)
{
    const char *name;
    size_t length = 0;
    bool last, slash;
    long error;

    while (*w->rest == '/')
        w->rest++;
    name = w->rest;
    if (*name == 0)
        return w->flags & WALK_PARENT ? stop(w, name, 0, true, to) : 0;
    while (name[length] != 0 && name[length] != '/')
        length++;
    w->rest = name + length;
    slash = *w->rest == '/';
    while (*w->rest == '/')
        w->rest++;
    last = *w->rest == 0;
    error = check_directory(w);
    if (error == 0 && length > NAME_LENGTH)
        error = -ENAMETOOLONG;
    if (error != 0)
        return error;
    if (last && w->flags & WALK_PARENT)
        return stop(w, name, length, slash, to);
    if (length == 1 && name[0] == '.')
        return 1;
    if (length == 2 && name[0] == '.' && name[1] == '.') {
        error = go_up(w);
        return error != 0 ? error : 1;
    }
    if (last && slash && w->flags & WALK_CREATE)
        return -EISDIR;
    error = step(w, name, length, last, slash);
    if (error == -ENOENT && last && w->flags & WALK_CREATE && !w->at->removed)
        return stop(w, name, length, slash, to);
    if (error != 0)
        return error;
    if (last && slash && *w->rest == 0 && !is_kind(w->at, S_IFDIR))
        return -ENOTDIR;
    return 1;
}

static long walk(struct walk *w, struct place_found *to)
{
    long more = 1;

    to->stopped = to->slash = to->dots = false;
    to->length = 0;
    to->name[0] = 0;
    w->mount = w->at->inode->mount;
    if (*w->rest == 0 && !(w->flags & WALK_EMPTY))
        more = -ENOENT;
    else if (*w->rest == '/')
        more = begin_absolute(w) == 0 ? 1 : -EXDEV;
    while (more > 0)
        more = advance(w, to);
    if (more < 0)
        dentry_put(w->at);
    else
        to->at = w->at;
    return more;
}

static long walk_from(struct task *t, struct dentry *start, unsigned flags, const char *rest,
                      struct place_found *to)
{
    struct walk w = {.task = t, .at = dentry_get(start), .root = t->place->root, .flags = flags,
                     .rest = rest};

    if (flags & (WALK_IN_ROOT | WALK_BENEATH))
        w.root = start;
    return walk(&w, to);
}

long path_user(struct task *t, word_t dirfd, word_t path, unsigned flags, struct place_found *to)
{
    char *at = text + sizeof text - PATH_LENGTH;
    struct dentry *start = t->place->cwd;
    struct file *f;
    long n = user_string(t, at, path, PATH_LENGTH);

    if (n < 0)
        return n;
    if (n == 0 && !(flags & WALK_EMPTY))
        return -ENOENT;
    memmove(text + sizeof text - 1 - n, at, (size_t)n + 1);
    at = text + sizeof text - 1 - n;
    if ((int)dirfd != AT_FDCWD && (*at != '/' || flags & WALK_IN_ROOT)) {
        f = file_of(t, (unsigned)dirfd);
        if (f == NULL)
            return -EBADF;
        start = f->dentry;
        if (start == NULL || start->inode == NULL)
            return -ENOTDIR;
        if (n > 0 && !is_kind(start, S_IFDIR))
            return -ENOTDIR;
    }
    return walk_from(t, start, flags, at, to);
}

long path_find(struct task *t, word_t dirfd, word_t path, unsigned flags, struct dentry **found)
{
    struct place_found to;
    long error = path_user(t, dirfd, path, flags, &to);

    if (error == 0)
        *found = to.at;
    return error;
}

long path_from(struct task *t, struct dentry *start, const char *path, unsigned flags,
               struct place_found *to)
{
    size_t n = rt_length(path);

    if (n >= PATH_LENGTH)
        return -ENAMETOOLONG;
    memcpy(text + sizeof text - 1 - n, path, n + 1);
    return walk_from(t, start, flags, text + sizeof text - 1 - n, to);
}

long path_walk(struct task *t, const char *path, unsigned flags, struct dentry **found)
{
    struct place_found to;
    long error = path_from(t, t->place->cwd, path, flags, &to);

    if (error == 0)
        *found = to.at;
    return error;
}
