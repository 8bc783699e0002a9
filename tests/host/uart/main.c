/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The driver's chip.c against a chip played here, with FIFOs and without. The interrupt is an edge,
 * as on the ISA bus: whoever leaves a cause behind never hears of it again.
 */
#include <stdio.h>
#include <string.h>

#include "chip.h"

static int passed, failed;

/* The chip that is played. */
static struct {
    bool present, fifo_works, fifo_on;
    uint8_t enable, line, modem, scratch, divisor;
    uint8_t in[64];
    size_t in_used, in_depth;
    bool overrun;
    uint8_t out[65536];
    size_t out_size, out_queued; /* sent; of them, still in the chip */
    bool empty_pending;          /* the transmitter's interrupt has not been looked at */
    bool level, edge;            /* of the interrupt line; an edge that the driver has not seen */
} hw;

static struct chip chip;

static void report(const char *name, bool good)
{
    printf("%s %s%s\n", good ? "ok" : "FAIL", name, good ? "" : ": see the source");
    *(good ? &passed : &failed) += 1;
}

static uint8_t cause(void)
{
    if (hw.overrun && hw.enable & 4)
        return 6;
    if (hw.in_used > 0 && hw.enable & 1)
        return 4;
    if (hw.empty_pending && hw.enable & 2)
        return 2;
    return 1;
}

static void update_line(void)
{
    bool level = cause() != 1 && hw.modem & 8;

    if (level && !hw.level)
        hw.edge = true;
    hw.level = level;
}

static uint8_t read_data(void)
{
    uint8_t byte = hw.in[0];

    if (hw.line & 0x80)
        return hw.divisor;
    if (hw.in_used > 0)
        memmove(hw.in, hw.in + 1, --hw.in_used);
    return byte;
}

static uint8_t read_cause(void)
{
    uint8_t value = cause();

    if (value == 2)
        hw.empty_pending = false;
    return value | (hw.fifo_on && hw.fifo_works ? 0xc0 : hw.fifo_on ? 0x80 : 0);
}

static uint8_t read_status(void)
{
    uint8_t value = (hw.in_used > 0) | (hw.overrun ? 2 : 0) | (hw.out_queued == 0 ? 0x60 : 0);

    hw.overrun = false;
    return value;
}

uint8_t device_port_read(const struct device_ports *ports, word_t offset)
{
    uint8_t value = 0;

    (void)ports;
    if (!hw.present)
        return 0xff;
    switch (offset) {
    case 0: value = read_data(); break;
    case 1: value = hw.enable; break;
    case 2: value = read_cause(); break;
    case 5: value = read_status(); break;
    case 7: value = hw.scratch; break;
    default: break;
    }
    update_line();
    return value;
}

static void write_data(uint8_t value)
{
    size_t depth = hw.fifo_on && hw.fifo_works ? 16 : 1;

    if (hw.line & 0x80) {
        hw.divisor = value;
        return;
    }
    if (hw.out_queued == depth) /* written over */
        hw.out_size--;
    else
        hw.out_queued++;
    hw.out[hw.out_size++] = value;
    hw.empty_pending = false;
}

static void write_enable(uint8_t value)
{
    if (hw.line & 0x80)
        return;
    /* Switching it on while the transmitter is empty raises it. */
    if (value & 2 && !(hw.enable & 2) && hw.out_queued == 0)
        hw.empty_pending = true;
    hw.enable = value & 0x0f;
}

void device_port_write(const struct device_ports *ports, word_t offset, uint8_t value)
{
    (void)ports;
    switch (offset) {
    case 0: write_data(value); break;
    case 1: write_enable(value); break;
    case 2: hw.fifo_on = value & 1; break;
    case 3: hw.line = value; break;
    case 4: hw.modem = value; break;
    case 7: hw.scratch = value; break;
    default: break;
    }
    update_line();
}

/* The line is quiet for a while: everything in the transmitter goes out. */
static void transmit(void)
{
    if (hw.out_queued > 0)
        hw.empty_pending = true;
    hw.out_queued = 0;
    update_line();
}

/* A byte arrives. @return false: the other side has been asked to wait */
static bool arrive(uint8_t byte)
{
    if (!(hw.modem & 2))
        return false;
    if (hw.in_used == (hw.fifo_on && hw.fifo_works ? 16 : 1))
        hw.overrun = true;
    else
        hw.in[hw.in_used++] = byte;
    update_line();
    return true;
}

