/* SPDX-License-Identifier: BSD-2-Clause */
#include "bind.h"

#include <cap/cap.h>

enum error bind_notification(ref_t thread, ref_t holder)
{
    ref_t source = NIL;
    enum error e = cap_find(thread, thread_word0(thread), TYPE_NOTIFICATION, RIGHT_WRITE, &source);

    if (e != E_OK)
        return e;
    if (slot_type(holder) != TYPE_NULL)
        return E_STATE;
    cap_copy(source, holder, RIGHT_WRITE);
    return E_OK;
}
