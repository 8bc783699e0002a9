/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Contents of regular files. What is written there is not undone, but it is seen only when the size
 * says so, and that is part of the last step: an append that was cut off has not happened. Bytes
 * between the size and the end of its page are always 0.
 */
#include <rt/bytes.h>

#include "fail.h"
#include "tree.h"

#define STEP_PAGES  64u /* new pages in one step */
#define CUT_PAGES   200u
#define IMMUTABLE   0x10u /* STATX_ATTR_IMMUTABLE */
#define APPENDED    0x20u /* STATX_ATTR_APPEND */
#define SIZE_MAX_   ((uint64_t)MAP_PAGES * ARENA_PAGE)

static const uint8_t zeros[ARENA_PAGE] __attribute__((aligned(ARENA_PAGE)));

static uint64_t least(uint64_t left, uint64_t right)
{
    return left < right ? left : right;
}

/* Much as Linux's relatime: only if it was not read since it was changed. */
static void note_access(struct ramfs *fs, struct node *n)
{
    struct stamp now;

    if (n->was_read)
        return;
    fs->now(&now);
    arena_begin(&fs->arena);
    ARENA_SET(&fs->arena, n->accessed, now);
    ARENA_SET(&fs->arena, n->was_read, 1);
    arena_commit(&fs->arena);
}

/* What is within one page. */
static inline __attribute__((always_inline)) bool
read_part(const struct ramfs *fs, const struct node *n, uint64_t at, void *to, size_t size)
{
    uint32_t page = map_get(&fs->arena, &n->map, at / ARENA_PAGE);
    const uint8_t *from = page == 0 ? zeros : arena_data(&fs->arena, page);

    return files_copy(to, from + at % ARENA_PAGE, size);
}

static bool read_all(const struct ramfs *fs, const struct node *n, uint64_t at, uint8_t *to,
                     size_t size)
{
    while (size > 0) {
        size_t part = least(size, ARENA_PAGE - at % ARENA_PAGE);

        if (!read_part(fs, n, at, to, part))
            return false;
        at += part;
        to += part;
        size -= part;
    }
    return true;
}

enum file_error file_read_op(void *self, struct file_handle file, uint64_t offset, void *to,
                             size_t size, size_t *done)
{
    struct ramfs *fs = self;
    struct node *n = ramfs_node(fs, file);
    enum file_error error;

    if (__builtin_expect(n == NULL || n->kind != FILE_KIND_REGULAR, 0)) {
        (void)ramfs_file(fs, file, &error);
        return error;
    }
    size = offset >= n->size ? 0 : least(size, n->size - offset);
    if (offset % ARENA_PAGE + size <= ARENA_PAGE
            ? !read_part(fs, n, offset, to, size)
            : !read_all(fs, n, offset, to, size))
        return FILE_E_BAD_WINDOW;
    *done = size;
    note_access(fs, n);
    return FILE_OK;
}

/* A page for a part of the file, clear if it is new. @return 0: no memory */
static uint32_t page_for(struct ramfs *fs, struct node *n, uint64_t index, bool clear, bool *new)
{
    uint32_t page = map_get(&fs->arena, &n->map, index);

    *new = page == 0;
    if (page != 0)
        return page;
    page = arena_page_take(&fs->arena, ARENA_DATA);
    if (page == 0 || !map_put(&fs->arena, &n->map, index, page, &n->pages))
        return 0;
    if (clear)
        memset(arena_data(&fs->arena, page), 0, ARENA_PAGE);
    return page;
}

/* Memory enough for a page and what its map may need? Then nothing has to be undone halfway. */
static bool room_left(const struct ramfs *fs)
{
    return fs->arena.head->free_pages >= 2 * MAP_DEPTH + 2;
}

/* What changes more than contents needs a step: the caller's, or one of its own. */
static void need_step(struct ramfs *fs)
{
    if (!fs->arena.stepping)
        arena_begin(&fs->arena);
}

/* One part within a page. @return SPACE, BAD_WINDOW or OK */
static enum file_error write_part(struct ramfs *fs, struct node *n, uint64_t at, const void *from,
                                  uint64_t size, bool *new)
{
    uint64_t index = at / ARENA_PAGE;
    uint32_t page = map_get(&fs->arena, &n->map, index);

    if (page == 0) {
        if (!room_left(fs))
            return FILE_E_NO_SPACE;
        need_step(fs);
        page = page_for(fs, n, index, size != ARENA_PAGE, new);
    }
    if (page == 0)
        return FILE_E_NO_SPACE;
    return files_copy((uint8_t *)arena_data(&fs->arena, page) + at % ARENA_PAGE, from, size)
               ? FILE_OK
               : FILE_E_BAD_WINDOW;
}

