/* SPDX-License-Identifier: BSD-2-Clause */
/* I/O ports that a driver was given: registers by their offset from the first one. */
#ifndef DEVICE_PORT_H
#define DEVICE_PORT_H

#include <abi/call.h>
#include <stdbool.h>

/** A range of ports. */
struct device_ports {
    cap_t ports;  /**< IoPort */
    word_t first;
    word_t count;
};

/** The range of this name in the manifest. @param name NULL: the first one @return false: there is
 * none */
bool device_ports_open(struct device_ports *ports, const char *name);

/** Read one byte. @param offset below count */
uint8_t device_port_read(const struct device_ports *ports, word_t offset);

/** Write one byte. @param offset below count */
void device_port_write(const struct device_ports *ports, word_t offset, uint8_t value);

#endif
