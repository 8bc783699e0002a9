/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reports of the last ends of components: a fixed number, the oldest goes. They outlive whatever
 * becomes of the components, as long as root lives.
 */
#ifndef ROOT_ENDS_H
#define ROOT_ENDS_H

#include "component.h"

#include <stdarg.h>

#define ENDS     32u
#define END_TEXT 6000u

/** One end. */
struct end {
    word_t sequence; /**< from 1 on; 0: none */
    word_t ticks;    /**< when */
    word_t number;   /**< of the component */
    char name[COMPONENT_NAME];
    word_t cause_bytes; /**< the first line of the text, which says why */
    word_t bytes;
    char text[END_TEXT];
};

/** Begin the report of an end. It becomes the component's last one. */
void end_begin(struct component *c);

/** Add a line to the component's last report, if that is still kept and not full. */
void end_line(const struct component *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void end_line_list(const struct component *c, const char *format, va_list arguments);

/** Add text as it is, control characters shown as `?`, with an indent before each line. */
void end_text(const struct component *c, const char *text, word_t bytes);

/** A component's latest report but `back`. @return NULL: there is none */
const struct end *end_of(const struct component *c, word_t back);

/** The latest report but `back` of all. @return NULL: there is none */
const struct end *end_at(word_t back);

#endif
