/* SPDX-License-Identifier: BSD-2-Clause */
#include "destroy.h"

#include "interrupt.h"

#include <arch/arch.h>
#include <cap/cap.h>
#include <ipc/ipc.h>
#include <ipc/queue.h>
#include <mem/asid.h>
#include <mem/space.h>
#include <model/state.h>
#include <sched/deadline.h>
#include <sched/sched.h>

/* Steps of dismantling in one go. */
#define DOOMED_STEPS 32u

/* Put an object behind the one that is being dismantled. */
static void doom(ref_t object)
{
    if (doomed == NIL) {
        object_set_doom(object, NIL);
        doomed = object;
        return;
    }
    object_set_doom(object, object_doom(doomed));
    object_set_doom(doomed, object);
}

enum error destroy_slot(ref_t slot)
{
    word_t type = slot_type(slot);
    ref_t object = slot_object(slot);

    if (type == TYPE_NULL)
        return E_OK;
    if (type == TYPE_TABLES && space_empty(slot_rights(slot)) != E_OK)
        return E_RESTART;
    if (cap_is_frame(type) && slot_badge(slot) != 0)
        space_unmap(slot);
    if (type == TYPE_ADDRESS_SPACE)
        cpu.resched = RESCHED_DECIDE; /* the running thread's own may go, whose tables are loaded */
    cap_clear(slot);
    if (cap_counted(type)) {
        object_set_caps(object, object_caps(object) - 1);
        if (object_caps(object) == 0)
            doom(object);
    }
    return E_OK;
}

static enum error dismantle_cnode(ref_t cnode)
{
    word_t cursor = cnode_cursor(cnode);

    if (cursor == 0)
        cursor = 1;
    if (cursor >= cnode_slots(cnode))
        return E_OK;
    if (destroy_slot(granule_at(cnode, cursor)) == E_OK)
        cursor++;
    cnode_set_cursor(cnode, cursor);
    return E_RESTART;
}

static enum error dismantle_endpoint(ref_t endpoint)
{
    ref_t thread = endpoint_head(endpoint);

    if (thread == NIL)
        return E_OK;

    bool fault = thread_state(thread) == THREAD_STATE_SENDING && thread_fault(thread) != 0;

    if (fault) /* nobody will handle it */
        ipc_cancel(thread);
    else
        ipc_gone(thread);
    return E_RESTART;
}

static enum error dismantle_notification(ref_t notification)
{
    ref_t thread = notification_head(notification);

    if (thread != NIL) {
        ipc_gone(thread);
        return E_RESTART;
    }
    if (notification_bound(notification) != NIL)
        thread_set_notification(notification_bound(notification), NIL);
    return E_OK;
}

static enum error dismantle_reply(ref_t reply)
{
    ipc_abandon(reply);
    if (reply_thread(reply) != NIL) /* a receiver: from now on it can take no calls */
        thread_set_reply(reply_thread(reply), NIL);
    return E_OK;
}

/* The slots inside an object are at most a few: one step. Tables are never among them. */
static void empty_slots(ref_t first, word_t count)
{
    /*@ loop invariant 0 <= i <= 5;
        loop variant count - i; */
    for (word_t i = 0; i < count; i++)
        (void)destroy_slot(granule_at(first, i));
}

static enum error dismantle_thread(ref_t thread)
{
    ipc_cancel(thread);
    sched_unlend(thread);
    if (thread_own(thread) != NIL)
        sched_unbind(thread_own(thread));
    if (thread_sc(thread) != NIL)
        sched_unbind(thread_sc(thread));
    if (thread_notification(thread) != NIL)
        notification_set_bound(thread_notification(thread), NIL);
    arch_fpu_forget(thread);
    if (cpu.thread == thread)
        arch_thread_switch(NIL);
    if (cpu.expired == thread)
        cpu.expired = NIL;
    empty_slots(thread_cspace(thread), 5);
    return E_OK;
}

static enum error dismantle_sched_context(ref_t sc)
{
    if (sched_context_top(sc) != NIL) {
        sched_unlend(sched_context_top(sc));
        return E_RESTART;
    }
    sched_unbind(sc);
    return E_OK;
}

static enum error dismantle_space(ref_t space)
{
    if (space_empty(space) != E_OK)
        return E_RESTART;
    asid_drop(space_asid(space));
    return E_OK;
}

static enum error dismantle_timer(ref_t timer)
{
    deadline_remove(timer);
    empty_slots(timer_notification(timer), 1);
    return E_OK;
}

static enum error dismantle_interrupt(ref_t interrupt)
{
    interrupt_detach(interrupt);
    empty_slots(interrupt_notification(interrupt), 1);
    return E_OK;
}

/* One bounded step. @return E_OK when the object is gone, E_RESTART if there is more to do */
static enum error dismantle(ref_t object)
{
    switch (object_kind(object)) {
    case TYPE_CNODE:
        return dismantle_cnode(object);
    case TYPE_ENDPOINT:
        return dismantle_endpoint(object);
    case TYPE_NOTIFICATION:
        return dismantle_notification(object);
    case TYPE_REPLY:
        return dismantle_reply(object);
    case TYPE_THREAD:
        return dismantle_thread(object);
    case TYPE_SCHED_CONTEXT:
        return dismantle_sched_context(object);
    case TYPE_ADDRESS_SPACE:
        return dismantle_space(object);
    case TYPE_INTERRUPT:
        return dismantle_interrupt(object);
    default:
        return dismantle_timer(object);
    }
}

enum error destroy_doomed(void)
{
    /*@ loop invariant 0 <= i <= DOOMED_STEPS;
        loop variant DOOMED_STEPS - i; */
    for (word_t i = 0; i < DOOMED_STEPS; i++) {
        if (doomed == NIL)
            return E_OK;
        if (dismantle(doomed) == E_OK)
            doomed = object_doom(doomed);
    }
    return doomed == NIL ? E_OK : E_RESTART;
}
