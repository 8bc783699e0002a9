/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first instructions: from the 32-bit protected mode, without paging, in which both loaders
 * leave the processor, to C in 64-bit mode at the kernel's own addresses.
 *
 *   PVH        (Xen's x86/HVM direct boot ABI): entry from the note, ebx = start information
 *   Multiboot2 (specification 2.0): entry from the header, eax = its magic, ebx = information
 *
 * Page tables made here map the first 4 GiB three times: at 0 for this code, at DIRECT_MAP for
 * boot's C code, and the first GiB at KERNEL_BASE. They are replaced by those of tables.c.
 */
#include <arch/layout.h>

#include "loader.h"

#define PTE_TABLE 0x3           /* present, writable */
#define PTE_LARGE 0x83          /* the same, 2 MiB */
#define TOP_ENTRY(a)  (8 * (((a) >> 39) & 511))
#define HIGH_ENTRY(a) (8 * (((a) >> 30) & 511))

        .section .start.header, "a"
        .balign 8
multiboot2:
        .long   0xe85250d6              /* magic */
        .long   0                       /* i386, protected mode */
        .long   multiboot2_end - multiboot2
        .long   -(0xe85250d6 + (multiboot2_end - multiboot2))
        .balign 8                       /* entry address */
        .short  3, 0
        .long   12
        .long   start_multiboot2
        .balign 8                       /* modules on page boundaries */
        .short  6, 0
        .long   8
        .balign 8                       /* end */
        .short  0, 0
        .long   8
multiboot2_end:

        .section .note.pvh, "a", @note
        .balign 4
        .long   4, 8, 18                /* XEN_ELFNOTE_PHYS32_ENTRY */
        .asciz  "Xen"
        .quad   boot_start

        .section .start.text, "ax"
        .code32
        .globl  boot_start
boot_start:
        mov     $LOADER_PVH, %ebp
        jmp     start
start_multiboot2:
        mov     $LOADER_MULTIBOOT2, %ebp
        cmp     $0x36d76289, %eax
        je      start
        mov     $LOADER_UNKNOWN, %ebp

start:
        cli
        cld
        mov     $start_stack_top, %esp
        mov     $0x80000000, %eax
        push    %ebx
        cpuid
        mov     $message_mode, %esi
        cmp     $0x80000001, %eax
        jb      refuse
        mov     $0x80000001, %eax
        cpuid
        bt      $29, %edx               /* long mode */
        jnc     refuse
        mov     $message_nx, %esi
        bt      $20, %edx               /* no-execute */
        jnc     refuse
        pop     %ebx

        mov     $early_direct, %edi     /* 4 tables of 512 entries of 2 MiB */
        mov     $PTE_LARGE, %eax
        xor     %edx, %edx
1:      mov     %eax, (%edi)
        mov     %edx, 4(%edi)
        add     $8, %edi
        add     $0x200000, %eax
        jnc     1b                      /* wraps at 4 GiB */

        mov     $(early_direct + PTE_TABLE), %eax
        mov     %eax, early_low + 0
        add     $4096, %eax
        mov     %eax, early_low + 8
        add     $4096, %eax
        mov     %eax, early_low + 16
        add     $4096, %eax
        mov     %eax, early_low + 24
        movl    $(early_direct + PTE_TABLE), early_high + HIGH_ENTRY(KERNEL_BASE)
        movl    $(early_low + PTE_TABLE), early_top
        movl    $(early_low + PTE_TABLE), early_top + TOP_ENTRY(DIRECT_MAP)
        movl    $(early_high + PTE_TABLE), early_top + TOP_ENTRY(KERNEL_BASE)

        mov     %cr4, %eax
        or      $0x20, %eax             /* PAE */
        mov     %eax, %cr4
        mov     $early_top, %eax
        mov     %eax, %cr3
        mov     $0xc0000080, %ecx       /* EFER */
        rdmsr
        or      $0x900, %eax            /* long mode, no-execute */
        wrmsr
        mov     %cr0, %eax
        or      $0x80010001, %eax       /* paging, write protection, protected mode */
        mov     %eax, %cr0
        lgdt    start_gdt_pointer
        ljmp    $KERNEL_CODE, $start64

        .code64
start64:
        xor     %eax, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %fs
        mov     %eax, %gs
        mov     %eax, %ss
        mov     $(x86_stacks + KERNEL_STACK_TOP), %rsp
        mov     %ebp, %edi
        mov     %ebx, %esi
        mov     $boot_main, %rax
        call    *%rax
        ud2

/* esi: text. On the first serial port, with the settings that the firmware left. */
        .code32
refuse:
        mov     $0x3f8, %dx
        lodsb
        test    %al, %al
        jz      2f
        outb    %al, %dx
        mov     $0x3fd, %dx
        mov     $100000, %ecx
1:      inb     %dx, %al
        test    $0x20, %al
        loopz   1b
        jmp     refuse
2:      hlt
        jmp     2b

message_mode:
        .ascii  "\r\nTessera cannot start: this processor has no 64-bit mode.\r\n"
        .asciz  "What to do: use an x86-64 machine (QEMU: -cpu qemu64 or max).\r\n"
message_nx:
        .ascii  "\r\nTessera cannot start: this processor cannot forbid execution of data (NX).\r\n"
        .asciz  "What to do: switch NX on in the firmware (QEMU: -cpu qemu64 or max).\r\n"

        .section .start.data, "aw"
        .balign 8
start_gdt:
        .quad   0
        .quad   0x00af9b000000ffff      /* KERNEL_CODE: 64-bit */
start_gdt_pointer:
        .short  15
        .long   start_gdt

        .section .start.bss, "aw", @nobits
        .balign 4096
early_top:      .skip 4096
early_low:      .skip 4096
early_high:     .skip 4096
early_direct:   .skip 4 * 4096
                .skip 256
start_stack_top:

        .section .note.GNU-stack, "", @progbits
