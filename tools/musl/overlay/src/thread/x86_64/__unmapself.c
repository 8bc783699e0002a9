/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of a detached thread: lib/posix stops it and frees the stack that it stood on. */
#include "pthread_impl.h"

void __unmapself(void *base, size_t size)
{
    for (;;)
        __syscall(SYS_exit, 0, base, size);
}
