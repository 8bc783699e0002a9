/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations on names and links. */
#include "operations.h"

#include <errno.h>
#include <stdlib.h>

enum file_error op_name_make(void *fs, struct file_handle directory, const void *name, size_t size,
                           const struct files_new *file, struct file_handle *made)
{
    struct ext4_make make = {.mode = (uint16_t)(file->kind << 12 | file->mode),
                             .user = file->user,
                             .group = file->group,
                             .major = file->major,
                             .minor = file->minor};
    struct ext4_handle handle;
    int error = ext4_make(fs, to_handle(directory), name, size, &make, &handle);

    if (error == 0)
        *made = from_handle(handle);
    return from_errno(error);
}

enum file_error op_name_make_link(void *fs, struct file_handle directory, const void *name,
                                size_t size, const void *target, size_t target_size, uint32_t user,
                                uint32_t group, struct file_handle *made)
{
    struct ext4_make make = {.mode = FILE_KIND_LINK << 12 | 0777, .user = user, .group = group};
    struct ext4_handle handle;
    char text[EXT4_LINK_MAX];
    int error;

    if (target_size > sizeof(text))
        return FILE_E_NAME_TOO_LONG;
    if (!files_copy(text, target, target_size))
        return FILE_E_BAD_WINDOW;
    make.target = text;
    make.target_length = target_size;
    error = ext4_make(fs, to_handle(directory), name, size, &make, &handle);
    if (error == 0)
        *made = from_handle(handle);
    return from_errno(error);
}

enum file_error op_name_link(void *fs, struct file_handle file, struct file_handle directory,
                           const void *name, size_t size)
{
    return from_errno(ext4_link(fs, to_handle(file), to_handle(directory), name, size));
}

enum file_error op_name_remove(void *fs, struct file_handle directory, const void *name,
                               size_t size, bool is_directory, struct file_handle *removed)
{
    struct ext4_handle handle;
    int error = ext4_lookup(fs, to_handle(directory), name, size, &handle);

    if (error == 0)
        error = ext4_remove(fs, to_handle(directory), name, size, is_directory);
    if (error == 0)
        *removed = from_handle(handle);
    return from_errno(error);
}

enum file_error op_name_rename(void *fs, struct file_handle from, const void *name, size_t size,
                             struct file_handle to, const void *new_name, size_t new_size,
                             enum file_replace replace, struct file_handle *moved,
                             struct file_handle *replaced)
{
    struct ext4_name old = {to_handle(from), name, size}, new = {to_handle(to), new_name, new_size};
    struct ext4_handle handle, other = {0, 0};
    int error = ext4_lookup(fs, old.directory, name, size, &handle);

    if (error != 0)
        return from_errno(error);
    if (ext4_lookup(fs, new.directory, new_name, new_size, &other) != 0)
        other.inode = 0;
    error = ext4_rename(fs, &old, &new, (enum ext4_replace)replace);
    if (error != 0)
        return from_errno(error);
    *moved = from_handle(handle);
    *replaced = from_handle(other);
    return FILE_OK;
}

struct listing {
    void *fs;
    files_emit *emit;
    void *to;
    bool full;
};

static bool each(void *self, const struct ext4_entry *entry)
{
    struct listing *listing = self;
    struct files_entry told = {.cookie = entry->cookie, .name = entry->name, .size = entry->length};
    struct ext4_attributes a;

    /* The entry does not have the generation, which is part of the handle. */
    if (ext4_entry_attributes(listing->fs, entry->file.inode, &a) != 0)
        return true;
    told.file = from_handle(a.file);
    told.kind = (enum file_kind)(a.mode >> 12);
    listing->full = !listing->emit(listing->to, &told);
    return !listing->full;
}

enum file_error op_name_list(void *fs, struct file_handle directory, uint64_t cookie,
                           files_emit *emit, void *to, bool *end)
{
    struct listing listing = {.fs = fs, .emit = emit, .to = to};
    int error = ext4_list(fs, to_handle(directory), cookie, each, &listing);

    *end = !listing.full;
    return from_errno(error);
}

enum file_error op_name_read_link(void *fs, struct file_handle file, void *to, size_t size,
                                size_t *done)
{
    char text[EXT4_LINK_MAX];
    int error;

    *done = sizeof(text);
    error = ext4_read_link(fs, to_handle(file), text, done);
    if (error != 0)
        return from_errno(error);
    if (*done > size)
        return FILE_E_RANGE;
    return files_copy(to, text, *done) ? FILE_OK : FILE_E_BAD_WINDOW;
}
