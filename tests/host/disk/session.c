/* SPDX-License-Identifier: BSD-2-Clause */
/* The server's side of a session, with a client that does and writes what it likes. */
#include <block/session.h>

#include "test.h"

#define ROUNDS 400000u

static const struct block_limits limits = {.first = 1 << 20,
                                           .size = 1 << 24,
                                           .block_bytes = 512,
                                           .transfer_bytes = 131072,
                                           .discard_bytes = 1 << 22,
                                           .zero_bytes = 0,
                                           .region_pages = 64};

static uint64_t odd(void)
{
    static const uint64_t values[] = {0,       1,       511,     512,        4096,       131072,
                                      1 << 18, 1 << 20, 1 << 24, 0xffffffff, 0xfffffe00, ~0ul,
                                      ~0x1fful};

    return values[draw(sizeof values / sizeof values[0])] + (draw(3) == 0 ? draw(9) * 512ul : 0);
}

/* One that is right, or nearly: at an end of what is allowed, or just beyond. */
static struct block_request near_request(void)
{
    struct block_request q = {.operation = (uint8_t)(1 + draw(2)), .tag = draw(1000)};
    uint32_t sectors = 1 + draw(draw(2) ? 20 * 8 : 257);

    q.length = sectors * 512;
    q.position = draw(2) ? limits.size - q.length + draw(3) * 512ul : draw(1000) * 512ul;
    q.offset = draw(2) ? 64 * 4096 - q.length + draw(3) * 512 : draw(100) * 512;
    if (draw(2)) {
        q.offset = draw(10) == 0 ? 512 : 0;
        q.page_count = (uint8_t)((q.length + 4095) / 4096 + (draw(10) == 0 ? draw(3) - 1 : 0));
        for (unsigned i = 0; i < BLOCK_LIST_MAX; i++)
            q.page[i] = (uint16_t)(draw(20) ? draw(64) : 62 + draw(4));
    }
    return q;
}

static struct block_request random_request(void)
{
    if (draw(2))
        return near_request();


    struct block_request q = {.position = odd(),
                              .length = (uint32_t)odd(),
                              .offset = (uint32_t)odd(),
                              .operation = (uint8_t)draw(7),
                              .page_count = (uint8_t)(draw(3) ? 0 : draw(24)),
                              .tag = draw(1000)};

    for (unsigned i = 0; i < BLOCK_LIST_MAX; i++)
        q.page[i] = (uint16_t)draw(draw(8) ? 64 : 70);
    return q;
}

/* Said another way than in the library: every byte has its place. */
static bool harmless(const struct block_request *q, uint64_t first)
{
    bool data = q->operation == BLOCK_READ || q->operation == BLOCK_WRITE;
    __uint128_t end = (__uint128_t)q->position + q->length;

    if (q->operation < BLOCK_READ || q->operation > BLOCK_DISCARD)
        return false; /* no zeroes here */
    if (q->operation == BLOCK_FLUSH)
        return q->length == 0;
    if (q->length == 0 || q->length % 512 != 0 || q->position % 512 != 0 ||
        q->position < first || end > first + limits.size)
        return false;
    if (!data)
        return q->length <= limits.discard_bytes;
    if (q->length > limits.transfer_bytes)
        return false;
    for (uint32_t i = 0; i < q->length; i += 512) {
        uint64_t at = q->page_count == 0 ? (uint64_t)q->offset + i
                      : i / 4096 < q->page_count && i / 4096 < BLOCK_LIST_MAX
                          ? q->page[i / 4096] * 4096ul + i % 4096
                          : ~0ul;

        if (at > 64 * 4096 - 512)
            return false;
    }
    return true;
}

static void test_check(void)
{
    unsigned wrong = 0, good = 0;
    struct block_limits closed = limits;

    closed.read_only = true;
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct block_request q = random_request();

        q.position &= (1ul << 63) - 1;
        if (block_request_check(&limits, &q) == BLOCK_DONE) {
            wrong += !harmless(&q, 0);
            good++;
        }
        if (block_request_check(&closed, &q) == BLOCK_DONE)
            wrong += q.operation == BLOCK_WRITE || q.operation == BLOCK_DISCARD;
    }
    check(wrong == 0 && good > ROUNDS / 10, "no request that could harm is let through");
}

/* The client puts requests, or writes anything anywhere. */
static void disturb(void *queue, struct ring_producer *requests)
{
    struct block_request q = random_request();

    if (draw(4) != 0)
        (void)ring_put(requests, &q);
    if (draw(2) == 0)
        (void)ring_publish(requests);
    if (draw(200) == 0)
        ((uint32_t *)queue)[draw(draw(2) ? 48 : BLOCK_QUEUE_BYTES / 4)] = (uint32_t)odd();
}

static unsigned hostile(void *queue)
{
    struct block_session s;
    struct ring_producer requests;
    uint32_t tag[BLOCK_DEPTH];
    unsigned count = 0, wrong = 0;
    enum ring_error e = RING_OK;

    block_session_begin(&s, queue, &limits);
    (void)ring_producer_attach(&requests, queue, BLOCK_COMPLETIONS_AT, 64, BLOCK_DEPTH);
    for (unsigned i = 0; i < 300 && e != RING_CORRUPT; i++) {
        struct block_request q;

        disturb(queue, &requests);
        for (unsigned k = draw(4); k > 0; k--) {
            e = block_session_take(&s, &q);
            if (e != RING_OK)
                break;
            wrong += !harmless(&q, q.operation == BLOCK_FLUSH ? 0 : limits.first) ||
                     count == BLOCK_DEPTH;
            tag[count++ % BLOCK_DEPTH] = q.tag;
        }
        if (count > 0 && draw(3) == 0 && !block_session_finish(&s, tag[--count], BLOCK_DONE))
            e = RING_CORRUPT;
        if (e != RING_CORRUPT && draw(2))
            (void)block_session_publish(&s);
        if (e != RING_CORRUPT && draw(8) == 0)
            e = block_session_sleep(&s);
        wrong += s.under_way > BLOCK_DEPTH;
    }
    return wrong;
}

/* However much a client puts, and however little it takes. */
static void test_room(void *queue)
{
    struct block_request q = {.operation = BLOCK_FLUSH};
    struct block_session s;
    struct ring_producer requests;
    unsigned taken = 0, answered = 0;
    enum ring_error e;

    block_session_begin(&s, queue, &limits);
    (void)ring_producer_attach(&requests, queue, BLOCK_COMPLETIONS_AT, 64, BLOCK_DEPTH);
    do {
        while (ring_put(&requests, &q) == RING_OK)
            ;
        (void)ring_publish(&requests);
        while ((e = block_session_take(&s, &q)) == RING_OK)
            taken++;
        (void)block_session_publish(&s);
    } while (e == RING_EMPTY && taken < 1000);
    (void)ring_put(&requests, &q);
    (void)ring_publish(&requests);
    check(e == RING_FULL && taken == BLOCK_DEPTH && block_session_sleep(&s) == RING_FULL,
          "no more are taken than can be answered");
    while (s.under_way > 0)
        answered += block_session_finish(&s, 0, BLOCK_DONE);
    (void)block_session_publish(&s);
    check(answered == BLOCK_DEPTH && block_session_take(&s, &q) == RING_FULL,
          "and none while answers are not taken");
}

void test_session(void)
{
    void *queue = pages(4);
    unsigned wrong = 0;

    test_check();
    test_room(queue);
    for (unsigned i = 0; i < 3000; i++)
        wrong += hostile(queue);
    check(wrong == 0, "3,000 hostile clients");
}
