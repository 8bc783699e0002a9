/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The doors of the kernel: every way in, and the one way out.
 *
 * All registers of the thread go into its object, below cpu.frame, and the C code finds them there.
 * It runs on the one kernel stack, which is empty each time, and the thread that the kernel is left
 * for is whichever cpu.frame says then. So nothing is ever kept on the stack for later.
 *
 * Counted on the way of a system call: 21 instructions in, the C call included, 20 out; of a short
 * message 15 and 11.
 *
 * With page-table isolation (TESSERA_PTI) a user's page tables map of the kernel only this section,
 * the section .doors.data, and the stacks that the processor itself switches to. Then each door
 * changes to the kernel's tables before it touches anything else, and the way out changes back.
 */
#include <abi/abi.h>
#include <arch/layout.h>
#include <model/offsets.h>

#include "cpu_offsets.h"

/* Exceptions for which the processor pushes an error code: 8, 10 to 14, 17, 21, 29, 30. */
#define PUSH_ERROR 0x60227d00
/* Those that are nobody's doing: NMI, double fault, machine check. */
#define URGENT 0x40104
/* A field of the thread, seen from cpu.frame, which points behind the registers. */
#define AT(field) (THREAD_##field##_BYTES - FRAME_BYTES)

        .section .text.doors, "ax"
        .code64

/*
 * SYSCALL. The processor put the return address in rcx and the flags in r11; interrupts are off,
 * and direction and AC are clear (MSR_FMASK). rsp is the user's: nothing may touch the stack until
 * it is ours; an NMI, machine check or debug trap that comes before has a stack of its own.
 * thread.resumed is 0 here: it is whenever the thread is in user mode.
 */
        .globl  door_syscall
        .balign 64
door_syscall:
        mov     %rsp, x86_door+DOOR_SCRATCH(%rip)
#if TESSERA_PTI
        mov     x86_door+DOOR_KERNEL_TABLES(%rip), %rsp
        mov     %rsp, %cr3
#endif
        mov     cpu+CPU_FRAME(%rip), %rsp
        pushq   x86_door+DOOR_SCRATCH(%rip)
        push    %r11
        push    %rcx
        push    %rbp
        push    %rbx
        push    %rsi
        push    %rdi
        push    %rax
#if TESSERA_WORDS_IN_REGISTERS
        test    %rax, %rax
        jz      door_call
        cmp     $SYS_REPLY_RECV, %rax
        je      door_reply_recv
        cmp     $(SYS_RECV | SYS_NONBLOCK), %rax
        jae     door_poll
#endif
door_save:
        push    %r15
        push    %r14
        push    %r13
        push    %r12
        push    %r9
        push    %r8
        push    %r10
        push    %rdx
        mov     %rax, %rdx                      /* third argument: the call's number */
        mov     $(x86_stacks + KERNEL_STACK_TOP), %rsp
#if TESSERA_WORDS_IN_REGISTERS
        call    entry_complete
#else
        call    entry_syscall
#endif

/* The way out, for everybody. */
door_leave:
        mov     cpu+CPU_FRAME(%rip), %rdi
        cmpq    $0, AT(RESUMED)(%rdi)
        jne     door_resume
        mov     AT(RAX)(%rdi), %rax
        mov     AT(RBX)(%rdi), %rbx
        mov     AT(RIP)(%rdi), %rcx
        mov     AT(WORD0)(%rdi), %rdx
        mov     AT(TAG)(%rdi), %rsi
        mov     AT(RBP)(%rdi), %rbp
        mov     AT(WORD2)(%rdi), %r8
        mov     AT(WORD3)(%rdi), %r9
        mov     AT(WORD1)(%rdi), %r10
        mov     AT(RFLAGS)(%rdi), %r11
        mov     AT(WORD4)(%rdi), %r12
        mov     AT(WORD5)(%rdi), %r13
        mov     AT(WORD6)(%rdi), %r14
        mov     AT(WORD7)(%rdi), %r15
#if TESSERA_PTI
        mov     AT(RDI)(%rdi), %rsp
        mov     %rsp, x86_door+DOOR_SCRATCH(%rip)
        mov     AT(RSP)(%rdi), %rsp
        mov     x86_door+DOOR_USER_TABLES(%rip), %rdi
        mov     %rdi, %cr3
        mov     x86_door+DOOR_SCRATCH(%rip), %rdi
