/* SPDX-License-Identifier: BSD-2-Clause */
#include "fast.h"

#include <arch/arch.h>
#include <ipc/transfer.h>
#include <model/state.h>

/* A tag with no capabilities and at most 8 words: its low 16 bits are at most 8. */
static inline bool is_short(word_t tag)
{
    return tag % 65536u <= MESSAGE_REGS;
}

/* Does a server wait on the endpoint that would run on its caller's context? */
static inline bool has_server(ref_t endpoint)
{
    if (endpoint_side(endpoint) != SIDE_RECEIVERS)
        return false;

    ref_t server = endpoint_head(endpoint);

    return thread_reply(server) != NIL && (thread_sc(server) == NIL || thread_flags(server) & THREAD_BORROW) &&
           slot_object(thread_space(server)) != NIL;
}

/* The first receiver leaves the endpoint's queue. */
static inline void dequeue(ref_t endpoint, ref_t server)
{
    ref_t next = thread_next(server);

    endpoint_set_head(endpoint, next);
    if (rarely(next != NIL)) {
        thread_set_prev(next, NIL);
        thread_set_next(server, NIL);
        return;
    }
    endpoint_set_tail(endpoint, NIL);
    endpoint_set_side(endpoint, SIDE_IDLE);
}

/* The server joins the endpoint's queue of receivers. */
static inline void enqueue(ref_t endpoint, ref_t server)
{
    ref_t tail = endpoint_tail(endpoint);

    if (rarely(tail != NIL)) {
        thread_set_prev(server, tail);
        thread_set_next(tail, server);
    } else {
        endpoint_set_head(endpoint, server);
        endpoint_set_side(endpoint, SIDE_RECEIVERS);
    }
    endpoint_set_tail(endpoint, server);
}

/* `caller` waits for `reply`, and `server` goes on in its place: on the running scheduling context. */
static inline void lend(ref_t caller, ref_t server, ref_t reply)
{
    ref_t sc = cpu.sc;
    ref_t top = sched_context_top(sc);

    reply_set_thread(reply, caller);
    thread_set_reply(caller, reply);
    thread_set_state(caller, THREAD_STATE_REPLY);
    thread_set_state(server, THREAD_STATE_READY);

    thread_set_sc(caller, NIL);
    thread_set_lent(caller, sc);
    thread_set_lender(caller, top);
    if (rarely(top != NIL))
        thread_set_borrower(top, caller);
    sched_context_set_top(sc, caller);
    sched_context_set_thread(sc, server);
    thread_set_own(server, thread_sc(server));
    thread_set_sc(server, sc);
}

/* The opposite: `caller`, who lent the running context last, has it back. */
static inline void give_back(ref_t server, ref_t caller)
{
    ref_t sc = cpu.sc;
    ref_t below = thread_lender(caller);

    thread_set_state(caller, THREAD_STATE_READY);

    sched_context_set_top(sc, below);
    if (rarely(below != NIL))
        thread_set_borrower(below, NIL);
    thread_set_lent(caller, NIL);
    thread_set_lender(caller, NIL);
    sched_context_set_thread(sc, caller);
    thread_set_sc(caller, sc);
    thread_set_sc(server, thread_own(server));
    thread_set_own(server, NIL);
}

static inline __attribute__((always_inline)) void switch_to(ref_t from, ref_t to, bool call)
{
    ref_t space = slot_object(thread_space(to));

    arch_thread_pass(from, to, call);
    arch_space_enter(space_root(space), space_asid(space));
}

/* The slot of an index, if it is in the CSpace. Slot 0 reads as what a CNode begins with: never as a type that is looked for here. */
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

    if (rarely(!find(thread, cap, &slot)) || slot_type(slot) != TYPE_ENDPOINT || !(slot_rights(slot) & RIGHT_WRITE) ||
        !is_short(tag) || tag > MESSAGE_TAG_MAX)
        return FAST_NO;

    ref_t endpoint = slot_object(slot);

    if (!has_server(endpoint))
        return FAST_NO;

    ref_t server = endpoint_head(endpoint);

    dequeue(endpoint, server);
    arch_words_carry(thread, server);
    thread_set_rdi(server, slot_badge(slot));
    thread_set_tag(server, tag);
    thread_set_rights(thread, slot_rights(slot));
    lend(thread, server, thread_reply(server));
    switch_to(thread, server, true);
    return FAST_DONE;
}

