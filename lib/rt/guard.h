/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Touching memory that may vanish: frames that somebody else can take back at any time. A fault in
 * these functions is no failure of the component; its supervisor lets them return false. On the
 * main thread only: a fault of another thread ends the component.
 */
#ifndef RT_GUARD_H
#define RT_GUARD_H

#include <stdbool.h>
#include <stddef.h>

/** Tell the supervisor; once, before the first use. @return false: it does not know of guards */
bool rt_guard_begin(void);

/** Copy `size` bytes that do not overlap. @return false: not all of it could be copied */
bool rt_guard_copy(void *to, const void *from, size_t size);

#endif
