/* SPDX-License-Identifier: BSD-2-Clause */
/* The steps of which the short ways of messages (fast.c) and of faults (fast_fault.c) are made. */
#ifndef ENTRY_FAST_PRIV_H
#define ENTRY_FAST_PRIV_H

#include <arch/arch.h>
#include <model/state.h>

/* Does a server wait on the endpoint that would run on its caller's context? */
/*@ requires queue_wf && wait_wf && replies_wf && threads_wf && SLOTS_WF && inside_wf;
    requires is_endpoint(endpoint) && moving == NIL && leaving == NIL;
    assigns \nothing;
    ensures server: \result != 0 ==> is_thread(Endpoint_head(endpoint)) &&
        queue_of[Endpoint_head(endpoint)] == endpoint &&
        Thread_state(Endpoint_head(endpoint)) == THREAD_STATE_RECEIVING &&
        Endpoint_side(endpoint) == SIDE_RECEIVERS &&
        is_reply(Thread_reply(Endpoint_head(endpoint))) &&
        is_space(Slot_object(Thread_space(Endpoint_head(endpoint))));
*/
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
/*@ requires queue_wf && is_endpoint(endpoint) && is_thread(server) &&
        queue_of[server] == endpoint && Endpoint_head(endpoint) == server;
    requires wait_wf && moving == server && Endpoint_side(endpoint) == SIDE_RECEIVERS;
    assigns Thread_next(server), Endpoint_head(endpoint), Endpoint_tail(endpoint),
        Endpoint_side(endpoint), Thread_prev(Thread_next(server)), queue_of[server];
    QUEUE_KEPT
    ensures side: Endpoint_side(endpoint) == \old(Endpoint_side(endpoint)) ||
        Endpoint_side(endpoint) == SIDE_IDLE;
    ensures out: queue_of[server] == NIL;
    ensures wait: wait_wf;
*/
static inline void dequeue(ref_t endpoint, ref_t server)
{
    ref_t next = thread_next(server);

    /*@ assert next: next < GRANULES; */
    /*@ ghost queue_of[server] = NIL; */
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
/*@ requires queue_wf && is_endpoint(endpoint) && is_thread(server) && queue_of[server] == NIL &&
        Endpoint_side(endpoint) != SIDE_SENDERS;
    requires same: Endpoint_head(endpoint) != NIL ==> Endpoint_side(endpoint) == SIDE_RECEIVERS;
    assigns Thread_prev(server), Endpoint_head(endpoint), Endpoint_tail(endpoint),
        Endpoint_side(endpoint), Thread_next(Endpoint_tail(endpoint)), queue_of[server],
        turn[server], arrivals;
    QUEUE_KEPT
    ensures in: queue_of[server] == endpoint && Endpoint_side(endpoint) == SIDE_RECEIVERS;
*/
static inline void enqueue(ref_t endpoint, ref_t server)
{
    ref_t tail = endpoint_tail(endpoint);

    /*@ assert tail: tail < GRANULES; */
    /*@ admit arrivals < 0xffffffffffffffff; // 2^64 waits take centuries */
    /*@ ghost arrivals = arrivals + 1; */
    /*@ ghost turn[server] = arrivals; */
    /*@ ghost queue_of[server] = endpoint; */
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
/*@ requires SCHED_WF && wait_wf && sent_wf && replies_wf && is_reply(reply);
    requires runs(caller) && is_thread(server) && caller != server && settled(caller);
    requires queue_of[caller] == NIL && queue_of[server] == NIL && Thread_lent(server) == NIL;
    requires moving == server;
    assigns Reply_thread(reply), Thread_reply(caller), Thread_state(caller), Thread_state(server),
        ANY_LOAN;
    SCHED_KEPT
    ensures wait: wait_wf;
    ensures sent: sent_wf;
    ensures replies: replies_wf;
    ensures owes: Reply_thread(reply) == caller && Thread_state(caller) == THREAD_STATE_REPLY &&
        Thread_reply(caller) == reply;
    ensures holds: Thread_sc(server) == cpu.sc && Thread_lent(caller) == cpu.sc &&
        Sched_context_thread(cpu.sc) == server && Thread_sc(caller) == NIL;
    ensures runs: Thread_state(server) == THREAD_STATE_READY && wait(server);
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
/*@ requires SCHED_WF && wait_wf && sent_wf && runs(server) && is_thread(caller);
    requires lent: Sched_context_top(cpu.sc) == caller && caller != server;
    requires waits: Thread_state(caller) == THREAD_STATE_REPLY && settled(caller);
    assigns Thread_state(caller), ANY_LOAN;
    SCHED_KEPT
    ensures wait: wait_wf;
    ensures sent: sent_wf;
    ensures runs: Thread_state(caller) == THREAD_STATE_READY && Thread_sc(caller) == cpu.sc &&
        Sched_context_thread(cpu.sc) == caller && Thread_lent(server) == NIL &&
        Thread_state(server) == THREAD_STATE_READY;
*/
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

/*@ requires SCHED_WF && spaces_wf && is_thread(from) && is_thread(to);
    requires is_space(Slot_object(Thread_space(to)));
    assigns cpu.thread, cpu.frame;
    SCHED_KEPT
    ensures runs: cpu.thread == to;
*/
static inline __attribute__((always_inline)) void switch_to(ref_t from, ref_t to, bool call)
{
    ref_t space = slot_object(thread_space(to));

    arch_thread_pass(from, to, call);
    arch_space_enter(space_root(space), space_asid(space));
}

/* Nothing waits for the server on the endpoint, nor a signal. */
/*@ requires is_thread(server) && is_endpoint(endpoint) && bound_wf;
    assigns \nothing;
    ensures idle: \result != 0 ==> Endpoint_side(endpoint) != SIDE_SENDERS;
*/
static inline bool idle(ref_t server, ref_t endpoint)
{
    ref_t bound = thread_notification(server);

    return endpoint_side(endpoint) != SIDE_SENDERS &&
           (bound == NIL || notification_bits(bound) == 0);
}

/* The server waits for the next message. */
/*@ requires queue_wf && wait_wf && sent_wf && replies_wf && rest_wf;
    requires is_thread(server) && is_endpoint(endpoint) && is_reply(reply);
    requires Endpoint_side(endpoint) != SIDE_SENDERS && moving == NIL && leaving == NIL;
    requires Thread_state(server) == THREAD_STATE_READY && Thread_lent(server) == NIL;
    assigns Reply_thread(reply), Thread_reply(server), Thread_waits_for(server),
        Thread_state(server), Thread_prev(server), Endpoint_head(endpoint),
        Endpoint_tail(endpoint), Endpoint_side(endpoint), ANY(thread_next), queue_of[server],
        turn[server], arrivals, moving;
    ensures queue: queue_wf;
    ensures wait: wait_wf;
    ensures sent: sent_wf;
    ensures rest: rest_wf;
    ensures replies: replies_wf;
    ensures settled: moving == NIL;
    ensures waits: Thread_state(server) == THREAD_STATE_RECEIVING &&
        Reply_thread(reply) == server;
*/
static inline void receive(ref_t server, ref_t endpoint, ref_t reply)
{
    reply_set_thread(reply, server);
    thread_set_reply(server, reply);
    thread_set_waits_for(server, endpoint);
    thread_set_state(server, THREAD_STATE_RECEIVING);
    /*@ ghost moving = server; */
    enqueue(endpoint, server);
    /*@ ghost moving = NIL; */
}

#endif
