/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The devices of a component that has ended are reset before its memory is given to anybody else,
 * and before it is started again: nothing that it told them may still be going on then.
 *
 *   1. Its threads are stopped and its capabilities deleted; its memory is kept back.
 *   2. Platform is told to reset each of its devices. Root never waits: the messages are sends
 *      that only succeed while platform is receiving, tried again until they do. Platform takes
 *      one message after the other, so when it takes one more than there are devices it has done
 *      the last reset.
 *   3. The memory is given back. Now the component can be started again.
 *
 * What a device writes to belongs to platform in any case (idl/platform.idl, dma_page), and stays
 * with the device. If platform does not answer in time it is not there: its next incarnation stops
 * all devices before it does anything else.
 */
#include "component.h"
#include "console.h"
#include "ends.h"
#include "root.h"
#include "supervisor.h"

#include <abi/invoke.h>
#include <manifest/manifest.h>
#include <proto/platform.h>

#define AGAIN_US 20u
#define PATIENCE 1000u /* looks: of a time it would take what a virtual machine stands still */

/* The device with this number among the component's. @return NULL: it has no so many */
static const struct manifest_grant *device(const struct component *c, word_t number)
{
    const struct manifest_grant *grants = manifest_section(the_manifest(), MANIFEST_GRANTS);

    for (uint32_t i = 0; i < c->manifest->grants.count; i++) {
        const struct manifest_grant *g = &grants[c->manifest->grants.first + i];

        if (g->kind == MANIFEST_DEVICE && --number == 0)
            return g;
    }
    return NULL;
}

/* @return false: platform is not receiving now */
static bool send_reset(const struct component *c, word_t number)
{
    const struct manifest_grant *g = device(c, number);
    const struct component *platform = g == NULL ? NULL : component_at(g->server);
    struct message m = {.tag = 0};
    enum error e;

    if (platform == NULL || platform->endpoint == 0 || !platform_reset_request_pack(&m))
        return true;
    if (cnode_mint(ROOT_CNODE, scratch.other, 0, platform->endpoint, RIGHT_WRITE,
                   (g->provide + 1) * COMPONENT_BADGE + c->number + number) != E_OK)
        return false;
    e = sys_send(scratch.other, &m, SYS_NONBLOCK);
    ROOT_CHECK(cnode_delete(ROOT_CNODE, scratch.other, 1) == E_OK);
    return e == E_OK;
}

bool quiesce_needed(const struct component *c)
{
    return c->numbers > 1;
}

void quiesce_start(struct component *c, struct block *memory)
{
    c->kept_back = memory;
    c->resets = c->reset_looks = 0;
    c->reset_ticks = now_ticks();
    supervise_at(c->reset_ticks);
}

static void finish(struct component *c)
{
    memory_give(c->kept_back);
    c->kept_back = NULL;
}

bool quiesce(struct component *c)
{
    word_t devices = c->numbers - 1;
    word_t spent = now_ticks() - c->reset_ticks;

    if (c->kept_back == NULL)
        return true;
    while (c->resets <= devices && send_reset(c, c->resets < devices ? c->resets + 1 : devices))
        c->resets++;
    if (c->resets <= devices && c->reset_looks++ < PATIENCE) {
        supervise_at(now_ticks() + us_ticks(AGAIN_US));
        return false;
    }
    if (c->resets <= devices)
        say(SAY_WARNING, "the devices of '%s' could not be reset: the platform does not answer",
            c->name);
    else
        end_line(c, "  its devices, %lu, are reset: after %lu us", devices, ticks_us(spent));
    finish(c);
    return true;
}

void quiesce_give_up(struct component *c)
{
    if (c->kept_back != NULL)
        finish(c);
}
