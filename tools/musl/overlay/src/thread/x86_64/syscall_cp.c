/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A call at which a thread can be cancelled. On Linux a signal can do so in the middle, which is
 * why musl wants to know where the code begins and ends; here nothing interrupts a thread, so the
 * three marks delimit nothing and the flag is looked at before the call.
 */
#include "pthread_impl.h"

hidden long __cancel(void);
hidden const char __cp_begin[1], __cp_end[1], __cp_cancel[1];

hidden long __syscall_cp_asm(volatile int *cancel, syscall_arg_t n, syscall_arg_t a,
                             syscall_arg_t b, syscall_arg_t c, syscall_arg_t d, syscall_arg_t e,
                             syscall_arg_t f)
{
    return *cancel ? __cancel() : posix_syscall(n, a, b, c, d, e, f);
}
