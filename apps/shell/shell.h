/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of the shell share: the servers that it may call, and its output. */
#ifndef SHELL_SHELL_H
#define SHELL_SHELL_H

#include <abi/call.h>
#include <proto/supervisor.h>
#include <steer/steer.h>

#define SHELL_WORDS 16

/** Servers, 0 where the manifest routes none. */
struct shell {
    cap_t console;
    cap_t supervisor;
    cap_t log;
    cap_t platform;
};

extern struct shell shell;

/** A command. @param argc words in the line, at least 1; argv[0] the command itself */
struct command {
    const char *name;
    const char *arguments;
    const char *help;
    int least, most;   /**< how many arguments */
    void (*run)(int argc, char **argv);
};

/** Components: run; the others are lib/steer's (components.c). The end is a command without a name.
 */
extern const struct command component_commands[];

/** Files: ls, cat, cp ... (files.c). */
extern const struct command file_commands[];

/** The rest (system.c). */
extern const struct command system_commands[];

/** Print on the console. */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** For lib/steer: the shell's supervisor and console. */
struct steer shell_steer(void);

/** Is there a server for this? If not, say so. */
bool have(cap_t server, const char *protocol);

#endif
