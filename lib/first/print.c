/* SPDX-License-Identifier: BSD-2-Clause */
/* Output on the first serial port, polled, and the end of the machine. */
#include "first.h"

#include <stdarg.h>

#define COM1 0x3f8u
#define COM1_STATUS (COM1 + 5)
#define COM1_EMPTY 0x20u
#define DEBUG_EXIT 0xf4u

static void put(char c)
{
    word_t status = 0;

    do {
        if (io_port_read(ROOT_IOPORT, COM1_STATUS, 1, &status) != E_OK)
            return;
    } while (!(status & COM1_EMPTY));
    (void)io_port_write(ROOT_IOPORT, COM1, 1, (unsigned char)c);
}

static void put_string(const char *s, int width)
{
    int length = 0;

    for (; s[length] != 0; length++)
        put(s[length]);
    for (; length < width; length++)
        put(' ');
}

static void put_number(word_t value, unsigned base, int width, char pad)
{
    char digits[20];
    int n = 0;

    do {
        digits[n++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    for (int i = n; i < width; i++)
        put(pad);
    while (n > 0)
        put(digits[--n]);
}

/* One conversion. Length modifiers (l) are skipped: every number is 64 bits. */
static const char *convert(const char *f, va_list *arguments)
{
    int width = 0;
    char pad = *f == '0' ? '0' : ' ';
    bool left = *f == '-';

    if (left)
        f++;
    for (; *f >= '0' && *f <= '9'; f++)
        width = width * 10 + *f - '0';
    bool wide = false;
    for (; *f == 'l'; f++)
        wide = true;
    switch (*f) {
    case 's':
        put_string(va_arg(*arguments, const char *), left ? width : 0);
        break;
    case 'c':
        put((char)va_arg(*arguments, int));
        break;
    case 'd': {
        long v = wide ? va_arg(*arguments, long) : va_arg(*arguments, int);

        if (v < 0)
            put('-');
        put_number(v < 0 ? -(word_t)v : (word_t)v, 10, width, pad);
        break;
    }
    case 'u':
    case 'x':
        put_number(wide ? va_arg(*arguments, unsigned long) : va_arg(*arguments, unsigned),
                   *f == 'x' ? 16 : 10, width, pad);
        break;
    default:
        put(*f);
        break;
    }
    return f + 1;
}

void first_print(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    while (*format != 0) {
        if (*format == '%') {
            format = convert(format + 1, &arguments);
        } else {
            if (*format == '\n')
                put('\r');
            put(*format++);
        }
    }
    va_end(arguments);
}

void first_exit(int status)
{
    (void)io_port_write(ROOT_IOPORT, DEBUG_EXIT, 1, (word_t)status);
    for (;;) {
        struct message m = {.tag = 0};

        (void)sys_recv(0, 0, &m, 0); /* without that device: nothing left to do */
    }
}

void first_fail(const char *condition, const char *file, int line)
{
    first_print("FAIL %s:%d: %s\n", file, line, condition);
    first_exit(1);
}
