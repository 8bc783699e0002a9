/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tracing: the system calls of chosen processes as lines of text, with names and decoded arguments,
 * and the signals that they get. The lines go to the log (argument `trace` of the manifest), or to
 * whoever reads /dev/trace. A task that is not traced pays one test of a flag a call.
 */
#ifndef LINUX_TRACE_H
#define LINUX_TRACE_H

#include <abi/call.h>
#include <stdbool.h>
#include <stddef.h>

struct file;
struct process;
struct task;

/** By the manifest: `trace=all` follows all from the first process on, into the log. */
void trace_init(void);
/** A call comes in; one that does not return is shown now. Only of a task with `traced` set. */
void trace_call(const struct task *t);
/** What became of it: result, error, BLOCKED. */
void trace_result(const struct task *t, long result);
/** A signal ended its wait. */
void trace_interrupted(const struct task *t);
/** A signal is delivered. */
void trace_signal(const struct task *t, int number, int code);
/** @param status as wait4 gives it */
void trace_exit(const struct process *p, int status);

/** /dev/trace: what is written chooses (a process number, `all`, `off`), what is read are the
 * lines. */
long trace_open(struct file *f);
/** The node. @return false: no memory */
bool trace_add(void);

/* --- for trace.c: trace_text.c -------------------------------------------------------------- */

/** Text that grows up to a bound; what does not fit is left out. */
struct trace_text {
    size_t size;
    char text[480];
};

void trace_put(struct trace_text *x, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/** name(arguments). @param done the call has this result: what it wrote is shown too */
void trace_put_call(struct trace_text *x, const struct task *t, bool done, long result);
void trace_put_result(struct trace_text *x, const struct task *t, long result);

/* --- for trace_text.c: trace_names.c -------------------------------------------------------- */

struct trace_name {
    word_t value;
    const char *name;
};

/** Names of an argument's values. */
struct trace_names {
    uint16_t call;
    uint8_t argument;
    bool flags;        /**< values are joined; else one of them is meant */
    word_t mask;       /**< of one that is meant: these bits; the others are shown as flags */
    const struct trace_name *names;
};

/** @return NULL: it is shown as a number */
const struct trace_names *trace_names_of(word_t call, unsigned argument);
/** "ENOENT". @return NULL: there is no such error */
const char *trace_error(long error);
/** "SIGINT". @return NULL: a real-time signal, or none */
const char *trace_signal_name(word_t number);

#endif
