/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands about the system as a whole. */
#include <proto/console.h>
#include <proto/platform.h>
#include <rt/bytes.h>
#include <rt/clock.h>
#include <rt/format.h>
#include <rt/program.h>

#include "shell.h"

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
    {"devices", "", "what the platform has found", 0, 0, devices},
    {"uptime", "", "how long the machine has been running", 0, 0, uptime},
    {"echo", "TEXT", "print the text", 0, SHELL_WORDS, echo},
    {"clear", "", "clear the screen", 0, 0, clear},
    {"quit", "", "how to leave", 0, 0, quit},
    {0},
};
