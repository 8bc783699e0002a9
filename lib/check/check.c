/* SPDX-License-Identifier: BSD-2-Clause */
/* See check.h. */
#include "check.h"

#include <rt/format.h>
#include <rt/program.h>
#include <stdarg.h>

static unsigned passed, failed;

void check(bool ok, const char *name, const char *format, ...)
{
    char why[300];
    va_list arguments;

    va_start(arguments, format);
    rt_format_list(why, sizeof why, format, arguments);
    va_end(arguments);
    if (ok)
        rt_say(2, "ok %s", name);
    else
        rt_say(2, "FAIL %s: %s", name, why);
    passed += ok;
    failed += !ok;
}

void check_value(bool ok, const char *name, unsigned long seen)
{
    check(ok, name, "%lu", seen);
}

int check_end(void)
{
    rt_say(2, "%u passed, %u failed", passed, failed);
    return failed != 0;
}
