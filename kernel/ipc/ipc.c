/* SPDX-License-Identifier: BSD-2-Clause */
#include "ipc.h"

#include "fault.h"
#include "queue.h"
#include "transfer.h"

#include <cap/cap.h>
#include <sched/sched.h>

void ipc_finish(ref_t thread, enum error outcome)
{
    thread_set_rax(thread, outcome);
    thread_set_rdi(thread, 0);
    thread_set_tag(thread, 0);
    sched_wake(thread);
}

/* Nothing holds the thread up any more. */
/*@ requires SCHED_WF && wait_wf && sent_wf && is_thread(thread) && queue_of[thread] == NIL;
    assigns ANY_TIME, Thread_state(thread);
    SCHED_KEPT
    ensures wait: wait_wf;
    ensures sent: sent_wf;
    ensures runs: Thread_state(thread) == THREAD_STATE_READY && wait(thread);
*/
static inline void go_on(ref_t thread)
{
    sched_wake(thread);
}

/* Signals arrive: as the outcome of Recv on an endpoint (label SIGNAL) or a notification. */
/*@ requires is_thread(thread) && is_notification(notification);
    assigns Thread_rax(thread), Thread_rdi(thread), Thread_tag(thread),
        Notification_bits(notification);
    ensures taken: Thread_rdi(thread) == \old(Notification_bits(notification)) &&
        Notification_bits(notification) == 0;
    ensures tag: Thread_tag(thread) % 65536 == 0;
*/
static void give_signal(ref_t thread, ref_t notification)
{
    thread_set_rax(thread, E_OK);
    thread_set_rdi(thread, notification_bits(notification));
    thread_set_tag(thread, MESSAGE_SIGNAL * 65536u);
    notification_set_bits(notification, 0);
}

/* The message or fault of `from`, sent through a capability with this badge, becomes what `to`
 * received. */
/*@ requires CAP_WF && asid_wf && is_thread(from) && is_thread(to) && sends(from);
    assigns ANY_TREE, ALL_MEMORY, Thread_tag(to), Thread_rax(to), Thread_rdi(to);
    CAP_KEPT
    ensures asid: asid_wf;
    ensures badge: Thread_rdi(to) == badge && Thread_rax(to) == E_OK;
*/
static void deliver(ref_t from, ref_t to, word_t badge)
{
    if (thread_fault(from) != 0)
        fault_message(from, to);
    else
        transfer_message(from, to);
    thread_set_rax(to, E_OK);
    thread_set_rdi(to, badge);
}

/* `caller` has been received by `server` and waits for the answer through `reply`. */
/*@ requires SCHED_WF && wait_wf && sent_wf && replies_wf && is_reply(reply);
    requires is_thread(caller) && is_thread(server) && caller != server;
    requires queue_of[caller] == NIL && Thread_lent(server) == NIL;
    assigns ANY_TIME, ANY_LOAN, Reply_thread(reply), Thread_reply(caller), Thread_state(caller);
    SCHED_KEPT
    ensures wait: wait_wf;
    ensures sent: sent_wf;
    ensures replies: replies_wf;
    ensures owes: Reply_thread(reply) == caller && Thread_reply(caller) == reply &&
        Thread_state(caller) == THREAD_STATE_REPLY;
*/
static void owe(ref_t reply, ref_t caller, ref_t server)
{
    reply_set_thread(reply, caller);
    thread_set_reply(caller, reply);
    thread_set_state(caller, THREAD_STATE_REPLY);
    if (thread_sc(caller) != NIL && sched_borrows(server))
        sched_lend(caller, server);
    else
        sched_block(caller);
}

/* A thread that was received in Recv waits no longer. */
/*@ requires replies_wf && is_thread(thread) && maybe_reply(Thread_reply(thread));
    assigns ANY(reply_thread);
    ensures replies: replies_wf;
    ensures left: Thread_reply(thread) != NIL ==> Reply_thread(Thread_reply(thread)) == NIL;
*/
static void leave_recv(ref_t thread)
{
    if (thread_reply(thread) != NIL)
        reply_set_thread(thread_reply(thread), NIL);
}

