/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lines that the log keeps: a ring of bytes, and where in it each of the last lines begins.
 * When there is no room the oldest go. Any thread of the log may call.
 */
#ifndef LOG_LINES_H
#define LOG_LINES_H

#include <proto/log.h>

/** A line as it is kept. */
struct line {
    uint64_t sequence;
    uint64_t time_ticks;
    enum log_level level;
    char name[LOG_NAME_MAX + 1];
    char text[LOG_LINE_MAX + 1]; /**< no control characters */
};

/** Add a line, with the next sequence number, and the time. Control characters become escapes. */
void lines_add(const char *name, enum log_level level, const char *text);

/** The first line kept with at least this number. @return false: there is none yet */
bool lines_get(uint64_t sequence, struct line *line);

/** Numbers of the oldest line kept (above `last`: none) and of the newest. */
void lines_extent(uint64_t *first, uint64_t *last);

#endif
