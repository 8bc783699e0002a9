/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a component knows of itself, and how it ends. A component defines main(): it starts there,
 * on its main thread, with its name and the arguments of its manifest, and ends when main returns
 * its exit status.
 */
#ifndef RT_PROGRAM_H
#define RT_PROGRAM_H

#include <abi/call.h>
#include <rt/component.h>

/** The page that says what the component was given. */
static inline const struct component_info *rt_info(void)
{
    return (const struct component_info *)COMPONENT_INFO;
}

/** The entry of this kind and name; NULL: the manifest routes no such thing here. @param name NULL:
 * any */
const struct component_entry *rt_find(enum component_kind kind, const char *name);

/** The server behind a route of the manifest ("uses"). @return 0: there is no such route */
cap_t rt_uses(const char *name);

/** Any other thing by its name. @return 0: it was not given */
cap_t rt_given(enum component_kind kind, const char *name);

/** Number of a protocol that the component provides, as in badge / COMPONENT_BADGE. @return 0: it
 * does not provide it */
word_t rt_provides(const char *protocol);

/** The value of an argument NAME=VALUE; NULL if there is none. */
const char *rt_argument(const char *name);

/** End the component. Its supervisor decides what follows. */
_Noreturn void rt_exit(int status);

/**
 * Say a line to the supervisor, which passes it to the log: for what happens before there is a log,
 * or in the log. At most COMPONENT_LINE bytes of it.
 * @param level as in log.idl: 0 failure, 1 warning, 2 info, 3 debug
 */
void rt_say(unsigned level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/**
 * Say to the supervisor, in a line for the log, what this incarnation took over from the one
 * before; it belongs to the report of that one's end.
 */
void rt_recovered(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Say to the supervisor why this component cannot do its work although it answers: it is shown as
 * degraded, as are those who need it, until it is restarted. */
void rt_degraded(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** All is well (components with a heartbeat in their manifest); costs next to nothing. */
void rt_alive(void);

/**
 * The name of a client, by the badge of its messages.
 * @param name set to the empty string if there is no such client
 */
void rt_client_name(word_t badge, char name[static COMPONENT_NAME]);

/** What cannot go on: say why, then fault, so that the supervisor reports where, and restarts by
 * policy. */
_Noreturn void rt_fail(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** What must be true, or the component is broken. */
#define RT_CHECK(condition) \
    ((condition) ? (void)0 : rt_fail(__FILE__, __LINE__, "not true: %s", #condition))

/**
 * Runs main. A C library brings one of its own, which first sets itself up.
 * @return exit status
 */
int rt_run(int argc, char **argv);

#endif
