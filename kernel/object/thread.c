/* SPDX-License-Identifier: BSD-2-Clause */
/* Thread. */
#include "destroy.h"
#include "operations.h"

#include <arch/arch.h>
#include <cap/cap.h>
#include <ipc/fault.h>
#include <ipc/ipc.h>
#include <ipc/registers.h>
#include <ipc/transfer.h>
#include <model/state.h>
#include <sched/sched.h>

/* What each slot of a thread takes; the argument words are in this order. */
static const struct { word_t type, rights; } wanted[5] = {
    {TYPE_CNODE, RIGHT_READ | RIGHT_WRITE}, /* it will be used: less would be a way around */
    {TYPE_ADDRESS_SPACE, RIGHT_WRITE},
    {TYPE_FRAME, RIGHT_READ | RIGHT_WRITE | RIGHT_RAM},
    {TYPE_ENDPOINT, RIGHT_WRITE},
    {TYPE_ENDPOINT, RIGHT_WRITE},
};

/*@ OPERATION(TYPE_THREAD) */
enum error op_thread_configure(ref_t thread, ref_t slot)
{
    ref_t source[5] = {NIL, NIL, NIL, NIL, NIL};
    ref_t target = thread_cspace(slot_object(slot));

    if (thread_word0(thread) != 0 && thread_flags(slot_object(slot)) & THREAD_FOREIGN)
        return E_STATE;
    /*@ loop invariant 0 <= i <= 5;
        loop invariant \forall integer j; 0 <= j < 5 ==> source[j] == NIL || (j < i &&
            is_home(source[j]) && Slot_type(source[j]) == wanted[j].type &&
            (Slot_rights(source[j]) & wanted[j].rights) == wanted[j].rights);
        loop assigns i, source[0 .. 4];
        loop variant 5 - i; */
    for (word_t i = 0; i < 5; i++) {
        word_t index = K_WORD(thread, THREAD_WORD0, i);
        enum error e = index == 0
                           ? E_OK
                           : cap_find(thread, index, wanted[i].type, wanted[i].rights, &source[i]);

        if (e != E_OK)
            return e;
    }
    /*@ loop invariant 0 <= i <= 5;
        loop invariant ALL_WF;
        loop invariant \forall integer j; i <= j < 5 ==> source[j] == NIL ||
            (is_home(source[j]) && (Slot_type(source[j]) == wanted[j].type ==>
                (Slot_rights(source[j]) & wanted[j].rights) == wanted[j].rights));
        loop assigns i, ANY_DESTROY;
        loop variant 5 - i; */
    for (word_t i = 0; i < 5; i++) {
        if (source[i] == NIL)
            continue;
        destroy_capability(granule_at(target, i)); /* never Tables */
        if (slot_type(source[i]) == wanted[i].type) /* unless that destroyed the source with it */
            cap_copy(source[i], granule_at(target, i), RIGHT_ALL);
    }
    cpu.resched = RESCHED_DECIDE; /* it may be the running thread's address space */
    if (destroy_doomed() != E_OK && target != thread_cspace(thread))
        return E_RESTART;
    return E_OK; /* in another CSpace the arguments would mean something else: what is left, the
                    next who deletes does */
}

/*@ OPERATION(TYPE_THREAD) */
enum error op_thread_write_registers(ref_t thread, ref_t slot)
{
    ref_t target = slot_object(slot);
    enum error e = registers_check(thread);

    if (e != E_OK)
        return e;
    if (thread_state(target) != THREAD_STATE_SUSPENDED)
        return E_STATE;
    registers_write(target, thread);
    thread_set_fault(target, 0);
    return E_OK;
}

/*@ OPERATION(TYPE_THREAD) */
enum error op_thread_read_registers(ref_t thread, ref_t slot)
{
    registers_read(slot_object(slot), thread);
    return E_OK;
}

/*@ OPERATION(TYPE_THREAD) */
enum error op_thread_resume(ref_t thread, ref_t slot)
{
    ref_t target = slot_object(slot);

