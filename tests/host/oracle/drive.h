/* SPDX-License-Identifier: BSD-2-Clause */
/* Making sequences: the world they start from, what threads do, and what the machine does to them.
 */
#ifndef ORACLE_DRIVE_H
#define ORACLE_DRIVE_H

#include "model.h"

/* Slots of the first thread's CNode in the world that sequences start from. */
enum world_slot {
    W_CNODE = 1,
    W_SPACE,
    W_THREAD,
    W_SC,
    W_PORTS = 7,
    W_IRQ,
    W_CPU,
    W_DEVICE,
    W_MEMORY = 16,
    W_CNODE_B,
    W_THREADS,
    W_SCS = W_THREADS + 4,
    W_ENDPOINTS = W_SCS + 4,
    W_NOTIFICATIONS = W_ENDPOINTS + 2,
    W_REPLIES = W_NOTIFICATIONS + 2,
    W_TIMERS = W_REPLIES + 3,
    W_INTERRUPTS = W_TIMERS + 2,
    W_SPACES = W_INTERRUPTS + 2,
    W_FRAMES = W_SPACES + 1,
    W_UNTYPED = W_FRAMES + 5,
    W_POOL_A = W_UNTYPED + 1,
    W_POOL_B,
    W_FOREIGN,
    W_FOREIGN_SC,
    W_FREE
};
#define W_SLOTS 80u
#define WORLD_MANAGER 160u /* the first thread: it mostly manages, and waits for nobody */

/* world.c: numbers from a seed, the same everywhere; or from bytes, and when they are used up from
 * a seed again. */
void seed_set(word_t seed);
void seed_bytes(const uint8_t *data, word_t size);
word_t any(word_t below);
bool chance(word_t percent);

/* world.c */
void world_make(void);
void world_restore(void);
void world_vary(void);

/* step.c: one entry into the kernel, and the oracle's judgement on it. @return false when nothing
 * can happen any more */
void step_begin(void);
bool step_random(void);
void step_syscall(void);
extern bool step_trace; /* say what is done */
extern word_t step_count, step_restarts, step_short, step_errors[16], step_done[20][16];

/*
 * A second witness, who follows what happens and judges on the kernel's state too: the model of
 * spec/ in tests/host/oracle_model. witness.c: there is none.
 */
enum witnessed {
    SEEN_CALL,
    SEEN_CALL_COMPLETE,
    SEEN_FAULT,
    SEEN_TIMER,
    SEEN_DEVICE,
    SEEN_TIME,
    SEEN_REGISTER,
    SEEN_MEMORY
};
enum witness_mark { MARK_KEEP, MARK_RESTORE, MARK_REMEMBER, MARK_BACK, MARK_AGREE };
struct witness {
    void (*start)(void);                                         /* the machine has booted */
    void (*happen)(enum witnessed what, word_t a, word_t b, word_t c);
    void (*mark)(enum witness_mark what);
};
extern const struct witness *const witness;

static inline void witness_happen(enum witnessed what, word_t a, word_t b, word_t c)
{
    if (witness != NULL)
        witness->happen(what, a, b, c);
}

static inline void witness_mark(enum witness_mark what)
{
    if (witness != NULL)
        witness->mark(what);
}

/* queue.c: the deadline queue alone. */
void queue_run(word_t count);

/* corners.c: arguments at the edges. */
void corners_run(void);

/* choose.c: registers (and message buffer) for the system call that a thread is about to make. */
void choose_begin(void);
void choose_call(struct m_object *t);
void set_reg(struct m_object *t, word_t reg, word_t value);
void set_call(struct m_object *t, word_t cap, word_t label, const word_t *args, word_t count);

#endif
