/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Random messages to the generated dispatch, and random replies to the
 * generated stubs. The callbacks of server.c look whether what reaches them is
 * in range. Half of the messages are sound ones with a few things changed:
 * purely random ones would never come far.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"
#include "server.h"

enum { ROUNDS = 200000 };

static uint64_t random_state;

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators", 2016. */
static uint64_t random_word(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * 0x2545f4914f6cdd1d;
}

static uint64_t below(uint64_t bound)
{
    return random_word() % bound;
}

/* Mostly small, as sizes and ranges are, sometimes at an edge, sometimes anything. */
static word_t random_value(void)
{
    static const word_t edges[] = {0, 1, 7, 8, 20, 21, 30, 31, 127, 255, 896, 897, 4096,
                                   (word_t)-5, (word_t)-6, (word_t)-128, UINT64_MAX, INT64_MAX};

    switch (below(4)) {
    case 0:
        return edges[below(sizeof(edges) / sizeof(*edges))];
    case 1:
        return random_word();
    default:
        return below(12);
    }
}

static const word_t labels[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0xffff, 0x10000, MESSAGE_SIGNAL};

static void random_message(struct message *m, struct message_buffer *buffer)
{
    word_t words = below(3) ? below(13) : below(256), caps = below(3) ? 0 : below(256);

    m->tag = MESSAGE_TAG(labels[below(sizeof(labels) / sizeof(*labels))], words, caps);
    for (unsigned i = 0; i < MESSAGE_REGS; i++)
        m->w[i] = random_value();
    for (unsigned i = MESSAGE_REGS; i < MESSAGE_WORDS; i++)
        buffer->words[i] = below(2) ? 0x6161616161616161 : random_word();
}

/* A sound request for one of the methods with strings, structs or many words. */
static void sound_message(struct message *m, struct message_buffer *buffer)
{
    uint8_t data[896] = {0};
    struct zoo_box box = {{1, 2}, {3, 4}, ZOO_KIND_DOG, false};

    fake.side = SERVER;
    memset(buffer->words, 0x61, sizeof(buffer->words));
    switch (below(6)) {
    case 0:
        zoo_scalars_request_pack(m, true, 3, -1, 2, 9, ZOO_KIND_OWL, -9, 4);
        break;
    case 1:
        zoo_shapes_request_pack(m, box, box.size);
        break;
    case 2:
        zoo_text_request_pack(m, "h\xc3\xa9 \xe2\x82\xac", data, below(31), "more");
        break;
    case 3:
        zoo_area_request_pack(m, REGION, (struct ipc_buffer){below(REGION), 0}, 1);
        break;
    case 4:
        zoo_wide_request_pack(m, 1, 2, 3, 4, 5, 6, 7, 8, 9, -9, "text");
        break;
    default:
        zoo_most_request_pack(m, data, below(897));
        break;
    }
}

static void disturb(struct message *m, struct message_buffer *buffer)
{
    for (uint64_t count = below(4); count > 0; count--) {
        switch (below(4)) {
        case 0:
            m->w[below(MESSAGE_REGS)] = random_value();
            break;
        case 1:
            m->tag += below(5) - 2;
            break;
        case 2:
            m->tag ^= (word_t)1 << below(64);
            break;
        default:
            buffer->words[below(MESSAGE_WORDS)] ^= (word_t)1 << below(64);
            break;
        }
    }
}

static bool sound_outcome(word_t tag)
{
    word_t label = message_label(tag);

    if (label == 0)
        return message_words(tag) <= MESSAGE_WORDS && message_caps(tag) <= MESSAGE_CAPS;
    return tag % 65536 == 0 && (label == IPC_E_MALFORMED || label == IPC_E_METHOD);
}

static void fuzz_requests(void)
{
    struct message_buffer *buffer = &fake.buffer[SERVER];
    struct zoo_state state = {0};
    unsigned unsound = 0, inconsistent = 0;

    fake_reset();
    for (int round = 0; round < ROUNDS; round++) {
        struct message m = {0};
        unsigned reached = state.reached;

        fake.side = SERVER;
        if (below(2)) {
            random_message(&m, buffer);
        } else {
            sound_message(&m, buffer);
            disturb(&m, buffer);
        }
        memset(buffer->caps, 0, sizeof(buffer->caps));
        zoo_dispatch(&zoo_callbacks, &state, &m);
        unsound += !sound_outcome(m.tag);
        inconsistent += (message_label(m.tag) == 0) != (state.reached != reached);
    }
    CHECK(state.bad == 0, "fuzz: callbacks see only arguments in range");
    CHECK(unsound == 0, "fuzz: every request gets results, MALFORMED or METHOD");
    CHECK(inconsistent == 0, "fuzz: what is refused reaches no callback, the rest does");
    CHECK(state.reached > ROUNDS / 10 && state.reached < ROUNDS * 9 / 10,
          "fuzz: a fair part of the requests is sound, a fair part is not");
}

static enum error random_reply(void *context, struct message *m)
{
    (void)context;
    random_message(m, &fake.buffer[SERVER]);
    if (below(2))
        m->tag = MESSAGE_TAG(0, 8 + below(8), 0);
    return E_OK;
}

static void fuzz_replies(void)
{
    unsigned bad = 0, taken = 0;

    fake_reset();
    fake.serve = random_reply;
    for (int round = 0; round < ROUNDS; round++) {
        char text[21] = "", data[30];
        size_t size = 0;
        uint64_t count = 0;
        enum zoo_error error = zoo_text(SERVER_ENDPOINT, "", "", 0, "", text, data, &size, &count);

        taken += error == ZOO_OK;
        bad += error != ZOO_OK && error != ZOO_E_REPLY && error != ZOO_E_FULL
               && error != ZOO_E_MALFORMED;
        bad += size > 30 || memchr(text, 0, sizeof(text)) == NULL;
    }
    CHECK(bad == 0, "fuzz: a client is never given results out of range");
    CHECK(taken > ROUNDS / 1000, "fuzz: some of the replies are sound");
}

void test_fuzz(void)
{
    const char *seed = getenv("SEED");

    random_state = seed ? strtoull(seed, NULL, 0) : 0x7e55e7a;
    random_state += random_state == 0;
    printf("# fuzz: SEED=%#llx repeats this\n", (unsigned long long)random_state);
    fuzz_requests();
    fuzz_replies();
}
