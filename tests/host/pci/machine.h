/* SPDX-License-Identifier: BSD-2-Clause */
/* A simulated configuration space: registers with writable bits, and what goes wrong is counted. */
#ifndef MACHINE_H
#define MACHINE_H

#include <machine/pci.h>

#define FAKES 24u

/** One function that is there. */
struct fake {
    pci_address address;
    uint8_t value[PCI_CONFIG_BYTES];
    uint8_t writable[PCI_CONFIG_BYTES];
};

/** A machine. */
struct machine {
    struct fake fake[FAKES];
    unsigned count;
    unsigned live_probes; /**< base address registers written with all ones while decoding */
    unsigned outside;     /**< accesses of wrong width, alignment or offset */
    uint64_t reads;
    uint64_t chaos; /**< not 0: reads give random values */
};

/** Access to it. */
struct pci_access machine_access(struct machine *m);

/** A function. @return NULL: no room */
struct fake *machine_add(struct machine *m, pci_address address, uint16_t vendor, uint16_t product,
                         uint32_t class, uint8_t header);

/** A number in its registers. */
void fake_put(struct fake *f, unsigned offset, uint64_t value, unsigned width);
uint64_t fake_get(const struct fake *f, unsigned offset, unsigned width);

/** A base address register. @param bytes a power of two; flags the low bits; wide: 64-bit */
void fake_region(struct fake *f, unsigned index, uint64_t address, uint64_t bytes, unsigned flags);

/** A capability, linked in at the head of the list. */
void fake_capability(struct fake *f, uint8_t at, uint8_t id);

/** A small generator (Marsaglia, 2003: xorshift64). */
uint64_t next_random(uint64_t *state);

#endif
