/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of this library share. */
#ifndef STEER_PRIV_H
#define STEER_PRIV_H

#include "steer.h"

/** The call that is being served. */
extern struct steer steer_now;

/** A command. @param argc words in the line, at least 1; argv[0] the command itself */
struct steer_command {
    const char *name;
    const char *arguments;
    const char *help;
    int least, most; /**< how many arguments */
    void (*run)(int argc, char **argv);
};

/** The end is a command without a name. */
extern const struct steer_command steer_commands[];

void steer_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** The command `log` (log.c). */
void steer_log(int argc, char **argv);

/** The command `upgrade` (upgrade.c). */
void steer_upgrade(int argc, char **argv);

/** The command `why`. */
void steer_why(int argc, char **argv);

/** The commands `reach` and `caps` (reach.c). */
void steer_reach(int argc, char **argv);
void steer_caps(int argc, char **argv);

#endif
