/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A confined component that calls the kernel at random, with a liking for what can succeed: indices
 * of its own slots, labels that exist, sizes and addresses of the right form.
 */
#include "storm.h"

#define KERNEL 0xffff800000000000ul

word_t storm_random(volatile word_t *state)
{
    word_t x = *state;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    *state = x;
    return x * 0x2545f4914f6cdd1dul >> 16;
}

/* Words at the edges of ranges. */
static const word_t edges[] = {0,
                               1,
                               2,
                               7,
                               8,
                               9,
                               63,
                               64,
                               65,
                               119,
                               120,
                               121,
                               255,
                               256,
                               257,
                               1000,
                               4095,
                               4096,
                               0x200000,
                               USER_END - 4096,
                               USER_END - 1,
                               USER_END,
                               0x0000800000000000,
                               KERNEL,
                               0xffffffff80000000,
                               0x7fffffffffffffff,
                               0x8000000000000000,
                               ~0ul - 63,
                               ~0ul};

static word_t random_word(volatile word_t *state)
{
    word_t r = storm_random(state);
    word_t kind = r % 16;

    r /= 16;
    if (kind < 4)
        return r % STORM_SLOTS;
    if (kind < 8)
        return r % 24;
    if (kind < 10)
        return r % 8;
    if (kind == 10)
        return STORM_HEAP + r % 64 * 4096;
    if (kind == 11)
        return STORM_HEAP + r % 8 * 0x200000;
    if (kind == 12)
        return r % 16 * 64;
    if (kind == 13)
        return edges[r % (sizeof(edges) / sizeof(edges[0]))];
    if (kind == 14)
        return 1ul << r % 64;
    return storm_random(state) ^ storm_random(state) << 32;
}

/* Mostly where it has something at first. */
static cap_t random_cap(volatile word_t *state)
{
    word_t r = storm_random(state);

    return r % 16 != 0 ? 1 + r / 16 % 24 : random_word(state);
}

static word_t random_tag(volatile word_t *state)
{
    word_t r = storm_random(state);
    word_t words = r % 4 != 0 ? r / 4 % 9 : r / 4 % 128;
    word_t caps = r >> 16 & 7 ? 0 : r / 1024 % 6;
    word_t label = r >> 20 & 15;

    if ((r >> 24 & 255) == 0)
        return random_word(state);
    return MESSAGE_TAG(label > 9 ? label - 9 : label, words, caps);
}

static void random_buffer(volatile word_t *state, volatile struct message_buffer *b)
{
    word_t i = storm_random(state) % 8;

    if (i < MESSAGE_CAPS) {
        word_t r = storm_random(state);

        b->caps[i] = r % STORM_SLOTS | r / 64 % 16 * CAP_RIGHTS | (r >> 20 & 1) * CAP_MOVE;
        b->receive[i] = storm_random(state) % STORM_SLOTS;
    } else {
        b->words[storm_random(state) % MESSAGE_WORDS] = random_word(state);
    }
}

/* Call, Send, Recv, ReplyRecv; those that may wait are rare, for whoever waits makes no calls. */
static word_t random_number(volatile word_t *state)
{
    word_t r = storm_random(state) % 64;

    if (r < 40)
        return SYS_CALL;
    if (r < 60)
        return r % 4 | SYS_NONBLOCK;
    return r < 63 ? r % 4 : storm_random(state);
}

void storm_main(word_t argument)
{
    struct storm *shared = (struct storm *)(argument / 4096 * 4096);
    struct storm_thread *s = &shared->thread[argument % 4096];
    volatile word_t *state = &s->state;

    for (;;) {
        struct message m;
        word_t number = random_number(state);
        cap_t cap = random_cap(state), reply = random_cap(state);
        word_t outcome;

        m.tag = random_tag(state);
        for (word_t i = 0; i < MESSAGE_REGS; i++)
            m.w[i] = random_word(state);
        random_buffer(state, s->buffer);
        s->calls++;
        outcome = sys_enter(number, cap, reply, &m);
        if (outcome < ERRORS)
            s->outcomes[outcome]++;
        else
            s->other++;
    }
}