/* Can a receiver take what `sender` has: has it what a call needs, or, for a plain message, time to
 * run on? */
/*@ requires is_thread(receiver) && is_thread(sender);
    assigns \nothing;
    ensures call: calls != 0 ==>
        (\result != 0 <==> reply != NIL || Thread_fault(sender) != 0);
    ensures plain: calls == 0 ==> (\result != 0 <==> Thread_sc(receiver) != NIL);
*/
static bool can_take(ref_t receiver, ref_t reply, word_t calls, ref_t sender)
{
    if (calls)
        return reply != NIL || thread_fault(sender) != 0;
    return thread_sc(receiver) != NIL;
}

/* Join the queue of senders. */
/*@ requires SCHED_WF && queue_wf && wait_wf && sent_wf && moving == NIL && leaving == NIL;
    requires is_thread(thread) && is_slot(slot) && is_endpoint(endpoint) && sends(thread);
    requires runs: Thread_state(thread) == THREAD_STATE_READY;
    requires side: Endpoint_side(endpoint) != SIDE_RECEIVERS;
    assigns ANY_TIME, ANY_ENDPOINT, queue_of[thread], turn[thread], arrivals, moving,
        ANY(thread_next), Thread_prev(thread), Thread_badge(thread), Thread_calls(thread),
        Thread_state(thread), Thread_waits_for(thread);
    SCHED_KEPT
    ensures queue: queue_wf;
    ensures wait: wait_wf;
    ensures sent: sent_wf;
    ensures settled: moving == NIL;
*/
static void wait_to_send(ref_t thread, ref_t slot, ref_t endpoint, word_t calls)
{
    /*@ ghost moving = thread; */
    thread_set_badge(thread, slot_badge(slot));
    thread_set_calls(thread, calls);
    sched_block(thread);
    thread_set_state(thread, THREAD_STATE_SENDING);
    thread_set_waits_for(thread, endpoint);
    queue_endpoint_add(endpoint, thread, SIDE_SENDERS);
    /*@ ghost moving = NIL; */
}

/* The first receiver leaves the queue, and what its Reply object waits for. */
/*@ requires queue_wf && wait_wf && replies_wf && rest_wf && sent_wf;
    requires is_endpoint(endpoint) && is_thread(receiver);
    requires first: Endpoint_head(endpoint) == receiver && queue_of[receiver] == endpoint &&
        Thread_state(receiver) == THREAD_STATE_RECEIVING && moving == receiver &&
        maybe_reply(Thread_reply(receiver));
    assigns ANY_ENDPOINT, ANY(reply_thread), ANY(thread_prev), Thread_next(receiver),
        queue_of[receiver];
    ensures queue: queue_wf;
    ensures wait: wait_wf;
    ensures replies: replies_wf;
    ensures out: queue_of[receiver] == NIL;
*/
static void take_receiver(ref_t endpoint, ref_t receiver)
{
    queue_endpoint_take(endpoint, receiver);
    leave_recv(receiver);
}

/* The first sender leaves the queue. */
/*@ requires queue_wf && wait_wf && is_endpoint(endpoint) && is_thread(sender);
    requires first: Endpoint_head(endpoint) == sender && queue_of[sender] == endpoint &&
        moving == sender && Endpoint_side(endpoint) == SIDE_SENDERS;
    assigns ANY_ENDPOINT, ANY(thread_prev), Thread_next(sender), queue_of[sender];
    ensures queue: queue_wf;
    ensures wait: wait_wf;
    ensures out: queue_of[sender] == NIL;
*/
static inline void take_queued(ref_t endpoint, ref_t sender)
{
    queue_endpoint_take(endpoint, sender);
    /*@ assert side: \forall integer t; queued(t) && queue_of[t] == endpoint ==>
            Endpoint_side(endpoint) == SIDE_SENDERS; */
}