#else
        mov     AT(RSP)(%rdi), %rsp
        mov     AT(RDI)(%rdi), %rdi
#endif
        sysretq

#if TESSERA_WORDS_IN_REGISTERS
/*
 * The short ways of Call and ReplyRecv (entry/fast.c). Message words stay in r8 to r10 and r12 to
 * r15, and word 0 in r11, none of which that file touches; if it was not eligible, all is as it
 * was.
 */
door_call:
        mov     %rdx, %r11
        mov     $(x86_stacks + KERNEL_STACK_TOP), %rsp
        call    fast_call
        dec     %rax
        js      door_complete
/* The thread that runs now waited in a system call, so SYSRET will do. */
door_leave_message:
        mov     cpu+CPU_FRAME(%rip), %rdi
        mov     %r11, %rdx
        mov     AT(RBX)(%rdi), %rbx
        mov     AT(RIP)(%rdi), %rcx
        mov     AT(TAG)(%rdi), %rsi
        mov     AT(RBP)(%rdi), %rbp
        mov     AT(RFLAGS)(%rdi), %r11
#if TESSERA_PTI
        mov     AT(RDI)(%rdi), %rsp
        mov     %rsp, x86_door+DOOR_SCRATCH(%rip)
        mov     AT(RSP)(%rdi), %rsp
        mov     x86_door+DOOR_USER_TABLES(%rip), %rdi
        mov     %rdi, %cr3
        mov     x86_door+DOOR_SCRATCH(%rip), %rdi
#else
        mov     AT(RSP)(%rdi), %rsp
        mov     AT(RDI)(%rdi), %rdi
#endif
        sysretq                                 /* rax is the outcome */

/* A Recv that does not wait, and calls that there are not: nobody else comes to run. For a foreign
 * thread every number is good. */
door_unknown:
        mov     cpu+CPU_THREAD(%rip), %rdi
        testb   $THREAD_FOREIGN, THREAD_FLAGS_BYTES(%rdi)
        jnz     door_save
        mov     %rdx, %r11
        mov     $OUTCOME_CALL, %eax
        jmp     door_leave_message

door_poll:
        cmp     $(SYS_REPLY_RECV | SYS_NONBLOCK), %rax
        ja      door_unknown
        mov     %rdx, %r11
        mov     %rax, %rsi
        mov     $(x86_stacks + KERNEL_STACK_TOP), %rsp
        call    fast_poll
        dec     %rax
        jns     door_leave_message
        jmp     door_complete

door_reply_recv:
        mov     %rdx, %r11
        mov     $(x86_stacks + KERNEL_STACK_TOP), %rsp
        call    fast_reply_recv
        dec     %rax
        jz      door_leave_message
        jns     door_leave
door_complete:
        mov     cpu+CPU_FRAME(%rip), %rsp
        mov     AT(RAX)(%rsp), %rax
        mov     AT(RDI)(%rsp), %rdi
        mov     AT(TAG)(%rsp), %rsi
        mov     %r11, %rdx
        lea     AT(RAX)(%rsp), %rsp
        jmp     door_save
#endif

/* A thread that came by a trap needs rcx and r11 back too, so it is left by IRETQ. So are one whose
 * registers were written, and nobody: the frame that stands for idling always says so. */
door_resume:
        cmpq    $0, cpu+CPU_THREAD(%rip)
        je      door_idle
        movq    $0, AT(RESUMED)(%rdi)
#if TESSERA_PTI
        mov     $(x86_stacks + URGENT_STACK_TOP(DOOR_STACK)), %rsp
#endif
        pushq   $USER_DATA
        pushq   AT(RSP)(%rdi)
        pushq   AT(RFLAGS)(%rdi)
        pushq   $USER_CODE
        pushq   AT(RIP)(%rdi)
        pushq   AT(RDI)(%rdi)
        mov     AT(RAX)(%rdi), %rax
        mov     AT(RBX)(%rdi), %rbx
        mov     AT(RCX)(%rdi), %rcx
        mov     AT(WORD0)(%rdi), %rdx
        mov     AT(TAG)(%rdi), %rsi
        mov     AT(RBP)(%rdi), %rbp
        mov     AT(WORD2)(%rdi), %r8
        mov     AT(WORD3)(%rdi), %r9
        mov     AT(WORD1)(%rdi), %r10
        mov     AT(R11)(%rdi), %r11
        mov     AT(WORD4)(%rdi), %r12
        mov     AT(WORD5)(%rdi), %r13
        mov     AT(WORD6)(%rdi), %r14
        mov     AT(WORD7)(%rdi), %r15
