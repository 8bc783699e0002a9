/* SPDX-License-Identifier: BSD-2-Clause */
/* ACPI tables: good ones are read, damaged ones are named and left out. */
#include <string.h>

#include "fake.h"

#define RSDP       0x1000u
#define RSDT       0x2000u
#define XSDT       0x3000u
#define MADT       0x4000u
#define FADT       0x5000u
#define HPET       0x6000u
#define MADT_BYTES 80u

static void head(word_t at, const char *name, word_t bytes)
{
    memcpy(&memory[at], name, 4);
    put(at + 4, bytes, 4);
}

static void madt_make(void)
{
    head(MADT, "APIC", MADT_BYTES);
    put(MADT + 36, 0xfee00000, 4);
    put(MADT + 44, 0x0c01, 2); /* I/O APIC, 12 bytes */
    put(MADT + 48, 0xfec00000, 4);
    put(MADT + 52, 0, 4);
    put(MADT + 56, 0x0c01, 2);
    put(MADT + 60, 0xfec10000, 4);
    put(MADT + 64, 24, 4);
    put(MADT + 68, 0x0c05, 2); /* the local APIC is elsewhere */
    put(MADT + 72, 0xfed00000, 8);
    seal(MADT, MADT_BYTES, MADT + 9);
}

static void machine_make(void)
{
    memset(memory, 0, sizeof memory);
    memcpy(&memory[RSDP], "RSD PTR ", 8);
    put(RSDP + 15, 2, 1);
    put(RSDP + 16, RSDT, 4);
    put(RSDP + 24, XSDT, 8);
    seal(RSDP, 20, RSDP + 8);
    head(RSDT, "RSDT", 48);
    put(RSDT + 36, MADT, 4);
    put(RSDT + 40, FADT, 4);
    put(RSDT + 44, HPET, 4);
    seal(RSDT, 48, RSDT + 9);
    head(XSDT, "XSDT", 60);
    put(XSDT + 36, MADT, 8);
    put(XSDT + 44, FADT, 8);
    put(XSDT + 52, HPET, 8);
    seal(XSDT, 60, XSDT + 9);
    madt_make();
    head(FADT, "FACP", 244);
    put(FADT + 76, 0x608, 4);
    put(FADT + 91, 4, 1);
    put(FADT + 112, 0x100, 4);
    seal(FADT, 244, FADT + 9);
    head(HPET, "HPET", 56);
    put(HPET + 44, 0xfed80000, 8);
    seal(HPET, 56, HPET + 9);
}

static struct acpi read(void)
{
    static struct acpi a;
    static struct loader l;

    memset(&a, 0, sizeof a);
    memset(&l, 0, sizeof l);
    l.rsdp = RSDP;
    said = 0;
    if (setjmp(refused) == 0)
        acpi_read(&a, &l);
    return a;
}

static bool complete(const struct acpi *a)
{
    return a->rsdp == RSDP && a->apic == 0xfed00000 && a->ioapic_count == 2 &&
           a->ioapic[0] == 0xfec00000 && a->ioapic[1] == 0xfec10000 && a->ioapic_line[1] == 24 &&
           a->timer_port == 0x608 && a->timer_wide == 1 && a->hpet == 0xfed80000;
}

static bool reads_all(void)
{
    machine_make();
    struct acpi a = read();
    return complete(&a) && a.wide == 1 && a.root == XSDT && said == 0;
}

static bool old_root(void)
{
    machine_make();
    put(RSDP + 15, 0, 1);
    seal(RSDP, 20, RSDP + 8);
    struct acpi a = read();
    return complete(&a) && a.wide == 0 && a.root == RSDT;
}

static bool bad_root(void)
{
    machine_make();
    memory[XSDT + 40]++;
    struct acpi a = read();
    return complete(&a) && a.wide == 0 && a.root == RSDT && said == 1;
}

static bool bad_tables(void)
{
    machine_make();
    memory[MADT + 50]++;
    put(FADT + 4, 20, 4);         /* shorter than its head */
    put(XSDT + 52, 1ul << 40, 8); /* above 4 GiB */
    seal(XSDT, 60, XSDT + 9);
    struct acpi a = read();
    return a.apic == 0 && a.ioapic_count == 0 && a.timer_port == 0 && a.hpet == 0 && said == 3;
}

static bool bad_entry(void)
{
    machine_make();
    put(MADT + 57, 0, 1); /* an entry of no length would never end */
    seal(MADT, MADT_BYTES, MADT + 9);
    struct acpi a = read();
    return a.apic == 0xfee00000 && a.ioapic_count == 1 && said == 1;
}

static bool many_ioapics(void)
{
    machine_make();
    put(MADT + 4, 44 + 12 * 20, 4);
    for (unsigned i = 0; i < 20; i++) {
        put(MADT + 44 + 12 * i, 0x0c01, 2);
        put(MADT + 48 + 12 * i, 0xfec00000 + 0x1000 * i, 4);
        put(MADT + 52 + 12 * i, 24 * i, 4);
    }
    seal(MADT, 44 + 12 * 20, MADT + 9);
    struct acpi a = read();
    return a.ioapic_count == ACPI_IOAPICS && said == 20 - ACPI_IOAPICS;
}

/* Some bytes changed, most sums made right again, so that the readers get to see them. */
static bool random_damage(void)
{
    static const word_t tables[] = {RSDT, XSDT, MADT, FADT, HPET};

    for (unsigned i = 0; i < 100000; i++) {
        machine_make();
        for (word_t n = 1 + draw(4); n > 0; n--) {
            word_t table = tables[draw(5)];
            memory[table + draw(90)] = (uint8_t)draw(256);
            word_t bytes = memory[table + 4] | (word_t)memory[table + 5] << 8;
            if (draw(8) > 0 && bytes >= 36 && bytes < 0x1000)
                seal(table, bytes, table + 9);
        }
        struct acpi a = read();
        if (a.ioapic_count > ACPI_IOAPICS || a.timer_port > 0xfffc)
            return false;
    }
    return true;
}

void test_acpi(void)
{
    report("acpi: all that the kernel needs is found", reads_all());
    report("acpi: version 1 has only the RSDT", old_root());
    report("acpi: a damaged XSDT is named, the RSDT taken", bad_root());
    report("acpi: damaged, short and far tables are named and left out", bad_tables());
    report("acpi: an entry without length ends the table", bad_entry());
    report("acpi: more I/O APICs than there is room for are named", many_ioapics());
    report("acpi: 100000 damaged machines are survived", random_damage());
}
