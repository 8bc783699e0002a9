/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kernel_wf: what holds of the kernel's state whenever a door is passed, one way or the other. It
 * is made of parts, each about one structure; a function requires and ensures those parts that it
 * relies on or may touch. What a reference leads to is said only where it is not stale: memory that
 * was given back may hold anything by now.
 */
#ifndef MODEL_KERNEL_WF_H
#define MODEL_KERNEL_WF_H

#include "asid_wf.h"
#include "ready_wf.h"


/* Parts of kernel_wf by what they are about: flat, because provers unfold one thing at a time. */
#define SLOTS_WF slots_tree_wf && slots_null_wf && slots_object_wf && slots_cnode_wf && \
    slots_port_wf && slots_frame_wf && slots_tables_wf
#define LEND_WF lend_top_wf && lend_down_wf && lend_up_wf && lend_none_wf
#define READY_WF ready_top_wf && ready_bits_wf && ready_head_wf && ready_tail_wf && \
    ready_next_wf && ready_prev_wf
#define DEADLINE_WF deadline_head_wf && deadline_next_wf && deadline_prev_wf && \
    deadline_bits_wf && deadline_time_wf && deadline_state_wf
#define SCHED_WF READY_WF && threads_wf && contexts_wf && budgets_wf && LEND_WF && DEADLINE_WF && \
    cpu_wf && rest_wf && asid_wf
#define REST_WF spaces_wf && interrupts_wf && doomed_wf && cnodes_wf

/* Types are below this: so type and label of an operation are one small number. */
#define TYPE_LIMIT 64

/* Threads that are between two waits: what they wait for is being changed. NIL for none. */
/*@ ghost word_t moving; */
/*@ ghost word_t leaving; */
/* Objects that wait to be dismantled. */
/*@ ghost unsigned char dooming[GRANULES]; */

