/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The commands that watch and steer components by root's supervisor protocol: ps, start, stop,
 * kill, hang, restart, why, upgrade, caps, reach, mem. The shell has them at its prompt, a Linux
 * sandbox behind /dev/tsr, each only if its manifest routes `supervisor` to it.
 *
 * One thread at a time.
 */
#ifndef STEER_STEER_H
#define STEER_STEER_H

#include <abi/call.h>
#include <proto/supervisor.h>

/** On whose behalf, and where the output goes. */
struct steer {
    cap_t supervisor; /**< 0: not routed, which commands say */
    void (*print)(void *context, const char *text, size_t size);
    void *context;
};

/** Where steer_succeeded says things, until the next command of anybody. */
void steer_use(const struct steer *to);

/** Run a command. @param argc words, at least 1; argv[0] is its name @return false: there is none
 * of this name */
bool steer_run(const struct steer *to, int argc, char **argv);

/** A line about each command. */
void steer_help(const struct steer *to);

/** Say what went wrong with a component, and what may help. @return true: nothing did */
bool steer_succeeded(enum supervisor_error error, const char *name);

#endif
