/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs of a few instructions that knock at the kernel's doors in every way that the processor
 * has. Each ends in an exception, which doors.c compares with what the table says.
 */

/* CASE name, vector, error: the program follows; the exception is reported at its label 9.
 * 0xffff and 0 stand for what processors, or QEMU and processors, do not agree on. */
        .macro  CASE name, vector, error, ip=9f
        .section .rodata.str, "aMS", @progbits, 1
7:      .asciz  "\name"
        .section .rodata.cases, "a"
        .quad   7b, 8f, \vector, \error, \ip
        .text
8:
        .endm

        .section .rodata.cases, "a"
        .balign 8
        .globl  door_cases
door_cases:

        CASE "an invalid instruction", 6, 0
9:      ud2
        CASE "a breakpoint, reported behind it", 3, 0
        int3
9:      nop
        CASE "a division by zero", 0, 0
        xor     %ecx, %ecx
9:      div     %ecx
        CASE "INT 0x80 is no door", 13, 0xffff
9:      int     $0x80
        CASE "INT 2 does not reach the NMI's door", 13, 0xffff
9:      int     $2
        CASE "INT 0x31 does not reach an interrupt's door", 13, 0xffff
9:      int     $0x31
        CASE "HLT", 13, 0
9:      hlt
        CASE "CLI", 13, 0
9:      cli
        CASE "IN", 13, 0
        mov     $0x3f8, %edx
9:      in      %dx, %al
        CASE "OUT", 13, 0
        mov     $0xf4, %edx
9:      out     %al, %dx
        CASE "reading CR0", 13, 0
9:      mov     %cr0, %rax
        CASE "writing CR3", 13, 0
        xor     %eax, %eax
9:      mov     %rax, %cr3
        CASE "WRMSR", 13, 0
        mov     $0xc0000082, %ecx
9:      wrmsr
        CASE "LGDT", 13, 0
9:      lgdt    (%rsp)
        CASE "SWAPGS", 13, 0
9:      swapgs
        CASE "SYSRET", 13, 0
9:      sysretq
        CASE "INVLPG", 13, 0
9:      invlpg  (%rsp)
        CASE "an address that is none", 13, 0
        mov     $0x8000000000000000, %rsi
9:      mov     (%rsi), %al
        CASE "a page that is not mapped", 14, 4
        mov     $0x7000000000, %rsi
9:      mov     (%rsi), %al
        CASE "writing to text", 14, 7
        lea     door_cases(%rip), %rsi
9:      movb    $0, 9b(%rip)
        CASE "executing the stack", 14, 0x15, 0
        movb    $0xc3, -64(%rsp)
        lea     -64(%rsp), %rsi
        mov     $0, %eax
        jmp     *%rsi
        CASE "the kernel's text", 14, 0xffff
        mov     $0xffffffff80212000, %rsi
9:      mov     (%rsi), %al
        CASE "the kernel's view of memory", 14, 0xffff
        mov     $0xffff800000400000, %rsi
9:      mov     (%rsi), %al
        CASE "the last page of the lower half", 14, 4
        mov     $0x00007ffffffff000, %rsi
9:      mov     (%rsi), %al
        CASE "a single step", 1, 0
        pushfq
        orq     $0x100, (%rsp)
        popfq
        nop
9:      nop
        CASE "a system call leaves the trap flag on", 1, 0, 0
        mov     $99, %eax
        pushfq
        orq     $0x100, (%rsp)
        popfq
        syscall
        nop
        nop
        CASE "a system call leaves direction and AC as they were", 3, 0
        pushfq
        orq     $0x40400, (%rsp)
        popfq
        mov     $99, %eax
        syscall
        pushfq
        pop     %rdx
        and     $0x40400, %edx
        cmp     $0x40400, %edx
        jne     bad
        cmp     $1, %eax                /* E_CALL */
        jne     bad
        int3
