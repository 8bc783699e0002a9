/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The list of devices. PCI functions with what their registers say, after checks; and the few
 * devices without a bus that firmware tables name. The list is made once: nothing is plugged in
 * while the system runs.
 */
#include "device.h"

#include <rt/bytes.h>
#include <rt/format.h>
#include <rt/memory.h>
#include <rt/program.h>

#include "config.h"
#include "memory.h"

#define LIST_MAX (PAGE / sizeof(struct device *))
#define CHUNK    8u /* pages taken at a time for devices */

static struct device **list;
static unsigned count, refused;
static struct device *chunk;
static unsigned chunk_left;
static const struct firmware *firmware;

static struct device *add(void)
{
    if (list == NULL)
        list = rt_pages_alloc(1);
    if (chunk_left == 0) {
        chunk = rt_pages_alloc(CHUNK);
        chunk_left = chunk == NULL ? 0 : CHUNK * PAGE / sizeof(struct device);
    }
    if (list == NULL || chunk_left == 0 || count == LIST_MAX) {
        refused++;
        return NULL;
    }
    list[count] = chunk++;
    chunk_left--;
    return list[count++];
}

struct device *device_at(word_t index)
{
    return index < count ? list[index] : NULL;
}

static bool overlap(word_t a, word_t a_bytes, word_t b, word_t b_bytes)
{
    return a < b + b_bytes && b < a + a_bytes;
}

/* --- PCI ------------------------------------------------------------------------------------- */

/* Registers where configuration space is would be everybody's. */
static bool in_config_space(word_t start, word_t bytes)
{
    for (uint32_t i = 0; i < firmware->mcfg.count; i++) {
        word_t base = firmware->mcfg.segment[i].base;

        if (overlap(start, bytes, base, ((word_t)firmware->mcfg.segment[i].last_bus + 1) << 20))
            return true;
    }
    return false;
}

static void add_region(struct device *d, unsigned bar)
{
    const struct pci_region *r = &d->f.region[bar];
    bool ports = r->kind == PCI_REGION_PORTS;

    if (r->kind == PCI_REGION_NONE)
        return;
    if (r->address == 0) {
        rt_say(1, "%s: firmware gave region %u no address: left out", d->name, bar);
        return;
    }
    if (!ports &&
        (!memory_is_device(r->address, r->bytes) || in_config_space(r->address, r->bytes))) {
        rt_say(1, "%s: region %u at 0x%lx is not device memory: left out", d->name, bar,
               r->address);
        return;
    }
    d->region[d->region_count++] = (struct region){
        .ports = ports, .start = r->address, .bytes = r->bytes, .bar = (uint8_t)bar};
}

static bool has_region(const struct device *d, unsigned bar)
{
    for (unsigned i = 0; i < d->region_count; i++) {
        if (d->region[i].bar == bar)
            return true;
    }
    return false;
}

/* Messages where the device can, as lines may be shared and only one driver can have one. */
static void choose_signal(struct device *d)
{
    const struct pci_function *f = &d->f;

    if (f->msix.at != 0 && !firmware->fadt.no_message && has_region(d, f->msix.table_region)) {
        d->signal = SIGNAL_MSIX;
        d->interrupt_count = f->msix.count < DEVICE_INTERRUPTS ? f->msix.count : DEVICE_INTERRUPTS;
    } else if (f->msi != 0 && !firmware->fadt.no_message) {
        d->signal = SIGNAL_MSI;
        d->interrupt_count = 1;
    } else if (f->pin != 0 && f->line != 0 && f->line != 0xff) {
        d->signal = SIGNAL_LINE;
        d->interrupt_count = 1;
        d->line[0] = firmware_line(firmware, f->line, true);
    }
}

static bool found(void *context, const struct pci_function *f)
{
    struct device *d = add();

    (void)context;
    if (d == NULL)
        return true;
    d->bus = PLATFORM_BUS_PCI;
    d->f = *f;
    rt_format(d->name, sizeof(d->name), "pci %02x:%02x.%u", f->address / 256u,
              f->address / 8u % 32u, f->address % 8u);
    for (unsigned i = 0; i < PCI_REGIONS; i++)
        add_region(d, i);
    choose_signal(d);
    /* What the last driver, or firmware, left on would signal nobody. */
    pci_messages_disable(config_access(), f);
    return true;
}

/* --- Without a bus --------------------------------------------------------------------------- */

static struct device *add_fixed(const char *name, uint32_t class)
{
    struct device *d = add();

    if (d == NULL)
        return NULL;
    rt_format(d->name, sizeof(d->name), "%s", name);
    d->bus = PLATFORM_BUS_FIXED;
    d->f.vendor = d->f.product = 0xffff;
    d->f.class = class;
    return d;
}

static void fixed_ports(struct device *d, word_t first, word_t bytes)
{
    d->region[d->region_count++] = (struct region){.ports = true, .start = first, .bytes = bytes};
}

static void fixed_line(struct device *d, unsigned line)
{
    d->signal = SIGNAL_LINE;
    d->line[d->interrupt_count++] = firmware_line(firmware, line, false);
}

static void find_serial(void)
{
    bool spcr = firmware->has_spcr && firmware->spcr.ports;
    struct device *d;

    if (!firmware->fadt.legacy_devices && !spcr)
        return;
    d = add_fixed("serial", 0x070002);
    if (d == NULL)
        return;
    fixed_ports(d, spcr ? firmware->spcr.address : 0x3f8, 8);
    fixed_line(d, spcr && firmware->spcr.line_valid ? firmware->spcr.line : 4);
}

static void find_fixed(void)
{
    struct device *d;

    find_serial();
    d = firmware->fadt.keyboard_8042 ? add_fixed("keyboard", 0x090000) : NULL;
    if (d != NULL) {
        fixed_ports(d, 0x60, 1);
        fixed_ports(d, 0x64, 1);
        fixed_line(d, 1);
        fixed_line(d, 12);
    }
    d = firmware->fadt.no_rtc ? NULL : add_fixed("clock", 0x080301);
    if (d != NULL) {
        fixed_ports(d, 0x70, 2);
        fixed_line(d, 8);
    }
    d = firmware->has_hpet && memory_is_device(firmware->hpet.address, 1024)
            ? add_fixed("hpet", 0x080303)
            : NULL;
    if (d != NULL)
        d->region[d->region_count++] =
            (struct region){.start = firmware->hpet.address, .bytes = 1024};
}

void devices_find(const struct firmware *f, bool pci)
{
    firmware = f;
    if (pci)
        (void)pci_enumerate(config_access(), found, NULL);
    find_fixed();
    if (refused != 0)
        rt_say(1, "%u devices are left out: no memory for them in the quota", refused);
}

bool device_page_own(const struct device *d, const struct region *r, word_t page)
{
    const struct pci_msix *msix = &d->f.msix;

    if (msix->at != 0 && msix->table_region == r->bar &&
        overlap(page, PAGE, r->start + msix->table_offset, msix->count * 16ul))
        return false;
    for (unsigned i = 0; i < count; i++) {
        for (unsigned k = 0; k < list[i]->region_count; k++) {
            const struct region *other = &list[i]->region[k];

            if (list[i] != d && !other->ports && overlap(page, PAGE, other->start, other->bytes))
                return false;
        }
    }
    return true;
}

void device_stop(struct device *d)
{
    if (d->bus != PLATFORM_BUS_PCI || d->f.header != 0)
        return;
    pci_command(config_access(), d->f.address, 0, PCI_COMMAND_MASTER);
    pci_messages_disable(config_access(), &d->f);
    d->messages_on = false;
}
