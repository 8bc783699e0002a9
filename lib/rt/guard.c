/* SPDX-License-Identifier: BSD-2-Clause */
/* What the supervisor must know of guard_copy.S. */
#include "guard.h"

#include <abi/call.h>

#include "component.h"
#include "guard_priv.h"

bool rt_guard_begin(void)
{
    struct message m = {
        .tag = MESSAGE_TAG(COMPONENT_GUARD, 3, 0),
        .w = {(word_t)rt_guard_first, (word_t)rt_guard_last, (word_t)rt_guard_landing}};

    return sys_call(COMPONENT_SUPERVISOR, &m) == E_OK && m.tag == MESSAGE_TAG(0, 0, 0);
}
