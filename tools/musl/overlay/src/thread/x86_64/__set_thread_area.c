/* SPDX-License-Identifier: BSD-2-Clause */
/* Sets the thread pointer (the FS base) of the calling thread. */
#include "pthread_impl.h"

int __set_thread_area(void *p)
{
    const long set_fs = 0x1002;

    return (int)__syscall(SYS_arch_prctl, set_fs, p);
}
