/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory of this room: what it remembers, and the tables that the processor reads. */
#include <arch/arch.h>
#include <arch/start.h>
#include <model/offsets.h>

#define PAGE  __attribute__((aligned(PAGE_BYTES)))
#define DOORS __attribute__((section(".doors.data")))

struct x86_state x86 = {.timer_armed = WORD_MAX};
struct x86_features x86_features;

word_t x86_root[TABLE_ENTRIES] PAGE;
word_t x86_table_direct[TABLE_ENTRIES] PAGE;
word_t x86_table_high[TABLE_ENTRIES] PAGE;
word_t x86_table_image2[TABLE_ENTRIES] PAGE;
word_t x86_table_image1[TABLE_ENTRIES] PAGE;
word_t x86_table_device2[TABLE_ENTRIES] PAGE;
word_t x86_table_device1[TABLE_ENTRIES] PAGE;

char x86_stacks[STACKS_BYTES] PAGE;

word_t x86_table_user3[TABLE_ENTRIES] PAGE;
word_t x86_table_user2[TABLE_ENTRIES] PAGE;
word_t x86_table_user1[TABLE_ENTRIES] PAGE;

uint64_t x86_idt[IDT_ENTRIES][2] PAGE DOORS;
uint64_t x86_gdt[GDT_ENTRIES] __attribute__((aligned(64))) DOORS;
struct x86_task x86_task __attribute__((aligned(128))) DOORS;
struct x86_door x86_door DOORS;

word_t x86_idle[IDLE_BYTES / 8] = {[THREAD_RESUMED_BYTES / 8] = 1};
