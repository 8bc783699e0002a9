/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A kernel in the small: two sides, each with a message buffer and slots, and
 * a call from one to the other that copies what the ABI says is copied. What is
 * in a slot is a number, 0 for nothing. Rights and trees are the real kernel's.
 */
#ifndef FAKE_H
#define FAKE_H

#include <stdbool.h>
#include <stddef.h>

#include <abi/call.h>

enum side { CLIENT, SERVER };
enum { SLOTS = 64, SERVER_ENDPOINT = 40, REPLY = 41, SPARE = 42 };

struct fake {
    enum side side;                     /* who runs */
    struct message_buffer buffer[2];
    word_t object[2][SLOTS];            /* what is in each slot */
    bool taken[2][SLOTS];               /* the slot is allocated */
    unsigned slots_left[2];             /* allocations until rt_slot_alloc fails */
    /* What a call on SERVER_ENDPOINT does, on the server's side. */
    enum error (*serve)(void *context, struct message *m);
    void *context;
    unsigned calls;
    /* What a receive finds: 0 for the end (E_GONE). On the server's side. */
    bool (*next)(void *context, struct message *m);
    void (*answered)(void *context, cap_t reply, const struct message *m);
    bool pending[SLOTS];                /* this Reply object holds a call */
    enum error reply_error;             /* what the next reply fails with */
};

extern struct fake fake;

/* Everything empty, the client runs, slots are plenty. */
void fake_reset(void);
/* Move a message and its capabilities from a side's buffer to the other's. */
void fake_transfer(enum side from, struct message *m);
/* How many slots of a side are allocated. */
unsigned fake_taken(enum side side);

/* Cases: one line each, and the sum. */
void check(bool good, const char *name, const char *why);
#define CHECK(condition, name) check(condition, name, #condition)

void test_stubs(void);
void test_fuzz(void);
void test_serve(void);

#endif
