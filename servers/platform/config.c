/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PCI configuration space. (PCI specification 3.0, 3.2.2.3.2: ports; PCI Express base
 * specification, 7.2.2: memory.) By the ports if the manifest gives them, because every PC has
 * them; a function's page in memory is mapped when it is needed, one at a time.
 */
#include "config.h"

#include <abi/invoke.h>
#include <rt/memory.h>
#include <rt/program.h>

#include "memory.h"

#define PORT_ADDRESS 0xcf8u
#define PORT_DATA    0xcfcu

static cap_t ports; /* 0: none */
static word_t base; /* of bus 0 in memory, 0: none */
static unsigned first_bus, last_bus;

/* The page that is mapped now. */
static struct {
    bool valid;
    pci_address address;
    volatile uint8_t *at;
} page;

/* @return false: that function has no page in memory */
static bool turn_to(pci_address address)
{
    word_t at = base + (word_t)address * PAGE;
    cap_t frame;

    if (page.valid && page.address == address)
        return true;
    if (base == 0 || address >> 8 < first_bus || address >> 8 > last_bus ||
        !memory_is_device(at, PAGE))
        return false;
    if (page.valid)
        rt_frames_unmap((void *)(uintptr_t)page.at, 1);
    page.valid = false;
    frame = memory_frame(at);
    page.at = frame == 0 ? NULL : rt_frames_map(frame, 1, MAP_READ | MAP_WRITE | MAP_UNCACHED);
    page.address = address;
    page.valid = page.at != NULL;
    return page.valid;
}

static uint32_t memory_read(uint32_t offset, uint32_t width)
{
    switch (width) {
    case 1:
        return page.at[offset];
    case 2:
        return *(volatile uint16_t *)&page.at[offset];
    default:
        return *(volatile uint32_t *)&page.at[offset];
    }
}

static void memory_write(uint32_t offset, uint32_t width, uint32_t value)
{
    switch (width) {
    case 1:
        page.at[offset] = (uint8_t)value;
        break;
    case 2:
        *(volatile uint16_t *)&page.at[offset] = (uint16_t)value;
        break;
    default:
        *(volatile uint32_t *)&page.at[offset] = value;
        break;
    }
}

/* Say to the ports which register is meant. */
static void point(pci_address address, uint32_t offset)
{
    RT_CHECK(io_port_write(ports, PORT_ADDRESS, 4,
                           0x80000000u | (uint32_t)address << 8 | (offset & 0xfc)) == E_OK);
}

static uint32_t read_register(void *context, pci_address address, uint32_t offset, uint32_t width)
{
    word_t value = 0;

    (void)context;
    if (ports != 0) {
        point(address, offset);
        RT_CHECK(io_port_read(ports, PORT_DATA + offset % 4, width, &value) == E_OK);
        return (uint32_t)value;
    }
    return turn_to(address) ? memory_read(offset, width) : 0xffffffffu >> (32 - 8 * width);
}

static void write_register(void *context, pci_address address, uint32_t offset, uint32_t width,
                           uint32_t value)
{
    (void)context;
    if (ports != 0) {
        point(address, offset);
        RT_CHECK(io_port_write(ports, PORT_DATA + offset % 4, width, value) == E_OK);
    } else if (turn_to(address)) {
        memory_write(offset, width, value);
    }
}

static const struct pci_access access = {.read = read_register, .write = write_register};

const struct pci_access *config_access(void)
{
    return &access;
}

bool config_read_far(pci_address address, uint32_t offset, uint32_t width, uint32_t *value)
{
    if (offset < PCI_CONFIG_BYTES) {
        *value = read_register(NULL, address, offset, width);
        return true;
    }
    if (!turn_to(address))
        return false;
    *value = memory_read(offset, width);
    return true;
}

bool config_init(const struct firmware *f)
{
    const struct component_info *info = rt_info();

    for (word_t i = 0; i < info->entry_count; i++) {
        const struct component_entry *e = &info->entries[i];

        if (e->kind == COMPONENT_PORTS && e->value % 65536 <= PORT_ADDRESS &&
            e->value % 65536 + e->value / 65536 >= PORT_DATA + 4)
            ports = e->slot;
    }
    for (uint32_t i = 0; i < f->mcfg.count; i++) {
        if (f->mcfg.segment[i].segment != 0 || base != 0)
            continue;
        base = f->mcfg.segment[i].base;
        first_bus = f->mcfg.segment[i].first_bus;
        last_bus = f->mcfg.segment[i].last_bus;
    }
    return ports != 0 || base != 0;
}
