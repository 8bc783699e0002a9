/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The short way of faults and of foreign system calls. All registers of the thread are saved, so
 * this file is compiled like any other: fast.c, which C code must not call, is not.
 */
#include "entry.h"
#include "fast_priv.h"

#include <ipc/fault.h>

/* The words of a fault message, as fault_message() puts them. */
/*@ requires is_thread(from) && is_thread(to) && asid_wf;
    assigns ALL_MEMORY;
    ensures asid: asid_wf;
*/
static inline void fault_words(ref_t from, ref_t to, word_t a, word_t b)
{
    thread_set_word0(to, a);
    thread_set_word1(to, b);
    thread_set_word2(to, thread_rip(from));
    thread_set_word3(to, thread_rsp(from));
    thread_set_word4(to, thread_rflags(from));
    thread_set_word5(to, 0);
    thread_set_word6(to, 0);
    thread_set_word7(to, 0);
}

/* The words of a foreign system call. */
/*@ requires is_thread(from) && is_thread(to) && asid_wf;
    assigns ALL_MEMORY;
    ensures asid: asid_wf;
*/
static inline void foreign_words(ref_t from, ref_t to)
{
    thread_set_word0(to, thread_rax(from));
    thread_set_word1(to, thread_rdi(from));
    thread_set_word2(to, thread_tag(from));
    thread_set_word3(to, thread_word0(from));
    thread_set_word4(to, thread_word1(from));
    thread_set_word5(to, thread_word2(from));
    thread_set_word6(to, thread_word3(from));
    thread_set_word7(to, thread_rip(from));
}

/* The thread that runs calls its handler, with this tag; the words are there already. */
/*@ requires ALL_WF && runs(thread) && is_slot(slot) && Slot_type(slot) == TYPE_ENDPOINT;
    requires is_thread(server) && Endpoint_head(Slot_object(slot)) == server &&
        queue_of[server] == Slot_object(slot) && is_reply(Thread_reply(server)) &&
        Thread_state(server) == THREAD_STATE_RECEIVING &&
        Endpoint_side(Slot_object(slot)) == SIDE_RECEIVERS &&
        is_space(Slot_object(Thread_space(server)));
    assigns ANY_STATE;
    ALL_KEPT
*/
static inline __attribute__((always_inline)) void call_handler(ref_t thread, ref_t server,
                                                               ref_t slot, word_t tag)
{
    /*@ assert known: wait(thread) && queue_of[thread] == NIL; */
    /*@ assert loose: Thread_lent(server) == NIL && server != thread; */
    /*@ ghost moving = server; */
    dequeue(slot_object(slot), server);
    thread_set_rax(server, E_OK);
    thread_set_rdi(server, slot_badge(slot));
    thread_set_tag(server, tag);
    thread_set_fault(thread, tag / 65536u);
    thread_set_rights(thread, slot_rights(slot));
    lend(thread, server, thread_reply(server));
    /*@ ghost moving = NIL; */
    switch_to(thread, server, true);
}

/* The complete way. Not inline, so that the short one saves no registers for it. */
/*@ requires kernel_wf && runs(thread) && label != 0;
    assigns ANY_STATE;
    ensures kernel_wf;
*/
static __attribute__((noinline)) void raise(ref_t thread, word_t label, word_t a, word_t b)
{
    fault_raise(thread, label, a, b);
    entry_leave();
}

/* Eligible: the thread's fault endpoint has a server that waits as for fast_call. */
/*@ requires ALL_WF && is_thread(thread);
    assigns \nothing;
    ensures server: \result != 0 ==> Slot_type(Thread_handler(thread)) == TYPE_ENDPOINT &&
        is_thread(Endpoint_head(Slot_object(Thread_handler(thread)))) &&
        queue_of[Endpoint_head(Slot_object(Thread_handler(thread)))] ==
            Slot_object(Thread_handler(thread)) &&
        Thread_state(Endpoint_head(Slot_object(Thread_handler(thread)))) ==
            THREAD_STATE_RECEIVING &&
        Endpoint_side(Slot_object(Thread_handler(thread))) == SIDE_RECEIVERS &&
        is_reply(Thread_reply(Endpoint_head(Slot_object(Thread_handler(thread))))) &&
        is_space(Slot_object(Thread_space(Endpoint_head(Slot_object(
            Thread_handler(thread))))));
*/
static inline bool has_handler(ref_t thread)
{
    ref_t slot = thread_handler(thread);

    return slot_type(slot) == TYPE_ENDPOINT && has_server(slot_object(slot));
}

void entry_foreign(ref_t thread)
{
    if (!has_handler(thread)) {
        raise(thread, FAULT_SYSCALL, 0, 0);
        return;
    }

    ref_t slot = thread_handler(thread);
    ref_t server = endpoint_head(slot_object(slot));

    foreign_words(thread, server);
    call_handler(thread, server, slot, FAULT_SYSCALL * 65536u + 8u);
}

void entry_raise(ref_t thread, word_t label, word_t a, word_t b)
{
    if (!has_handler(thread)) {
        raise(thread, label, a, b);
        return;
    }

    ref_t slot = thread_handler(thread);
    ref_t server = endpoint_head(slot_object(slot));

    thread_set_fault_a(thread, a);
    thread_set_fault_b(thread, b);
    fault_words(thread, server, a, b);
    call_handler(thread, server, slot, label * 65536u + 5u);
}
