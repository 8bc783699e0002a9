/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What ACPI tables say, as far as it takes no interpreter: bytes in, structures out. (ACPI
 * specification 6.4, chapter 5; PCI Firmware specification 3.2, 4.1.2 for the MCFG; IA-PC HPET
 * specification 1.0a, 3.2.4.)
 *
 * Tables are firmware's word, and firmware has bugs. Every function here takes a copy of the table
 * that nobody else writes, and its length in memory; it reads nothing outside, believes no length,
 * and drops entries that cannot be. What is dropped is counted, so that somebody can say so.
 */
#ifndef MACHINE_ACPI_H
#define MACHINE_ACPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACPI_HEAD      36u /* bytes at the start of every table */
#define ACPI_TABLE_MAX 0x100000u
#define ACPI_TABLES    256u /* most entries of a root table that are read */

/** A table's signature as a number. */
#define ACPI_NAME(a, b, c, d) \
    ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)
#define ACPI_RSDT ACPI_NAME('R', 'S', 'D', 'T')
#define ACPI_XSDT ACPI_NAME('X', 'S', 'D', 'T')
#define ACPI_MADT ACPI_NAME('A', 'P', 'I', 'C')
#define ACPI_FADT ACPI_NAME('F', 'A', 'C', 'P')
#define ACPI_MCFG ACPI_NAME('M', 'C', 'F', 'G')
#define ACPI_HPET ACPI_NAME('H', 'P', 'E', 'T')
#define ACPI_SPCR ACPI_NAME('S', 'P', 'C', 'R')

/** A copy of a table. */
struct acpi_table {
    const uint8_t *at;
    size_t bytes; /**< ACPI_HEAD or more, once acpi_table_check() said yes */
};

/** Signature of a table, from its head. */
uint32_t acpi_name(const uint8_t head[static ACPI_HEAD]);

/**
 * How long a table says it is, from its head alone: so much must be copied before it is checked.
 * @return 0: it cannot be (below ACPI_HEAD or above ACPI_TABLE_MAX)
 */
size_t acpi_length(const uint8_t head[static ACPI_HEAD]);

/** Is this a whole table with this signature, the length it says, and a right checksum? */
bool acpi_table_check(struct acpi_table t, uint32_t name);

/** Tables that a root table (RSDT, XSDT) names. */
size_t acpi_root_count(struct acpi_table root, bool wide);

/** Physical address of one of them; 0: not there. @param index below acpi_root_count() */
uint64_t acpi_root_entry(struct acpi_table root, bool wide, size_t index);

#define ACPI_IOAPICS    8u
#define ACPI_ISA_LINES  16u
#define ACPI_PROCESSORS 256u

/** An interrupt line as the machine has it: where an ISA interrupt comes out. */
struct acpi_line {
    uint32_t line; /**< global system interrupt */
    bool level;    /**< level-triggered; else edge */
    bool low;      /**< active low; else high */
};

/** MADT: processors and interrupt controllers. */
struct acpi_madt {
    uint64_t apic;       /**< physical address of the local APICs */
    bool pic;            /**< there are 8259s too */
    uint32_t processors; /**< that can be used */
    uint32_t ioapic_count;
    struct {
        uint64_t address;
        uint32_t first_line;
    } ioapic[ACPI_IOAPICS];
    struct acpi_line isa[ACPI_ISA_LINES]; /**< the usual (same number, edge, high), overridden */
    bool overridden[ACPI_ISA_LINES];      /**< the table says so, it is not just the usual */
    uint32_t dropped;                     /**< entries that made no sense */
};

/** @return false: not a MADT */
bool acpi_read_madt(struct acpi_table t, struct acpi_madt *madt);

#define ACPI_SEGMENTS 8u

/** MCFG: where PCI configuration space is in memory. */
struct acpi_mcfg {
    uint32_t count;
    struct {
        uint64_t base; /**< of bus 0, even if first_bus is not 0 */
        uint16_t segment;
        uint8_t first_bus, last_bus;
    } segment[ACPI_SEGMENTS];
    uint32_t dropped;
};

/** @return false: not an MCFG */
bool acpi_read_mcfg(struct acpi_table t, struct acpi_mcfg *mcfg);

/** HPET: an event timer. */
struct acpi_hpet {
    uint64_t address;
    uint32_t comparators;
    uint8_t number;
};

/** @return false: not an HPET table, or its registers are not in memory */
bool acpi_read_hpet(struct acpi_table t, struct acpi_hpet *hpet);

/** FADT: what of an old PC there is. */
struct acpi_fadt {
    bool legacy_devices; /**< devices on an ISA or LPC bus: serial ports */
    bool keyboard_8042;  /**< a keyboard controller at 0x60 and 0x64 */
    bool no_vga;         /**< VGA registers must not be probed */
    bool no_message;     /**< message-signalled interrupts must not be used */
    bool no_rtc;         /**< no CMOS clock */
    uint32_t event_line; /**< the system control interrupt, an ISA number */
    uint32_t timer_port; /**< of the power management timer, 0: none */
    bool timer_wide;     /**< it has 32 bits, not 24 */
    uint32_t reset_port; /**< write reset_value there to reset, 0: no such port */
    uint8_t reset_value;
};

/** @return false: not an FADT */
bool acpi_read_fadt(struct acpi_table t, struct acpi_fadt *fadt);

/** SPCR: the serial port that firmware talks on. */
struct acpi_spcr {
    bool ports; /**< in I/O ports; else in memory */
    uint64_t address;
    bool line_valid;
    uint32_t line; /**< an ISA number */
};

/** @return false: not an SPCR, or not a 16550 */
bool acpi_read_spcr(struct acpi_table t, struct acpi_spcr *spcr);

#endif
