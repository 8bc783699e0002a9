/* SPDX-License-Identifier: BSD-2-Clause */
/* Single instructions of x86-64 that C has no words for, and the numbers that go with them. Only
 * this room, the doors and boot use it. Numbers: Intel SDM volumes 3 and 4, AMD APM volume 2. */
#ifndef ARCH_X86_H
#define ARCH_X86_H

#include <stdbool.h>
#include <stdint.h>

#define CR0_MONITOR  0x2ul
#define CR0_EMULATE  0x4ul
#define CR0_SWITCHED 0x8ul
#define CR0_ERRORS   0x20ul
#define CR0_PROTECT  0x10000ul
#define CR4_PAE      0x20ul
#define CR4_CHECK    0x40ul
#define CR4_GLOBAL   0x80ul
#define CR4_FXSR     0x200ul
#define CR4_XMM      0x400ul
#define CR4_UMIP     0x800ul
#define CR4_FSGSBASE 0x10000ul
#define CR4_PCID     0x20000ul
#define CR4_XSAVE    0x40000ul
#define CR4_SMEP     0x100000ul
#define CR4_SMAP     0x200000ul
#define CR3_KEEP     0x8000000000000000ul /* with CR4.PCID: what is cached of this PCID stays */

#define MSR_APIC_BASE    0x1bu
#define MSR_PAT          0x277u
#define MSR_TSC_DEADLINE 0x6e0u
#define MSR_X2APIC       0x800u
#define MSR_EFER         0xc0000080u
#define MSR_STAR         0xc0000081u
#define MSR_LSTAR        0xc0000082u
#define MSR_CSTAR        0xc0000083u
#define MSR_FMASK        0xc0000084u
#define MSR_FS_BASE      0xc0000100u
#define MSR_GS_BASE      0xc0000101u
#define EFER_SYSCALL     0x1ul
#define EFER_NX          0x800ul

/** What CPUID answers. */
struct cpuid {
    uint32_t a, b, c, d;
};

static inline struct cpuid x86_cpuid(uint32_t leaf, uint32_t sub)
{
    struct cpuid r;

    __asm__ volatile("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d) : "a"(leaf), "c"(sub));
    return r;
}

static inline uint64_t x86_rdtsc(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

static inline uint64_t x86_rdmsr(uint32_t msr)
{
    uint32_t low, high;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}

static inline void x86_wrmsr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr"
                     :
                     : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
                     : "memory");
}

static inline uint64_t x86_rdfsbase(void)
{
    uint64_t v;

    __asm__ volatile("rdfsbase %0" : "=r"(v));
    return v;
}

static inline uint64_t x86_rdgsbase(void)
{
    uint64_t v;

    __asm__ volatile("rdgsbase %0" : "=r"(v));
    return v;
}

static inline void x86_wrfsbase(uint64_t v)
{
    __asm__ volatile("wrfsbase %0" : : "r"(v));
}

static inline void x86_wrgsbase(uint64_t v)
{
    __asm__ volatile("wrgsbase %0" : : "r"(v));
}

/* Whether a user left a selector in one of the data segment registers. They are null otherwise, so
 * that they tell the next thread nothing. */
static inline bool x86_segments_used(void)
{
    uint32_t all, one;

    __asm__ volatile("mov %%ds, %0\n\t"
                     "mov %%es, %1\n\t"
                     "or %1, %0\n\t"
                     "mov %%fs, %1\n\t"
                     "or %1, %0\n\t"
                     "mov %%gs, %1\n\t"
                     "or %1, %0"
                     : "=&r"(all), "=&r"(one));
    return all != 0;
}

static inline uint64_t x86_read_cr0(void)
{
    uint64_t v;

    __asm__ volatile("mov %%cr0, %0" : "=r"(v));
    return v;
}

static inline void x86_write_cr0(uint64_t v)
{
    __asm__ volatile("mov %0, %%cr0" : : "r"(v) : "memory");
}

static inline uint64_t x86_read_cr3(void)
{
    uint64_t v;

    __asm__ volatile("mov %%cr3, %0" : "=r"(v));
    return v;
}

static inline void x86_write_cr3(uint64_t v)
{
    __asm__ volatile("mov %0, %%cr3" : : "r"(v) : "memory");
}

static inline uint64_t x86_read_cr4(void)
{
    uint64_t v;

    __asm__ volatile("mov %%cr4, %0" : "=r"(v));
    return v;
}

static inline void x86_write_cr4(uint64_t v)
{
    __asm__ volatile("mov %0, %%cr4" : : "r"(v) : "memory");
}

static inline void x86_invlpg(uint64_t vaddr)
{
    __asm__ volatile("invlpg (%0)" : : "r"(vaddr) : "memory");
}

static inline void x86_copy(uint64_t to, uint64_t from, uint64_t words)
{
    __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
}

static inline void x86_zero(uint64_t address, uint64_t words)
{
    __asm__ volatile("rep stosq" : "+D"(address), "+c"(words) : "a"(0ul) : "memory");
}

static inline uint8_t x86_in8(uint16_t port)
{
    uint8_t v;

    __asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

static inline uint16_t x86_in16(uint16_t port)
{
    uint16_t v;

    __asm__ volatile("inw %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

static inline uint32_t x86_in32(uint16_t port)
{
    uint32_t v;

    __asm__ volatile("inl %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

static inline void x86_out8(uint16_t port, uint8_t v)
{
    __asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port));
}

static inline void x86_out16(uint16_t port, uint16_t v)
{
    __asm__ volatile("outw %0, %1" : : "a"(v), "Nd"(port));
}

static inline void x86_out32(uint16_t port, uint32_t v)
{
    __asm__ volatile("outl %0, %1" : : "a"(v), "Nd"(port));
}

/* A register of a device at a virtual address; the access is exactly one, 32 bits wide. */
static inline uint32_t x86_read32(uint64_t address)
{
    uint32_t v;

    __asm__ volatile("movl (%1), %0" : "=r"(v) : "r"(address) : "memory");
    return v;
}

static inline void x86_write32(uint64_t address, uint32_t v)
{
    __asm__ volatile("movl %0, (%1)" : : "r"(v), "r"(address) : "memory");
}

#endif
