/* SPDX-License-Identifier: BSD-2-Clause */
/* Timer. */
#include "timer.h"

#include "bind.h"
#include "operations.h"

#include <arch/arch.h>
#include <model/state.h>
#include <sched/deadline.h>

void timer_fire(ref_t timer)
{
    bind_signal(timer_notification(timer));
}

/*@ OPERATION(TYPE_TIMER) */
enum error op_timer_bind(ref_t thread, ref_t slot)
{
    return bind_notification(thread, timer_notification(slot_object(slot)));
}

/*@ OPERATION(TYPE_TIMER) */
enum error op_timer_set(ref_t thread, ref_t slot)
{
    ref_t timer = slot_object(slot);
    word_t deadline = thread_word0(thread);

    if (deadline > WORD_MAX / 2)
        return E_ARG;
    if (slot_type(timer_notification(timer)) == TYPE_NULL)
        return E_STATE;
    deadline_remove(timer);
    if (deadline <= arch_now()) {
        timer_fire(timer);
        return E_OK;
    }
    cpu.resched = RESCHED_DECIDE; /* it may be the earliest */
    deadline_add(timer, deadline);
    return E_OK;
}

/*@ OPERATION(TYPE_TIMER) */
enum error op_timer_cancel(ref_t thread, ref_t slot)
{
    (void)thread;
    deadline_remove(slot_object(slot));
    return E_OK;
}
