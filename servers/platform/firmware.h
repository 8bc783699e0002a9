/* SPDX-License-Identifier: BSD-2-Clause */
/* What the firmware's tables say about this machine. */
#ifndef PLATFORM_FIRMWARE_H
#define PLATFORM_FIRMWARE_H

#include <machine/acpi.h>

/** All that is read of them. What was not found is as on a plain PC of old. */
struct firmware {
    struct acpi_madt madt;
    struct acpi_mcfg mcfg;
    struct acpi_fadt fadt;
    struct acpi_hpet hpet;
    struct acpi_spcr spcr;
    bool has_madt, has_mcfg, has_fadt, has_hpet, has_spcr;
    unsigned tables;  /**< named by the root table and sound */
    unsigned damaged; /**< out of reach, or length or checksum wrong */
};

/** Read the tables; says in the log what is wrong with them. After memory_init(). */
void firmware_read(struct firmware *f);

/** Where interrupt `line` of an ISA device, or of PCI as firmware numbered it, comes out. */
struct acpi_line firmware_line(const struct firmware *f, unsigned line, bool pci);

#endif
