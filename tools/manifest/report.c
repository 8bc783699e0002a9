/* SPDX-License-Identifier: BSD-2-Clause */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static unsigned errors;

void report(struct place place, const char *format, ...)
{
    va_list arguments;

    if (place.line == 0)
        fprintf(stderr, "%s: error: ", place.file);
    else
        fprintf(stderr, "%s:%u:%u: error: ", place.file, place.line, place.column);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    errors++;
}

unsigned report_count(void)
{
    return errors;
}

void report_fatal(const char *format, ...)
{
    va_list arguments;

    fputs("manifest: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

void *take(unsigned long bytes)
{
    void *memory = calloc(1, bytes == 0 ? 1 : bytes);

    if (memory == NULL)
        report_fatal("out of memory");
    return memory;
}
