/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/machine's reading of ACPI tables: tables made here, byte by byte after the specification,
 * then damaged ones by the hundred thousand. Every table is in memory of exactly its length, so
 * that the sanitizers see any read beyond it.
 */
#include <machine/acpi.h>
#include <machine/pieces.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WANT(what)        \
    do {                  \
        if (!(what))      \
            return #what; \
    } while (0)

/* A table under construction. */
static uint8_t bytes[4096];
static size_t length;

static void put(size_t at, uint64_t value, size_t width)
{
    for (size_t i = 0; i < width; i++)
        bytes[at + i] = (uint8_t)(value >> (8 * i));
    if (length < at + width)
        length = at + width;
}

static void begin(uint32_t name, uint8_t revision)
{
    memset(bytes, 0, sizeof(bytes));
    length = 0;
    put(0, name, 4);
    put(8, revision, 1);
    put(35, 0, 1);
}

/* Length and checksum; a copy of exactly this length, which the caller frees. */
static struct acpi_table finish(void)
{
    uint8_t sum = 0;
    uint8_t *copy = malloc(length);

    if (copy == NULL)
        abort();
    put(4, length, 4);
    bytes[9] = 0;
    for (size_t i = 0; i < length; i++)
        sum = (uint8_t)(sum + bytes[i]);
    bytes[9] = (uint8_t)-sum;
    memcpy(copy, bytes, length);
    return (struct acpi_table){copy, length};
}

/* The MADT of QEMU's pc and q35: timer on line 2, four level lines. */
static void build_madt(void)
{
    static const uint8_t level[] = {5, 9, 10, 11};
    size_t at = 44;

    begin(ACPI_MADT, 3);
    put(36, 0xfee00000, 4);
    put(40, 1, 4);
    for (unsigned i = 0; i < 2; i++, at += 8) {
        put(at, 0x0800, 2);
        put(at + 2, i | i << 8, 2);
        put(at + 4, 1, 4);
    }
    put(at, 0x0c01, 2);
    put(at + 4, 0xfec00000, 4);
    put(at + 8, 0, 4);
    at += 12;
    put(at, 0x0a02, 2);
    put(at + 4, 2, 4);
    put(at + 8, 0, 2);
    at += 10;
    for (unsigned i = 0; i < sizeof(level); i++, at += 10) {
        put(at, 0x0a02, 2);
        put(at + 3, level[i], 1);
        put(at + 4, level[i], 4);
        put(at + 8, 0x000d, 2);
    }
    put(at, 0x0604, 2);
    put(at + 5, 1, 1);
}

static const char *check_madt(struct acpi_table t)
{
    struct acpi_madt m;

    WANT(acpi_read_madt(t, &m));
    WANT(m.apic == 0xfee00000 && m.pic && m.processors == 2 && m.dropped == 0);
    WANT(m.ioapic_count == 1 && m.ioapic[0].address == 0xfec00000 && m.ioapic[0].first_line == 0);
    WANT(m.isa[0].line == 2 && m.overridden[0] && !m.isa[0].level && !m.isa[0].low);
    WANT(m.isa[9].line == 9 && m.overridden[9] && m.isa[9].level && !m.isa[9].low);
    WANT(m.isa[4].line == 4 && !m.overridden[4] && !m.isa[4].level);
    return NULL;
}

static const char *madt(void)
{
    build_madt();
    struct acpi_table t = finish();
    const char *why = check_madt(t);

    free((void *)(uintptr_t)t.at);
    return why;
}

static const char *check_bad_madt(struct acpi_table t)
{
    struct acpi_madt m;

    WANT(acpi_read_madt(t, &m));
    WANT(m.dropped == 5 && m.ioapic_count == 0);
    WANT(m.isa[3].line == 20 && m.isa[3].low && m.isa[3].level);
    return NULL;
}

/* Entries that cannot be: dropped one by one, and the rest is still read up to one of length 0. */
static const char *bad_entries(void)
{
    begin(ACPI_MADT, 1);
    put(44, 0x0a02, 2); /* an override of ISA line 16 */
    put(47, 16, 1);
    put(54, 0x0a02, 2); /* a good one */
    put(57, 3, 1);
    put(58, 20, 4);
    put(62, 0xf, 2);
    put(64, 0x0a02, 2); /* the same line again */
    put(67, 3, 1);
    put(68, 21, 4);
    put(74, 0x0301, 2); /* an I/O APIC of 3 bytes */
    put(77, 0x0a02, 2); /* reserved polarity */
    put(80, 5, 1);
    put(85, 2, 2);
    put(87, 0x0001, 2); /* length 0: ends the list */
    put(89, 0x0c01, 2);
    put(100, 0, 1);

    struct acpi_table t = finish();
    const char *why = check_bad_madt(t);

    free((void *)(uintptr_t)t.at);
    return why;
}

static const char *check_mcfg(struct acpi_table t)
{
    struct acpi_mcfg m;

    WANT(acpi_read_mcfg(t, &m));
    WANT(m.count == 1 && m.dropped == 3);
    WANT(m.segment[0].base == 0xb0000000 && m.segment[0].segment == 0);
    WANT(m.segment[0].first_bus == 0 && m.segment[0].last_bus == 255);
    return NULL;
}

