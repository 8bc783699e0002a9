/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rules are lists of paths. A path is looked at when a walk comes to it, and its inode then
 * notes whether it may be changed; inode_read_only asks that note. A file that has names inside and
 * outside of what may be changed is seen as it was walked to last.
 */
#include "policy.h"

#include "fsabi.h"
#include "inode.h"
#include "linux.h"

#include <abi/invoke.h>
#include <rt/component.h>
#include <rt/program.h>

bool policy_is_on;

static const char *look, *change, *see;
static bool bounded, learning;

/* --- paths ---------------------------------------------------------------------------------- */

/* Of a dentry, from the root of the whole tree, with more behind it. */
struct place_text {
    char buffer[PATH_LENGTH];
    char *path;
};

static bool prepend(struct place_text *p, const char *text, size_t length)
{
    if ((size_t)(p->path - p->buffer) < length)
        return false;
    p->path -= length;
    memcpy(p->path, text, length);
    return true;
}

/* @return NULL: too long, or it has no place */
static const char *path_of(const struct dentry *d, const char *more, size_t length)
{
    static struct place_text p;

    p.path = p.buffer + sizeof p.buffer - 1;
    *p.path = 0;
    if (length > 0 && (!prepend(&p, more, length) || !prepend(&p, "/", 1)))
        return NULL;
    for (;;) {
        if (d->parent != NULL) {
            if (!prepend(&p, d->name, d->length) || !prepend(&p, "/", 1))
                return NULL;
            d = d->parent;
        } else if (d->inode->mount != NULL && d->inode->mount->covers != NULL) {
            d = d->inode->mount->covers;
        } else {
            return *p.path != 0 ? p.path : "/";
        }
    }
}

/* `path` is `above`, or below it. */
static bool is_below(const char *path, size_t length, const char *above, size_t above_length)
{
    if (above_length == 1)
        return true; /* the root */
    if (length < above_length)
        return false;
    for (size_t i = 0; i < above_length; i++) {
        if (path[i] != above[i])
            return false;
    }
    return length == above_length || path[above_length] == '/';
}

static bool is_ours(const char *path)
{
    size_t n = rt_length(path);

    return is_below(path, n, "/dev", 4) || is_below(path, n, "/proc", 5) ||
           is_below(path, n, "/sys", 4);
}

enum relation { APART, ABOVE, BELOW };

/* How a path stands to a list of them: below one of them, or on the way to one. */
static enum relation stands(const char *path, const char *list)
{
    enum relation best = APART;
    size_t n = rt_length(path);

    for (const char *at = list; at != NULL && *at != 0;) {
        size_t length = 0;

        while (at[length] != 0 && at[length] != ':')
            length++;
        if (is_below(path, n, at, length))
            return BELOW;
        if (is_below(at, length, path, n))
            best = ABOVE;
        at += length + (at[length] == ':');
    }
    return best;
}

/* `see` names directories only themselves: what is below one is not there by it. */
static bool is_seen(const char *path)
{
    size_t n = rt_length(path);

    for (const char *at = see; at != NULL && *at != 0;) {
        size_t length = 0;

        while (at[length] != 0 && at[length] != ':')
            length++;
        if (is_below(at, length, path, n))
            return true;
        at += length + (at[length] == ':');
    }
    return false;
}

static bool may_look(const char *path)
{
    return is_ours(path) || stands(path, look) != APART || stands(path, change) != APART ||
           is_seen(path);
}

void policy_init(struct dentry *root)
{
    look = rt_argument("look");
    change = rt_argument("change");
    see = rt_argument("see");
    bounded = look != NULL || change != NULL || see != NULL;
    learning = rt_argument("learn") != NULL;
    policy_is_on = bounded || learning;
    root->inode->unchangeable = bounded && stands("/", change) != BELOW;
}

/* --- what is asked -------------------------------------------------------------------------- */

static void note(const char *what, const char *path)
{
    if (path != NULL && !is_ours(path))
        rt_say(1, "learn: %s %s", what, path);
}

long policy_enter(struct dentry *d, bool last)
{
    bool is_dir = (d->inode->mode & S_IFMT) == S_IFDIR;
    const char *path;

    if (learning) {
        if (!d->noted && (last || !is_dir)) {
            d->noted = true;
            note(is_dir ? "see" : "look", path_of(d, NULL, 0));
        }
        return 0;
    }
    path = path_of(d, NULL, 0);
    if (path == NULL || !may_look(path))
        return -ENOENT;
    d->inode->unchangeable = !is_ours(path) && stands(path, change) != BELOW;
    return 0;
}

bool policy_shows(struct dentry *dir, const char *name, unsigned long length)
{
    const char *path = bounded ? path_of(dir, name, length) : NULL;

    return !bounded || (path != NULL && may_look(path));
}

void policy_list(struct dentry *dir)
{
    if (learning)
        note("look", path_of(dir, NULL, 0));
}

void policy_change(const struct inode *i)
{
    struct dentry *d = NULL;

    if (learning)
        d = i->mount != NULL && i->mount->root->inode == i ? i->mount->root : dentry_of(i);
    if (d != NULL)
        note("change", path_of(d, NULL, 0));
}

void policy_use(const char *route)
{
    if (learning)
        rt_say(1, "learn: use %s", route);
}

void policy_report(void)
{
    word_t type, object, rights, size = 0, used = 0, hint, fixed;

    if (!learning)
        return;
    (void)cnode_inspect(COMPONENT_CNODE, COMPONENT_UNTYPED, &type, &object, &rights, &size, &used,
                        &hint);
    fixed = rt_info()->memory_bytes - size * GRANULE;
    rt_say(1, "learn: memory %lu %lu", fixed, used * GRANULE);
}
