/* SPDX-License-Identifier: BSD-2-Clause */
/* Capabilities of a PCI function: the list, messages, and what a driver may write. */
#include "pci.h"

#define STATUS_LIST  0x10u
#define LIST_FIRST   0x40u /* below are the fixed registers */
#define MSI_ENABLE   1u
#define MSI_MULTIPLE 0x70u
#define MSI_WIDE     0x80u
#define MSI_MASKS    0x100u
#define MSIX_ENABLE  0x8000u
#define MSIX_MASKED  0x4000u

static uint32_t get(const struct pci_access *a, pci_address at, uint32_t offset, uint32_t width)
{
    return a->read(a->context, at, offset, width);
}

static void set(const struct pci_access *a, pci_address at, uint32_t offset, uint32_t width,
                uint32_t value)
{
    a->write(a->context, at, offset, width, value);
}

/*
 * The next capability of a list. @param pointer where the pointer to it is @return 0: the end, or
 * nonsense
 */
static uint16_t follow(const struct pci_access *a, pci_address address, uint32_t pointer)
{
    uint32_t at = get(a, address, pointer, 1) & 0xfc;

    return at >= LIST_FIRST ? (uint16_t)at : 0;
}

static uint16_t first(const struct pci_access *a, pci_address address)
{
    uint32_t header = get(a, address, PCI_HEADER, 1) & 0x7f;

    if (!(get(a, address, PCI_STATUS, 2) & STATUS_LIST) || header > 1)
        return 0;
    return follow(a, address, PCI_LIST);
}

uint16_t pci_find_capability(const struct pci_access *access, pci_address address, uint8_t id)
{
    uint16_t at = first(access, address);

    /* A list that loops has more entries than fit. */
    for (unsigned i = 0; i < PCI_CAPABILITIES && at != 0; i++) {
        if (get(access, address, at, 1) == id)
            return at;
        at = follow(access, address, at + 1u);
    }
    return 0;
}

bool pci_msi_enable(const struct pci_access *access, const struct pci_function *f, uint64_t address,
                    uint16_t data)
{
    uint32_t at = f->msi;
    uint32_t control = at == 0 ? 0 : get(access, f->address, at + 2, 2);
    uint32_t data_at = control & MSI_WIDE ? at + 12 : at + 8;

    if (at == 0 || data_at + 8 > PCI_CONFIG_BYTES || (!(control & MSI_WIDE) && address >> 32 != 0))
        return false;
    set(access, f->address, at + 2, 2, control & ~(MSI_ENABLE | MSI_MULTIPLE));
    set(access, f->address, at + 4, 4, (uint32_t)address);
    if (control & MSI_WIDE)
        set(access, f->address, at + 8, 4, (uint32_t)(address >> 32));
    set(access, f->address, data_at, 2, data);
    if (control & MSI_MASKS)
        set(access, f->address, data_at + 4, 4, ~1u);
    set(access, f->address, at + 2, 2, (control & ~MSI_MULTIPLE) | MSI_ENABLE);
    return true;
}

void pci_messages_disable(const struct pci_access *access, const struct pci_function *f)
{
    if (f->msi != 0) {
        uint32_t control = get(access, f->address, f->msi + 2u, 2);

        set(access, f->address, f->msi + 2u, 2, control & ~MSI_ENABLE);
    }
    if (f->msix.at != 0) {
        uint32_t control = get(access, f->address, f->msix.at + 2u, 2);

        set(access, f->address, f->msix.at + 2u, 2, control & ~MSIX_ENABLE);
    }
}

void pci_msix_enable(const struct pci_access *access, const struct pci_function *f)
{
    uint32_t control = get(access, f->address, f->msix.at + 2u, 2);

    set(access, f->address, f->msix.at + 2u, 2, (control & ~MSIX_MASKED) | MSIX_ENABLE);
}

/* --- What a driver may write ----------------------------------------------------------------- */

/* The capability that holds `offset`, and in `end` where the next one in memory begins. 0: none */
static uint32_t holder(const struct pci_access *a, pci_address address, uint32_t offset,
                       uint32_t *end)
{
    uint32_t best = 0;
    uint16_t at = first(a, address);

    *end = PCI_CONFIG_BYTES;
    for (unsigned i = 0; i < PCI_CAPABILITIES && at != 0; i++) {
        if (at <= offset && at > best)
            best = at;
        if (at > offset && at < *end)
            *end = at;
        at = follow(a, address, at + 1u);
    }
    return best;
}

bool pci_write_allowed(const struct pci_access *access, const struct pci_function *f,
                       uint32_t offset, uint32_t width, uint32_t value)
{
    uint32_t end;

    if (f->header != 0 || (width != 1 && width != 2 && width != 4) || offset % width != 0)
        return false;
    /* Decoding at the addresses that were given, DMA, and the line: all its own. */
    if (offset == PCI_COMMAND && width == 2)
        return (value & ~(uint32_t)(PCI_COMMAND_PORTS | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER |
                                    PCI_COMMAND_NO_LINE)) == 0;
    if (offset < LIST_FIRST || offset > PCI_CONFIG_BYTES - width)
        return false;

    uint32_t at = holder(access, f->address, offset, &end);
    uint32_t id = at == 0 ? 0 : get(access, f->address, at, 1);

    if (offset + width > end || offset < at + 2)
        return false;
    if (id == PCI_CAP_POWER)
        return offset + width <= at + 8;
    return id == PCI_CAP_VENDOR && offset + width <= at + get(access, f->address, at + 2, 1);
}
