/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Contents of served files. Reading goes through the cache, which takes several pages at a time;
 * writing goes to the server at once, and into what is cached. Pages that a program has mapped to
 * write to are written when it asks (fsync, msync), or when the last user is gone.
 *
 * The window has two halves: in the second one pages come, also while the first is being filled
 * from a program's memory, whose own pages may have to be read for that.
 */
#include "cache.h"
#include "file.h"
#include "fsabi.h"
#include "linux.h"
#include "served.h"

#define CLUSTER 16u /* pages at a time */

static size_t half(const struct files_connection *c)
{
    return files_room(c) / 2 / PAGE * PAGE;
}

static const struct file_handle *file_of_inode(const struct inode *i)
{
    return &i->u.served->file;
}

/* How many pages from here on are worth having, and are not there yet. */
static size_t cluster(struct inode *i, word_t index)
{
    word_t end = (i->size + PAGE - 1) / PAGE;
    size_t n = 1;

    while (n < CLUSTER && index + n < end && cache_find(i, index + n) == 0)
        n++;
    return n;
}

/* Put what was read into pages. @return the first one's, 0: no memory */
static page_t keep(struct inode *i, word_t index, const uint8_t *from, size_t bytes)
{
    page_t first = 0;

    for (size_t at = 0; at == 0 || at < bytes; at += PAGE) {
        page_t page = cache_add(i, index + at / PAGE);
        size_t n = bytes - at < PAGE ? bytes - at : PAGE;

        if (page == 0)
            return first;
        memcpy(page_data(page), from + at, n);
        memset((char *)page_data(page) + n, 0, PAGE - n);
        first = at == 0 ? page : first;
    }
    return first;
}

/* A page, from the cache or the server. @return it, without a reference; an error */
static long get_page(struct inode *i, word_t index)
{
    struct files_connection *c = served_connection(i);
    page_t page = cache_find(i, index);
    size_t wanted, done = 0;
    enum file_error error;

    if (page != 0)
        return page;
    wanted = cluster(i, index) * PAGE;
    if (wanted > half(c))
        wanted = half(c);
    error = files_read_part(c, *file_of_inode(i), index * PAGE, half(c), wanted, &done);
    if (error != FILE_OK)
        return served_error(error);
    if (done > wanted)
        return -EIO;
    page = keep(i, index, files_data(c) + half(c), done);
    return page == 0 ? -ENOMEM : (long)page;
}

static long file_page(struct inode *i, word_t index, bool make)
{
    long page = get_page(i, index);

    (void)make;
    if (page > 0)
        page_ref((page_t)page);
    return page;
}

static void file_dirty(struct inode *i, word_t index)
{
    cache_set_dirty(i, index, true);
    i->u.served->may_be_dirty = true;
}

static long file_read_at(struct inode *i, struct transfer *x, word_t at)
{
    word_t left = at < i->size ? i->size - at : 0;
    long done = 0;

    if (left > x->left)
        left = x->left;
    while (left > 0) {
        word_t n = left < PAGE - at % PAGE ? left : PAGE - at % PAGE;
        long page = file_page(i, at / PAGE, false), moved;

        if (page < 0)
            return done > 0 ? done : page;
        moved = transfer_out(x, (char *)page_data((page_t)page) + at % PAGE, n);
        page_unref((page_t)page);
        if (moved <= 0)
            return done > 0 ? done : moved;
        done += moved;
        at += (word_t)moved;
        left -= (word_t)moved;
    }
    return done;
}

/* Bytes that the server has now, into the pages that are cached. */
static void update_pages(struct inode *i, word_t at, const uint8_t *from, size_t bytes)
{
    for (size_t done = 0; done < bytes;) {
        size_t n = PAGE - (at + done) % PAGE < bytes - done ? PAGE - (at + done) % PAGE
                                                            : bytes - done;
        page_t page = cache_find(i, (at + done) / PAGE);

        if (page != 0)
            memcpy((char *)page_data(page) + (at + done) % PAGE, from + done, n);
        done += n;
    }
}

