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
 * know the end of a handler. RSP is at the frame's ucontext (struct frame in deliver.c), where the
 * address of the FPU's state is. What rt_sigreturn answers, called from here, says what to do after
 * that is restored: 0: sys_vdso_sigreturn restores the rest; else it is done here, for mask and
 * stack of signals are restored already. The last instruction takes RIP from below the red zone of
 * the stack that was interrupted. (IRETQ would do, but QEMU 7.2 refuses it to programs with SMAP.)
 * Some instructions have their places: signal_turn_back must know where RSP is.
 */
/* In the ucontext: R8 to R15, RDI, RSI, RBP, RBX, RDX, RAX, RCX, RSP, RIP, RFLAGS; the FPU's. */
#define CONTEXT  40
#define FPU      224
#define RED_ZONE 128
        .macro  restorer begin, with_upper
        .balign 512, 0xcc
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
1:      test    %eax, %eax
        jnz     2f
        jmp     3f
        .org    \begin + 0x2f0, 0xcc
3:      mov     $SIGRETURN, %eax
        syscall
        ud2
        .org    \begin + 0x300, 0xcc
2:      pushq   CONTEXT + 136(%rsp)
        popfq
        mov     CONTEXT + 120(%rsp), %rcx
        mov     CONTEXT + 128(%rsp), %rax
        lea     -RED_ZONE - 8(%rcx), %rcx
        mov     %rcx, FPU(%rsp)
        mov     %rax, (%rcx)
        mov     CONTEXT(%rsp), %r8
        mov     CONTEXT + 8(%rsp), %r9
        mov     CONTEXT + 16(%rsp), %r10
        mov     CONTEXT + 24(%rsp), %r11
        mov     CONTEXT + 32(%rsp), %r12
        mov     CONTEXT + 40(%rsp), %r13
        mov     CONTEXT + 48(%rsp), %r14
        mov     CONTEXT + 56(%rsp), %r15
        mov     CONTEXT + 64(%rsp), %rdi
        mov     CONTEXT + 72(%rsp), %rsi
        mov     CONTEXT + 80(%rsp), %rbp
        mov     CONTEXT + 88(%rsp), %rbx
        mov     CONTEXT + 96(%rsp), %rdx
        mov     CONTEXT + 104(%rsp), %rax
        mov     CONTEXT + 112(%rsp), %rcx
        jmp     4f
        .org    \begin + 0x3f0, 0xcc
4:      mov     FPU(%rsp), %rsp
        ret     $RED_ZONE
        .endm

/* What a task that is traced is sent through when its tracer asks for its FPU, or sets it
 * (ptrace_regs.c). */
        .macro  fpu_of_tracee
        .balign 512, 0xcc
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
        .balign 1024
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
        restorer vdso_code, 1
        fpu_of_tracee
vdso_code_end:
        .balign 1024
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
        restorer vdso_plain, 0
        fpu_of_tracee
vdso_plain_end:
        .section .note.GNU-stack, "", @progbits
