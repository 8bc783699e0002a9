/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guards: a page fault at an instruction that a component has named is no failure (<rt/guard.h>).
 * What root does for it is within what the component may do to itself: its own thread goes on
 * somewhere in its own code.
 */
#include "component.h"
#include "console.h"
#include "root.h"

#include <abi/invoke.h>

void component_set_guard(struct component *c, word_t first, word_t last, word_t landing)
{
    c->guard_first = first;
    c->guard_last = last;
    c->guard_landing = landing;
}

/* The thread waits for an answer to its fault: suspending it ends that, so that registers can be
 * set. */
static bool go_on(const struct component *c, word_t ip, word_t sp)
{
    word_t r[8];
    bool done;

    if (c->inventory == 0 || cnode_copy(ROOT_CNODE, scratch.thread, c->inventory, INVENTORY_THREAD,
                                        RIGHT_ALL, 1) != E_OK)
        return false;
    done = thread_suspend(scratch.thread) == E_OK &&
           thread_read_registers(scratch.thread, &r[0], &r[1], &r[2], &r[3], &r[4], &r[5], &r[6],
                                 &r[7]) == E_OK &&
           thread_write_registers(scratch.thread, ip, sp, 0, r[3], r[4], 0, 0, 0) == E_OK &&
           thread_resume(scratch.thread) == E_OK;
    ROOT_CHECK(cnode_delete(ROOT_CNODE, scratch.thread, 1) == E_OK);
    return done;
}

bool component_guarded(const struct component *c, word_t ip, word_t sp)
{
    return ip >= c->guard_first && ip < c->guard_last && go_on(c, c->guard_landing, sp);
}
