/* SPDX-License-Identifier: BSD-2-Clause */
/* ACPI tables: see acpi.h. All offsets are those of the specification's tables. */
#include "acpi.h"

/*
 * A little-endian number; 0 if it is not all inside the table: absent fields read 0, as in older
 * revisions.
 */
static uint64_t number(struct acpi_table t, size_t at, size_t bytes)
{
    uint64_t v = 0;

    if (bytes > t.bytes || at > t.bytes - bytes)
        return 0;
    for (size_t i = 0; i < bytes; i++)
        v |= (uint64_t)t.at[at + i] << (8 * i);
    return v;
}

uint32_t acpi_name(const uint8_t head[static ACPI_HEAD])
{
    return (uint32_t)number((struct acpi_table){head, ACPI_HEAD}, 0, 4);
}

size_t acpi_length(const uint8_t head[static ACPI_HEAD])
{
    uint64_t bytes = number((struct acpi_table){head, ACPI_HEAD}, 4, 4);

    return bytes < ACPI_HEAD || bytes > ACPI_TABLE_MAX ? 0 : bytes;
}

bool acpi_table_check(struct acpi_table t, uint32_t name)
{
    uint8_t sum = 0;

    if (t.at == NULL || t.bytes < ACPI_HEAD || acpi_length(t.at) != t.bytes ||
        acpi_name(t.at) != name)
        return false;
    for (size_t i = 0; i < t.bytes; i++)
        sum = (uint8_t)(sum + t.at[i]);
    return sum == 0;
}

size_t acpi_root_count(struct acpi_table root, bool wide)
{
    size_t count = (root.bytes - ACPI_HEAD) / (wide ? 8 : 4);

    return count < ACPI_TABLES ? count : ACPI_TABLES;
}

uint64_t acpi_root_entry(struct acpi_table root, bool wide, size_t index)
{
    size_t bytes = wide ? 8 : 4;

    return index < acpi_root_count(root, wide) ? number(root, ACPI_HEAD + index * bytes, bytes) : 0;
}

/* --- MADT (5.2.12) --------------------------------------------------------------------------- */

enum { MADT_APIC = 0, MADT_IOAPIC = 1, MADT_OVERRIDE = 2, MADT_APIC_ADDRESS = 5, MADT_X2APIC = 9 };
enum { MADT_LIST = 44 };

/* Polarity and trigger mode as the flags say; "conforms to the bus" means high and edge on ISA. */
static bool read_flags(uint64_t flags, struct acpi_line *line)
{
    uint64_t polarity = flags & 3, trigger = flags >> 2 & 3;

    line->low = polarity == 3;
    line->level = trigger == 3;
    return polarity != 2 && trigger != 2;
}

static bool read_override(struct acpi_table e, struct acpi_madt *m)
{
    uint64_t source = number(e, 3, 1);
    struct acpi_line line = {.line = (uint32_t)number(e, 4, 4)};

    if (e.bytes < 10 || number(e, 2, 1) != 0 || source >= ACPI_ISA_LINES || m->overridden[source])
        return false;
    if (!read_flags(number(e, 8, 2), &line))
        return false;
    m->isa[source] = line;
    m->overridden[source] = true;
    return true;
}

static bool read_ioapic(struct acpi_table e, struct acpi_madt *m)
{
    if (e.bytes < 12 || m->ioapic_count == ACPI_IOAPICS || number(e, 4, 4) % 16 != 0)
        return false;
    m->ioapic[m->ioapic_count].address = number(e, 4, 4);
    m->ioapic[m->ioapic_count].first_line = (uint32_t)number(e, 8, 4);
    m->ioapic_count++;
    return true;
}

/* @param flags_at where the entry's flags are; bit 0: enabled, bit 1: can be enabled later */
static bool read_processor(struct acpi_table e, size_t flags_at, struct acpi_madt *m)
{
    if (e.bytes < flags_at + 4 || m->processors == ACPI_PROCESSORS)
        return false;
    m->processors += number(e, flags_at, 4) & 1;
    return true;
}

static bool read_madt_entry(struct acpi_table e, struct acpi_madt *m)
{
    switch (e.at[0]) {
    case MADT_APIC:
        return read_processor(e, 4, m);
    case MADT_X2APIC:
        return read_processor(e, 8, m);
    case MADT_IOAPIC:
        return read_ioapic(e, m);
    case MADT_OVERRIDE:
        return read_override(e, m);
    case MADT_APIC_ADDRESS:
        m->apic = number(e, 4, 8);
        return e.bytes >= 12;
    default:
        return true; /* of no interest here */
    }
}

