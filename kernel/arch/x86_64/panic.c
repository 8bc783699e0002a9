/* SPDX-License-Identifier: BSD-2-Clause */
/* The end: what is said when the kernel cannot go on, and what to do about it. */
#include <arch/arch.h>
#include <arch/start.h>

/** What trap_defect in entry/x86_64/doors.S leaves on the stack. */
struct defect {
    word_t r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax;
    word_t vector, error, rip, cs, rflags, rsp, ss;
};

_Noreturn void x86_defect(const struct defect *d, word_t cr2);

static const char *const exception_names[32] = {
    [0] = "divide error",
    [1] = "debug trap",
    [2] = "non-maskable interrupt: the machine reports a hardware fault",
    [3] = "breakpoint",
    [4] = "overflow",
    [5] = "bound range",
    [6] = "invalid instruction",
    [7] = "FPU used in the kernel",
    [8] = "double fault",
    [10] = "invalid task state",
    [11] = "segment not present",
    [12] = "stack segment fault",
    [13] = "general protection fault",
    [14] = "page fault",
    [16] = "x87 error",
    [17] = "alignment check",
    [18] = "machine check: the processor reports a hardware fault",
    [19] = "SIMD error",
    [21] = "control protection",
};

static void field(const char *name, word_t value)
{
    x86_print(name);
    x86_print_hex(value);
}

static _Noreturn void stop(word_t rip)
{
    field("\n  thread ", cpu.thread);
    field(" page tables ", x86_read_cr3());
    field("\nThe machine is stopped. Name the place:  addr2line -fpe build/kernel.elf ", rip);
    x86_print("\nor run it again under the debugger:       ./tessera debug\n");
    for (;;)
        __asm__ volatile("cli; hlt");
}

_Noreturn void arch_panic(const char *what, word_t a, word_t b)
{
    word_t rip = (word_t)__builtin_return_address(0);

    x86_print("\nTessera kernel panic: ");
    x86_print(what);
    field(" (", a);
    field(", ", b);
    field(")\n  rip ", rip);
    field(" rsp ", (word_t)__builtin_frame_address(0));
    stop(rip);
}

static void registers(const struct defect *d)
{
    field("\n  rip ", d->rip);
    field(" cs ", d->cs);
    field(" rflags ", d->rflags);
    field(" rsp ", d->rsp);
    field(" ss ", d->ss);
    field("\n  rax ", d->rax);
    field(" rbx ", d->rbx);
    field(" rcx ", d->rcx);
    field(" rdx ", d->rdx);
    field("\n  rsi ", d->rsi);
    field(" rdi ", d->rdi);
    field(" rbp ", d->rbp);
    field(" r8 ", d->r8);
    field(" r9 ", d->r9);
    field("\n  r10 ", d->r10);
    field(" r11 ", d->r11);
    field(" r12 ", d->r12);
    field(" r13 ", d->r13);
    field(" r14 ", d->r14);
    field(" r15 ", d->r15);
}

/* The page below a stack is not mapped: hitting it means that the stack was too small. */
static bool in_guard(word_t address)
{
    word_t at = address - (word_t)x86_stacks;

    if (at >= STACKS_BYTES)
        return false;
    return at < PAGE_BYTES || (at >= KERNEL_STACK_TOP && ((at - KERNEL_STACK_TOP) & 0x1000) == 0);
}

/**
 * An exception where there must not be one. Called by the doors only.
 * @param d registers @param cr2 address of the last page fault
 */
_Noreturn void x86_defect(const struct defect *d, word_t cr2)
{
    const char *name = d->vector < 32 ? exception_names[d->vector] : "interrupt in the kernel";

    x86_print("\nTessera kernel panic: ");
    x86_print(name ? name : "unknown exception");
    if ((d->vector == 8 || d->vector == 14) && in_guard(cr2))
        x86_print(": the kernel stack overflowed");
    field(" (vector ", d->vector);
    field(", error ", d->error);
    field(", address ", cr2);
    x86_print(d->cs & 3 ? ") in user mode" : ") in the kernel");
    registers(d);
    stop(d->rip);
}
