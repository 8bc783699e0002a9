/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The processor: what it must have, what it may have and is then used, and its tables.
 * CPUID bits: Intel SDM volume 2, CPUID; AMD APM volume 3, appendix E.
 */
#include <arch/arch.h>
#include <arch/start.h>
#include <entry/doors.h>

#include "steps.h"

#define PAT_VALUE 0x0007040600070106ul /* as after reset, but entry 1: write-combining */
#define STAR_BITS (0x0010ul << 48 | (word_t)KERNEL_CODE << 32)
#define CLEAR_ALL 0x3ffffdul /* every flag: SYSCALL comes in with none set */

/* CPUID leaf 1. */
#define ECX1_PCID       (1u << 17)
#define ECX1_X2APIC     (1u << 21)
#define ECX1_DEADLINE   (1u << 24)
#define ECX1_XSAVE      (1u << 26)
#define ECX1_HYPERVISOR (1u << 31)
#define EDX1_TSC        (1u << 4)
#define EDX1_MCE        (1u << 7)
#define EDX1_APIC       (1u << 9)
#define EDX1_PGE        (1u << 13)
#define EDX1_PAT        (1u << 16)
#define EDX1_FXSR       (1u << 24)
#define EDX1_SSE2       (1u << 26)
/* CPUID leaf 7. */
#define EBX7_FSGSBASE (1u << 0)
#define EBX7_SMEP     (1u << 7)
#define EBX7_SMAP     (1u << 20)
#define ECX7_UMIP     (1u << 2)
/* CPUID leaf 0x80000001. */
#define EDX81_SYSCALL (1u << 11)
#define EDX81_HUGE    (1u << 26)

static bool has_leaf(uint32_t leaf)
{
    return x86_cpuid(leaf & 0x80000000, 0).a >= leaf;
}

static void check(void)
{
    static const char fix[] = "use an x86-64 machine (QEMU: -cpu qemu64 or max)";
    uint32_t need = EDX1_TSC | EDX1_APIC | EDX1_PGE | EDX1_PAT | EDX1_FXSR | EDX1_SSE2;

    if ((x86_cpuid(1, 0).d & need) != need)
        boot_refuse("this processor lacks one of TSC, APIC, PGE, PAT, FXSR, SSE2", fix);
    if (!(x86_cpuid(0x80000001, 0).d & EDX81_SYSCALL))
        boot_refuse("this processor lacks the SYSCALL instruction", fix);
}

static bool spells(uint32_t a, uint32_t b, uint32_t c, const char name[13])
{
    const uint32_t words[3] = {a, b, c};
    unsigned i = 0;

    while (i < 12 && (words[i / 4] >> i % 4 * 8 & 0xff) == (uint8_t)name[i])
        i++;
    return i == 12;
}

/*
 * CR0.TS makes XSAVE and XRSTOR trap too, without which the FPU cannot be switched when it is
 * used. It does not in QEMU's emulation (7.2), which says that it is that unless tcg-cpuid=off: no
 * XSAVE there, and so no AVX.
 */
static bool xsave_traps(void)
{
    struct cpuid host = x86_cpuid(0x40000000, 0);

    return !(x86_cpuid(1, 0).c & ECX1_HYPERVISOR) ||
           !spells(host.b, host.c, host.d, "TCGTCGTCGTCG");
}

static word_t control4(void)
{
    struct cpuid one = x86_cpuid(1, 0);
    struct cpuid seven = {0};
    word_t cr4 = CR4_PAE | CR4_FXSR | CR4_XMM; /* and nothing that firmware left */

    if (has_leaf(7))
        seven = x86_cpuid(7, 0);
    if (one.d & EDX1_MCE)
        cr4 |= CR4_CHECK;
    if (one.c & ECX1_XSAVE && xsave_traps())
        cr4 |= CR4_XSAVE;
    if (!TESSERA_PTI)
        cr4 |= CR4_GLOBAL | (one.c & ECX1_PCID ? CR4_PCID : 0);
    if (seven.b & EBX7_FSGSBASE)
        cr4 |= CR4_FSGSBASE;
    if (seven.b & EBX7_SMEP)
        cr4 |= CR4_SMEP;
    if (seven.b & EBX7_SMAP)
        cr4 |= CR4_SMAP;
    if (seven.c & ECX7_UMIP)
        cr4 |= CR4_UMIP;
    return cr4;
}

