/* SPDX-License-Identifier: BSD-2-Clause */
/* lib/machine's reading of PCI, on a simulated configuration space, honest and not. */
#include "machine.h"

#include <stdio.h>
#include <string.h>

#define WANT(what)        \
    do {                  \
        if (!(what))      \
            return #what; \
    } while (0)

#define ADDRESS(bus, device, function) ((pci_address)((bus) << 8 | (device) << 3 | (function)))

static struct machine m;
static struct pci_function seen[64];
static size_t seen_count;

static bool note(void *context, const struct pci_function *f)
{
    (void)context;
    if (seen_count < 64)
        seen[seen_count] = *f;
    seen_count++;
    return seen_count < 300;
}

static size_t enumerate(void)
{
    struct pci_access access = machine_access(&m);

    seen_count = 0;
    memset(seen, 0, sizeof(seen));
    return pci_enumerate(&access, note, NULL);
}

/*
 * Much as q35: a host bridge, a network device, a device of three functions, a bridge with a device
 * behind.
 */
static void build(void)
{
    struct fake *f;

    m = (struct machine){.count = 0};
    machine_add(&m, ADDRESS(0, 0, 0), 0x8086, 0x29c0, 0x060000, 0);
    f = machine_add(&m, ADDRESS(0, 2, 0), 0x1af4, 0x1041, 0x020000, 0);
    fake_region(f, 0, 0xc000, 32, 1);
    fake_region(f, 1, 0xfebd1000, 4096, 0);
    fake_region(f, 4, 0x1fe000000000, 16384, 12);
    fake_capability(f, 0x98, PCI_CAP_MSIX);
    fake_put(f, 0x9a, 3, 2);
    fake_put(f, 0x9c, 1, 4);
    fake_put(f, 0xa0, 1 | 0x800, 4);
    fake_capability(f, 0x84, PCI_CAP_VENDOR);
    f->value[0x86] = 20;
    f->writable[0x88] = 0xff;
    f->value[PCI_PIN] = 1;
    f->value[PCI_LINE] = 11;
    machine_add(&m, ADDRESS(0, 31, 0), 0x8086, 0x2918, 0x060100, 0x80);
    f = machine_add(&m, ADDRESS(0, 31, 2), 0x8086, 0x2922, 0x010601, 0x80);
    fake_region(f, 5, 0xfebd2000, 4096, 0);
    fake_capability(f, 0x80, PCI_CAP_MSI);
    fake_put(f, 0x82, 0x80, 2);
    memset(&f->writable[0x82], 0xff, 14);
    machine_add(&m, ADDRESS(0, 31, 3), 0x8086, 0x2930, 0x0c0500, 0x80);
    f = machine_add(&m, ADDRESS(0, 3, 0), 0x1b36, 0x000c, 0x060400, 1);
    fake_put(f, PCI_BUSES, 0x00050500, 4);
    machine_add(&m, ADDRESS(5, 0, 0), 0x1af4, 0x1042, 0x010000, 0);
    /* Function 1 of a device that says it has one function only: not there. */
    machine_add(&m, ADDRESS(5, 0, 1), 0xdead, 0xbeef, 0x010000, 0);
}

static const char *find_all(void)
{
    static const pci_address order[] = {ADDRESS(0, 0, 0), ADDRESS(0, 2, 0),  ADDRESS(0, 3, 0),
                                        ADDRESS(5, 0, 0), ADDRESS(0, 31, 0), ADDRESS(0, 31, 2),
                                        ADDRESS(0, 31, 3)};

    build();
    WANT(enumerate() == 7 && m.outside == 0);
    for (unsigned i = 0; i < 7; i++)
        WANT(seen[i].address == order[i]);
    WANT(seen[1].vendor == 0x1af4 && seen[1].product == 0x1041 && seen[1].class == 0x020000);
    WANT(seen[1].revision == 3 && seen[1].pin == 1 && seen[1].line == 11);
    WANT(seen[2].header == 1 && seen[2].bus_behind == 5);
    return NULL;
}

static const char *sizes(void)
{
    const struct pci_region *r = seen[1].region;

    build();
    WANT(enumerate() == 7);
    WANT(r[0].kind == PCI_REGION_PORTS && r[0].address == 0xc000 && r[0].bytes == 32);
    WANT(r[1].kind == PCI_REGION_MEMORY && r[1].address == 0xfebd1000 && r[1].bytes == 4096);
    WANT(!r[1].wide && !r[1].prefetch);
    WANT(r[2].kind == PCI_REGION_NONE && r[3].kind == PCI_REGION_NONE);
    WANT(r[4].kind == PCI_REGION_MEMORY && r[4].address == 0x1fe000000000);
    WANT(r[4].bytes == 16384 && r[4].wide && r[4].prefetch);
    WANT(r[5].kind == PCI_REGION_NONE);
    WANT(seen[5].region[5].address == 0xfebd2000 && seen[5].msi == 0x80);
    WANT(seen[1].msix.at == 0x98 && seen[1].msix.count == 4 && seen[1].msix.table_region == 1);
    WANT(seen[1].msix.pending_offset == 0x800);
    return NULL;
}

