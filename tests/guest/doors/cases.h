/* SPDX-License-Identifier: BSD-2-Clause */
/* What cases.S has for doors.c: programs of a few instructions, and what must become of them. */
#ifndef DOORS_CASES_H
#define DOORS_CASES_H

#include <abi/abi.h>

/** A program that ends in an exception. */
struct door_case {
    const char *name;
    word_t start;
    word_t vector;
    word_t error; /* what the processor says with it; CASE_ANY: not compared */
    word_t ip;    /* where it must be reported; 0: not compared */
};
#define CASE_ANY 0xfffful

extern const struct door_case door_cases[], door_cases_end[];

/* Programs that end in a breakpoint when all is well, in an invalid instruction when not. */
extern const char door_spin[];     /* argument: a number that no other has; checks all registers */
extern const char door_segments[]; /* loads all segment registers */
extern const char door_tls[];      /* argument: what must be at FS:0 */

#endif
