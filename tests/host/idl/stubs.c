/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Calls through generated stubs to generated dispatch and back: what is given
 * arrives, what is wrong is refused on either side with the error that says so.
 */
#include <string.h>

#include "fake.h"
#include "server.h"

static struct zoo_state state;
static unsigned deaths;             /* how often the server still dies */
static struct message forged;       /* if its tag is set, this is the reply */

static enum error serve(void *context, struct message *m)
{
    (void)context;
    for (unsigned i = 0; i < MESSAGE_CAPS; i++)
        fake.buffer[SERVER].receive[i] = 0;
    if (deaths > 0) {
        deaths--;
        return E_DIED;
    }
    if (forged.tag) {
        *m = forged;
        return E_OK;
    }
    m->badge = 77;
    zoo_dispatch(&zoo_callbacks, &state, m);
    return E_OK;
}

/* With slots for capabilities, as ipc_serve would list them; set before the call. */
static enum error serve_caps(void *context, struct message *m)
{
    (void)context;
    m->badge = 77;
    zoo_dispatch(&zoo_callbacks, &state, m);
    return E_OK;
}

static void start(void)
{
    fake_reset();
    state = (struct zoo_state){0};
    deaths = 0;
    forged = (struct message){0};
    fake.serve = serve;
}

struct numbers {
    bool flag;
    uint8_t a;
    int8_t b;
    int16_t c;
    uint64_t d;
    enum zoo_kind kind;
    int64_t e;
    uint32_t f;
};

static enum zoo_error call_scalars(struct numbers in, struct numbers *out)
{
    return zoo_scalars(SERVER_ENDPOINT, in.flag, in.a, in.b, in.c, in.d, in.kind, in.e, in.f,
                       &out->flag, &out->a, &out->b, &out->c, &out->d, &out->kind, &out->e,
                       &out->f);
}

static const struct numbers plain = {true, 7, -128, -5, UINT64_MAX, ZOO_KIND_CAT, INT64_MIN,
                                     UINT32_MAX};

static void test_scalars(void)
{
    struct numbers out = {0}, in = plain;

    start();
    CHECK(call_scalars(in, &out) == ZOO_OK, "scalars: a call succeeds");
    CHECK(out.flag && out.a == 7 && out.b == -128 && out.c == -5 && out.d == UINT64_MAX
          && out.kind == ZOO_KIND_CAT && out.e == INT64_MIN && out.f == UINT32_MAX,
          "scalars: every value comes back as it was");
    CHECK(state.badge == 77, "scalars: the callback sees the badge");
    in.a = 0;
    CHECK(call_scalars(in, &out) == ZOO_E_ARG, "scalars: below the range is not sent");
    in.a = 8;
    CHECK(call_scalars(in, &out) == ZOO_E_ARG, "scalars: above the range is not sent");
    in.a = 1;
    in.c = 6;
    CHECK(call_scalars(in, &out) == ZOO_E_ARG, "scalars: a signed range holds");
    in.c = 5;
    in.kind = (enum zoo_kind)1;
    CHECK(call_scalars(in, &out) == ZOO_E_ARG, "scalars: no such value of the enum");
    CHECK(fake.calls == 1 && state.reached == 1, "scalars: what is out of range is not sent");
}

static void test_errors(void)
{
    struct numbers out = {.d = 5};

    start();
    state.fail = ZOO_E_FULL;
    CHECK(call_scalars(plain, &out) == ZOO_E_FULL && out.d == 5,
          "errors: a typed error arrives, results stay as they were");
    state.fail = ZOO_E_NOT_FOUND;
    CHECK(call_scalars(plain, &out) == ZOO_E_FAILED,
          "errors: one that the method does not have becomes FAILED");
    state.fail = ZOO_DEFER;
    CHECK(call_scalars(plain, &out) == ZOO_E_FAILED, "errors: only `waits` methods defer");
    state.fail = ZOO_OK;
    state.lie = true;
    CHECK(call_scalars(plain, &out) == ZOO_E_FAILED && out.d == 5,
          "errors: a result out of range is not sent");
    CHECK(zoo_nothing(SERVER_ENDPOINT) == ZOO_E_METHOD, "errors: no callback, no method");
    CHECK(zoo_nothing(3) == (enum zoo_error)(ZOO_E_TRANSPORT + E_CAP),
          "errors: the kernel's error can be recovered");
}

static enum zoo_error reply_with(word_t label, word_t words, word_t caps, word_t w1)
{
    struct numbers out;

    forged = (struct message){.tag = MESSAGE_TAG(label, words, caps), .w = {1, w1}};
    return call_scalars(plain, &out);
}

