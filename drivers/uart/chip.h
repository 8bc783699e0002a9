/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The chip: a 16550 with FIFOs, or an 8250/16450 without, at 115200 baud, 8 bits, no parity.
 * Register names and meanings: National Semiconductor PC16550D data sheet (1995).
 */
#ifndef UART_CHIP_H
#define UART_CHIP_H

#include <device/port.h>

#include "queue.h"

struct chip {
    struct device_ports ports;
    struct queue in;        /**< received, not read yet */
    struct queue out;       /**< to be sent */
    size_t depth;           /**< bytes that the transmitter takes at once: 16, or 1 without FIFO */
    uint8_t interrupts;     /**< what the interrupt enable register holds */
    bool held;              /**< `in` is full: the sender is asked to wait */
    uint64_t received;
    uint64_t sent;
    uint64_t overruns;      /**< times that the chip lost bytes */
    uint64_t damaged;
};

/** Set the chip up, its interrupts on. @return false: there is none at these ports */
bool chip_open(struct chip *chip);

/** Do what the chip asks for, until it asks for nothing: called for each interrupt. */
void chip_serve(struct chip *chip);

/** Something was put into `out`: see that it is sent. */
void chip_send(struct chip *chip);

/**
 * Can what is in `chip` be true, and does the chip's register agree? Called now and then: a word of
 * it that was spoilt would make the driver wait, and its clients with it, for what never comes.
 */
bool chip_is_sound(const struct chip *chip);

/** Something was taken from `in`: let more come. */
void chip_receive(struct chip *chip);

#endif