/* What becomes of a sender whose message has been received. */
/*@ requires SCHED_WF && IPC_WF && moving == receiver && leaving == NIL && maybe_reply(reply);
    requires is_thread(thread) && is_thread(receiver) && thread != receiver;
    requires runs: Thread_state(thread) == THREAD_STATE_READY && Thread_lent(receiver) == NIL;
    assigns ANY_TIME, ANY_LOAN, ANY_QUEUE, ANY(thread_state), ANY(thread_next),
        ANY(thread_prev), ANY(thread_reply), leaving;
    SCHED_KEPT IPC_KEPT
    ensures settled: leaving == NIL;
    ensures same: queue_of[receiver] == \old(queue_of[receiver]);
*/
static void received(ref_t thread, ref_t receiver, ref_t reply)
{
    if (reply != NIL)
        owe(reply, thread, receiver);
    else
        ipc_cancel(thread); /* a fault that nobody can answer: the thread stays suspended */
}

/* A receiver waits: it gets the message. */
/*@ requires CAP_WF && SCHED_WF && IPC_WF && moving == NIL && leaving == NIL;
    requires is_thread(thread) && is_slot(slot) && is_endpoint(endpoint);
    requires runs: Thread_state(thread) == THREAD_STATE_READY && sends(thread);
    requires first: is_thread(receiver) && Endpoint_head(endpoint) == receiver &&
        queue_of[receiver] == endpoint && Thread_state(receiver) == THREAD_STATE_RECEIVING;
    assigns ANY_IPC;
    CAP_KEPT SCHED_KEPT IPC_KEPT
    ensures settled: moving == NIL && leaving == NIL;
*/
static void send_to(ref_t thread, ref_t slot, ref_t endpoint, ref_t receiver, word_t calls)
{
    ref_t reply = thread_reply(receiver);

    /*@ assert apart: receiver != thread && maybe_reply(reply) && Thread_lent(receiver) == NIL; */
    /*@ ghost moving = receiver; */
    take_receiver(endpoint, receiver);
    deliver(thread, receiver, slot_badge(slot));
    if (calls)
        received(thread, receiver, reply);
    go_on(receiver);
    /*@ ghost moving = NIL; */
}

enum error ipc_send(ref_t thread, ref_t slot, word_t calls, word_t wait)
{
    ref_t endpoint = slot_object(slot);

    thread_set_rights(thread, slot_rights(slot));
    if (endpoint_side(endpoint) != SIDE_RECEIVERS) {
        if (!wait)
            return E_AGAIN;
        wait_to_send(thread, slot, endpoint, calls);
        return E_OK;
    }

    ref_t receiver = endpoint_head(endpoint);

    /*@ assert head: is_thread(receiver) && queue_of[receiver] == endpoint; */
    /*@ assert known: wait(receiver); */
    /*@ assert waits: is_thread(receiver) && queue_of[receiver] == endpoint &&
            Thread_state(receiver) == THREAD_STATE_RECEIVING; */
    if (!can_take(receiver, thread_reply(receiver), calls, thread))
        return E_STATE;
    send_to(thread, slot, endpoint, receiver, calls);
    return E_OK;
}

/* What becomes of a sender whose message was taken out of the queue. */
/*@ requires SCHED_WF && wait_wf && sent_wf && replies_wf && maybe_reply(reply);
    requires is_thread(sender) && is_thread(thread) && sender != thread;
    requires moving == sender && queue_of[sender] == NIL && Thread_lent(thread) == NIL;
    assigns ANY_TIME, ANY_LOAN, ANY(reply_thread), Thread_reply(sender), Thread_state(sender),
        Thread_rax(sender), Thread_rdi(sender), Thread_tag(sender);
    SCHED_KEPT
    ensures wait: wait_wf;
    ensures sent: sent_wf;
    ensures replies: replies_wf;
    ensures over: wait(sender) && Thread_state(sender) != THREAD_STATE_SENDING &&
        Thread_state(sender) != THREAD_STATE_RECEIVING;
*/
static inline void taken(ref_t sender, ref_t thread, ref_t reply)
{
    if (thread_calls(sender) && reply != NIL)
        owe(reply, sender, thread);
    else if (thread_calls(sender))
        thread_set_state(sender, THREAD_STATE_SUSPENDED); /* a fault that nobody can answer */
    else
        ipc_finish(sender, E_OK);
}

