/* SPDX-License-Identifier: BSD-2-Clause */
/* What run.c and area.c have in common: where a test makes its things, and how all of it goes. */
#ifndef AREA_H
#define AREA_H

#include "test.h"

/** Where faults of the main thread and of workers go: the guard. */
extern cap_t area_faults;

/** Make the arena and the area; once. */
void area_make(void);

/** Before a test. */
void area_begin(void);

/** After it: everything goes. @return what is left behind, or NULL */
const char *area_end(void);

#endif
