/* SPDX-License-Identifier: BSD-2-Clause */
/* lib/ring on the host: its rules one by one, then random histories and hostile peers. */
#include "cases.h"

static unsigned passed, failed;
static _Alignas(64) unsigned char memory[MEMORY_BYTES];
static struct ring_producer p;
static struct ring_consumer c;

void case_end(const char *name, const char *why)
{
    if (why == NULL) {
        printf("ok %s\n", name);
        passed++;
    } else {
        printf("FAIL %s: %s\n", name, why);
        failed++;
    }
}

static struct ring_shared *shared(void)
{
    return (struct ring_shared *)(void *)memory;
}

/* A fresh ring of 4 entries of 16 bytes, with both sides attached, its indices at `start`. */
static const char *begin(uint32_t start)
{
    memset(memory, 0xA5, sizeof(memory));
    WANT(ring_create(memory, sizeof(memory), 16, 4) == RING_OK);
    shared()->head = shared()->tail = shared()->acked = start;
    shared()->producer_wake = shared()->consumer_wake = start - 1;
    WANT(ring_producer_attach(&p, memory, sizeof(memory), 16, 4) == RING_OK);
    WANT(ring_consumer_attach(&c, memory, sizeof(memory), 16, 4) == RING_OK);
    return NULL;
}

static enum ring_error put(uint64_t value)
{
    uint64_t entry[2] = {value, ~value};

    return ring_put(&p, entry);
}

/* Take one entry that must hold `value`. */
static bool takes(uint64_t value, bool replayed)
{
    uint64_t entry[2] = {0, 0};
    struct ring_taken taken;

    return ring_take(&c, entry, &taken) == RING_OK && entry[0] == value && entry[1] == ~value &&
           taken.replayed == replayed;
}

static const char *sizes(void)
{
    WANT(ring_bytes(16, 4) == 192 + 64);
    WANT(ring_bytes(0, 4) == 0 && ring_bytes(12, 4) == 0 && ring_bytes(4104, 4) == 0);
    WANT(ring_bytes(16, 0) == 0 && ring_bytes(16, 1) == 0 && ring_bytes(16, 6) == 0);
    WANT(ring_bytes(16, 131072) == 0 && ring_bytes(4096, 65536) == 192 + 4096ul * 65536);
    WANT(ring_create(memory, 192 + 63, 16, 4) == RING_ARGUMENT);
    WANT(ring_create(memory + 8, 4096, 16, 4) == RING_ARGUMENT);
    WANT(ring_create(NULL, 4096, 16, 4) == RING_ARGUMENT);
    return NULL;
}

static const char *shapes(void)
{
    WANT(begin(0) == NULL);
    WANT(ring_validate(memory, 256, 16, 4) == RING_OK);
    WANT(ring_validate(memory, 255, 16, 4) == RING_ARGUMENT);
    WANT(ring_validate(memory, sizeof(memory), 16, 8) == RING_CORRUPT);
    WANT(ring_validate(memory, sizeof(memory), 24, 4) == RING_CORRUPT);
    shared()->version = RING_VERSION + 1;
    WANT(ring_validate(memory, sizeof(memory), 16, 4) == RING_CORRUPT);
    shared()->version = RING_VERSION;
    shared()->head = 1;
    WANT(ring_validate(memory, sizeof(memory), 16, 4) == RING_CORRUPT);
    shared()->tail = 5;
    WANT(ring_validate(memory, sizeof(memory), 16, 4) == RING_CORRUPT);
    shared()->acked = 1;
    WANT(ring_validate(memory, sizeof(memory), 16, 4) == RING_OK);
    shared()->acked = 2;
    WANT(ring_validate(memory, sizeof(memory), 16, 4) == RING_CORRUPT);
    return NULL;
}

