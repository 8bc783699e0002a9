/* SPDX-License-Identifier: BSD-2-Clause */
/* See touch.h. */
#include "touch.h"

#include "case.h"

#include <setjmp.h>
#include <signal.h>

static sigjmp_buf back;

static void jump(int n, siginfo_t *info, void *context)
{
    (void)context;
    siglongjmp(back, n * 16 + info->si_code);
}

int fault_of(void (*access)(volatile char *at), volatile char *at)
{
    struct sigaction a = {.sa_sigaction = jump, .sa_flags = SA_SIGINFO};
    int how;

    sigaction(SIGSEGV, &a, NULL);
    sigaction(SIGBUS, &a, NULL);
    how = sigsetjmp(back, 1);
    if (how == 0)
        access(at);
    return how;
}

static void read_byte(volatile char *at)
{
    (void)*at;
}

static void write_byte(volatile char *at)
{
    *at = 1;
}

void touch(const char *what, volatile char *at, bool write)
{
    int how = fault_of(write ? write_byte : read_byte, at);

    if (how == 0)
        say("%s: ok", what);
    else
        say("%s: signal %d code %d", what, how / 16, how % 16);
}
