/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef RAMFS_TEST_CASES_H
#define RAMFS_TEST_CASES_H

#include <stdbool.h>

/** Print the outcome of a case. */
void report(const char *name, bool good);

/** Single cases. */
void test_cases(void);

#endif