/* Take the message of the first sender in the queue. */
/*@ requires CAP_WF && SCHED_WF && IPC_WF && moving == NIL && leaving == NIL;
    requires is_thread(thread) && is_endpoint(endpoint) && maybe_reply(reply);
    requires runs: Thread_state(thread) == THREAD_STATE_READY && Thread_lent(thread) == NIL;
    requires first: Endpoint_side(endpoint) == SIDE_SENDERS;
    assigns ANY_IPC;
    CAP_KEPT SCHED_KEPT IPC_KEPT
    ensures settled: moving == NIL && leaving == NIL;
*/
static void take_sender(ref_t thread, ref_t endpoint, ref_t reply)
{
    ref_t sender = endpoint_head(endpoint);

    /*@ assert head: is_thread(sender) && queue_of[sender] == endpoint; */
    /*@ assert known: wait(sender) && wait(thread); */
    /*@ assert waits: Thread_state(sender) == THREAD_STATE_SENDING && sender != thread; */
    /*@ ghost moving = sender; */
    take_queued(endpoint, sender);
    deliver(sender, thread, thread_badge(sender));
    taken(sender, thread, reply);
    /*@ ghost moving = NIL; */
    go_on(thread);
}

/* Would the thread, back on its own scheduling context, be able to take from the first sender? */
/*@ requires queue_wf && threads_wf && is_thread(thread) && is_endpoint(endpoint);
    requires first: Endpoint_side(endpoint) == SIDE_SENDERS;
    assigns \nothing;
    ensures call: Thread_calls(Endpoint_head(endpoint)) != 0 ==> (\result != 0 <==>
        reply != NIL || Thread_fault(Endpoint_head(endpoint)) != 0);
    ensures own: Thread_calls(Endpoint_head(endpoint)) == 0 ==> (\result != 0 <==>
        Thread_own(thread) != NIL ||
        (Thread_sc(thread) != NIL && Sched_context_top(Thread_sc(thread)) == NIL));
*/
static bool can_take_first(ref_t thread, ref_t endpoint, ref_t reply)
{
    ref_t sender = endpoint_head(endpoint);
    bool own = thread_own(thread) != NIL ||
               (thread_sc(thread) != NIL && sched_context_top(thread_sc(thread)) == NIL);

    if (thread_calls(sender))
        return reply != NIL || thread_fault(sender) != 0;
    return own;
}

/*
 * A server with time of its own that goes on without waiting leaves its client's: the client may
 * have its answer already. One without cannot: it would not wait for the call that brings it some.
 */
/*@ requires SCHED_WF && is_thread(thread);
    assigns ANY_TIME, ANY_LOAN;
    SCHED_KEPT
*/
static void leave_client(ref_t thread)
{
    if (thread_own(thread) != NIL)
        sched_return(thread);
}

/* The first sender is told that its message cannot be taken. */
/*@ requires SCHED_WF && queue_wf && wait_wf && sent_wf && moving == NIL && leaving == NIL;
    requires is_endpoint(endpoint) && Endpoint_side(endpoint) == SIDE_SENDERS;
    assigns ANY_TIME, ANY_ENDPOINT, ANY(thread_prev), ANY(thread_next), ANY(thread_state),
        ANY(thread_rax), ANY(thread_rdi), ANY(thread_tag), queue_of[0 .. GRANULES - 1], moving;
    SCHED_KEPT
    ensures queue: queue_wf;
    ensures wait: wait_wf;
    ensures sent: sent_wf;
    ensures settled: moving == NIL;
*/
static void refuse_first(ref_t endpoint)
{
    ref_t sender = endpoint_head(endpoint);

    /*@ ghost moving = sender; */
    take_queued(endpoint, sender);
    ipc_finish(sender, E_STATE);
    /*@ ghost moving = NIL; */
}