/*@ predicate maybe_thread(integer r) = r == NIL || is_thread(r);
    predicate maybe_context(integer r) = r == NIL || is_context(r);
    predicate maybe_reply(integer r) = r == NIL || is_reply(r);
    predicate maybe_notification(integer r) = r == NIL || is_notification(r);
    predicate maybe_node(integer r) = r == NIL || is_node(r);
    predicate maybe_table(integer r) = r == NIL || is_table(r);

    // --- Capabilities
    // A slot that holds a capability to a CNode, or nothing, leads to slots.
    predicate slots_behind(integer c, integer n) = granules(c, n) &&
        (\forall integer i; c < i < c + n ==> kind[i] == KIND_SLOT);
    predicate cnode_slot(integer s) = is_slot(s) &&
        (Slot_badge(s) > 1 ==> slots_behind(Slot_object(s), Slot_badge(s)));
    predicate holds(integer s, integer type) = Slot_type(s) == TYPE_NULL || Slot_type(s) == type;

    // What a slot holds is in the tree; what is empty is not.
    predicate slots_tree_wf = \forall integer s; is_slot(s) && s != tree_root ==>
        (Slot_type(s) != TYPE_NULL <==> parent_of[s] != NIL);
    predicate slots_null_wf = Slot_type(tree_root) == TYPE_NULL && (\forall integer s;
        is_slot(s) && Slot_type(s) == TYPE_NULL ==> Slot_object(s) == NIL && Slot_badge(s) == 0);
    // A capability leads to an object of its type.
    predicate typed_object(integer type, integer object) = type < TYPE_LIMIT &&
        (type == TYPE_CNODE ==> is_cnode(object)) &&
        (type == TYPE_ENDPOINT ==> is_endpoint(object)) &&
        (type == TYPE_NOTIFICATION ==> is_notification(object)) &&
        (type == TYPE_REPLY ==> is_reply(object)) &&
        (type == TYPE_THREAD ==> is_thread(object)) &&
        (type == TYPE_SCHED_CONTEXT ==> is_context(object)) &&
        (type == TYPE_ADDRESS_SPACE ==> is_space(object)) &&
        (type == TYPE_INTERRUPT ==> is_interrupt(object)) &&
        (type == TYPE_TIMER ==> is_timer(object));
    predicate slots_object_wf = \forall integer s; is_slot(s) ==>
        typed_object(Slot_type(s), Slot_object(s));
    predicate slots_cnode_wf = \forall integer s; is_slot(s) && Slot_type(s) == TYPE_CNODE ==>
        cnode_slot(s);
    predicate slots_port_wf = \forall integer s; is_slot(s) && Slot_type(s) == TYPE_IO_PORT ==>
        Slot_object(s) + Slot_badge(s) <= 65536;
    // A frame of ordinary memory is a page, or several.
    predicate ram(integer rights) = (rights & RIGHT_RAM) == RIGHT_RAM;
    predicate slots_frame_wf = \forall integer s; is_slot(s) && Slot_type(s) == TYPE_FRAME &&
        ram(Slot_rights(s)) ==> is_page(Slot_object(s));
    // The rights of Tables say whose they are.
    predicate slots_tables_wf = \forall integer s; is_slot(s) && Slot_type(s) == TYPE_TABLES ==>
        is_space(Slot_rights(s));
    // And an object says what it is.
    predicate objects_wf = \forall integer r; is_object(r) ==>
        typed_object(Object_kind(r), r) && (TYPE_CNODE <= Object_kind(r) <= TYPE_ADDRESS_SPACE ||
            Object_kind(r) == TYPE_INTERRUPT || Object_kind(r) == TYPE_TIMER);
    // May a slot hold this? One in a CNode anything, one inside an object what it is for.
    predicate fits(integer s, integer type, integer object) =
        (kind[s] == KIND_IN_CSPACE ==> type == TYPE_CNODE) &&
        (kind[s] == KIND_IN_SPACE ==> type == TYPE_ADDRESS_SPACE) &&
        (kind[s] == KIND_IN_BUFFER ==> type == TYPE_FRAME && is_page(object)) &&
        (kind[s] == KIND_IN_ENDPOINT ==> type == TYPE_ENDPOINT) &&
        (kind[s] == KIND_IN_NOTIFICATION ==> type == TYPE_NOTIFICATION) &&
        kind[s] != KIND_ROOT;
    predicate inside_wf = \forall integer s; is_slot(s) && Slot_type(s) != TYPE_NULL ==>
        fits(s, Slot_type(s), Slot_object(s));

    // --- Who runs on what
    predicate threads_wf = \forall integer t; is_thread(t) ==>
        maybe_context(Thread_sc(t)) && maybe_context(Thread_own(t)) &&
        (Thread_sc(t) != NIL ==> Thread_lent(t) == NIL);
    predicate bound_wf = (\forall integer t; is_thread(t) ==>
        maybe_notification(Thread_notification(t))) &&
        (\forall integer n; is_notification(n) ==> maybe_thread(Notification_bound(n)));
    predicate contexts_wf = \forall integer s; is_context(s) ==>
        maybe_thread(Sched_context_thread(s)) && Sched_context_priority(s) < PRIORITIES &&
        (Sched_context_state(s) == SC_QUEUED ==> Sched_context_thread(s) != NIL);
    predicate refills_wf(integer s) = is_context(s) && Sched_context_refills(s) <= REFILLS &&
        Sched_context_first(s) < REFILLS;
    predicate budgets_wf = \forall integer s; is_context(s) ==> refills_wf(s);

    // Those who lent a context are a stack of their own.
    predicate lend_top_wf = \forall integer s; is_context(s) && Sched_context_top(s) != NIL ==>
        is_thread(Sched_context_top(s)) && Thread_lent(Sched_context_top(s)) == s &&
        Thread_borrower(Sched_context_top(s)) == NIL;
    predicate lend_down_wf = \forall integer t; is_thread(t) && Thread_lent(t) != NIL ==>
        is_context(Thread_lent(t)) && (Thread_lender(t) != NIL ==>
            is_thread(Thread_lender(t)) && Thread_lent(Thread_lender(t)) == Thread_lent(t) &&
            Thread_borrower(Thread_lender(t)) == t);
    predicate lend_up_wf = \forall integer t; is_thread(t) && Thread_lent(t) != NIL ==>
        (Thread_borrower(t) == NIL ? Sched_context_top(Thread_lent(t)) == t :
            is_thread(Thread_borrower(t)) && Thread_lent(Thread_borrower(t)) == Thread_lent(t) &&
            Thread_lender(Thread_borrower(t)) == t);
    predicate lend_none_wf = \forall integer t; is_thread(t) && Thread_lent(t) == NIL ==>
        Thread_lender(t) == NIL && Thread_borrower(t) == NIL;

    // --- Time
    predicate in_time(integer n) = is_node(n) && Timer_dbucket(n) != 0;
    predicate deadline_head_wf = \forall integer b; 0 <= b < DEADLINE_BUCKETS &&
        cpu.deadline_head[b] != NIL ==> in_time(cpu.deadline_head[b]) &&
        Timer_dbucket(cpu.deadline_head[b]) == 1 + b &&
        Timer_dprev(cpu.deadline_head[b]) == NIL;
    predicate deadline_next_wf = \forall integer n; in_time(n) ==>
        Timer_dbucket(n) <= DEADLINE_BUCKETS && (Timer_dnext(n) != NIL ==>
            in_time(Timer_dnext(n)) && Timer_dbucket(Timer_dnext(n)) == Timer_dbucket(n) &&
            Timer_dprev(Timer_dnext(n)) == n);
    predicate deadline_prev_wf = \forall integer n; in_time(n) ==>
        (Timer_dprev(n) == NIL ? cpu.deadline_head[Timer_dbucket(n) - 1] == n :
            in_time(Timer_dprev(n)) && Timer_dbucket(Timer_dprev(n)) == Timer_dbucket(n) &&
            Timer_dnext(Timer_dprev(n)) == n);
    predicate deadline_bits_wf = cpu.deadline_sorting < DEADLINE_BUCKETS &&
        (\forall integer b; 0 <= b < DEADLINE_BUCKETS ==>
            (bit(cpu.deadline_bits, b) <==> cpu.deadline_head[b] != NIL));
    predicate deadline_time_wf = cpu.deadline_last < 0x8000000000000000 &&
        (\forall integer n; in_time(n) ==> Timer_deadline(n) < 0x8000000000000000);
    // Only a context that waits for its budget is in the queue.
    predicate deadline_state_wf = \forall integer s; is_context(s) && in_time(s) ==>
        Sched_context_state(s) == SC_THROTTLED;
    predicate deadline_wf = deadline_head_wf && deadline_next_wf && deadline_prev_wf &&
        deadline_bits_wf && deadline_time_wf && deadline_state_wf;

    // --- Waits
    predicate settled(integer t) = is_thread(t) && t != moving && t != leaving;
    predicate wait(integer t) =
        (Thread_state(t) == THREAD_STATE_SENDING ==> is_endpoint(Thread_waits_for(t)) &&
            queue_of[t] == Thread_waits_for(t) &&
            Endpoint_side(Thread_waits_for(t)) == SIDE_SENDERS) &&
        (Thread_state(t) == THREAD_STATE_RECEIVING ==> is_endpoint(Thread_waits_for(t)) &&
            queue_of[t] == Thread_waits_for(t) && maybe_reply(Thread_reply(t)) &&
            Endpoint_side(Thread_waits_for(t)) == SIDE_RECEIVERS) &&
        (Thread_state(t) == THREAD_STATE_SIGNAL ==> is_notification(Thread_waits_for(t)) &&
            queue_of[t] == Thread_waits_for(t)) &&
        (Thread_state(t) == THREAD_STATE_REPLY ==> is_reply(Thread_reply(t))) &&
        (queue_of[t] != NIL ==> Thread_state(t) == THREAD_STATE_SENDING ||
            Thread_state(t) == THREAD_STATE_RECEIVING || Thread_state(t) == THREAD_STATE_SIGNAL);
    predicate wait_wf = \forall integer t; settled(t) ==> wait(t);
    // Who receives has lent nothing.
    predicate rest_wf = \forall integer t; settled(t) &&
        Thread_state(t) == THREAD_STATE_RECEIVING ==> Thread_lent(t) == NIL;
    // Who sends has a tag that was checked, or a fault.
    predicate message_tag(integer tag) = tag % 65536 <= MESSAGE_REGS ||
        (tag % 256 <= MESSAGE_WORDS && tag / 256 % 256 <= MESSAGE_CAPS);
    predicate sends(integer t) = Thread_fault(t) != 0 || message_tag(Thread_tag(t));
    predicate sent_wf = \forall integer t; settled(t) &&
        Thread_state(t) == THREAD_STATE_SENDING ==> sends(t);
    predicate replies_wf = \forall integer r; is_reply(r) ==> maybe_thread(Reply_thread(r));

    // --- The rest
    predicate spaces_wf = \forall integer s; is_space(s) ==>
        maybe_table(Space_root(s)) && maybe_table(Space_pool(s));
    predicate interrupts_wf = (\forall integer v; 0 <= v < VECTORS ==>
            vector_interrupt[v] == NIL || is_interrupt(vector_interrupt[v])) &&
        (\forall integer i; is_interrupt(i) ==> Interrupt_line(i) <= LINES &&
            (Interrupt_vector(i) == 0 || 0x30 <= Interrupt_vector(i) <= 0xef) &&
            (Interrupt_level(i) != 0 ==> Interrupt_line(i) != 0));
    predicate cnodes_wf = \forall integer c; is_cnode(c) ==> slots_behind(c, Cnode_slots(c));
    predicate doomed_wf = (doomed != NIL ==> doomed < GRANULES && dooming[doomed] != 0) &&
        (\forall integer r; 0 <= r < GRANULES && dooming[r] != 0 ==> is_object(r) &&
            (Object_doom(r) != NIL ==>
                Object_doom(r) < GRANULES && dooming[Object_doom(r)] != 0));
    predicate cpu_wf = maybe_thread(cpu.thread) && maybe_thread(cpu.expired) &&
        (cpu.sc != NIL ==> is_context(cpu.sc) && Sched_context_state(cpu.sc) == SC_RUNNING &&
            is_thread(Sched_context_thread(cpu.sc)));

    // The thread that runs, when a door is passed inwards.
    predicate runs(integer t) = is_thread(t) && cpu.thread == t && cpu.sc != NIL &&
        Thread_state(t) == THREAD_STATE_READY && Thread_sc(t) == cpu.sc &&
        Sched_context_thread(cpu.sc) == t;

    // Only page tables, and the table of address spaces, have changed.
    predicate user_same{A, B} = \forall integer g, w; 0 <= g < GRANULES &&
        0 <= w < GRANULE_WORDS && \at(kind[g], A) != KIND_TABLE &&
        \at(kind[g], A) != KIND_ASIDS ==>
        \at(K[g][w], A) == \at(K[g][w], B);
    // What was there before a retype is still there.
    predicate kinds_kept{A, B} = \forall integer r;
        (is_thread{A}(r) ==> is_thread{B}(r)) && (is_home{A}(r) ==> is_home{B}(r)) &&
        (is_slot{A}(r) ==> is_slot{B}(r)) && (is_cnode{A}(r) ==> is_cnode{B}(r));
    // Memory that an Untyped has not given out.
    predicate free_granules(integer r, integer n) = granules(r, n) &&
        (\forall integer i; r <= i < r + n ==> kind[i] == KIND_FREE);

    predicate kernel_wf = tree_wf && SLOTS_WF && inside_wf && objects_wf && SCHED_WF && queue_wf &&
        wait_wf && sent_wf && replies_wf && bound_wf && REST_WF && moving == NIL && leaving == NIL;
*/