/* Order, fullness and emptiness, with indices that wrap round 2^32 on the way. */
static const char *first_in_first_out(void)
{
    WANT(begin(0xfffffffd) == NULL);
    for (uint64_t round = 0; round < 8; round++) {
        bool wake;

        for (uint64_t i = 0; i < 4; i++)
            WANT(put(round * 4 + i) == RING_OK);
        WANT(put(99) == RING_FULL);
        WANT(ring_available(&c) == 0);
        (void)ring_publish(&p);
        WANT(ring_available(&c) == 4 && ring_pending(&p) == 4);
        for (uint64_t i = 0; i < 4; i++)
            WANT(takes(round * 4 + i, false));
        WANT(ring_take(&c, (uint64_t[2]){0}, NULL) == RING_EMPTY);
        WANT(put(99) == RING_FULL);
        WANT(ring_ack(&c, c.head - 1, &wake) == RING_OK);
        WANT(ring_room(&p) == 4);
    }
    return NULL;
}

static const char *unpublished_unseen(void)
{
    WANT(begin(7) == NULL && put(1) == RING_OK);
    WANT(ring_take(&c, (uint64_t[2]){0}, NULL) == RING_EMPTY);
    (void)ring_publish(&p);
    WANT(takes(1, false));
    WANT(!ring_publish(&p));
    return NULL;
}

static const char *consumer_woken_once(void)
{
    WANT(begin(0xffffffff) == NULL);
    WANT(put(1) == RING_OK && !ring_publish(&p));
    WANT(ring_consumer_sleep(&c, 1) == RING_OK);
    WANT(takes(1, false));
    WANT(ring_consumer_sleep(&c, 1) == RING_EMPTY);
    WANT(put(2) == RING_OK && put(3) == RING_OK && ring_publish(&p));
    WANT(put(4) == RING_OK && !ring_publish(&p));
    return NULL;
}

static const char *consumer_waits_for_batch(void)
{
    WANT(begin(0xfffffffe) == NULL);
    WANT(ring_consumer_sleep(&c, 0) == RING_ARGUMENT);
    WANT(ring_consumer_sleep(&c, 5) == RING_ARGUMENT);
    WANT(ring_consumer_sleep(&c, 3) == RING_EMPTY);
    WANT(put(1) == RING_OK && !ring_publish(&p));
    WANT(put(2) == RING_OK && !ring_publish(&p));
    WANT(put(3) == RING_OK && ring_publish(&p));
    WANT(takes(1, false));
    WANT(ring_consumer_sleep(&c, 4) == RING_ARGUMENT);
    WANT(ring_consumer_sleep(&c, 3) == RING_EMPTY);
    return NULL;
}

static const char *producer_woken_once(void)
{
    bool wake;

    WANT(begin(0xfffffffe) == NULL);
    for (uint64_t i = 0; i < 4; i++)
        WANT(put(i) == RING_OK);
    WANT(ring_producer_sleep(&p, 2) == RING_ARGUMENT);
    (void)ring_publish(&p);
    WANT(ring_producer_sleep(&p, 5) == RING_ARGUMENT);
    WANT(ring_producer_sleep(&p, 0) == RING_ARGUMENT);
    WANT(ring_producer_sleep(&p, 2) == RING_FULL);
    for (uint64_t i = 0; i < 4; i++)
        WANT(takes(i, false));
    WANT(ring_ack(&c, 0xfffffffe, &wake) == RING_OK && !wake);
    WANT(ring_ack(&c, 0xffffffff, &wake) == RING_OK && wake);
    WANT(ring_ack(&c, 0, &wake) == RING_OK && !wake);
    WANT(ring_producer_sleep(&p, 3) == RING_OK);
    return NULL;
}

static const char *acknowledge_rules(void)
{
    bool wake;

    WANT(begin(10) == NULL);
    for (uint64_t i = 0; i < 3; i++)
        WANT(put(i) == RING_OK);
    (void)ring_publish(&p);
    WANT(ring_ack(&c, 10, &wake) == RING_ARGUMENT);
    WANT(takes(0, false) && takes(1, false));
    WANT(ring_ack(&c, 12, &wake) == RING_ARGUMENT);
    WANT(ring_ack(&c, 11, &wake) == RING_OK && shared()->acked == 12);
    WANT(ring_ack(&c, 10, &wake) == RING_OK && shared()->acked == 12);
    WANT(ring_ack(&c, 11 + 0x80000000u, &wake) == RING_ARGUMENT && shared()->acked == 12);
    return NULL;
}