/* Join the queue of receivers. */
/*@ requires SCHED_WF && queue_wf && wait_wf && sent_wf && replies_wf && moving == NIL &&
        leaving == NIL;
    requires is_thread(thread) && is_endpoint(endpoint) && maybe_reply(reply);
    requires runs: Thread_state(thread) == THREAD_STATE_READY && Thread_lent(thread) == NIL;
    requires side: Endpoint_side(endpoint) != SIDE_SENDERS;
    assigns ANY_TIME, ANY_ENDPOINT, queue_of[thread], turn[thread], arrivals, moving,
        ANY(thread_next), Thread_prev(thread), Thread_reply(thread), Thread_state(thread),
        Thread_waits_for(thread), ANY(reply_thread);
    SCHED_KEPT
    ensures queue: queue_wf;
    ensures wait: wait_wf;
    ensures sent: sent_wf;
    ensures replies: replies_wf;
    ensures settled: moving == NIL;
*/
static void wait_to_receive(ref_t thread, ref_t endpoint, ref_t reply)
{
    sched_block(thread);
    /*@ ghost moving = thread; */
    thread_set_state(thread, THREAD_STATE_RECEIVING);
    thread_set_waits_for(thread, endpoint);
    thread_set_reply(thread, reply);
    if (reply != NIL)
        reply_set_thread(reply, thread);
    queue_endpoint_add(endpoint, thread, SIDE_RECEIVERS);
    /*@ ghost moving = NIL; */
}

enum error ipc_recv(ref_t thread, ref_t endpoint, ref_t reply, word_t wait)
{
    ref_t bound = thread_notification(thread);

    if (bound != NIL && notification_bits(bound) != 0) {
        leave_client(thread);
        give_signal(thread, bound);
        return E_OK;
    }
    if (endpoint_side(endpoint) == SIDE_SENDERS) {
        if (!can_take_first(thread, endpoint, reply)) {
            refuse_first(endpoint);
            return E_RESTART;
        }
        sched_return(thread);
        take_sender(thread, endpoint, reply);
        return E_OK;
    }
    if (!wait) {
        leave_client(thread);
        return E_AGAIN;
    }
    sched_return(thread);
    wait_to_receive(thread, endpoint, reply);
    return E_OK;
}

enum error ipc_reply(ref_t thread, ref_t reply)
{
    ref_t caller = reply_caller(reply);
    enum error e;

    if (caller == NIL)
        return E_STATE;
    e = thread_fault(caller) != 0 ? fault_check_reply(caller, thread)
                                  : transfer_check(thread, thread_rights(caller) & RIGHT_GRANT);
    if (e != E_OK)
        return e;
    reply_set_thread(reply, NIL);
    if (thread_fault(caller) != 0) {
        fault_resume(caller, thread);
    } else {
        transfer_message(thread, caller);
        thread_set_rax(caller, E_OK);
        thread_set_rdi(caller, 0);
    }
    sched_wake(caller);
    return E_OK;
}

/* The first who waits for the notification gets what there is. */
/*@ requires SCHED_WF && queue_wf && wait_wf && sent_wf && moving == NIL && leaving == NIL;
    requires is_notification(notification) && is_thread(waiter) &&
        Notification_head(notification) == waiter && queue_of[waiter] == notification;
    assigns ANY_TIME, Notification_bits(notification), ANY(endpoint_head), ANY(endpoint_tail),
        queue_of[waiter],
        ANY(thread_next), ANY(thread_prev), Thread_state(waiter), Thread_rax(waiter),
        Thread_rdi(waiter), Thread_tag(waiter), moving;
    SCHED_KEPT
    ensures queue: queue_wf;
    ensures wait: wait_wf;
    ensures sent: sent_wf;
    ensures settled: moving == NIL;
    ensures runs: Thread_state(waiter) == THREAD_STATE_READY;
*/
static void signal_waiter(ref_t notification, ref_t waiter)
{
    /*@ ghost moving = waiter; */
    queue_notification_remove(notification, waiter);
    give_signal(waiter, notification);
    sched_wake(waiter);
    /*@ ghost moving = NIL; */
}