/* What may change with time; what the lending of contexts changes; the derivation tree and what
 * slots hold; the queues of messages. */
#define ANY(field) F_##field[0 .. GRANULES - 1]
#define ANY_TIME ANY(sched_context_state), ANY(sched_context_qnext), ANY(sched_context_qprev), \
    ANY(sched_context_consumed), ANY(sched_context_refills), ANY(sched_context_first), \
    ANY(sched_context_slice), ANY(timer_deadline), ANY(timer_dnext), ANY(timer_dprev), \
    ANY(timer_dbucket), cpu, ALL_MEMORY
#define ANY_LOAN ANY(thread_sc), ANY(thread_own), ANY(thread_lent), ANY(thread_lender), \
    ANY(thread_borrower), ANY(sched_context_thread), ANY(sched_context_top)
#define REGISTERS(t) Thread_rax(t), Thread_rdi(t), Thread_tag(t), Thread_rbx(t), Thread_rbp(t), \
    Thread_rip(t), Thread_rflags(t), Thread_rsp(t), Thread_fs_base(t), Thread_gs_base(t), \
    Thread_rcx(t), Thread_r11(t), Thread_resumed(t)
#define ANY_TREE ANY_SLOT, ANY(object_caps), parent_of[0 .. GRANULES - 1], \
    begins[0 .. GRANULES - 1], ends[0 .. GRANULES - 1]
