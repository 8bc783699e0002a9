/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registers that are not saved at each entry: those of the FPU, and the segment registers.
 *
 * The FPU is switched when somebody uses it, not before: the registers in it belong to
 * x86.fpu_owner, and while another thread runs CR0.TS makes its first use trap. State is x87, SSE
 * and AVX: at most 832 bytes in the Thread object. Threads that compute nothing with it pay
 * nothing.
 *
 * Some processors let programs guess what is in registers that trap (LazyFP, CVE-2018-3665). There
 * the owner's are saved when another thread goes on, which finds its own in the FPU, or if it has
 * never used it clear ones that trap.
 */
#include <arch/arch.h>
#include <arch/start.h>

#define FPU_CONTROL  0x37ful  /* all x87 errors masked, 64-bit precision: as after FNINIT */
#define FPU_MXCSR    0x1f80ul /* all SSE errors masked */
#define FPU_GRANULES 13u
_Static_assert(THREAD_FPU + FPU_GRANULES <= THREAD_GRANULES, "the FPU state fits the thread");

/* What a thread begins with: the legacy area, and a header that says that the rest is initial. */
static struct {
    uint16_t control;
    uint8_t pad[22];
    uint32_t mxcsr;
    uint8_t rest[548];
} __attribute__((aligned(64))) initial = {.control = FPU_CONTROL, .mxcsr = FPU_MXCSR};
_Static_assert(sizeof initial == 576, "512 bytes and the header");

static void save(ref_t t)
{
    word_t area = thread_fpu(t);

    if (x86_features.fpu_kind == FPU_XSAVEOPT)
        __asm__ volatile("xsaveopt64 (%0)" : : "r"(area), "a"(7), "d"(0) : "memory");
    else if (x86_features.fpu_kind == FPU_XSAVE)
        __asm__ volatile("xsave64 (%0)" : : "r"(area), "a"(7), "d"(0) : "memory");
    else
        __asm__ volatile("fxsave64 (%0)" : : "r"(area) : "memory");
}

/* AMD's FXRSTOR leaves the address of the last x87 instruction alone unless an error is pending;
 * loading something here makes sure that it is not the last owner's. */
static void restore(word_t area)
{
    static const uint32_t zero;

    __asm__ volatile("fnclex; emms; fildl %0" : : "m"(zero));
    if (x86_features.fpu_kind == FPU_FXSAVE)
        __asm__ volatile("fxrstor64 (%0)" : : "r"(area) : "memory");
    else
        __asm__ volatile("xrstor64 (%0)" : : "r"(area), "a"(7), "d"(0) : "memory");
}

static void trap(word_t on)
{
    if (on)
        x86_write_cr0(x86_read_cr0() | CR0_SWITCHED);
    else
        __asm__ volatile("clts");
    x86.fpu_off = on;
}

/* Nobody's registers are in the FPU. */
static void empty(void)
{
    x86.fpu_owner = NIL;
    if (x86_features.fpu_guessed)
        restore((word_t)&initial);
    trap(1);
}

/* The next thread's come instead of the owner's, if it has any. Saves all registers itself, so that
 * x86_fpu_leave() need not. */
SAVES_ALL static __attribute__((noinline)) void exchange(void)
{
    ref_t next = cpu.thread;

    if (x86.fpu_owner != NIL)
        save(x86.fpu_owner);
    if (next == NIL || !thread_fpu_used(next)) {
        empty();
        return;
    }
    restore(thread_fpu(next));
    x86.fpu_owner = next;
}

/** cpu.thread goes on and owns the FPU, which traps. For arch_thread_switch() and boot. */
SAVES_ALL void x86_fpu_own(void)
{
    trap(0);
}

/** cpu.thread goes on and does not own the FPU, which works. For arch_thread_switch() and boot. */
SAVES_ALL void x86_fpu_leave(void)
{
    if (x86_features.fpu_guessed)
        exchange();
    else
        trap(1);
}

void arch_fpu_trap(void)
{
    ref_t t = cpu.thread;

    trap(0);
    if (x86.fpu_owner != NIL)
        save(x86.fpu_owner);
    restore(thread_fpu(t));
    x86.fpu_owner = t;
    thread_set_fpu_used(t, 1);
}

void arch_fpu_init(ref_t t)
{
    K_WORD(thread_fpu(t), 0, 0) = FPU_CONTROL;
    K_WORD(thread_fpu(t), 0, 3) =
        FPU_MXCSR; /* byte 24; an empty XSTATE_BV says that the rest is initial */
}

void arch_fpu_forget(ref_t t)
{
    if (x86.bases_owner == t)
        x86.bases_owner = NIL;
    if (x86.fpu_owner == t)
        empty();
}

/** Makes all data segment registers null, which may change the bases. */
void x86_segments_clear(void)
{
    __asm__ volatile("mov %0, %%ds; mov %0, %%es; mov %0, %%fs; mov %0, %%gs" : : "r"(0));
}

static void bases_read(ref_t t)
{
    thread_set_fs_base(t, x86_rdfsbase());
    thread_set_gs_base(t, x86_rdgsbase());
}

static void bases_write(ref_t t)
{
    if (x86.fsgsbase) {
        x86_wrfsbase(thread_fs_base(t));
        x86_wrgsbase(thread_gs_base(t));
        return;
    }
    x86_wrmsr(MSR_FS_BASE, thread_fs_base(t));
    x86_wrmsr(MSR_GS_BASE, thread_gs_base(t));
}

/**
 * The long way of arch_thread_switch(): selectors were loaded, or the processor lacks FSGSBASE, in
 * which case users cannot change a base but by loading a selector, and get theirs back here.
 */
SAVES_ALL void x86_bases_switch(ref_t old, ref_t t)
{
    if (x86.fsgsbase && old != NIL)
        bases_read(old);
    x86_segments_clear();
    bases_write(t);
}

void arch_bases_save(ref_t t)
{
    if (x86.bases_owner == t && x86.fsgsbase)
        bases_read(t);
}

void arch_bases_load(ref_t t)
{
    if (x86.bases_owner == t)
        bases_write(t);
}
