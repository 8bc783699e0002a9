/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernel against oracle: random sequences of entries into the kernel, from a fixed world, with the
 * state compared after each. Every sequence has a number, from which it can be made again:
 *
 *   oracle                  the sequences of ./tessera test
 *   oracle FIRST COUNT      some others
 */
#include "drive.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define STEPS 40
#ifndef ORACLE_SEQUENCES
#define ORACLE_SEQUENCES 200000u
#endif
#define WORKERS 2u

static word_t sequence;

/* Threads as the oracle and the kernel have them, for whoever looks into a difference. */
static void dump(void)
{
    for (word_t i = 0; i < m.object_count; i++) {
        const struct m_object *o = &m.objects[i];

        if (o->dead)
            printf("    %lu (type %lu) is dead\n", (unsigned long)o->at, (unsigned long)o->kind);
        if (o->kind != TYPE_THREAD)
            continue;
        printf("    thread %lu: state %lu %lu, runs on %lu %lu, own %lu %lu, lent %lu %lu, fault "
               "%lu\n",
               (unsigned long)o->at, (unsigned long)o->state, (unsigned long)thread_state(o->at),
               (unsigned long)o->sc, (unsigned long)thread_sc(o->at), (unsigned long)o->own,
               (unsigned long)thread_own(o->at), (unsigned long)o->lent,
               (unsigned long)thread_lent(o->at), (unsigned long)o->fault);
    }
}

_Noreturn void differ(const char *file, int line, const char *what, word_t is, word_t should)
{
    printf("FAIL sequence %lu, step %lu: %s:%d: %s is %#lx, should be %#lx\n",
           (unsigned long)sequence, (unsigned long)step_count, file, line, what, (unsigned long)is,
           (unsigned long)should);
    if (step_trace)
        dump();
    fflush(stdout);
    _exit(1);
}

static void run(word_t number)
{
    sequence = number;
    step_count = 0;
    world_restore();
    step_begin();
    seed_set(number);
    choose_begin();
    world_vary();
    for (word_t i = 0; i < STEPS; i++) {
        if (!step_random())
            break;
    }
    compare_tables();
    compare_user();
}

/* What was reached, so that a generator that stopped reaching something is noticed. */
static void tell(void)
{
    printf("    messages that went both ways %lu\n", (unsigned long)step_short);
    printf("    restarts %lu\n    errors", (unsigned long)step_restarts);
    for (word_t e = 0; e < 15; e++)
        printf(" %lu", (unsigned long)step_errors[e]);
    printf("\n");
    for (word_t type = 1; type < 19; type++) {
        printf("    type %lu:", (unsigned long)type);
        for (word_t label = 0; label < 10; label++)
            printf(" %lu", (unsigned long)step_done[type][label]);
        printf("\n");
    }
}

/* From so many sequences on, one in FEWEST at least must have had a message go both ways. */
#define ENOUGH 1000u
#define FEWEST 20u

static bool worker(word_t first, word_t count, word_t stride)
{
    word_t steps = 0;

    for (word_t i = first; i < first + count; i += stride) {
        run(i);
        steps += step_count;
    }
    printf("    %lu entries\n", (unsigned long)steps);
    if (first == 0 || stride == 1)
        tell();
    /* A comparison that never happens proves nothing. */
    return count < ENOUGH || step_short >= count / stride / FEWEST;
}

/* Two processes share the sequences. */
static bool share(word_t count)
{
    bool good = true;
    int status;

    fflush(stdout);
    for (word_t w = 0; w < WORKERS; w++) {
        if (fork() == 0) {
            bool enough = worker(w, count - w, WORKERS);

            fflush(stdout);
            _exit(enough ? 0 : 1);
        }
    }
    for (word_t w = 0; w < WORKERS; w++)
        good = wait(&status) > 0 && status == 0 && good;
    return good;
}

int main(int argc, char **argv)
{
    word_t first = argc > 2 ? strtoul(argv[1], NULL, 0) : 0;
    word_t count = argc > 2 ? strtoul(argv[2], NULL, 0) : ORACLE_SEQUENCES;
    bool good;

    queue_run(300);
    printf("ok the deadline queue gives the earliest first\n");
    world_make();
    corners_run();
    printf("ok arguments at the edges of their ranges\n");
    step_trace = argc > 2 && count == 1;
    good = argc > 2 ? worker(first, count, 1) : share(count);
    if (good)
        printf("ok kernel and oracle agree in %lu sequences, short ways and complete way on both\n",
               (unsigned long)count);
    printf("%d passed, %d failed\n", 2 + good, !good);
    return !good;
}
