/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the kernel starts root: no stack yet. This one is for the first steps only. */
        .section .text._start, "ax", @progbits
        .globl  _start
_start:
        lea     root_stack_top(%rip), %rsp
        xor     %ebp, %ebp
        call    root_main
        ud2

        .section .bss.root_stack, "aw", @nobits
        .align  4096
        .skip   16384
root_stack_top:

        .section .note.GNU-stack, "", @progbits