static const char *put_back(void)
{
    static struct machine before;

    build();
    before = m;
    enumerate();
    WANT(m.live_probes == 0);
    for (unsigned i = 0; i < m.count; i++) {
        bool bridge = m.fake[i].value[PCI_CLASS + 3] == 6;
        bool found = m.fake[i].address != ADDRESS(5, 0, 1);

        /* All as before, but for bus mastering of devices. */
        if (!bridge && found)
            before.fake[i].value[PCI_COMMAND] &= (uint8_t)~PCI_COMMAND_MASTER;
        WANT(memcmp(m.fake[i].value, before.fake[i].value, PCI_CONFIG_BYTES) == 0);
    }
    return NULL;
}

/* Sizes and tables that cannot be. */
static const char *odd_regions(void)
{
    struct fake *f;

    m = (struct machine){.count = 0};
    f = machine_add(&m, ADDRESS(0, 1, 0), 1, 1, 0x020000, 0);
    fake_put(f, PCI_BAR, 0x80001008, 4); /* a bit is stuck: the smallest size */
    fake_put(f, PCI_BAR + 20, 4, 4);     /* 64-bit, but the last register */
    f->writable[PCI_BAR + 3] = 0xf0;
    memset(&f->writable[PCI_BAR + 20], 0xff, 4);
    fake_region(f, 1, 0x10000, 65536, 1);   /* ports beyond the last */
    fake_capability(f, 0xf8, PCI_CAP_MSIX); /* beyond the end of the space */
    WANT(enumerate() == 1 && m.outside == 0);
    WANT(seen[0].region[0].kind == PCI_REGION_MEMORY && seen[0].region[0].bytes == 4096);
    WANT(seen[0].region[0].address == 0x80001000);
    WANT(seen[0].region[1].kind == PCI_REGION_NONE || seen[0].region[1].address == 0);
    WANT(seen[0].region[5].kind == PCI_REGION_NONE && seen[0].msix.at == 0);
    build();
    fake_put(&m.fake[1], 0x9a, 0x7ff, 2); /* a table larger than its region */
    enumerate();
    WANT(seen[1].msix.at == 0);
    return NULL;
}

static const char *loops(void)
{
    struct fake *f;

    m = (struct machine){.count = 0};
    f = machine_add(&m, ADDRESS(0, 1, 0), 1, 1, 0x060400, 1);
    fake_put(f, PCI_BUSES, 0x00ff0100, 4);
    f = machine_add(&m, ADDRESS(1, 0, 0), 1, 2, 0x060400, 1);
    fake_put(f, PCI_BUSES, 0x00ff0100, 4); /* itself */
    f = machine_add(&m, ADDRESS(1, 1, 0), 1, 3, 0x060400, 1);
    fake_put(f, PCI_BUSES, 0x00ff0000, 4); /* bus 0: none */
    f = machine_add(&m, ADDRESS(1, 2, 0), 1, 4, 0x010000, 0);
    fake_capability(f, 0x40, PCI_CAP_POWER);
    f->value[0x41] = 0x40; /* a list that never ends */
    WANT(enumerate() == 4);
    struct pci_access access = machine_access(&m);
    m.reads = 0;
    WANT(pci_find_capability(&access, ADDRESS(1, 2, 0), PCI_CAP_MSI) == 0 && m.reads < 200);
    return NULL;
}

static const char *messages(void)
{
    struct pci_access access = machine_access(&m);
    const struct fake *f = &m.fake[3];

    build();
    enumerate();
    WANT(f->address == ADDRESS(0, 31, 2));
    WANT(pci_msi_enable(&access, &seen[5], 0xfee00000, 0x41));
    WANT(fake_get(f, 0x84, 8) == 0xfee00000 && fake_get(f, 0x8c, 2) == 0x41);
    WANT((f->value[0x82] & 0x71) == 1);
    pci_messages_disable(&access, &seen[5]);
    WANT((f->value[0x82] & 1) == 0);
    WANT(!pci_msi_enable(&access, &seen[1], 0xfee00000, 0x41));
    m.fake[1].writable[0x9b] = 0xc0;
    fake_put(&m.fake[1], 0x9a, 0x4003, 2);
    pci_msix_enable(&access, &seen[1]);
    WANT(fake_get(&m.fake[1], 0x9a, 2) == 0x8003);
    return NULL;
}

