/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel asks of a processor: the contract. Every architecture satisfies it; nothing above
 * this room may know which machine it is on, and nothing in it knows what a capability is.
 *
 * Rules of use:
 * - Everything runs with interrupts off on the one kernel stack of the processor.
 * - A "root" is the top page table of an address space as a granule number; NIL means the kernel's
 *   own, which maps no user memory.
 * - Times are in ticks of the clock that arch_now() reads.
 * - Only arch_panic() does not return; nothing here allocates, blocks or fails otherwise.
 *
 * The hot functions are inline, in arch_inline.h of the architecture; the others are declared here.
 */
#ifndef ARCH_ARCH_H
#define ARCH_ARCH_H

#include <stdbool.h>
#include <stdint.h>

#include <model/cpu.h>
#include <model/fields.h>
#include <model/k.h>

/* --- What cannot go on ----------------------------------------------------------------------- */

/**
 * Says what happened and how to go on, on the first serial port, and stops the machine.
 * @param what one line of text, what was found wrong
 * @param a, b two numbers that help to understand it
 */
_Noreturn void arch_panic(const char *what, word_t a, word_t b);

/* --- The clock ------------------------------------------------------------------------------- */

/** The clock: never goes back, runs at arch_ticks_per_second() from some time before boot. */
static inline word_t arch_now(void);

/** Rate of the clock; measured or read at boot, constant after it. At least 1,000,000. */
static inline word_t arch_ticks_per_second(void);

/**
 * Asks for VECTOR_TIMER at a time. One-shot. It may come early, never late but by the machine's
 * latency: who gets it compares with arch_now() and asks again. A deadline that is not before the
 * one asked for last costs nothing, because the earlier one is left to fire.
 * @param deadline ticks; in the past: at once; ~0: no need for any
 */
static inline void arch_timer_set(word_t deadline);

/** Takes note that VECTOR_TIMER came. Call it first thing then, in place of arch_irq_eoi(). */
void arch_timer_fired(void);

/* --- Threads --------------------------------------------------------------------------------- */

/**
 * Makes a thread the current one: cpu.thread, cpu.frame, its segment bases, who may use the FPU.
 * Not its address space. The registers are loaded from the thread object when the kernel is left.
 * @param t a Thread, or NIL to idle
 */
static inline void arch_thread_switch(ref_t t);

/**
 * The same when the running thread hands the processor to another one that it speaks with.
 * @param from the running thread @param to another, not NIL
 * @param call true: what the user can leave in registers that do not belong to the register file
 * (x86: selectors) is cleared. Without that a reply is cheaper; as every call is cleaned, the
 * receiver of a reply sees no more than what its sender could have told it.
 */
static inline void arch_thread_pass(ref_t from, ref_t to, bool call);

/**
 * A user program may change its segment bases by itself. After this call thread_fs_base(t) and
 * thread_gs_base(t) are what it has, also when they are in the processor. Call it before reading.
 * @param t any Thread
 */
void arch_bases_save(ref_t t);

/**
 * Somebody wrote thread_fs_base(t) or thread_gs_base(t), which must be canonical (below USER_END
 * is): puts them into the processor if t's are there. Call it after writing.
 * @param t any Thread
 */
void arch_bases_load(ref_t t);

/** Flags as a user may have them: interrupts on, no privilege. @param flags any */
static inline word_t arch_flags_user(word_t flags);

/** Writes the initial FPU state into a Thread whose memory is clear. @param t a Thread */
void arch_fpu_init(ref_t t);

/**
 * The thread is being destroyed: the processor holds nothing of it any more, neither FPU state nor
 * segment bases. Must come before its memory is used for anything else.
 * @param t a Thread
 */
void arch_fpu_forget(ref_t t);

/** The current thread wants the FPU and does not have it. Called by the door for that trap only. */
void arch_fpu_trap(void);

/**
 * Carries the eight message words of one thread's registers over to another's, and the outcome
 * E_OK, in the short ways of entry/fast.c: there they may still be in the processor, which is left
 * with them for the other thread.
 */
