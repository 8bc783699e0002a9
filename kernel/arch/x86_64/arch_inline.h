/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hot half of the architecture contract (arch.h) for x86-64, inline. Whoever reads the contract
 * need not read this. Bit layouts: Intel SDM volume 3, chapters 4 (paging) and 11 (APIC).
 */
#ifndef ARCH_INLINE_H
#define ARCH_INLINE_H

#include <arch/layout.h>
#include <arch/x86.h>

/* Vectors: 0 to 31 are exceptions; the legacy controllers are parked, masked, on 32 to 47. */
#define VECTOR_FIRST    0x30u
#define VECTOR_LAST     0xefu
#define VECTOR_TIMER    0xf0u
#define VECTOR_SPURIOUS 0xffu

/* Page table entries. */
#define PTE_PRESENT  0x1ul
#define PTE_WRITE    0x2ul
#define PTE_USER     0x4ul
#define PTE_THROUGH  0x8ul  /* with the PAT as we set it: write-combining */
#define PTE_NOCACHE  0x10ul /* together with PTE_THROUGH: strongly uncacheable */
#define PTE_ACCESSED 0x20ul
#define PTE_DIRTY    0x40ul
#define PTE_LARGE    0x80ul
#define PTE_GLOBAL   0x100ul
#define PTE_NX       0x8000000000000000ul
#define PTE_ADDRESS  0x000ffffffffff000ul

/**
 * What this room remembers. Set up at boot; afterwards written only by the functions of arch.h.
 */
struct x86_state {
    word_t ticks_per_second;
    word_t timer_armed; /* when the timer will fire at the latest; ~0: it will not */
    ref_t space_root;   /* page tables that are loaded; NIL: the kernel's own */
    ref_t bases_owner;  /* thread whose FS and GS base are in the processor, or NIL */
    ref_t fpu_owner;    /* thread whose registers are in the FPU, or NIL */
    word_t fpu_off;     /* CR0.TS: 1 if the FPU traps */
    word_t fsgsbase;    /* the processor has the instructions of that name, and users too */
    word_t pcid;        /* processor-context identifiers are on */
    word_t huge_frames; /* the processor has 1 GiB pages */
};
extern struct x86_state x86;

/** Stands for the registers of nobody: cpu.frame is behind it when cpu.thread is NIL. */
extern word_t x86_idle[IDLE_BYTES / 8];

/* What the short way of a message calls rarely: these save all registers, as some may hold it. */
#define SAVES_ALL __attribute__((no_caller_saved_registers))

void x86_timer_program(word_t deadline);
SAVES_ALL void x86_space_load(ref_t root, word_t asid);
SAVES_ALL void x86_fpu_own(void);
SAVES_ALL void x86_fpu_leave(void);
SAVES_ALL void x86_bases_switch(ref_t old, ref_t t);
void x86_segments_clear(void);

static inline word_t arch_now(void)
{
    return x86_rdtsc();
}

static inline word_t arch_ticks_per_second(void)
{
    return x86.ticks_per_second;
}

static inline void arch_timer_set(word_t deadline)
{
    if (deadline < x86.timer_armed)
        x86_timer_program(deadline);
}

/* A user can change a base by itself: with WRFSBASE, or by loading a selector. So the base in the
 * processor is read, never assumed; what a thread did to its own base is kept for it. */
static inline void x86_bases_exchange(ref_t old, ref_t t)
{
    word_t fs = x86_rdfsbase();
    word_t gs = x86_rdgsbase();

    thread_set_fs_base(old, fs);
    thread_set_gs_base(old, gs);
    if (rarely(fs != thread_fs_base(t)))
        x86_wrfsbase(thread_fs_base(t));
    if (rarely(gs != thread_gs_base(t)))
        x86_wrgsbase(thread_gs_base(t));
}

/* Who runs owns the bases: arch_thread_switch() sees to it. */
static inline __attribute__((always_inline)) void arch_thread_pass(ref_t from, ref_t to, bool call)
{
    cpu.thread = to;
    cpu.frame = to + FRAME_BYTES;
    x86.bases_owner = to;
    if (rarely(!x86.fsgsbase || (call && x86_segments_used())))
        x86_bases_switch(from, to);
    else
        x86_bases_exchange(from, to);
    if (rarely(to == x86.fpu_owner)) {
        if (x86.fpu_off)
            x86_fpu_own();
    } else if (rarely(!x86.fpu_off)) {
        x86_fpu_leave();
    }
}

