/* SPDX-License-Identifier: BSD-2-Clause */
/* What Interrupt and Timer have in common: a slot that holds the notification they signal. */
#ifndef OBJECT_BIND_H
#define OBJECT_BIND_H

#include <ipc/ipc.h>
#include <model/fields.h>

/** Copy the Notification capability that word 0 of the thread's message names into `holder`.
 * @return as Interrupt.bind */
enum error bind_notification(ref_t thread, ref_t holder);

/** Signal the notification in `holder` with its badge; no effect if there is none. */
static inline void bind_signal(ref_t holder)
{
    if (slot_type(holder) == TYPE_NOTIFICATION)
        ipc_signal(slot_object(holder), slot_badge(holder));
}

#endif
