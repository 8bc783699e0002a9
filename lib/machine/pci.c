/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding functions and sizing their regions: see pci.h. */
#include "pci.h"

#define FUNCTIONS    8u
#define BUS_SLOTS    256u /* devices and functions on a bus */
#define BUSES        256u
#define MULTIPLE     0x80u /* in the header register */
#define NOBODY       0xffffu
#define CLASS_BRIDGE 0x06u

static uint32_t get(const struct pci_access *a, pci_address at, uint32_t offset, uint32_t width)
{
    return a->read(a->context, at, offset, width);
}

static void set(const struct pci_access *a, pci_address at, uint32_t offset, uint32_t width,
                uint32_t value)
{
    a->write(a->context, at, offset, width, value);
}

void pci_command(const struct pci_access *access, pci_address address, uint16_t set_bits,
                 uint16_t clear)
{
    uint32_t command = get(access, address, PCI_COMMAND, 2);

    set(access, address, PCI_COMMAND, 2, (command & ~(uint32_t)clear) | set_bits);
}

static void read_msix(const struct pci_access *access, struct pci_function *f)
{
    uint16_t at = pci_find_capability(access, f->address, PCI_CAP_MSIX);

    if (at == 0 || at > PCI_CONFIG_BYTES - 12)
        return;

    uint32_t table = get(access, f->address, at + 4u, 4);
    uint32_t pending = get(access, f->address, at + 8u, 4);

    f->msix = (struct pci_msix){
        .at = at,
        .count = (uint16_t)((get(access, f->address, at + 2u, 2) & 0x7ff) + 1),
        .table_region = table & 7,
        .table_offset = table & ~7u,
        .pending_region = pending & 7,
        .pending_offset = pending & ~7u,
    };
}

bool pci_read_function(const struct pci_access *access, pci_address address, struct pci_function *f)
{
    uint16_t vendor = (uint16_t)get(access, address, PCI_VENDOR, 2);
    uint32_t class;

    if (vendor == NOBODY)
        return false;
    class = get(access, address, PCI_CLASS, 4);
    *f = (struct pci_function){
        .address = address,
        .vendor = vendor,
        .product = (uint16_t)get(access, address, PCI_PRODUCT, 2),
        .class = class >> 8,
        .revision = (uint8_t) class,
        .header = get(access, address, PCI_HEADER, 1) & 0x7f,
        .line = (uint8_t)get(access, address, PCI_LINE, 1),
        .pin = (uint8_t)get(access, address, PCI_PIN, 1),
    };
    if (f->header == 0) {
        f->subsystem_vendor = (uint16_t)get(access, address, PCI_SUBSYSTEM, 2);
        f->subsystem = (uint16_t)get(access, address, PCI_SUBSYSTEM + 2, 2);
    }
    if (f->header == 1)
        f->bus_behind = (uint8_t)(get(access, address, PCI_BUSES, 4) >> 8);
    if (f->pin > 4)
        f->pin = 0;
    f->msi = pci_find_capability(access, address, PCI_CAP_MSI);
    f->express = pci_find_capability(access, address, PCI_CAP_EXPRESS);
    read_msix(access, f);
    return true;
}

/* --- Regions (6.2.5.1) ----------------------------------------------------------------------- */

/* What a base address register holds, and which of its bits can be written. */
struct probe {
    uint32_t value, mask;
};

static struct probe probe(const struct pci_access *a, pci_address at, uint32_t offset)
{
    struct probe p = {.value = get(a, at, offset, 4)};

    set(a, at, offset, 4, 0xffffffff);
    p.mask = get(a, at, offset, 4);
    set(a, at, offset, 4, p.value);
    return p;
}

/* Address and size out of the writable bits. A size that is no power of two is none. */
static struct pci_region region(enum pci_region_kind kind, uint64_t value, uint64_t mask,
                                uint64_t low)
{
    struct pci_region r = {
        .kind = kind,
        .address = value & ~low,
        .bytes = (mask & ~low) & -(mask & ~low),
    };

    if (r.bytes == 0)
        return (struct pci_region){.kind = PCI_REGION_NONE};
    if (r.address % r.bytes != 0 || r.address + r.bytes - 1 < r.address)
        r.address = 0;
    return r;
}

