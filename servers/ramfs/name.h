/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names in directories. An entry is found through a table of all names by their hash, and listed by
 * its place in the directory's map, which never changes. Changes are part of the caller's step.
 */
#ifndef RAMFS_NAME_H
#define RAMFS_NAME_H

#include "node.h"

/** The node of a unit of the arena. */
static inline struct node *node_at(const struct arena *a, uint32_t unit)
{
    return arena_unit(a, unit);
}

static inline struct entry *entry_at(const struct arena *a, uint32_t unit)
{
    return arena_unit(a, unit);
}

/** The entry of a name. @return its unit, 0: there is none */
uint32_t name_find(const struct arena *a, uint32_t directory, const void *name, size_t size);

/** Enter a name of 1 to ARENA_NAME bytes that is not there. @return false: no memory */
bool name_add(struct arena *a, uint32_t directory, const void *name, size_t size, uint32_t node);

/** Remove an entry. Frees it: nothing can be allocated any more in this step. */
void name_remove(struct arena *a, uint32_t entry);

/** The entry at the first used place from `place` on. @return 0: none; else *place is its place */
uint32_t name_next(const struct arena *a, uint32_t directory, uint32_t *place);

/** Put an entry into the table of hashes, outside of steps; for check.c. */
void name_hang(struct arena *a, uint32_t entry);

/** Which class an entry or value with so many bytes is of. */
enum arena_use name_class(size_t bytes);

/** What an entry's hash must be. */
uint32_t name_hash(const struct arena *a, uint32_t directory, const void *name, size_t size);

#endif
