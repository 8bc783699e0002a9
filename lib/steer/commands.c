/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands but `reach` and `caps`. */
#include <rt/bytes.h>
#include <rt/clock.h>
#include <rt/format.h>
#include <rt/program.h>

#include "steer_priv.h"

static const char *state_name(enum supervisor_state state)
{
    static const char *const names[] = {"stopped", "starting", "running", "restarting",
                                        "failed",  "exited",   "degraded"};

    return (unsigned)state < sizeof(names) / sizeof(names[0]) ? names[state] : "?";
}

/* "12K", "3.4M": at most five characters. */
static void format_bytes(char *to, size_t size, uint64_t bytes)
{
    if (bytes < 1024u * 1024u)
        rt_format(to, size, "%luK", bytes / 1024);
    else if (bytes < 100ul * 1024 * 1024)
        rt_format(to, size, "%lu.%luM", bytes / 1048576, bytes % 1048576 * 10 / 1048576);
    else
        rt_format(to, size, "%luM", bytes / 1048576);
}

static void print_status(const char *name, const struct supervisor_status *status)
{
    char memory[16], quota[16], end[24] = "";
    uint64_t ms = rt_ticks_to_ns(status->cpu_ticks) / 1000000;

    format_bytes(memory, sizeof(memory), status->memory_bytes);
    format_bytes(quota, sizeof(quota), status->quota_bytes);
    if (status->exit_code != 0)
        rt_format(end, sizeof(end), "exit code %d", status->exit_code);
    steer_print("%-20s %-10s %6s of %6s %6lu.%03lu s %8u  %s\n", name, state_name(status->state),
                memory, quota, ms / 1000, ms % 1000, status->restarts, end);
}

/* Calls visit for each component. */
static void for_each(void (*visit)(const char *name, const struct supervisor_status *status))
{
    uint64_t index = 0;

    for (;;) {
        char name[SUPERVISOR_NAME_MAX + 1];
        struct supervisor_status status = {0};
        enum supervisor_error error =
            supervisor_list(steer_now.supervisor, index, name, &status, &index);

        if (error == SUPERVISOR_E_END)
            return;
        if (!steer_succeeded(error, "the list"))
            return;
        visit(name, &status);
    }
}

static void ps(int argc, char **argv)
{
    struct supervisor_status status = {0};

    steer_print("%-20s %-10s %16s %12s %8s\n", "NAME", "STATE", "MEMORY", "CPU", "RESTARTS");
    if (argc == 1)
        for_each(print_status);
    else if (steer_succeeded(supervisor_query(steer_now.supervisor, argv[1], &status), argv[1]))
        print_status(argv[1], &status);
}

static void one(enum supervisor_error (*method)(cap_t server, const char *name), const char *name,
                const char *done)
{
    if (steer_succeeded(method(steer_now.supervisor, name), name))
        steer_print("%s: %s\n", name, done);
}

static void start(int argc, char **argv)
{
    (void)argc;
    one(supervisor_start, argv[1], "started");
}

static void stop(int argc, char **argv)
{
    (void)argc;
    one(supervisor_stop, argv[1], "stopped");
}

static void kill(int argc, char **argv)
{
    (void)argc;
    one(supervisor_kill, argv[1], "killed");
}

static void hang(int argc, char **argv)
{
    (void)argc;
    one(supervisor_hang, argv[1], "hangs");
}

static void restart(int argc, char **argv)
{
    (void)argc;
    one(supervisor_restart, argv[1], "started again");
}

static uint32_t number(const char *text)
{
    uint32_t value = 0;

    for (; *text >= '0' && *text <= '9' && value < 100000; text++)
        value = value * 10 + (uint32_t)(*text - '0');
    return value;
}