/* @param i which register; a 64-bit region takes the next one too @return how many it took */
static unsigned read_region(const struct pci_access *access, struct pci_function *f, unsigned i,
                            unsigned count)
{
    uint32_t offset = PCI_BAR + 4 * i;
    struct probe low = probe(access, f->address, offset);

    if (low.value & 1) {
        /* Devices may leave the upper half of a port register unwritable. */
        uint64_t mask = low.mask & 0xffff0000 ? low.mask : low.mask | 0xffff0000u;

        f->region[i] = region(PCI_REGION_PORTS, low.value, (low.mask & 0xfffc) != 0 ? mask : 0, 3);
        if (f->region[i].address > 0x10000 - f->region[i].bytes)
            f->region[i].address = 0;
        return 1;
    }
    if ((low.value >> 1 & 3) != 2) {
        f->region[i] = region(PCI_REGION_MEMORY, low.value, low.mask, 15);
    } else if (i + 1 < count) {
        struct probe high = probe(access, f->address, offset + 4);

        f->region[i] = region(PCI_REGION_MEMORY, (uint64_t)high.value << 32 | low.value,
                              (uint64_t)high.mask << 32 | low.mask, 15);
        f->region[i].wide = f->region[i].kind != PCI_REGION_NONE;
    }
    f->region[i].prefetch = f->region[i].kind != PCI_REGION_NONE && low.value >> 3 & 1;
    return (low.value >> 1 & 3) == 2 ? 2 : 1;
}

/* Is [offset, offset + bytes) inside a region of memory? */
static bool inside(const struct pci_function *f, unsigned index, uint64_t offset, uint64_t bytes)
{
    if (index >= PCI_REGIONS || f->region[index].kind != PCI_REGION_MEMORY)
        return false;
    return offset <= f->region[index].bytes && bytes <= f->region[index].bytes - offset;
}

void pci_read_regions(const struct pci_access *access, struct pci_function *f)
{
    uint16_t decode = PCI_COMMAND_PORTS | PCI_COMMAND_MEMORY;
    uint32_t command = get(access, f->address, PCI_COMMAND, 2);
    unsigned count = f->header == 0 ? PCI_REGIONS : 0;

    /* All ones in a register that decodes would claim addresses of somebody else. */
    set(access, f->address, PCI_COMMAND, 2, command & ~(uint32_t)decode);
    for (unsigned i = 0; i < count;)
        i += read_region(access, f, i, count);
    set(access, f->address, PCI_COMMAND, 2, command);
    if (!inside(f, f->msix.table_region, f->msix.table_offset, f->msix.count * 16ul) ||
        !inside(f, f->msix.pending_region, f->msix.pending_offset, (f->msix.count + 63ul) / 64 * 8))
        f->msix = (struct pci_msix){.at = 0};
}

/* --- Buses ----------------------------------------------------------------------------------- */

/* The walk: buses that were entered, and where on each it is. */
struct walk {
    const struct pci_access *access;
    pci_found *found;
    void *context;
    size_t count;
    bool entered[BUSES];
    struct {
        uint8_t bus;
        uint16_t next; /* device * 8 + function */
        bool multiple; /* the device has more than function 0 */
    } stack[BUSES];
    unsigned depth;
};

/* Each bus is entered once, so the stack is deep enough and the walk ends. */
static void enter(struct walk *w, uint8_t bus)
{
    if (w->entered[bus])
        return;
    w->entered[bus] = true;
    w->stack[w->depth].bus = bus;
    w->stack[w->depth].next = 0;
    w->stack[w->depth].multiple = false;
    w->depth++;
}

static bool visit(struct walk *w, const struct pci_function *f)
{
    struct pci_function whole = *f;

    if (f->header == 0 && f->class >> 16 != CLASS_BRIDGE) {
        pci_command(w->access, f->address, 0, PCI_COMMAND_MASTER);
        pci_read_regions(w->access, &whole);
    } else {
        whole.msix.at = 0;
    }
    w->count++;
    if (!w->found(w->context, &whole))
        return false;
    if (f->header == 1 && f->bus_behind != 0)
        enter(w, f->bus_behind);
    return true;
}

/* The next function of the bus on top of the stack. @return false: stop the walk */
static bool step(struct walk *w)
{
    unsigned top = w->depth - 1;
    uint16_t here = w->stack[top].next;
    pci_address address = (pci_address)(w->stack[top].bus << 8 | here);
    struct pci_function f;

    if (here == BUS_SLOTS) {
        w->depth--;
        return true;
    }
    if (here % FUNCTIONS == 0)
        w->stack[top].multiple = false;
    if (here % FUNCTIONS != 0 && !w->stack[top].multiple) {
        w->stack[top].next = (uint16_t)((here / FUNCTIONS + 1) * FUNCTIONS);
        return true;
    }
    w->stack[top].next++;
    if (!pci_read_function(w->access, address, &f))
        return true;
    if (here % FUNCTIONS == 0)
        w->stack[top].multiple = get(w->access, address, PCI_HEADER, 1) & MULTIPLE;
    return visit(w, &f);
}

size_t pci_enumerate(const struct pci_access *access, pci_found *found, void *context)
{
    struct walk w = {.access = access, .found = found, .context = context};

    enter(&w, 0);
    while (w.depth > 0 && step(&w))
        continue;
    return w.count;
}
