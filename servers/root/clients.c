/* SPDX-License-Identifier: BSD-2-Clause */
/* Who uses whom, by the manifest; and telling clients that their server is a new one. */
#include "component.h"
#include "console.h"
#include "root.h"

#include <abi/invoke.h>
#include <manifest/manifest.h>

bool component_uses(const struct component *client, const struct component *server)
{
    const struct manifest_use *uses = manifest_section(the_manifest(), MANIFEST_USES);
    const struct manifest_grant *grants = manifest_section(the_manifest(), MANIFEST_GRANTS);
    const struct manifest_component *m = client->manifest;

    if (server->made) /* the manifest routes nothing to what is made at run time */
        return false;
    for (uint32_t i = 0; i < m->uses.count; i++) {
        uint32_t to = uses[m->uses.first + i].server;

        if (to != MANIFEST_ROOT && manifest_component(the_manifest(), to) == server->manifest)
            return true;
    }
    for (uint32_t i = 0; i < m->grants.count; i++) {
        const struct manifest_grant *g = &grants[m->grants.first + i];

        if (g->kind == MANIFEST_DEVICE &&
            manifest_component(the_manifest(), g->server) == server->manifest)
            return true;
    }
    return false;
}

/* Mark those that a marked one uses. @return true: one of them is such */
static bool mark_used(const struct component *user, const struct component *first, component_is *is,
                      bool *more)
{
    for (struct component *c = component_first(); c != NULL; c = c->next) {
        if (c->needed != 0 || !component_uses(user, c))
            continue;
        if (is(c, first))
            return true;
        c->needed = 1;
        *more = true;
    }
    return false;
}

static bool mark_all(struct component *first, component_is *is)
{
    bool more = true;

    first->needed = 1;
    while (more) {
        more = false;
        for (struct component *c = component_first(); c != NULL; c = c->next) {
            if (c->needed != 1)
                continue;
            c->needed = 2;
            if (mark_used(c, first, is, &more))
                return true;
        }
    }
    return false;
}

bool component_stands_on(struct component *first, component_is *is)
{
    bool found = mark_all(first, is);

    for (struct component *c = component_first(); c != NULL; c = c->next)
        c->needed = 0;
    return found;
}

void component_signal(const struct component *c, word_t bits)
{
    struct message m = {.tag = 0};

    if (c->inventory == 0 || cnode_mint(ROOT_CNODE, scratch.other, c->inventory, INVENTORY_SIGNALS,
                                        RIGHT_WRITE, bits) != E_OK)
        return;
    ROOT_CHECK(sys_send(scratch.other, &m, 0) == E_OK);
    ROOT_CHECK(cnode_delete(ROOT_CNODE, scratch.other, 1) == E_OK);
}

void component_tell_clients(const struct component *server)
{
    for (const struct component *c = component_first(); c != NULL; c = c->next) {
        if (c != server && c->state == RUNNING && component_uses(c, server))
            component_signal(c, COMPONENT_SIGNAL_RESTARTED);
    }
}
