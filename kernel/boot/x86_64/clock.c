/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rates of the time stamp counter and of the local APIC's timer. They are read where the
 * processor or the hypervisor says them. Else both are measured at once, in 0.2 ms, against the
 * best clock there is: HPET, ACPI power management timer, or the old interval timer (Intel 8254).
 */
#include <arch/arch.h>
#include <arch/start.h>

#include "steps.h"

#define MEASURE_PER_SECOND 5000ul /* 0.2 ms */
#define TRIES              8u
#define HPET_PERIOD        0x4u
#define HPET_CONFIG        0x10u
#define HPET_COUNTER       0xf0u
#define PM_RATE            3579545ul
#define PIT_RATE           1193182ul
#define PIT_GATE           0x61u
#define PIT_MODE           0x43u
#define PIT_COUNT          0x42u

enum kind { REFERENCE_HPET, REFERENCE_PM, REFERENCE_PIT };

/** A clock whose rate is known. Differences of its values count modulo mask + 1. */
struct reference {
    enum kind kind;
    const char *name;
    word_t rate; /* per second */
    word_t mask;
    word_t at; /* registers, or port */
};

/** Three clocks at one time. */
struct moment {
    word_t reference, tsc, apic;
};

static word_t reference_read(const struct reference *r)
{
    switch (r->kind) {
    case REFERENCE_HPET:
        return x86_read32(r->at + HPET_COUNTER);
    case REFERENCE_PM:
        return x86_in32((uint16_t)r->at);
    default:
        x86_out8(PIT_MODE, 0x80); /* hold the count of channel 2 */
        word_t low = x86_in8(PIT_COUNT);
        return ~(low | (word_t)x86_in8(PIT_COUNT) << 8); /* it counts down */
    }
}

static bool try_hpet(struct reference *r, const struct acpi *a)
{
    word_t at = a->hpet ? x86_device_map(a->hpet) : 0;
    word_t period = at ? x86_read32(at + HPET_PERIOD) : 0; /* femtoseconds */

    if (period < 1000000 || period > 100000000)
        return false;
    x86_write32(at + HPET_CONFIG, x86_read32(at + HPET_CONFIG) | 1);
    *r = (struct reference){REFERENCE_HPET, "HPET", 1000000000000000ul / period, 0xffffffff, at};
    return true;
}

static bool try_pm(struct reference *r, const struct acpi *a)
{
    if (a->timer_port == 0)
        return false;
    *r = (struct reference){REFERENCE_PM, "ACPI timer", PM_RATE,
                            a->timer_wide ? 0xffffffff : 0xffffff, a->timer_port};
    return reference_read(r) != 0xffffffff;
}

static void use_pit(struct reference *r)
{
    *r = (struct reference){REFERENCE_PIT, "interval timer", PIT_RATE, 0xffff, 0};
    x86_out8(PIT_GATE, (x86_in8(PIT_GATE) & 0xfc) | 1); /* channel 2 counts, speaker off */
    x86_out8(PIT_MODE, 0xb0);
    x86_out8(PIT_COUNT, 0xff);
    x86_out8(PIT_COUNT, 0xff);
}

/* The three cannot be read at once, and a hypervisor may stop us between them: the tightest of
 * several readings counts. */
static struct moment moment_take(const struct reference *r)
{
    struct moment best = {0, 0, 0};
    word_t best_width = WORD_MAX;

    for (unsigned i = 0; i < TRIES; i++) {
        struct moment m;
        word_t before = arch_now();
        m.reference = reference_read(r);
        m.apic = x86_apic_read(APIC_TIMER_CURRENT);
        m.tsc = arch_now();
        if (m.tsc - before < best_width) {
            best_width = m.tsc - before;
            best = m;
        }
    }
    return best;
}

static void measure(const struct acpi *a, word_t *tsc_rate, word_t *apic_rate)
{
    struct reference r;
    word_t passed = 0;

    if (!try_hpet(&r, a) && !try_pm(&r, a))
        use_pit(&r);
    x86_apic_write(APIC_TIMER, APIC_MASKED);
    x86_apic_write(APIC_TIMER_INITIAL, 0xffffffff);
    struct moment first = moment_take(&r), last = first;
    for (word_t i = 0; i < 10000000 && passed < r.rate / MEASURE_PER_SECOND; i++)
        passed = (reference_read(&r) - first.reference) & r.mask;
    last = moment_take(&r);
    passed = (last.reference - first.reference) & r.mask;
    x86_apic_write(APIC_TIMER_INITIAL, 0);
    x86_apic_timer_start();
    if (passed == 0)
        boot_refuse("no clock of this machine runs",
                    "switch HPET or the ACPI timer on in the firmware's settings");
    *tsc_rate = (last.tsc - first.tsc) * r.rate / passed;
    *apic_rate = ((first.apic - last.apic) & 0xffffffff) * r.rate / passed;
    x86_print("clock: measured against the ");
    x86_print(r.name);
    x86_print("\n");
}

/* a * b / c, where that is below 2^64: C has no word for it without a library. */
static word_t scale(word_t a, word_t b, word_t c)
{
    word_t low, high;

    __asm__("mulq %3" : "=a"(low), "=d"(high) : "0"(a), "rm"(b));
    __asm__("divq %4" : "=a"(low), "=d"(high) : "0"(low), "1"(high), "rm"(c));
    return low;
}

/* What CPUID says, 0 if nothing. Leaf 0x15: SDM volume 2; 0x40000010: as defined by VMware. */
static void ask(word_t *tsc_rate, word_t *apic_rate)
{
    bool hypervisor = (x86_cpuid(1, 0).c & 0x80000000) != 0;

    *tsc_rate = *apic_rate = 0;
    if (hypervisor && x86_cpuid(0x40000000, 0).a >= 0x40000010) {
        struct cpuid r = x86_cpuid(0x40000010, 0);
        *tsc_rate = r.a * 1000ul;
        *apic_rate = r.b * 1000ul;
        return;
    }
    if (x86_cpuid(0, 0).a >= 0x15) {
        struct cpuid r = x86_cpuid(0x15, 0);
        if (r.a > 0 && r.b > 0 && r.c > 0) {
            *tsc_rate = (word_t)r.c * r.b / r.a;
            *apic_rate = r.c; /* the timer counts the crystal's clock */
        }
    }
}

void clock_start(const struct acpi *a)
{
    word_t tsc_rate, apic_rate;

    ask(&tsc_rate, &apic_rate);
    if (tsc_rate < 1000000 || (apic_rate < 1000000 && !x86_features.tsc_deadline))
        measure(a, &tsc_rate, &apic_rate);
    if (tsc_rate < 1000000 || (apic_rate < 1000 && !x86_features.tsc_deadline))
        boot_refuse("the clock or the timer of this machine does not run",
                    "use another machine (QEMU: -M q35)");
    x86.ticks_per_second = tsc_rate;
    if (!x86_features.tsc_deadline) {
        x86_features.timer_rate = scale(apic_rate, 1ul << 32, tsc_rate);
        x86_features.timer_max = scale(0xfffffff0, 1ul << 32, x86_features.timer_rate);
    }
}
