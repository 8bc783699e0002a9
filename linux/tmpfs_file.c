/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files of tmpfs: a tree of pages, 1024 to a node, as high as the largest page number needs. Holes
 * read as zeros; a file that came with the boot image has its contents there until it is written.
 * All tmpfs together may have half of the sandbox's memory, besides what came with the image.
 */
#include "file.h"
#include "fsabi.h"
#include "linux.h"

#define FANOUT_BITS 10u
#define FANOUT      (1u << FANOUT_BITS)
#define HEIGHT_MAX  5u /* 2^62 bytes */
#define SIZE_MAX_FILE ((word_t)INT64_MAX)

static word_t pages_used, pages_fixed;

word_t tmpfs_pages(void)
{
    return pages_used;
}

word_t tmpfs_limit(void)
{
    return pages_total() / 2 + pages_fixed;
}

word_t tmpfs_room(void)
{
    word_t limit = tmpfs_limit();

    return pages_used < limit ? limit - pages_used : 0;
}

void tmpfs_set_fixed(struct inode *i, const uint8_t *data, word_t bytes)
{
    i->fixed = data;
    i->fixed_bytes = i->size = bytes;
    i->blocks = (bytes + 511) / 512;
    pages_fixed += (bytes + PAGE - 1) / PAGE;
}

/* Why there was no page. */
static long no_page(void)
{
    return tmpfs_room() == 0 ? -ENOSPC : -ENOMEM;
}

static page_t take(bool clear)
{
    page_t page;

    if (tmpfs_room() == 0)
        return 0;
    page = clear ? page_alloc() : page_alloc_dirty();
    pages_used += page != 0;
    return page;
}

static void give_back(page_t page)
{
    pages_used--;
    page_unref(page);
}

static page_t *node(page_t page)
{
    return page_data(page);
}

static bool is_covered(const struct page_tree *tree, word_t index)
{
    return index >> FANOUT_BITS * tree->height == 0;
}

/* Where the number of a page is kept. @return NULL: nowhere yet, or no memory */
static page_t *place_of(struct page_tree *tree, word_t index, bool make)
{
    page_t *at = &tree->root;

    while (!is_covered(tree, index)) {
        page_t top;

        if (!make || tree->height == HEIGHT_MAX)
            return NULL;
        if (tree->root != 0) {
            top = take(true);
            if (top == 0)
                return NULL;
            node(top)[0] = tree->root;
            tree->root = top;
        }
        tree->height++;
    }
    for (unsigned level = tree->height; level > 0; level--) {
        if (*at == 0 && make)
            *at = take(true);
        if (*at == 0)
            return NULL;
        at = &node(*at)[index >> FANOUT_BITS * (level - 1) & (FANOUT - 1)];
    }
    return at;
}

static page_t page_at(struct inode *i, word_t index)
{
    page_t *at = place_of(&i->u.tree, index, false);

    return at == NULL ? 0 : *at;
}

/* Copy what the boot image has of a page. */
static void fill_fixed(const struct inode *i, word_t index, page_t page)
{
    word_t from = index * PAGE;

    if (from < i->fixed_bytes)
        memcpy(page_data(page), i->fixed + from,
               i->fixed_bytes - from < PAGE ? i->fixed_bytes - from : PAGE);
}

static page_t page_make(struct inode *i, word_t index)
{
    page_t *at = place_of(&i->u.tree, index, true);

    if (at == NULL)
        return 0;
    if (*at == 0) {
        *at = take(true);
        if (*at == 0)
            return 0;
        i->blocks += PAGE / 512;
        fill_fixed(i, index, *at);
    }
    return *at;
}

static long file_page(struct inode *i, word_t index, bool make)
{
    page_t page = page_at(i, index);

    if (page == 0 && (make || index * PAGE < i->fixed_bytes)) {
        page = page_make(i, index);
        if (page == 0)
            return no_page();
    }
    if (page != 0)
        page_ref(page);
    return page;
}

static long read_piece(struct inode *i, struct transfer *x, word_t at, size_t bytes)
{
    size_t offset = at % PAGE;
    page_t page = page_at(i, at / PAGE);

    if (page != 0)
        return transfer_out(x, (char *)page_data(page) + offset, bytes);
    if (at < i->fixed_bytes)
        return transfer_out(x, i->fixed + at,
                            i->fixed_bytes - at < bytes ? i->fixed_bytes - at : bytes);
    return transfer_zero(x, bytes);
}

static size_t piece(word_t at, word_t left)
{
    return left < PAGE - at % PAGE ? left : PAGE - at % PAGE;
}

static long data_read(struct inode *i, struct transfer *x, word_t at)
{
    word_t left = at < i->size ? i->size - at : 0;
    long done = 0;

    if (left > x->left)
        left = x->left;
    while (left > 0) {
        long n = read_piece(i, x, at, piece(at, left));

        if (n <= 0)
            return done > 0 ? done : n;
        done += n;
        at += (word_t)n;
        left -= (word_t)n;
    }
    return done;
}

static long write_piece(struct inode *i, struct transfer *x, word_t at, size_t bytes)
{
    page_t page = page_make(i, at / PAGE);

    if (page == 0)
        return no_page();
    return transfer_in(x, (char *)page_data(page) + at % PAGE, bytes);
}

