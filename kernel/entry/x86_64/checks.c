/* SPDX-License-Identifier: BSD-2-Clause */
/* What the doors, in doors.S, take for granted. The compiler holds it true; there is no code here. */
#include <stddef.h>

#include <arch/arch.h>
#include <model/offsets.h>

#include "cpu_offsets.h"
#include "doors.h"

_Static_assert(offsetof(struct cpu, thread) == CPU_THREAD, "doors.S: cpu.thread");
_Static_assert(offsetof(struct cpu, frame) == CPU_FRAME, "doors.S: cpu.frame");
_Static_assert(offsetof(struct cpu, scratch) == CPU_SCRATCH, "doors.S: cpu.scratch");
_Static_assert(THREAD_RESUMED_BYTES < 128, "doors.S: short offsets keep the way in small");
