/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Errors: FILE:LINE:COLUMN: what is wrong; what was expected. Reading goes on after one, so that
 * a manifest's mistakes are all told at once.
 */
#ifndef MANIFEST_REPORT_H
#define MANIFEST_REPORT_H

/** Where something stands in a file. Lines and columns count from 1; line 0: the file as a whole.
 */
struct place {
    const char *file;
    unsigned line;
    unsigned column;
};

/** Tell an error, and count it. */
void report(struct place place, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** How many there were. */
unsigned report_count(void);

/** An error that nothing can go on after: tell it and end the program. */
_Noreturn void report_fatal(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Memory, or the end of the program. It is never given back: the program is short. */
void *take(unsigned long bytes);

#endif