static const char *mcfg(void)
{
    static const uint64_t bases[] = {0xb0000000, 0xb0000001, 0xfffffffffff00000, 0xc0000000};

    begin(ACPI_MCFG, 1);
    for (unsigned i = 0; i < 4; i++) {
        put(44 + 16 * i, bases[i], 8);
        put(54 + 16 * i, i == 3 ? 7 : 0, 1);
        put(55 + 16 * i, i == 3 ? 6 : 255, 1);
        put(59 + 16 * i, 0, 1);
    }
    put(108, 0, 5); /* half an entry more */

    struct acpi_table t = finish();
    const char *why = check_mcfg(t);

    free((void *)(uintptr_t)t.at);
    return why;
}

static const char *check_hpet(struct acpi_table t)
{
    struct acpi_hpet h;

    WANT(acpi_read_hpet(t, &h) && h.address == 0xfed00000 && h.comparators == 3);
    return NULL;
}

static const char *hpet(void)
{
    begin(ACPI_HPET, 1);
    put(36, 0x8086a201, 4);
    put(44, 0xfed00000, 8);
    put(55, 0, 1);

    struct acpi_table t = finish();
    const char *why = check_hpet(t);

    free((void *)(uintptr_t)t.at);
    return why;
}

static const char *check_fadt(struct acpi_table t, bool old)
{
    struct acpi_fadt f;

    WANT(acpi_read_fadt(t, &f));
    WANT(f.event_line == 9 && f.timer_port == 0x608);
    if (old) {
        WANT(f.legacy_devices && f.keyboard_8042 && !f.no_rtc && f.reset_port == 0);
    } else {
        WANT(!f.legacy_devices && f.keyboard_8042 && f.no_message && f.reset_port == 0xcf9);
        WANT(f.reset_value == 0xf && f.timer_wide);
    }
    return NULL;
}

static const char *fadt(void)
{
    const char *why = NULL;

    for (unsigned old = 0; old < 2 && why == NULL; old++) {
        begin(ACPI_FADT, old ? 1 : 3);
        put(46, 9, 2);
        put(76, 0x608, 4);
        put(91, 4, 1);
        put(109, 0x000a, 2);
        put(112, old ? 0 : 0x500, 4);
        if (!old) {
            put(116, 1, 1);
            put(120, 0xcf9, 8);
            put(128, 0xf, 1);
        }

        struct acpi_table t = finish();

        why = check_fadt(t, old);
        free((void *)(uintptr_t)t.at);
    }
    return why;
}

static const char *check_spcr(struct acpi_table t)
{
    struct acpi_spcr s;

    WANT(acpi_read_spcr(t, &s) && s.ports && s.address == 0x3f8 && s.line_valid && s.line == 4);
    return NULL;
}

static const char *spcr(void)
{
    begin(ACPI_SPCR, 2);
    put(40, 1, 1);
    put(44, 0x3f8, 8);
    put(52, 1, 1);
    put(53, 4, 1);
    put(79, 0, 1);

    struct acpi_table t = finish();
    const char *why = check_spcr(t);

    free((void *)(uintptr_t)t.at);
    return why;
}

static const char *heads(void)
{
    build_madt();

    struct acpi_table t = finish();
    uint8_t *at = (uint8_t *)(uintptr_t)t.at;
    const char *why = NULL;

    if (!acpi_table_check(t, ACPI_MADT) || acpi_table_check(t, ACPI_FADT))
        why = "the signature is not looked at";
    if (acpi_table_check((struct acpi_table){t.at, t.bytes - 1}, ACPI_MADT))
        why = "a table that is cut off passes";
    at[50] ^= 1;
    if (acpi_table_check(t, ACPI_MADT))
        why = "a wrong checksum passes";
    put(4, 35, 4);
    if (acpi_length(bytes) != 0)
        why = "a length below that of the head passes";
    put(4, ACPI_TABLE_MAX + 1, 4);
    if (acpi_length(bytes) != 0)
        why = "a length above any sense passes";
    free(at);
    return why;
}

