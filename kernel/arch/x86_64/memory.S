/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a C compiler may call without being asked to, even for freestanding code: copying and
 * clearing of structures. Nobody calls these by name.
 */
        .section .text.memory, "ax"
        .code64

        .globl  memcpy
memcpy:
        mov     %rdi, %rax
        mov     %rdx, %rcx
        rep movsb
        ret

        .globl  memset
memset:
        mov     %rdi, %r8
        mov     %esi, %eax
        mov     %rdx, %rcx
        rep stosb
        mov     %r8, %rax
        ret

        .section .note.GNU-stack, "", @progbits
