/* SPDX-License-Identifier: BSD-2-Clause */
/* The steps of boot_main(), in the order in which it takes them. In this folder only. */
#ifndef BOOT_STEPS_H
#define BOOT_STEPS_H

#include "acpi.h"
#include "ranges.h"

/** Switches the processor's features on, and gives it its descriptor tables and doors. Refuses a
 *  processor that lacks what Tessera needs. */
void cpu_start(void);

/** Physical addresses that the processor has: 1 more than the last. */
word_t cpu_physical_end(void);

/**
 * Makes the kernel's page tables and loads them.
 * @param ram what to map, whole pages
 * @param free where memory for tables is taken from; it is taken out
 */
void tables_start(const struct ranges *ram, struct ranges *free);

/** Physical range of the kernel that stays, and of this room in front of it. */
struct image {
    word_t boot_first, keep_first, keep_end;
};
struct image tables_image(void);

/** Starts the interrupt controllers; refuses a machine without. */
void interrupts_start(const struct acpi *a);

/** Finds out the rates of the clock and of the timer. */
void clock_start(const struct acpi *a);

/** From start.S. @param loader LOADER_* @param info physical address of what it left */
_Noreturn void boot_main(word_t loader, word_t info);

#endif