static void test_hostile_server(void)
{
    start();
    CHECK(reply_with(0, 8, 0, 1) == ZOO_OK, "hostile server: a sound reply is taken");
    CHECK(reply_with(0, 7, 0, 1) == ZOO_E_REPLY, "hostile server: too short");
    CHECK(reply_with(0, 9, 0, 1) == ZOO_E_REPLY, "hostile server: too long");
    CHECK(reply_with(0, 8, 1, 1) == ZOO_E_REPLY, "hostile server: a capability too many");
    CHECK(reply_with(0, 8, 0, 8) == ZOO_E_REPLY, "hostile server: a value out of range");
    CHECK(reply_with(2, 0, 0, 0) == ZOO_E_REPLY, "hostile server: an unknown error");
    CHECK(reply_with(1, 1, 0, 0) == ZOO_E_REPLY, "hostile server: an error with words");
    CHECK(reply_with(IPC_E_ARG, 0, 0, 0) == ZOO_E_REPLY,
          "hostile server: an error that only the client may find");
    CHECK(reply_with(ZOO_E_TRANSPORT + E_DIED, 0, 0, 0) == ZOO_E_REPLY,
          "hostile server: it cannot pose as the kernel");
}

static void test_retry(void)
{
    struct numbers out;
    uint32_t y;

    start();
    deaths = IPC_TRIES - 1;
    CHECK(call_scalars(plain, &out) == ZOO_OK && fake.calls == IPC_TRIES,
          "retry: an idempotent method outlives deaths of its server");
    start();
    deaths = 1000;
    CHECK(call_scalars(plain, &out) == (enum zoo_error)(ZOO_E_TRANSPORT + E_DIED)
          && fake.calls == IPC_TRIES, "retry: it gives up in the end");
    start();
    deaths = 1;
    CHECK(zoo_later(SERVER_ENDPOINT, 1, &y) == (enum zoo_error)(ZOO_E_TRANSPORT + E_DIED)
          && fake.calls == 1, "retry: other methods are called once");
}

static void test_shapes(void)
{
    struct zoo_box box = {{-5, 1}, {1000, 255}, ZOO_KIND_OWL, true}, moved;
    struct zoo_point at = {7, 8}, was;

    start();
    CHECK(zoo_shapes(SERVER_ENDPOINT, box, at, &moved, &was) == ZOO_OK && moved.corner.x == 7
          && moved.corner.y == 8 && moved.size.x == 1000 && moved.size.y == 255 && moved.open
          && moved.kind == ZOO_KIND_OWL && was.x == -5 && was.y == 1,
          "structs: fields go both ways, inner ones too");
    box.size.x = 1001;
    CHECK(zoo_shapes(SERVER_ENDPOINT, box, at, &moved, &was) == ZOO_E_ARG,
          "structs: a field out of range is not sent");
}

struct texts {
    char text[21];
    char data[30];
    size_t size;
    uint64_t count;
};

static enum zoo_error call_text(const char *text, const char *data, size_t size, const char *more,
                                struct texts *out)
{
    return zoo_text(SERVER_ENDPOINT, text, data, size, more, out->text, out->data, &out->size,
                    &out->count);
}

static bool text_passes(const char *text, struct texts *out)
{
    return call_text(text, "", 0, "", out) == ZOO_OK && strcmp(out->text, text) == 0
           && out->size == 0;
}

static void test_text(void)
{
    const char *thirty = "0123456789\0" "23456789\xff" "abcdefghij";
    struct texts out;

    start();
    CHECK(call_text("h\xc3\xa9llo", thirty, 30, "12345678", &out) == ZOO_OK
          && strcmp(out.text, "h\xc3\xa9llo") == 0 && out.size == 30
          && memcmp(out.data, thirty, 30) == 0 && out.count == 8, "text: both ways, with bytes");
    CHECK(text_passes("", &out), "text: empty");
    CHECK(text_passes("12345678901234567890", &out), "text: as long as may be");
    CHECK(text_passes("\xf4\x8f\xbf\xbf\xed\x9f\xbf\xe0\xa0\x80\xf0\x90\x80\x80", &out),
          "text: the ends of UTF-8's ranges");
    CHECK(call_text("123456789012345678901", "", 0, "", &out) == ZOO_E_ARG, "text: too long");
    CHECK(call_text("", thirty, 31, "", &out) == ZOO_E_ARG, "text: too many bytes");
    CHECK(call_text("\xc0\x80", "", 0, "", &out) == ZOO_E_ARG, "text: a surplus length");
    CHECK(call_text("\xed\xa0\x80", "", 0, "", &out) == ZOO_E_ARG, "text: a surrogate");
    CHECK(call_text("\xf4\x90\x80\x80", "", 0, "", &out) == ZOO_E_ARG, "text: above U+10FFFF");
    CHECK(call_text("a\xe2\x82", "", 0, "", &out) == ZOO_E_ARG, "text: cut off");
}

static void test_most(void)
{
    static char data[896], back[896];
    size_t size;

    start();
    memset(data, 0x5a, sizeof(data));
    CHECK(zoo_most(SERVER_ENDPOINT, data, 896, back, &size) == ZOO_OK && size == 896
          && memcmp(data, back, 896) == 0, "bytes: the longest message goes both ways");
    fake.buffer[CLIENT].words[8] = UINT64_MAX;
    CHECK(zoo_most(SERVER_ENDPOINT, "abc", 3, back, &size) == ZOO_OK
          && fake.buffer[CLIENT].words[8] == 0x636261, "bytes: the last word is filled up with 0");
}

