/* SPDX-License-Identifier: BSD-2-Clause */
/* SchedContext and Cpu. */
#include "operations.h"

#include <arch/arch.h>
#include <cap/cap.h>
#include <model/state.h>
#include <sched/sched.h>

#define PERIOD_MIN 1000u
#define PERIOD_MAX ((word_t)1 << 62)

/*@ OPERATION(TYPE_SCHED_CONTEXT) */
enum error op_sched_context_bind(ref_t thread, ref_t slot)
{
    ref_t source = NIL;
    enum error e = cap_find(thread, thread_word0(thread), TYPE_THREAD, RIGHT_WRITE, &source);

    if (e != E_OK)
        return e;

    ref_t target = slot_object(source);
    ref_t sc = slot_object(slot);

    if (sched_context_thread(sc) != NIL || sched_context_top(sc) != NIL ||
        thread_sc(target) != NIL || thread_lent(target) != NIL)
        return E_STATE;
    sched_bind(sc, target);
    return E_OK;
}

/*@ OPERATION(TYPE_SCHED_CONTEXT) */
enum error op_sched_context_unbind(ref_t thread, ref_t slot)
{
    ref_t sc = slot_object(slot);

    (void)thread;
    if (sched_context_top(sc) != NIL) {
        sched_unlend(sched_context_top(sc));
        return E_RESTART;
    }
    sched_unbind(sc);
    return E_OK;
}

/*@ OPERATION(TYPE_SCHED_CONTEXT) */
enum error op_sched_context_consumed(ref_t thread, ref_t slot)
{
    ref_t sc = slot_object(slot);

    sched_charge();
    thread_set_word0(thread, sched_context_consumed(sc));
    thread_set_word1(thread, sched_context_budget(sc));
    thread_set_word2(thread, sched_context_period(sc));
    thread_set_word3(thread, sched_context_priority(sc));
    thread_set_word4(thread, sched_context_thread(sc) != NIL);
    return E_OK;
}

/*@ OPERATION(TYPE_SCHED_CONTEXT) */
enum error op_sched_context_yield(ref_t thread, ref_t slot)
{
    (void)thread;
    if (slot_object(slot) == cpu.sc)
        sched_yield();
    return E_OK;
}

/*@ OPERATION(TYPE_CPU) */
enum error op_cpu_configure(ref_t thread, ref_t slot)
{
    word_t budget = thread_word1(thread);
    word_t period = thread_word2(thread);
    word_t priority = thread_word3(thread);
    ref_t source = NIL;
    enum error e = cap_find(thread, thread_word0(thread), TYPE_SCHED_CONTEXT, RIGHT_WRITE, &source);

    if (e != E_OK)
        return e;
    if (priority > slot_badge(slot) || priority >= PRIORITIES || period < PERIOD_MIN ||
        period > PERIOD_MAX)
        return E_ARG;
    if (budget > period || (budget != 0 && budget < PERIOD_MIN))
        return E_ARG;
    sched_configure(slot_object(source), budget, period, priority);
    return E_OK;
}

/* The time, and what it is counted in, is the result. */
/*@ requires is_thread(thread) && asid_wf;
    assigns K[thread + 2][0 .. 7];
    ensures asid: asid_wf;
    ensures ticks: K[thread + 2][1] >= 1000000;
*/
static inline void tell_time(ref_t thread)
{
    thread_set_word0(thread, arch_now());
    thread_set_word1(thread, arch_ticks_per_second());
}

/*@ OPERATION(TYPE_CPU) */
enum error op_cpu_clock(ref_t thread, ref_t slot)
{
    (void)slot;
    tell_time(thread);
    return E_OK;
}
