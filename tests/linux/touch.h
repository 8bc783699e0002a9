/* SPDX-License-Identifier: BSD-2-Clause */
/* Accesses to memory that may end in a signal. */
#ifndef TOUCH_H
#define TOUCH_H

#include <stdbool.h>

/** Reads or writes a byte, and says "WHAT: ok", or signal and code of what that led to. */
void touch(const char *what, volatile char *at, bool write);
/** Calls `access` with `at`. @return 0, or the SIGSEGV or SIGBUS it led to, times 16, + its code */
int fault_of(void (*access)(volatile char *at), volatile char *at);

#endif