static const char *roots(void)
{
    begin(ACPI_XSDT, 1);
    put(36, 0x123456789, 8);
    put(44, 0xabc, 8);
    put(52, 0, 3);

    struct acpi_table t = finish();
    const char *why = NULL;

    if (acpi_root_count(t, true) != 2 || acpi_root_entry(t, true, 0) != 0x123456789 ||
        acpi_root_entry(t, true, 2) != 0)
        why = "an XSDT is read wrongly";
    if (acpi_root_count(t, false) != 4 || acpi_root_entry(t, false, 0) != 0x23456789)
        why = "an RSDT is read wrongly";
    free((void *)(uintptr_t)t.at);
    return why;
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Whatever the bytes are, what is read obeys the limits of the structures. */
static const char *read_all(struct acpi_table t)
{
    struct acpi_madt madt_read;
    struct acpi_mcfg mcfg_read;
    struct acpi_hpet hpet_read;
    struct acpi_fadt fadt_read;
    struct acpi_spcr spcr_read;

    if (acpi_read_madt(t, &madt_read)) {
        WANT(madt_read.ioapic_count <= ACPI_IOAPICS && madt_read.processors <= ACPI_PROCESSORS);
        for (unsigned i = 0; i < madt_read.ioapic_count; i++)
            WANT(madt_read.ioapic[i].address % 16 == 0);
    }
    if (acpi_read_mcfg(t, &mcfg_read)) {
        WANT(mcfg_read.count <= ACPI_SEGMENTS);
        for (unsigned i = 0; i < mcfg_read.count; i++)
            WANT(mcfg_read.segment[i].last_bus >= mcfg_read.segment[i].first_bus);
    }
    if (acpi_read_hpet(t, &hpet_read))
        WANT(hpet_read.address != 0 && hpet_read.comparators <= 32);
    if (acpi_read_fadt(t, &fadt_read))
        WANT(fadt_read.timer_port <= 0xfffc && fadt_read.reset_port <= 0xffff);
    if (acpi_read_spcr(t, &spcr_read))
        WANT(spcr_read.address != 0);
    return NULL;
}

/* A table with random damage and a right checksum, so that the damage is read. */
static const char *fuzz(uint64_t seed, unsigned rounds)
{
    static const uint32_t names[] = {ACPI_MADT, ACPI_MCFG, ACPI_HPET, ACPI_FADT, ACPI_SPCR};
    const char *why = NULL;

    for (unsigned i = 0; i < rounds && why == NULL; i++) {
        uint64_t r = next_random(&seed);

        build_madt();
        put(0, names[r % 5], 4);
        length = 36 + r / 5 % 220;
        for (unsigned k = 0; k < r / 2000 % 64; k++)
            bytes[36 + next_random(&seed) % 200] = (uint8_t)next_random(&seed);
        if (r >> 60 == 0)
            length = 36;

        struct acpi_table t = finish();

        why = read_all(t);
        if (acpi_root_count(t, r & 1) > ACPI_TABLES)
            why = "too many tables";
        (void)acpi_root_entry(t, r & 1, next_random(&seed) % 70);
        free((void *)(uintptr_t)t.at);
    }
    return why;
}

/* --- Pieces of device memory against a plain map of pages ------------------------------------- */

#define PAGES 512u

static const char *pieces_agree(const struct pieces *p, const bool *taken)
{
    for (uint64_t page = 0; page < PAGES; page++) {
        bool hole = page >= 200 && page < 230;

        WANT((pieces_find(p, page * 4096, 4096) != p->count) == (!taken[page] && !hole));
    }
    for (size_t i = 1; i < p->count; i++)
        WANT(p->at[i - 1].end <= p->at[i].next);
    return NULL;
}

static const char *pieces(void)
{
    static struct piece array[64];
    struct pieces p = {.at = array, .room = 64};
    bool taken[PAGES] = {false};
    uint64_t seed = 5, made = 2;
    bool full = false;

    WANT(pieces_add(&p, (struct piece){230 * 4096, PAGES * 4096, 1}));
    WANT(pieces_add(&p, (struct piece){0, 200 * 4096, 0}));
    WANT(!pieces_add(&p, (struct piece){4096, 8192, 9}) &&
         !pieces_add(&p, (struct piece){0, 0, 9}));
    for (unsigned i = 0; i < 3000; i++) {
        uint64_t page = next_random(&seed) % PAGES, count = 1 + next_random(&seed) % 3;
        size_t index = pieces_find(&p, page * 4096, count * 4096);
        bool split;

        if (index == p.count)
            continue;
        split = array[index].next < page * 4096;
        if (!pieces_take(&p, index, page * 4096, count * 4096, made)) {
            full = true;
            WANT(split && p.count == p.room);
            continue;
        }
        made += split;
        for (uint64_t k = 0; k < count; k++)
            taken[page + k] = true;
        const char *why = pieces_agree(&p, taken);
        if (why != NULL)
            return why;
    }
    WANT(full && made > 60);
    return NULL;
}

int main(void)
{
    static const struct {
        const char *name;
        const char *(*run)(void);
    } cases[] = {
        {"signature, length and checksum", heads},
        {"RSDT and XSDT", roots},
        {"MADT of QEMU", madt},
        {"MADT with entries that cannot be", bad_entries},
        {"MCFG, good and bad entries", mcfg},
        {"HPET", hpet},
        {"FADT, new and old", fadt},
        {"SPCR", spcr},
        {"pieces of device memory, seed 5: as a map of pages", pieces},
    };
    unsigned failed = 0, count = sizeof(cases) / sizeof(cases[0]);

    for (unsigned i = 0; i <= count; i++) {
        const char *name = i < count ? cases[i].name : "200000 damaged tables, seed 6";
        const char *why = i < count ? cases[i].run() : fuzz(6, 200000);

        failed += why != NULL;
        if (why == NULL)
            printf("ok %s\n", name);
        else
            printf("FAIL %s: %s\n", name, why);
    }
    printf("%u passed, %u failed\n", count + 1 - failed, failed);
    return failed != 0;
}
