/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Code that is mapped into every program. Signal handlers are entered and left through it: the
 * FPU's state is saved and restored by the program itself, since only the thread can do that.
 * vdso_priv.h says where the entries are.
 */
#define FPU_DONE  462
#define SIGRETURN 463
#define UPPER     576 /* in the FPU's area: upper halves of the vector registers */

/*
 * Handlers return to here. The first two instructions are those by which debuggers and unwinders
 * know the end of a handler; called from here rt_sigreturn does nothing. RSP is at the frame's
 * ucontext (struct frame in deliver.c), where the address of the FPU's state is. The rest is
 * restored by sys_vdso_sigreturn.
 */
#define FPU 224
        .macro  restorer with_upper
        .balign 256, 0xcc
        mov     $15, %rax
        syscall
        mov     FPU(%rsp), %rcx
        test    %rcx, %rcx
        jz      1f
        fxrstor64 (%rcx)
        .if     \with_upper
        .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        vinsertf128 $1, UPPER + 16 * \n(%rcx), %ymm\n, %ymm\n
        .endr
        .endif
1:      mov     $SIGRETURN, %eax
        syscall
        ud2
        .endm

/* What a task that is traced is sent through when its tracer asks for its FPU, or sets it
 * (ptrace_regs.c). */
        .macro  fpu_of_tracee
        .balign 256, 0xcc
        fxsave64 (%rcx)
        mov     $FPU_DONE, %eax
        syscall
        ud2
        .balign 64, 0xcc
        fxrstor64 (%rcx)
        mov     $FPU_DONE, %eax
        syscall
        ud2
        .endm

        .section .rodata.vdso, "a", @progbits
        .globl  vdso_code, vdso_code_end, vdso_plain, vdso_plain_end
        .balign 256
/*
 * With AVX: what FXSAVE leaves out are the upper halves of the vector registers. They go to where
 * XSAVE would put them. (Not XSAVE itself: with it, other programs were seen to lose registers.)
 */
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
        restorer 1
        fpu_of_tracee
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
        restorer 0
        fpu_of_tracee
vdso_plain_end:
        .section .note.GNU-stack, "", @progbits
