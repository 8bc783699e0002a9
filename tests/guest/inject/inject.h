/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of the injector share. */
#ifndef INJECT_INJECT_H
#define INJECT_INJECT_H

#include <abi/call.h>
#include <rt/component.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decode.h"

/** Kinds of faults, in the order in which reports name them. */
enum kind {
    KIND_KILL,
    KIND_HANG,
    KIND_WILD,
    KIND_CODE,
    KIND_STACK,
    KIND_DATA,
    KIND_REGISTER,
    KIND_VAULT,
    KIND_MUTATION, /**< and MUTATIONS - 1 that follow */
    KIND_MESSAGE = KIND_MUTATION + MUTATIONS,
    KIND_SPURIOUS,
    KIND_STORM,
    KIND_LOST,
    KIND_SHARED, /**< rings, windows, and what devices write */
    KIND_BUFFER,
    KIND_SLOW,
    KIND_DEVICE,
    KIND_ERROR,
    KIND_LIE, /**< a device says that it has done what it has not */
    KINDS
};

/** A component to do harm to, with root's handles for its present incarnation. */
struct victim {
    const char *name;
    cap_t endpoint; /**< as a client of it, 0: none */
    cap_t thread, cnode, inventory, space;
    word_t first, granules; /**< where its memory is */
};

/** A pseudo-random number of the present case (xorshift64*, Vigna, 2016). */
word_t random_word(void);

/** The same below a bound. */
static inline word_t random_below(word_t bound)
{
    return random_word() % bound;
}

/** Get handles for a victim. @return false: it is not running */
bool victim_open(struct victim *v);

/** Give them back. */
void victim_close(struct victim *v);

/** Do harm of a kind. @param what a text of 64 bytes: what was done @return false: not possible
 * with this victim now (nothing was changed) */
bool harm(struct victim *v, enum kind kind, char what[static 64]);

/** Has the driver brought its device up again, after KIND_DEVICE? */
bool harm_device_runs(struct victim *v);

/** After the victim has gone: what harm put in its place is given back. */
void harm_end(void);

/** Own figures as tests/guest/toil has them, that a Linux program keeps in /board/NAME. (board.c)
 * @return NULL: there is no such file */
struct rt_record *board_open(const char *name);

/** Read them again. */
void board_read(void);

/** What was read is counted. */
void board_settle(void);

/** The record page of a component, mapped for good. @return NULL: it is not running */
struct rt_record *open_record(const char *name);

#endif
