/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * platform: finds out what devices the machine has, and gives each driver the registers, interrupts
 * and memory of its own. Part of the trusted computing base: it holds all device memory, PCI
 * configuration space and the right to make interrupts. One thread; serves idl/platform.idl.
 */
#include <abi/invoke.h>
#include <ipclib/serve.h>
#include <proto/platform.h>
#include <rt/bytes.h>
#include <rt/memory.h>
#include <rt/object.h>
#include <rt/program.h>
#include <rt/slot.h>

#include "config.h"
#include "device.h"
#include "dma.h"
#include "interrupt.h"
#include "memory.h"

static struct firmware firmware;

static void describe(const struct device *d, char name[static PLATFORM_NAME_MAX + 1],
                     struct platform_device *to)
{
    memcpy(name, d->name, sizeof(d->name));
    *to = (struct platform_device){
        .bus = d->bus,
        .address = d->f.address,
        .vendor = d->f.vendor,
        .product = d->f.product,
        .class = d->f.class,
        .regions = (uint8_t)d->region_count,
        .interrupts = (uint16_t)d->interrupt_count,
    };
}

static enum platform_error on_list(void *self, word_t badge, uint32_t index,
                                   char name[static PLATFORM_NAME_MAX + 1],
                                   struct platform_device *device)
{
    const struct device *d = device_at(index);

    (void)self;
    (void)badge;
    if (d == NULL)
        return PLATFORM_E_NOT_FOUND;
    describe(d, name, device);
    return PLATFORM_OK;
}

static enum platform_error on_list_region(void *self, word_t badge, uint32_t device, uint8_t index,
                                          enum platform_space *space, uint64_t *start,
                                          uint64_t *length)
{
    const struct device *d = device_at(device);

    (void)self;
    (void)badge;
    if (d == NULL)
        return PLATFORM_E_NOT_FOUND;
    if (index >= d->region_count)
        return PLATFORM_E_NO_RESOURCE;
    *space = d->region[index].ports ? PLATFORM_SPACE_PORTS : PLATFORM_SPACE_MEMORY;
    *start = d->region[index].start;
    *length = d->region[index].bytes;
    return PLATFORM_OK;
}

static enum platform_error on_device(void *self, word_t badge,
                                     char name[static PLATFORM_NAME_MAX + 1],
                                     struct platform_device *device)
{
    const struct device *d = device_of(badge);

    (void)self;
    if (d == NULL)
        return PLATFORM_E_NOT_FOUND;
    describe(d, name, device);
    return PLATFORM_OK;
}

/* A region of the caller's device. NULL: there is none, and *error says why. */
static struct region *region_of(word_t badge, uint8_t index, bool ports, struct device **device,
                                enum platform_error *error)
{
    *device = device_of(badge);
    *error = *device == NULL ? PLATFORM_E_NOT_FOUND : PLATFORM_E_NO_RESOURCE;
    if (*device == NULL || index >= (*device)->region_count ||
        (*device)->region[index].ports != ports)
        return NULL;
    return &(*device)->region[index];
}

static enum platform_error on_registers(void *self, word_t badge, uint8_t index,
                                        enum platform_space *space, uint64_t *start,
                                        uint64_t *length)
{
    const struct device *d = device_of(badge);

    (void)self;
    if (d == NULL)
        return PLATFORM_E_NOT_FOUND;
    if (index >= d->region_count)
        return PLATFORM_E_NO_RESOURCE;
    *space = d->region[index].ports ? PLATFORM_SPACE_PORTS : PLATFORM_SPACE_MEMORY;
    *start = d->region[index].ports ? d->region[index].start : d->region[index].start % PAGE;
    *length = d->region[index].bytes;
    return PLATFORM_OK;
}

/* The capability of the manifest that covers these ports. 0: none */
static cap_t covering(const struct region *r)
{
    const struct component_info *info = rt_info();

    for (word_t i = 0; i < info->entry_count; i++) {
        const struct component_entry *e = &info->entries[i];
        word_t first = e->value % 65536, count = e->value / 65536;

        if (e->kind == COMPONENT_PORTS && r->start >= first && r->start - first < count &&
            r->bytes <= count - (r->start - first))
            return e->slot;
    }
    return 0;
}

