/* SPDX-License-Identifier: BSD-2-Clause */
/* What the doors, in doors.S, take for granted. The compiler holds it true; this is no code. */
#include <stddef.h>

#include <arch/arch.h>
#include <arch/start.h>
#include <model/offsets.h>

#include "cpu_offsets.h"

_Static_assert(offsetof(struct cpu, thread) == CPU_THREAD, "cpu.thread");
_Static_assert(offsetof(struct cpu, frame) == CPU_FRAME, "cpu.frame");
_Static_assert(E_CALL == OUTCOME_CALL, "E_CALL");
_Static_assert(offsetof(struct x86_door, scratch) == DOOR_SCRATCH, "x86_door.scratch");
_Static_assert(offsetof(struct x86_door, kernel_tables) == DOOR_KERNEL_TABLES, "kernel_tables");
_Static_assert(offsetof(struct x86_door, user_tables) == DOOR_USER_TABLES, "user_tables");

/* door_syscall pushes the registers in this order, downwards from FRAME_BYTES. */
_Static_assert(THREAD_RSP_BYTES + 8 == FRAME_BYTES, "rsp is the last");
_Static_assert(THREAD_RFLAGS_BYTES == THREAD_RSP_BYTES - 8, "rflags");
_Static_assert(THREAD_RIP_BYTES == THREAD_RSP_BYTES - 16, "rip");
_Static_assert(THREAD_RBP_BYTES == THREAD_RSP_BYTES - 24, "rbp");
_Static_assert(THREAD_RBX_BYTES == THREAD_RSP_BYTES - 32, "rbx");
_Static_assert(THREAD_TAG_BYTES == THREAD_RSP_BYTES - 40, "tag");
_Static_assert(THREAD_RDI_BYTES == THREAD_RSP_BYTES - 48, "rdi");
_Static_assert(THREAD_RAX_BYTES == THREAD_RSP_BYTES - 56, "rax");
_Static_assert(THREAD_WORD7_BYTES == THREAD_RSP_BYTES - 64, "word7");
_Static_assert(THREAD_WORD6_BYTES == THREAD_RSP_BYTES - 72, "word6");
_Static_assert(THREAD_WORD5_BYTES == THREAD_RSP_BYTES - 80, "word5");
_Static_assert(THREAD_WORD4_BYTES == THREAD_RSP_BYTES - 88, "word4");
_Static_assert(THREAD_WORD3_BYTES == THREAD_RSP_BYTES - 96, "word3");
_Static_assert(THREAD_WORD2_BYTES == THREAD_RSP_BYTES - 104, "word2");
_Static_assert(THREAD_WORD1_BYTES == THREAD_RSP_BYTES - 112, "word1");
_Static_assert(THREAD_WORD0_BYTES == THREAD_RSP_BYTES - 120, "word0");
_Static_assert(IDLE_BYTES > THREAD_RESUMED_BYTES, "the frame of nobody reaches to `resumed`");
