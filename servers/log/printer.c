/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints lines on the console. */
#include "printer.h"

#include <proto/console.h>
#include <rt/bytes.h>
#include <rt/clock.h>
#include <rt/format.h>
#include <rt/program.h>

#define STACK_BYTES 16384u

static struct rt_thread *printer;
static cap_t console;
static int most; /* level worth printing */

static void print(const struct line *line)
{
    static const char *const marks[] = {"FAILURE: ", "warning: ", "", ""};
    char text[LOG_LINE_MAX + 128];
    word_t us = rt_ticks_to_ns(line->time_ticks) / 1000;
    size_t size = rt_format(text, sizeof(text), "[%4lu.%06lu] %s: %s%s\n", us / 1000000,
                            us % 1000000, line->name, marks[line->level], line->text);

    /* If the console dies meanwhile the line may be shown or not; it is in the log in any case. */
    (void)console_write(console, text, size);
}

static void print_lost(uint64_t count)
{
    char text[80];
    size_t size = rt_format(text, sizeof(text),
                            "(%lu lines were not shown; the log may still have them)\n", count);

    (void)console_write(console, text, size);
}

static void print_lines(void *argument)
{
    uint64_t next = 1;
    struct line line;

    (void)argument;
    for (;;) {
        while (lines_get(next, &line)) {
            if (line.sequence != next)
                print_lost(line.sequence - next);
            if ((int)line.level <= most)
                print(&line);
            next = line.sequence + 1;
        }
        (void)rt_park(RT_FOREVER);
    }
}

static int level_of(const char *name)
{
    static const char *const names[] = {"failure", "warning", "info", "debug"};

    if (name == NULL)
        return LOG_LEVEL_INFO;
    for (int i = 0; i < 4; i++)
        if (rt_same(name, names[i]))
            return i;
    if (!rt_same(name, "none"))
        lines_add("log", LOG_LEVEL_WARNING,
                  "the argument print= must be failure, warning, info, debug or none");
    return -1;
}

void printer_start(void)
{
    most = level_of(rt_argument("print"));
    console = rt_uses("console");
    if (console == 0 || most < 0)
        return;
    printer = rt_thread_start(print_lines, NULL, STACK_BYTES);
    if (printer == NULL)
        lines_add(
            "log", LOG_LEVEL_WARNING,
            "lines are not printed: the manifest gives no further thread or too little memory");
}

void printer_wake(void)
{
    if (printer != NULL)
        rt_unpark(printer);
}
