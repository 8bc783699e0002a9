/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Code that is mapped into every program. Signal handlers are entered and left through it: the
 * FPU's state is saved and restored by the program itself, since only the thread can do that.
 * vdso_priv.h says where the entries are.
 */
#define SIGRETURN 463

        .section .rodata.vdso, "a", @progbits
        .globl  vdso_code, vdso_code_end, vdso_plain, vdso_plain_end
        .balign 256
/*
 * With AVX: what FXSAVE leaves out are the upper halves of the vector registers. They go to where
 * XSAVE would put them. (Not XSAVE itself: with it, other programs were seen to lose registers.)
 */
#define UPPER 576
vdso_code:
        fxsave64 (%rcx)
        .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        vextractf128 $1, %ymm\n, UPPER + 16 * \n(%rcx)
        .endr
        mov     %r8, %rdx
        xor     %eax, %eax
        jmp     *%r9
        .balign 256, 0xcc
        fxrstor64 (%rcx)
        .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        vinsertf128 $1, UPPER + 16 * \n(%rcx), %ymm\n, %ymm\n
        .endr
        mov     $SIGRETURN, %eax
        syscall
        ud2
vdso_code_end:
        .balign 256
/* Without. */
vdso_plain:
        fxsave64 (%rcx)
        mov     %r8, %rdx
        xor     %eax, %eax
        jmp     *%r9
        .balign 256, 0xcc
        fxrstor64 (%rcx)
        mov     $SIGRETURN, %eax
        syscall
        ud2
vdso_plain_end:
        .section .note.GNU-stack, "", @progbits
