/* SPDX-License-Identifier: BSD-2-Clause */
/* The devices of the machine: which there are, what each has, and whose it is. */
#ifndef PLATFORM_DEVICE_H
#define PLATFORM_DEVICE_H

#include <abi/call.h>
#include <machine/pci.h>
#include <proto/platform.h>

#include "firmware.h"

#define DEVICE_INTERRUPTS 32u /* most that one device is given */
#define DEVICE_LINES      2u

/** A region of registers. */
struct region {
    bool ports;
    word_t start; /**< port or physical address */
    word_t bytes;
    uint8_t bar; /**< PCI: which base address register */
    cap_t cap;   /**< ports: made when first asked for */
};

/** How a device says that it needs something. */
enum signal_kind { SIGNAL_NONE, SIGNAL_LINE, SIGNAL_MSI, SIGNAL_MSIX };

/** One interrupt of a device. Address and data of message-signalled ones. */
struct interrupt {
    cap_t cap; /**< made when first asked for */
    word_t address, data;
};

/** A device. */
struct device {
    char name[PLATFORM_NAME_MAX + 1];
    enum platform_bus bus;
    struct pci_function f; /**< fixed devices: only the class */
    struct region region[PCI_REGIONS];
    unsigned region_count;
    enum signal_kind signal;
    unsigned interrupt_count;
    struct acpi_line line[DEVICE_LINES];
    bool messages_on;
    struct interrupt interrupt[DEVICE_INTERRUPTS];
    cap_t *dma;   /**< of dma.c: first frames of chunks; NULL: none yet */
    word_t owner; /**< number of the client that it was given to; 0: none */
};

/** Find all devices. PCI needs config_init() to have said yes. */
void devices_find(const struct firmware *f, bool pci);

/** Device by its place in the list; NULL: there are not so many. */
struct device *device_at(word_t index);

/**
 * The device that the manifest gives to the client with this badge; NULL: none. Asks root once for
 * each client.
 */
struct device *device_of(word_t badge);

/**
 * May a driver of `d` have the page at this address, which lies in region `r` of it, for itself?
 */
bool device_page_own(const struct device *d, const struct region *r, word_t page);

/** Keep a PCI device from memory and from raising messages. */
void device_stop(struct device *d);

#endif
