/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/ring between two real threads under ThreadSanitizer, with real sleeping: each side waits on a
 * semaphore when the ring says that it may. A lost signal would leave both asleep; an alarm ends
 * that.
 */
#include <ring/ring.h>

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ENTRIES 300000u
#define COUNT   16u
#define WORDS   4u

static _Alignas(64) unsigned char memory[4096];
static sem_t producer_signal, consumer_signal;
static unsigned signals_to_consumer, signals_to_producer;
static const char *why;
static const char *running = "start";

static void lost(int signal)
{
    (void)signal;
    dprintf(1, "FAIL %s: nothing moves any more: a signal was lost\n0 passed, 1 failed\n", running);
    _exit(1);
}

static void wait_for(sem_t *s)
{
    while (sem_wait(s) != 0)
        continue;
}

/* A burst of 1 to `COUNT` entries, then publish. */
static void *produce(void *argument)
{
    struct ring_producer p;
    uint64_t next = 0;
    unsigned burst = *(unsigned *)argument;

    if (ring_producer_attach(&p, memory, sizeof(memory), WORDS * 8, COUNT) != RING_OK)
        abort();
    while (next < ENTRIES) {
        for (unsigned i = 0; i < burst && next < ENTRIES; i++) {
            uint64_t entry[WORDS] = {next, next * 3, ~next, next ^ 0x5555};

            if (ring_put(&p, entry) != RING_OK)
                break;
            next++;
        }
        if (ring_publish(&p)) {
            signals_to_consumer++;
            sem_post(&consumer_signal);
        }
        if (ring_room(&p) == 0 && ring_producer_sleep(&p, burst) == RING_FULL)
            wait_for(&producer_signal);
    }
    return NULL;
}

static void *consume(void *argument)
{
    struct ring_consumer c;
    unsigned batch = *(unsigned *)argument;
    uint64_t next = 0;

    if (ring_consumer_attach(&c, memory, sizeof(memory), WORDS * 8, COUNT) != RING_OK)
        abort();
    while (next < ENTRIES) {
        uint64_t e[WORDS];
        struct ring_taken taken = {0, false};
        unsigned n = 0;
        bool wake = false;

        while (n < batch && ring_take(&c, e, &taken) == RING_OK) {
            if (e[0] != next || e[1] != next * 3 || e[2] != ~next || e[3] != (next ^ 0x5555))
                why = "an entry is not what was put";
            next++;
            n++;
        }
        if (n != 0 && ring_ack(&c, taken.sequence, &wake) != RING_OK)
            why = "cannot acknowledge what was taken";
        if (wake) {
            signals_to_producer++;
            sem_post(&producer_signal);
        }
        if (n == 0 && next < ENTRIES && ring_consumer_sleep(&c, 1) == RING_EMPTY)
            wait_for(&consumer_signal);
    }
    return NULL;
}

static bool stress(const char *name, unsigned burst, unsigned batch)
{
    pthread_t a, b;

    why = NULL;
    running = name;
    signals_to_consumer = signals_to_producer = 0;
    sem_init(&producer_signal, 0, 0);
    sem_init(&consumer_signal, 0, 0);
    if (ring_create(memory, sizeof(memory), WORDS * 8, COUNT) != RING_OK)
        abort();
    alarm(120);
    if (pthread_create(&a, NULL, produce, &burst) != 0 ||
        pthread_create(&b, NULL, consume, &batch) != 0)
        abort();
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    if (signals_to_consumer > ENTRIES || signals_to_producer > ENTRIES)
        why = "more signals than entries";
    if (why != NULL)
        printf("FAIL %s: %s\n", name, why);
    else
        printf("ok %s\n", name);
    fprintf(stderr, "%s: %u signals to the consumer, %u to the producer\n", name,
            signals_to_consumer, signals_to_producer);
    return why == NULL;
}

int main(void)
{
    unsigned passed = 0;

    signal(SIGALRM, lost);
    passed += stress("one by one", 1, 1);
    passed += stress("bursts of 8, batches of 8", 8, 8);
    passed += stress("bursts of 16, one by one", 16, 1);
    passed += stress("one by one, batches of 16", 1, 16);
    printf("%u passed, %u failed\n", passed, 4 - passed);
    return passed != 4;
}
