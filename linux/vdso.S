/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Code that is mapped into every program. Signal handlers are entered and left through it: the FPU's
 * state is saved and restored by the program itself, since only the thread can do that.
 * vdso_priv.h says where the entries are.
 */
#define SIGRETURN 463

        .section .rodata.vdso, "a", @progbits
        .globl  vdso_code, vdso_code_end, vdso_plain, vdso_plain_end
        .balign 64
/* With XSAVE. */
vdso_code:
        mov     $7, %eax
        xor     %edx, %edx
        xsave64 (%rcx)
        mov     %r8, %rdx
        xor     %eax, %eax
        jmp     *%r9
        .balign 64, 0xcc
        mov     $7, %eax
        xor     %edx, %edx
        xrstor64 (%rcx)
        mov     $SIGRETURN, %eax
        syscall
        ud2
vdso_code_end:
        .balign 64
/* Without. */
vdso_plain:
        fxsave64 (%rcx)
        mov     %r8, %rdx
        xor     %eax, %eax
        jmp     *%r9
        .balign 64, 0xcc
        fxrstor64 (%rcx)
        mov     $SIGRETURN, %eax
        syscall
        ud2
vdso_plain_end:
        .section .note.GNU-stack, "", @progbits
