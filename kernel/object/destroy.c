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

/* Short steps of dismantling in one go; a long one ends it. */
#define DOOMED_STEPS 16u

/* Put an object behind the one that is being dismantled. */
/*@ requires doomed_wf && is_object(object);
    assigns ANY(object_doom), doomed, dooming[0 .. GRANULES - 1];
    ensures doomed: doomed_wf;
    ensures listed: dooming[object] != 0;
    ensures first: \old(doomed) == NIL ? doomed == object : doomed == \old(doomed);
*/
static void doom(ref_t object)
{
    /*@ ghost dooming[object] = 1; */
    if (doomed == NIL) {
        object_set_doom(object, NIL);
        doomed = object;
        return;
    }
    object_set_doom(object, object_doom(doomed));
    object_set_doom(doomed, object);
}

void destroy_capability(ref_t slot)
{
    word_t type = slot_type(slot);
    ref_t object = slot_object(slot);

    if (type == TYPE_NULL)
        return;
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
}

void destroy_tables(ref_t slot)
{
    (void)space_empty(slot_rights(slot));
}

/* The object that is being dismantled is gone. */
/*@ requires doomed_wf && object == doomed && object != NIL;
    assigns doomed;
    ensures doomed: doomed_wf;
*/
static void gone(ref_t object)
{
    doomed = object_doom(object);
}

/* One slot less. @return false if that takes a long step */
/*@ requires ALL_WF && is_cnode(cnode) && cnode == doomed;
    assigns ANY_STATE;
    ALL_KEPT
    ensures cleared: cleared{Pre, Here};
    ensures tables: \result == 0 ==> Cnode_cursor(cnode) < Cnode_slots(cnode) &&
        Slot_type(cnode + Cnode_cursor(cnode)) == TYPE_TABLES;
    ensures still: \result == 0 ==> doomed == cnode;
*/
static bool short_cnode(ref_t cnode)
{
    if (cnode_cursor(cnode) == 0)
        cnode_set_cursor(cnode, 1);

    word_t cursor = cnode_cursor(cnode);

    if (cursor >= cnode_slots(cnode)) {
        gone(cnode);
        return true;
    }

    ref_t slot = granule_at(cnode, cursor);

    if (slot_type(slot) == TYPE_TABLES)
        return false;
    cnode_set_cursor(cnode, cursor + 1);
    destroy_capability(slot);
    return true;
}

/*@ requires doomed_wf && is_endpoint(endpoint) && endpoint == doomed;
    assigns doomed;
    ensures doomed: doomed_wf;
    ensures more: \result == 0 ==> doomed == endpoint && Endpoint_head(endpoint) != NIL;
*/
static bool short_endpoint(ref_t endpoint)
{
    if (endpoint_head(endpoint) != NIL)
        return false;
    gone(endpoint);
    return true;
}

/*@ requires doomed_wf && bound_wf && is_notification(notification) && notification == doomed;
    assigns doomed, ANY(thread_notification);
    ensures doomed: doomed_wf;
    ensures bound: bound_wf;
    ensures more: \result == 0 ==> doomed == notification &&
        Notification_head(notification) != NIL;
*/
static bool short_notification(ref_t notification)
{
    if (notification_head(notification) != NIL)
        return false;
    if (notification_bound(notification) != NIL)
        thread_set_notification(notification_bound(notification), NIL);
    gone(notification);
    return true;
}

/*@ requires doomed_wf && wait_wf && sent_wf && replies_wf && is_reply(reply) && reply == doomed;
    assigns doomed, ANY(thread_reply);
    ensures doomed: doomed_wf;
    ensures wait: wait_wf;
    ensures more: \result == 0 ==> doomed == reply;
*/
static bool short_reply(ref_t reply)
{
    if (reply_caller(reply) != NIL)
        return false;
    if (reply_thread(reply) != NIL) /* a receiver: from now on it can take no calls */
        thread_set_reply(reply_thread(reply), NIL);
    gone(reply);
    return true;
}

