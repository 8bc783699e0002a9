/* SPDX-License-Identifier: BSD-2-Clause */
/* An entry of a directory as `read_directory` of the file protocol packs it. */
#ifndef FILELIB_ENTRY_H
#define FILELIB_ENTRY_H

#include <stddef.h>
#include <stdint.h>

/** Begins at a multiple of 8 bytes; zeros follow the name up to `size`. */
struct files_packed {
    uint64_t inode;
    uint64_t generation;
    uint64_t cookie;
    uint16_t size; /**< of all of it, a multiple of 8 */
    uint16_t name_size;
    uint8_t kind;
    char name[];
};

#define FILES_PACKED_HEAD offsetof(struct files_packed, name)
#define FILES_PACKED_MAX  288u /* with the longest name */

_Static_assert(offsetof(struct files_packed, name) == 29, "layout is protocol");

/** Bytes of an entry with a name of so many bytes. */
static inline size_t files_packed_size(size_t name_size)
{
    return (FILES_PACKED_HEAD + name_size + 7) / 8 * 8;
}

#endif
