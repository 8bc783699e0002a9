/* SPDX-License-Identifier: BSD-2-Clause */
/* Places in guard_copy.S. */
#ifndef RT_GUARD_PRIV_H
#define RT_GUARD_PRIV_H

extern char rt_guard_first[];   /**< the instruction that may fault */
extern char rt_guard_last[];    /**< the one behind it */
extern char rt_guard_landing[]; /**< where to go on after a fault */

#endif
