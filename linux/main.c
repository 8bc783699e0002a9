/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the event loop (dispatch.c) stands on. Every message is a system call or a fault of a task,
 * or signals of the component's notification. A call is answered together with waiting for the next
 * message; a call that is BLOCKED keeps its Reply object, and the next comes with another one.
 */
#include "core_priv.h"
#include "event.h"

#include <abi/invoke.h>
#include <rt/component.h>
#include <rt/object.h>
#include <rt/program.h>
#include <rt/thread.h>

#define EVENTS 32u

static struct {
    void (*arrived)(void *context);
    void *context;
} events[EVENTS];
static unsigned event_count;

cap_t loop_endpoint;

/* Reply objects that hold no call. */
static cap_t spare[TASK_MAX + 2];
static unsigned spares;
cap_t loop_reply; /* the one that the next call comes with */

cap_t event_add(void (*arrived)(void *context), void *context)
{
    cap_t signal;

    if (event_count == EVENTS)
        return 0;
    signal = rt_object_badge(COMPONENT_SIGNALS, RIGHT_WRITE, 1ul << event_count);
    if (signal != 0) {
        events[event_count].arrived = arrived;
        events[event_count++].context = context;
    }
    return signal;
}

void events_arrived(word_t bits)
{
    for (unsigned i = 0; i < event_count; i++) {
        if (bits >> i & 1)
            events[i].arrived(events[i].context);
    }
}

cap_t loop_keep_call(void)
{
    cap_t kept = loop_reply;

    loop_reply = spares > 0 ? spare[--spares] : rt_object_new(TYPE_REPLY, 0);
    RT_CHECK(loop_reply != 0); /* there are never more calls than tasks, and room for those */
    return kept;
}

void loop_free_reply(cap_t reply)
{
    RT_CHECK(spares < TASK_MAX + 2);
    spare[spares++] = reply;
}

int main(void)
{
    loop_endpoint = rt_object_new(TYPE_ENDPOINT, 0);
    loop_reply = rt_object_new(TYPE_REPLY, 0);
    RT_CHECK(loop_endpoint != 0 && loop_reply != 0);
    /* A call is served in the caller's time and at its priority: that also is the short way through
     * the kernel. */
    RT_CHECK(thread_set_flags(COMPONENT_THREAD, THREAD_BORROW) == E_OK);
    RT_CHECK(system_start());
    dispatch_init();
    loop_run();
}