/* The thread bound to the notification, which receives, gets what there is. */
/*@ requires SCHED_WF && queue_wf && wait_wf && sent_wf && replies_wf && moving == NIL &&
        leaving == NIL;
    requires is_notification(notification) && is_thread(bound) &&
        Thread_state(bound) == THREAD_STATE_RECEIVING;
    assigns ANY_TIME, Notification_bits(notification), ANY_ENDPOINT, queue_of[bound],
        ANY(reply_thread), ANY(thread_next), ANY(thread_prev), Thread_state(bound),
        Thread_rax(bound), Thread_rdi(bound), Thread_tag(bound), moving;
    SCHED_KEPT
    ensures queue: queue_wf;
    ensures wait: wait_wf;
    ensures sent: sent_wf;
    ensures replies: replies_wf;
    ensures settled: moving == NIL;
    ensures runs: Thread_state(bound) == THREAD_STATE_READY;
*/
static void signal_bound(ref_t notification, ref_t bound)
{
    /*@ ghost moving = bound; */
    queue_endpoint_remove(thread_waits_for(bound), bound);
    leave_recv(bound);
    give_signal(bound, notification);
    sched_wake(bound);
    /*@ ghost moving = NIL; */
}

void ipc_signal(ref_t notification, word_t bits)
{
    ref_t waiter = notification_head(notification);
    ref_t bound = notification_bound(notification);

    notification_set_bits(notification, notification_bits(notification) | bits);
    if (notification_bits(notification) == 0)
        return;
    if (waiter != NIL) {
        signal_waiter(notification, waiter);
    } else if (bound != NIL && thread_state(bound) == THREAD_STATE_RECEIVING &&
               thread_sc(bound) != NIL) {
        signal_bound(notification, bound);
    }
}

enum error ipc_wait(ref_t thread, ref_t notification, word_t wait)
{
    if (notification_bits(notification) != 0) {
        give_signal(thread, notification);
        return E_OK;
    }
    if (!wait)
        return E_AGAIN;
    /*@ assert known: wait(thread); */
    /*@ assert loose: queue_of[thread] == NIL; */
    sched_return(thread);
    sched_block(thread);
    /*@ ghost moving = thread; */
    thread_set_state(thread, THREAD_STATE_SIGNAL);
    thread_set_waits_for(thread, notification);
    queue_notification_add(notification, thread);
    /*@ ghost moving = NIL; */
    return E_OK;
}

/* The thread leaves the queue or the Reply object that it waits in, or stops running. */
/*@ requires SCHED_WF && IPC_WF && is_thread(thread) && leaving == thread && wait(thread);
    assigns ANY_TIME, ANY_QUEUE, ANY(thread_next), ANY(thread_prev);
    SCHED_KEPT IPC_KEPT
    ensures out: queue_of[thread] == NIL;
    ensures others: \forall integer t; is_thread(t) && t != thread ==>
        queue_of[t] == \old(queue_of[t]);
*/
static void leave(ref_t thread)
{
    switch (thread_state(thread)) {
    case THREAD_STATE_SENDING:
        queue_endpoint_remove(thread_waits_for(thread), thread);
        break;
    case THREAD_STATE_RECEIVING:
        queue_endpoint_remove(thread_waits_for(thread), thread);
        leave_recv(thread);
        break;
    case THREAD_STATE_REPLY:
        reply_set_thread(thread_reply(thread), NIL);
        break;
    case THREAD_STATE_SIGNAL:
        queue_notification_remove(thread_waits_for(thread), thread);
        break;
    case THREAD_STATE_READY:
        sched_block(thread);
        break;
    default:
        break;
    }
}

void ipc_cancel(ref_t thread)
{
    /*@ ghost leaving = thread; */
    leave(thread);
    thread_set_state(thread, THREAD_STATE_SUSPENDED);
    /*@ ghost leaving = NIL; */
    sched_return(thread);
}

void ipc_gone(ref_t thread)
{
    /*@ ghost leaving = thread; */
    leave(thread);
    ipc_finish(thread, E_GONE);
    /*@ ghost leaving = NIL; */
}

void ipc_abandon(ref_t reply)
{
    ref_t caller = reply_caller(reply);

    if (caller == NIL)
        return;
    reply_set_thread(reply, NIL);
    if (thread_fault(caller) == 0) {
        ipc_finish(caller, E_DIED);
        return;
    }
    fault_repeat(caller);
    sched_wake(caller);
}
