/* SPDX-License-Identifier: BSD-2-Clause */
/* What carries out system calls: sys_NAME for each that the table (calls.c) has. */
#ifndef LINUX_HANDLERS_H
#define LINUX_HANDLERS_H

#include "call.h"
#include "calls_core.h"
#include "calls_files.h"

#define DECLARE(number, name, ...) call_handler sys_##name;
CORE_CALLS(DECLARE)
FILE_CALLS(DECLARE)
#undef DECLARE

#endif
