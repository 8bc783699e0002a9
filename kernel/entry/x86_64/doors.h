/* SPDX-License-Identifier: BSD-2-Clause */
/* The doors as the processor is told of them at boot. What they call is in entry.h. */
#ifndef ENTRY_DOORS_H
#define ENTRY_DOORS_H

#include "cpu_offsets.h"

/** Where SYSCALL leads. Not a function: it has no caller to return to. */
extern const char door_syscall[];

/** The doors of vectors 0 to 31, DOOR_BYTES each. */
extern const char door_exceptions[];

/** The doors of vectors 32 to 255, DOOR_EVENT_BYTES each. */
extern const char door_events[];

#endif