static void write_xcr0(word_t value)
{
    __asm__ volatile("xsetbv" : : "c"(0), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

/* x87, SSE and AVX are saved, nothing else: 832 bytes. Who makes processors that do not let
 * programs guess registers is known; the others may. */
static void fpu_start(word_t cr4)
{
    struct cpuid maker = x86_cpuid(0, 0);

    x86_write_cr0((x86_read_cr0() & ~CR0_EMULATE) | CR0_MONITOR | CR0_ERRORS | CR0_PROTECT);
    if (cr4 & CR4_XSAVE) {
        write_xcr0(x86_cpuid(13, 0).a & 7);
        x86_features.fpu_kind = x86_cpuid(13, 1).a & 1 ? FPU_XSAVEOPT : FPU_XSAVE;
    }
    x86_features.fpu_guessed = !spells(maker.b, maker.d, maker.c, "AuthenticAMD") &&
                               !spells(maker.b, maker.d, maker.c, "HygonGenuine");
    x86_fpu_own();
    x86_fpu_leave();
}

static void features_start(void)
{
    word_t cr4 = control4();

    x86_write_cr4(cr4 & ~CR4_PCID); /* PCIDs come on with the kernel's own tables */
    fpu_start(cr4);
    x86.fsgsbase = (cr4 & CR4_FSGSBASE) != 0;
    x86.huge_frames = (x86_cpuid(0x80000001, 0).d & EDX81_HUGE) != 0;
    x86.pcid = (cr4 & CR4_PCID) != 0;
    x86_features.tsc_deadline = (x86_cpuid(1, 0).c & ECX1_DEADLINE) != 0;
    x86_features.x2apic =
        (x86_cpuid(1, 0).c & ECX1_X2APIC) && (x86_rdmsr(MSR_APIC_BASE) & 0x400) != 0;
    x86_wrmsr(MSR_PAT, PAT_VALUE);
}

static void gdt_start(void)
{
    word_t task = (word_t)&x86_task;
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) pointer = {sizeof x86_gdt - 1, (word_t)x86_gdt};

    x86_gdt[KERNEL_CODE / 8] = 0x00af9b000000fffful;
    x86_gdt[KERNEL_DATA / 8] = 0x00cf93000000fffful;
    x86_gdt[USER_DATA / 8] = 0x00cff3000000fffful;
    x86_gdt[USER_CODE / 8] = 0x00affb000000fffful;
    x86_gdt[TASK_STATE / 8] =
        (sizeof x86_task - 1) | (task & 0xffffff) << 16 | 0x89ul << 40 | (task >> 24 & 0xff) << 56;
    x86_gdt[TASK_STATE / 8 + 1] = task >> 32;
    __asm__ volatile("lgdt %0" : : "m"(pointer));
    __asm__ volatile("mov %0, %%ss" : : "r"(KERNEL_DATA));
}

static void task_set(unsigned word, word_t value)
{
    x86_task.words[word] = (uint32_t)value;
    x86_task.words[word + 1] = (uint32_t)(value >> 32);
}

static void task_start(void)
{
    task_set(1,
             (word_t)x86_stacks + (TESSERA_PTI ? URGENT_STACK_TOP(DOOR_STACK) : KERNEL_STACK_TOP));
    for (unsigned i = 1; i <= URGENT_STACKS; i++)
        task_set(7 + 2 * i, (word_t)x86_stacks + URGENT_STACK_TOP(i));
    x86_task.words[25] = sizeof x86_task << 16; /* no I/O permission map: users have no ports */
    __asm__ volatile("ltr %w0" : : "r"(TASK_STATE));
}

static unsigned urgent_stack(unsigned vector)
{
    switch (vector) {
    case 1:
        return URGENT_DEBUG;
    case 2:
        return URGENT_NMI;
    case 8:
        return URGENT_DOUBLE;
    case 18:
        return URGENT_CHECK;
    default:
        return 0;
    }
}

/* All are interrupt gates; INT3 and INTO may come from users (3, 4), the others only by event. */
static void idt_start(void)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) pointer = {sizeof x86_idt - 1, (word_t)x86_idt};

    for (unsigned v = 0; v < IDT_ENTRIES; v++) {
        word_t door = v < 32 ? (word_t)door_exceptions + v * DOOR_BYTES
                             : (word_t)door_events + (v - 32) * DOOR_EVENT_BYTES;
        word_t type = v == 3 || v == 4 ? 0xee : 0x8e;
        x86_idt[v][0] = (door & 0xffff) | (word_t)KERNEL_CODE << 16 |
                        (word_t)urgent_stack(v) << 32 | type << 40 | (door >> 16 & 0xffff) << 48;
        x86_idt[v][1] = door >> 32;
    }
    __asm__ volatile("lidt %0" : : "m"(pointer));
}

void cpu_start(void)
{
    check();
    gdt_start();
    task_start();
    idt_start();
    features_start();
    arch_thread_switch(NIL);
    x86_wrmsr(MSR_EFER, x86_rdmsr(MSR_EFER) | EFER_SYSCALL | EFER_NX);
    x86_wrmsr(MSR_STAR, STAR_BITS);
    x86_wrmsr(MSR_LSTAR, (word_t)door_syscall);
    x86_wrmsr(MSR_FMASK, CLEAR_ALL);
}

word_t cpu_physical_end(void)
{
    word_t bits = has_leaf(0x80000008) ? x86_cpuid(0x80000008, 0).a & 0xff : 36;

    return 1ul << (bits > 46 ? 46 : bits);
}
