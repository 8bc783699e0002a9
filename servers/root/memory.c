/* SPDX-License-Identifier: BSD-2-Clause */
#include "memory.h"

#include "console.h"
#include "slots.h"

#include <abi/boot_info.h>
#include <abi/invoke.h>
#include <stddef.h>

#define ORDERS 48u

enum { BLOCK_FREE, BLOCK_SPLIT, BLOCK_USED };

static struct block *lists[ORDERS];
static word_t total_bytes, free_bytes;

static void list_add(struct block *b)
{
    b->state = BLOCK_FREE;
    b->prev = NULL;
    b->next = lists[b->order];
    if (b->next != NULL)
        b->next->prev = b;
    lists[b->order] = b;
}

static void list_remove(struct block *b)
{
    if (b->prev != NULL)
        b->prev->next = b->next;
    else
        lists[b->order] = b->next;
    if (b->next != NULL)
        b->next->prev = b->prev;
}

/* An Untyped of its own for part of `from`. @return NULL: no slot or no memory for the entry */
static struct block *make(cap_t from, uint32_t order)
{
    struct block *b = heap_take(sizeof *b);
    cap_t slot = slot_take();

    if (b == NULL || slot == 0 ||
        untyped_retype(from, TYPE_UNTYPED, (word_t)PAGE_GRANULES << order, 0, slot, 1) != E_OK) {
        if (slot != 0)
            slot_drop(slot);
        if (b != NULL)
            heap_give(b, sizeof *b);
        return NULL;
    }
    b->untyped = slot;
    b->order = order;
    return b;
}

static void unmake(struct block *b)
{
    slot_delete(b->untyped);
    heap_give(b, sizeof *b);
}

/* Cut a range into blocks that are aligned to their size, so that large frames can be made from
 * them. */
static void add_range(cap_t untyped, word_t first, word_t bytes)
{
    while (bytes >= PAGE) {
        uint32_t order = 0;
        struct block *b;

        while (order + 1 < ORDERS && (PAGE << (order + 1)) <= bytes &&
               first % (PAGE << (order + 1)) == 0)
            order++;
        b = make(untyped, order);
        ROOT_CHECK(b != NULL);
        list_add(b);
        total_bytes += block_bytes(b);
        free_bytes += block_bytes(b);
        first += block_bytes(b);
        bytes -= block_bytes(b);
    }
}

void memory_init(word_t range, word_t taken)
{
    const struct boot_info *info = (const struct boot_info *)ROOT_VADDR_INFO;

    for (word_t i = 0; i < info->untyped_count; i++) {
        word_t skip = i == range ? taken : 0;

        if (!info->untyped[i].device)
            add_range(ROOT_UNTYPED + i, info->untyped[i].first + skip,
                      info->untyped[i].bytes - skip);
    }
}

/* @return false: no slots or no memory for the entries */
static bool split(struct block *b)
{
    struct block *low = make(b->untyped, b->order - 1);
    struct block *high = low == NULL ? NULL : make(b->untyped, b->order - 1);

    if (high == NULL) {
        if (low != NULL)
            unmake(low);
        return false;
    }
    list_remove(b);
    b->state = BLOCK_SPLIT;
    low->parent = high->parent = b;
    low->twin = high;
    high->twin = low;
    list_add(high);
    list_add(low);
    return true;
}

struct block *memory_take(word_t bytes)
{
    uint32_t order = 0;
    uint32_t at;

    while (order < ORDERS && (PAGE << order) < bytes)
        order++;
    for (at = order; at < ORDERS && lists[at] == NULL; at++)
        ;
    if (at >= ORDERS)
        return NULL;
    for (; at > order; at--) {
        if (!split(lists[at]))
            return NULL;
    }

    struct block *b = lists[order];

    list_remove(b);
    b->state = BLOCK_USED;
    free_bytes -= block_bytes(b);
    return b;
}

void memory_empty(struct block *b)
{
    ROOT_CHECK(b->state == BLOCK_USED);
    ROOT_CHECK(cnode_revoke(ROOT_CNODE, b->untyped) == E_OK);
}

void memory_give(struct block *b)
{
    memory_empty(b);
    free_bytes += block_bytes(b);
    list_add(b);
    while (b->parent != NULL && b->twin->state == BLOCK_FREE) {
        struct block *parent = b->parent;

        list_remove(b);
        list_remove(b->twin);
        unmake(b->twin);
        unmake(b);
        list_add(parent);
        b = parent;
    }
}

struct memory_state memory_state(void)
{
    struct memory_state s = {.total = total_bytes, .free = free_bytes};

    for (uint32_t order = 0; order < ORDERS; order++) {
        if (lists[order] != NULL)
            s.largest = PAGE << order;
    }
    return s;
}
