/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attaching interrupts: a line as the firmware's tables route it, or a message that is written into
 * the device. The driver never touches where messages go: one that could would raise any interrupt
 * of the machine.
 */
#include "interrupt.h"

#include <abi/invoke.h>
#include <rt/memory.h>
#include <rt/object.h>
#include <rt/program.h>

#include "config.h"
#include "memory.h"

#define ENTRY_BYTES  16u
#define ENTRY_MASKED 1u

/* The object, attached. 0: no memory, no vector, or another has the line. */
static cap_t make(struct device *d, unsigned index)
{
    cap_t control = rt_given(COMPONENT_CAP, "interrupts");
    struct interrupt *i = &d->interrupt[index];
    cap_t cap = control == 0 ? 0 : rt_object_new(TYPE_INTERRUPT, 0);
    enum error e;

    if (cap == 0)
        return 0;
    if (d->signal == SIGNAL_LINE)
        e = irq_control_attach(control, cap, d->line[index].line,
                               (d->line[index].level ? 1u : 0u) | (d->line[index].low ? 2u : 0u));
    else
        e = irq_control_attach_message(control, cap, &i->address, &i->data);
    if (e == E_OK)
        return cap;
    rt_say(1, "%s: interrupt %u cannot be attached (error %u)", d->name, index, (unsigned)e);
    rt_object_delete(cap);
    return 0;
}

static struct region *table_region(struct device *d)
{
    for (unsigned i = 0; i < d->region_count; i++) {
        if (!d->region[i].ports && d->region[i].bar == d->f.msix.table_region)
            return &d->region[i];
    }
    return NULL;
}

/* An entry of the table, with its page mapped. NULL: it cannot be mapped. */
static volatile uint32_t *entry_map(struct device *d, unsigned index)
{
    const struct region *r = table_region(d);
    word_t at = r == NULL ? 0 : r->start + d->f.msix.table_offset + index * ENTRY_BYTES;
    cap_t frame = at == 0 || at % ENTRY_BYTES != 0 ? 0 : memory_frame(at / PAGE * PAGE);
    uint8_t *page =
        frame == 0 ? NULL : rt_frames_map(frame, 1, MAP_READ | MAP_WRITE | MAP_UNCACHED);

    return page == NULL ? NULL : (volatile uint32_t *)(void *)(page + at % PAGE);
}

static void entry_unmap(volatile uint32_t *entry)
{
    rt_frames_unmap((void *)((uintptr_t)entry / PAGE * PAGE), 1);
}

/* Masked first, so that the device never sees half of an address. */
static bool entry_write(struct device *d, unsigned index, const struct interrupt *i)
{
    volatile uint32_t *entry = entry_map(d, index);

    if (entry == NULL)
        return false;
    entry[3] = ENTRY_MASKED;
    if (i != NULL) {
        entry[0] = (uint32_t)i->address;
        entry[1] = (uint32_t)(i->address >> 32);
        entry[2] = (uint32_t)i->data;
        entry[3] = 0;
    }
    entry_unmap(entry);
    return true;
}

/* Before messages are switched on: all entries that nobody asked for are masked. */
static bool table_start(struct device *d)
{
    if (d->messages_on)
        return true;
    pci_command(config_access(), d->f.address, PCI_COMMAND_MEMORY, 0);
    for (unsigned i = 0; i < d->f.msix.count; i++) {
        if (!entry_write(d, i, NULL))
            return false;
    }
    d->messages_on = true;
    return true;
}

/* Tell the device where its message goes. */
static bool program(struct device *d, unsigned index)
{
    const struct interrupt *i = &d->interrupt[index];

    if (d->signal == SIGNAL_MSI)
        return pci_msi_enable(config_access(), &d->f, i->address, (uint16_t)i->data);
    if (d->signal == SIGNAL_MSIX) {
        if (!table_start(d) || !entry_write(d, index, i))
            return false;
        pci_msix_enable(config_access(), &d->f);
    }
    return true;
}

enum platform_error interrupt_give(struct device *d, unsigned index, cap_t *cap)
{
    struct interrupt *i = &d->interrupt[index];

    if (index >= d->interrupt_count)
        return PLATFORM_E_NO_RESOURCE;
    if (i->cap == 0)
        i->cap = make(d, index);
    if (i->cap == 0)
        return PLATFORM_E_EXHAUSTED;
    if (!program(d, index)) {
        rt_say(1, "%s: interrupt %u cannot be written into the device", d->name, index);
        return PLATFORM_E_EXHAUSTED;
    }
    *cap = i->cap;
    return PLATFORM_OK;
}