/* Bytes from `at` to the end of its page, or to `end`, become 0 if there is a page. */
static void clear_part(struct ramfs *fs, struct node *n, uint64_t at, uint64_t end)
{
    uint32_t page = map_get(&fs->arena, &n->map, at / ARENA_PAGE);
    uint64_t size = least(end - at, ARENA_PAGE - at % ARENA_PAGE);

    if (page != 0)
        memset((uint8_t *)arena_data(&fs->arena, page) + at % ARENA_PAGE, 0, size);
}

void ramfs_trim(struct ramfs *fs, struct node *n)
{
    bool all = false;

    if (n->size % ARENA_PAGE != 0)
        clear_part(fs, n, n->size, ~0ull);
    while (!all) {
        unsigned budget = CUT_PAGES;

        all = map_cut(&fs->arena, &n->map, (n->size + ARENA_PAGE - 1) / ARENA_PAGE, &budget,
                      &n->pages);
        ramfs_next_step(fs);
    }
}

static enum file_error write_all(struct ramfs *fs, struct node *n, uint64_t offset,
                                 const uint8_t *from, size_t size, size_t *done)
{
    unsigned made = 0;

    for (*done = 0; *done < size;) {
        uint64_t at = offset + *done, part = least(size - *done, ARENA_PAGE - at % ARENA_PAGE);
        enum file_error error;
        bool new = false;

        if (made == STEP_PAGES) {
            ramfs_next_step(fs);
            made = 0;
        }
        error = write_part(fs, n, at, from + *done, part, &new);
        if (error != FILE_OK)
            return error == FILE_E_NO_SPACE && *done > 0 ? FILE_OK : error;
        made += new;
        *done += part;
    }
    return FILE_OK;
}

/* What a write that fails has put behind the end goes again. */
static void give_up(struct ramfs *fs, struct node *n)
{
    if (!fs->arena.stepping)
        return;
    arena_abort(&fs->arena);
    arena_begin(&fs->arena);
    ramfs_trim(fs, n);
}

static enum file_error writable(const struct node *n, uint64_t offset, bool append, size_t size)
{
    if (n->flags & IMMUTABLE || (n->flags & APPENDED && !append))
        return FILE_E_NOT_PERMITTED;
    return offset > SIZE_MAX_ || size > SIZE_MAX_ - offset ? FILE_E_TOO_LARGE : FILE_OK;
}

/* Something was, up to there. */
static void written(struct ramfs *fs, struct node *n, uint64_t end)
{
    if (end > n->size) {
        need_step(fs);
        ARENA_SET(&fs->arena, n->size, end);
    }
    ramfs_touch_written(fs, n);
}

enum file_error file_write_op(void *self, struct file_handle file, uint64_t offset, bool append,
                              const void *from, size_t size, size_t *done, uint64_t *file_size)
{
    struct ramfs *fs = self;
    enum file_error error;
    struct node *n = ramfs_file(fs, file, &error);
    bool own = !fs->arena.stepping;

    if (n == NULL)
        return error;
    if (append)
        offset = n->size;
    error = writable(n, offset, append, size);
    if (error != FILE_OK)
        return error;
    error = write_all(fs, n, offset, from, size, done);
    if (error != FILE_OK)
        give_up(fs, n);
    else if (*done > 0)
        written(fs, n, offset + *done);
    if (own && fs->arena.stepping)
        arena_commit(&fs->arena);
    *file_size = n->size;
    return error;
}

/* First the size is made smaller, in a step of its own; if what follows is cut off, check.c does
 * the rest. */
static void shrink(struct ramfs *fs, struct node *n, uint64_t size)
{
    ARENA_SET(&fs->arena, n->size, size);
    ramfs_next_step(fs);
    ramfs_trim(fs, n);
}

enum file_error file_truncate_op(void *self, struct file_handle file, uint64_t size)
{
    struct ramfs *fs = self;
    enum file_error error;
    struct node *n = ramfs_file(fs, file, &error);

    if (n == NULL)
        return error;
    if (n->flags & (IMMUTABLE | APPENDED))
        return FILE_E_NOT_PERMITTED;
    if (size > SIZE_MAX_)
        return FILE_E_TOO_LARGE;
    ramfs_touch(fs, n, true);
    if (size > n->size)
        ARENA_SET(&fs->arena, n->size, size);
    else
        shrink(fs, n, size); /* also without a change of size: pages may be set aside behind it */
    return FILE_OK;
}

/* Holes become clear pages. What was made before memory ran out stays, as on Linux. */
static enum file_error fill(struct ramfs *fs, struct node *n, uint64_t offset, uint64_t end)
{
    unsigned made = 0;