bool acpi_read_madt(struct acpi_table t, struct acpi_madt *m)
{
    *m = (struct acpi_madt){.apic = number(t, 36, 4), .pic = number(t, 40, 4) & 1};
    for (uint32_t i = 0; i < ACPI_ISA_LINES; i++)
        m->isa[i].line = i;
    if (!acpi_table_check(t, ACPI_MADT) || t.bytes < MADT_LIST)
        return false;
    for (size_t at = MADT_LIST; at < t.bytes;) {
        size_t bytes = number(t, at + 1, 1);

        /* Behind an entry of impossible length nothing can be found. */
        if (bytes < 2 || bytes > t.bytes - at) {
            m->dropped++;
            break;
        }
        m->dropped += !read_madt_entry((struct acpi_table){t.at + at, bytes}, m);
        at += bytes;
    }
    return true;
}

/* --- MCFG ------------------------------------------------------------------------------------ */

enum { MCFG_LIST = 44, MCFG_ENTRY = 16 };

bool acpi_read_mcfg(struct acpi_table t, struct acpi_mcfg *m)
{
    *m = (struct acpi_mcfg){.count = 0};
    if (!acpi_table_check(t, ACPI_MCFG) || t.bytes < MCFG_LIST)
        return false;
    for (size_t at = MCFG_LIST; t.bytes - at >= MCFG_ENTRY; at += MCFG_ENTRY) {
        uint64_t base = number(t, at, 8);
        uint8_t first = (uint8_t)number(t, at + 10, 1), last = (uint8_t)number(t, at + 11, 1);
        uint64_t size = ((uint64_t)last + 1) << 20;

        if (m->count == ACPI_SEGMENTS || base == 0 || base % 0x100000 != 0 || last < first ||
            base + size < base) {
            m->dropped++;
            continue;
        }
        m->segment[m->count].base = base;
        m->segment[m->count].segment = (uint16_t)number(t, at + 8, 2);
        m->segment[m->count].first_bus = first;
        m->segment[m->count].last_bus = last;
        m->count++;
    }
    return true;
}

/* --- The rest -------------------------------------------------------------------------------- */

/* A generic address (5.2.3.2). */
enum { SPACE_MEMORY = 0, SPACE_PORTS = 1 };

bool acpi_read_hpet(struct acpi_table t, struct acpi_hpet *h)
{
    *h = (struct acpi_hpet){.address = 0};
    if (!acpi_table_check(t, ACPI_HPET) || t.bytes < 56 || number(t, 40, 1) != SPACE_MEMORY)
        return false;
    h->address = number(t, 44, 8);
    h->comparators = (uint32_t)(number(t, 36, 4) >> 8 & 0x1f) + 1;
    h->number = (uint8_t)number(t, 52, 1);
    return h->address != 0 && h->address % 8 == 0;
}

bool acpi_read_fadt(struct acpi_table t, struct acpi_fadt *f)
{
    uint64_t boot = number(t, 109, 2), flags = number(t, 112, 4);

    *f = (struct acpi_fadt){.legacy_devices = true, .keyboard_8042 = true};
    if (!acpi_table_check(t, ACPI_FADT) || t.bytes < 116)
        return false;
    /* Before revision 3 (ACPI 2.0) there were no such flags, and every PC had it all. */
    if (t.at[8] >= 3) {
        f->legacy_devices = boot & 1;
        f->keyboard_8042 = boot >> 1 & 1;
        f->no_vga = boot >> 2 & 1;
        f->no_message = boot >> 3 & 1;
        f->no_rtc = boot >> 5 & 1;
    }
    f->event_line = (uint32_t)number(t, 46, 2);
    if (number(t, 91, 1) == 4 && number(t, 76, 4) <= 0xfffc)
        f->timer_port = (uint32_t)number(t, 76, 4);
    f->timer_wide = flags >> 8 & 1;
    if (flags >> 10 & 1 && number(t, 116, 1) == SPACE_PORTS && number(t, 120, 8) <= 0xffff) {
        f->reset_port = (uint32_t)number(t, 120, 8);
        f->reset_value = (uint8_t)number(t, 128, 1);
    }
    return true;
}

/* Serial Port Console Redirection Table, revision 1.03: interface types 0 and 1 are 16550s. */
bool acpi_read_spcr(struct acpi_table t, struct acpi_spcr *s)
{
    uint64_t space = number(t, 40, 1);

    *s = (struct acpi_spcr){.address = number(t, 44, 8)};
    if (!acpi_table_check(t, ACPI_SPCR) || t.bytes < 80 || number(t, 36, 1) > 1)
        return false;
    s->ports = space == SPACE_PORTS;
    s->line_valid = number(t, 52, 1) & 1 && number(t, 53, 1) < ACPI_ISA_LINES;
    s->line = (uint32_t)number(t, 53, 1);
    if (s->address == 0 || (s->ports && s->address > 0xfff8))
        return false;
    return space == SPACE_PORTS || space == SPACE_MEMORY;
}
