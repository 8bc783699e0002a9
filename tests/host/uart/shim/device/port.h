/* SPDX-License-Identifier: BSD-2-Clause */
/* Stands for lib/device's header: the ports are those of a chip that the test plays. */
#ifndef DEVICE_PORT_H
#define DEVICE_PORT_H

#include <stdbool.h>
#include <stdint.h>

typedef uint64_t word_t;

struct device_ports {
    word_t first;
    word_t count;
};

uint8_t device_port_read(const struct device_ports *ports, word_t offset);
void device_port_write(const struct device_ports *ports, word_t offset, uint8_t value);

#endif
