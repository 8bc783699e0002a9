/* SPDX-License-Identifier: BSD-2-Clause */
#include "look.h"

#include "console.h"
#include "root.h"
#include "slots.h"

#include <abi/invoke.h>

#define SCAN_SLOTS 256u /* searched for one answer */

/* --- Degraded -------------------------------------------------------------------------------- */

static bool has_failed(const struct component *c, const struct component *first)
{
    (void)first;
    return c->state == FAILED || c->degraded || (c->state == STOPPED && c->incarnation != 0);
}

static bool any_failed(void)
{
    for (const struct component *c = component_first(); c != NULL; c = c->next) {
        if (has_failed(c, c))
            return true;
    }
    return false;
}

bool look_degraded(const struct component *c)
{
    if (c->degraded)
        return true;
    if (c->state != RUNNING || c->manifest->uses.count + c->manifest->grants.count == 0 ||
        !any_failed())
        return false;
    return component_stands_on(component_numbered(c->number), has_failed);
}

/* --- Capabilities ---------------------------------------------------------------------------- */

/* Its CNode, or another that it holds in a slot of that, in scratch.cnode. @return slots, 0: none
 */
static word_t open_cnode(const struct component *c, uint32_t slot)
{
    word_t type = TYPE_NULL, object, rights, slots = 0, extra, hint;
    bool found;

    if (c->inventory == 0 ||
        cnode_copy(ROOT_CNODE, scratch.other, c->inventory, INVENTORY_CNODE, RIGHT_ALL, 1) != E_OK)
        return 0;
    found = cnode_inspect(scratch.other, slot == 0 ? COMPONENT_CNODE : slot, &type, &object,
                          &rights, &slots, &extra, &hint) == E_OK &&
            type == TYPE_CNODE;
    if (found && slot == 0)
        found = cnode_move(ROOT_CNODE, scratch.cnode, 0, scratch.other) == E_OK;
    else if (found)
        found = cnode_copy(ROOT_CNODE, scratch.cnode, scratch.other, slot, RIGHT_READ, 1) == E_OK;
    ROOT_CHECK(cnode_delete(ROOT_CNODE, scratch.other, 1) == E_OK);
    return found ? slots : 0;
}

static bool read_slot(uint32_t slot, struct supervisor_capability *to)
{
    word_t type = TYPE_NULL, object, rights, badge, extra, hint;

    if (cnode_inspect(scratch.cnode, slot, &type, &object, &rights, &badge, &extra, &hint) !=
            E_OK ||
        type == TYPE_NULL)
        return false;
    *to = (struct supervisor_capability){.slot = slot,
                                         .type = (uint32_t)type,
                                         .rights = rights,
                                         .object = object,
                                         .badge_word = badge,
                                         .extra = extra};
    return true;
}

enum supervisor_error look_capability(void *self, word_t badge, const char *name, uint32_t cnode,
                                      uint32_t slot, struct supervisor_capability *capability,
                                      uint32_t *next)
{
    const struct component *c = component_named(name);
    uint32_t at = slot == 0 ? 1 : slot;
    word_t slots, end;

    (void)self;
    (void)badge;
    *capability = (struct supervisor_capability){.type = TYPE_NULL};
    if (c == NULL)
        return SUPERVISOR_E_NOT_FOUND;
    slots = open_cnode(c, cnode);
    if (slots == 0)
        return SUPERVISOR_E_WRONG_STATE;
    end = slots - at > SCAN_SLOTS ? at + SCAN_SLOTS : slots;
    while (at < slots && at < end && !read_slot(at++, capability))
        ;
    ROOT_CHECK(cnode_delete(ROOT_CNODE, scratch.cnode, 1) == E_OK);
    *next = at;
    return at >= slots && capability->type == TYPE_NULL ? SUPERVISOR_E_END : SUPERVISOR_OK;
}

static word_t object_of(cap_t slot)
{
    word_t type, object = 0, rights, badge, extra, hint;

    if (slot == 0 ||
        cnode_inspect(ROOT_CNODE, slot, &type, &object, &rights, &badge, &extra, &hint) != E_OK)
        return 0;
    return object;
}

enum supervisor_error look_place(void *self, word_t badge, const char *name, uint64_t *first,
                                 uint64_t *granules, uint64_t *endpoint)
{
    const struct component *c = component_named(name);

    (void)self;
    (void)badge;
    if (c == NULL)
        return SUPERVISOR_E_NOT_FOUND;
    if (c->block == NULL)
        return SUPERVISOR_E_WRONG_STATE;
    *first = object_of(c->block->untyped);
    *granules = block_bytes(c->block) / GRANULE;
    *endpoint = object_of(c->endpoint);
    return SUPERVISOR_OK;
}

/* --- Harm ------------------------------------------------------------------------------------ */

/* What was handed out last stays in slots of root's, until the next time or until the component's
 * memory is taken back, with which all copies go. */
static bool hand_out(const struct component *c, cap_t *slot, word_t from)
{
    if (*slot == 0)
        *slot = slot_take();
    return *slot != 0 && cnode_delete(ROOT_CNODE, *slot, 1) == E_OK &&
           cnode_copy(ROOT_CNODE, *slot, c->inventory, from, RIGHT_ALL, 1) == E_OK;
}

enum supervisor_error look_handles(void *self, word_t badge, const char *name, cap_t *thread,
                                   cap_t *cnode, cap_t *inventory, cap_t *space)
{
    static cap_t slots[3];
    const struct component *c = component_named(name);

    (void)self;
    if (badge / COMPONENT_BADGE != BADGE_HARM)
        return SUPERVISOR_E_NOT_ALLOWED;
    if (c == NULL)
        return SUPERVISOR_E_NOT_FOUND;
    if (c->state != RUNNING || c->inventory == 0 || !hand_out(c, &slots[0], INVENTORY_THREAD) ||
        !hand_out(c, &slots[1], INVENTORY_CNODE) || !hand_out(c, &slots[2], INVENTORY_SPACE))
        return SUPERVISOR_E_WRONG_STATE;
    *thread = slots[0];
    *cnode = slots[1];
    *inventory = c->inventory;
    *space = slots[2];
    return SUPERVISOR_OK;
}
