/* SPDX-License-Identifier: BSD-2-Clause */
/* Served file systems: mounting them, their inodes and attributes. */
#include "served.h"

#include "cache.h"
#include "file.h"
#include "fsabi.h"
#include "linux.h"

#include <filelib/files.h>

#define BUCKETS      1024u
#define WINDOW_PAGES 64u
#define RECENT       512u

static struct served *buckets[BUCKETS];
static struct dentry *recent[RECENT];
static unsigned next_recent;

struct files_connection *served_connection(const struct inode *i)
{
    return i->mount->server;
}

bool served_is(const struct mount *m)
{
    return m->server != NULL;
}

long served_error(enum file_error error)
{
    if (error == FILE_OK)
        return 0;
    if (error == FILE_E_NO_SESSION || error == FILE_E_BAD_WINDOW || error > 133)
        return -EIO;
    return -(long)error;
}

/* --- inodes --- */

static struct served **bucket_of(struct file_handle file)
{
    return &buckets[(file.inode * 31 + file.generation) % BUCKETS];
}

static struct filetime time_of(struct file_time time)
{
    return (struct filetime){time.seconds, time.nanoseconds};
}

void served_fill(struct inode *i, const struct file_attributes *a)
{
    i->mode = (unsigned)a->kind << 12 | a->mode;
    i->links = a->links;
    i->uid = a->user;
    i->gid = a->group;
    i->device = DEVICE(a->major, a->minor);
    i->size = a->size;
    i->blocks = a->blocks;
    i->atime = time_of(a->accessed);
    i->mtime = time_of(a->modified);
    i->ctime = time_of(a->changed);
    i->btime = time_of(a->born);
    i->u.served->old = false;
}

static const struct inode_ops *ops_of(enum file_kind kind)
{
    switch (kind) {
    case FILE_KIND_DIRECTORY: return &served_dir;
    case FILE_KIND_REGULAR: return &served_file;
    case FILE_KIND_LINK: return &served_link;
    default: return &served_special;
    }
}

static struct inode *find(const struct mount *m, struct file_handle file)
{
    struct served *s = *bucket_of(file);

    while (s != NULL && (s->inode->mount != m || s->file.inode != file.inode ||
                         s->file.generation != file.generation))
        s = s->chain;
    return s == NULL ? NULL : s->inode;
}

struct inode *served_inode(struct mount *m, const struct file_attributes *a)
{
    struct inode *i = find(m, a->file);
    struct served *s;

    if (i != NULL) {
        served_fill(i, a);
        return inode_get(i);
    }
    s = heap_alloc(sizeof *s);
    i = s == NULL ? NULL : inode_new(m, ops_of(a->kind), 0);
    if (i == NULL) {
        heap_free(s, sizeof *s);
        return NULL;
    }
    s->inode = i;
    s->file = a->file;
    s->chain = *bucket_of(a->file);
    *bucket_of(a->file) = s;
    i->u.served = s;
    i->number = a->file.inode;
    served_fill(i, a);
    return i;
}

void served_gone(struct inode *i)
{
    struct served *s = i->u.served, **at = bucket_of(s->file);

    if (s->may_be_dirty)
        (void)served_sync(i, true);
    cache_forget(i, 0);
    if (s->open)
        (void)files_close(served_connection(i), s->file);
    while (*at != s)
        at = &(*at)->chain;
    *at = s->chain;
    heap_free(s, sizeof *s);
}

long served_keep(struct inode *i)
{
    enum file_error error;

    if (i->u.served->open)
        return 0;
    error = files_open(served_connection(i), i->u.served->file);
    i->u.served->open = error == FILE_OK;
    return served_error(error);
}

long served_refresh(struct inode *i)
{
    struct file_attributes a;
    enum file_error error;

    if (!i->u.served->old)
        return 0;
    error = files_attributes(served_connection(i), i->u.served->file, 0, &a);
    if (error == FILE_OK)
        served_fill(i, &a);
    return served_error(error);
}

static struct file_time to_time(struct filetime time)
{
    return (struct file_time){.seconds = time.seconds, .nanoseconds = time.ns};
}

static enum file_error set_attributes(struct inode *i, const struct attributes *a)
{
    struct files_connection *c = served_connection(i);
    struct file_attributes out;
    enum file_error error;
    unsigned what = (a->set & SET_MODE ? FILE_SET_MODE : 0u) |
                    (a->set & SET_UID ? FILE_SET_USER : 0u) |
                    (a->set & SET_GID ? FILE_SET_GROUP : 0u) |
                    (a->set & SET_ATIME ? FILE_SET_ACCESSED : 0u) |
                    (a->set & SET_MTIME ? FILE_SET_MODIFIED : 0u);

    SERVED_REPEAT(c, error,
                  file_set_attributes(c->server, i->u.served->file, (uint8_t)what,
                                      (uint16_t)(a->mode & 07777), a->uid, a->gid, 0,
                                      to_time(a->atime), to_time(a->mtime), &out));
    if (error == FILE_OK)
        served_fill(i, &out);
    return error;
}

/* What of the last page is behind the new end must read as zeros when the file grows again. */
static void cut_page(struct inode *i, word_t size)
{
    page_t page = size % PAGE == 0 ? 0 : cache_find(i, size / PAGE);

    if (page != 0)
        memset((char *)page_data(page) + size % PAGE, 0, PAGE - size % PAGE);
}

static enum file_error set_size(struct inode *i, word_t size)
{
    enum file_error error;

