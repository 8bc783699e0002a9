/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls: decode, look up, check rights, act, leave. */
#include "entry.h"
#include "fast.h"

#include <arch/arch.h>
#include <cap/cap.h>
#include <ipc/fault.h>
#include <ipc/ipc.h>
#include <ipc/transfer.h>
#include <model/state.h>
#include <object/operations.h>

/* Length of the SYSCALL instruction. */
#define SYSCALL_BYTES 2u

/*@ requires ALL_WF && runs(thread);
    requires right: is_home(slot) && Slot_type(slot) == TYPE_ENDPOINT;
    assigns ANY_STATE, kind[0 .. GRANULES - 1];
    ALL_KEPT
    ensures thread: is_thread(thread);
*/
static enum error send_checked(ref_t thread, ref_t slot, word_t calls, word_t wait)
{
    enum error e;

    if (!(slot_rights(slot) & RIGHT_WRITE))
        return E_RIGHTS;
    if (thread_tag(thread) > MESSAGE_TAG_MAX)
        return E_MESSAGE;
    e = transfer_check(thread, slot_rights(slot) & RIGHT_GRANT);
    return e == E_OK ? ipc_send(thread, slot, calls, wait) : e;
}

/* Call on a kernel object: the kernel is the server. */
/*@ requires ALL_WF && runs(thread);
    requires right: is_home(slot) && Slot_type(slot) != TYPE_NULL;
    assigns ANY_STATE, kind[0 .. GRANULES - 1];
    ALL_KEPT
    ensures thread: is_thread(thread);
*/
static enum error invoke(ref_t thread, ref_t slot, word_t tag)
{
    word_t type = slot_type(slot);
    enum error e = operation_dispatch(thread, slot, type, tag_label(tag), slot_rights(slot));

    if (e == E_OK) {
        thread_set_rdi(thread, 0);
        thread_set_tag(thread, operation_results(type, tag_label(tag)));
    }
    return e;
}

/*@ requires ALL_WF && runs(thread);
    assigns ANY_STATE, kind[0 .. GRANULES - 1];
    ALL_KEPT
    ensures thread: is_thread(thread);
*/
static enum error do_call(ref_t thread, word_t cap, word_t tag, word_t wait)
{
    ref_t slot = cap_slot(thread, cap);

    if (slot == NIL || slot_type(slot) == TYPE_NULL)
        return E_CAP;
    if (slot_type(slot) == TYPE_ENDPOINT)
        return send_checked(thread, slot, 1, wait);
    return invoke(thread, slot, tag);
}

/*@ requires ALL_WF && runs(thread);
    assigns ANY_STATE, kind[0 .. GRANULES - 1];
    ALL_KEPT
    ensures thread: is_thread(thread);
*/
static enum error do_send(ref_t thread, word_t cap, word_t wait)
{
    ref_t slot = cap_slot(thread, cap);

    if (slot == NIL)
        return E_CAP;
    switch (slot_type(slot)) {
    case TYPE_NULL:
        return E_CAP;
    case TYPE_ENDPOINT:
        return send_checked(thread, slot, 0, wait);
    case TYPE_NOTIFICATION:
        if (!(slot_rights(slot) & RIGHT_WRITE))
            return E_RIGHTS;
        ipc_signal(slot_object(slot), slot_badge(slot));
        return E_OK;
    case TYPE_REPLY:
        return ipc_reply(thread, slot_object(slot));
    default:
        return E_TYPE;
    }
}

/* The Reply object that a Recv is to fill: NIL for index 0. */
/*@ requires CAP_WF && is_thread(thread) && \valid(reply);
    assigns *reply;
    ensures found: \result == E_OK ==> maybe_reply(*reply) && (index != 0 ==> *reply != NIL);
*/
static enum error find_reply(ref_t thread, word_t index, ref_t *reply)
{
    ref_t slot = cap_slot(thread, index);

    *reply = NIL;
    if (index == 0)
        return E_OK;
    if (slot == NIL || slot_type(slot) == TYPE_NULL)
        return E_CAP;
    if (slot_type(slot) != TYPE_REPLY)
        return E_TYPE;
    *reply = slot_object(slot);
    return E_OK;
}

