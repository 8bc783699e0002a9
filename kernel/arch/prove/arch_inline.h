/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What proofs assume of the processor: one contract for each function of arch.h that the kernel's
 * core calls. They are
 * not proved (assembly and registers are behind them); this list is the whole of what is assumed
 * there, and
 * tools/prove counts it. State that only the processor sees is not in `assigns`.
 */
#ifndef ARCH_INLINE_H
#define ARCH_INLINE_H

#define VECTOR_FIRST    0x30u
#define VECTOR_LAST     0xefu
#define VECTOR_TIMER    0xf0u
#define VECTOR_SPURIOUS 0xffu

/*@ assigns \nothing; ensures \false; */
_Noreturn void arch_panic(const char *what, word_t a, word_t b);

/*@ assigns \nothing; */
static inline word_t arch_now(void);
/*@ assigns \nothing; ensures \result >= 1000000; */
static inline word_t arch_ticks_per_second(void);
/*@ assigns \nothing; */
static inline void arch_timer_set(word_t deadline);
/*@ assigns \nothing; */
void arch_timer_fired(void);

/*@ assigns cpu.thread, cpu.frame; ensures cpu.thread == t; */
static inline void arch_thread_switch(ref_t t);
/*@ assigns cpu.thread, cpu.frame; ensures cpu.thread == to; */
static inline void arch_thread_pass(ref_t from, ref_t to, bool call);
/*@ requires is_thread(t); assigns Thread_fs_base(t), Thread_gs_base(t); */
void arch_bases_save(ref_t t);
/*@ requires is_thread(t); assigns \nothing; */
void arch_bases_load(ref_t t);
/*@ assigns \nothing; */
static inline word_t arch_flags_user(word_t flags);
/* The area of a thread's FPU registers is in none of the tables. */
/*@ requires is_thread(t) && asid_wf;
    assigns K[t + 11 .. t + 23][0 .. 7];
    ensures asid: asid_wf; */
void arch_fpu_init(ref_t t);
/*@ requires is_thread(t) && asid_wf;
    assigns Thread_fs_base(t), Thread_gs_base(t), K[t + 11 .. t + 23][0 .. 7];
    ensures asid: asid_wf; */
void arch_fpu_forget(ref_t t);
/*@ requires is_thread(from) && is_thread(to) && asid_wf;
    assigns K[to + 2][0 .. 7], Thread_rax(to);
    ensures asid: asid_wf;
    ensures \forall integer w; 0 <= w < 8 ==> K[to + 2][w] == \old(K[from + 2][w]);
    ensures Thread_rax(to) == E_OK; */
static inline void arch_words_carry(ref_t from, ref_t to);

/*@ assigns \nothing; */
static inline void arch_space_enter(ref_t root, word_t asid);
/*@ requires is_table(root); assigns K[root .. root + 63][0 .. 7]; */
void arch_space_init(ref_t root);
/*@ assigns \nothing; */
void arch_space_forget(ref_t root, word_t asid);
/*@ assigns \nothing; */
void arch_page_flush(ref_t root, word_t asid, word_t vaddr);

/* An entry is present or not, leads to a table or not, and to what it was made from. */
/*@ axiomatic Entries {
      predicate entry_present(integer e);
      predicate entry_table(integer e);
      logic integer entry_target(integer e);
    } */
/*@ assigns \nothing;
    ensures entry_present(\result) && entry_target(\result) == frame; */
static inline word_t arch_pte_leaf(ref_t frame, word_t level, word_t flags, word_t ram);
/*@ assigns \nothing;
    ensures entry_present(\result) && entry_table(\result) && entry_target(\result) == table; */
static inline word_t arch_pte_table(ref_t table);
/*@ assigns \nothing; ensures \result <==> entry_present(e); */
static inline bool arch_pte_present(word_t e);
/*@ requires entry_present(e); assigns \nothing; ensures !\result ==> entry_table(e); */
static inline bool arch_pte_is_leaf(word_t e, word_t level);
/*@ assigns \nothing; ensures \result <==> entry_present(e) && entry_table(e); */
static inline bool arch_pte_is_table(word_t e);
/*@ requires entry_present(e); assigns \nothing; ensures \result == entry_target(e); */
static inline ref_t arch_pte_target(word_t e);
/*@ requires level < 4; assigns \nothing; ensures \result < 512; */
static inline word_t arch_pte_index(word_t vaddr, word_t level);
/*@ assigns \nothing; */
static inline bool arch_huge_frames(void);

/*@ assigns \nothing; */
static inline word_t arch_paddr(ref_t r);
/*@ assigns \nothing; */
static inline ref_t arch_ref(word_t paddr);
/*@ requires limit: words <= 112;
    requires plain_granules(from, (first + words + 7) / 8);
    requires plain_granules(to, (first + words + 7) / 8);
    assigns K[to .. to + (first + words - 1) / 8][0 .. 7]; */
static inline void arch_copy(ref_t from, ref_t to, word_t first, word_t words);
/*@ requires plain_granules(first, count);
    requires limit: count <= 512;
    assigns ALL_MEMORY;
    ensures \forall integer g, w; 0 <= g < GRANULES && 0 <= w < GRANULE_WORDS ==>
        K[g][w] == (first <= g < first + count ? 0 : \old(K[g][w])); */
static inline void arch_zero(ref_t first, word_t count);

/*@ assigns \nothing; ensures \result <= 256; */
word_t arch_irq_lines(void);
/*@ assigns \nothing; */
bool arch_irq_exists(word_t line);
/*@ requires line < 256 && VECTOR_FIRST <= vector <= VECTOR_LAST && flags <= 3; assigns \nothing; */
void arch_irq_route(word_t line, word_t vector, word_t flags);
/*@ requires line < 256; assigns \nothing; */
void arch_irq_mask(word_t line, word_t masked);
/*@ requires line < 256; assigns \nothing; */
void arch_irq_unroute(word_t line);
/*@ assigns \nothing; */
void arch_irq_eoi(void);
/*@ requires VECTOR_FIRST <= vector <= VECTOR_LAST; assigns \nothing; */
word_t arch_msi_address(word_t vector);
/*@ requires VECTOR_FIRST <= vector <= VECTOR_LAST; assigns \nothing; */
word_t arch_msi_data(word_t vector);

/*@ requires (width == 1 || width == 2 || width == 4) && port + width <= 65536; assigns \nothing; */
word_t arch_port_read(word_t port, word_t width);
/*@ requires (width == 1 || width == 2 || width == 4) && port + width <= 65536; assigns \nothing; */
void arch_port_write(word_t port, word_t width, word_t value);

#endif
