/* SPDX-License-Identifier: BSD-2-Clause */
/* Test cases of lib/rt and lib/posix, run inside a component. */
#ifndef NATIVE_NATIVE_H
#define NATIVE_NATIVE_H

#include <stdbool.h>

/** Print the line of a case. */
void report(const char *name, bool passed, const char *condition, int line);

/** A case: what must be true. */
#define CASE(name, condition) report(name, condition, #condition, __LINE__)

/** Pages, slots, objects. */
void test_memory(void);

/** Threads of lib/rt and of the C library. */
void test_threads(void);

/** The C library: malloc, text, time, what does not exist. */
void test_library(void);

#endif
