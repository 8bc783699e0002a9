/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What boot needs of this room besides the contract: tables to fill in, and things to tell it once.
 * Nobody but boot includes this (and this room itself); after boot all of it is constant.
 */
#ifndef ARCH_START_H
#define ARCH_START_H

#include <arch/layout.h>
#include <model/k.h>

#define TABLE_ENTRIES 512u

/* Page tables of the kernel's half, one for each purpose; KERNEL_BASE and DEVICE_BASE say where. */
extern word_t x86_root[TABLE_ENTRIES];         /* top: also the tables of NIL */
extern word_t x86_table_direct[TABLE_ENTRIES]; /* 1 GiB an entry, DIRECT_MAP */
extern word_t x86_table_high[TABLE_ENTRIES];   /* 1 GiB an entry, the last 512 GiB */
extern word_t x86_table_image2[TABLE_ENTRIES]; /* 2 MiB an entry, KERNEL_BASE */
extern word_t x86_table_image1[TABLE_ENTRIES]; /* 4 KiB an entry, KERNEL_BASE + KERNEL_LOAD */
extern word_t x86_table_device2[TABLE_ENTRIES];
extern word_t x86_table_device1[TABLE_ENTRIES];

/* Bounds of the parts of the image, from the linker script. */
extern const char image_first[], image_keep[], image_rodata[], image_data[], image_end[];
extern const char doors_first[], doors_end[], doors_data_first[], doors_data_end[];

/* Descriptor tables: see boot/x86_64/cpu.c for their contents. */
#define GDT_ENTRIES 7u
#define IDT_ENTRIES 256u
struct x86_task {
    uint32_t words[26];
};
extern uint64_t x86_gdt[GDT_ENTRIES];
extern uint64_t x86_idt[IDT_ENTRIES][2];
extern struct x86_task x86_task;

/** What the doors use before and after they have the kernel's page tables; doors.S. */
struct x86_door {
    word_t scratch;
    word_t kernel_tables; /* what goes into CR3; with page-table isolation only */
    word_t user_tables;
};
extern struct x86_door x86_door;

/* With page-table isolation: the only part of the kernel that users' page tables map. */
extern word_t x86_table_user3[TABLE_ENTRIES]; /* in the place of x86_table_high */
extern word_t x86_table_user2[TABLE_ENTRIES]; /* of x86_table_image2 */
extern word_t x86_table_user1[TABLE_ENTRIES]; /* of x86_table_image1 */

/* All stacks of the kernel, with their guard pages: layout.h. */
extern char x86_stacks[STACKS_BYTES];

/** How FPU state is saved. */
enum x86_fpu_kind { FPU_FXSAVE, FPU_XSAVE, FPU_XSAVEOPT };

/** What the processor can do, found out by boot. */
struct x86_features {
    word_t fpu_kind;     /* enum x86_fpu_kind */
    word_t fpu_guessed;  /* 1: programs may guess what is in the FPU though it traps */
    word_t tsc_deadline; /* 1: the timer takes a time, not a count */
    word_t x2apic;       /* 1: the firmware left the local APIC in x2APIC mode */
    word_t timer_rate;   /* else: counts of the local APIC timer in 2^32 ticks */
    word_t timer_max;    /* and the longest time that it can count, in ticks */
};
extern struct x86_features x86_features;

/** Maps a page of device registers, not cached. @param paddr any address @return where it is,
 *  with the offset in the page of paddr; 0: there are too many */
word_t x86_device_map(word_t paddr);

/** Unmaps the code and data of boot. Called by entry_start(), last of all. */
void x86_boot_forget(void);

/** Enables the local APIC. @param address of its registers, mapped; not used in x2APIC mode */
void x86_apic_init(word_t address);

/** Gives the local APIC's timer its vector and mode. x86_apic_init() does it too. */
void x86_apic_timer_start(void);

/** Reads or writes a register of the local APIC. @param at its offset in xAPIC mode */
uint32_t x86_apic_read(word_t at);
void x86_apic_write(word_t at, uint32_t value);

/* Registers of the local APIC that boot uses too. */
#define APIC_TIMER         0x320u
#define APIC_TIMER_INITIAL 0x380u
#define APIC_TIMER_CURRENT 0x390u
#define APIC_TIMER_DIVIDE  0x3e0u
#define APIC_MASKED        0x10000u

/** Adds an I/O APIC, masks all its lines. @param address of its registers, mapped
 *  @param first its first line @return 1, or 0 when there are too many */
bool x86_ioapic_add(word_t address, word_t first);

/** The console: first serial port, written by polling. For boot and panics only. */
void x86_console_init(void);
void x86_print(const char *text);
void x86_print_hex(word_t number);
void x86_print_decimal(word_t number);

#endif