9:      nop
        CASE "a system call with a stack pointer that is none", 3, 0
        mov     $0xdeadbeefdeadbeef, %rsp
        mov     $99, %eax
        syscall
        mov     $0xdeadbeefdeadbeef, %rdx
        cmp     %rdx, %rsp
        jne     bad
        int3
9:      nop
        CASE "a system call with the kernel's stack pointer", 3, 0
        mov     $0xffffffff80212000, %rsp
        mov     $99, %eax
        syscall
        int3
9:      nop
        CASE "an exception with the kernel's stack pointer", 6, 0
        mov     $0xffffffff80212000, %rsp
9:      ud2
        CASE "a push onto the kernel", 14, 0xffff
        mov     $0xffffffff80212000, %rsp
9:      push    %rax
        CASE "a system call keeps the registers that are not its own", 3, 0
        mov     $99, %eax
        mov     $0x1234, %ebp
        mov     $0x2345, %ebx
        mov     $0x3456, %r15d
        syscall
        cmp     $0x1234, %ebp
        jne     bad
        cmp     $0x2345, %ebx
        jne     bad
        cmp     $0x3456, %r15d
        jne     bad
        int3
9:      nop

        .section .rodata.cases, "a"
        .globl  door_cases_end
door_cases_end:

        .text
bad:    ud2

/* A register holds rdi + n, or the program ends. */
        .macro  CHECK register, n
        sub     %rdi, %\register
        cmp     $\n, %\register
        jne     bad
        add     %rdi, %\register
        .endm

/* All registers hold numbers made from the argument, many times over, while others run. */
        .globl  door_spin
door_spin:
        sub     $64, %rsp
        movq    $2000000, (%rsp)
        mov     %rdi, 8(%rsp)
        mov     %rsp, 16(%rsp)
        fildll  8(%rsp)
        movq    %rdi, %xmm0
        movq    %rdi, %xmm15
        lea     1(%rdi), %rax
        lea     2(%rdi), %rbx
        lea     3(%rdi), %rcx
        lea     4(%rdi), %rdx
        lea     5(%rdi), %rsi
        lea     6(%rdi), %rbp
        lea     7(%rdi), %r8
        lea     8(%rdi), %r9
        lea     9(%rdi), %r10
        lea     10(%rdi), %r11
        lea     11(%rdi), %r12
        lea     12(%rdi), %r13
        lea     13(%rdi), %r14
        lea     14(%rdi), %r15
1:      CHECK   rax, 1
        CHECK   rbx, 2
        CHECK   rcx, 3
        CHECK   rdx, 4
        CHECK   rsi, 5
        CHECK   rbp, 6
        CHECK   r8, 7
        CHECK   r9, 8
        CHECK   r10, 9
        CHECK   r11, 10
        CHECK   r12, 11
        CHECK   r13, 12
        CHECK   r14, 13
        CHECK   r15, 14
        cmp     %rdi, 8(%rsp)
        jne     bad
        cmp     %rsp, 16(%rsp)
        jne     bad
        movq    %xmm0, 24(%rsp)
        cmp     %rdi, 24(%rsp)
        jne     bad
        movq    %xmm15, 24(%rsp)
        cmp     %rdi, 24(%rsp)
        jne     bad
        fld     %st(0)
        fistpll 24(%rsp)
        cmp     %rdi, 24(%rsp)
        jne     bad
        decq    (%rsp)
        jnz     1b
        int3

        .globl  door_segments
door_segments:
        mov     $0x1b, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %fs
        mov     %eax, %gs
        int3

        .globl  door_tls
door_tls:
        mov     %ds, %eax
        mov     %es, %ecx
        or      %ecx, %eax
        mov     %fs, %ecx
        or      %ecx, %eax
        mov     %gs, %ecx
        or      %ecx, %eax
        jnz     bad
        cmp     %rdi, %fs:0
        jne     bad
        cmp     %rdi, %gs:0
        jne     bad
        int3

        .section .note.GNU-stack, "", @progbits
