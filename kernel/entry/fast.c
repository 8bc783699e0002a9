/* SPDX-License-Identifier: BSD-2-Clause */
#include "fast.h"

#include "entry.h"

#include <arch/arch.h>
#include <ipc/transfer.h>
#include <model/state.h>

/* A tag with no capabilities and at most 8 words: its low 16 bits are at most 8. */
static inline bool is_short(word_t tag)
{
    return tag % 65536u <= MESSAGE_REGS;
}

static inline void copy_words(ref_t from, ref_t to, word_t tag)
{
    if (tag_words(tag) == 0)
        return;
    granule_copy(from + THREAD_WORDS, to + THREAD_WORDS);
}

/* The server that waits on the endpoint and would run on its caller's context, NIL if none. */
static inline ref_t waiting_server(ref_t endpoint)
{
    ref_t server = endpoint_head(endpoint);

    if (endpoint_side(endpoint) != SIDE_RECEIVERS || thread_reply(server) == NIL)
        return NIL;
    if (thread_sc(server) != NIL && !(thread_flags(server) & THREAD_BORROW))
        return NIL;
    return server;
}

/* The first receiver leaves the endpoint's queue. */
static inline void dequeue(ref_t endpoint, ref_t server)
{
    ref_t next = thread_next(server);

    endpoint_set_head(endpoint, next);
    if (next != NIL) {
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

    if (tail != NIL) {
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
    if (top != NIL)
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
    if (below != NIL)
        thread_set_borrower(below, NIL);
    thread_set_lent(caller, NIL);
    thread_set_lender(caller, NIL);
    sched_context_set_thread(sc, caller);
    thread_set_sc(caller, sc);
    thread_set_sc(server, thread_own(server));
    thread_set_own(server, NIL);
}

static inline void switch_to(ref_t thread)
{
    ref_t space = slot_object(thread_space(thread));

    arch_thread_switch(thread);
    arch_space_enter(space_root(space), space_asid(space));
}

/* The index is in the CSpace; then its slot. */
static inline bool find(ref_t thread, word_t cap, ref_t *slot)
{
    ref_t cspace = thread_cspace(thread);

    *slot = slot_object(cspace) + cap;
    return cap != 0 && cap < slot_badge(cspace);
}

void fast_call(ref_t thread, word_t cap, word_t tag)
{
    ref_t slot;

    if (!find(thread, cap, &slot) || slot_type(slot) != TYPE_ENDPOINT || !(slot_rights(slot) & RIGHT_WRITE) ||
        !is_short(tag))
        return entry_slow(thread, cap, tag, SYS_CALL);

    ref_t endpoint = slot_object(slot);
    ref_t server = waiting_server(endpoint);

    if (server == NIL || slot_type(thread_space(server)) == TYPE_NULL)
        return entry_slow(thread, cap, tag, SYS_CALL);
    dequeue(endpoint, server);
    copy_words(thread, server, tag);
    thread_set_rax(server, E_OK);
    thread_set_rdi(server, slot_badge(slot));
    thread_set_tag(server, tag);
    thread_set_rights(thread, slot_rights(slot));
    lend(thread, server, thread_reply(server));
    switch_to(server);
}

void fast_foreign(ref_t thread)
{
    ref_t slot = thread_handler(thread);

    if (slot_type(slot) != TYPE_ENDPOINT)
        return entry_foreign_slow(thread);

    ref_t endpoint = slot_object(slot);
    ref_t server = waiting_server(endpoint);

    if (server == NIL || slot_type(thread_space(server)) == TYPE_NULL)
        return entry_foreign_slow(thread);
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
    switch_to(server);
}

/* May this message answer what the caller waits with, without a closer look? */
static inline bool answers(ref_t caller, word_t tag)
{
    if (thread_fault(caller) == 0)
        return is_short(tag);
    return thread_fault(caller) == FAULT_SYSCALL && tag % 65536u == 1;
}

void fast_reply_recv(ref_t thread, word_t cap, word_t tag)
{
    ref_t slot;
    ref_t reply_slot;

    if (!find(thread, cap, &slot) || slot_type(slot) != TYPE_ENDPOINT || !(slot_rights(slot) & RIGHT_READ))
        return entry_slow(thread, cap, tag, SYS_REPLY_RECV);
    if (!find(thread, thread_rbx(thread), &reply_slot) || slot_type(reply_slot) != TYPE_REPLY)
        return entry_slow(thread, cap, tag, SYS_REPLY_RECV);

    ref_t endpoint = slot_object(slot);
    ref_t reply = slot_object(reply_slot);
    ref_t caller = reply_thread(reply);
    ref_t bound = thread_notification(thread);

    if (caller == NIL || !answers(caller, tag) || endpoint_side(endpoint) == SIDE_SENDERS ||
        sched_context_top(cpu.sc) != caller || thread_state(caller) != THREAD_STATE_REPLY || slot_type(thread_space(caller)) == TYPE_NULL ||
        (bound != NIL && notification_bits(bound) != 0))
        return entry_slow(thread, cap, tag, SYS_REPLY_RECV);
    if (thread_fault(caller) != 0) {
        thread_set_fault(caller, 0);
        thread_set_rax(caller, thread_word0(thread));
    } else {
        copy_words(thread, caller, tag);
        thread_set_rax(caller, E_OK);
        thread_set_rdi(caller, 0);
        thread_set_tag(caller, tag);
    }
    give_back(thread, caller);
    reply_set_thread(reply, thread);
    thread_set_reply(thread, reply);
    thread_set_waits_for(thread, endpoint);
    thread_set_state(thread, THREAD_STATE_RECEIVING);
    enqueue(endpoint, thread);
    switch_to(caller);
}
