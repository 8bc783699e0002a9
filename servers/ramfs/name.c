/* SPDX-License-Identifier: BSD-2-Clause */
/* Names in directories. */
#include "name.h"

#include <rt/bytes.h>

#include "fail.h"

#define IN_PAGE (ARENA_PAGE / 4)

enum arena_use name_class(size_t bytes)
{
    return bytes <= ARENA_UNIT ? ARENA_SHORT : bytes <= 2 * ARENA_UNIT ? ARENA_MIDDLE : ARENA_LONG;
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
    return hash ^ hash >> 29;
}

/* Eight bytes at a time; the seed keeps clients from choosing names that meet in one bucket. */
uint32_t name_hash(const struct arena *a, uint32_t directory, const void *name, size_t size)
{
    uint64_t hash = mix(a->head->seed, (uint64_t)directory << 8 | size);
    const uint8_t *at = name;
    uint64_t tail = 0;

    for (; size >= 8; size -= 8, at += 8) {
        uint64_t word;

        __builtin_memcpy(&word, at, 8);
        hash = mix(hash, word);
    }
    while (size > 0)
        tail = tail << 8 | at[--size];
    hash = mix(hash, tail);
    return (uint32_t)(hash ^ hash >> 32);
}

static uint32_t *bucket(const struct arena *a, uint32_t hash)
{
    return &a->bucket[hash & (a->head->buckets - 1)];
}

uint32_t name_find(const struct arena *a, uint32_t directory, const void *name, size_t size)
{
    uint32_t hash = name_hash(a, directory, name, size);
    uint32_t unit = *bucket(a, hash);

    while (unit != 0) {
        const struct entry *e = entry_at(a, unit);

        if (e->hash == hash && e->directory == directory && e->size == size &&
            memcmp(e->name, name, size) == 0)
            return unit;
        unit = e->next;
    }
    return 0;
}

/* The word of the directory's map for a place. */
static uint32_t *place_word(const struct arena *a, const struct node *d, uint32_t place)
{
    uint32_t page = map_get(a, &d->map, place / IN_PAGE);

    RAMFS_CHECK(page != 0);
    return (uint32_t *)arena_data(a, page) + place % IN_PAGE;
}

/* A place for one more entry. @return false: no memory */
static bool take_place(struct arena *a, struct node *d, uint32_t *place)
{
    if (d->free_place != 0) {
        *place = d->free_place - 1;
        ARENA_SET(a, d->free_place, *place_word(a, d, *place) & ~PLACE_UNUSED);
        return true;
    }
    *place = d->places;
    if (*place == PLACE_UNUSED - 1)
        return false;
    if (*place % IN_PAGE == 0) {
        uint32_t page = arena_page_take(a, ARENA_DATA);

        if (page == 0 || !map_put(a, &d->map, *place / IN_PAGE, page, &d->pages))
            return false;
        memset(arena_data(a, page), 0, ARENA_PAGE);
    }
    ARENA_SET(a, d->places, *place + 1);
    return true;
}

bool name_add(struct arena *a, uint32_t directory, const void *name, size_t size, uint32_t node)
{
    uint32_t hash = name_hash(a, directory, name, size);
    uint32_t unit = arena_take(a, name_class(ENTRY_HEAD + size));
    struct node *d = node_at(a, directory);
    struct entry *e = entry_at(a, unit);
    uint32_t place;

    if (unit == 0 || !take_place(a, d, &place))
        return false;
    e->next = *bucket(a, hash);
    e->directory = directory;
    e->node = node;
    e->place = place;
    e->hash = hash;
    e->size = (uint8_t)size;
    memcpy(e->name, name, size);
    ARENA_SET(a, *place_word(a, d, place), unit);
    ARENA_SET(a, *bucket(a, hash), unit);
    ARENA_SET(a, d->entries, d->entries + 1);
    return true;
}

void name_remove(struct arena *a, uint32_t unit)
{
    struct entry *e = entry_at(a, unit);
    struct node *d = node_at(a, e->directory);
    uint32_t *link = bucket(a, e->hash);

    while (*link != unit) {
        RAMFS_CHECK(*link != 0);
        link = &entry_at(a, *link)->next;
    }
    ARENA_SET(a, *link, e->next);
    ARENA_SET(a, *place_word(a, d, e->place), d->free_place | PLACE_UNUSED);
    ARENA_SET(a, d->free_place, e->place + 1);
    ARENA_SET(a, d->entries, d->entries - 1);
    arena_give(a, unit);
}

uint32_t name_next(const struct arena *a, uint32_t directory, uint32_t *place)
{
    const struct node *d = node_at(a, directory);

    for (; *place < d->places; ++*place) {
        uint32_t word = *place_word(a, d, *place);

        if (!(word & PLACE_UNUSED))
            return word;
    }
    return 0;
}

void name_hang(struct arena *a, uint32_t unit)
{
    struct entry *e = entry_at(a, unit);

    e->next = *bucket(a, e->hash);
    *bucket(a, e->hash) = unit;
}
