/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random histories of a ring. The honest ones are compared with a plain queue; in the hostile ones
 * one side writes anything anywhere into shared memory between the other's operations, and the
 * other must stay inside the memory (the sanitizers see to that: it is allocated to the byte) and
 * keep its own promises.
 */
#include "cases.h"

#include <stdlib.h>

/* Shapes that are tried; the last is large in entries, the third in count. */
static const struct {
    uint32_t bytes, count;
} shapes[] = {{8, 2}, {16, 4}, {8, 64}, {264, 8}};

static void *make(unsigned shape, uint64_t start)
{
    uint64_t bytes = ring_bytes(shapes[shape].bytes, shapes[shape].count);
    void *memory = NULL;

    if (posix_memalign(&memory, RING_LINE, bytes) != 0 ||
        ring_create(memory, bytes, shapes[shape].bytes, shapes[shape].count) != RING_OK)
        abort();

    struct ring_shared *s = memory;

    s->head = s->tail = s->acked = (uint32_t)start;
    return s;
}

/* What a plain queue knows. Values are numbered from 0 on in the order they are put. */
struct model {
    uint64_t acked, head, replay_end, published, put;
    bool consumer_sleeps, producer_sleeps;
    uint64_t consumer_wants, producer_wants;
    uint32_t start;
};

struct pair {
    struct ring_producer p;
    struct ring_consumer c;
    struct model m;
    void *memory;
    unsigned shape;
};

static const char *honest_put(struct pair *t)
{
    uint64_t entry[33];
    uint32_t count = shapes[t->shape].count;

    for (unsigned i = 0; i < 33; i++)
        entry[i] = t->m.put * 64 + i;
    WANT(ring_sequence(&t->p) == (uint32_t)(t->m.start + t->m.put));

    enum ring_error e = ring_put(&t->p, entry);

    WANT(e == (t->m.put - t->m.acked < count ? RING_OK : RING_FULL));
    t->m.put += e == RING_OK;
    return NULL;
}

static const char *honest_publish(struct pair *t)
{
    bool wake = ring_publish(&t->p);

    t->m.published = t->m.put;
    if (t->m.consumer_sleeps && t->m.published >= t->m.consumer_wants) {
        WANT(wake);
        t->m.consumer_sleeps = false;
    } else if (t->m.consumer_sleeps) {
        WANT(!wake);
    }
    return NULL;
}

static const char *honest_take(struct pair *t)
{
    uint64_t entry[33];
    struct ring_taken taken;
    enum ring_error e = ring_take(&t->c, entry, &taken);

    WANT(e == (t->m.head < t->m.published ? RING_OK : RING_EMPTY));
    if (e != RING_OK)
        return NULL;
    for (unsigned i = 0; i < shapes[t->shape].bytes / 8; i++)
        WANT(entry[i] == t->m.head * 64 + i);
    WANT(taken.sequence == (uint32_t)(t->m.start + t->m.head));
    WANT(taken.replayed == (t->m.head < t->m.replay_end));
    t->m.head++;
    if (t->m.replay_end < t->m.head)
        t->m.replay_end = t->m.head;
    return NULL;
}

static const char *honest_ack(struct pair *t, uint64_t random)
{
    bool wake;
    uint64_t upto = t->m.acked + random % (t->m.head - t->m.acked + 1);

    WANT(ring_ack(&t->c, (uint32_t)(t->m.start + upto - 1), &wake) == RING_OK);
    t->m.acked = upto;
    if (t->m.producer_sleeps && upto >= t->m.producer_wants) {
        WANT(wake);
        t->m.producer_sleeps = false;
    } else if (t->m.producer_sleeps) {
        WANT(!wake);
    }
    return NULL;
}

static const char *honest_sleep(struct pair *t, uint64_t random)
{
    uint32_t count = shapes[t->shape].count;
    uint64_t most = count - (t->m.head - t->m.acked);

    if (random % 2 == 0 && most != 0) {
        t->m.consumer_wants = t->m.head + 1 + random / 2 % most;
        t->m.consumer_sleeps = t->m.published < t->m.consumer_wants;
        WANT(ring_consumer_sleep(&t->c, (uint32_t)(t->m.consumer_wants - t->m.head)) ==
             (t->m.consumer_sleeps ? RING_EMPTY : RING_OK));
    } else if (random % 2 == 1 && t->m.put == t->m.published) {
        uint64_t wanted = 1 + random / 2 % count;

        t->m.producer_sleeps = count - (t->m.put - t->m.acked) < wanted;
        t->m.producer_wants = t->m.put + wanted - count;
        WANT(ring_producer_sleep(&t->p, (uint32_t)wanted) ==
             (t->m.producer_sleeps ? RING_FULL : RING_OK));
    }
    return NULL;
}

