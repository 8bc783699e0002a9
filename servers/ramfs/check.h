/* SPDX-License-Identifier: BSD-2-Clause */
/* Is what a vault holds a file system? Whoever wrote it last may have been going wrong. */
#ifndef RAMFS_CHECK_H
#define RAMFS_CHECK_H

#include "tree.h"

/**
 * Go through everything that was found by arena_open and files_book_open. What can be counted is
 * counted anew; files without names that nobody has open go.
 * @return NULL: sound, and ready for use; else what is wrong
 */
const char *ramfs_check(struct ramfs *fs);

#endif
