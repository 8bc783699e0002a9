/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding the firmware's tables and copying them; <machine/acpi.h> reads the copies. */
#include "firmware.h"

#include <rt/memory.h>
#include <rt/program.h>

#include "memory.h"

/* A copy of a table, in pages of its own. */
struct copy {
    struct acpi_table table;
    word_t pages;
};

static void drop(struct copy *c)
{
    if (c->pages != 0)
        rt_pages_free((void *)(uintptr_t)c->table.at, c->pages);
    c->pages = 0;
}

/* The head is copied first, for the length; then all of it at once, and only that copy counts. */
static bool copy_table(word_t address, struct copy *c)
{
    uint8_t head[ACPI_HEAD];
    size_t bytes;
    void *to;

    c->pages = 0;
    if (!memory_copy(head, address, sizeof(head)))
        return false;
    bytes = acpi_length(head);
    if (bytes == 0)
        return false;
    to = rt_pages_alloc((bytes + PAGE - 1) / PAGE);
    if (to == NULL)
        return false;
    *c = (struct copy){.table = {to, bytes}, .pages = (bytes + PAGE - 1) / PAGE};
    if (memory_copy(to, address, bytes) && acpi_table_check(c->table, acpi_name(to)))
        return true;
    drop(c);
    return false;
}

static void read_table(struct firmware *f, struct acpi_table t)
{
    switch (acpi_name(t.at)) {
    case ACPI_MADT:
        f->has_madt = acpi_read_madt(t, &f->madt);
        break;
    case ACPI_MCFG:
        f->has_mcfg = acpi_read_mcfg(t, &f->mcfg);
        break;
    case ACPI_FADT:
        f->has_fadt = acpi_read_fadt(t, &f->fadt);
        break;
    case ACPI_HPET:
        f->has_hpet = acpi_read_hpet(t, &f->hpet);
        break;
    case ACPI_SPCR:
        f->has_spcr = acpi_read_spcr(t, &f->spcr);
        break;
    default:
        break;
    }
}

static void read_named(struct firmware *f, word_t address)
{
    struct copy c;

    if (!copy_table(address, &c)) {
        f->damaged++;
        rt_say(1, "ACPI: the table at 0x%lx is damaged or out of reach: ignored", address);
        return;
    }
    f->tables++;
    read_table(f, c.table);
    drop(&c);
}

/* What an old PC has, for machines whose tables do not say. */
static void assume(struct firmware *f)
{
    struct acpi_table none = {NULL, 0};

    (void)acpi_read_madt(none, &f->madt);
    (void)acpi_read_fadt(none, &f->fadt);
}

void firmware_read(struct firmware *f)
{
    const struct boot_info *info = memory_boot_info();
    bool wide = info->acpi_wide != 0;
    struct copy root;

    *f = (struct firmware){.tables = 0};
    assume(f);
    if (info->acpi_root == 0) {
        rt_say(1, "ACPI: the kernel found no tables");
        return;
    }
    if (!copy_table(info->acpi_root, &root) ||
        acpi_name(root.table.at) != (wide ? ACPI_XSDT : ACPI_RSDT)) {
        rt_say(1, "ACPI: the root table at 0x%lx is damaged or out of reach", info->acpi_root);
        drop(&root);
        return;
    }
    for (size_t i = 0; i < acpi_root_count(root.table, wide); i++)
        read_named(f, acpi_root_entry(root.table, wide, i));
    drop(&root);
    if (f->madt.dropped + f->mcfg.dropped != 0)
        rt_say(1, "ACPI: %u entries of MADT and MCFG make no sense: ignored",
               f->madt.dropped + f->mcfg.dropped);
}

struct acpi_line firmware_line(const struct firmware *f, unsigned line, bool pci)
{
    struct acpi_line l = {.line = line, .level = pci, .low = pci};

    return line < ACPI_ISA_LINES && (f->madt.overridden[line] || !pci) ? f->madt.isa[line] : l;
}
