/* SPDX-License-Identifier: BSD-2-Clause */
/* Looking at components that are there: by copies of what is in their inventories, for the moment.
 */
#include "component.h"
#include "console.h"
#include "report.h"
#include "root.h"

#include <abi/invoke.h>
#include <rt/bytes.h>
#include <rt/checksum.h>

/* A copy of a capability of the inventory in a scratch slot. */
static bool borrow(const struct component *c, cap_t slot, word_t from)
{
    return c->inventory != 0 &&
           cnode_copy(ROOT_CNODE, slot, c->inventory, from, RIGHT_ALL, 1) == E_OK;
}

static void give_back(cap_t slot)
{
    ROOT_CHECK(cnode_delete(ROOT_CNODE, slot, 1) == E_OK);
}

word_t component_memory(const struct component *c)
{
    word_t type = TYPE_NULL, object, rights, size, used = 0, hint;

    if (!borrow(c, scratch.cnode, INVENTORY_CNODE))
        return 0;
    if (cnode_inspect(scratch.cnode, COMPONENT_UNTYPED, &type, &object, &rights, &size, &used,
                      &hint) != E_OK ||
        type != TYPE_UNTYPED)
        used = (c->manifest->memory_bytes - c->used_bytes) /
               GRANULE; /* moved away: all of it is in use */
    give_back(scratch.cnode);
    return c->used_bytes + used * GRANULE;
}

static word_t sched_ticks(const struct component *c, word_t slot)
{
    word_t consumed = 0, budget, period, priority, bound;

    if (!borrow(c, scratch.sched, slot))
        return 0;
    if (sched_context_consumed(scratch.sched, &consumed, &budget, &period, &priority, &bound) !=
        E_OK)
        consumed = 0;
    give_back(scratch.sched);
    return consumed;
}

word_t component_ticks(const struct component *c)
{
    word_t ticks = c->cpu_before;

    if (c->inventory == 0)
        return ticks;
    ticks += sched_ticks(c, INVENTORY_SCHED);
    for (word_t i = 0; i < c->manifest->threads; i++)
        ticks += sched_ticks(c, c->extra_slot + i);
    return ticks;
}

bool component_record(const struct component *c, word_t offset, void *to, word_t bytes)
{
    bool mapped;

    if (offset > PAGE || bytes > PAGE - offset || !borrow(c, scratch.frame, INVENTORY_RECORD))
        return false;
    mapped = address_space_map(ROOT_SPACE, 0, scratch.frame, 1, PEEK, MAP_READ) == E_OK;
    if (mapped)
        memcpy(to, (const char *)PEEK + offset, bytes);
    give_back(scratch.frame);
    return mapped;
}

bool component_read(const struct component *c, word_t address, word_t *value)
{
    for (unsigned i = 0; i < c->part_count; i++) {
        const struct part *p = &c->parts[i];

        if (address % 8 != 0 || address < p->vaddr || (address - p->vaddr) / PAGE >= p->pages)
            continue;
        if (!borrow(c, scratch.frame, p->slot + (address - p->vaddr) / PAGE))
            return false;

        bool mapped = address_space_map(ROOT_SPACE, 0, scratch.frame, 1, PEEK,
                                        p->writable ? MAP_READ : MAP_READ | MAP_CACHED) == E_OK;

        if (mapped)
            *value = *(const volatile word_t *)(PEEK + address % PAGE);
        give_back(scratch.frame);
        return mapped;
    }
    return false;
}

bool component_sum(const struct component *c, const struct part *p, word_t page, uint32_t *sum)
{
    bool mapped;

    if (!borrow(c, scratch.frame, p->slot + page))
        return false;
    mapped = address_space_map(ROOT_SPACE, 0, scratch.frame, 1, PEEK, MAP_READ | MAP_CACHED) ==
             E_OK;
    if (mapped)
        *sum = rt_crc32c(0, (const void *)PEEK, PAGE);
    give_back(scratch.frame);
    return mapped;
}

bool component_hang(const struct component *c)
{
    word_t r[8];
    word_t loop = report_function(c, "rt_hang");
    bool done;

    if (loop == 0 || !borrow(c, scratch.thread, INVENTORY_THREAD))
        return false;
    done = thread_suspend(scratch.thread) == E_OK &&
           thread_read_registers(scratch.thread, &r[0], &r[1], &r[2], &r[3], &r[4], &r[5], &r[6],
                                 &r[7]) == E_OK &&
           thread_write_registers(scratch.thread, loop, r[1], 0, r[3], r[4], r[5], r[6], r[7]) ==
               E_OK &&
           thread_resume(scratch.thread) == E_OK;
    give_back(scratch.thread);
    return done;
}
