/* SPDX-License-Identifier: BSD-2-Clause */
/* The page of code that every program finds in its memory (vdso.S). */
#ifndef LINUX_VDSO_PRIV_H
#define LINUX_VDSO_PRIV_H

#include "linux.h"

/* The page is at space->vdso, one with struct vdso_data before it; these are offsets in it. */
/* Saves the FPU at RCX, then goes to R9 with RDX = R8. */
#define VDSO_SIGNAL 0xb00ul
/* Restores the FPU from RCX, then calls vdso_sigreturn. */
#define VDSO_RETURN 0xc00ul
/* Where handlers return to, and what follows the system call there; where the FPU is restored and
 * sys_vdso_sigreturn called; where the flags are on the stack; the last instruction. */
#define VDSO_RESTORER  0xd00ul
#define VDSO_RESTORED  (VDSO_RESTORER + 9)
#define VDSO_SIGRETURN (VDSO_RESTORER + 0xf0)
#define VDSO_FLAGS     (VDSO_RESTORER + 0x107)
#define VDSO_LAST      (VDSO_RESTORER + 0x1f8)
/* Saves the FPU at RCX, or restores it from there, then calls vdso_fpu. */
#define VDSO_FPU_SAVE    0xf00ul
#define VDSO_FPU_RESTORE 0xf40ul

/* What the functions of the image read: vdso_image.S knows the offsets. */
struct vdso_data {
    word_t ticks_per_second;
    int64_t seconds, ns; /* CLOCK_REALTIME less CLOCK_MONOTONIC; ns 0 to 999,999,999 */
};
/* vdso_image.S */
extern const char vdso_image[], vdso_image_end[];
/* clock_realtime_offset has changed. */
void vdso_update(void);

/* vdso.S: the code, with XSAVE and without. */
extern const char vdso_code[], vdso_code_end[], vdso_plain[], vdso_plain_end[];

/* The processor has XSAVE and the kernel allows it. */
extern bool vdso_xsave;
/* How large a signal frame's FPU area is. */
extern word_t vdso_fpu_bytes;
/* Make the area ready for XSAVE. */
bool vdso_prepare_fpu(struct task *t, word_t at);
/* Map it. @return 0 or -ENOMEM */
long vdso_map(struct space *s);

#endif