#define ANY_QUEUE ANY_ENDPOINT, ANY_NOTIFICATION, ANY_REPLY, queue_of[0 .. GRANULES - 1], \
    turn[0 .. GRANULES - 1], arrivals
#define ANY_IPC ANY_TREE, ANY_QUEUE, ANY_THREAD, ANY_SCHED_CONTEXT, cpu, ALL_MEMORY, \
    moving, leaving
#define ANY_STATE ANY_SLOT, ANY_OBJECT, ANY_CNODE, ANY_ENDPOINT, ANY_NOTIFICATION, ANY_REPLY, \
    ANY_THREAD, ANY_SCHED_CONTEXT, ANY_SPACE, ANY_INTERRUPT, ALL_MEMORY, cpu, doomed, \
    parent_of[0 .. GRANULES - 1], begins[0 .. GRANULES - 1], ends[0 .. GRANULES - 1], \
    queue_of[0 .. GRANULES - 1], turn[0 .. GRANULES - 1], arrivals, moving, \
    leaving, dooming[0 .. GRANULES - 1], asid_fresh, asid_free, asid_live[0 .. GRANULES - 1], \
    asid_before[0 .. GRANULES - 1], vector_interrupt[0 .. VECTORS - 1], line_vector[0 .. LINES - 1]