/* A step that is short enough for several in one go. @return false if a long one is needed */
/*@ requires ALL_WF && is_object(object) && object == doomed;
    assigns ANY_STATE;
    ALL_KEPT
    ensures cleared: cleared{Pre, Here};
    ensures still: \result == 0 ==> doomed == object;
    ensures tables: \result == 0 && is_cnode(object) ==>
        is_home(object + Cnode_cursor(object)) &&
        Slot_type(object + Cnode_cursor(object)) == TYPE_TABLES;
    ensures waits: \result == 0 ==> (is_endpoint(object) ==> Endpoint_head(object) != NIL) &&
        (is_notification(object) ==> Notification_head(object) != NIL);
*/
static bool short_step(ref_t object)
{
    switch (object_kind(object)) {
    case TYPE_CNODE:
        return short_cnode(object);
    case TYPE_ENDPOINT:
        return short_endpoint(object);
    case TYPE_NOTIFICATION:
        return short_notification(object);
    case TYPE_REPLY:
        return short_reply(object);
    default:
        return false;
    }
}

/*@ predicate few_slots(integer first, integer count) =
        (count > 0 ==> is_inside(first)) && (count > 1 ==> is_inside(first + 1)) &&
        (count > 2 ==> is_inside(first + 2)) && (count > 3 ==> is_inside(first + 3)) &&
        (count > 4 ==> is_inside(first + 4));
*/

/* One of the few slots from `first` on. */
/*@ requires few_slots(first, count) && i < count <= 5;
    assigns \nothing;
    ensures slot: is_inside(\result) && \result == first + i;
*/
static inline ref_t one_of(ref_t first, word_t count, word_t i)
{
    /*@ assert which: i == 0 || i == 1 || i == 2 || i == 3 || i == 4; */
    (void)count;
    return granule_at(first, i);
}

/* The slots inside an object are at most a few: one step. Tables are never among them. */
/*@ requires ALL_WF && count <= 5;
    requires slots: few_slots(first, count);
    assigns ANY_DESTROY;
    ALL_KEPT
    ensures cleared: cleared{Pre, Here};
    ensures first: \old(doomed) != NIL ==> doomed == \old(doomed);
*/
static void empty_slots(ref_t first, word_t count)
{
    /*@ loop invariant 0 <= i <= 5 && i <= count;
        loop invariant ALL_WF && cleared{Pre, Here};
        loop invariant \at(doomed, Pre) != NIL ==> doomed == \at(doomed, Pre);
        loop assigns i, ANY_DESTROY;
        loop variant count - i; */
    for (word_t i = 0; i < count; i++) {
        ref_t slot = one_of(first, count, i);

        /*@ assert type: Slot_type(slot) != TYPE_TABLES; */
        destroy_capability(slot);
    }
}

/*@ requires ALL_WF && is_endpoint(endpoint) && Endpoint_head(endpoint) != NIL;
    assigns ANY_STATE;
    ALL_KEPT
    ensures cleared: cleared{Pre, Here};
*/
static void wake_sender_or_receiver(ref_t endpoint)
{
    ref_t thread = endpoint_head(endpoint);
    bool fault = thread_state(thread) == THREAD_STATE_SENDING && thread_fault(thread) != 0;

    if (fault) /* nobody will handle it */
        ipc_cancel(thread);
    else
        ipc_gone(thread);
}

/*@ requires is_thread(thread) && threads_wf;
    assigns \nothing;
*/
static bool borrows(ref_t thread)
{
    return thread_sc(thread) != NIL && sched_context_top(thread_sc(thread)) != NIL;
}

/* Nothing that the processor knows is of this thread. */
/*@ requires SCHED_WF && is_thread(thread);
    assigns Thread_fs_base(thread), Thread_gs_base(thread), ALL_MEMORY, cpu.thread, cpu.frame,
        cpu.expired;
    SCHED_KEPT
*/
static inline void leave_processor(ref_t thread)
{
    arch_fpu_forget(thread);
    if (cpu.thread == thread)
        arch_thread_switch(NIL);
    if (cpu.expired == thread)
        cpu.expired = NIL;
}

