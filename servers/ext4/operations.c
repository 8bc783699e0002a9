/* SPDX-License-Identifier: BSD-2-Clause */
#include "operations.h"

#include <errno.h>

#include "show.h"

enum file_error from_errno(int error)
{
    switch (error) {
    case EFAULT: return FILE_E_BAD_WINDOW;
    case ENODEV: return FILE_E_IO;
    default: return (enum file_error)error; /* the numbers are the same */
    }
}

static struct file_handle op_root(void *fs)
{
    return from_handle(ext4_root(fs));
}

static struct file_time from_time(struct ext4_time time)
{
    return (struct file_time){time.seconds, time.nanoseconds};
}

static enum file_error op_attributes(void *fs, struct file_handle file, struct file_attributes *to)
{
    struct ext4_attributes a;
    int error = ext4_attributes(fs, to_handle(file), &a);

    if (error != 0)
        return from_errno(error);
    *to = (struct file_attributes){.file = file,
                                   .kind = (enum file_kind)(a.mode >> 12),
                                   .mode = a.mode & 0xfff,
                                   .links = a.links,
                                   .user = a.user,
                                   .group = a.group,
                                   .size = a.size,
                                   .blocks = a.sectors,
                                   .block_size = 4096,
                                   .major = a.major,
                                   .minor = a.minor,
                                   .flags = a.flags & 0x30, /* immutable, append: the same bits */
                                   .change = a.change,
                                   .accessed = from_time(a.accessed),
                                   .modified = from_time(a.modified),
                                   .changed = from_time(a.changed),
                                   .born = from_time(a.born)};
    return FILE_OK;
}

static enum file_error op_kind(void *fs, struct file_handle file, enum file_kind *kind)
{
    struct ext4_glance a = {0};
    int error = ext4_glance(fs, to_handle(file), &a);

    *kind = (enum file_kind)(a.mode >> 12);
    return from_errno(error);
}

static enum file_error op_find(void *fs, struct file_handle directory, const void *name,
                               size_t size, struct file_handle *found, enum file_kind *kind)
{
    struct ext4_handle handle;
    int error = ext4_lookup(fs, to_handle(directory), name, size, &handle);

    if (error != 0)
        return from_errno(error);
    *found = from_handle(handle);
    return op_kind(fs, *found, kind);
}

static enum file_error op_parent(void *fs, struct file_handle directory, struct file_handle *found)
{
    struct ext4_handle handle;
    int error = ext4_lookup(fs, to_handle(directory), "..", 2, &handle);

    *found = from_handle(handle);
    return error == ENOENT ? FILE_E_STALE : from_errno(error);
}

static enum file_error op_read(void *fs, struct file_handle file, uint64_t offset, void *to,
                               size_t size, size_t *done)
{
    int error;

    *done = size;
    error = ext4_read(fs, to_handle(file), offset, to, done);
    return __builtin_expect(error == 0, 1) ? FILE_OK : from_errno(error);
}

static enum file_error op_write(void *fs, struct file_handle file, uint64_t offset, bool append,
                                const void *from, size_t size, size_t *done, uint64_t *file_size)
{
    struct ext4_glance a = {0};
    int error = ext4_glance(fs, to_handle(file), &a);

    if (error == 0 && (a.flags & 0x20) != 0 && !append)
        error = EPERM;
    *done = size;
    if (error == 0)
        error = ext4_write(fs, to_handle(file), append ? a.size : offset, from, done);
    if (error == 0)
        error = ext4_glance(fs, to_handle(file), &a);
    *file_size = a.size;
    return from_errno(error);
}

static enum file_error op_seek(void *fs, struct file_handle file, uint64_t offset,
                               enum file_part part, uint64_t *found)
{
    return from_errno(ext4_seek(fs, to_handle(file), offset, part == FILE_PART_HOLE, found));
}

static enum file_error op_space(void *fs, struct file_space *to)
{
    struct ext4_space s;
    int error = ext4_space(fs, &s);

    *to = (struct file_space){.block_size = s.block_bytes,
                              .blocks = s.blocks,
                              .free = s.free,
                              .available = s.available,
                              .files = s.files,
                              .files_free = s.files_free,
                              .name_max = EXT4_NAME_MAX,
                              .id = s.id,
                              .magic = 0xef53,
                              .read_only = s.read_only};
    return from_errno(error);
}

static enum file_error op_set_attributes(void *fs, struct file_handle file,
                                         const struct files_set *set)
{
    struct ext4_attributes a = {
        .mode = set->mode,
        .user = set->user,
        .group = set->group,
        .flags = (uint32_t)set->flags,
        .accessed = {set->accessed.seconds, set->accessed.nanoseconds},
        .modified = {set->modified.seconds, set->modified.nanoseconds}};

    return from_errno(ext4_set_attributes(fs, to_handle(file), set->what, &a));
}

static enum file_error op_truncate(void *fs, struct file_handle file, uint64_t size)
{
    return from_errno(ext4_truncate(fs, to_handle(file), size));
}

static enum file_error op_allocate(void *fs, struct file_handle file, unsigned mode,
                                   uint64_t offset, uint64_t length)
{
    return from_errno(ext4_allocate(fs, to_handle(file), mode, offset, length));
}

static enum file_error op_sync(void *fs, struct file_handle file, enum file_extent extent)
{
    if (extent == FILE_EXTENT_ALL)
        return from_errno(ext4_sync(fs));
    return from_errno(ext4_sync_file(fs, to_handle(file), extent == FILE_EXTENT_DATA));
}

static enum file_error op_map(void *fs, struct file_handle file, uint64_t page, cap_t *frame,
                              uint32_t *size)
{
    const uint8_t *data;
    int error = ext4_map(fs, to_handle(file), page, &data, size);

    if (error != 0)
        return from_errno(error);
    *frame = show_page(data);
    return *frame == 0 ? FILE_E_NO_MEMORY : FILE_OK;
}

static void op_begin(void *fs)
{
    ext4_begin(fs);
}

static void op_end(void *fs, bool good)
{
    (void)good; /* what failed has changed nothing */
    ext4_end(fs);
}

static void op_change(void *fs, void *at, size_t bytes)
{
    ext4_change(fs, at, bytes);
}

static void op_unused(void *fs, struct file_handle file)
{
    (void)ext4_unused(fs, to_handle(file));
}

const struct files_operations *ext4_operations(void)
{
    static const struct files_operations operations = {
        .root = op_root,
        .attributes = op_attributes,
        .find = op_find,
        .parent = op_parent,
        .kind = op_kind,
        .read = op_read,
        .list = op_name_list,
        .read_link = op_name_read_link,
        .seek = op_seek,
        .space = op_space,
        .get_value = op_value_get,
        .list_values = op_value_list,
        .map = op_map,
        .begin = op_begin,
        .end = op_end,
        .change = op_change,
        .unused = op_unused,
        .set_attributes = op_set_attributes,
        .write = op_write,
        .make = op_name_make,
        .make_link = op_name_make_link,
        .link = op_name_link,
        .remove = op_name_remove,
        .rename = op_name_rename,
        .truncate = op_truncate,
        .allocate = op_allocate,
        .sync = op_sync,
        .set_value = op_value_set,
        .remove_value = op_value_remove,
    };

    return &operations;
}