static const char *replay_after_crash(void)
{
    struct ring_taken taken;
    uint64_t entry[2];
    bool wake;

    WANT(begin(0xfffffffe) == NULL);
    for (uint64_t i = 0; i < 4; i++)
        WANT(put(i) == RING_OK);
    (void)ring_publish(&p);
    WANT(takes(0, false) && takes(1, false) && takes(2, false));
    WANT(ring_ack(&c, 0xfffffffe, &wake) == RING_OK);
    /* The consumer dies, and so does its successor, which came less far. */
    for (int death = 0; death < 2; death++) {
        WANT(ring_consumer_attach(&c, memory, sizeof(memory), 16, 4) == RING_OK);
        WANT(ring_take(&c, entry, &taken) == RING_OK);
        WANT(entry[0] == 1 && taken.replayed && taken.sequence == 0xffffffff);
    }
    WANT(takes(2, true) && takes(3, false));
    WANT(ring_ack(&c, 1, &wake) == RING_OK && put(4) == RING_OK && !ring_publish(&p));
    WANT(takes(4, false));
    return NULL;
}

static const char *producer_crash(void)
{
    WANT(begin(3) == NULL);
    WANT(put(1) == RING_OK && put(2) == RING_OK);
    (void)ring_publish(&p);
    WANT(put(3) == RING_OK && ring_sequence(&p) == 6);
    WANT(ring_producer_attach(&p, memory, sizeof(memory), 16, 4) == RING_OK);
    WANT(ring_sequence(&p) == 5 && put(4) == RING_OK);
    (void)ring_publish(&p);
    WANT(takes(1, false) && takes(2, false) && takes(4, false));
    return NULL;
}

/* One wrong index of each kind: refused for good, even when it is mended. */
static const char *corrupt_sticks(void)
{
    bool wake;

    WANT(begin(100) == NULL);
    shared()->tail = 105;
    WANT(ring_take(&c, (uint64_t[2]){0}, NULL) == RING_CORRUPT);
    shared()->tail = 101;
    WANT(ring_take(&c, (uint64_t[2]){0}, NULL) == RING_CORRUPT && ring_available(&c) == 0);
    WANT(ring_ack(&c, 99, &wake) == RING_CORRUPT && ring_consumer_sleep(&c, 1) == RING_CORRUPT);
    WANT(begin(100) == NULL);
    shared()->acked = 101;
    WANT(ring_room(&p) == 0 && put(1) == RING_CORRUPT);
    WANT(begin(100) == NULL && put(1) == RING_OK);
    (void)ring_publish(&p);
    shared()->acked = 99;
    WANT(ring_producer_sleep(&p, 1) == RING_CORRUPT && !ring_publish(&p));
    WANT(begin(100) == NULL && put(1) == RING_OK && put(2) == RING_OK);
    (void)ring_publish(&p);
    WANT(ring_available(&c) == 2);
    shared()->tail = 101;
    WANT(ring_available(&c) == 0 && ring_take(&c, (uint64_t[2]){0}, NULL) == RING_CORRUPT);
    return NULL;
}

int main(void)
{
    static const struct {
        const char *name;
        const char *(*run)(void);
    } cases[] = {
        {"sizes and alignment are checked", sizes},
        {"shape and indices are checked on attach", shapes},
        {"first in, first out, round 2^32", first_in_first_out},
        {"what is not published is not seen", unpublished_unseen},
        {"a sleeping consumer is signalled once", consumer_woken_once},
        {"a consumer can wait for a batch", consumer_waits_for_batch},
        {"a sleeping producer is signalled once", producer_woken_once},
        {"only what was taken can be acknowledged", acknowledge_rules},
        {"a new consumer replays from the last acknowledged", replay_after_crash},
        {"a new producer goes on behind the last published", producer_crash},
        {"corruption is seen and stays", corrupt_sticks},
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        case_end(cases[i].name, cases[i].run());
    case_end("300000 steps with crashes, seed 1: as a plain queue", honest_model(1, 300000));
    case_end("400000 steps of a hostile producer, seed 2", hostile_producer(2, 400000));
    case_end("400000 steps of a hostile consumer, seed 3", hostile_consumer(3, 400000));
    case_end("200000 hostile attachments, seed 4", hostile_attach(4, 200000));
    case_end("publishing and going to sleep at once", sleeping_together(false, 100000));
    case_end("acknowledging and going to sleep at once", sleeping_together(true, 100000));
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}
