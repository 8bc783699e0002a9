/* SPDX-License-Identifier: BSD-2-Clause */
/* The chip: registers, and bytes between them and the queues. */
#include "chip.h"

/* Registers. */
enum {
    DATA = 0,       /* receive and transmit; with LINE_DIVISOR set the low part of the divisor */
    ENABLE = 1,     /* interrupts; with LINE_DIVISOR set the high part of the divisor */
    CAUSE = 2,      /* read: of the interrupt */
    FIFO = 2,       /* write */
    LINE = 3,
    MODEM = 4,
    STATUS = 5,
    SCRATCH = 7,
};

enum { ENABLE_RECEIVED = 1, ENABLE_EMPTY = 2, ENABLE_STATUS = 4 };
enum { CAUSE_NONE = 1, CAUSE_MASK = 0x0f, CAUSE_FIFO = 0xc0 };
enum { FIFO_ON = 1, FIFO_CLEAR = 6, FIFO_TRIGGER_8 = 0x80 };
enum { LINE_8N1 = 3, LINE_DIVISOR = 0x80 };
enum { MODEM_DTR = 1, MODEM_RTS = 2, MODEM_OUT2 = 8 }; /* OUT2 gates the interrupt on a PC */
enum { STATUS_READY = 1, STATUS_OVERRUN = 2, STATUS_DAMAGED = 0x1c, STATUS_EMPTY = 0x20 };
/* Causes, most urgent first: STATUS is read, DATA is read, CAUSE is read, modem lines. */
enum { CAUSE_STATUS = 6, CAUSE_RECEIVED = 4, CAUSE_TIMEOUT = 12, CAUSE_EMPTY = 2, CAUSE_MODEM = 0 };

#define FIFO_DEPTH 16u
#define MODEM_STATUS 6u
/* A chip that goes on asking is broken; leave it alone till its next interrupt. */
#define SERVE_MAX 1024u

static uint8_t get(const struct chip *chip, word_t reg)
{
    return device_port_read(&chip->ports, reg);
}

static void set(const struct chip *chip, word_t reg, uint8_t value)
{
    device_port_write(&chip->ports, reg, value);
}

static void enable(struct chip *chip, uint8_t interrupts)
{
    if (chip->interrupts != interrupts)
        set(chip, ENABLE, interrupts);
    chip->interrupts = interrupts;
}

/* Where there is no chip all registers read the same. */
static bool is_there(const struct chip *chip)
{
    set(chip, SCRATCH, 0x5a);
    if (get(chip, SCRATCH) == 0x5a) {
        set(chip, SCRATCH, 0xa5);
        if (get(chip, SCRATCH) == 0xa5)
            return true;
    }
    /* The 8250 has no scratch register; its unused interrupt enable bits always read 0. */
    set(chip, ENABLE, 0);
    return (get(chip, ENABLE) & 0xf0) == 0 && get(chip, STATUS) != 0xff;
}

bool chip_open(struct chip *chip)
{
    if (chip->ports.count <= SCRATCH || !is_there(chip))
        return false;
    set(chip, ENABLE, 0);
    set(chip, LINE, LINE_DIVISOR);
    set(chip, DATA, 1); /* 115200 baud */
    set(chip, ENABLE, 0);
    set(chip, LINE, LINE_8N1);
    /* Not FIFO_CLEAR for receiving: what was typed before a restart of the driver is still wanted.
     */
    set(chip, FIFO, FIFO_ON | FIFO_TRIGGER_8);
    chip->depth = (get(chip, CAUSE) & CAUSE_FIFO) == CAUSE_FIFO ? FIFO_DEPTH : 1;
    if (chip->depth == 1)
        set(chip, FIFO, 0); /* the 16550 without A has FIFOs that do not work */
    set(chip, MODEM, MODEM_DTR | MODEM_RTS | MODEM_OUT2);
    enable(chip, ENABLE_RECEIVED | ENABLE_STATUS);
    return true;
}

bool chip_is_sound(const struct chip *chip)
{
    return queue_used(&chip->in) <= QUEUE_SIZE && queue_used(&chip->out) <= QUEUE_SIZE &&
           (chip->depth == 1 || chip->depth == FIFO_DEPTH) &&
           get(chip, ENABLE) == chip->interrupts;
}

/* Counts what the status register reports, which reading it forgets. */
static uint8_t status(struct chip *chip)
{
    uint8_t now = get(chip, STATUS);

    if (now & STATUS_OVERRUN)
        chip->overruns++;
    if (now & STATUS_DAMAGED)
        chip->damaged++;
    return now;
}

/* Full: let the bytes stay in the chip, and ask the other side to wait. It may hear us, or bytes
 * are lost in the chip, which says so. */
static void hold(struct chip *chip)
{
    chip->held = true;
    enable(chip, chip->interrupts & (uint8_t)~(ENABLE_RECEIVED | ENABLE_STATUS));
    set(chip, MODEM, MODEM_DTR | MODEM_OUT2);
}

static void take_received(struct chip *chip)
{
    while (status(chip) & STATUS_READY) {
        if (queue_room(&chip->in) == 0) {
            hold(chip);
            return;
        }
        queue_put(&chip->in, get(chip, DATA));
        chip->received++;
    }
}

void chip_receive(struct chip *chip)
{
    if (!chip->held || queue_used(&chip->in) > QUEUE_SIZE / 2)
        return;
    chip->held = false;
    set(chip, MODEM, MODEM_DTR | MODEM_RTS | MODEM_OUT2);
    enable(chip, chip->interrupts | ENABLE_RECEIVED | ENABLE_STATUS);
}

/* The transmitter is empty: give it as much as it takes. */
static void refill(struct chip *chip)
{
    for (size_t i = 0; i < chip->depth && queue_used(&chip->out) > 0; i++) {
        set(chip, DATA, queue_peek(&chip->out, 0));
        queue_drop(&chip->out, 1);
        chip->sent++;
    }
    if (queue_used(&chip->out) > 0)
        enable(chip, chip->interrupts | ENABLE_EMPTY);
    else
        enable(chip, chip->interrupts & (uint8_t)~ENABLE_EMPTY);
}

void chip_send(struct chip *chip)
{
    /* While its interrupt is on, that one refills. */
    if (!(chip->interrupts & ENABLE_EMPTY) && (status(chip) & STATUS_EMPTY))
        refill(chip);
    else if (queue_used(&chip->out) > 0)
        enable(chip, chip->interrupts | ENABLE_EMPTY);
}

/* An edge is lost if a cause is left, so go on until there is none. */
void chip_serve(struct chip *chip)
{
    for (unsigned i = 0; i < SERVE_MAX; i++) {
        uint8_t cause = get(chip, CAUSE);

        if (cause & CAUSE_NONE)
            return;
        switch (cause & CAUSE_MASK) {
        case CAUSE_RECEIVED:
        case CAUSE_TIMEOUT:
            take_received(chip);
            break;
        case CAUSE_EMPTY:
            refill(chip);
            break;
        case CAUSE_MODEM:
            (void)get(chip, MODEM_STATUS);
            break;
        default: /* CAUSE_STATUS */
            (void)status(chip);
            break;
        }
    }
}
