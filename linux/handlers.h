/* SPDX-License-Identifier: BSD-2-Clause */
/* What carries out system calls: sys_NAME for each that the table (calls.c) has. */
#ifndef LINUX_HANDLERS_H
#define LINUX_HANDLERS_H

#include "call.h"

#define HANDLER(name) call_handler sys_##name

/* task.c, clone.c, exit.c, exec.c */
HANDLER(getpid);

/* read.c, open.c, ... */

#undef HANDLER

#endif
