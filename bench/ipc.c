/* SPDX-License-Identifier: BSD-2-Clause */
/* Round trips, Send and Recv. A lap is one turn of the client's loop: all that it executes is
 * counted. */
#include "bench.h"

void echo_server(word_t x)
{
    cap_t endpoint = first_of(x);
    cap_t reply = second_of(x);
    struct message m = {.tag = 0};

    MUST(sys_recv(endpoint, reply, &m, 0));
    for (;;)
        MUST(sys_reply_recv(endpoint, reply, &m, 0));
}

cap_t make_echo(cap_t space)
{
    cap_t endpoint = first_make(TYPE_ENDPOINT, 0);

    start_passive(space, echo_server, two(endpoint, first_make(TYPE_REPLY, 0)));
    return endpoint;
}

ALWAYS_INLINE void round_trips(enum path path, cap_t endpoint, word_t words, unsigned n)
{
    struct message m = {.tag = MESSAGE_TAG(1, words, 0)};

    for (unsigned i = 0; i < n; i++) {
        LAP(path);
        MUST(sys_call(endpoint, &m));
    }
    END(path);
}

static void bench_words(void)
{
    cap_t within = make_echo(0);
    cap_t between = make_echo(other_space);

    round_trips(PATH_call_within, within, 0, runs);
    round_trips(PATH_within_4, within, 4, runs);
    round_trips(PATH_within_8, within, 8, runs);
    round_trips(PATH_within_9, within, 9, runs);
    round_trips(PATH_within_16, within, 16, runs);
    round_trips(PATH_within_64, within, 64, runs);
    round_trips(PATH_within_120, within, 120, runs);
    round_trips(PATH_call_0, between, 0, runs);
    round_trips(PATH_call_4, between, 4, runs);
    round_trips(PATH_call_8, between, 8, runs);
    round_trips(PATH_call_9, between, 9, runs);
    round_trips(PATH_call_16, between, 16, runs);
    round_trips(PATH_call_64, between, 64, runs);
    round_trips(PATH_call_120, between, 120, runs);
}

static void bench_servers(void)
{
    cap_t endpoint = first_make(TYPE_ENDPOINT, 0);
    word_t x = two(endpoint, first_make(TYPE_REPLY, 0));
    struct first_thread t = start_high(other_space, echo_server, x);

    round_trips(PATH_call_active, endpoint, 0, runs);
    FIRST_CHECK(thread_set_flags(t.thread, THREAD_BORROW) == E_OK);
    round_trips(PATH_call_borrow, endpoint, 0, runs);
}

/* Takes one capability a message, into the slot that its buffer says. */
static void taker(word_t x)
{
    cap_t endpoint = first_of(x);
    cap_t reply = second_of(x);
    struct message m = {.tag = 0};

    MUST(sys_recv(endpoint, reply, &m, 0));
    for (;;) {
        m.tag = 0;
        MUST(sys_reply_recv(endpoint, reply, &m, 0));
    }
}

static void bench_cap(void)
{
    cap_t endpoint = first_make(TYPE_ENDPOINT, 0);
    cap_t given = first_make(TYPE_ENDPOINT, 0);
    cap_t arrives = first_slot();
    struct first_thread t = first_thread_make(other_space, PRIORITY_HIGH);
    cap_t window = first_slot();
    struct message_buffer *buffer = (struct message_buffer *)0x300000000ul;

    /* The taker's buffer page, seen from here, to say where capabilities may go. */
    FIRST_CHECK(cnode_copy(ROOT_CNODE, window, 0, t.buffer, RIGHT_ALL, 1) == E_OK);
    map_at(ROOT_SPACE, window, (word_t)buffer, MAP_READ | MAP_WRITE);
    buffer->receive[0] = arrives;
    first_thread_start(&t, taker, two(endpoint, first_make(TYPE_REPLY, 0)));
    FIRST_CHECK(sched_context_unbind(t.sc) == E_OK);
    for (unsigned i = 0; i < runs; i++) {
        struct message m = {.tag = MESSAGE_TAG(1, 0, 1)};

        first_buffer()->caps[0] = given | RIGHT_ALL * CAP_RIGHTS;
        BEGIN(PATH_call_cap);
        MUST(sys_call(endpoint, &m));
        END(PATH_call_cap);
        FIRST_CHECK(buffer->caps[0] == arrives);
        FIRST_CHECK(cnode_delete(ROOT_CNODE, arrives, 1) == E_OK);
    }
}

/* Send is counted up to the receiver, and the receiver's next Recv back to the sender. */
static void send_receiver(word_t endpoint)
{
    struct message m = {.tag = 0};

    for (;;) {
        BEGIN(PATH_recv_block);
        MUST(sys_recv(endpoint, 0, &m, 0));
        END(PATH_send);
    }
}

static void bench_send(void)
{
    cap_t endpoint = first_make(TYPE_ENDPOINT, 0);

    start_high(other_space, send_receiver, endpoint);
    for (unsigned i = 0; i < runs; i++) {
        struct message m = {.tag = MESSAGE_TAG(1, 4, 0)};

        BEGIN(PATH_send);
        MUST(sys_send(endpoint, &m, 0));
        END(PATH_recv_block);
    }
}

static void bench_null(void)
{
    struct message m = {.tag = 0};

    for (unsigned i = 0; i < runs; i++) {
        BEGIN(PATH_null);
        (void)sys_enter(99, 0, 0, &m);
        END(PATH_null);
    }
}

void bench_ipc(void)
{
    bench_null();
    bench_words();
    bench_servers();
    bench_cap();
    bench_send();
}
