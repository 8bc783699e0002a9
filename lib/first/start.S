/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the kernel starts the first component: no stack yet. */
        .globl  _start, first_stack_end
_start:
        lea     first_stack_end(%rip), %rsp
        xor     %ebp, %ebp
        call    first_main
        mov     %eax, %edi
        call    first_exit

        .section .bss
        .align  4096
        .skip   65536
first_stack_end:

        .section .note.GNU-stack, "", @progbits
