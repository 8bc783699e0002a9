/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ring between two address spaces. A burst: the producer puts messages of 64 bytes, publishes,
 * and signals; the consumer, more urgent, takes and acknowledges all, and sleeps. The producer's
 * loop is counted with it.
 */
#include "bench.h"

#include <ring/ring.h>

#define RING_AT    0x3c0000000ul
#define RING_PAGES 4u
#define ENTRY      64u
#define ENTRIES    128u

struct entry {
    word_t words[ENTRY / 8];
};

static void consumer(word_t notification)
{
    struct ring_consumer c;
    struct ring_taken taken = {.sequence = 0};
    struct message m = {.tag = 0};
    struct entry e;
    bool wake;

    MUST((enum error)ring_consumer_attach(&c, (void *)RING_AT, RING_PAGES * 4096, ENTRY, ENTRIES));
    for (;;) {
        while (ring_take(&c, &e, &taken) == RING_OK)
            ;
        (void)ring_ack(&c, taken.sequence, &wake);
        if (ring_consumer_sleep(&c, 1) == RING_EMPTY)
            MUST(sys_recv(notification, 0, &m, 0));
    }
}

ALWAYS_INLINE void bursts(enum path path, struct ring_producer *p, cap_t signal, unsigned burst)
{
    struct entry e = {{1, 2, 3, 4, 5, 6, 7, 8}};
    struct message m = {.tag = 0};

    for (unsigned i = 0; i < runs; i++) {
        LAP(path);
        for (unsigned k = 0; k < burst; k++)
            MUST((enum error)ring_put(p, &e));
        if (ring_publish(p))
            MUST(sys_send(signal, &m, 0));
    }
    END(path);
}

void bench_ring(void)
{
    cap_t notification = first_make(TYPE_NOTIFICATION, 0);
    cap_t signal = badged(notification);
    struct ring_producer p;
    word_t bytes = RING_PAGES * 4096;

    for (word_t at = 0; at < bytes; at += 4096)
        share_page(RING_AT + at);
    MUST((enum error)ring_create((void *)RING_AT, bytes, ENTRY, ENTRIES));
    MUST((enum error)ring_producer_attach(&p, (void *)RING_AT, bytes, ENTRY, ENTRIES));
    start_high(other_space, consumer, notification);
    bursts(PATH_ring_1, &p, signal, 1);
    bursts(PATH_ring_8, &p, signal, 8);
    bursts(PATH_ring_64, &p, signal, 64);
}