/*@ requires ALL_WF && runs(thread);
    assigns ANY_STATE, kind[0 .. GRANULES - 1];
    ALL_KEPT
    ensures thread: is_thread(thread);
*/
static enum error do_recv(ref_t thread, word_t cap, word_t wait)
{
    ref_t slot = cap_slot(thread, cap);
    ref_t reply = NIL;
    enum error e;

    if (slot == NIL || slot_type(slot) == TYPE_NULL)
        return E_CAP;
    if (slot_type(slot) != TYPE_ENDPOINT && slot_type(slot) != TYPE_NOTIFICATION)
        return E_TYPE;
    if (!(slot_rights(slot) & RIGHT_READ))
        return E_RIGHTS;
    if (slot_type(slot) == TYPE_NOTIFICATION)
        return ipc_wait(thread, slot_object(slot), wait);
    e = find_reply(thread, thread_rbx(thread), &reply);
    if (e != E_OK)
        return e;
    if (reply != NIL && reply_thread(reply) != NIL)
        return E_STATE;
    return ipc_recv(thread, slot_object(slot), reply, wait);
}

/* Both halves are checked before the first is done, so that an error means that nothing happened.
 */
/*@ requires ALL_WF && runs(thread);
    assigns ANY_STATE, kind[0 .. GRANULES - 1];
    ALL_KEPT
    ensures thread: is_thread(thread);
*/
static enum error do_reply_recv(ref_t thread, word_t cap, word_t wait)
{
    ref_t slot = cap_slot(thread, cap);
    ref_t reply = NIL;
    ref_t endpoint;
    enum error e;

    if (slot == NIL || slot_type(slot) == TYPE_NULL)
        return E_CAP;
    if (slot_type(slot) != TYPE_ENDPOINT)
        return E_TYPE;
    if (!(slot_rights(slot) & RIGHT_READ))
        return E_RIGHTS;
    e = find_reply(thread, thread_rbx(thread), &reply);
    if (e != E_OK)
        return e;
    if (reply == NIL)
        return E_CAP;
    endpoint = slot_object(slot); /* now: the answer may give the capability itself away */
    e = ipc_reply(thread, reply);
    if (e != E_OK)
        return e;
    e = ipc_recv(thread, endpoint, reply, wait);
    if (e == E_RESTART) /* the answer is given: only the other half is made again */
        thread_set_rax(thread, wait ? SYS_RECV : SYS_RECV | SYS_NONBLOCK);
    return e;
}

/*@ requires ALL_WF && runs(thread);
    assigns ANY_STATE, kind[0 .. GRANULES - 1];
    ALL_KEPT
    ensures thread: is_thread(thread);
*/
static enum error decode(ref_t thread, word_t cap, word_t tag, word_t number)
{
    switch (number) {
    case SYS_CALL:
    case SYS_CALL | SYS_NONBLOCK:
        return do_call(thread, cap, tag, number == SYS_CALL);
    case SYS_SEND:
    case SYS_SEND | SYS_NONBLOCK:
        return do_send(thread, cap, number == SYS_SEND);
    case SYS_RECV:
    case SYS_RECV | SYS_NONBLOCK:
        return do_recv(thread, cap, number == SYS_RECV);
    case SYS_REPLY_RECV:
    case SYS_REPLY_RECV | SYS_NONBLOCK:
        return do_reply_recv(thread, cap, number == SYS_REPLY_RECV);
    default:
        return E_CALL;
    }
}

void entry_complete(word_t cap, word_t tag, word_t number)
{
    ref_t thread = cpu.thread;

    if (thread_flags(thread) & THREAD_FOREIGN) {
        entry_foreign(thread);
        return;
    }

    enum error e = decode(thread, cap, tag, number);

    /* A thread that waits, or is gone, finds its outcome when its wait ends. */
    if (e == E_RESTART)
        thread_set_rip(thread, thread_rip(thread) - SYSCALL_BYTES);
    else if (e != E_OK || thread_state(thread) == THREAD_STATE_READY)
        thread_set_rax(thread, e);
    if (cpu.resched)
        entry_leave();
}

void entry_syscall(word_t cap, word_t tag, word_t number)
{
    if (number == SYS_CALL && fast_call(cap, tag) != FAST_NO)
        return;
    if (number == SYS_REPLY_RECV && fast_reply_recv(cap, tag, thread_word0(cpu.thread)) != FAST_NO)
        return;
    entry_complete(cap, tag, number);
}
