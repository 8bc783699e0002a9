/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The page that programs know as the vDSO (AT_SYSINFO_EHDR, vdso(7)): an ELF image with functions
 * that tell the time without a system call. What they need to know is in the page before it
 * (struct vdso_data). Copied and mapped by vdso.c, which puts the code of vdso.S behind it.
 */
#define DATA_TICKS   -4096 /* offsets from the image: ticks of the processor's clock in a second */
#define DATA_SECONDS -4088 /* what CLOCK_REALTIME is ahead of CLOCK_MONOTONIC */
#define DATA_NS      -4080

        .section .rodata.vdso_image, "a", @progbits
        .globl  vdso_image, vdso_image_end
        .balign 64
#define at(label) ((label) - vdso_image)
vdso_image:
        .byte   0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0
        .short  3, 62                           /* a shared object for x86-64 */
        .long   1
        .quad   0, at(segments), 0
        .long   0
        .short  64, 56, 2, 64, 0, 0
segments:
        .long   1, 5                            /* all of it, to read and execute */
        .quad   0, 0, 0, 4096, 4096, 4096
        .long   2, 4                            /* what is known of it */
        .quad   at(dynamic), at(dynamic), at(dynamic), dynamic_end - dynamic
        .quad   dynamic_end - dynamic, 8
dynamic:
        .quad   14, at(name) - at(strings)      /* SONAME */
        .quad   4, at(hash)
        .quad   5, at(strings)
        .quad   6, at(symbols)
        .quad   10, strings_end - strings       /* STRSZ */
        .quad   11, 24                          /* SYMENT */
        .quad   0, 0
dynamic_end:
hash:   /* one bucket: a list of all symbols */
        .long   1, 4, 1
        .long   0, 2, 3, 0
        .balign 8
symbols:
        .quad   0, 0, 0
#define SYMBOL(text, function)                                                                     \
        .long   at(text) - at(strings);                                                            \
        .byte   0x12, 0;                        /* global, a function */                           \
        .short  1;                                                                                 \
        .quad   at(function), function##_end - function
        SYMBOL(name_clock_gettime, clock_gettime)
        SYMBOL(name_gettimeofday, gettimeofday)
        SYMBOL(name_time, time)
strings:
        .byte   0
name:   .asciz  "linux-vdso.so.1"
name_clock_gettime:
        .asciz  "__vdso_clock_gettime"
name_gettimeofday:
        .asciz  "__vdso_gettimeofday"
name_time:
        .asciz  "__vdso_time"
strings_end:

        .balign 16
/* R8: seconds, RAX: nanoseconds of CLOCK_MONOTONIC, as rt_ticks_to_ns() has them. RCX, RDX lost. */
monotonic:
        rdtsc
        shl     $32, %rdx
        or      %rdx, %rax
        xor     %edx, %edx
        mov     vdso_image + DATA_TICKS(%rip), %rcx
        div     %rcx
        mov     %rax, %r8
        mov     $1000000000, %eax
        mul     %rdx
        div     %rcx
        ret
/* The same of CLOCK_REALTIME. */
realtime:
        call    monotonic
        add     vdso_image + DATA_SECONDS(%rip), %r8
        add     vdso_image + DATA_NS(%rip), %rax
        cmp     $1000000000, %rax
        jb      1f
        sub     $1000000000, %rax
        inc     %r8
1:      ret

        .balign 16
clock_gettime:                                  /* EDI: clock, RSI: struct timespec */
        test    $~5, %edi                       /* REALTIME and its coarse one: 0, 5 */
        jz      2f                              /* or one of the two below */
        cmp     $7, %edi                        /* BOOTTIME */
        je      1f
        cmp     $6, %edi                        /* MONOTONIC_COARSE */
        je      1f
3:      mov     $228, %eax
        syscall
        ret
2:      cmp     $1, %edi
        je      1f
        cmp     $4, %edi                        /* MONOTONIC_RAW */
        je      1f
        call    realtime
        jmp     4f
1:      call    monotonic
4:      mov     %r8, (%rsi)
        mov     %rax, 8(%rsi)
        xor     %eax, %eax
        ret
clock_gettime_end:

        .balign 16
gettimeofday:                                   /* RDI: struct timeval or 0, RSI: zone or 0 */
        test    %rdi, %rdi
        jz      1f
        call    realtime
        xor     %edx, %edx
        mov     $1000, %ecx
        div     %rcx
        mov     %r8, (%rdi)
        mov     %rax, 8(%rdi)
1:      test    %rsi, %rsi
        jz      2f
        movq    $0, (%rsi)
2:      xor     %eax, %eax
        ret
gettimeofday_end:

        .balign 16
time:                                           /* RDI: where it is put too, or 0 */
        call    realtime
        mov     %r8, %rax
        test    %rdi, %rdi
        jz      1f
        mov     %rax, (%rdi)
1:      ret
time_end:
vdso_image_end:
        .section .note.GNU-stack, "", @progbits
