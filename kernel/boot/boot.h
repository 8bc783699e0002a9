/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What boot finds out about the machine, and hands on to the making of the first component. This
 * room runs once: its code and data are unmapped when the first component starts (entry_start()),
 * and their memory belongs to that component from then on.
 */
#ifndef BOOT_BOOT_H
#define BOOT_BOOT_H

#include <model/k.h>

#define BOOT_RANGES  96u  /* most ranges that are kept; what does not fit is reported, and unused */
#define BOOT_COMMAND 256u /* longest command line, its final 0 included */

/** Whose a range of physical memory is. */
enum boot_kind {
    BOOT_RAM,    /**< ordinary memory that nobody uses; mapped in the direct map */
    BOOT_DEVICE, /**< all that is not RAM: registers, firmware tables, holes. Not mapped. Without
                  *   the pages of the interrupt controllers, which are the kernel's */
};

/** A range of physical memory. */
struct boot_range {
    word_t first; /**< physical address, page-aligned */
    word_t end;   /**< first address behind it, page-aligned, above first */
    word_t kind;  /**< enum boot_kind */
};

/** The machine. Ranges do not overlap, are sorted by address, and adjacent RAM ranges are one. */
struct boot_machine {
    struct boot_range ranges[BOOT_RANGES];
    word_t range_count;
    word_t image_first;   /**< physical address of the boot image, page-aligned; in no range */
    word_t image_bytes;   /**< its size; above 0 */
    word_t kernel_first;  /**< physical memory of the kernel, in no range, page-aligned; */
    word_t kernel_end;    /**< the part of it that stays */
    word_t reclaim_first; /**< memory of this room, in no range, page-aligned. It may be given to */
    word_t reclaim_end;   /**< the first component, but not be written before entry_start() */
    word_t ram_bytes;     /**< all RAM of the machine that can be used, kernel and image included */
    word_t acpi_root;     /**< physical address of the RSDT or XSDT, 0: no ACPI */
    word_t acpi_wide;     /**< 1: it is an XSDT (8-byte entries), 0: an RSDT */
    word_t acpi_rsdp;     /**< physical address of the RSDP, 0: unknown (the loader gave a copy) */
    word_t ticks_per_second;
    char command[BOOT_COMMAND]; /**< command line, always ends in 0 */
};

/**
 * Makes the first component and starts it. Runs on the kernel stack, with the kernel's own page
 * tables loaded and interrupts off. Ends in entry_start().
 */
_Noreturn void boot_root(const struct boot_machine *m);

/** Prints a line on the console: text, then a number in hexadecimal if it is not 0. For boot. */
void boot_say(const char *text, word_t number);

/**
 * The machine cannot run Tessera: says what is wrong and what would mend it, and stops.
 * @param what what is wrong
 * @param fix what to do about it
 */
_Noreturn void boot_refuse(const char *what, const char *fix);

#endif
