/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Vaults: memory that a component finds again after its restart, as it left it. Made at its first
 * start, clear, besides its quota; given back when the component is forgotten. What is in it is
 * the component's own business (lib/rt/vault.h); root never looks.
 */
#include "component.h"
#include "slots.h"

#include <abi/invoke.h>

word_t vault_pages(const struct component *c)
{
    return c->manifest->vault_bytes / PAGE;
}

static bool make_frames(struct component *c)
{
    word_t pages = vault_pages(c);

    if (untyped_retype(c->vault_home->untyped, TYPE_CNODE, (pages + 1 + 63) / 64 * 64, 0,
                       c->vault_frames, 1) != E_OK)
        return false;
    for (word_t at = 0; at < pages; at += RETYPE_COUNT) {
        word_t count = pages - at < RETYPE_COUNT ? pages - at : RETYPE_COUNT;

        if (untyped_retype(c->vault->untyped, TYPE_FRAME, 0, c->vault_frames, 1 + at, count) !=
            E_OK)
            return false;
    }
    return true;
}

bool vault_prepare(struct component *c)
{
    word_t slots = (vault_pages(c) + 1 + 63) / 64 * 64;

    if (vault_pages(c) == 0 || c->vault != NULL)
        return true;
    c->vault = memory_take(c->manifest->vault_bytes);
    c->vault_home = memory_take(slots * GRANULE);
    c->vault_frames = slot_take();
    if (c->vault != NULL && c->vault_home != NULL && c->vault_frames != 0 && make_frames(c))
        return true;
    vault_drop(c);
    return false;
}

void vault_drop(struct component *c)
{
    if (c->vault != NULL)
        memory_give(c->vault);
    if (c->vault_home != NULL)
        memory_give(c->vault_home);
    if (c->vault_frames != 0)
        slot_drop(c->vault_frames);
    c->vault = c->vault_home = NULL;
    c->vault_frames = 0;
}
