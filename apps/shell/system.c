/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands about the system as a whole. */
#include <proto/console.h>
#include <proto/log.h>
#include <proto/platform.h>
#include <rt/bytes.h>
#include <rt/clock.h>
#include <rt/format.h>
#include <rt/program.h>

#include "shell.h"

static void print_line(const struct log_entry *entry, const char *name, const char *text)
{
    static const char marks[] = "!w  ";
    uint64_t us = rt_ticks_to_ns(entry->time_ticks) / 1000;

    print("%5lu %4lu.%06lu %c %s: %s\n", entry->sequence, us / 1000000, us % 1000000,
          marks[entry->level], name, text);
}

uint64_t log_next(void)
{
    struct log_extent extent = {0};

    if (shell.log == 0 || log_extent(shell.log, &extent) != LOG_OK)
        return 0;
    return extent.last + 1;
}

void log_show(uint64_t from, const char *name, bool full)
{
    char who[LOG_NAME_MAX + 1], text[LOG_LINE_MAX + 1];
    uint64_t end = log_next(); /* what comes while we print is for the next time */
    struct log_entry entry = {0};

    for (uint64_t at = from > 0 ? from : 1; at < end; at = entry.sequence + 1) {
        if (log_read(shell.log, at, &entry, who, text) != LOG_OK)
            break;
        if (name != NULL && !rt_same(name, who))
            continue;
        if (full)
            print_line(&entry, who, text);
        else
            print("%s\n", text);
    }
}

static void show_log(int argc, char **argv)
{
    if (!have(shell.log, "log-reader"))
        return;
    if (log_next() == 0)
        print("the log does not answer; `ps log` shows its state\n");
    else
        log_show(1, argc > 1 ? argv[1] : NULL, true);
}

/* Since root started; without a route to root, since the processor was reset. */
static void uptime(int argc, char **argv)
{
    struct supervisor_resources r = {0};
    uint64_t seconds;

    (void)argc;
    (void)argv;
    if (shell.supervisor != 0)
        (void)supervisor_resources(shell.supervisor, &r);
    seconds = rt_ticks_to_ns(rt_now() - r.boot_ticks) / RT_NS_PER_SECOND;
    print("%lu:%02lu:%02lu\n", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

static void print_device(const char *name, const struct platform_device *d)
{
    if (d->bus == PLATFORM_BUS_PCI)
        print("%-16s %04x:%04x  class %02x.%02x.%02x  %u regions, %u interrupts\n", name, d->vendor,
              d->product, d->class >> 16, d->class >> 8 & 0xff, d->class & 0xff, d->regions,
              d->interrupts);
    else
        print("%-16s %u regions, %u interrupts\n", name, d->regions, d->interrupts);
}

static void devices(int argc, char **argv)
{
    char name[PLATFORM_NAME_MAX + 1];
    struct platform_device device = {0};

    (void)argc;
    (void)argv;
    if (!have(shell.platform, "platform"))
        return;
    for (uint32_t i = 0;; i++) {
        enum platform_error error = platform_list(shell.platform, i, name, &device);

        if (error == PLATFORM_E_NOT_FOUND)
            return;
        if (error != PLATFORM_OK) {
            print("the platform does not answer (error 0x%x); `ps platform` shows its state\n",
                  (unsigned)error);
            return;
        }
        print_device(name, &device);
    }
}

static void echo(int argc, char **argv)
{
    char text[CONSOLE_LINE_MAX + 1];
    size_t size = 0;

    text[0] = 0;
    for (int i = 1; i < argc; i++)
        size += rt_format(text + size, sizeof(text) - size, "%s%s", i > 1 ? " " : "", argv[i]);
    print("%s\n", text);
}

static void clear(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    print("\033[H\033[2J");
}

static void quit(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    print("The shell stays. In QEMU Ctrl-A x ends the machine; Ctrl-A c then `system_reset` "
          "restarts it.\n");
}

const struct command system_commands[] = {
    {"log", "[NAME]", "what components have said", 0, 1, show_log},
    {"devices", "", "what the platform has found", 0, 0, devices},
    {"uptime", "", "how long the machine has been running", 0, 0, uptime},
    {"echo", "TEXT", "print the text", 0, SHELL_WORDS, echo},
    {"clear", "", "clear the screen", 0, 0, clear},
    {"quit", "", "how to leave", 0, 0, quit},
    {0},
};