    for (uint64_t index = offset / ARENA_PAGE; index < (end + ARENA_PAGE - 1) / ARENA_PAGE;
         index++) {
        bool new = false;

        if (map_get(&fs->arena, &n->map, index) != 0)
            continue;
        if (!room_left(fs) || page_for(fs, n, index, true, &new) == 0)
            return FILE_E_NO_SPACE;
        if (++made == STEP_PAGES) {
            ramfs_next_step(fs);
            made = 0;
        }
    }
    return FILE_OK;
}

/* Whole pages in it become holes, parts of pages zeros. */
static void punch(struct ramfs *fs, struct node *n, uint64_t offset, uint64_t end)
{
    uint64_t first = (offset + ARENA_PAGE - 1) / ARENA_PAGE, last = end / ARENA_PAGE;
    unsigned cut = 0;

    if (offset % ARENA_PAGE != 0)
        clear_part(fs, n, offset, end);
    if (end % ARENA_PAGE != 0 && last >= first)
        clear_part(fs, n, last * ARENA_PAGE, end);
    for (uint64_t index = map_next(&fs->arena, &n->map, first, true); index < last;
         index = map_next(&fs->arena, &n->map, index + 1, true)) {
        uint32_t page = map_get(&fs->arena, &n->map, index);

        map_clear(&fs->arena, &n->map, index);
        ARENA_SET(&fs->arena, n->pages, n->pages - 1);
        arena_page_give(&fs->arena, page);
        if (++cut == CUT_PAGES) {
            ramfs_next_step(fs);
            cut = 0;
        }
    }
}

enum file_error file_allocate_op(void *self, struct file_handle file, unsigned mode,
                                 uint64_t offset, uint64_t length)
{
    struct ramfs *fs = self;
    enum file_error error;
    struct node *n = ramfs_file(fs, file, &error);
    uint64_t end = offset + length;
    bool keep = mode & FILE_KEEP_SIZE;

    if (n == NULL)
        return error;
    mode &= ~(unsigned)FILE_KEEP_SIZE;
    if ((mode != 0 && mode != FILE_PUNCH_HOLE && mode != FILE_ZERO) ||
        (mode == FILE_PUNCH_HOLE && !keep))
        return FILE_E_NOT_SUPPORTED;
    if (n->flags & IMMUTABLE || (n->flags & APPENDED && mode != 0))
        return FILE_E_NOT_PERMITTED;
    if (end > SIZE_MAX_)
        return FILE_E_TOO_LARGE;
    ramfs_touch(fs, n, true);
    if (mode == 0)
        error = fill(fs, n, offset, end);
    else
        punch(fs, n, offset, end);
    if (error == FILE_OK && !keep && end > n->size)
        ARENA_SET(&fs->arena, n->size, end);
    return error;
}

enum file_error file_seek_op(void *self, struct file_handle file, uint64_t offset,
                             enum file_part part, uint64_t *found)
{
    struct ramfs *fs = self;
    enum file_error error;
    const struct node *n = ramfs_file(fs, file, &error);
    uint64_t index;

    if (n == NULL)
        return error;
    if (offset >= n->size)
        return FILE_E_BEYOND_END;
    index = map_next(&fs->arena, &n->map, offset / ARENA_PAGE, part == FILE_PART_DATA);
    if (index * ARENA_PAGE >= n->size && part == FILE_PART_DATA)
        return FILE_E_BEYOND_END;
    *found = index * ARENA_PAGE > offset ? index * ARENA_PAGE : offset;
    *found = least(*found, n->size);
    return FILE_OK;
}

enum file_error file_map_op(void *self, struct file_handle file, uint64_t page, cap_t *frame,
                            uint32_t *size)
{
    struct ramfs *fs = self;
    enum file_error error;
    struct node *n = ramfs_file(fs, file, &error);
    uint32_t found;
    bool new;

    if (n == NULL)
        return error;
    if (fs->frame == NULL)
        return FILE_E_NOT_SUPPORTED;
    if (page * ARENA_PAGE >= n->size)
        return FILE_E_BEYOND_END;
    arena_begin(&fs->arena);
    found = room_left(fs) ? page_for(fs, n, page, true, &new)
                          : map_get(&fs->arena, &n->map, page);
    if (found != 0)
        ARENA_SET(&fs->arena, fs->arena.table[found].shown, 1);
    arena_commit(&fs->arena);
    *frame = found == 0 ? 0 : fs->frame(found);
    *size = (uint32_t)least(n->size - page * ARENA_PAGE, ARENA_PAGE);
    return found == 0 ? FILE_E_NO_MEMORY : *frame == 0 ? FILE_E_NOT_SUPPORTED : FILE_OK;
}