static const char *honest_crash(struct pair *t, uint64_t random)
{
    uint32_t bytes = shapes[t->shape].bytes, count = shapes[t->shape].count;

    if (random % 2 == 0) {
        memset(&t->p, 0xEE, sizeof(t->p));
        WANT(ring_producer_attach(&t->p, t->memory, ring_bytes(bytes, count), bytes, count) ==
             RING_OK);
        t->m.put = t->m.published;
        t->m.producer_sleeps = false;
    } else {
        memset(&t->c, 0xEE, sizeof(t->c));
        WANT(ring_consumer_attach(&t->c, t->memory, ring_bytes(bytes, count), bytes, count) ==
             RING_OK);
        t->m.head = t->m.acked;
        t->m.consumer_sleeps = false;
    }
    return NULL;
}

static const char *honest_step(struct pair *t, uint64_t random)
{
    uint64_t choice = random % 64;

    random /= 64;
    if (choice < 20)
        return honest_put(t);
    if (choice < 30)
        return honest_publish(t);
    if (choice < 46)
        return honest_take(t);
    if (choice < 56)
        return honest_ack(t, random);
    return choice < 62 ? honest_sleep(t, random) : honest_crash(t, random);
}

const char *honest_model(uint64_t seed, unsigned steps)
{
    struct pair t = {.memory = NULL};
    const char *why = NULL;

    for (unsigned i = 0; i < steps && why == NULL; i++) {
        if (i % 5000 == 0) {
            free(t.memory);
            t = (struct pair){.shape = next_random(&seed) % 4};
            t.m.start = (uint32_t) - (next_random(&seed) % 3000);
            t.memory = make(t.shape, t.m.start);
            why = honest_crash(&t, 0);
            why = why != NULL ? why : honest_crash(&t, 1);
        }
        why = why != NULL ? why : honest_step(&t, next_random(&seed));
    }
    free(t.memory);
    return why;
}

/* Something an attacker would write: near the index that is there, or anything. */
static uint32_t evil(uint64_t *seed, uint32_t near)
{
    uint64_t r = next_random(seed);

    switch (r % 8) {
    case 0:
        return (uint32_t)(r / 8);
    case 1:
        return near + 0x80000000u;
    case 2:
        return near - 1;
    default:
        return near + (uint32_t)(r / 8 % 3);
    }
}

/* Write into a line of the ring, and seldom over anything at all, whole headers included. */
static void attack(struct ring_shared *s, uint64_t bytes, uint32_t tail, uint32_t acked,
                   uint64_t *seed)
{
    uint64_t r = next_random(seed);

    s->tail = evil(seed, tail);
    s->acked = evil(seed, acked);
    s->producer_wake = evil(seed, acked);
    s->consumer_wake = evil(seed, tail);
    if (r % 16 == 0)
        ((unsigned char *)s)[r / 16 % bytes] = (unsigned char)(r >> 40);
}

/*
 * The consumer's promises: never more taken than published and a ring allows; sequence numbers in
 * order.
 */
static const char *wary_consumer(struct ring_consumer *c, uint32_t count, uint64_t random,
                                 bool *over)
{
    uint64_t entry[33];
    struct ring_taken taken;
    uint32_t before = c->head;
    bool wake;
    enum ring_error e = RING_OK;

    switch (random % 4) {
    case 0:
        WANT(ring_available(c) <= count);
        break;
    case 1:
        e = ring_ack(c, c->acked + (uint32_t)(random / 4 % (count + 2)) - 1, &wake);
        break;
    case 2:
        e = ring_consumer_sleep(c, (uint32_t)(random / 4 % (count + 2)));
        break;
    default:
        e = ring_take(c, entry, &taken);
        WANT(e != RING_OK || (taken.sequence == before && c->head == before + 1));
    }
    WANT(c->head - c->acked <= count);
    *over = e == RING_CORRUPT;
    WANT(*over == c->corrupt || random % 4 == 0);
    return NULL;
}

