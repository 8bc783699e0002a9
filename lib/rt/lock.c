/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lock: a word that is 0 (free), 1 (held) or 2 (held, and somebody may be waiting), after
 * Drepper, "Futexes are tricky" (2011), mutex 2, with a notification to wait on. A signal that
 * nobody waits for any more only makes the next one who waits look once more.
 */
#include "lock.h"

#include <abi/call.h>
#include <abi/invoke.h>
#include <stdatomic.h>
#include <stddef.h>

#include "component.h"
#include "object.h"
#include "slot.h"
#include "thread.h"

static _Atomic word_t state;
static struct rt_thread *_Atomic owner;
static word_t depth;  /* of the owner */
static cap_t bell;    /* where others wait */
static cap_t ringer;  /* the same with a badge, to signal */

static void wait_for_lock(void)
{
    while (atomic_exchange_explicit(&state, 2, memory_order_acquire) != 0) {
        struct message m = {.tag = 0};

        (void)sys_recv(bell, 0, &m, 0);
    }
}

void rt_lock(void)
{
    struct rt_thread *self = rt_self();
    word_t empty = 0;

    if (atomic_load_explicit(&owner, memory_order_relaxed) == self) {
        depth++;
        return;
    }
    if (!atomic_compare_exchange_strong_explicit(&state, &empty, 1, memory_order_acquire,
                                                 memory_order_relaxed))
        wait_for_lock();
    atomic_store_explicit(&owner, self, memory_order_relaxed);
    depth = 1;
}

void rt_lock_ring(void)
{
    struct message m = {.tag = 0};

    (void)sys_send(ringer, &m, 0);
}

void rt_unlock(void)
{
    if (--depth > 0)
        return;
    atomic_store_explicit(&owner, NULL, memory_order_relaxed);
    if (atomic_exchange_explicit(&state, 0, memory_order_release) == 2)
        rt_lock_ring();
}

bool rt_lock_prepare(void)
{
    if (bell == 0)
        bell = rt_object_new(TYPE_NOTIFICATION, 0);
    if (bell != 0 && ringer == 0)
        ringer = rt_object_badge(bell, RIGHT_WRITE, 1);
    return ringer != 0;
}