static void test_area(void)
{
    struct ipc_buffer there = {0};

    start();
    CHECK(zoo_area(SERVER_ENDPOINT, REGION, (struct ipc_buffer){4000, 96}, 1, &there) == ZOO_OK
          && there.offset == 4000 && there.length == 96, "buffer: up to the end");
    CHECK(zoo_area(SERVER_ENDPOINT, REGION, (struct ipc_buffer){4000, 97}, 1, &there) == ZOO_E_ARG,
          "buffer: beyond the client's end is not sent");
    CHECK(zoo_area(SERVER_ENDPOINT, UINT64_MAX, (struct ipc_buffer){UINT64_MAX - 8, 8}, 1, &there)
          == ZOO_E_MALFORMED, "buffer: outside the server's view is refused");
    state.lie = true;
    CHECK(zoo_area(SERVER_ENDPOINT, REGION, (struct ipc_buffer){1, 1}, 1, &there) == ZOO_E_FAILED,
          "buffer: a result outside is not sent");
}

static void test_wide(void)
{
    uint64_t r[8];
    bool r8;

    start();
    CHECK(zoo_wide(SERVER_ENDPOINT, 1, 2, 3, 4, 5, 6, 7, 8, 9, -1, "sixteen bytes...", &r[0], &r[1],
                   &r[2], &r[3], &r[4], &r[5], &r[6], &r[7], &r8) == ZOO_OK && r[0] == 8
          && r[7] == 1 && r8, "wide: fixed words behind the registers");
    CHECK(zoo_wide(SERVER_ENDPOINT, 1, 2, 3, 4, 5, 6, 7, 8, 10, -1, "", &r[0], &r[1], &r[2], &r[3],
                   &r[4], &r[5], &r[6], &r[7], &r8) == ZOO_E_ARG, "wide: their ranges hold");
}

static void list_slots(void)
{
    fake.serve = serve_caps;
    for (int i = 0; i < 2; i++) {
        fake.taken[SERVER][10 + i] = true;
        fake.buffer[SERVER].receive[i] = (word_t)(10 + i);
    }
    fake.object[CLIENT][33] = 1001;
    fake.object[CLIENT][34] = 1002;
}

static void test_caps(void)
{
    cap_t c = 0, d = 0;

    start();
    list_slots();
    CHECK(zoo_give(SERVER_ENDPOINT, 33, 34, &c, &d) == ZOO_OK && fake.object[CLIENT][c] == 1002
          && fake.object[CLIENT][d] == 1001, "caps: they go both ways");
    CHECK(fake.object[CLIENT][33] == 1001 && fake.object[CLIENT][34] == 0,
          "caps: one was copied, one moved");
    CHECK(fake_taken(CLIENT) == 2 && fake.buffer[CLIENT].receive[0] == 0
          && fake.buffer[CLIENT].receive[1] == 0, "caps: nothing more is accepted afterwards");
    start();
    list_slots();
    state.fail = ZOO_E_FULL;
    CHECK(zoo_give(SERVER_ENDPOINT, 33, 34, &c, &d) == ZOO_E_FULL && fake_taken(CLIENT) == 0,
          "caps: an error leaves no slot behind");
    start();
    list_slots();
    fake.slots_left[CLIENT] = 1;
    CHECK(zoo_give(SERVER_ENDPOINT, 33, 34, &c, &d) == (enum zoo_error)(ZOO_E_TRANSPORT + E_SLOT)
          && fake_taken(CLIENT) == 0 && fake.calls == 0, "caps: no slots, no call");
    start();
    list_slots();
    fake.object[CLIENT][34] = 0;
    CHECK(zoo_give(SERVER_ENDPOINT, 33, 34, &c, &d) == ZOO_E_MALFORMED && state.reached == 0,
          "caps: one that did not arrive is malformed");
    CHECK(fake.object[SERVER][10] == 0 && !fake.taken[SERVER][10],
          "caps: what came with it is deleted");
}

static void test_caps_hostile_server(void)
{
    cap_t c = 0, d = 0;

    start();
    fake.object[CLIENT][33] = fake.object[CLIENT][34] = 1;
    fake.object[SERVER][20] = 2000;
    fake.buffer[SERVER].caps[0] = 20;
    forged.tag = MESSAGE_TAG(0, 0, 1);
    CHECK(zoo_give(SERVER_ENDPOINT, 33, 34, &c, &d) == ZOO_E_REPLY && c == 0
          && fake_taken(CLIENT) == 0, "caps: a reply with too few leaves nothing behind");
    forged.tag = MESSAGE_TAG(1, 0, 1);
    fake.object[CLIENT][34] = 1;
    CHECK(zoo_give(SERVER_ENDPOINT, 33, 34, &c, &d) == ZOO_E_REPLY && fake_taken(CLIENT) == 0,
          "caps: nor does an error that brings one");
}

void test_stubs(void)
{
    test_scalars();
    test_errors();
    test_hostile_server();
    test_retry();
    test_shapes();
    test_text();
    test_most();
    test_area();
    test_wide();
    test_caps();
    test_caps_hostile_server();
}