static const char *writes(void)
{
    struct pci_access access = machine_access(&m);
    const struct pci_function *f = &seen[1];

    build();
    enumerate();
    WANT(pci_write_allowed(&access, f, PCI_COMMAND, 2, 0x406));
    WANT(!pci_write_allowed(&access, f, PCI_COMMAND, 2, 0x10));
    WANT(!pci_write_allowed(&access, f, PCI_COMMAND, 4, 6));
    for (uint32_t offset = 0; offset < PCI_CONFIG_BYTES; offset++) {
        bool own = offset >= 0x86 && offset < 0x98;

        WANT(pci_write_allowed(&access, f, offset, 1, 0) == own);
    }
    WANT(!pci_write_allowed(&access, f, 0x98, 4, 0) && !pci_write_allowed(&access, f, 0x100, 4, 0));
    WANT(!pci_write_allowed(&access, f, 0x88, 3, 0) && !pci_write_allowed(&access, f, 0x89, 2, 0));
    /* A bridge's registers decide for those behind it. */
    WANT(!pci_write_allowed(&access, &seen[2], PCI_COMMAND, 2, 6));
    /* A capability that claims to reach over the next one ends there. */
    m.fake[1].value[0x86] = 0xff;
    WANT(!pci_write_allowed(&access, f, 0x9a, 2, 0) && pci_write_allowed(&access, f, 0x94, 4, 0));
    return NULL;
}

/*
 * Every read is random: the walk ends, stays in configuration space, and what it reports obeys its
 * own rules.
 */
static const char *chaos(uint64_t seed, unsigned rounds)
{
    struct pci_access access = machine_access(&m);

    for (unsigned i = 0; i < rounds; i++) {
        m = (struct machine){.chaos = next_random(&seed) | 1};
        enumerate();
        for (size_t k = 0; k < seen_count && k < 64; k++) {
            const struct pci_function *f = &seen[k];

            WANT(f->pin <= 4 && (f->msix.at == 0 || f->msix.table_region < PCI_REGIONS));
            for (unsigned r = 0; r < PCI_REGIONS; r++)
                WANT((f->region[r].bytes & (f->region[r].bytes - 1)) == 0 &&
                     (f->region[r].kind == PCI_REGION_NONE) == (f->region[r].bytes == 0));
            (void)pci_msi_enable(&access, f, 0xfee00000, 1);
            pci_messages_disable(&access, f);
            (void)pci_write_allowed(&access, f, (uint32_t)(next_random(&seed) % 300), 4, 0);
        }
        WANT(m.outside == 0 && m.reads < 4000000);
    }
    return NULL;
}

/* A sound machine with random bytes in its registers. */
static const char *damage(uint64_t seed, unsigned rounds)
{
    for (unsigned i = 0; i < rounds; i++) {
        build();
        for (unsigned k = 0; k < 64; k++) {
            struct fake *f = &m.fake[next_random(&seed) % m.count];

            f->value[next_random(&seed) % PCI_CONFIG_BYTES] = (uint8_t)next_random(&seed);
            f->writable[next_random(&seed) % PCI_CONFIG_BYTES] = (uint8_t)next_random(&seed);
        }
        enumerate();
        WANT(m.outside == 0 && seen_count <= FAKES);
    }
    return NULL;
}

int main(void)
{
    static const struct {
        const char *name;
        const char *(*run)(void);
    } cases[] = {
        {"every function is found once, in order", find_all},
        {"regions and their sizes", sizes},
        {"probing leaves all as it was, decoding off meanwhile", put_back},
        {"regions and tables that cannot be", odd_regions},
        {"bridges and lists that loop", loops},
        {"MSI and MSI-X", messages},
        {"what a driver may write", writes},
    };
    unsigned failed = 0, count = sizeof(cases) / sizeof(cases[0]);

    for (unsigned i = 0; i < count + 2; i++) {
        const char *name = i < count    ? cases[i].name
                           : i == count ? "200 machines that answer at random, seed 7"
                                        : "1000 machines with damaged registers, seed 8";
        const char *why = i < count ? cases[i].run() : i == count ? chaos(7, 200) : damage(8, 1000);

        failed += why != NULL;
        if (why == NULL)
            printf("ok %s\n", name);
        else
            printf("FAIL %s: %s\n", name, why);
    }
    printf("%u passed, %u failed\n", count + 2 - failed, failed);
    return failed != 0;
}
