/* SPDX-License-Identifier: BSD-2-Clause */
/* The files that a sandbox without a disk begins with: a cpio archive (tools/build/linux.mk). */
        .section .rodata.programs, "a", @progbits
        .globl  programs, programs_end
        .balign 4096
programs:
        .incbin PROGRAMS
programs_end:
        .section .note.GNU-stack, "", @progbits
