/* SPDX-License-Identifier: BSD-2-Clause */
/* I/O ports. */
#include "port.h"

#include <abi/invoke.h>
#include <rt/program.h>
#include <stddef.h>

bool device_ports_open(struct device_ports *ports, const char *name)
{
    const struct component_entry *entry = rt_find(COMPONENT_PORTS, name);

    if (entry == NULL)
        return false;
    *ports = (struct device_ports){
        .ports = entry->slot, .first = entry->value % 65536, .count = entry->value / 65536};
    return true;
}

uint8_t device_port_read(const struct device_ports *ports, word_t offset)
{
    word_t value = 0;

    RT_CHECK(offset < ports->count);
    RT_CHECK(io_port_read(ports->ports, ports->first + offset, 1, &value) == E_OK);
    return (uint8_t)value;
}

void device_port_write(const struct device_ports *ports, word_t offset, uint8_t value)
{
    RT_CHECK(offset < ports->count);
    RT_CHECK(io_port_write(ports->ports, ports->first + offset, 1, value) == E_OK);
}
