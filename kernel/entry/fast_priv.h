/* SPDX-License-Identifier: BSD-2-Clause */
/* The steps of which the short ways of messages (fast.c) and of faults (fast_fault.c) are made. */
#ifndef ENTRY_FAST_PRIV_H
#define ENTRY_FAST_PRIV_H

#include <arch/arch.h>
#include <model/state.h>

/* Does a server wait on the endpoint that would run on its caller's context? */
static inline bool has_server(ref_t endpoint)
{
    if (endpoint_side(endpoint) != SIDE_RECEIVERS)
        return false;

    ref_t server = endpoint_head(endpoint);

    return thread_reply(server) != NIL &&
           (thread_sc(server) == NIL || thread_flags(server) & THREAD_BORROW) &&
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

/* `caller` waits for `reply`, and `server` goes on in its place: on the running scheduling context.
 */
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

/* Nothing waits for the server on the endpoint, nor a signal. */
static inline bool idle(ref_t server, ref_t endpoint)
{
    ref_t bound = thread_notification(server);

    return endpoint_side(endpoint) != SIDE_SENDERS &&
           (bound == NIL || notification_bits(bound) == 0);
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

#endif
