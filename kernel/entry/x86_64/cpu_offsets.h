/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the doors find what they need of C's structures; checks.c holds them to it. */
#ifndef ENTRY_CPU_OFFSETS_H
#define ENTRY_CPU_OFFSETS_H

/* struct cpu */
#define CPU_THREAD 0
#define CPU_FRAME  8

/* struct x86_door */
#define DOOR_SCRATCH       0
#define DOOR_KERNEL_TABLES 8
#define DOOR_USER_TABLES   16

/* enum error, which assembler cannot read */
#define OUTCOME_CALL 1

/* Distances between doors of exceptions, and of the other vectors. */
#define DOOR_BYTES       16
#define DOOR_EVENT_BYTES 8

#endif
