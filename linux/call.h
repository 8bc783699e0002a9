/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of system calls: numbers, names, who carries them out, and what their arguments are, so
 * that whoever traces a program can print a call without knowing it. calls.c holds the table;
 * handlers.h declares the handlers.
 */
#ifndef LINUX_CALL_H
#define LINUX_CALL_H

#include <abi/call.h>

struct task;

/** What an argument is, for a tracer. */
enum call_argument {
    ARG_NONE, ARG_INT, ARG_WORD, ARG_HEX, ARG_OCTAL, ARG_FD, ARG_AT, ARG_PATH, ARG_TEXT, ARG_IN,
    ARG_OUT, ARG_POINTER, ARG_SIZE, ARG_SIGNAL, ARG_PID, ARG_VECTOR, ARG_TIME,
};

/** What a signal that runs a handler does to the call while it waits. */
enum call_interrupted {
    CALL_RESTARTS, /**< made anew if the handler has SA_RESTART, else EINTR */
    CALL_EINTR,    /**< EINTR always (poll, select, nanosleep, sigsuspend ...) */
    CALL_HOLDS,    /**< nothing: only what ends the process does (vfork) */
};

/** Carries out a call. @return result, negative error, BLOCKED or NO_REPLY */
typedef long call_handler(struct task *t, const word_t *arg);

struct call {
    const char *name;
    call_handler *handler;    /**< NULL: ENOSYS */
    uint8_t interrupted;      /**< enum call_interrupted */
    uint8_t argument[6];      /**< enum call_argument */
};

#define CALL_COUNT 464u
#define CALL_VDSO_FPU       462u /* of our own: see vdso.S */
#define CALL_VDSO_SIGRETURN 463u
extern const struct call calls[CALL_COUNT];
/** Its name, of one that is not there too. @return NULL: there is none of this number */
const char *call_name(word_t number);

#endif