#if TESSERA_PTI
        mov     x86_door+DOOR_USER_TABLES(%rip), %rdi
        mov     %rdi, %cr3
#endif
        pop     %rdi
door_iretq:
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

/* An interrupt pushed no error code: its vector, less 128, stands in for it. */
trap_event:
        pushq   (%rsp)
        subq    $-128, (%rsp)

/*
 * Exceptions and interrupts. On the stack: ss, rsp, rflags, cs, rip, error code, vector. From user
 * mode all of it goes into the thread object. The flags are the interrupted program's but for
 * interrupts: hence POPF, which also clears AC on processors that have no CLAC.
 */
trap:
        testb   $3, 24(%rsp)
        jz      trap_kernel
        push    %rax
#if TESSERA_PTI
        mov     x86_door+DOOR_KERNEL_TABLES(%rip), %rax
        mov     %rax, %cr3
#endif
        mov     cpu+CPU_FRAME(%rip), %rax
        mov     %rdx, AT(WORD0)(%rax)
        mov     %r10, AT(WORD1)(%rax)
        mov     %r8,  AT(WORD2)(%rax)
        mov     %r9,  AT(WORD3)(%rax)
        mov     %r12, AT(WORD4)(%rax)
        mov     %r13, AT(WORD5)(%rax)
        mov     %r14, AT(WORD6)(%rax)
        mov     %r15, AT(WORD7)(%rax)
        mov     %rdi, AT(RDI)(%rax)
        mov     %rsi, AT(TAG)(%rax)
        mov     %rbx, AT(RBX)(%rax)
        mov     %rbp, AT(RBP)(%rax)
        mov     %rcx, AT(RCX)(%rax)
        mov     %r11, AT(R11)(%rax)
        movq    $1, AT(RESUMED)(%rax)
        popq    AT(RAX)(%rax)
        pop     %rdi                            /* vector */
        pop     %rsi                            /* error code */
        popq    AT(RIP)(%rax)
        pop     %rcx                            /* cs */
        popq    AT(RFLAGS)(%rax)
        popq    AT(RSP)(%rax)
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
 * trap flag and came in by SYSCALL; it ends here. At the IRETQ: the thread cannot be resumed as its
 * registers are (some processors report an instruction pointer that they then do not take back);
 * that is its fault, not ours, and its registers are still all in its object. All else is a
 * defect of kernel or machine.
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
        cmpq    $door_iretq, 16(%rsp)
        je      trap_leaving
        cmpq    $1, (%rsp)
        jne     trap_defect
        andq    $~FLAGS_TRAP, 32(%rsp)
        add     $16, %rsp
        iretq

trap_leaving:
#if TESSERA_PTI
        mov     x86_door+DOOR_KERNEL_TABLES(%rip), %rax
        mov     %rax, %cr3
#endif
        pop     %rdi                            /* vector */
        pop     %rsi                            /* error code */
        mov     cpu+CPU_FRAME(%rip), %rax
        movq    $1, AT(RESUMED)(%rax)
        xor     %edx, %edx
        mov     $(x86_stacks + KERNEL_STACK_TOP), %rsp
        call    entry_fault
        jmp     door_leave

/* What the processor reports whoever runs. The registers are as x86_defect() reads them. */
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
#if TESSERA_PTI
        mov     x86_door+DOOR_KERNEL_TABLES(%rip), %rax
        mov     %rax, %cr3
#endif
        call    x86_defect

/* One door a vector, at equal distances, so that a table of their addresses need not exist. */
        .balign DOOR_BYTES
        .globl  door_exceptions
door_exceptions:
        .set    vector, 0
        .rept   32
        .balign DOOR_BYTES
        .if     !((1 << vector) & PUSH_ERROR)
        pushq   $0
        .endif
        pushq   $vector
        .if     (1 << vector) & URGENT
        jmp     trap_defect
        .else
        jmp     trap
        .endif
        .set    vector, vector + 1
        .endr

        .balign DOOR_BYTES
        .globl  door_events
door_events:
        .rept   224
        .balign DOOR_EVENT_BYTES
        pushq   $(vector - 128)                 /* fits a byte, so all fit the distance */
        jmp     trap_event
        .set    vector, vector + 1
        .endr

        .section .note.GNU-stack, "", @progbits
