/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts and the timer: the local APIC (SDM volume 3, chapter 11) and the I/O APICs (Intel
 * 82093AA data sheet). All interrupts go to the one processor, fixed, by physical APIC number.
 */
#include <arch/arch.h>
#include <arch/start.h>

#define APIC_ID         0x20u
#define APIC_PRIORITY   0x80u
#define APIC_EOI        0xb0u
#define APIC_SPURIOUS   0xf0u
#define APIC_LINT0      0x350u
#define APIC_LINT1      0x360u
#define APIC_ERROR      0x370u
#define APIC_ON         0x100u
#define APIC_NMI        0x400u
#define APIC_DEADLINE   0x40000u
#define APIC_DIVIDE_BY1 0xbu

#define IOAPICS         8u
#define IOAPIC_SELECT   0x00u
#define IOAPIC_WINDOW   0x10u
#define IOAPIC_VERSION  1u
#define IOAPIC_LINE(i)  (0x10u + 2 * (uint32_t)(i))
#define LINE_ACTIVE_LOW 0x2000u
#define LINE_LEVEL      0x8000u
#define LINE_MASKED     0x10000u

/** An I/O APIC: its registers, and the lines that come to it. */
struct ioapic {
    word_t address, first, count;
};

static struct ioapic ioapics[IOAPICS];
static word_t ioapic_count;
static word_t apic; /* registers of the local APIC */
static word_t apic_id;

uint32_t x86_apic_read(word_t at)
{
    if (x86_features.x2apic)
        return (uint32_t)x86_rdmsr(MSR_X2APIC + (uint32_t)(at >> 4));
    return x86_read32(apic + at);
}

void x86_apic_write(word_t at, uint32_t value)
{
    if (x86_features.x2apic)
        x86_wrmsr(MSR_X2APIC + (uint32_t)(at >> 4), value);
    else
        x86_write32(apic + at, value);
}

/* The fence: a deadline written before the mode has arrived would be lost (SDM 3, 11.5.4.1). */
void x86_apic_timer_start(void)
{
    x86_apic_write(APIC_TIMER, VECTOR_TIMER | (x86_features.tsc_deadline ? APIC_DEADLINE : 0));
    __asm__ volatile("mfence" : : : "memory");
}

void x86_apic_init(word_t address)
{
    apic = address;
    apic_id = x86_apic_read(APIC_ID) >> (x86_features.x2apic ? 0 : 24);
    x86_apic_write(APIC_SPURIOUS, APIC_ON | VECTOR_SPURIOUS);
    x86_apic_write(APIC_PRIORITY, 0);
    x86_apic_write(APIC_LINT0, APIC_MASKED);
    x86_apic_write(APIC_LINT1, APIC_NMI);
    x86_apic_write(APIC_ERROR, APIC_MASKED);
    x86_apic_write(APIC_TIMER_DIVIDE, APIC_DIVIDE_BY1);
    x86_apic_timer_start();
    x86_apic_write(APIC_EOI, 0);
}

void arch_irq_eoi(void)
{
    x86_apic_write(APIC_EOI, 0);
}

/** Arms the timer, whatever it was armed for. For arch_timer_set(). */
void x86_timer_program(word_t deadline)
{
    if (x86_features.tsc_deadline) {
        x86.timer_armed = deadline;
        x86_wrmsr(MSR_TSC_DEADLINE, deadline > 0 ? deadline : 1);
        return;
    }
    word_t now = arch_now();
    word_t wait = deadline > now ? deadline - now : 0;
    if (wait > x86_features.timer_max)
        wait = x86_features.timer_max;
    unsigned __int128 count = (unsigned __int128)wait * x86_features.timer_rate;
    x86.timer_armed = now + wait;
    x86_apic_write(APIC_TIMER_INITIAL, (uint32_t)(count >> 32) + 1);
}

void arch_timer_fired(void)
{
    x86.timer_armed = WORD_MAX;
    arch_irq_eoi();
}

word_t arch_msi_address(word_t vector)
{
    (void)vector;
    return 0xfee00000ul | apic_id << 12;
}

word_t arch_msi_data(word_t vector)
{
    return vector;
}

/* --- I/O APICs ------------------------------------------------------------------------------- */

static uint32_t ioapic_read(const struct ioapic *io, uint32_t at)
{
    x86_write32(io->address + IOAPIC_SELECT, at);
    return x86_read32(io->address + IOAPIC_WINDOW);
}

static void ioapic_write(const struct ioapic *io, uint32_t at, uint32_t value)
{
    x86_write32(io->address + IOAPIC_SELECT, at);
    x86_write32(io->address + IOAPIC_WINDOW, value);
}

bool x86_ioapic_add(word_t address, word_t first)
{
    if (ioapic_count >= IOAPICS)
        return false;
    struct ioapic *io = &ioapics[ioapic_count++];
    io->address = address;
    io->first = first;
    io->count = ((ioapic_read(io, IOAPIC_VERSION) >> 16) & 0xff) + 1;
    for (word_t i = 0; i < io->count; i++)
        ioapic_write(io, IOAPIC_LINE(i), LINE_MASKED);
    return true;
}

/* The I/O APIC of a line, or null. */
static const struct ioapic *ioapic_of(word_t line)
{
    /*@ loop invariant 0 <= i <= IOAPICS;
        loop variant ioapic_count - i; */
    for (word_t i = 0; i < ioapic_count; i++) {
        if (line >= ioapics[i].first && line - ioapics[i].first < ioapics[i].count)
            return &ioapics[i];
    }
    return 0;
}

word_t arch_irq_lines(void)
{
    word_t lines = 0;

    /*@ loop invariant 0 <= i <= IOAPICS;
        loop variant ioapic_count - i; */
    for (word_t i = 0; i < ioapic_count; i++) {
        if (ioapics[i].first + ioapics[i].count > lines)
            lines = ioapics[i].first + ioapics[i].count;
    }
    return lines;
}

bool arch_irq_exists(word_t line)
{
    return ioapic_of(line) != 0;
}

void arch_irq_route(word_t line, word_t vector, word_t flags)
{
    const struct ioapic *io = ioapic_of(line);
    uint32_t low = (uint32_t)vector | LINE_MASKED;

    if (!io)
        return;
    if (flags & 1)
        low |= LINE_LEVEL;
    if (flags & 2)
        low |= LINE_ACTIVE_LOW;
    ioapic_write(io, IOAPIC_LINE(line - io->first) + 1, (uint32_t)apic_id << 24);
    ioapic_write(io, IOAPIC_LINE(line - io->first), low);
}

void arch_irq_mask(word_t line, word_t masked)
{
    const struct ioapic *io = ioapic_of(line);

    if (!io)
        return;
    uint32_t low = ioapic_read(io, IOAPIC_LINE(line - io->first)) & ~LINE_MASKED;
    ioapic_write(io, IOAPIC_LINE(line - io->first), masked ? low | LINE_MASKED : low);
}

void arch_irq_unroute(word_t line)
{
    const struct ioapic *io = ioapic_of(line);

    if (io)
        ioapic_write(io, IOAPIC_LINE(line - io->first), LINE_MASKED);
}
