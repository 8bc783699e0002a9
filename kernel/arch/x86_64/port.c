/* SPDX-License-Identifier: BSD-2-Clause */
/* I/O ports, for whoever holds an IoPort capability. */
#include <arch/arch.h>

word_t arch_port_read(word_t port, word_t width)
{
    if (width == 1)
        return x86_in8((uint16_t)port);
    if (width == 2)
        return x86_in16((uint16_t)port);
    return x86_in32((uint16_t)port);
}

void arch_port_write(word_t port, word_t width, word_t value)
{
    if (width == 1)
        x86_out8((uint16_t)port, (uint8_t)value);
    else if (width == 2)
        x86_out16((uint16_t)port, (uint16_t)value);
    else
        x86_out32((uint16_t)port, (uint32_t)value);
}
