/* SPDX-License-Identifier: BSD-2-Clause */
/* The event loop, for what comes from outside of the sandbox. */
#ifndef LINUX_EVENT_H
#define LINUX_EVENT_H

#include <abi/call.h>

/**
 * Have a function called in the event loop when somebody signals.
 * @return a notification capability to signal (from any thread of the component, or to hand to a
 * server); 0: no slot or bit is left
 */
cap_t event_add(void (*arrived)(void *context), void *context);

#endif
