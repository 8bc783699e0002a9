/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shell: reads a line from the console, does what it says. It can do what its manifest routes
 * to it and no more; a command whose server is not routed says so.
 */
#include <proto/console.h>
#include <rt/bytes.h>
#include <rt/clock.h>
#include <rt/format.h>
#include <rt/program.h>

#include "shell.h"

#define RETRY_NS 200000000ul

struct shell shell;

void print(const char *format, ...)
{
    char text[CONSOLE_CHUNK_MAX];
    va_list list;
    size_t size;

    va_start(list, format);
    size = rt_format_list(text, sizeof(text), format, list);
    va_end(list);
    (void)console_write(shell.console, text,
                        size); /* a console that dies has lost the screen anyway */
}

bool have(cap_t server, const char *protocol)
{
    if (server == 0)
        print("this needs `%s`, which is not routed to the shell: add it to the shell's `uses` in "
              "the manifest\n",
              protocol);
    return server != 0;
}

/* Cut a line into words. */
static int split(char *line, char **words)
{
    int count = 0;

    while (count < SHELL_WORDS) {
        while (*line == ' ' || *line == '\t')
            *line++ = 0;
        if (*line == 0)
            break;
        words[count++] = line;
        while (*line != 0 && *line != ' ' && *line != '\t')
            line++;
    }
    words[count] = NULL;
    return count;
}

static void print_text(void *context, const char *text, size_t size)
{
    (void)context;
    (void)console_write(shell.console, text, size);
}

struct steer shell_steer(void)
{
    return (struct steer){.supervisor = shell.supervisor, .log = shell.log, .print = print_text};
}

static const struct command *find(const struct command *commands, const char *name)
{
    for (; commands->name != NULL; commands++)
        if (rt_same(commands->name, name))
            return commands;
    return NULL;
}

static void help_on(const struct command *commands)
{
    for (; commands->name != NULL; commands++) {
        char usage[40];

        rt_format(usage, sizeof(usage), "%s %s", commands->name, commands->arguments);
        print("  %-20s %s\n", usage, commands->help);
    }
}

static void help(void)
{
    struct steer steer = shell_steer();

    steer_help(&steer);
    help_on(component_commands);
    help_on(file_commands);
    help_on(system_commands);
    print("  %-20s %s\n", "help", "this");
    print("Keys: arrows, Home, End, Ctrl-A E U K W edit; up and down recall lines. Ctrl-A x leaves "
          "QEMU.\n");
}

static void execute(char *line)
{
    char *words[SHELL_WORDS + 1];
    int count = split(line, words);
    const struct command *command;
    struct steer steer = shell_steer();

    if (count == 0)
        return;
    steer_use(&steer);
    if (rt_same(words[0], "help") || rt_same(words[0], "?")) {
        help();
        return;
    }
    command = find(component_commands, words[0]);
    if (command == NULL)
        command = find(file_commands, words[0]);
    if (command == NULL)
        command = find(system_commands, words[0]);
    if (command == NULL && steer_run(&steer, count, words))
        return;
    if (command == NULL)
        print("there is no command `%s`; `help` lists them\n", words[0]);
    else if (count - 1 < command->least || count - 1 > command->most)
        print("usage: %s %s\n", command->name, command->arguments);
    else
        command->run(count, words);
}

/* One line. @return false: there is nobody to read from for now */
static bool read_and_execute(void)
{
    char line[CONSOLE_LINE_MAX + 1];
    enum console_error error = console_read_line(shell.console, "tessera> ", line);

    switch ((unsigned)error) {
    case CONSOLE_OK:
        execute(line);
        return true;
    case CONSOLE_E_INTERRUPTED:
    case CONSOLE_E_TRANSPORT + E_DIED: /* the console was restarted */
        return true;
    case CONSOLE_E_END:
        print("there is nowhere to leave to; Ctrl-A x leaves QEMU\n");
        return true;
    default:
        return false;
    }
}

int main(int argc, char **argv)
{
    shell = (struct shell){.console = rt_uses("console"),
                           .supervisor = rt_uses("supervisor"),
                           .log = rt_uses("log-reader"),
                           .platform = rt_uses("platform")};
    (void)argc;
    if (shell.console == 0)
        rt_fail(__FILE__, __LINE__, "%s needs a route to `console` in its manifest", argv[0]);
    if (rt_info()->incarnation == 0)
        print("Tessera. `help` lists what can be done.\n");
    for (;;)
        if (!read_and_execute() && !rt_sleep_ns(RETRY_NS))
            rt_fail(__FILE__, __LINE__,
                    "%s has no memory for a timer: give it more in its manifest", argv[0]);
}
