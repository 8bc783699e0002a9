/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What ramfs keeps in its arena: files (nodes), names (entries), extended attributes (values), and
 * maps, which say in which page a part of a file is. The number of a node's unit is its inode
 * number.
 */
#ifndef RAMFS_NODE_H
#define RAMFS_NODE_H

#include <proto/file.h>

#include "arena.h"

#define NODE_INLINE 84u /* longest symbolic link without a page */

/** A tree of pages: a leaf at depth 0, else pages of 1024 numbers. */
struct map {
    uint32_t root; /**< page, 0: nothing */
    uint32_t depth;
};

#define MAP_FAN   1024u
#define MAP_DEPTH 3u
#define MAP_PAGES (1ull << 30) /* pages that a map of this depth has */

struct stamp {
    int64_t seconds;
    uint64_t nanoseconds;
};

/** A file. */
struct node {
    uint64_t change;     /**< first: a free object has other things there */
    uint64_t generation; /**< 0: this is no node */
    uint64_t size;       /**< bytes; directories: 0 */
    struct stamp accessed, modified, changed, born;
    uint32_t links;
    uint32_t user, group;
    uint32_t major, minor;
    uint16_t mode;
    uint8_t kind;
    uint8_t doomed;       /**< in the list of those that are to go */
    uint32_t doomed_next;
    uint32_t flags;
    struct map map;       /**< contents; of a directory the units of its entries, 4 bytes each */
    uint32_t pages;       /**< in the map, its own pages too */
    uint32_t parent;      /**< of a directory */
    uint32_t entries;     /**< of a directory */
    uint32_t places;      /**< of a directory: in its map, also unused ones */
    uint32_t free_place;  /**< of a directory: first unused place + 1 */
    uint32_t values;      /**< first extended attribute */
    uint32_t was_read;    /**< since it was changed: `accessed` stays */
    uint32_t found;       /**< check.c: links that were found */
    uint32_t visit_next;  /**< check.c: directories to be looked into */
    char text[NODE_INLINE];
};

_Static_assert(sizeof(struct node) <= 4 * ARENA_UNIT, "a node is an object of 4 units");

/** An unused place of a directory has this bit, and the next unused one + 1. */
#define PLACE_UNUSED 0x80000000u

/** A name in a directory. */
struct entry {
    uint32_t next;      /**< in its bucket */
    uint32_t directory;
    uint32_t node;
    uint32_t place;     /**< number in the directory's map */
    uint32_t hash;
    uint8_t size;
    char name[];
};

/** An extended attribute. */
struct value {
    uint32_t next;
    struct map map;
    uint32_t bytes;
    uint8_t size;
    char name[];
};

#define ENTRY_HEAD offsetof(struct entry, name)
#define VALUE_HEAD offsetof(struct value, name)

_Static_assert(ENTRY_HEAD + ARENA_NAME <= 5 * ARENA_UNIT, "the longest name fits");
_Static_assert(VALUE_HEAD + ARENA_NAME <= 5 * ARENA_UNIT, "the longest name fits");

/* Maps. Changes are part of the caller's step. */

/** The page of a part. @return 0: a hole */
uint32_t map_get(const struct arena *a, const struct map *map, uint64_t index);

/**
 * Put a page where there was a hole.
 * @param pages counts pages of the map itself
 * @return false: no memory
 */
bool map_put(struct arena *a, struct map *map, uint64_t index, uint32_t page, uint32_t *pages);

/** Make a hole; the page belongs to the caller. */
void map_clear(struct arena *a, struct map *map, uint64_t index);

/** The first part from `index` on that is a page (`page`) or a hole. @return MAP_PAGES: none */
uint64_t map_next(const struct arena *a, const struct map *map, uint64_t index, bool page);

/**
 * Give back pages from `first` on.
 * @param budget most pages to give back; what is not used up of it is left in it
 * @return true: nothing is left from there on
 */
bool map_cut(struct arena *a, struct map *map, uint64_t first, unsigned *budget, uint32_t *pages);

/** Each page of a map, its own (`leaf` false) and its leaves; stops when visit returns false.
 * Believes nothing: pages are visited before they are looked into. */
bool map_walk(const struct arena *a, const struct map *map,
              bool (*visit)(void *context, uint32_t page, uint64_t index, bool leaf),
              void *context);

#endif
