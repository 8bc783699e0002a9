/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files that compare with Linux. */
#ifndef COMPARE_H
#define COMPARE_H

#include "fake.h"
#include "file.h"

#include <string.h>

/** What calls read and write: put back between the two sides. */
struct arena {
    char in[8192];
    uint8_t out[16384];
};
extern struct arena arena;

/** Make a call on both sides. @param result Linux's @return NULL: they agree; or how not */
const char *compare(unsigned number, const word_t *arg, const char *name, long *result);
/** A call to Linux alone. */
long theirs(unsigned number, const word_t *arg);

void compare_listed(void);
void compare_random(void);

#endif
