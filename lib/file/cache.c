/* SPDX-License-Identifier: BSD-2-Clause */
/* Attributes of paths, by lease. */
#include "cache.h"

#include <rt/bytes.h>
#include <rt/memory.h>
#include <rt/thread.h>

#define RECALLED 16u

static uint32_t hash_of(const char *path, uint32_t *size)
{
    uint32_t hash = 2166136261u, at = 0;

    for (; path[at] != 0; at++)
        hash = (hash ^ (uint8_t)path[at]) * 16777619u;
    *size = at;
    return hash;
}

static struct files_cached *entry_for(const struct files_cache *cache, uint32_t hash)
{
    return &cache->entry[(hash ^ hash >> 16) % FILES_CACHED];
}

static void forget(struct files_cache *cache, const struct files_connection *c)
{
    for (unsigned i = 0; i < FILES_CACHED; i++)
        cache->entry[i].size = 0;
    cache->changes = c->changes;
}

static bool begin(struct files_cache *cache, struct files_connection *c)
{
    const size_t pages = (FILES_CACHED * sizeof(*cache->entry) + RT_PAGE - 1) / RT_PAGE;

    if (cache->entry == NULL)
        cache->entry = rt_pages_alloc(pages);
    cache->refused = cache->entry == NULL || files_leases_begin(c) != FILE_OK;
    if (!cache->refused)
        forget(cache, c);
    return !cache->refused;
}

/* After a recall. What was recalled is not looked at: a program's cache is small. */
static void refresh(struct files_cache *cache, struct files_connection *c)
{
    struct file_handle recalled[RECALLED];
    bool all = false, more = true;
    uint32_t count;

    forget(cache, c);
    while (more && !all && !cache->refused)
        cache->refused = files_recalled(c, recalled, RECALLED, &count, &all, &more) != FILE_OK;
    if (all && !cache->refused)
        (void)begin(cache, c);
}

bool files_cache_find(struct files_cache *cache, struct files_connection *c, const char *path,
                      struct file_attributes *to)
{
    const struct files_cached *entry;
    uint32_t size, hash;

    if (cache->refused || rt_self()->number != 0)
        return false;
    if (cache->entry == NULL) {
        (void)begin(cache, c);
        return false;
    }
    if (!files_leases_hold(c))
        refresh(cache, c);
    else if (cache->changes != c->changes)
        forget(cache, c);
    hash = hash_of(path, &size);
    entry = entry_for(cache, hash);
    if (entry->size != size || entry->hash != hash || size == 0 ||
        memcmp(entry->path, path, size) != 0)
        return false;
    *to = entry->attributes;
    return true;
}

uint8_t files_cache_flags(const struct files_cache *cache)
{
    return cache->entry == NULL || cache->refused || rt_self()->number != 0 ? 0 : FILE_LEASE;
}

void files_cache_add(struct files_cache *cache, const char *path,
                     const struct file_attributes *attributes)
{
    uint32_t size, hash = hash_of(path, &size);
    struct files_cached *entry;

    if (size == 0 || size > FILES_CACHED_PATH)
        return;
    entry = entry_for(cache, hash);
    entry->hash = hash;
    entry->size = size;
    memcpy(entry->path, path, size);
    entry->attributes = *attributes;
}
