/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an address space is made of. Areas are a list by address; pages are in a table of four
 * levels like the processor's, whose leaves say which page is where, and by which slot it is mapped
 * in the kernel's AddressSpace. An entry with a page and no slot is there but not mapped: it will
 * be when it is touched.
 */
#ifndef LINUX_SPACE_PRIV_H
#define LINUX_SPACE_PRIV_H

#include "space.h"

#define MMAP_TOP    0x00007ffff7ffe000ul /* of a program at fixed places: layout.c */
#define LEAF_PAGES  512u
#define SLOT_CHUNKS 512u
#define CHUNK_SLOTS 256u
#define FIRST_SLOTS 64u
#define SUPPLIES    64u
#define LEAF_SHIFT  21u /* a leaf covers 2 MiB */
#define KNOWN       8u

/* What madvise says of an area: a child of fork gets nothing of it; clear memory. */
#define AREA_LEFT_OUT 1u
#define AREA_CLEARED  2u

struct area {
    struct area *next;          /* by address */
    struct area *mapping;       /* next of those that map the same file */
    struct area **mapping_link;
    struct space *space;
    word_t start, end;
    unsigned prot;
    bool grows;                 /* the stack */
    unsigned fork;              /* AREA_... : what a child of fork gets of it */
    struct area_source source;
};

/* An entry of a leaf: page << 32 | slot << 8 | flags. */
typedef uint64_t entry_t;
#define ENTRY_WRITE 1u          /* mapped so that it can be written */
static inline entry_t entry_make(page_t page, word_t slot, word_t flags)
{
    return (word_t)page << 32 | slot << 8 | flags;
}
static inline page_t entry_page(entry_t e) { return (page_t)(e >> 32); }
static inline word_t entry_slot(entry_t e) { return e >> 8 & 0xffffff; }

/* A leaf that was looked for: they stay as long as the space. */
struct known_leaf {
    word_t number;              /* address >> LEAF_SHIFT, and 1 more; 0: none */
    entry_t *leaf;
};

/* Slots for mapped copies of frames: a CNode out of one piece; a space's first out of a page, which
 * is enough for most children of fork. */
struct slot_chunk {
    cap_t cnode, piece;
    struct lone lone;
    uint64_t used[CHUNK_SLOTS / 64];
    unsigned free;
};

struct space {
    unsigned refs;
    struct lone lone;           /* the AddressSpace */
    cap_t cap;                  /* of it */
    struct area *areas, *last;  /* last: where the last look-up ended, or NULL */
    entry_t **root;             /* four levels */
    struct known_leaf known[KNOWN];
    word_t map_top;             /* free ranges are looked for below */
    word_t vdso, stack_top, auxv;
    word_t brk_start, brk;
    word_t resident, size;      /* pages */
    cap_t supply[SUPPLIES];
    unsigned supplies;
    struct slot_chunk **chunk;  /* SLOT_CHUNKS of them */
    unsigned chunks, chunk_hint;
    word_t arg_start, arg_end, env_start, env_end; /* for /proc */
};

/* --- table.c --- */

bool table_init(struct space *s);
void table_free(struct space *s);
/* The entry of an address. @param make: make the leaf if there is none @return NULL: none */
entry_t *table_entry(struct space *s, word_t address, bool make);
/* The same, if the leaf was looked for before; else NULL. */
static inline entry_t *table_known(struct space *s, word_t address)
{
    const struct known_leaf *k = &s->known[(address >> LEAF_SHIFT) % KNOWN];

    return k->number == (address >> LEAF_SHIFT) + 1 ? &k->leaf[address >> 12 & 511] : NULL;
}
/* The first of the entries from `at` on, all of one table, that holds something; `end`: none. */
static inline entry_t *table_skip(entry_t *at, const entry_t *end)
{
    while (end - at >= 8 && (at[0] | at[1] | at[2] | at[3] | at[4] | at[5] | at[6] | at[7]) == 0)
        at += 8;
    while (at < end && *at == 0)
        at++;
    return at;
}
/* Map what the entries of `count` pages from `at` on hold (pages without slots, in one leaf). */
long table_map(struct space *s, const struct area *a, word_t at, word_t count, bool write);
/* Let a mapped page be written. */
long table_upgrade(struct space *s, const struct area *a, entry_t *entry);
/* Drop mapping and page of a range. */
void table_drop(struct space *s, word_t start, word_t end);
/* Drop the kernel's mappings of a range and keep the pages. */
void table_unmap(struct space *s, word_t start, word_t end);
/* Make all mapped pages of a range read-only, or with `execute` changed. */
long table_protect(struct space *s, word_t start, word_t end, unsigned prot);
/* Move the pages of a range to another address; nothing is there. @return 0 or -ENOMEM */
long table_move(struct space *s, word_t from, word_t to, word_t bytes);
/* The first address from `at` below `end` whose leaf exists; `end`: none. */
word_t table_next(struct space *s, word_t at, word_t end);

/* --- space.c --- */

struct area *area_at(struct space *s, word_t address);
long space_protect(struct space *s, word_t start, word_t bytes, unsigned prot);
/* What children of fork get of a range, all of which is mapped: AREA_... @return 0, -ENOMEM, or
 * -EINVAL: only private memory without a file can be AREA_CLEARED */
long space_set_fork(struct space *s, word_t start, word_t bytes, unsigned set, unsigned clear);
/* The page at this place here, as space_read_forced means it. @return NULL: *error */
uint8_t *space_force(struct space *s, word_t address, bool write, long *error);
/* Memory that processes share without a file; with a reference. @return 0 or -ENOMEM */
long shared_memory(word_t bytes, struct area_source *source);

#endif