bool fast_foreign(ref_t thread)
{
    ref_t slot = thread_handler(thread);

    if (slot_type(slot) != TYPE_ENDPOINT || !has_server(slot_object(slot)))
        return false;

    ref_t endpoint = slot_object(slot);
    ref_t server = endpoint_head(endpoint);

    dequeue(endpoint, server);
    thread_set_word0(server, thread_rax(thread));
    thread_set_word1(server, thread_rdi(thread));
    thread_set_word2(server, thread_tag(thread));
    thread_set_word3(server, thread_word0(thread));
    thread_set_word4(server, thread_word1(thread));
    thread_set_word5(server, thread_word2(thread));
    thread_set_word6(server, thread_word3(thread));
    thread_set_word7(server, thread_rip(thread));
    thread_set_rax(server, E_OK);
    thread_set_rdi(server, slot_badge(slot));
    thread_set_tag(server, FAULT_SYSCALL * 65536u + 8u);
    thread_set_fault(thread, FAULT_SYSCALL);
    thread_set_rights(thread, slot_rights(slot));
    lend(thread, server, thread_reply(server));
    switch_to(thread, server, true);
    return true;
}

/* Does the thread wait for an answer, with an address space to return to, and did it lend the running context last? */
static inline bool waits(ref_t caller)
{
    return thread_state(caller) == THREAD_STATE_REPLY && sched_context_top(cpu.sc) == caller &&
           slot_object(thread_space(caller)) != NIL;
}

/* Nothing waits for the server on the endpoint, nor a signal. */
static inline bool idle(ref_t server, ref_t endpoint)
{
    ref_t bound = thread_notification(server);

    return endpoint_side(endpoint) != SIDE_SENDERS && (bound == NIL || notification_bits(bound) == 0);
}

/* The server waits for the next message. */
static inline void receive(ref_t server, ref_t endpoint, ref_t reply)
{
    reply_set_thread(reply, server);
    thread_set_reply(server, reply);
    thread_set_waits_for(server, endpoint);
    thread_set_state(server, THREAD_STATE_RECEIVING);
    enqueue(endpoint, server);
}

/* The system call of a foreign thread is answered with its result. */
static __attribute__((noinline)) word_t answer_foreign(ref_t endpoint, ref_t reply, word_t tag, word_t word0)
{
    ref_t thread = cpu.thread;
    ref_t caller = reply_thread(reply);

    if (thread_fault(caller) != FAULT_SYSCALL || tag % 65536u != 1 || !idle(thread, endpoint))
        return FAST_NO;
    thread_set_fault(caller, 0);
    thread_set_rax(caller, word0);
    give_back(thread, caller);
    receive(thread, endpoint, reply);
    switch_to(thread, caller, false);
    return FAST_LOAD;
}

word_t fast_reply_recv(word_t cap, word_t tag, word_t word0)
{
    ref_t thread = cpu.thread;
    ref_t slot;
    ref_t reply_slot;

    if (rarely(!find(thread, cap, &slot)) || slot_type(slot) != TYPE_ENDPOINT || !(slot_rights(slot) & RIGHT_READ))
        return FAST_NO;
    if (!find(thread, thread_rbx(thread), &reply_slot) || slot_type(reply_slot) != TYPE_REPLY)
        return FAST_NO;

    ref_t endpoint = slot_object(slot);
    ref_t reply = slot_object(reply_slot);
    ref_t caller = reply_thread(reply);

    if (caller == NIL || !waits(caller))
        return FAST_NO;
    if (rarely(thread_fault(caller) != 0))
        return answer_foreign(endpoint, reply, tag, word0);
    if (!is_short(tag) || !idle(thread, endpoint))
        return FAST_NO;
    arch_words_carry(thread, caller);
    thread_set_rdi(caller, 0);
    thread_set_tag(caller, tag);
    give_back(thread, caller);
    receive(thread, endpoint, reply);
    switch_to(thread, caller, false);
    return FAST_DONE;
}