    (void)thread;
    if (slot_type(thread_space(target)) == TYPE_NULL)
        return E_STATE;
    if (slot_type(thread_cspace(target)) == TYPE_NULL && !(thread_flags(target) & THREAD_FOREIGN))
        return E_STATE;
    if (thread_state(target) == THREAD_STATE_SUSPENDED) {
        fault_repeat(target); /* if it has stopped with one that nobody answered */
        sched_wake(target);
    }
    return E_OK;
}

/*@ OPERATION(TYPE_THREAD) */
enum error op_thread_suspend(ref_t thread, ref_t slot)
{
    ref_t target = slot_object(slot);
    word_t state = thread_state(target);

    if (state == THREAD_STATE_SUSPENDED)
        return E_OK;
    if (target == thread)
        thread_set_rax(thread, E_OK); /* what it finds when it is resumed */
    ipc_cancel(target);
    if (thread_fault(target) != 0)
        fault_repeat(target);
    else if (state != THREAD_STATE_READY)
        thread_set_rax(target, E_CANCELLED);
    return E_OK;
}

/*@ OPERATION(TYPE_THREAD) */
enum error op_thread_bind(ref_t thread, ref_t slot)
{
    ref_t target = slot_object(slot);
    ref_t source = NIL;
    ref_t old = thread_notification(target);
    enum error e;

    if (thread_word0(thread) == 0) {
        if (old != NIL)
            notification_set_bound(old, NIL);
        thread_set_notification(target, NIL);
        return E_OK;
    }
    e = cap_find(thread, thread_word0(thread), TYPE_NOTIFICATION, RIGHT_READ, &source);
    if (e != E_OK)
        return e;

    ref_t notification = slot_object(source);

    if (old != NIL || notification_bound(notification) != NIL ||
        notification_head(notification) != NIL)
        return E_STATE;
    notification_set_bound(notification, target);
    thread_set_notification(target, notification);
    ipc_signal(notification, 0); /* bits that are there already */
    return E_OK;
}

/*@ OPERATION(TYPE_THREAD) */
enum error op_thread_set_flags(ref_t thread, ref_t slot)
{
    if (thread_word0(thread) > (THREAD_FOREIGN | THREAD_BORROW))
        return E_ARG;
    if (thread_word0(thread) & THREAD_FOREIGN &&
        slot_type(thread_cspace(slot_object(slot))) != TYPE_NULL)
        return E_STATE;
    thread_set_flags(slot_object(slot), thread_word0(thread));
    return E_OK;
}

/*@ assigns \nothing; */
static word_t number(ref_t object)
{
    return object == NIL ? 0 : arch_paddr(object) / GRANULE;
}

/* What a thread waits for: its fields are stale when it does not. */
/*@ requires is_thread(thread);
    assigns \nothing;
*/
static ref_t waits_for(ref_t thread)
{
    switch (thread_state(thread)) {
    case THREAD_STATE_SENDING:
    case THREAD_STATE_RECEIVING:
    case THREAD_STATE_SIGNAL:
        return thread_waits_for(thread);
    case THREAD_STATE_REPLY:
        return thread_reply(thread);
    default:
        return NIL;
    }
}

/* What `target` is doing is the result. */
/*@ requires is_thread(thread) && is_thread(target) && asid_wf;
    assigns K[thread + 2][0 .. 7];
    ensures asid: asid_wf;
    ensures state: K[thread + 2][0] == Thread_state(target);
*/
static inline void tell_thread(ref_t thread, ref_t target)
{
    thread_set_word0(thread, thread_state(target));
    thread_set_word1(thread, number(waits_for(target)));
    thread_set_word2(thread, number(thread_sc(target)));
    thread_set_word3(thread, thread_flags(target));
    thread_set_word4(thread, thread_fault(target));
}

/*@ OPERATION(TYPE_THREAD) */
enum error op_thread_inspect(ref_t thread, ref_t slot)
{
    tell_thread(thread, slot_object(slot));
    return E_OK;
}

/*@ OPERATION(TYPE_THREAD) */
enum error op_thread_set_tls(ref_t thread, ref_t slot)
{
    ref_t target = slot_object(slot);

    if (thread_word0(thread) >= USER_END)
        return E_ARG;
    arch_bases_save(target); /* the other bases stay what the program made them */
    thread_set_fs_base(target, thread_word0(thread));
    arch_bases_load(target);
    return E_OK;
}
