/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who stays down is answered for: whoever waits at its endpoint, or comes there, is told IPC_E_DOWN
 * instead of waiting for somebody who will not come. Nothing tells root that a call has come to an
 * endpoint that is not its own, so it looks from time to time, as long as somebody is down.
 */
#include "supervisor.h"

#include "root.h"
#include "slots.h"

#include <abi/invoke.h>
#include <ipclib/stub.h>

#define LOOK_US 5000u
#define TURN    64u /* calls answered at a time */

static struct block *memory;
static cap_t reply;

/* One that was never started is only late. */
static bool stays_down(const struct component *c)
{
    return (c->state == FAILED || c->state == EXITED ||
            (c->state == STOPPED && c->incarnation != 0)) &&
           c->endpoint != 0 && c->manifest->provides.count != 0;
}

/* A caller that does not wait for its answer is let go with the Reply object. */
static bool renew_reply(void)
{
    if (memory == NULL)
        memory = memory_take(PAGE);
    if (memory == NULL)
        return false;
    if (reply == 0)
        reply = slot_take();
    else
        (void)cnode_delete(ROOT_CNODE, reply, 1);
    return reply != 0 && untyped_retype(memory->untyped, TYPE_REPLY, 0, 0, reply, 1) == E_OK;
}

/* @return a signal of root's came instead of a call */
static bool answer_one(cap_t endpoint, bool *more)
{
    struct message m = {.tag = 0};
    bool signal;

    *more = sys_recv(endpoint, reply, &m, SYS_NONBLOCK) == E_OK;
    signal = *more && message_label(m.tag) == MESSAGE_SIGNAL;
    if (!*more || signal)
        return signal;
    m = (struct message){.tag = MESSAGE_TAG(IPC_E_DOWN, 0, 0)};
    if (sys_send(reply, &m, SYS_NONBLOCK) != E_OK)
        *more = renew_reply();
    return false;
}

bool down_look(void)
{
    bool some = false, signal = false;

    for (const struct component *c = component_first(); c != NULL; c = c->next) {
        bool more = stays_down(c) && (reply != 0 || renew_reply());

        some |= stays_down(c);
        for (unsigned i = 0; i < TURN && more; i++)
            signal |= answer_one(c->endpoint, &more);
    }
    if (some)
        supervise_at(now_ticks() + us_ticks(LOOK_US));
    return signal;
}