static inline void arch_words_carry(ref_t from, ref_t to);

/* --- Address spaces -------------------------------------------------------------------------- */

/** Lets the processor use these tables; free if it does. @param asid number never used twice */
static inline void arch_space_enter(ref_t root, word_t asid);

/** Makes a cleared page a top table: fills in the kernel's half. @param root the page */
void arch_space_init(ref_t root);

/** The tables of this space are about to be reused: the processor forgets all of them. */
void arch_space_forget(ref_t root, word_t asid);

/** An entry for this address was changed or cleared: the processor forgets the old one.
 *  @param vaddr any address inside what the entry maps */
void arch_page_flush(ref_t root, word_t asid, word_t vaddr);

/**
 * A table entry that maps memory for users.
 * @param frame the memory, aligned to its size
 * @param level 0: 4 KiB, 1: 2 MiB, 2: 1 GiB
 * @param flags MAP_*
 * @param ram 1 for ordinary memory; 0 for device memory, which is not cached
 */
static inline word_t arch_pte_leaf(ref_t frame, word_t level, word_t flags, word_t ram);

/** A table entry that leads to the next lower table. @param table a page */
static inline word_t arch_pte_table(ref_t table);

/** Whether an entry leads anywhere. */
static inline bool arch_pte_present(word_t e);

/** Whether a present entry in a table of this level (0 to 3) maps memory, rather than a table. */
static inline bool arch_pte_is_leaf(word_t e, word_t level);

/** Whether an entry in a table of level 1 to 3 is present and leads to a table. */
static inline bool arch_pte_is_table(word_t e);

/** Where a present entry leads: memory or table. */
static inline ref_t arch_pte_target(word_t e);

/** Index of the entry for an address. @param level 0 to 3, 3 is the top @return 0 to 511 */
static inline word_t arch_pte_index(word_t vaddr, word_t level);

/** Whether the processor can map 1 GiB with one entry. */
static inline bool arch_huge_frames(void);

/* --- Memory ---------------------------------------------------------------------------------- */

/** Physical address of a granule. */
static inline word_t arch_paddr(ref_t r);

/** Granule at a physical address, which is a multiple of 64. */
static inline ref_t arch_ref(word_t paddr);

/** Copies words `first` to `first + words - 1` counted from one granule to the same place behind
 * another; the two do not overlap. */
static inline void arch_copy(ref_t from, ref_t to, word_t first, word_t words);

/** Clears memory. @param first first granule @param granules how many */
static inline void arch_zero(ref_t first, word_t granules);

/* --- Interrupts ------------------------------------------------------------------------------ */

/** Number of interrupt lines: lines are 0 to this minus 1 (some of them may lead nowhere). */
word_t arch_irq_lines(void);

/** Whether a line leads to an interrupt controller. @param line any number */
bool arch_irq_exists(word_t line);

/**
 * Connects a line to a vector; it stays masked.
 * @param line an existing line
 * @param vector VECTOR_FIRST to VECTOR_LAST
 * @param flags 1: level-triggered, 2: active low
 */
void arch_irq_route(word_t line, word_t vector, word_t flags);

/** Masks (1) or unmasks (0) a line that is connected. */
void arch_irq_mask(word_t line, word_t masked);

/** Disconnects a line: it is masked and has no vector. */
void arch_irq_unroute(word_t line);

/** The interrupt being served is done with, as far as the processor is concerned. */
void arch_irq_eoi(void);

/** The address that a device writes to for a message-signalled interrupt. */
word_t arch_msi_address(word_t vector);

/** What it writes there. */
word_t arch_msi_data(word_t vector);

/* --- Ports ----------------------------------------------------------------------------------- */

/** Reads an I/O port. @param port 0 to 65535, and port + width at most 65536 @param width 1, 2, 4
 */
word_t arch_port_read(word_t port, word_t width);

/** Writes an I/O port; as above. @param value its low bytes are written */
void arch_port_write(word_t port, word_t width, word_t value);

#include <arch/arch_inline.h>

#endif
