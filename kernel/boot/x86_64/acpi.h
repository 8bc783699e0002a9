/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel itself needs from the ACPI tables; everything else is for the platform server. */
#ifndef BOOT_ACPI_H
#define BOOT_ACPI_H

#include "loader.h"

#define ACPI_IOAPICS 8u

/** What was found. Zero: not there. */
struct acpi {
    word_t root, wide, rsdp; /* as in struct boot_machine */
    word_t apic;             /* physical address of the local APIC */
    word_t ioapic[ACPI_IOAPICS];
    word_t ioapic_line[ACPI_IOAPICS]; /* first line of each */
    word_t ioapic_count;
    word_t hpet;       /* physical address of its registers */
    word_t timer_port; /* I/O port of the power management timer */
    word_t timer_wide; /* 1: it has 32 bits, 0: 24 */
};

/** Finds the tables and reads them. Tables with a wrong checksum are reported and ignored. */
void acpi_read(struct acpi *a, const struct loader *l);

#endif
