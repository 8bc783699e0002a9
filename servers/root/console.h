/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What root says. Lines are kept in a ring. They go to the log server once it takes them, by
 * messages that never wait; while there is none that does, to the first serial port.
 */
#ifndef ROOT_CONSOLE_H
#define ROOT_CONSOLE_H

#include <abi/abi.h>
#include <stdbool.h>

/** How much a line matters, as in log.idl. */
enum { SAY_FAILURE, SAY_WARNING, SAY_INFO, SAY_DEBUG };

/** Say a line, without its newline. */
void say(unsigned level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Say a line for a component. */
void say_for(const char *name, unsigned level, const char *text);

/** From now on lines go to the server behind this endpoint (0: to the serial port). */
void console_log_to(cap_t endpoint);

/** Try to pass on lines that the log server had no time for. @return true: some are still waiting
 */
bool console_flush(void);

/** Are lines waiting for the log server? Leaves the message buffer alone. */
bool console_waiting(void);

/** Nothing can go on: say it on the serial port, with the fix, and stop. */
_Noreturn void root_refuse(const char *fix, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** What must be true, or root itself is wrong. */
#define ROOT_CHECK(condition)                                                \
    ((condition) ? (void)0                                                   \
                 : root_refuse("this is an error in root; please report it", \
                               "%s:%d: not true: %s", __FILE__, __LINE__, #condition))

#endif
