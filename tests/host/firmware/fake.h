/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine's first 256 KiB for the code under test, and what it says about them. */
#ifndef FIRMWARE_FAKE_H
#define FIRMWARE_FAKE_H

#include <setjmp.h>

#include "acpi.h"
#include "loader.h"

#define MEMORY 0x40000u

extern uint8_t memory[MEMORY];
extern jmp_buf refused;
extern const char *refusal; /* what boot_refuse() was told last */
extern unsigned said;       /* times that boot_say() was called */

/** Puts a number of so many bytes into memory. */
void put(word_t at, word_t value, unsigned bytes);

/** Makes the sum of these bytes 0 by changing the one at sum. */
void seal(word_t at, word_t bytes, word_t sum);

/** A number from a fixed sequence, below limit. */
word_t draw(word_t limit);

/** One line of the report. */
void report(const char *name, bool good);

void test_ranges(void);
void test_acpi(void);
void test_loaders(void);

#endif
