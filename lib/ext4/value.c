/* SPDX-License-Identifier: BSD-2-Clause */
/* Extended attributes: in the inode and one block, by libext2fs. */
#include "fs_priv.h"

#include <string.h>

static int known_prefix(const char *name)
{
    static const char *const prefixes[] = {"user.", "trusted.", "security.",
                                           "system.posix_acl_access", "system.posix_acl_default"};

    for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
            return name[strlen(prefixes[i])] != 0 || i > 2 ? 0 : EINVAL;
    return EOPNOTSUPP;
}

/* All values of a file in memory. */
static int open_values(struct ext4 *fs, struct node *node, struct ext2_xattr_handle **values)
{
    errcode_t error = ext2fs_xattrs_open(fs->lib, node->number, values);

    if (error != 0)
        return ext4_error(error);
    error = ext2fs_xattrs_read(*values);
    if (error != 0) {
        (void)ext2fs_xattrs_close(values);
        return ext4_error(error);
    }
    return 0;
}

int ext4_get_value(struct ext4 *fs, struct ext4_handle file, const char *name, void *to,
                   size_t *size)
{
    struct ext2_xattr_handle *values;
    struct node *node;
    void *value = NULL;
    size_t length = 0;
    int error = node_get(fs, file, &node);

    if (error != 0)
        return error;
    error = known_prefix(name);
    if (error == 0)
        error = open_values(fs, node, &values);
    if (error == 0) {
        error = ext4_error(ext2fs_xattr_get(values, name, &value, &length));
        if (error == 0 && *size != 0 && length > *size)
            error = ERANGE;
        if (error == 0 && *size != 0 && length > 0)
            memcpy(to, value, length);
        if (value != NULL)
            ext2fs_free_mem(&value);
        (void)ext2fs_xattrs_close(&values);
    }
    node_put(fs, node);
    *size = length;
    return error;
}

/* Would the values fit? libext2fs finds out only when it has changed its mind about them. */
static int change(struct ext4 *fs, struct node *node, const char *name, const void *from,
                  size_t size, enum ext4_value_mode mode, bool remove)
{
    struct ext2_xattr_handle *values;
    void *old = NULL;
    size_t length;
    bool exists;
    int error = open_values(fs, node, &values);

    if (error != 0)
        return error;
    error = ext4_error(ext2fs_xattr_get(values, name, &old, &length));
    exists = error == 0;
    if (old != NULL)
        ext2fs_free_mem(&old);
    if (error == ENODATA)
        error = remove || mode == EXT4_VALUE_REPLACE ? ENODATA : 0;
    else if (error == 0 && !remove && mode == EXT4_VALUE_CREATE)
        error = EEXIST;
    (void)exists;
    if (error == 0)
        error = journal_begin(fs, 16, remove ? 0 : 2);
    if (error == 0) {
        error = ext4_error(remove ? ext2fs_xattr_remove(values, name)
                                  : ext2fs_xattr_set(values, name, from, size));
        if (error == 0)
            error = node_reload(fs, node);
        node_stamp(fs, node, TIME_CHANGED);
        if (error == 0)
            error = node_write(fs, node, true);
        error = journal_end(fs, error);
    }
    (void)ext2fs_xattrs_close(&values);
    return error;
}

static int change_file(struct ext4 *fs, struct ext4_handle file, const char *name,
                       const void *from, size_t size, enum ext4_value_mode mode, bool remove)
{
    struct node *node;
    int error;

    if (fs->aborted != 0 || fs->read_only)
        return EROFS;
    error = node_get(fs, file, &node);
    if (error != 0)
        return error;
    error = known_prefix(name);
    if (error == 0 && (node->inode.i_flags & (EXT2_IMMUTABLE_FL | EXT2_APPEND_FL)) != 0)
        error = EPERM;
    if (error == 0 && size > fs->block_bytes - 64)
        error = E2BIG;
    if (error == 0)
        error = change(fs, node, name, from, size, mode, remove);
    node_put(fs, node);
    return error;
}

int ext4_set_value(struct ext4 *fs, struct ext4_handle file, const char *name, const void *from,
                   size_t size, enum ext4_value_mode mode)
{
    return change_file(fs, file, name, from, size, mode, false);
}

int ext4_remove_value(struct ext4 *fs, struct ext4_handle file, const char *name)
{
    return change_file(fs, file, name, NULL, 0, EXT4_VALUE_ANY, true);
}

struct names {
    char *to;
    size_t room, size;
};

static int add_name(char *name, char *value, size_t length, void *self)
{
    struct names *names = self;
    size_t size = strlen(name) + 1;

    (void)value, (void)length;
    if (size <= names->room && names->size <= names->room - size)
        memcpy(names->to + names->size, name, size);
    names->size += size;
    return 0;
}

int ext4_list_values(struct ext4 *fs, struct ext4_handle file, char *to, size_t *size)
{
    struct names names = {.to = to, .room = *size};
    struct ext2_xattr_handle *values;
    struct node *node;
    int error = node_get(fs, file, &node);

    if (error != 0)
        return error;
    error = open_values(fs, node, &values);
    if (error == 0) {
        error = ext4_error(ext2fs_xattrs_iterate(values, add_name, &names));
        (void)ext2fs_xattrs_close(&values);
        if (error == 0 && *size != 0 && names.size > *size)
            error = ERANGE;
    }
    node_put(fs, node);
    *size = names.size;
    return error;
}