static enum platform_error on_ports(void *self, word_t badge, uint8_t index, cap_t *ports)
{
    struct device *d;
    enum platform_error error;
    struct region *r = region_of(badge, index, true, &d, &error);

    (void)self;
    if (r == NULL)
        return error;
    if (r->cap == 0) {
        cap_t from = covering(r);

        if (from == 0)
            return PLATFORM_E_NOT_ALLOWED;
        r->cap = rt_object_badge(from, RIGHT_READ | RIGHT_WRITE, r->start + 65536 * r->bytes);
    }
    *ports = r->cap;
    return r->cap == 0 ? PLATFORM_E_EXHAUSTED : PLATFORM_OK;
}

static enum platform_error on_page(void *self, word_t badge, uint8_t index, uint32_t page,
                                   cap_t *frame)
{
    struct device *d;
    enum platform_error error;
    const struct region *r = region_of(badge, index, false, &d, &error);
    word_t address;

    (void)self;
    if (r == NULL)
        return error;
    address = r->start / PAGE * PAGE + page * PAGE;
    if (address >= r->start + r->bytes)
        return PLATFORM_E_NO_RESOURCE;
    if (!device_page_own(d, r, address))
        return PLATFORM_E_NOT_ALLOWED;
    *frame = memory_frame(address);
    return *frame == 0 ? PLATFORM_E_EXHAUSTED : PLATFORM_OK;
}

static enum platform_error on_interrupt(void *self, word_t badge, uint16_t index, cap_t *interrupt)
{
    struct device *d = device_of(badge);

    (void)self;
    return d == NULL ? PLATFORM_E_NOT_FOUND : interrupt_give(d, index, interrupt);
}

/* Memory for DMA is the platform's: a driver that dies takes none away under its device. */
static enum platform_error on_dma_page(void *self, word_t badge, uint32_t index, cap_t *frame,
                                       uint64_t *device_address)
{
    struct device *d = device_of(badge);
    enum platform_error error = d == NULL ? PLATFORM_E_NOT_FOUND : dma_frame(d, index, frame);

    (void)self;
    return error != PLATFORM_OK ? error : dma_addresses(d, index, 1, device_address);
}

static enum platform_error on_dma_batch(void *self, word_t badge, uint32_t index, cap_t *frame_0,
                                        cap_t *frame_1, cap_t *frame_2, cap_t *frame_3)
{
    cap_t *to[PLATFORM_DMA_BATCH] = {frame_0, frame_1, frame_2, frame_3};
    struct device *d = device_of(badge);
    enum platform_error error = d == NULL ? PLATFORM_E_NOT_FOUND : PLATFORM_OK;

    (void)self;
    if (index > UINT32_MAX - PLATFORM_DMA_BATCH)
        return PLATFORM_E_NO_RESOURCE;
    for (uint32_t i = 0; i < PLATFORM_DMA_BATCH && error == PLATFORM_OK; i++)
        error = dma_frame(d, index + i, to[i]);
    return error;
}

static enum platform_error on_dma_addresses(void *self, word_t badge, uint32_t first,
                                            uint32_t count, void *addresses, size_t *addresses_size)
{
    uint64_t found[PLATFORM_DMA_ADDRESSES];
    struct device *d = device_of(badge);
    enum platform_error error =
        d == NULL ? PLATFORM_E_NOT_FOUND : dma_addresses(d, first, count, found);

    (void)self;
    if (error != PLATFORM_OK)
        return error;
    *addresses_size = count * sizeof(found[0]);
    memcpy(addresses, found, *addresses_size);
    return PLATFORM_OK;
}

static enum platform_error on_dma_reclaim(void *self, word_t badge, uint32_t first, uint32_t count)
{
    struct device *d = device_of(badge);

