/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The serve loop, fed with a script of messages by the fake kernel.
 */
#include <string.h>

#include <ipclib/serve.h>

#include "fake.h"
#include "server.h"

enum { SCRIPT_MAX = 8 };

struct run {
    struct message script[SCRIPT_MAX];
    size_t count, at;
    struct message answers[SCRIPT_MAX];
    cap_t through[SCRIPT_MAX];          /* which Reply object each answer went through */
    size_t answered;
    word_t signals;
    struct ipc_server *loop;
    struct zoo_state *state;
};

static bool next(void *context, struct message *m)
{
    struct run *run = context;

    if (run->at == run->count)
        return false;
    *m = run->script[run->at++];
    fake_transfer(CLIENT, m);
    return true;
}

static void answered(void *context, cap_t reply, const struct message *m)
{
    struct run *run = context;

    run->answers[run->answered] = *m;
    run->through[run->answered++] = reply;
}

/* A signal is what the waiting call of `later` waits for. */
static void signalled(void *context, word_t bits)
{
    struct run *run = context;

    run->signals |= bits;
    if (!run->state->kept)
        return;
    CHECK(zoo_later_reply(run->state->kept, ZOO_OK, run->state->kept_x * 2) == E_OK,
          "serve: a reply can come later");
    CHECK(ipc_reuse(run->loop, run->state->kept), "serve: the Reply object goes back");
    run->state->kept = 0;
}

static size_t by_badge(void *context, word_t badge)
{
    (void)context;
    return badge;
}

static void add_later(struct run *run, uint32_t x)
{
    zoo_later_request_pack(&run->script[run->count++], x);
}

static enum error serve(struct run *run, struct zoo_state *state, struct ipc_server *loop)
{
    static struct ipc_service service;

    fake.context = run;
    fake.next = next;
    fake.answered = answered;
    fake.side = SERVER;
    service = zoo_service(&zoo_callbacks, state);
    loop->endpoint = SERVER_ENDPOINT;
    loop->reply = REPLY;
    loop->services = &service;
    loop->service_count = 1;
    loop->context = run;
    run->state = state;
    run->loop = loop;
    return ipc_serve(loop);
}

static void test_plain(void)
{
    struct zoo_state state = {0};
    struct ipc_server loop = {0};
    struct run run = {0};

    fake_reset();
    add_later(&run, 4);
    run.script[run.count++].tag = MESSAGE_TAG(12345, 3, 0);
    CHECK(serve(&run, &state, &loop) == E_GONE, "serve: ends when the endpoint is gone");
    CHECK(run.answered == 2 && run.answers[0].w[0] == 5 && run.through[0] == REPLY,
          "serve: answers through the Reply object");
    CHECK(message_label(run.answers[1].tag) == ZOO_E_METHOD, "serve: an unknown method is refused");
}

static void test_defer(void)
{
    cap_t spare[1] = {SPARE};
    struct zoo_state state = {0};
    struct ipc_server loop = {.spare = spare, .spare_count = 1, .spare_room = 1,
                              .signal = signalled};
    struct run run = {0};

    fake_reset();
    state.loop = &loop;
    add_later(&run, 21);
    add_later(&run, 1);
    run.script[run.count].tag = MESSAGE_TAG(MESSAGE_SIGNAL, 0, 0);
    run.script[run.count++].badge = 6;
    serve(&run, &state, &loop);
    CHECK(run.answered == 2 && message_label(run.answers[0].tag) == ZOO_E_FULL
          && run.through[0] == SPARE, "serve: without a spare Reply object a call fails now");
    CHECK(run.signals == 6, "serve: signals go to their callback");
    CHECK(run.through[1] == REPLY && run.answers[1].w[0] == 42, "serve: the late reply is right");
    CHECK(loop.spare_count == 1 && spare[0] == REPLY, "serve: the Reply objects change places");
    CHECK(!ipc_reuse(&loop, 9), "serve: no more are taken back than there is room");
}

static enum ipc_next never(const void *callbacks, void *self, struct message *m)
{
    (void)callbacks;
    (void)self;
    (void)m;
    return IPC_DEFER;
}

static void test_misuse(void)
{
    struct ipc_service bad = {.dispatch = never};
    struct ipc_server loop = {.endpoint = SERVER_ENDPOINT, .reply = REPLY, .services = &bad,
                              .service_count = 1, .select = by_badge};
    struct run run = {.count = 2};

    fake_reset();
    run.script[0].tag = run.script[1].tag = MESSAGE_TAG(1, 0, 0);
    run.script[1].badge = 1;
    loop.context = fake.context = &run;
    fake.next = next;
    fake.answered = answered;
    fake.side = SERVER;
    ipc_serve(&loop);
    CHECK(run.answered == 2 && message_label(run.answers[0].tag) == IPC_E_FAILED,
          "serve: who defers without taking the call fails it");
    CHECK(message_label(run.answers[1].tag) == IPC_E_METHOD,
          "serve: a client that speaks to no service is refused");
}

static void test_reply_fails(void)
{
    struct zoo_state state = {0};
    struct ipc_server loop = {0};
    struct run run = {0};

    fake_reset();
    fake.reply_error = E_RIGHTS;
    add_later(&run, 4);
    add_later(&run, 5);
    serve(&run, &state, &loop);
    CHECK(run.answered == 2 && message_label(run.answers[0].tag) == IPC_E_FAILED
          && run.answers[1].w[0] == 6, "serve: a reply that cannot be sent becomes FAILED");
}

static void test_receive(void)
{
    struct zoo_state state = {.fail = ZOO_E_FULL};
    struct ipc_server loop = {0};
    struct run run = {.count = 2};

    fake_reset();
    fake.object[CLIENT][33] = 501;
    fake.object[CLIENT][34] = 502;
    fake.buffer[CLIENT].caps[0] = 33;
    fake.buffer[CLIENT].caps[1] = 34;
    run.script[0].tag = MESSAGE_TAG(ZOO_METHOD_GIVE, 0, 2);
    run.script[1].tag = MESSAGE_TAG(ZOO_METHOD_LATER, 0, 2);
    serve(&run, &state, &loop);
    CHECK(state.reached == 1 && state.bad == 0, "serve: capabilities reach the callback");
    CHECK(message_label(run.answers[1].tag) == ZOO_E_MALFORMED,
          "serve: capabilities that a method does not have are refused");
    CHECK(fake.buffer[SERVER].receive[0] == 0 && fake.buffer[SERVER].receive[1] == 0,
          "serve: nothing is accepted while nobody waits");
    CHECK(fake_taken(SERVER) == 4, "serve: two are the callback's, two slots are the loop's, "
          "and those of the refused are free");
}

void test_serve(void)
{
    test_plain();
    test_defer();
    test_misuse();
    test_reply_fails();
    test_receive();
}
