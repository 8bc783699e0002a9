/* SPDX-License-Identifier: BSD-2-Clause */
#include "fast.h"
#include "fast_priv.h"

#include <arch/arch.h>
#include <ipc/transfer.h>
#include <model/state.h>

/* A tag with no capabilities and at most 8 words: its low 16 bits are at most 8. */
static inline bool is_short(word_t tag)
{
    return tag % 65536u <= MESSAGE_REGS;
}

/* The slot of an index, if it is in the CSpace. Slot 0 reads as what a CNode begins with: never as
 * a type that is looked for here. */
/*@ requires SLOTS_WF && inside_wf && is_thread(thread) && \valid(slot);
    assigns *slot;
    ensures found: \result != 0 ==> is_home(*slot) || is_cnode(*slot);
*/
static inline bool find(ref_t thread, word_t cap, ref_t *slot)
{
    ref_t cspace = thread_cspace(thread);

    *slot = granule_at(slot_object(cspace), cap);
    return cap < slot_badge(cspace);
}

word_t fast_call(word_t cap, word_t tag)
{
    ref_t thread = cpu.thread;
    ref_t slot;

    if (rarely(!find(thread, cap, &slot)) || slot_type(slot) != TYPE_ENDPOINT ||
        !(slot_rights(slot) & RIGHT_WRITE) || !is_short(tag) || tag > MESSAGE_TAG_MAX)
        return FAST_NO;

    ref_t endpoint = slot_object(slot);

    if (!has_server(endpoint))
        return FAST_NO;

    ref_t server = endpoint_head(endpoint);

    /*@ assert known: wait(thread) && queue_of[thread] == NIL; */
    /*@ assert loose: Thread_lent(server) == NIL && server != thread; */
    /*@ ghost moving = server; */
    dequeue(endpoint, server);
    arch_words_carry(thread, server);
    thread_set_rdi(server, slot_badge(slot));
    thread_set_tag(server, tag);
    thread_set_rights(thread, slot_rights(slot));
    lend(thread, server, thread_reply(server));
    /*@ ghost moving = NIL; */
    switch_to(thread, server, true);
    return FAST_DONE;
}

/* Does the thread wait for an answer, with an address space to return to, and did it lend the
 * running context last? */
/*@ requires SLOTS_WF && inside_wf && is_thread(caller) && cpu_wf && cpu.sc != NIL;
    assigns \nothing;
    ensures waits: \result != 0 ==> Thread_state(caller) == THREAD_STATE_REPLY &&
        Sched_context_top(cpu.sc) == caller && is_space(Slot_object(Thread_space(caller)));
*/
static inline bool waits(ref_t caller)
{
    return thread_state(caller) == THREAD_STATE_REPLY && sched_context_top(cpu.sc) == caller &&
           slot_object(thread_space(caller)) != NIL;
}

/* `caller` goes on where `thread` was, which waits for the next message. */
/*@ requires ALL_WF && runs(thread) && is_endpoint(endpoint) && is_reply(reply);
    requires side: Endpoint_side(endpoint) != SIDE_SENDERS;
    requires is_thread(caller) && Thread_state(caller) == THREAD_STATE_REPLY &&
        Sched_context_top(cpu.sc) == caller && is_space(Slot_object(Thread_space(caller)));
    assigns ANY_STATE;
    ALL_KEPT
    ensures runs: cpu.thread == caller;
*/
static inline __attribute__((always_inline)) void give_way(ref_t thread, ref_t caller,
                                                           ref_t endpoint, ref_t reply)
{
    give_back(thread, caller);
    receive(thread, endpoint, reply);
    switch_to(thread, caller, false);
}

/* A fault is answered with nothing: try again; or the system call of a foreign thread with its
 * result. */
/*@ requires ALL_WF && runs(cpu.thread) && is_endpoint(endpoint) && is_reply(reply);
    requires is_thread(Reply_thread(reply)) &&
        Thread_state(Reply_thread(reply)) == THREAD_STATE_REPLY &&
        Sched_context_top(cpu.sc) == Reply_thread(reply) &&
        is_space(Slot_object(Thread_space(Reply_thread(reply))));
    assigns ANY_STATE;
    ALL_KEPT
    ensures no: \result == FAST_NO ==> runs(cpu.thread) && cpu.thread == \old(cpu.thread);
*/
static __attribute__((noinline)) word_t answer_fault(ref_t endpoint, ref_t reply, word_t tag,
                                                     word_t word0)
{
    ref_t thread = cpu.thread;
    ref_t caller = reply_thread(reply);
    word_t words = tag % 65536u;

    if (words > 1 || (words == 1 && thread_fault(caller) != FAULT_SYSCALL) ||
        !idle(thread, endpoint))
        return FAST_NO;
    thread_set_fault(caller, 0);
    if (words == 1)
        thread_set_rax(caller, word0);
    give_way(thread, caller, endpoint, reply);
    return FAST_LOAD;
}

word_t fast_reply_recv(word_t cap, word_t tag, word_t word0)
{
    ref_t thread = cpu.thread;
    ref_t slot;
    ref_t reply_slot;

    if (rarely(!find(thread, cap, &slot)) || slot_type(slot) != TYPE_ENDPOINT ||
        !(slot_rights(slot) & RIGHT_READ))
        return FAST_NO;
    if (!find(thread, thread_rbx(thread), &reply_slot) || slot_type(reply_slot) != TYPE_REPLY)
        return FAST_NO;

    ref_t endpoint = slot_object(slot);
    ref_t reply = slot_object(reply_slot);
    ref_t caller = reply_thread(reply);

    if (caller == NIL || !waits(caller))
        return FAST_NO;
    if (rarely(thread_fault(caller) != 0))
        return answer_fault(endpoint, reply, tag, word0);
    if (!is_short(tag) || !idle(thread, endpoint))
        return FAST_NO;
    arch_words_carry(thread, caller);
    thread_set_rdi(caller, 0);
    thread_set_tag(caller, tag);
    give_way(thread, caller, endpoint, reply);
    return FAST_DONE;
}

word_t fast_poll(word_t cap, word_t number)
{
    ref_t thread = cpu.thread;
    ref_t slot;

    if (number != (SYS_RECV | SYS_NONBLOCK) || !find(thread, cap, &slot) ||
        slot_type(slot) != TYPE_NOTIFICATION || !(slot_rights(slot) & RIGHT_READ))
        return FAST_NO;

    ref_t notification = slot_object(slot);
    word_t bits = notification_bits(notification);

    if (bits == 0)
        return FAST_OUTCOME + E_AGAIN;
    notification_set_bits(notification, 0);
    thread_set_rdi(thread, bits);
    thread_set_tag(thread, MESSAGE_SIGNAL * 65536u);
    return FAST_OUTCOME + E_OK;
}
