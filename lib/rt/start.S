/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a component begins: RSP = COMPONENT_STACK_TOP, GS base = this thread's control block. */
        .globl  _start
        .type   _start, @function
_start:
        xor     %ebp, %ebp              /* a backtrace ends here */
        and     $-16, %rsp
        call    rt_start
        ud2
        .size   _start, . - _start

/*
 * Where further threads begin, in rt_thread_body(), on a stack that begins at RSP, which is made
 * what a C function expects.
 */
        .globl  rt_thread_entry
        .type   rt_thread_entry, @function
rt_thread_entry:
        xor     %ebp, %ebp
        and     $-16, %rsp
        call    rt_thread_body
        ud2
        .size   rt_thread_entry, . - rt_thread_entry

/* rt_thread_end_on(stack_top, last, argument): the end of a thread whose stack may go away. */
        .globl  rt_thread_end_on
        .type   rt_thread_end_on, @function
rt_thread_end_on:
        mov     %rdi, %rsp
        xor     %ebp, %ebp
        mov     %rdx, %rdi
        call    *%rsi
        call    rt_thread_end
        ud2
        .size   rt_thread_end_on, . - rt_thread_end_on

/* Where a supervisor sends a thread that is to hang, in tests. */
        .globl  rt_hang
        .type   rt_hang, @function
rt_hang:
        jmp     rt_hang
        .size   rt_hang, . - rt_hang

        .section .note.GNU-stack, "", @progbits
