/* SPDX-License-Identifier: BSD-2-Clause */
/* What is left of a component that failed: a text among the last ends; its cause in the log. */
#ifndef ROOT_REPORT_H
#define ROOT_REPORT_H

#include "component.h"

/** A fault message, as the kernel sent it. */
struct fault {
    word_t label; /**< FAULT_... */
    word_t w[5];
    bool main_thread;
};

/** Begin the report with one line: why it ended. The component must still be there. */
void report_end(struct component *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** The post-mortem of a fault: what, where, registers, backtrace. The component must still be
 * there. */
void report_fault(struct component *c, const struct fault *f);

/** What report_end began goes on with what the component was doing: registers, backtrace, last
 * requests and lines. */
void report_state(struct component *c);

/** The address of a function of the component's image. @return 0: it has no such function */
word_t report_function(const struct component *c, const char *name);

#endif