    (void)self;
    return d == NULL ? PLATFORM_E_NOT_FOUND : dma_reclaim(d, first, count);
}

static enum platform_error on_dma_recall(void *self, word_t badge, uint32_t first, uint32_t count)
{
    struct device *d = device_of(badge);

    (void)self;
    return d == NULL ? PLATFORM_E_NOT_FOUND : dma_recall(d, first, count);
}

static enum platform_error on_bar(void *self, word_t badge, uint8_t index, uint8_t *bar)
{
    const struct device *d = device_of(badge);

    (void)self;
    if (d == NULL)
        return PLATFORM_E_NOT_FOUND;
    if (d->bus != PLATFORM_BUS_PCI || index >= d->region_count)
        return PLATFORM_E_NO_RESOURCE;
    *bar = d->region[index].bar;
    return PLATFORM_OK;
}

static enum platform_error on_config_read(void *self, word_t badge, uint16_t offset, uint8_t width,
                                          uint32_t *value)
{
    const struct device *d = device_of(badge);

    (void)self;
    if (d == NULL)
        return PLATFORM_E_NOT_FOUND;
    if (d->bus != PLATFORM_BUS_PCI || width == 3 || offset % width != 0)
        return PLATFORM_E_NO_RESOURCE;
    return config_read_far(d->f.address, offset, width, value) ? PLATFORM_OK
                                                               : PLATFORM_E_NO_RESOURCE;
}

static enum platform_error on_config_write(void *self, word_t badge, uint16_t offset, uint8_t width,
                                           uint32_t value)
{
    const struct device *d = device_of(badge);

    (void)self;
    if (d == NULL)
        return PLATFORM_E_NOT_FOUND;
    if (d->bus != PLATFORM_BUS_PCI || width == 3 || offset % width != 0)
        return PLATFORM_E_NO_RESOURCE;
    if (!pci_write_allowed(config_access(), &d->f, offset, width, value))
        return PLATFORM_E_NOT_ALLOWED;
    config_access()->write(NULL, d->f.address, offset, width, value);
    return PLATFORM_OK;
}

static enum platform_error on_reset(void *self, word_t badge)
{
    struct device *d = device_of(badge);

    (void)self;
    if (d == NULL)
        return PLATFORM_E_NOT_FOUND;
    device_stop(d);
    return PLATFORM_OK;
}

static const struct platform_server callbacks = {
    .list = on_list,
    .device = on_device,
    .registers = on_registers,
    .ports = on_ports,
    .page = on_page,
    .interrupt = on_interrupt,
    .dma_page = on_dma_page,
    .config_read = on_config_read,
    .config_write = on_config_write,
    .reset = on_reset,
    .list_region = on_list_region,
    .dma_batch = on_dma_batch,
    .dma_addresses = on_dma_addresses,
    .dma_reclaim = on_dma_reclaim,
    .dma_recall = on_dma_recall,
    .bar = on_bar,
};

int main(int argc, char **argv)
{
    struct ipc_service service = platform_service(&callbacks, NULL);
    struct ipc_server server = {
        .endpoint = COMPONENT_ENDPOINT,
        .reply = COMPONENT_REPLY,
        .services = &service,
        .service_count = 1,
    };
    unsigned count = 0;
    bool pci;

    (void)argc;
    dma_init();
    if (!memory_init())
        return 1;
    firmware_read(&firmware);
    pci = config_init(&firmware);
    if (!pci)
        rt_say(1, "no way to PCI: neither ports 0xcf8-0xcff in the manifest nor an MCFG table");
    devices_find(&firmware, pci);
    while (device_at(count) != NULL)
        count++;
    rt_say(2, "%u devices; ACPI: %u tables, %u damaged, %u processors", count, firmware.tables,
           firmware.damaged, firmware.madt.processors);
    rt_say(2, "there is no IOMMU in use: a device that is told to can reach all memory");
    enum error error = ipc_serve(&server);
    rt_fail(__FILE__, __LINE__, "%s: nothing to serve (error %u)", argv[0], (unsigned)error);
}