/* What the driver's signal does, if there was an edge. */
static bool interrupt(void)
{
    bool edge = hw.edge;

    hw.edge = false;
    if (edge)
        chip_serve(&chip);
    return edge;
}

static bool open_chip(bool fifo)
{
    memset(&hw, 0, sizeof(hw));
    memset(&chip, 0, sizeof(chip));
    hw.present = true;
    hw.fifo_works = fifo;
    chip.ports = (struct device_ports){.first = 0x3f8, .count = 8};
    return chip_open(&chip);
}

static bool sends(size_t count)
{
    for (size_t i = 0; i < count; i++)
        queue_put(&chip.out, (uint8_t)(i * 7));
    chip_send(&chip);
    for (size_t i = 0; i < count + 2 && hw.out_size < count; i++) {
        transmit();
        (void)interrupt();
    }
    transmit();
    (void)interrupt();
    for (size_t i = 0; i < count; i++)
        if (hw.out[i] != (uint8_t)(i * 7))
            return false;
    return hw.out_size == count && chip.sent == count && !(hw.enable & 2);
}

/* One write while the one before is still on its way. */
static bool sends_more(void)
{
    size_t before = hw.out_size;

    for (int i = 0; i < 40; i++) {
        queue_put(&chip.out, (uint8_t)i);
        chip_send(&chip);
        if (i % 3 == 0)
            transmit();
        (void)interrupt();
    }
    for (int i = 0; i < 50; i++) {
        transmit();
        (void)interrupt();
    }
    return hw.out_size == before + 40 && hw.out[hw.out_size - 1] == 39;
}

static bool receives(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!arrive((uint8_t)(i * 3)) || !interrupt())
            return false;
    }
    for (size_t i = 0; i < count; i++)
        if (queue_peek(&chip.in, i) != (uint8_t)(i * 3))
            return false;
    queue_drop(&chip.in, count);
    return queue_used(&chip.in) == 0 && chip.received == count;
}

/* Full: nothing is lost, the other side waits, and goes on when there is room. */
static bool holds(void)
{
    size_t sent = 0, got = 0;

    while (sent < QUEUE_SIZE + 100 && arrive((uint8_t)sent)) {
        sent++;
        (void)interrupt();
    }
    if (sent == QUEUE_SIZE + 100 || chip.overruns != 0 || !chip.held)
        return false;
    for (; queue_used(&chip.in) > 0; got++) {
        if (queue_peek(&chip.in, 0) != (uint8_t)got)
            return false;
        queue_drop(&chip.in, 1);
        chip_receive(&chip);
        (void)interrupt();
    }
    return got == sent && !chip.held && arrive(1) && interrupt();
}

static bool counts_overruns(void)
{
    queue_drop(&chip.in, queue_used(&chip.in));
    for (int i = 0; i < 20; i++)
        (void)arrive((uint8_t)i);
    (void)interrupt();
    return chip.overruns == 1 && queue_used(&chip.in) > 0 && cause() == 1;
}

static bool is_absent(void)
{
    memset(&hw, 0, sizeof(hw));
    memset(&chip, 0, sizeof(chip));
    chip.ports.count = 8;
    return !chip_open(&chip);
}

/* A chip in use is sound; not with a word of what is known of it spoilt. */
static bool notices_what_is_spoilt(void)
{
    size_t *const words[] = {&chip.in.head, &chip.in.tail, &chip.out.head, &chip.out.tail,
                             &chip.depth};
    bool good = chip_is_sound(&chip);

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        *words[i] ^= 1ul << 40;
        good = good && !chip_is_sound(&chip);
        *words[i] ^= 1ul << 40;
    }
    chip.interrupts ^= 2;
    good = good && !chip_is_sound(&chip);
    chip.interrupts ^= 2;
    return good && chip_is_sound(&chip);
}

static void test(const char *with, bool fifo)
{
    char name[80];

#define CASE(what, condition) \
    (snprintf(name, sizeof(name), "%s FIFO: %s", with, what), report(name, condition))
    CASE("opens", open_chip(fifo) && chip.depth == (fifo ? 16 : 1));
    CASE("sends", sends(5000));
    CASE("sends while sending", sends_more());
    CASE("receives", receives(5000));
    CASE("loses nothing when it is full", open_chip(fifo) && holds());
    CASE("counts what the chip lost", counts_overruns());
    CASE("notices what is spoilt", notices_what_is_spoilt());
}

int main(void)
{
    test("with", true);
    test("without", false);
    report("says that there is none", is_absent());
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
