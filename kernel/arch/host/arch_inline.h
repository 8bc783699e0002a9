/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The architecture contract (arch.h) for the machine that builds: kernel memory is an ordinary
 * array, the clock a counter that a test sets, and what would go to devices is written down in
 * `host`, where a test can look. No test knows more of it than this header says.
 */
#ifndef ARCH_INLINE_H
#define ARCH_INLINE_H

#include <string.h>

/* Granules that K has; granules behind them exist for capabilities to name (device memory), not to
 * touch. */
#define HOST_GRANULES 4096u

#define VECTOR_FIRST    0x30u
#define VECTOR_LAST     0x3fu /* few, so that a test can use them up */
#define VECTOR_TIMER    0xf0u
#define VECTOR_SPURIOUS 0xffu

#define HOST_LINES 24u
#define HOST_TLB   16u

/* A translation that the processor may hold: only a flush, or another space, makes it forget. */
struct host_tlb {
    ref_t root;
    word_t vaddr;
    word_t entry;
};

/** The machine, as a test sees it. */
struct host {
    word_t now;        /* what arch_now() says */
    word_t timer;      /* when VECTOR_TIMER comes; ~0: not at all */
    ref_t root;        /* tables that are loaded */
    word_t asid;       /* their number */
    ref_t bases_owner; /* thread whose segment bases are loaded */
    ref_t fpu_owner;   /* thread whose FPU state is loaded */
    word_t vector_of[HOST_LINES];  /* where a line is routed to, 0 for nowhere */
    word_t masked[HOST_LINES];     /* 1: masked */
    word_t eoi;        /* interrupts that were finished */
    word_t ports;      /* writes to ports */
    word_t port_last;  /* what was written last */
    struct host_tlb tlb[HOST_TLB];
};
extern struct host host;

#define PTE_PRESENT 1ul
#define PTE_LARGE   2ul
#define PTE_TABLE   4ul
#define PTE_RAM     8ul
#define PTE_FLAGS   16ul   /* times the map flags */
#define PTE_TARGET  4096ul /* times the granule number */

static inline word_t arch_now(void)
{
    return host.now;
}

static inline word_t arch_ticks_per_second(void)
{
    return 1000000;
}

static inline void arch_timer_set(word_t deadline)
{
    if (deadline < host.timer)
        host.timer = deadline;
}

static inline void arch_thread_switch(ref_t t)
{
    cpu.thread = t;
    cpu.frame = t << 6;
    if (t != NIL)
        host.bases_owner = t;
}

static inline void arch_thread_pass(ref_t from, ref_t to, bool call)
{
    (void)from;
    (void)call;
    arch_thread_switch(to);
}

static inline void arch_words_carry(ref_t from, ref_t to)
{
    granule_copy(granule_at(from, THREAD_WORD0), granule_at(to, THREAD_WORD0));
    thread_set_rax(to, E_OK);
}

static inline word_t arch_flags_user(word_t flags)
{
    return (flags & 0xcd5u) | 0x202u;
}

static inline void arch_space_enter(ref_t root, word_t asid)
{
    host.root = root;
    host.asid = asid;
}

static inline word_t arch_paddr(ref_t r)
{
    return r << 6;
}

static inline ref_t arch_ref(word_t paddr)
{
    return paddr >> 6;
}

static inline word_t arch_pte_leaf(ref_t frame, word_t level, word_t flags, word_t ram)
{
    return frame * PTE_TARGET + flags * PTE_FLAGS + (ram ? PTE_RAM : 0) +
           (level > 0 ? PTE_LARGE : 0) + PTE_PRESENT;
}

static inline word_t arch_pte_table(ref_t table)
{
    return table * PTE_TARGET + PTE_TABLE + PTE_PRESENT;
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
    return arch_pte_present(e) && !arch_pte_is_leaf(e, 1);
}

static inline ref_t arch_pte_target(word_t e)
{
    return e / PTE_TARGET;
}

static inline word_t arch_pte_index(word_t vaddr, word_t level)
{
    return (vaddr >> (12 + 9 * level)) & 511;
}

static inline bool arch_huge_frames(void)
{
    return true;
}

static inline void arch_copy(ref_t from, ref_t to, word_t first, word_t words)
{
    for (word_t i = first; i < first + words; i++)
        K_INDEX(to, i) = K_INDEX(from, i);
}

static inline void arch_zero(ref_t first, word_t granules)
{
    memset(K[first], 0, granules * sizeof K[0]);
}

#endif