static long write_piece(struct inode *i, struct transfer *x, word_t at)
{
    struct files_connection *c = served_connection(i);
    struct transfer before = *x;
    uint64_t size = 0;
    size_t done = 0;
    long n = transfer_in(x, files_data(c), half(c));
    enum file_error error;

    if (n <= 0)
        return n;
    error = files_write_part(c, *file_of_inode(i), at, 0, (size_t)n, 0, &done, &size);
    if (error != FILE_OK || done > (size_t)n)
        done = 0;
    update_pages(i, at, files_data(c), done);
    if (at + done > i->size)
        i->size = at + done;
    i->u.served->old = true;
    *x = before;
    transfer_skip(x, done);
    if (error != FILE_OK)
        return served_error(error);
    return done == 0 ? -EIO : (long)done;
}

static long file_write_at(struct inode *i, struct transfer *x, word_t at)
{
    long done = 0;

    while (x->left > 0) {
        long n = write_piece(i, x, at + (word_t)done);

        if (n <= 0)
            return done > 0 ? done : n;
        done += n;
    }
    return done;
}

static long write_back(struct inode *i, word_t index, page_t page)
{
    struct files_connection *c = served_connection(i);
    word_t at = index * PAGE;
    size_t bytes = at >= i->size ? 0 : i->size - at < PAGE ? i->size - at : PAGE, done = 0;
    uint64_t size = 0;
    enum file_error error;

    if (bytes == 0)
        return 0;
    memcpy(files_data(c), page_data(page), bytes);
    error = files_write_part(c, *file_of_inode(i), at, 0, bytes, 0, &done, &size);
    i->u.served->old = true;
    return served_error(error);
}

/* Pages that stay mapped may be written to again at any time: they stay dirty. */
static long write_dirty(struct inode *i)
{
    struct cached *at = NULL;
    bool still = false;
    word_t index;
    page_t page;
    long error = 0;

    while (error == 0 && cache_next_dirty(i, &at, &index, &page)) {
        error = write_back(i, index, page);
        still |= page_shared(page);
        if (error == 0 && !page_shared(page))
            cache_set_dirty(i, index, false);
    }
    i->u.served->may_be_dirty = still || error != 0;
    return error;
}

long served_sync(struct inode *i, bool data_only)
{
    struct files_connection *c = served_connection(i);
    long error = i->u.served->may_be_dirty ? write_dirty(i) : 0;

    if (error != 0)
        return error;
    return served_error(files_sync(c, *file_of_inode(i),
                                   data_only ? FILE_EXTENT_DATA : FILE_EXTENT_FILE));
}

static long file_allocate_at(struct inode *i, unsigned mode, word_t at, word_t bytes)
{
    struct files_connection *c = served_connection(i);
    struct file_attributes a;
    uint64_t token = files_token(c);
    enum file_error error;

    if (mode > 63)
        return -EOPNOTSUPP;
    SERVED_REPEAT(c, error, file_allocate(c->server, *file_of_inode(i), (uint8_t)mode, at, bytes,
                                          token, &a));
    if (error != FILE_OK)
        return served_error(error);
    if (mode != 0) {
        if (i->mappings != NULL)
            space_drop_file(i, at / PAGE);
        cache_forget(i, at / PAGE);
    }
    served_fill(i, &a);
    return 0;
}

const struct inode_ops served_file = {
    .refresh = served_refresh,
    .set = served_set,
    .gone = served_gone,
    .sync = served_sync,
    .xattr_get = served_value_get,
    .xattr_set = served_value_set,
    .xattr_list = served_value_list,
    .read = file_read_at,
    .write = file_write_at,
    .allocate = file_allocate_at,
    .page = file_page,
    .dirty = file_dirty,
};