/* The last ends of all, newest first. */
static void ends(void)
{
    char name[SUPERVISOR_NAME_MAX + 1];
    uint64_t ticks = 0;
    char cause[201];
    size_t size = 0;
    uint32_t back = 0;

    while (supervisor_ends(steer_now.supervisor, back, name, &ticks, cause, &size) ==
           SUPERVISOR_OK) {
        uint64_t us = rt_ticks_to_ns(ticks) / 1000;

        cause[size] = 0;
        steer_print("%4lu.%06lu %s", us / 1000000, us % 1000000, cause);
        back++;
    }
    steer_print(back == 0 ? "nothing has ended yet\n"
                          : "`why NAME [N]` tells of the last, or Nth last\n");
}

/* What the last end of a component was. */
void steer_why(int argc, char **argv)
{
    if (argc == 1) {
        ends();
        return;
    }
    char text[801];
    size_t size = 0;
    uint64_t offset = 0;
    uint32_t back = argc > 2 ? number(argv[2]) : 0;

    do {
        if (!steer_succeeded(
                supervisor_post_mortem(steer_now.supervisor, argv[1], back, offset, text, &size),
                argv[1]))
            return;
        text[size] = 0;
        /* In two halves: a piece may be as long as the console takes at once. */
        steer_print("%.*s", (int)(size / 2), text);
        steer_print("%s", text + size / 2);
        offset += size;
    } while (size > 0);
    if (offset == 0)
        steer_print(back == 0 ? "%s has not ended yet\n" : "%s: so many ends are not kept\n",
                    argv[1]);
}

static uint64_t total_memory, total_quota;

static void add_memory(const char *name, const struct supervisor_status *status)
{
    char memory[16], quota[16];

    total_memory += status->memory_bytes;
    total_quota += status->memory_bytes > 0 ? status->quota_bytes : 0;
    if (status->memory_bytes == 0)
        return;
    format_bytes(memory, sizeof(memory), status->memory_bytes);
    format_bytes(quota, sizeof(quota), status->quota_bytes);
    steer_print("%-20s %6s of %6s\n", name, memory, quota);
}

static void print_amount(const char *what, uint64_t bytes)
{
    char text[16];

    format_bytes(text, sizeof(text), bytes);
    steer_print("%-20s %6s\n", what, text);
}

static void mem(int argc, char **argv)
{
    struct supervisor_resources r = {0};
    char memory[16], quota[16];

    (void)argc;
    (void)argv;
    total_memory = total_quota = 0;
    for_each(add_memory);
    format_bytes(memory, sizeof(memory), total_memory);
    format_bytes(quota, sizeof(quota), total_quota);
    steer_print("%-20s %6s of %6s\n", "all components", memory, quota);
    if (!steer_succeeded(supervisor_resources(steer_now.supervisor, &r), "root"))
        return;
    print_amount("given to nobody", r.free_bytes);
    print_amount("kernel, boot image", r.ram_bytes - r.total_bytes);
    print_amount("the machine", r.ram_bytes);
}

const struct steer_command steer_commands[] = {
    {"ps", "[NAME]", "components: state, memory, processor time, restarts", 0, 1, ps},
    {"start", "NAME", "start one that is stopped", 1, 1, start},
    {"stop", "NAME", "stop it for good", 1, 1, stop},
    {"kill", "NAME", "make it fail now; its restart policy decides", 1, 1, kill},
    {"restart", "NAME", "stop it and start it again", 1, 1, restart},
    {"hang", "NAME", "make it compute without end; its heartbeat decides", 1, 1, hang},
    {"why", "[NAME [N]]", "the last ends; how one ended last, or N times before", 0, 2, steer_why},
    {"upgrade", "NAME IMAGE|FILE", "go on with another image; its vault stays if that can read it",
     2, 3, steer_upgrade},
    {"caps", "NAME", "the capabilities that it has", 1, 1, steer_caps},
    {"reach", "A [B]", "can A reach B, and through whom", 1, 2, steer_reach},
    {"mem", "", "memory: in use, and quotas", 0, 0, mem},
    {"log", "[NAME]", "what components have said", 0, 1, steer_log},
    {0},
};