static inline void arch_thread_switch(ref_t t)
{
    ref_t old = x86.bases_owner;

    cpu.thread = t;
    if (t == NIL) {
        cpu.frame = (word_t)x86_idle + FRAME_BYTES;
        return;
    }
    cpu.frame = t + FRAME_BYTES;
    if (t != old) {
        x86.bases_owner = t;
        if (x86.fsgsbase && old != NIL && !x86_segments_used())
            x86_bases_exchange(old, t);
        else
            x86_bases_switch(old, t);
    }
    if (t == x86.fpu_owner) {
        if (x86.fpu_off)
            x86_fpu_own();
    } else if (!x86.fpu_off) {
        x86_fpu_leave();
    }
}

/* Carry, parity, adjust, zero, sign, trap, direction, overflow, alignment check, identification. */
#define FLAGS_USER 0x240dd5ul

static inline word_t arch_flags_user(word_t flags)
{
    return (flags & FLAGS_USER) | FLAGS_INTERRUPT | FLAGS_ONE;
}

static inline __attribute__((always_inline)) void arch_space_enter(ref_t root, word_t asid)
{
    if (rarely(root == x86.space_root))
        return;
    if (rarely(TESSERA_PTI || x86.pcid || root == NIL)) {
        x86_space_load(root, asid);
        return;
    }
    x86.space_root = root;
    x86_write_cr3(root - DIRECT_MAP);
}

/* With this the doors keep message words in registers while entry/fast.c runs (see there). */
static inline void arch_words_carry(ref_t from, ref_t to)
{
    if (TESSERA_WORDS_IN_REGISTERS)
        return;
    granule_copy(granule_at(from, THREAD_WORD0), granule_at(to, THREAD_WORD0));
    thread_set_rax(to, E_OK);
}

static inline word_t arch_paddr(ref_t r)
{
    return r - DIRECT_MAP;
}

static inline ref_t arch_ref(word_t paddr)
{
    return paddr + DIRECT_MAP;
}

/* Accessed and dirty are set at once: the processor need not come back to do it. */
static inline word_t arch_pte_leaf(ref_t frame, word_t level, word_t flags, word_t ram)
{
    word_t e = arch_paddr(frame) | PTE_PRESENT | PTE_USER | PTE_ACCESSED;

    if (flags & MAP_WRITE)
        e |= PTE_WRITE | PTE_DIRTY;
    if (!(flags & MAP_EXECUTE))
        e |= PTE_NX;
    if (flags & MAP_COMBINE)
        e |= PTE_THROUGH;
    else if (!ram || (flags & MAP_UNCACHED))
        e |= PTE_NOCACHE | PTE_THROUGH;
    if (level > 0)
        e |= PTE_LARGE;
    return e;
}

static inline word_t arch_pte_table(ref_t table)
{
    return arch_paddr(table) | PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED;
}

static inline bool arch_pte_present(word_t e)
{
    return (e & PTE_PRESENT) != 0;
}

static inline bool arch_pte_is_leaf(word_t e, word_t level)
{
    return level == 0 || (e & PTE_LARGE) != 0;
}

static inline bool arch_pte_is_table(word_t e)
{
    return (e & (PTE_PRESENT | PTE_LARGE)) == PTE_PRESENT;
}

static inline ref_t arch_pte_target(word_t e)
{
    return arch_ref(e & PTE_ADDRESS);
}

static inline word_t arch_pte_index(word_t vaddr, word_t level)
{
    return (vaddr >> (12 + 9 * level)) & 511;
}

static inline bool arch_huge_frames(void)
{
    return x86.huge_frames != 0;
}

static inline void arch_copy(ref_t from, ref_t to, word_t first, word_t words)
{
    x86_copy(to + first * 8, from + first * 8, words);
}

static inline void arch_zero(ref_t first, word_t granules)
{
    x86_zero(first, granules * 8);
}

#endif
