/* SPDX-License-Identifier: BSD-2-Clause */
/* Sequences of calls whose every result is compared with Linux's. */
#ifndef LISTED_H
#define LISTED_H

#include "compare.h"

/** One call on both sides; after a disagreement the rest of the sequence is left out.
 * @return Linux's result */
long step(const char *name, unsigned number, const word_t *arg);
#define DO(name, ...) step(#name "(" #__VA_ARGS__ ")", NR_##name, A6(__VA_ARGS__, 0, 0, 0, 0, 0, 0))
#define OUT arena.out
#define AT  AT_FDCWD

/** The end of a sequence: descriptors and directory as at its beginning. */
void sequence(const char *name);
/** A text in the arena. */
char *text(const char *t);

void compare_sockets(void);

#endif
