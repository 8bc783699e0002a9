/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The doors of the kernel: every way in, and the one way out.
 *
 * All registers of the thread go into its object, at cpu.frame, and the C code finds them there.
 * It runs on the one kernel stack, which is empty each time, and the thread that the kernel is left
 * for is whichever cpu.frame says then. So nothing is ever kept on the stack for later.
 *
 * Counted on the way of a system call: 21 instructions in, 21 out, the C call included.
 */
#include <arch/layout.h>
#include <model/offsets.h>

#include "cpu_offsets.h"

        .section .text.doors, "ax"
        .code64

/*
 * SYSCALL. The processor put the return address in rcx and the flags in r11; interrupts are off, and
 * direction and AC are clear (MSR_FMASK). rsp is the user's: nothing may touch the stack until it
 * is ours; an NMI, machine check or debug trap that comes before has a stack of its own.
 */
        .globl  door_syscall
        .balign 64
door_syscall:
        mov     %rsp, cpu+CPU_SCRATCH(%rip)
        mov     cpu+CPU_FRAME(%rip), %rsp
        mov     %rdx, THREAD_WORD0_BYTES(%rsp)
        mov     %r10, THREAD_WORD1_BYTES(%rsp)
        mov     %r8,  THREAD_WORD2_BYTES(%rsp)
        mov     %r9,  THREAD_WORD3_BYTES(%rsp)
        mov     %r12, THREAD_WORD4_BYTES(%rsp)
        mov     %r13, THREAD_WORD5_BYTES(%rsp)
        mov     %r14, THREAD_WORD6_BYTES(%rsp)
        mov     %r15, THREAD_WORD7_BYTES(%rsp)
        mov     %rax, %rdx                      /* third argument: the call's number */
        mov     cpu+CPU_SCRATCH(%rip), %r10
        mov     %rax, THREAD_RAX_BYTES(%rsp)
        mov     %rdi, THREAD_RDI_BYTES(%rsp)
        mov     %rsi, THREAD_TAG_BYTES(%rsp)
        mov     %rbx, THREAD_RBX_BYTES(%rsp)
        mov     %rbp, THREAD_RBP_BYTES(%rsp)
        mov     %rcx, THREAD_RIP_BYTES(%rsp)
        mov     %r11, THREAD_RFLAGS_BYTES(%rsp)
        mov     %r10, THREAD_RSP_BYTES(%rsp)
        movq    $0, THREAD_RESUMED_BYTES(%rsp)
        mov     $(x86_stacks + KERNEL_STACK_TOP), %rsp
        call    entry_syscall

/* The way out, for everybody. */
door_leave:
        mov     cpu+CPU_FRAME(%rip), %rdi
        test    %rdi, %rdi
        jz      door_idle
        cmpq    $0, THREAD_RESUMED_BYTES(%rdi)
        jne     door_resume
        mov     THREAD_RAX_BYTES(%rdi), %rax
        mov     THREAD_RBX_BYTES(%rdi), %rbx
        mov     THREAD_RIP_BYTES(%rdi), %rcx
        mov     THREAD_WORD0_BYTES(%rdi), %rdx
        mov     THREAD_TAG_BYTES(%rdi), %rsi
        mov     THREAD_RBP_BYTES(%rdi), %rbp
        mov     THREAD_WORD2_BYTES(%rdi), %r8
        mov     THREAD_WORD3_BYTES(%rdi), %r9
        mov     THREAD_WORD1_BYTES(%rdi), %r10
        mov     THREAD_RFLAGS_BYTES(%rdi), %r11
        mov     THREAD_WORD4_BYTES(%rdi), %r12
        mov     THREAD_WORD5_BYTES(%rdi), %r13
        mov     THREAD_WORD6_BYTES(%rdi), %r14
        mov     THREAD_WORD7_BYTES(%rdi), %r15
        mov     THREAD_RSP_BYTES(%rdi), %rsp
        mov     THREAD_RDI_BYTES(%rdi), %rdi
        sysretq

/* A thread that came by a trap needs rcx and r11 back too, so it is left by IRETQ. */
door_resume:
        pushq   $USER_DATA
        pushq   THREAD_RSP_BYTES(%rdi)
        pushq   THREAD_RFLAGS_BYTES(%rdi)
        pushq   $USER_CODE
        pushq   THREAD_RIP_BYTES(%rdi)
        mov     THREAD_RAX_BYTES(%rdi), %rax
        mov     THREAD_RBX_BYTES(%rdi), %rbx
        mov     THREAD_RCX_BYTES(%rdi), %rcx
        mov     THREAD_WORD0_BYTES(%rdi), %rdx
        mov     THREAD_TAG_BYTES(%rdi), %rsi
        mov     THREAD_RBP_BYTES(%rdi), %rbp
        mov     THREAD_WORD2_BYTES(%rdi), %r8
        mov     THREAD_WORD3_BYTES(%rdi), %r9
        mov     THREAD_WORD1_BYTES(%rdi), %r10
        mov     THREAD_R11_BYTES(%rdi), %r11
        mov     THREAD_WORD4_BYTES(%rdi), %r12
        mov     THREAD_WORD5_BYTES(%rdi), %r13
        mov     THREAD_WORD6_BYTES(%rdi), %r14
        mov     THREAD_WORD7_BYTES(%rdi), %r15
        mov     THREAD_RDI_BYTES(%rdi), %rdi
        iretq

