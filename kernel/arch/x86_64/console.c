/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's own voice: the first serial port, written by polling, for boot messages and panics.
 * As soon as a driver has the port the kernel is silent, unless it panics. */
#include <arch/arch.h>
#include <arch/start.h>

#define COM1          0x3f8u
#define COM_DATA      (COM1 + 0)
#define COM_INTERRUPT (COM1 + 1)
#define COM_FIFO      (COM1 + 2)
#define COM_LINE      (COM1 + 3)
#define COM_MODEM     (COM1 + 4)
#define COM_STATUS    (COM1 + 5)
#define COM_EMPTY     0x20u
#define COM_DIVISOR   0x80u

/* A port that does not exist reads as all ones, which is "empty"; one that hangs is given up. */
#define COM_PATIENCE 100000u

void x86_console_init(void)
{
    x86_out8(COM_INTERRUPT, 0);
    x86_out8(COM_LINE, COM_DIVISOR);
    x86_out8(COM_DATA, 1); /* 115200 baud */
    x86_out8(COM_INTERRUPT, 0);
    x86_out8(COM_LINE, 3); /* 8 bits, no parity, 1 stop bit */
    x86_out8(COM_FIFO, 7); /* on, and empty */
    x86_out8(COM_MODEM, 3);
}

static void put(char c)
{
    for (unsigned i = 0; i < COM_PATIENCE && !(x86_in8(COM_STATUS) & COM_EMPTY); i++)
        ;
    x86_out8(COM_DATA, (uint8_t)c);
}

void x86_print(const char *text)
{
    for (; *text != 0; text++) {
        if (*text == '\n')
            put('\r');
        put(*text);
    }
}

void x86_print_hex(word_t number)
{
    unsigned shift = 60;

    while (shift > 0 && (number >> shift) == 0)
        shift -= 4;
    x86_print("0x");
    for (;; shift -= 4) {
        put("0123456789abcdef"[(number >> shift) & 15]);
        if (shift == 0)
            return;
    }
}

void x86_print_decimal(word_t number)
{
    char digits[21];
    unsigned at = sizeof digits - 1;

    digits[at] = 0;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    x86_print(&digits[at]);
}
