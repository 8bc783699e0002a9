/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ACPI tables, as far as the kernel needs them: interrupt controllers and clocks. ACPI
 * specification 6.4: 5.2.5 (RSDP), 5.2.6 to 5.2.8 (RSDT, XSDT), 5.2.12 (MADT), 5.2.9 (FADT); IA-PC
 * HPET specification 1.0a, 3.2.4. All of it is firmware's word: lengths and sums are checked, and
 * what is wrong is named and left out.
 */
#include "acpi.h"

#define SIGNATURE(a, b, c, d) \
    ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)
#define TABLE_HEAD      36u
#define TABLE_MAX       0x400000u
#define TABLES_MAX      256u
#define MADT_ENTRIES    44u
#define MADT_IOAPIC     1u
#define MADT_APIC64     5u
#define FADT_TIMER_PORT 76u
#define FADT_TIMER_SIZE 91u
#define FADT_FLAGS      112u
#define FADT_WIDE_TIMER 0x100u
#define HPET_SPACE      40u /* 0: in memory */
#define HPET_ADDRESS    44u

/** A table whose length and checksum are right. bytes 0: there is none. */
struct table {
    const uint8_t *at;
    word_t bytes;
};

static word_t load(const uint8_t *at, word_t bytes)
{
    word_t v = 0;

    for (word_t i = 0; i < bytes; i++)
        v |= (word_t)at[i] << (8 * i);
    return v;
}

static bool sum_is_zero(const uint8_t *at, word_t bytes)
{
    uint8_t sum = 0;

    for (word_t i = 0; i < bytes; i++)
        sum = (uint8_t)(sum + at[i]);
    return sum == 0;
}

static struct table table_at(word_t paddr)
{
    struct table none = {0, 0};

    if (paddr == 0 || paddr > 0xffffffff - TABLE_HEAD) {
        boot_say("ACPI: a table is out of reach, ignored: address", paddr);
        return none;
    }
    const uint8_t *at = boot_at(paddr, TABLE_HEAD, "an ACPI table");
    word_t bytes = load(at + 4, 4);
    if (bytes < TABLE_HEAD || bytes > TABLE_MAX || bytes > 0xffffffff - paddr ||
        !sum_is_zero(boot_at(paddr, bytes, "an ACPI table"), bytes)) {
        boot_say("ACPI: a table is damaged (length or checksum), ignored: address", paddr);
        return none;
    }
    return (struct table){at, bytes};
}

/* --- The root pointer ------------------------------------------------------------------------ */

static bool rsdp_valid(word_t paddr)
{
    static const char name[8] = "RSD PTR ";
    const uint8_t *at = boot_at(paddr, 36, "the ACPI root pointer");

    for (unsigned i = 0; i < 8; i++) {
        if (at[i] != (uint8_t)name[i])
            return false;
    }
    return sum_is_zero(at, 20);
}

static word_t rsdp_scan(word_t first, word_t end)
{
    for (word_t p = first; p < end; p += 16) {
        if (rsdp_valid(p))
            return p;
    }
    return 0;
}

/* Where a BIOS leaves it: in the first KiB of its extended data area, or in its own last 128 KiB.
 */
static word_t rsdp_find(const struct loader *l)
{
    if (l->rsdp != 0 && l->rsdp < 0xfffff000 && rsdp_valid(l->rsdp))
        return l->rsdp;
    const uint8_t *segment = boot_at(0x40e, 2, "the BIOS data area");
    word_t area = load(segment, 2) << 4;
    word_t found = area >= 0x80000 && area < 0xa0000 ? rsdp_scan(area, area + 1024) : 0;
    return found ? found : rsdp_scan(0xe0000, 0x100000 - 36);
}

/* --- The tables ------------------------------------------------------------------------------ */

static void read_ioapic(struct acpi *a, const uint8_t *entry)
{
    if (a->ioapic_count == ACPI_IOAPICS) {
        boot_say("ACPI: more I/O APICs than the kernel knows, ignored: address",
                 load(entry + 4, 4));
        return;
    }
    a->ioapic[a->ioapic_count] = load(entry + 4, 4);
    a->ioapic_line[a->ioapic_count++] = load(entry + 8, 4);
}

static void read_madt(struct acpi *a, struct table t)
{
    if (t.bytes < MADT_ENTRIES)
        return;
    a->apic = load(t.at + 36, 4);
    for (word_t i = MADT_ENTRIES; i + 2 <= t.bytes;) {
        word_t bytes = t.at[i + 1];
        if (bytes < 2 || bytes > t.bytes - i) {
            boot_say("ACPI: the table of interrupt controllers is damaged at offset", i);
            return;
        }
        if (t.at[i] == MADT_IOAPIC && bytes >= 12)
            read_ioapic(a, t.at + i);
        if (t.at[i] == MADT_APIC64 && bytes >= 12)
            a->apic = load(t.at + i + 4, 8);
        i += bytes;
    }
}

static void read_fadt(struct acpi *a, struct table t)
{
    if (t.bytes < FADT_FLAGS + 4 || t.at[FADT_TIMER_SIZE] != 4)
        return;
    a->timer_port = load(t.at + FADT_TIMER_PORT, 4);
    a->timer_wide = (load(t.at + FADT_FLAGS, 4) & FADT_WIDE_TIMER) != 0;
    if (a->timer_port > 0xfffc)
        a->timer_port = 0;
}

static void read_hpet(struct acpi *a, struct table t)
{
    if (t.bytes >= HPET_ADDRESS + 8 && t.at[HPET_SPACE] == 0)
        a->hpet = load(t.at + HPET_ADDRESS, 8);
}

static void read_table(struct acpi *a, word_t paddr)
{
    struct table t = table_at(paddr);

    if (t.bytes == 0)
        return;
    switch ((uint32_t)load(t.at, 4)) {
    case SIGNATURE('A', 'P', 'I', 'C'):
        read_madt(a, t);
        break;
    case SIGNATURE('F', 'A', 'C', 'P'):
        read_fadt(a, t);
        break;
    case SIGNATURE('H', 'P', 'E', 'T'):
        read_hpet(a, t);
        break;
    }
}

static struct table read_root(struct acpi *a, const uint8_t *rsdp)
{
    a->wide = rsdp[15] >= 2 && load(rsdp + 24, 8) != 0;
    a->root = a->wide ? load(rsdp + 24, 8) : load(rsdp + 16, 4);
    struct table t = table_at(a->root);
    if (t.bytes == 0 && a->wide) {
        a->wide = 0;
        a->root = load(rsdp + 16, 4);
        t = table_at(a->root);
    }
    if (t.bytes == 0)
        a->root = 0;
    return t;
}

void acpi_read(struct acpi *a, const struct loader *l)
{
    word_t rsdp = rsdp_find(l);

    if (rsdp == 0) {
        boot_say("ACPI: there is no root pointer (RSDP)", 0);
        return;
    }
    if (!l->rsdp_copy)
        a->rsdp = rsdp;
    struct table root = read_root(a, boot_at(rsdp, 36, "the ACPI root pointer"));
    word_t width = a->wide ? 8 : 4;
    for (word_t i = 0; i < TABLES_MAX && TABLE_HEAD + (i + 1) * width <= root.bytes; i++)
        read_table(a, load(root.at + TABLE_HEAD + i * width, width));
}
