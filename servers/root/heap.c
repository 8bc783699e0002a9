/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Root's own memory: pieces of a power of two, cut from an arena that grows out of the memory
 * blocks. The blocks' own entries come from here too, so the arena never grows while blocks are
 * being split: heap_prepare makes it large enough beforehand for whatever comes next.
 */
#include "memory.h"

#include "console.h"
#include "slots.h"

#include <abi/invoke.h>
#include <rt/bytes.h>
#include <stddef.h>

#define HEAP_VADDR  0x200000000ul
#define SMALLEST    32u
#define CLASSES     8u /* 32 bytes to HEAP_MAX */
#define FIRST_BYTES 65536u
#define RESERVE     32768u /* more than making a component and growing take */
#define GROW_PAGES  16u

struct piece {
    struct piece *next;
};

static char first_arena[FIRST_BYTES] __attribute__((aligned(64)));
static char *next = first_arena;
static char *end = first_arena + FIRST_BYTES;
static word_t grown; /* bytes mapped at HEAP_VADDR */
static word_t used_bytes;
static struct piece *lists[CLASSES];

/* Map one more page behind the arena. */
static bool add_page(cap_t untyped)
{
    cap_t slot = slot_take();

    if (slot == 0)
        return false;
    if (untyped_retype(untyped, TYPE_FRAME, 0, 0, slot, 1) != E_OK) {
        slot_drop(slot);
        return false;
    }
    if (address_space_map(ROOT_SPACE, 0, slot, 1, HEAP_VADDR + grown, MAP_READ | MAP_WRITE) !=
        E_OK) {
        slot_delete(slot);
        return false;
    }
    grown += PAGE;
    end += PAGE;
    return true;
}

/* Table pages for the arena last for 2 MiB each; root has some from the start, more come from here.
 */
static void add_tables(void)
{
    struct block *b;

    if (grown % (2ul << 20) != 0)
        return;
    b = memory_take(PAGE);
    if (b != NULL && address_space_supply(ROOT_SPACE, b->untyped) != E_OK)
        memory_give(b);
}

static void grow(void)
{
    struct block *b = memory_take(GROW_PAGES * PAGE);

    if (b == NULL)
        return;
    add_tables();
    if (grown == 0) { /* what is left of the first arena stays unused: the new one is elsewhere */
        next = (char *)HEAP_VADDR;
        end = next;
    }
    for (unsigned i = 0; i < GROW_PAGES; i++) {
        if (!add_page(b->untyped))
            return;
    }
}

void heap_prepare(void)
{
    if ((word_t)(end - next) < RESERVE)
        grow();
}

static unsigned class_of(word_t bytes)
{
    unsigned c = 0;

    ROOT_CHECK(bytes <= HEAP_MAX);
    while (((word_t)SMALLEST << c) < bytes)
        c++;
    return c;
}

void *heap_take(word_t bytes)
{
    unsigned c = class_of(bytes);
    word_t size = (word_t)SMALLEST << c;
    struct piece *p = lists[c];

    if (p != NULL) {
        lists[c] = p->next;
    } else if ((word_t)(end - next) >= size) {
        p = (struct piece *)(void *)next;
        next += size;
    } else {
        return NULL;
    }
    used_bytes += size;
    memset(p, 0, size);
    return p;
}

void heap_give(void *memory, word_t bytes)
{
    unsigned c = class_of(bytes);
    struct piece *p = memory;

    p->next = lists[c];
    lists[c] = p;
    used_bytes -= (word_t)SMALLEST << c;
}

struct heap_state heap_state(void)
{
    return (struct heap_state){.bytes = FIRST_BYTES + grown, .used = used_bytes};
}
