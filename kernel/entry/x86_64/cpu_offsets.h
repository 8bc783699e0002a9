/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the doors find what they need of struct cpu; doors.c checks that it is there. */
#ifndef ENTRY_CPU_OFFSETS_H
#define ENTRY_CPU_OFFSETS_H

#define CPU_THREAD  0
#define CPU_FRAME   8
#define CPU_SCRATCH 16

#endif
