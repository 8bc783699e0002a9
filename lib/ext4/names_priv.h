/* SPDX-License-Identifier: BSD-2-Clause */
/* What names.c and rename.c share. */
#ifndef EXT4_NAMES_PRIV_H
#define EXT4_NAMES_PRIV_H

#include "fs_priv.h"

/** May this be the name of a file? @return 0, ENOENT, ENAMETOOLONG, EINVAL */
int names_check(const char *name, size_t length);
/** A directory in which names may change; pinned. */
int names_directory(struct ext4 *fs, struct ext4_handle handle, struct node **directory);
/** The file that a name stands for; pinned. */
int names_child(struct ext4 *fs, struct node *directory, const char *name, size_t length,
                struct place *place, struct node **found);
/** One link of a directory more or less. */
void names_count(struct node *directory, int change);
/** May a name of this file be taken away? */
int names_may_remove(struct ext4 *fs, struct node *node, bool directory);
/** A name of this file is gone; without any it becomes an orphan. */
int names_drop(struct ext4 *fs, struct node *node);

#endif