/* The parts of kernel_wf that a function relies on, and sees to, by what it works on. */
#define READY_KEPT ensures ready_top: ready_top_wf; ensures ready_bits: ready_bits_wf; \
    ensures ready_head: ready_head_wf; ensures ready_tail: ready_tail_wf; \
    ensures ready_next: ready_next_wf; ensures ready_prev: ready_prev_wf;
#define SCHED_KEPT READY_KEPT ensures threads: threads_wf; \
    ensures contexts: contexts_wf; ensures budgets: budgets_wf; ensures top: lend_top_wf; \
    ensures down: lend_down_wf; ensures up: lend_up_wf; ensures none: lend_none_wf; \
    DEADLINE_KEPT ensures cpu: cpu_wf; ensures rest: rest_wf; \
    ensures asid: asid_wf;
#define DEADLINE_KEPT ensures time_head: deadline_head_wf; ensures time_next: deadline_next_wf; \
    ensures time_prev: deadline_prev_wf; ensures time_bits: deadline_bits_wf; \
    ensures time_last: deadline_time_wf; ensures time_state: deadline_state_wf;
#define CAP_WF tree_wf && SLOTS_WF && inside_wf && objects_wf
#define CAP_KEPT ensures tree: tree_wf; ensures tied: slots_tree_wf; ensures null: slots_null_wf; \
    ensures typed: slots_object_wf; ensures cnodes: slots_cnode_wf; \
    ensures ports: slots_port_wf; ensures frames: slots_frame_wf; \
    ensures tables: slots_tables_wf; ensures inside: inside_wf; \
    ensures objects: objects_wf;
#define IPC_WF queue_wf && wait_wf && sent_wf && replies_wf && bound_wf
#define IPC_KEPT ensures queue: queue_wf; ensures wait: wait_wf; \
    ensures sent: sent_wf; ensures replies: replies_wf; \
    ensures bound: bound_wf;
/* All of it, as a caller inside the kernel has it. */
#define ALL_WF CAP_WF && SCHED_WF && IPC_WF && REST_WF && moving == NIL && leaving == NIL
#define ALL_KEPT CAP_KEPT SCHED_KEPT IPC_KEPT REST_KEPT \
    ensures settled: moving == NIL && leaving == NIL;
/* An operation on an object of a type: `thread` called through the capability in `slot`. */
#define OPERATION(type) requires ALL_WF; \
    requires caller: is_thread(thread) && Thread_state(thread) == THREAD_STATE_READY && \
        Thread_lent(thread) == NIL; \
    requires right: is_home(slot) && Slot_type(slot) == type; \
    assigns ANY_STATE; \
    ALL_KEPT
#define REST_KEPT ensures spaces: spaces_wf; ensures interrupts: interrupts_wf; \
    ensures doomed: doomed_wf; ensures cnodes: cnodes_wf;

#endif
