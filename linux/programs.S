/* SPDX-License-Identifier: BSD-2-Clause */
/* Debian's busybox, byte for byte (tools/debian/busybox.sh), for sandboxes without a disk. */
        .section .rodata.busybox, "a", @progbits
        .globl  program_busybox, program_busybox_end
        .balign 4096
program_busybox:
        .incbin BUSYBOX
program_busybox_end:
        .section .note.GNU-stack, "", @progbits
