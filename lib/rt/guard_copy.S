/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bool rt_guard_copy(void *to, const void *from, size_t size): after a fault the thread goes on at
 * rt_guard_landing with nothing but its stack, so what a function must keep is there.
 */
        .globl  rt_guard_copy, rt_guard_first, rt_guard_last, rt_guard_landing
        .type   rt_guard_copy, @function
rt_guard_copy:
        push    %rbp
        mov     %rsp, %rbp
        push    %rbx
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        mov     %rdx, %rcx
rt_guard_first:
        rep movsb
rt_guard_last:
        mov     $1, %eax
        add     $40, %rsp
        pop     %rbp
        ret
rt_guard_landing:
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbx
        pop     %rbp
        xor     %eax, %eax
        ret
        .size   rt_guard_copy, . - rt_guard_copy

        .section .note.GNU-stack, "", @progbits
