/* SPDX-License-Identifier: BSD-2-Clause */
/* The deadline queue by itself, with more nodes than one go can sort, against an array that is
 * searched. */
#include "drive.h"

#include <sched/deadline.h>

#include <string.h>

#define NODES 120u
#define NODE(i) (64u + 2 * (i))

static word_t due_at[NODES]; /* 0: not queued */
static word_t clock_now;

static word_t earliest(void)
{
    word_t first = WORD_MAX;

    for (word_t i = 0; i < NODES; i++) {
        if (due_at[i] != 0 && due_at[i] < first)
            first = due_at[i];
    }
    return first;
}

static void add(word_t i)
{
    word_t reach = chance(40) ? 40 : (word_t)1 << any(chance(95) ? 30 : 62);

    if (due_at[i] != 0)
        return;
    due_at[i] = clock_now + 1 + any(reach);
    deadline_add(NODE(i), due_at[i]);
}

/* Take what is due, one by one, the earliest first; a go that only sorts asks to be called again.
 */
static void take(void)
{
    for (word_t goes = 0; earliest() <= clock_now; goes++) {
        ref_t node = deadline_take(clock_now);

        CHECK(goes < 40 * NODES);
        if (node == NIL) {
            CHECK(deadline_next() <= clock_now);
            continue;
        }
        SAME(due_at[(node - NODE(0)) / 2], earliest());
        due_at[(node - NODE(0)) / 2] = 0;
        if (chance(10))
            return;
    }
    while (deadline_next() <= clock_now) /* only sorting is left */
        SAME(deadline_take(clock_now), NIL);
}

static void random_step(void)
{
    word_t i = any(NODES);

    switch (any(8)) {
    case 0:
        deadline_remove(NODE(i));
        due_at[i] = 0;
        break;
    case 1:
        clock_now += any((word_t)1 << any(24));
        take();
        break;
    case 2:
        CHECK(earliest() <= clock_now || deadline_take(clock_now) == NIL);
        break;
    default:
        add(i);
        break;
    }
    CHECK(deadline_next() <= earliest());
}

void queue_run(word_t count)
{
    for (word_t n = 0; n < count; n++) {
        memset(K, 0, HOST_GRANULES * sizeof K[0]);
        memset(&cpu, 0, sizeof cpu);
        memset(due_at, 0, sizeof due_at);
        seed_set(n);
        clock_now = 1000 + any(1u << 30);
        for (word_t i = 0; i < 600; i++)
            random_step();
    }
    memset(&cpu, 0, sizeof cpu);
    memset(K, 0, HOST_GRANULES * sizeof K[0]);
}