static long data_write(struct inode *i, struct transfer *x, word_t at)
{
    long done = 0;

    if (at >= SIZE_MAX_FILE)
        return -EFBIG;
    if (i->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE) ||
        (i->seals & F_SEAL_GROW && at + x->left > i->size))
        return -EPERM;
    while (x->left > 0 && at < SIZE_MAX_FILE) {
        long n = write_piece(i, x, at, piece(at, x->left));

        if (n <= 0)
            return done > 0 ? done : n;
        done += n;
        at += (word_t)n;
        if (at > i->size)
            i->size = at;
    }
    return done;
}

/* Free the pages of a subtree from an index on. @return the subtree is empty */
static bool prune(struct inode *i, page_t *at, unsigned height, word_t from)
{
    bool empty = true;

    if (*at == 0)
        return true;
    for (unsigned n = 0; height > 0 && n < FANOUT; n++) {
        word_t first = (word_t)n << FANOUT_BITS * (height - 1);
        word_t size = (word_t)1 << FANOUT_BITS * (height - 1);

        if (first + size <= from)
            empty &= node(*at)[n] == 0;
        else
            empty &= prune(i, &node(*at)[n], height - 1, from > first ? from - first : 0);
    }
    if (height == 0 && from > 0)
        return false;
    if (height == 0)
        i->blocks -= PAGE / 512;
    if (empty) {
        give_back(*at);
        *at = 0;
    }
    return empty;
}

/* What is behind the new end of the last page must read as zeros if the file grows again. */
static long clear_tail(struct inode *i, word_t size)
{
    page_t page = page_at(i, size / PAGE);

    if (page == 0 && size < i->fixed_bytes) {
        page = page_make(i, size / PAGE);
        if (page == 0)
            return no_page();
    }
    if (page != 0)
        memset((char *)page_data(page) + size % PAGE, 0, PAGE - size % PAGE);
    return 0;
}

static long file_truncate(struct inode *i, word_t size)
{
    long error = 0;

    if (size > SIZE_MAX_FILE)
        return -EFBIG;
    if ((i->seals & F_SEAL_SHRINK && size < i->size) || (i->seals & F_SEAL_GROW && size > i->size))
        return -EPERM;
    if (size <= i->size) { /* equal too: what was allocated behind the end goes */
        word_t first = (size + PAGE - 1) / PAGE;

        if (i->mappings != NULL)
            space_drop_file(i, first);
        if (size % PAGE != 0)
            error = clear_tail(i, size);
        if (error != 0)
            return error;
        if (i->fixed_bytes > size)
            i->fixed_bytes = size;
        if (is_covered(&i->u.tree, first) &&
            prune(i, &i->u.tree.root, i->u.tree.height, first))
            i->u.tree.height = 0;
    }
    i->size = size;
    inode_touch(i, SET_MTIME);
    return 0;
}

long tmpfs_set(struct inode *i, const struct attributes *a)
{
    if (a->set & SET_SIZE) {
        long error = file_truncate(i, a->size);

        if (error != 0)
            return error;
    }
    if (a->set & SET_MODE)
        i->mode = (i->mode & S_IFMT) | (a->mode & 07777);
    if (a->set & SET_UID)
        i->uid = a->uid;
    if (a->set & SET_GID)
        i->gid = a->gid;
    if (a->set & SET_ATIME)
        i->atime = a->atime;
    if (a->set & SET_MTIME)
        i->mtime = a->mtime;
    i->ctime = filetime_now();
    return 0;
}

enum { KEEP_SIZE = 1, PUNCH_HOLE = 2, ZERO_RANGE = 16 };

static void clear_part(struct inode *i, word_t from, word_t to)
{
    page_t page = page_at(i, from / PAGE);

    if (page == 0 && from < i->fixed_bytes)
        page = page_make(i, from / PAGE);
    if (page != 0)
        memset((char *)page_data(page) + from % PAGE, 0, to - from);
}

/* Zero a range page by page; a hole stays one. */
static void clear_range(struct inode *i, word_t from, word_t bytes)
{
    word_t end = bytes > i->size - from ? i->size : from + bytes;

    while (from < end) {
        word_t n = piece(from, end - from);

        clear_part(i, from, from + n);
        from += n;
    }
}

static long file_allocate(struct inode *i, unsigned mode, word_t at, word_t bytes)
{
    if (mode & ~(KEEP_SIZE | PUNCH_HOLE | ZERO_RANGE) || mode == PUNCH_HOLE)
        return -EOPNOTSUPP;
    if (mode & PUNCH_HOLE && i->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
        return -EPERM;
    if (mode & (PUNCH_HOLE | ZERO_RANGE) && at < i->size)
        clear_range(i, at, bytes);
    if (mode & PUNCH_HOLE)
        return 0;
    if (at + bytes > i->size && i->seals & F_SEAL_GROW && !(mode & KEEP_SIZE))
        return -EPERM;
    if ((bytes + PAGE - 1) / PAGE > tmpfs_room())
        return -ENOSPC;
    for (word_t p = at / PAGE; p <= (at + bytes - 1) / PAGE; p++)
        if (page_make(i, p) == 0)
            return no_page();
    if (!(mode & KEEP_SIZE) && at + bytes > i->size)
        i->size = at + bytes;
    inode_touch(i, SET_MTIME);
    return 0;
}

static void file_gone(struct inode *i)
{
    (void)prune(i, &i->u.tree.root, i->u.tree.height, 0);
}

const struct inode_ops tmpfs_file = {
    .set = tmpfs_set,
    .gone = file_gone,
    .read = data_read,
    .write = data_write,
    .allocate = file_allocate,
    .page = file_page,
};
