/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations on extended attributes. What a client gives passes through memory of our own. */
#include "operations.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_MOST 65536u

/* A name with a NUL. @return false: it cannot be one */
static bool text_of(char *text, const void *name, size_t size)
{
    if (size == 0 || size > EXT4_NAME_MAX || memchr(name, 0, size) != NULL)
        return false;
    memcpy(text, name, size);
    text[size] = 0;
    return true;
}

enum file_error op_value_get(void *fs, struct file_handle file, const void *name, size_t name_size,
                           void *to, size_t size, size_t *done)
{
    char text[EXT4_NAME_MAX + 1];
    char *value = NULL;
    int error;

    if (!text_of(text, name, name_size))
        return FILE_E_INVALID;
    *done = to == NULL || size == 0 ? 0 : size < VALUE_MOST ? size : VALUE_MOST;
    if (*done > 0) {
        value = malloc(*done);
        if (value == NULL)
            return FILE_E_NO_MEMORY;
    }
    error = ext4_get_value(fs, to_handle(file), text, value, done);
    if (error == 0 && value != NULL && !files_copy(to, value, *done))
        error = EFAULT;
    free(value);
    return from_errno(error);
}

enum file_error op_value_list(void *fs, struct file_handle file, void *to, size_t size,
                              size_t *done)
{
    char *names = NULL;
    int error;

    *done = to == NULL || size == 0 ? 0 : size < VALUE_MOST ? size : VALUE_MOST;
    if (*done > 0) {
        names = malloc(*done);
        if (names == NULL)
            return FILE_E_NO_MEMORY;
    }
    error = ext4_list_values(fs, to_handle(file), names, done);
    if (error == 0 && names != NULL && !files_copy(to, names, *done))
        error = EFAULT;
    free(names);
    return from_errno(error);
}

enum file_error op_value_set(void *fs, struct file_handle file, const void *name, size_t name_size,
                           const void *from, size_t size, enum file_value_mode mode)
{
    char text[EXT4_NAME_MAX + 1];
    char *value;
    int error;

    if (!text_of(text, name, name_size))
        return FILE_E_INVALID;
    if (size > VALUE_MOST)
        return FILE_E_TOO_BIG;
    value = malloc(size + 1);
    if (value == NULL)
        return FILE_E_NO_MEMORY;
    error = files_copy(value, from, size)
                ? ext4_set_value(fs, to_handle(file), text, value, size, (enum ext4_value_mode)mode)
                : EFAULT;
    free(value);
    return from_errno(error);
}

enum file_error op_value_remove(void *fs, struct file_handle file, const void *name,
                              size_t name_size)
{
    char text[EXT4_NAME_MAX + 1];

    if (!text_of(text, name, name_size))
        return FILE_E_INVALID;
    return from_errno(ext4_remove_value(fs, to_handle(file), text));
}
