/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The doors as the processor is told of them at boot, and what they call. Called by nobody else.
 */
#ifndef ENTRY_DOORS_H
#define ENTRY_DOORS_H

#include <model/k.h>

/** Bytes from the door of one vector to that of the next. */
#define DOOR_BYTES 16u

/** Where SYSCALL leads. Not a function: it has no caller to return to. */
extern const char door_syscall[];

/** The doors of vectors 0 to 255, DOOR_BYTES each. */
extern const char door_traps[];

#endif
