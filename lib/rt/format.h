/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text with numbers in it, for components without a C library. A small part of what printf does:
 * %s %c %d %i %u %x %p %%, the length l, a width, and the flags 0 and -; %.*s and %.Ns.
 */
#ifndef RT_FORMAT_H
#define RT_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/**
 * Write into `to`, cut off at size - 1 bytes; a NUL always ends it.
 * @param size of `to` in bytes, at least 1
 * @return bytes written, without the NUL
 */
size_t rt_format(char *to, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** The same with the arguments as a list. */
size_t rt_format_list(char *to, size_t size, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

#endif