/*@ requires ALL_WF && is_thread(thread) && thread == doomed;
    assigns ANY_STATE;
    ALL_KEPT
    ensures cleared: cleared{Pre, Here};
*/
static void dismantle_thread(ref_t thread)
{
    if (thread_state(thread) != THREAD_STATE_SUSPENDED || borrows(thread)) {
        ipc_cancel(thread);
        return;
    }
    if (thread_lent(thread) != NIL) {
        sched_unlend(thread);
        return;
    }
    if (thread_own(thread) != NIL) {
        sched_unbind(thread_own(thread));
        return;
    }
    if (thread_sc(thread) != NIL) {
        sched_unbind(thread_sc(thread));
        return;
    }
    if (thread_notification(thread) != NIL)
        notification_set_bound(thread_notification(thread), NIL);
    leave_processor(thread);
    /*@ assert near: is_inside(thread + 5) && is_inside(thread + 6) && is_inside(thread + 7) &&
            is_inside(thread + 8) && is_inside(thread + 9); */
    empty_slots(thread_cspace(thread), 5);
    gone(thread);
}

/*@ requires ALL_WF && is_context(sc) && sc == doomed;
    assigns ANY_STATE;
    ALL_KEPT
    ensures cleared: cleared{Pre, Here};
*/
static void dismantle_sched_context(ref_t sc)
{
    if (sched_context_top(sc) != NIL) {
        sched_unlend(sched_context_top(sc));
        return;
    }
    sched_unbind(sc);
    gone(sc);
}

/*@ requires ALL_WF && is_space(space) && space == doomed;
    assigns ANY_STATE;
    ALL_KEPT
    ensures cleared: cleared{Pre, Here};
*/
static void dismantle_space(ref_t space)
{
    if (space_empty(space) != E_OK)
        return;
    /*@ admit live: (Space_asid(space) & (asid_count - 1)) < asid_fresh &&
            asid_live[Space_asid(space) & (asid_count - 1)]; // a space has a number */
    asid_drop(space_asid(space));
    gone(space);
}

/*@ requires ALL_WF && is_timer(timer) && timer == doomed;
    assigns ANY_STATE;
    ALL_KEPT
    ensures cleared: cleared{Pre, Here};
*/
static void dismantle_timer(ref_t timer)
{
    deadline_remove(timer);
    empty_slots(timer_notification(timer), 1);
    gone(timer);
}

/*@ requires ALL_WF && is_interrupt(interrupt) && interrupt == doomed;
    assigns ANY_STATE;
    ALL_KEPT
    ensures cleared: cleared{Pre, Here};
*/
static void dismantle_interrupt(ref_t interrupt)
{
    interrupt_detach(interrupt);
    empty_slots(interrupt_notification(interrupt), 1);
    gone(interrupt);
}

/* A long step; the object may need more. */
/*@ requires ALL_WF && is_object(object) && object == doomed;
    requires tables: is_cnode(object) ==> is_home(object + Cnode_cursor(object)) &&
        Slot_type(object + Cnode_cursor(object)) == TYPE_TABLES;
    requires waits: (is_endpoint(object) ==> Endpoint_head(object) != NIL) &&
        (is_notification(object) ==> Notification_head(object) != NIL);
    assigns ANY_STATE;
    ALL_KEPT
    ensures cleared: cleared{Pre, Here};
*/
static void long_step(ref_t object)
{
    switch (object_kind(object)) {
    case TYPE_CNODE: /* its next slot holds Tables: they become an Untyped */
        destroy_tables(granule_at(object, cnode_cursor(object)));
        break;
    case TYPE_ENDPOINT:
        wake_sender_or_receiver(object);
        break;
    case TYPE_NOTIFICATION:
        ipc_gone(notification_head(object));
        break;
    case TYPE_REPLY:
        ipc_abandon(object);
        break;
    case TYPE_THREAD:
        dismantle_thread(object);
        break;
    case TYPE_SCHED_CONTEXT:
        dismantle_sched_context(object);
        break;
    case TYPE_ADDRESS_SPACE:
        dismantle_space(object);
        break;
    case TYPE_INTERRUPT:
        dismantle_interrupt(object);
        break;
    default:
        dismantle_timer(object);
        break;
    }
}

enum error destroy_doomed(void)
{
    /*@ loop invariant 0 <= i <= DOOMED_STEPS;
        loop invariant ALL_WF && cleared{Pre, Here};
        loop assigns i, ANY_STATE;
        loop variant DOOMED_STEPS - i; */
    for (word_t i = 0; i < DOOMED_STEPS; i++) {
        if (doomed == NIL)
            return E_OK;
        if (!short_step(doomed)) {
            long_step(doomed);
            break;
        }
    }
    return doomed == NIL ? E_OK : E_RESTART;
}
