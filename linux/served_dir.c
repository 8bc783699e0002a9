/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of served file systems. */
#include "file.h"
#include "fsabi.h"
#include "linux.h"
#include "served.h"

#include <filelib/entry.h>

#define FIRST_PLACE 2u      /* of a listing: behind "." and ".."; then the server's cookies */
#define LIST_BYTES  16384u

static struct file_handle handle_of(const struct dentry *d)
{
    return d->inode->u.served->file;
}

static bool is_dir(const struct dentry *d)
{
    return (d->inode->mode & S_IFMT) == S_IFDIR;
}

/* A dentry for what the server has found or made. */
static long enter(struct dentry *dir, const char *name, size_t length,
                  const struct file_attributes *a, struct dentry **to)
{
    struct inode *i = served_inode(dir->inode->mount, a);

    if (i == NULL)
        return -ENOMEM;
    *to = dentry_add(dir, name, length, i, false);
    inode_put(i);
    if (*to == NULL)
        return -ENOMEM;
    served_remember(*to);
    return 0;
}

static long dir_lookup(struct dentry *dir, const char *name, size_t length, struct dentry **found)
{
    struct files_connection *c = served_connection(dir->inode);
    struct file_attributes a;
    enum file_stop stop;
    uint32_t taken;
    enum file_error error =
        files_lookup(c, handle_of(dir), 0, name, length, &stop, &taken, &a);

    if (error != FILE_OK)
        return served_error(error);
    if (stop == FILE_STOP_MISSING)
        return -ENOENT;
    return stop == FILE_STOP_NOT_DIRECTORY ? -ENOTDIR : enter(dir, name, length, &a, found);
}

static void changed(struct dentry *dir)
{
    dir->inode->u.served->old = true;
}

static long dir_make(struct dentry *dir, const char *name, size_t length, unsigned mode,
                     unsigned device, const char *target, struct dentry **made)
{
    struct files_connection *c = served_connection(dir->inode);
    unsigned uid = caller == NULL ? 0 : caller->process->identity.fsuid;
    unsigned gid = caller == NULL ? 0 : caller->process->identity.fsgid;
    uint64_t token = files_token(c);
    struct file_attributes a;
    enum file_error error;

    if (target != NULL)
        error = files_make_link(c, handle_of(dir), name, length, target, rt_length(target), &a);
    else
        SERVED_REPEAT(c, error,
                      file_make(c->server, handle_of(dir), (enum file_kind)(mode >> 12),
                                (uint16_t)(mode & 07777), uid, gid, DEVICE_MAJOR(device),
                                DEVICE_MINOR(device), 0, token, name, length, &a));
    if (error != FILE_OK)
        return served_error(error);
    changed(dir);
    return enter(dir, name, length, &a, made);
}

static long dir_link(struct dentry *dir, const char *name, size_t length, struct inode *target)
{
    enum file_error error = files_link(served_connection(dir->inode), target->u.served->file,
                                       handle_of(dir), name, length);

    target->u.served->old = true;
    changed(dir);
    return served_error(error);
}

/* A name that is going: who uses its file keeps it. @return 0, or why it cannot be kept */
static long prepare(struct dentry *d)
{
    served_forget(d);
    return d->inode->refs > 1 || d->refs > 1 ? served_keep(d->inode) : 0;
}

static void drop(struct dentry *d)
{
    d->inode->u.served->old = false; /* the server need not know it any more */
    d->inode->links -= d->inode->links > 0;
    if (is_dir(d))
        d->inode->links = 0;
    else
        d->inode->u.served->old = d->inode->links > 0;
    dentry_remove(d);
}

static long dir_remove(struct dentry *d)
{
    struct dentry *dir = d->parent;
    long error = prepare(d);

    if (error == 0)
        error = served_error(files_remove(served_connection(dir->inode), handle_of(dir), d->name,
                                          d->length, is_dir(d)));
    if (error != 0)
        return error;
    changed(dir);
    drop(d);
    return 0;
}

static long dir_rename(struct dentry *d, struct dentry *dir, const char *name, size_t length,
                       struct dentry *replaced, bool exchange)
{
    struct dentry *old = d->parent;
    long error = replaced != NULL && !exchange ? prepare(replaced) : 0;

    if (error == 0)
        error = served_error(files_rename(
            served_connection(old->inode), handle_of(old), d->name, d->length, handle_of(dir), name,
            length, exchange ? FILE_REPLACE_EXCHANGE : FILE_REPLACE_YES));
    if (error != 0)
        return error;
    changed(old);
    changed(dir);
    d->inode->u.served->old = true;
    if (exchange)
        return dentry_exchange(d, replaced);
    if (replaced != NULL)
        drop(replaced);
    return dentry_move(d, dir, name, length);
}

/* Give what the server has packed. @return false: there was no room for more */
static bool emit_all(const uint8_t *from, size_t bytes, directory_emit *emit, void *context,
                     uint64_t *cookie)
{
    for (size_t at = 0; at + FILES_PACKED_HEAD < bytes;) {
        struct files_packed e;

        memcpy(&e, from + at, FILES_PACKED_HEAD);
        if (e.size < FILES_PACKED_HEAD + e.name_size || e.size > bytes - at)
            return false; /* not what the protocol says */
        if (!emit(context, (const char *)from + at + FILES_PACKED_HEAD, e.name_size, e.inode,
                  (unsigned)e.kind << 12, e.cookie + FIRST_PLACE))
            return false;
        *cookie = e.cookie;
        at += e.size;
    }
    return true;
}

static long dir_list(struct dentry *dir, word_t from, directory_emit *emit, void *context)
{
    static uint8_t entries[LIST_BYTES];
    struct files_connection *c = served_connection(dir->inode);
    uint64_t cookie = from - FIRST_PLACE;
    bool end = false;

    while (!end) {
        size_t bytes = 0;
        enum file_error error =
            files_read_entries(c, handle_of(dir), cookie, 0, LIST_BYTES, &bytes, &end);

        if (error != FILE_OK)
            return served_error(error);
        if (bytes > LIST_BYTES || (bytes == 0 && !end))
            return -EIO;
        memcpy(entries, files_data(c), bytes); /* the window may be used while they are given */
        if (!emit_all(entries, bytes, emit, context, &cookie))
            return 0;
    }
    return 0;
}

static long link_read(struct inode *i, char *to, size_t size)
{
    size_t done = 0;
    enum file_error error =
        files_read_link(served_connection(i), i->u.served->file, to, size, &done);

    return error != FILE_OK ? served_error(error) : (long)done;
}

#define EVERYWHERE                                                                              \
    .refresh = served_refresh, .set = served_set, .gone = served_gone, .sync = served_sync,     \
    .xattr_get = served_value_get, .xattr_set = served_value_set, .xattr_list = served_value_list

const struct inode_ops served_dir = {
    EVERYWHERE,
    .lookup = dir_lookup,
    .make = dir_make,
    .link = dir_link,
    .remove = dir_remove,
    .rename = dir_rename,
    .list = dir_list,
};

const struct inode_ops served_link = {EVERYWHERE, .readlink = link_read};

const struct inode_ops served_special = {EVERYWHERE};
