/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The instant that matters for sleeping: one side publishes (or acknowledges) while the other goes
 * to sleep, in two threads that start at the same moment, again and again. At least one of them
 * must have seen the other. Not under ThreadSanitizer, whose own locks would order everything.
 */
#include "cases.h"

#include <pthread.h>
#include <stdlib.h>

static _Alignas(64) unsigned char memory[4096];
static _Alignas(64) atomic_uint arrived[2];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t came = PTHREAD_COND_INITIALIZER;
static struct ring_producer p;
static struct ring_consumer c;
static bool signalled, slept;
static unsigned rounds;
static bool acknowledge; /* which of the two pairs is tried */

/* A moment that differs from round to round, so that the two meet in every possible way. */
static void dawdle(unsigned loops)
{
    for (volatile unsigned i = 0; i < loops; i++)
        continue;
}

/*
 * Wait until both have come here `n` times: awake for as long as the other is likely to be running,
 * so that they leave at the same instant; then asleep, so that a busy machine does the other first.
 */
static void meet(unsigned me, unsigned n)
{
    pthread_mutex_lock(&lock);
    atomic_store(&arrived[me], n);
    pthread_cond_signal(&came);
    pthread_mutex_unlock(&lock);
    for (unsigned spins = 0; spins < 2000; spins++) {
        if (atomic_load(&arrived[1 - me]) >= n)
            return;
    }
    pthread_mutex_lock(&lock);
    while (atomic_load(&arrived[1 - me]) < n)
        pthread_cond_wait(&came, &lock);
    pthread_mutex_unlock(&lock);
}

static void *publisher(void *unused)
{
    for (unsigned i = 0; i < rounds; i++) {
        meet(0, 2 * i + 1);
        dawdle(i % 61);
        if (acknowledge)
            (void)ring_ack(&c, c.head - 1, &signalled);
        else
            signalled = ring_publish(&p);
        meet(0, 2 * i + 2);
    }
    return unused;
}

/* Before each round: the ring is empty and one entry put, or full and all of it taken. */
static bool prepare(void)
{
    uint64_t entry = 0;
    bool wake;

    if (!acknowledge) {
        while (ring_take(&c, &entry, NULL) == RING_OK)
            continue;
        return ring_ack(&c, c.head - 1, &wake) == RING_OK && ring_put(&p, &entry) == RING_OK;
    }
    while (ring_put(&p, &entry) == RING_OK)
        continue;
    (void)ring_publish(&p);
    while (ring_take(&c, &entry, NULL) == RING_OK)
        continue;
    return ring_room(&p) == 0;
}

static const char *sleeper(void)
{
    const char *why = NULL;

    for (unsigned i = 0; i < rounds; i++) {
        if (!prepare())
            why = "a round cannot begin";
        meet(1, 2 * i + 1);
        dawdle(i % 67);
        if (acknowledge)
            slept = ring_producer_sleep(&p, 2) == RING_FULL;
        else
            slept = ring_consumer_sleep(&c, 1) == RING_EMPTY;
        meet(1, 2 * i + 2);
        if (slept && !signalled)
            why = "it went to sleep and was not signalled";
    }
    return why;
}

const char *sleeping_together(bool on_acknowledge, unsigned how_often)
{
    pthread_t other;
    const char *why;

    acknowledge = on_acknowledge;
    rounds = how_often;
    arrived[0] = arrived[1] = 0;
    WANT(ring_create(memory, sizeof(memory), 8, 2) == RING_OK);
    WANT(ring_producer_attach(&p, memory, sizeof(memory), 8, 2) == RING_OK);
    WANT(ring_consumer_attach(&c, memory, sizeof(memory), 8, 2) == RING_OK);
    if (pthread_create(&other, NULL, publisher, NULL) != 0)
        abort();
    why = sleeper();
    pthread_join(other, NULL);
    return why;
}
