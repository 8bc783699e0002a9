/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a program remembers of the paths that it has looked up: attributes, by lease. A change by
 * another client ends the lease before it is answered; a change of its own makes it forget all.
 * On the component's main thread only; elsewhere nothing is remembered.
 */
#ifndef FILELIB_CACHE_H
#define FILELIB_CACHE_H

#include "connection.h"

#define FILES_CACHED      32u /* paths */
#define FILES_CACHED_PATH 88u /* longest of them */

struct files_cached {
    uint32_t hash;
    uint32_t size; /**< of the path; 0: unused */
    char path[FILES_CACHED_PATH];
    struct file_attributes attributes;
};

struct files_cache {
    struct files_cached *entry; /**< FILES_CACHED; NULL: not made yet */
    uint64_t changes;           /**< connection->changes when they were true */
    bool refused;               /**< the server gives no leases, or memory is short */
};

/** The attributes of a path below the mount. @return false: they are not known */
bool files_cache_find(struct files_cache *cache, struct files_connection *c, const char *path,
                      struct file_attributes *to);

/** Flags for looking up what files_cache_find did not know. */
uint8_t files_cache_flags(const struct files_cache *cache);

/** Remember what a lookup with these flags found. */
void files_cache_add(struct files_cache *cache, const char *path,
                     const struct file_attributes *attributes);

#endif
