/* SPDX-License-Identifier: BSD-2-Clause */
/* Single cases, besides the random operations. */
#ifndef RAMFS_TEST_CASES_H
#define RAMFS_TEST_CASES_H

#include <stdbool.h>
#include <stdint.h>

/** Print the outcome of a case. */
void report(const char *name, bool good);

/** A full file system, leases, and arenas that are damaged (cases.c). */
void test_cases(void);

/** Messages that no client should send (fuzz.c). */
void test_messages(void);

/** A small file system with something of each kind in it, 1 MiB; both clients are attached. */
void make_small(void);

#endif
