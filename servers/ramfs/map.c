/* SPDX-License-Identifier: BSD-2-Clause */
/* Which page a part of a file is in. */
#include <rt/bytes.h>

#include "fail.h"
#include "node.h"

/* Leaves below one number in a page of this depth. */
static uint64_t reach(uint32_t depth)
{
    return 1ull << (10 * (depth - 1));
}

static bool beyond(const struct map *map, uint64_t index)
{
    return map->root == 0 || index >> (10 * map->depth) != 0;
}

uint32_t map_get(const struct arena *a, const struct map *map, uint64_t index)
{
    uint32_t page = map->root;

    if (beyond(map, index))
        return 0;
    for (uint32_t depth = map->depth; depth > 0 && page != 0; depth--) {
        const uint32_t *numbers = arena_data(a, page);

        page = numbers[index / reach(depth) % MAP_FAN];
    }
    return page;
}

static uint32_t new_index(struct arena *a, uint32_t *pages)
{
    uint32_t page = arena_page_take(a, ARENA_INDEX);

    if (page == 0)
        return 0;
    memset(arena_data(a, page), 0, ARENA_PAGE);
    ARENA_SET(a, *pages, *pages + 1);
    return page;
}

/* More levels, until the index is within. */
static bool grow(struct arena *a, struct map *map, uint64_t index, uint32_t *pages)
{
    while (index >> (10 * map->depth) != 0) {
        uint32_t page = 0;

        if (map->root != 0) {
            page = new_index(a, pages);
            if (page == 0)
                return false;
            *(uint32_t *)arena_data(a, page) = map->root;
        }
        arena_change(a, map, sizeof(*map));
        map->root = page;
        map->depth++;
    }
    return true;
}

bool map_put(struct arena *a, struct map *map, uint64_t index, uint32_t page, uint32_t *pages)
{
    uint32_t *place = &map->root;

    RAMFS_CHECK(index < MAP_PAGES);
    if (!grow(a, map, index, pages))
        return false;
    for (uint32_t depth = map->depth; depth > 0; depth--) {
        if (*place == 0) {
            uint32_t made = new_index(a, pages);

            if (made == 0)
                return false;
            ARENA_SET(a, *place, made);
        }
        place = (uint32_t *)arena_data(a, *place) + index / reach(depth) % MAP_FAN;
    }
    RAMFS_CHECK(*place == 0);
    ARENA_SET(a, *place, page);
    ARENA_SET(a, *pages, *pages + 1);
    return true;
}

void map_clear(struct arena *a, struct map *map, uint64_t index)
{
    uint32_t *place = &map->root;

    RAMFS_CHECK(!beyond(map, index));
    for (uint32_t depth = map->depth; depth > 0; depth--)
        place = (uint32_t *)arena_data(a, *place) + index / reach(depth) % MAP_FAN;
    ARENA_SET(a, *place, 0);
}

/* The first part from *index on, below a page, that is what is looked for; *index moves on. */
static bool search(const struct arena *a, uint32_t page, uint32_t depth, uint64_t *index, bool want)
{
    uint64_t span = 1ull << (10 * depth);
    const uint32_t *numbers;

    if (page == 0 || depth == 0) {
        if ((page != 0) == want)
            return true;
        *index = (*index / span + 1) * span;
        return false;
    }
    numbers = arena_data(a, page);
    for (uint64_t i = *index / reach(depth) % MAP_FAN; i < MAP_FAN; i++)
        if (search(a, numbers[i], depth - 1, index, want)) /* at most MAP_DEPTH deep */
            return true;
    return false;
}

uint64_t map_next(const struct arena *a, const struct map *map, uint64_t index, bool page)
{
    if (!beyond(map, index) && search(a, map->root, map->depth, &index, page))
        return index;
    return page ? MAP_PAGES : index;
}

/* Cut below *place, whose first leaf is number `base`. @return true: nothing is left from `first`
 * on */
static bool cut(struct arena *a, uint32_t *place, uint32_t depth, uint64_t base, uint64_t first,
                unsigned *budget, uint32_t *pages)
{
    uint32_t page = *place;

    if (page == 0)
        return true;
    if (depth > 0) {
        uint32_t *numbers = arena_data(a, page);

        for (uint64_t i = MAP_FAN; i-- > 0;) {
            uint64_t from = base + i * reach(depth);

            if (from + reach(depth) <= first)
                break;
            if (!cut(a, &numbers[i], depth - 1, from, first, budget, pages))
                return false;
        }
    }
    if (base < first)
        return true;
    if (*budget == 0)
        return false;
    --*budget;
    ARENA_SET(a, *place, 0);
    ARENA_SET(a, *pages, *pages - 1);
    arena_page_give(a, page);
    return true;
}

bool map_cut(struct arena *a, struct map *map, uint64_t first, unsigned *budget, uint32_t *pages)
{
    if (!cut(a, &map->root, map->depth, 0, first, budget, pages))
        return false;
    if (map->root == 0 && map->depth != 0)
        ARENA_SET(a, map->depth, 0);
    return true;
}

static bool walk(const struct arena *a, uint32_t page, uint32_t depth, uint64_t base,
                 bool (*visit)(void *context, uint32_t page, uint64_t index, bool leaf),
                 void *context)
{
    const uint32_t *numbers;

    if (page == 0)
        return true;
    if (!visit(context, page, base, depth == 0))
        return false;
    if (depth == 0)
        return true;
    numbers = arena_data(a, page);
    for (uint64_t i = 0; i < MAP_FAN; i++)
        if (!walk(a, numbers[i], depth - 1, base + i * reach(depth), visit, context))
            return false;
    return true;
}

bool map_walk(const struct arena *a, const struct map *map,
              bool (*visit)(void *context, uint32_t page, uint64_t index, bool leaf), void *context)
{
    if (map->depth > MAP_DEPTH)
        return false;
    return walk(a, map->root, map->depth, 0, visit, context);
}
