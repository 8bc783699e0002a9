/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of this test share. */
#ifndef CASES_H
#define CASES_H

#include <ring/ring.h>

#include <stdio.h>
#include <string.h>

/** Aligned memory with a guard on each side that nobody may touch (besides what ASan sees). */
#define MEMORY_BYTES 65536u

/** Say how a case ended. @param why NULL: well */
void case_end(const char *name, const char *why);

/** Ends the surrounding case function, which returns the reason. */
#define WANT(what)        \
    do {                  \
        if (!(what))      \
            return #what; \
    } while (0)

/** Fuzzing with a peer that writes anything. @return why it failed, or NULL */
const char *hostile_producer(uint64_t seed, unsigned steps);
const char *hostile_consumer(uint64_t seed, unsigned steps);
const char *hostile_attach(uint64_t seed, unsigned steps);
/** Both sides honest, against a plain queue, with crashes of either side. */
const char *honest_model(uint64_t seed, unsigned steps);

/** Publishing, or acknowledging, against going to sleep in another thread. */
const char *sleeping_together(bool on_acknowledge, unsigned how_often);

/** A small generator, the same on every machine (Marsaglia, 2003: xorshift64). */
static inline uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

#endif
