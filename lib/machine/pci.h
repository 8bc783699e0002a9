/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PCI: finding the functions of a machine and what each of them has, through configuration space
 * that the caller gives access to. (PCI Local Bus specification 3.0, chapter 6; PCI-to-PCI Bridge
 * specification 1.2; MSI-X: 6.8.2.) Pure code: all state is the caller's.
 *
 * Devices are not believed: lists of capabilities may loop, bridges may claim each other, registers
 * may read anything at any time. Every walk is bounded, and each bus is visited once.
 */
#ifndef MACHINE_PCI_H
#define MACHINE_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PCI_CONFIG_BYTES   256u
#define PCI_EXTENDED_BYTES 4096u
#define PCI_REGIONS        6u
#define PCI_CAPABILITIES   48u /* most that fit: 192 bytes of 4 each */

/** A function: bus * 256 + device * 8 + function. */
typedef uint16_t pci_address;

/**
 * Access to configuration space. `width` 1, 2 or 4; `offset` a multiple of it, below
 * PCI_CONFIG_BYTES.
 */
struct pci_access {
    uint32_t (*read)(void *context, pci_address address, uint32_t offset, uint32_t width);
    void (*write)(void *context, pci_address address, uint32_t offset, uint32_t width,
                  uint32_t value);
    void *context;
};

/* Registers. */
enum pci_register {
    PCI_VENDOR = 0x00,
    PCI_PRODUCT = 0x02,
    PCI_COMMAND = 0x04,
    PCI_STATUS = 0x06,
    PCI_CLASS = 0x08, /* revision, interface, subclass, class */
    PCI_HEADER = 0x0e,
    PCI_BAR = 0x10,
    PCI_BUSES = 0x18, /* bridge: primary, secondary, subordinate bus */
    PCI_SUBSYSTEM = 0x2c,
    PCI_LIST = 0x34,
    PCI_LINE = 0x3c,
    PCI_PIN = 0x3d,
};

/* Bits of PCI_COMMAND. */
enum pci_command {
    PCI_COMMAND_PORTS = 1,
    PCI_COMMAND_MEMORY = 2,
    PCI_COMMAND_MASTER = 4,
    PCI_COMMAND_NO_LINE = 0x400,
};

/* Capabilities. */
enum pci_capability_id {
    PCI_CAP_POWER = 1,
    PCI_CAP_MSI = 5,
    PCI_CAP_VENDOR = 9,
    PCI_CAP_EXPRESS = 16,
    PCI_CAP_MSIX = 17,
};

enum pci_region_kind { PCI_REGION_NONE, PCI_REGION_PORTS, PCI_REGION_MEMORY };

/** What one base address register describes. */
struct pci_region {
    enum pci_region_kind kind; /**< NONE: no such register, or the upper half of a 64-bit one */
    bool wide;                 /**< 64-bit */
    bool prefetch;             /**< reads have no side effects */
    uint64_t address;          /**< 0: firmware gave it none */
    uint64_t bytes;            /**< a power of two */
};

/** MSI-X: where the table of messages is. */
struct pci_msix {
    uint16_t at;    /**< of the capability, 0: there is none */
    uint16_t count; /**< messages */
    uint8_t table_region, pending_region;
    uint32_t table_offset, pending_offset;
};

/** A function of a device. */
struct pci_function {
    pci_address address;
    uint16_t vendor, product;
    uint16_t subsystem_vendor, subsystem;
    uint32_t class; /**< class, subclass, interface: 8 bits each */
    uint8_t revision;
    uint8_t header;     /**< 0: device, 1: bridge to PCI, 2: bridge to CardBus */
    uint8_t bus_behind; /**< bridge: its secondary bus, 0: none */
    uint8_t line, pin;  /**< as firmware left them; pin 0: no interrupt line */
    uint16_t msi;       /**< of the capability, 0: none */
    uint16_t express;
    struct pci_msix msix;
    struct pci_region region[PCI_REGIONS];
};

/** Called for each function. @return false: stop */
typedef bool pci_found(void *context, const struct pci_function *function);

/**
 * Find every function on bus 0 and behind bridges, depth first in the order of addresses. Sizes of
 * regions are probed with decoding off and everything put back. Devices are first kept from memory
 * (no bus mastering): whoever drove them before is gone. Bridges are left as they are, and not
 * sized.
 * @return functions found
 */
size_t pci_enumerate(const struct pci_access *access, pci_found *found, void *context);

/** Read one function. @return false: there is none */
bool pci_read_function(const struct pci_access *access, pci_address address,
                       struct pci_function *f);

/**
 * Size its regions. Decoding is off for as long as it takes, so nobody may be using the function.
 */
void pci_read_regions(const struct pci_access *access, struct pci_function *f);

/** Where a capability is. @return 0: the function has none, or its list is broken before it */
uint16_t pci_find_capability(const struct pci_access *access, pci_address address, uint8_t id);

/** Set and clear bits of the command register. */
void pci_command(const struct pci_access *access, pci_address address, uint16_t set,
                 uint16_t clear);

/**
 * Let MSI message 0 go to `address` with `data`; other messages are not used.
 * @return false: the function cannot reach that address
 */
bool pci_msi_enable(const struct pci_access *access, const struct pci_function *f, uint64_t address,
                    uint16_t data);

/** Stop MSI and MSI-X. */
void pci_messages_disable(const struct pci_access *access, const struct pci_function *f);

/** Start MSI-X: the table has been filled in. */
void pci_msix_enable(const struct pci_access *access, const struct pci_function *f);

/**
 * Is this write to configuration space one that a driver may make to its own function without
 * reaching anybody else?
 */
bool pci_write_allowed(const struct pci_access *access, const struct pci_function *f,
                       uint32_t offset, uint32_t width, uint32_t value);

#endif
