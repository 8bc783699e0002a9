/* SPDX-License-Identifier: BSD-2-Clause */
/* Text with numbers in it. */
#include "format.h"

#include <stdbool.h>
#include <stdint.h>

/* Where text goes, and what does not fit any more does not. */
struct out {
    char *to;
    size_t size;
    size_t used;
};

/* One conversion, as far as it has been read. */
struct conversion {
    size_t width;
    size_t precision; /* most bytes of a string */
    bool left;
    bool zero;
    bool wide;
};

static void put(struct out *out, char c)
{
    if (out->used + 1 < out->size)
        out->to[out->used++] = c;
}

static void put_field(struct out *out, const char *text, size_t size, const struct conversion *c)
{
    for (size_t i = size; !c->left && i < c->width; i++)
        put(out, c->zero ? '0' : ' ');
    for (size_t i = 0; i < size; i++)
        put(out, text[i]);
    for (size_t i = size; c->left && i < c->width; i++)
        put(out, ' ');
}

static void put_text(struct out *out, const char *text, const struct conversion *c)
{
    size_t size = 0;

    if (text == NULL)
        text = "(null)";
    while (size < c->precision && text[size] != 0)
        size++;
    put_field(out, text, size, c);
}

static void put_number(struct out *out, uint64_t value, bool negative, unsigned base,
                       const struct conversion *c)
{
    char digits[21];
    size_t at = sizeof(digits);

    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    if (negative)
        digits[--at] = '-';
    put_field(out, digits + at, sizeof(digits) - at, c);
}

static size_t read_number(const char **f, va_list *arguments)
{
    size_t value = 0;

    if (**f == '*') {
        int given = va_arg(*arguments, int);

        (*f)++;
        return given > 0 ? (size_t)given : 0;
    }
    for (; **f >= '0' && **f <= '9'; (*f)++)
        value = value * 10 + (size_t)(**f - '0');
    return value;
}

static struct conversion read_conversion(const char **f, va_list *arguments)
{
    struct conversion c = {.precision = SIZE_MAX};

    for (; **f == '0' || **f == '-'; (*f)++)
        *(**f == '0' ? &c.zero : &c.left) = true;
    c.width = read_number(f, arguments);
    if (**f == '.') {
        (*f)++;
        c.precision = read_number(f, arguments);
    }
    for (; **f == 'l' || **f == 'z'; (*f)++)
        c.wide = true;
    return c;
}

static void put_signed(struct out *out, int64_t value, const struct conversion *c)
{
    put_number(out, value < 0 ? -(uint64_t)value : (uint64_t)value, value < 0, 10, c);
}

static void convert(struct out *out, char kind, const struct conversion *c, va_list *arguments)
{
    char one;

    switch (kind) {
    case 's':
        put_text(out, va_arg(*arguments, const char *), c);
        break;
    case 'c':
        one = (char)va_arg(*arguments, int);
        put_field(out, &one, 1, c);
        break;
    case 'd':
    case 'i':
        put_signed(out, c->wide ? va_arg(*arguments, long) : va_arg(*arguments, int), c);
        break;
    case 'u':
    case 'x':
        put_number(out, c->wide ? va_arg(*arguments, unsigned long) : va_arg(*arguments, unsigned),
                   false, kind == 'x' ? 16 : 10, c);
        break;
    case 'p':
        put_number(out, (uint64_t)va_arg(*arguments, void *), false, 16, c);
        break;
    default:
        put(out, kind);
        break;
    }
}

size_t rt_format_list(char *to, size_t size, const char *format, va_list arguments)
{
    struct out out = {.to = to, .size = size};
    va_list rest;

    va_copy(rest, arguments);
    while (*format != 0) {
        struct conversion c;

        if (*format != '%') {
            put(&out, *format++);
            continue;
        }
        format++;
        c = read_conversion(&format, &rest);
        if (*format != 0)
            convert(&out, *format++, &c, &rest);
    }
    va_end(rest);
    to[out.used] = 0;
    return out.used;
}

size_t rt_format(char *to, size_t size, const char *format, ...)
{
    va_list arguments;
    size_t used;

    va_start(arguments, format);
    used = rt_format_list(to, size, format, arguments);
    va_end(arguments);
    return used;
}
