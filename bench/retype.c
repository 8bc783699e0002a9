/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Retype of one object of each type, in turn, so that none follows one of its own kind. What was
 * made is deleted, and not counted; a first child keeps the Untyped from starting again from its
 * beginning each time.
 */
#include "bench.h"

static cap_t untyped, slot;

ALWAYS_INLINE void retype(enum path path, word_t type, word_t size)
{
    BEGIN(path);
    MUST(untyped_retype(untyped, type, size, 0, slot, 1));
    END(path);
    MUST(cnode_delete(ROOT_CNODE, slot, 1));
}

static void each_type(void)
{
    retype(PATH_retype_cnode, TYPE_CNODE, 64);
    retype(PATH_retype_endpoint, TYPE_ENDPOINT, 0);
    retype(PATH_retype_notification, TYPE_NOTIFICATION, 0);
    retype(PATH_retype_reply, TYPE_REPLY, 0);
    retype(PATH_retype_thread, TYPE_THREAD, 0);
    retype(PATH_retype_context, TYPE_SCHED_CONTEXT, 0);
    retype(PATH_retype_space, TYPE_ADDRESS_SPACE, 0);
    retype(PATH_retype_interrupt, TYPE_INTERRUPT, 0);
    retype(PATH_retype_timer, TYPE_TIMER, 0);
    retype(PATH_retype_frame, TYPE_FRAME, 0);
    retype(PATH_retype_untyped, TYPE_UNTYPED, PAGE_GRANULES);
}

/* 64 MiB hold the thousand rounds of 24 KiB, and a few large frames. */
void bench_retype(void)
{
    untyped = first_make(TYPE_UNTYPED, 16384 * PAGE_GRANULES);
    slot = first_slots(2);
    MUST(untyped_retype(untyped, TYPE_ENDPOINT, 0, 0, slot + 1, 1));
    for (unsigned i = 0; i < runs; i++)
        each_type();
    for (unsigned i = 0; i < 10; i++)
        retype(PATH_retype_large, TYPE_LARGE_FRAME, 0);
}