static const char *wary_producer(struct ring_producer *p, uint32_t count, uint64_t random,
                                 bool *over)
{
    static const uint64_t entry[33] = {1};
    uint32_t before = p->tail;
    enum ring_error e = RING_OK;

    switch (random % 4) {
    case 0:
        WANT(ring_room(p) <= count && ring_pending(p) <= count);
        break;
    case 1:
        (void)ring_publish(p);
        WANT(p->corrupt || p->published == p->tail);
        break;
    case 2:
        e = ring_producer_sleep(p, (uint32_t)(random / 4 % (count + 2)));
        break;
    default:
        e = ring_put(p, entry);
        WANT(p->tail == before + (e == RING_OK));
    }
    WANT(p->tail - p->acked <= count && p->published - p->acked <= count);
    *over = p->corrupt;
    WANT(e != RING_CORRUPT || p->corrupt);
    return NULL;
}

/* The side that keeps its promises: a producer or a consumer. */
struct wary {
    bool produces;
    struct ring_producer p;
    struct ring_consumer c;
};

static enum ring_error wary_attach(struct wary *w, void *memory, unsigned shape)
{
    uint32_t bytes = shapes[shape].bytes, count = shapes[shape].count;

    return w->produces
               ? ring_producer_attach(&w->p, memory, ring_bytes(bytes, count), bytes, count)
               : ring_consumer_attach(&w->c, memory, ring_bytes(bytes, count), bytes, count);
}

static const char *wary_step(struct wary *w, uint32_t count, uint64_t random, bool *over)
{
    return w->produces ? wary_producer(&w->p, count, random, over)
                       : wary_consumer(&w->c, count, random, over);
}

/* One side keeps its promises whatever the other writes; a new ring after each that it gave up. */
static const char *hostile(struct wary *w, uint64_t seed, unsigned steps)
{
    struct ring_shared *s = NULL;
    const char *why = NULL;
    unsigned shape = 0, ended = 0;
    bool over = true;

    for (unsigned i = 0; i < steps && why == NULL; i++) {
        if (over) {
            free(s);
            shape = next_random(&seed) % 4;
            s = make(shape, next_random(&seed));
            if (wary_attach(w, s, shape) != RING_OK)
                why = "cannot attach to a fresh ring";
            ended++;
        }
        attack(s, ring_bytes(shapes[shape].bytes, shapes[shape].count),
               w->produces ? w->p.published : w->c.tail, w->produces ? w->p.acked : w->c.acked,
               &seed);
        why = why != NULL ? why : wary_step(w, shapes[shape].count, next_random(&seed), &over);
    }
    free(s);
    /* An attack that was always seen at once, or never, would test little. */
    WANT(why != NULL || (ended > steps / 100 && ended < steps / 3));
    return why;
}

const char *hostile_producer(uint64_t seed, unsigned steps)
{
    return hostile(&(struct wary){.produces = false}, seed, steps);
}

const char *hostile_consumer(uint64_t seed, unsigned steps)
{
    return hostile(&(struct wary){.produces = true}, seed, steps);
}

const char *hostile_attach(uint64_t seed, unsigned steps)
{
    unsigned accepted = 0;
    const char *why = NULL;

    for (unsigned i = 0; i < steps && why == NULL; i++) {
        unsigned shape = next_random(&seed) % 4;
        uint32_t bytes = shapes[shape].bytes, count = shapes[shape].count;
        uint32_t start = (uint32_t)next_random(&seed);
        struct ring_shared *s = make(shape, start);
        struct ring_consumer c;
        struct ring_producer p;
        bool over;

        attack(s, ring_bytes(bytes, count), start + 1, start, &seed);
        s->head = evil(&seed, start);
        if (ring_producer_attach(&p, s, ring_bytes(bytes, count), bytes, count) == RING_OK)
            why = wary_producer(&p, count, next_random(&seed), &over);
        if (ring_consumer_attach(&c, s, ring_bytes(bytes, count), bytes, count) == RING_OK) {
            why = why != NULL ? why : wary_consumer(&c, count, next_random(&seed), &over);
            accepted++;
        }
        free(s);
    }
    WANT(why != NULL || (accepted > steps / 100 && accepted < steps));
    return why;
}
