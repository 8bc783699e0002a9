/* SPDX-License-Identifier: BSD-2-Clause */
/* A new thread in this component. Only what pthread_create asks for is possible. */
#include <stdarg.h>
#include "pthread_impl.h"

struct start {
    int (*function)(void *);
    void *argument;
};

/* The new thread's first function; its stack begins just below what it is given. */
static void enter(struct start *start)
{
    int status = start->function(start->argument);

    for (;;)
        __syscall(SYS_exit, status);
}

hidden int __clone(int (*function)(void *), void *stack, int flags, void *argument, ...)
{
    struct start *start = (struct start *)((uintptr_t)stack & -16UL) - 1;
    va_list rest;

    va_start(rest, argument);
    int *parent_tid = va_arg(rest, int *);
    void *tls = va_arg(rest, void *);
    int *child_tid = va_arg(rest, int *);
    va_end(rest);
    start->function = function;
    start->argument = argument;
    return (int)__syscall(SYS_clone, flags, start, parent_tid, child_tid, tls, enter);
}
