/* SPDX-License-Identifier: BSD-2-Clause */
/* A virtio device on PCI. What its capabilities say is checked: they are the device's words. */
#include "virtio.h"

#include <proto/platform.h>

#include "platform.h"

/* PCI configuration (PCI specification 3.0, 6.1 and 6.7). */
#define PCI_COMMAND      4u
#define PCI_COMMAND_ON   6u /* memory and bus mastering */
#define PCI_STATUS       6u
#define PCI_STATUS_LIST  0x10u
#define PCI_LIST         0x34u
#define PCI_LIST_FIRST   0x40u
#define PCI_LIST_MAX     48u
#define PCI_CAP_VENDOR   9u
#define PCI_REGIONS      6u
#define PAGE             4096u
#define PART_BYTES_MAX   65536u /* more of a structure is not needed, and not mapped */

static uint32_t config(const struct device_virtio *v, uint32_t offset, uint8_t width)
{
    uint32_t value = 0;

    (void)platform_config_read(v->device, (uint16_t)offset, width, &value);
    return value;
}

/* --- Registers ------------------------------------------------------------------------------- */

static uint32_t read_part(void *context, enum virtio_structure where, uint32_t offset,
                          uint32_t width)
{
    const struct device_virtio_part *p = &((const struct device_virtio *)context)->part[where];

    if (p->at == NULL || width > p->bytes || offset > p->bytes - width)
        return 0xffffffffu >> (32 - 8 * width);
    switch (width) {
    case 1:
        return p->at[offset];
    case 2:
        return *(volatile uint16_t *)(volatile void *)(p->at + offset);
    default:
        return *(volatile uint32_t *)(volatile void *)(p->at + offset);
    }
}

static void write_part(void *context, enum virtio_structure where, uint32_t offset, uint32_t width,
                       uint32_t value)
{
    const struct device_virtio_part *p = &((const struct device_virtio *)context)->part[where];

    if (p->at == NULL || width > p->bytes || offset > p->bytes - width)
        return;
    switch (width) {
    case 1:
        p->at[offset] = (uint8_t)value;
        break;
    case 2:
        *(volatile uint16_t *)(volatile void *)(p->at + offset) = (uint16_t)value;
        break;
    default:
        *(volatile uint32_t *)(volatile void *)(p->at + offset) = value;
        break;
    }
}

/* --- Structures ------------------------------------------------------------------------------ */

/* Platform's number of the region behind a base address register, and what it is. */
static bool find_region(const struct device_virtio *v, uint8_t bar, uint8_t *index,
                        uint64_t *start, uint64_t *length)
{
    for (uint8_t i = 0; i < PCI_REGIONS; i++) {
        enum platform_space space = PLATFORM_SPACE_PORTS;
        uint8_t found = 0xff;

        if (platform_bar(v->device, i, &found) != PLATFORM_OK)
            return false;
        *index = i;
        if (found == bar)
            return platform_registers(v->device, i, &space, start, length) == PLATFORM_OK &&
                   space == PLATFORM_SPACE_MEMORY;
    }
    return false;
}

/* Map what a capability points at. Of several of a kind the first that can be used (4.1.4.1). */
static void map_part(struct device_virtio *v, uint32_t cap, uint32_t type)
{
    uint32_t offset = config(v, cap + VIRTIO_CAP_OFFSET, 4);
    uint32_t bytes = config(v, cap + VIRTIO_CAP_BYTES, 4);
    uint64_t start = 0, length = 0;
    uint8_t index = 0, *at;

    if (v->part[type].at != NULL || bytes == 0)
        return;
    if (!find_region(v, (uint8_t)config(v, cap + VIRTIO_CAP_BAR, 1), &index, &start, &length) ||
        offset > length || bytes > length - offset || offset % 4 != 0)
        return;
    if (bytes > PART_BYTES_MAX)
        bytes = PART_BYTES_MAX;
    start += offset;
    at = device_registers_map(v->device, index, (uint32_t)(start / PAGE),
                              (uint32_t)((start % PAGE + bytes + PAGE - 1) / PAGE));
    if (at == NULL)
        return;
    v->part[type] = (struct device_virtio_part){.at = at + start % PAGE, .bytes = bytes};
    if (type == VIRTIO_NOTIFY)
        v->notify_step = config(v, cap + VIRTIO_CAP_NOTIFY_STEP, 4);
}

static void find_parts(struct device_virtio *v)
{
    uint32_t at = config(v, PCI_STATUS, 2) & PCI_STATUS_LIST ? config(v, PCI_LIST, 1) & 0xfc : 0;

    for (unsigned i = 0; i < PCI_LIST_MAX && at >= PCI_LIST_FIRST; i++) {
        uint32_t type = config(v, at + VIRTIO_CAP_TYPE, 1);

        if (config(v, at, 1) == PCI_CAP_VENDOR && type >= VIRTIO_COMMON && type <= VIRTIO_DEVICE)
            map_part(v, at, type);
        at = config(v, at + 1, 1) & 0xfc;
    }
}

const char *device_virtio_open(struct device_virtio *v, cap_t device)
{
    *v = (struct device_virtio){.device = device};
    v->access = (struct virtio_access){.read = read_part, .write = write_part, .context = v};
    find_parts(v);
    if (v->part[VIRTIO_COMMON].bytes < VIRTIO_COMMON_BYTES)
        return "it has no common configuration: is it an old one (use disable-legacy=on)?";
    if (v->part[VIRTIO_NOTIFY].at == NULL)
        return "it has no notification registers";
    if (platform_config_write(device, PCI_COMMAND, 2, PCI_COMMAND_ON) != PLATFORM_OK)
        return "it cannot be allowed to use memory";
    return NULL;
}

volatile uint16_t *device_virtio_bell(const struct device_virtio *v, uint16_t place)
{
    const struct device_virtio_part *p = &v->part[VIRTIO_NOTIFY];
    uint64_t offset = (uint64_t)place * v->notify_step; /* 4.1.4.4 */

    if (p->bytes < 2 || offset > p->bytes - 2 || offset % 2 != 0)
        return NULL;
    return (volatile uint16_t *)(volatile void *)(p->at + offset);
}