/* Nobody wants to run. Interrupts come in here and nowhere else in the kernel; STI takes effect
 * behind the next instruction, so none is missed between the two. */
door_idle:
        mov     $(x86_stacks + KERNEL_STACK_TOP), %rsp
        sti
door_idle_halt:
        hlt
        jmp     door_idle_halt
door_idle_end:

/*
 * The first way out, from boot: what boot used is unmapped, then the first thread starts. Nothing
 * of boot can be on the stack, because we come back to no caller.
 */
        .globl  entry_start
entry_start:
        mov     $(x86_stacks + KERNEL_STACK_TOP), %rsp
        call    x86_boot_forget
        jmp     door_leave

/*
 * Exceptions and interrupts. The processor pushed ss, rsp, rflags, cs, rip and perhaps an error
 * code; the stubs below made that always so and pushed the vector. From user mode all of it goes
 * into the thread object. The flags are the interrupted program's but for interrupts: hence POPF,
 * which also clears AC on processors that have no CLAC.
 */
trap:
        testb   $3, 24(%rsp)
        jz      trap_kernel
        push    %rax
        mov     cpu+CPU_FRAME(%rip), %rax
        mov     %rdx, THREAD_WORD0_BYTES(%rax)
        mov     %r10, THREAD_WORD1_BYTES(%rax)
        mov     %r8,  THREAD_WORD2_BYTES(%rax)
        mov     %r9,  THREAD_WORD3_BYTES(%rax)
        mov     %r12, THREAD_WORD4_BYTES(%rax)
        mov     %r13, THREAD_WORD5_BYTES(%rax)
        mov     %r14, THREAD_WORD6_BYTES(%rax)
        mov     %r15, THREAD_WORD7_BYTES(%rax)
        mov     %rdi, THREAD_RDI_BYTES(%rax)
        mov     %rsi, THREAD_TAG_BYTES(%rax)
        mov     %rbx, THREAD_RBX_BYTES(%rax)
        mov     %rbp, THREAD_RBP_BYTES(%rax)
        mov     %rcx, THREAD_RCX_BYTES(%rax)
        mov     %r11, THREAD_R11_BYTES(%rax)
        movq    $1, THREAD_RESUMED_BYTES(%rax)
        popq    THREAD_RAX_BYTES(%rax)
        pop     %rdi                            /* vector */
        pop     %rsi                            /* error code */
        popq    THREAD_RIP_BYTES(%rax)
        pop     %rcx                            /* cs */
        popq    THREAD_RFLAGS_BYTES(%rax)
        popq    THREAD_RSP_BYTES(%rax)
        mov     $(x86_stacks + KERNEL_STACK_TOP), %rsp
        pushq   $FLAGS_ONE
        popfq
        cmp     $32, %rdi
        jae     trap_interrupt
        cmp     $7, %rdi
        je      trap_fpu
        mov     %cr2, %rdx
        call    entry_fault
        jmp     door_leave
trap_interrupt:
        call    entry_interrupt
        jmp     door_leave
trap_fpu:
        call    arch_fpu_trap
        jmp     door_leave

/*
 * From the kernel itself. An interrupt: we were idle, and forget it. A single step: a user set the
 * trap flag and came in by SYSCALL; it ends here. All else is a defect of the kernel or the machine.
 */
trap_kernel:
        cmpq    $32, (%rsp)
        jb      trap_kernel_exception
        cmpq    $door_idle, 16(%rsp)
        jb      trap_defect
        cmpq    $door_idle_end, 16(%rsp)
        jae     trap_defect
        mov     (%rsp), %rdi
        mov     $(x86_stacks + KERNEL_STACK_TOP), %rsp
        call    entry_interrupt
        jmp     door_leave
trap_kernel_exception:
        cmpq    $1, (%rsp)
        jne     trap_defect
        andq    $~FLAGS_TRAP, 32(%rsp)
        add     $16, %rsp
        iretq

/* What the processor reports whoever runs. The registers are laid out as x86_defect() reads them. */
trap_defect:
        push    %rax
        push    %rbx
        push    %rcx
        push    %rdx
        push    %rsi
        push    %rdi
        push    %rbp
        push    %r8
        push    %r9
        push    %r10
        push    %r11
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        mov     %rsp, %rdi
        mov     %cr2, %rsi
        and     $-16, %rsp
        cld
        call    x86_defect

/* One stub a vector, 16 bytes each, so that the table of addresses need not exist. NMI, double
 * fault and machine check are never the thread's doing. */
        .balign 16
        .globl  door_traps
door_traps:
        .set    vector, 0
        .rept   256
        .balign 16
        .if     !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || vector == 29 || vector == 30)
        pushq   $0
        .endif
        pushq   $vector
        .if     vector == 2 || vector == 8 || vector == 18
        jmp     trap_defect
        .else
        jmp     trap
        .endif
        .set    vector, vector + 1
        .endr

        .section .note.GNU-stack, "", @progbits