    if (i->mappings != NULL && size < i->size)
        space_drop_file(i, (size + PAGE - 1) / PAGE);
    error = files_truncate(served_connection(i), i->u.served->file, size);
    if (error != FILE_OK)
        return error;
    if (size < i->size) {
        cache_forget(i, (size + PAGE - 1) / PAGE);
        cut_page(i, size);
    }
    i->size = size;
    i->u.served->old = true;
    return FILE_OK;
}

long served_set(struct inode *i, const struct attributes *a)
{
    enum file_error error = FILE_OK;

    if (a->set & SET_SIZE)
        error = set_size(i, a->size);
    if (error == FILE_OK && a->set & ~(unsigned)SET_SIZE)
        error = set_attributes(i, a);
    return served_error(error);
}

/* --- names that stay a while --- */

void served_remember(struct dentry *d)
{
    dentry_put(recent[next_recent]);
    recent[next_recent] = dentry_get(d);
    next_recent = (next_recent + 1) % RECENT;
}

void served_forget(struct dentry *d)
{
    for (unsigned n = 0; n < RECENT; n++) {
        if (recent[n] == d) {
            recent[n] = NULL;
            dentry_put(d);
        }
    }
}

/* --- extended attributes: their values pass through the first part of the window --- */

long served_value_get(struct inode *i, const char *name, void *to, size_t size)
{
    struct files_connection *c = served_connection(i);
    enum file_error error;
    uint64_t done = 0;

    SERVED_REPEAT(c, error,
                  file_get_value(c->server, files_region(c), i->u.served->file,
                                 files_part(0, size), name, rt_length(name), &done));
    if (error == FILE_OK && done <= size)
        memcpy(to, files_data(c), done);
    return error == FILE_OK ? (long)done : served_error(error);
}

long served_value_set(struct inode *i, const char *name, const void *from, size_t size,
                      unsigned flags)
{
    struct files_connection *c = served_connection(i);
    uint64_t token = files_token(c);
    enum file_error error;

    if (size > files_room(c) / 2)
        return -E2BIG;
    if (from == NULL) {
        SERVED_REPEAT(c, error, file_remove_value(c->server, i->u.served->file, token, name,
                                                  rt_length(name)));
        return served_error(error);
    }
    memcpy(files_data(c), from, size);
    SERVED_REPEAT(c, error,
                  file_set_value(c->server, files_region(c), i->u.served->file,
                                 files_part(0, size), (enum file_value_mode)flags, token, name,
                                 rt_length(name)));
    i->u.served->old = true;
    return served_error(error);
}

long served_value_list(struct inode *i, char *to, size_t size)
{
    struct files_connection *c = served_connection(i);
    enum file_error error;
    uint64_t done = 0;

    SERVED_REPEAT(c, error, file_list_values(c->server, files_region(c), i->u.served->file,
                                             files_part(0, size), &done));
    if (error == FILE_OK && done <= size)
        memcpy(to, files_data(c), done);
    return error == FILE_OK ? (long)done : served_error(error);
}

/* --- mounting --- */

static void served_statfs(struct mount *m, word_t *total, word_t *left, word_t *files,
                          word_t *files_left)
{
    struct file_space space;

    if (files_space(m->server, &space) != FILE_OK)
        return;
    *total = space.blocks * space.block_size / PAGE;
    *left = space.available * space.block_size / PAGE;
    *files = space.files;
    *files_left = space.files_free;
}

static long sync_all(struct mount *m)
{
    struct files_connection *c = m->server;

    for (unsigned b = 0; b < BUCKETS; b++)
        for (struct served *s = buckets[b]; s != NULL; s = s->chain)
            if (s->inode->mount == m && s->may_be_dirty)
                (void)served_sync(s->inode, true);
    return served_error(files_sync(c, c->root, FILE_EXTENT_ALL));
}

static struct mount *begin(struct files_mount *at)
{
    struct files_connection *c = &at->connection;
    struct mount *m = heap_alloc(sizeof *m);
    struct file_attributes a;
    struct file_space space;
    struct inode *i;

    if (m == NULL || files_connect(c, c->server, WINDOW_PAGES) != FILE_OK ||
        files_attributes(c, c->root, 0, &a) != FILE_OK || files_space(c, &space) != FILE_OK)
        return NULL;
    m->type = space.magic == 0xef53 ? "ext4" : "file";
    m->source = m->type;
    m->flags = c->read_only || space.read_only ? MS_RDONLY : 0;
    m->magic = space.magic;
    m->server = c;
    m->statfs = served_statfs;
    m->sync = sync_all;
    i = served_inode(m, &a);
    m->root = i == NULL ? NULL : dentry_root(m, i);
    inode_put(i);
    return m->root == NULL ? NULL : m;
}

bool served_root(void)
{
    struct files_mount *all;
    unsigned count = files_mounts(&all);

    for (unsigned n = 0; n < count; n++) {
        struct mount *m = all[n].size == 0 ? begin(&all[n]) : NULL;

        if (m != NULL) {
            mount_enter(NULL, m);
            return true;
        }
    }
    return false;
}

void served_mount_all(void)
{
    struct files_mount *all;
    unsigned count = files_mounts(&all);

    for (unsigned n = 0; n < count; n++) {
        struct mount *m = all[n].size == 0 ? NULL : begin(&all[n]);

        if (m != NULL)
            tree_mount(all[n].path, m);
    }
}
