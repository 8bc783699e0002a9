/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cases of a test that is itself a component. Each is a line of the log, `ok NAME` or
 * `FAIL NAME: why`; the program ends with their count. One thread's.
 */
#ifndef CHECK_CHECK_H
#define CHECK_CHECK_H

#include <stdbool.h>

/** A case. @param ok whether it holds @param format what was seen, said if it does not */
void check(bool ok, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** The same with a number to say, an error say. */
void check_value(bool ok, const char *name, unsigned long seen);

/** Says how many passed and how many failed. @return whether any failed: an exit status */
int check_end(void);

#endif
