/* SPDX-License-Identifier: BSD-2-Clause */
/* The file protocol's operations on an ext4 file system. */
#ifndef EXT4_OPERATIONS_H
#define EXT4_OPERATIONS_H

#include <ext4/ext4.h>
#include <filelib/serve.h>

/** The table for files_server.op; files_server.fs is the struct ext4. */
const struct files_operations *ext4_operations(void);

/* What the parts of it share. */

static inline struct ext4_handle to_handle(struct file_handle file)
{
    bool fits = file.inode <= UINT32_MAX && file.generation <= UINT32_MAX;

    return (struct ext4_handle){fits ? (uint32_t)file.inode : 0, (uint32_t)file.generation};
}

static inline struct file_handle from_handle(struct ext4_handle file)
{
    return (struct file_handle){file.inode, file.generation};
}

/** An errno as the protocol has it. */
enum file_error from_errno(int error);

/* values.c */
enum file_error op_value_get(void *fs, struct file_handle file, const void *name, size_t name_size,
                           void *to, size_t size, size_t *done);
enum file_error op_value_list(void *fs, struct file_handle file, void *to, size_t size,
                            size_t *done);
enum file_error op_value_set(void *fs, struct file_handle file, const void *name, size_t name_size,
                           const void *from, size_t size, enum file_value_mode mode);
enum file_error op_value_remove(void *fs, struct file_handle file, const void *name,
                              size_t name_size);

/* names.c */
enum file_error op_name_make(void *fs, struct file_handle directory, const void *name, size_t size,
                           const struct files_new *file, struct file_handle *made);
enum file_error op_name_make_link(void *fs, struct file_handle directory, const void *name,
                                size_t size, const void *target, size_t target_size, uint32_t user,
                                uint32_t group, struct file_handle *made);
enum file_error op_name_link(void *fs, struct file_handle file, struct file_handle directory,
                           const void *name, size_t size);
enum file_error op_name_remove(void *fs, struct file_handle directory, const void *name,
                               size_t size, bool is_directory, struct file_handle *removed);
enum file_error op_name_rename(void *fs, struct file_handle from, const void *name, size_t size,
                             struct file_handle to, const void *new_name, size_t new_size,
                             enum file_replace replace, struct file_handle *moved,
                             struct file_handle *replaced);
enum file_error op_name_list(void *fs, struct file_handle directory, uint64_t cookie,
                           files_emit *emit, void *to, bool *end);
enum file_error op_name_read_link(void *fs, struct file_handle file, void *to, size_t size,
                                size_t *done);

#endif
