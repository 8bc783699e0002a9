/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of the test have in common. */
#ifndef TEST_H
#define TEST_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** A case. */
void check(bool ok, const char *name);

/** A random number below a bound; the same ones in each run. */
uint32_t draw(uint32_t below);

/** Clear memory, aligned to a page; never freed. */
void *pages(unsigned count);

void test_queue(void);
void test_setup(void);
void test_requests(void);
void test_session(void);
void test_client(void);

#endif
