/* SPDX-License-Identifier: BSD-2-Clause */
/* The simulated configuration space: see machine.h. */
#include "machine.h"

#include <stddef.h>

uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static struct fake *find(struct machine *m, pci_address address)
{
    for (unsigned i = 0; i < m->count; i++) {
        if (m->fake[i].address == address)
            return &m->fake[i];
    }
    return NULL;
}

static bool proper(struct machine *m, uint32_t offset, uint32_t width)
{
    bool good = (width == 1 || width == 2 || width == 4) && offset % width == 0 &&
                offset <= PCI_CONFIG_BYTES - width;

    m->outside += !good;
    return good;
}

static uint32_t read_config(void *context, pci_address address, uint32_t offset, uint32_t width)
{
    struct machine *m = context;
    struct fake *f = find(m, address);
    uint32_t ones = width == 4 ? 0xffffffff : (1u << (8 * width)) - 1;

    m->reads++;
    if (!proper(m, offset, width))
        return 0;
    if (m->chaos != 0)
        return (uint32_t)next_random(&m->chaos) & ones;
    return f == NULL ? ones : (uint32_t)fake_get(f, offset, width);
}

static void write_config(void *context, pci_address address, uint32_t offset, uint32_t width,
                         uint32_t value)
{
    struct machine *m = context;
    struct fake *f = find(m, address);

    if (!proper(m, offset, width) || f == NULL)
        return;
    if (offset >= PCI_BAR && offset < PCI_BAR + 24 && value == 0xffffffff &&
        (f->value[PCI_COMMAND] & 3) != 0)
        m->live_probes++;
    for (unsigned i = 0; i < width; i++) {
        uint8_t mask = f->writable[offset + i], byte = (uint8_t)(value >> (8 * i));

        f->value[offset + i] = (uint8_t)((f->value[offset + i] & ~mask) | (byte & mask));
    }
}

struct pci_access machine_access(struct machine *m)
{
    return (struct pci_access){.read = read_config, .write = write_config, .context = m};
}

void fake_put(struct fake *f, unsigned offset, uint64_t value, unsigned width)
{
    for (unsigned i = 0; i < width; i++)
        f->value[offset + i] = (uint8_t)(value >> (8 * i));
}

uint64_t fake_get(const struct fake *f, unsigned offset, unsigned width)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < width; i++)
        value |= (uint64_t)f->value[offset + i] << (8 * i);
    return value;
}

struct fake *machine_add(struct machine *m, pci_address address, uint16_t vendor, uint16_t product,
                         uint32_t class, uint8_t header)
{
    struct fake *f = &m->fake[m->count];

    if (m->count == FAKES)
        return NULL;
    m->count++;
    *f = (struct fake){.address = address};
    fake_put(f, PCI_VENDOR, vendor, 2);
    fake_put(f, PCI_PRODUCT, product, 2);
    fake_put(f, PCI_COMMAND, 0x107, 2);
    f->writable[PCI_COMMAND] = 0x47;
    f->writable[PCI_COMMAND + 1] = 0x05;
    fake_put(f, PCI_CLASS, (uint64_t) class << 8 | 3, 4);
    f->value[PCI_HEADER] = header;
    f->writable[PCI_LINE] = 0xff;
    return f;
}

void fake_region(struct fake *f, unsigned index, uint64_t address, uint64_t bytes, unsigned flags)
{
    unsigned offset = PCI_BAR + 4 * index;
    unsigned width = (flags & 7) == 4 ? 8 : 4;

    fake_put(f, offset, address | flags, width);
    for (unsigned i = 0; i < width; i++)
        f->writable[offset + i] = (uint8_t)(~(bytes - 1) >> (8 * i));
    f->writable[offset] &= flags & 1 ? 0xfc : 0xf0;
}

void fake_capability(struct fake *f, uint8_t at, uint8_t id)
{
    f->value[PCI_STATUS] |= 0x10;
    f->value[at] = id;
    f->value[at + 1] = f->value[PCI_LIST];
    f->value[PCI_LIST] = at;
}
