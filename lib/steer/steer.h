/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The commands that watch and steer components by root's supervisor protocol: ps, start, stop,
 * kill, hang, restart, why, upgrade, caps, reach, mem, log. The shell has them at its prompt, a
 * Linux sandbox behind /dev/tsr, each only if its manifest routes `supervisor` to it.
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
    cap_t log;        /**< `log-reader`, or 0 */
    void (*print)(void *context, const char *text, size_t size);
    void *context;
};

/** Where steer_succeeded says things, until the next command of anybody. */
void steer_use(const struct steer *to);

/** Run a command. @param argc words, at least 1; argv[0] is its name @return false: there is none
 * of this name */
bool steer_run(const struct steer *to, int argc, char **argv);

/** After `upgrade NAME FILE BYTES`: how many bytes of the file are wanted yet. */
size_t steer_wants(void);

/** Bytes of it, in their order; with the last ones the upgrade is done. @param size at most
 * steer_wants() */
void steer_bring(const struct steer *to, const void *bytes, size_t size);

/** They will not come. */
void steer_give_up(void);

/** Sequence number of the next line in the log; 0 without a log. */
uint64_t steer_log_next(void);

/** Print lines of the log. @param from sequence number; name whose, NULL: everybody's; full with
 * number and time */
void steer_log_show(uint64_t from, const char *name, bool full);

/** A line about each command. */
void steer_help(const struct steer *to);

/** Say what went wrong with a component, and what may help. @return true: nothing did */
bool steer_succeeded(enum supervisor_error error, const char *name);

#endif
