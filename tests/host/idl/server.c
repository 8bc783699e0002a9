/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The callbacks of server.h.
 */
#include <string.h>

#include <ipclib/serve.h>

#include "fake.h"
#include "server.h"

static enum zoo_error enter(struct zoo_state *state, word_t badge, bool good)
{
    state->reached++;
    state->badge = badge;
    state->bad += !good;
    return state->fail;
}

static bool good_kind(enum zoo_kind kind)
{
    return kind == ZOO_KIND_CAT || kind == ZOO_KIND_DOG || kind == ZOO_KIND_OWL;
}

static bool good_point(struct zoo_point point)
{
    return point.x >= -5 && point.x <= 1000;
}

/* Not the library's own reader of UTF-8: bytes that occur in none, and NUL-terminated in time. */
static bool good_text(const char *text, size_t limit)
{
    size_t size = 0;

    while (size <= limit && text[size]) {
        unsigned char c = (unsigned char)text[size++];

        if (c == 0xc0 || c == 0xc1 || c > 0xf4)
            return false;
    }
    return size <= limit;
}

static enum zoo_error scalars(void *self, word_t badge, bool flag, uint8_t a, int8_t b, int16_t c,
                              uint64_t d, enum zoo_kind kind, int64_t e, uint32_t f,
                              bool *out_flag, uint8_t *out_a, int8_t *out_b, int16_t *out_c,
                              uint64_t *out_d, enum zoo_kind *out_kind, int64_t *out_e,
                              uint32_t *out_f)
{
    struct zoo_state *state = self;

    *out_flag = flag;
    *out_a = state->lie ? 9 : a;
    *out_b = b;
    *out_c = c;
    *out_d = d;
    *out_kind = kind;
    *out_e = e;
    *out_f = f;
    return enter(state, badge, a >= 1 && a <= 7 && c >= -5 && c <= 5 && good_kind(kind));
}

static enum zoo_error shapes(void *self, word_t badge, struct zoo_box box, struct zoo_point at,
                             struct zoo_box *moved, struct zoo_point *was)
{
    *was = box.corner;
    *moved = box;
    moved->corner = at;
    return enter(self, badge, good_point(box.corner) && good_point(box.size) && good_point(at)
                 && good_kind(box.kind));
}

static enum zoo_error text(void *self, word_t badge, const char *text, const void *data,
                           size_t data_size, const char *more, char text_out[static 21],
                           void *data_out, size_t *data_out_size, uint64_t *count)
{
    bool good = data_size <= 30 && good_text(text, 20) && good_text(more, 8);

    if (good) {
        strcpy(text_out, text);
        memcpy(data_out, data, data_size);
        *data_out_size = data_size;
        *count = strlen(more);
    }
    return enter(self, badge, good);
}

static enum zoo_error give(void *self, word_t badge, cap_t a, cap_t b, cap_t *c, cap_t *d)
{
    bool good = a && b && fake.object[SERVER][a] && fake.object[SERVER][b];

    *c = b;
    *d = a;
    return enter(self, badge, good);
}

static enum zoo_error area(void *self, word_t badge, struct ipc_buffer where, uint8_t x,
                           struct ipc_buffer *there)
{
    struct zoo_state *state = self;

    (void)x;
    *there = where;
    if (state->lie)
        there->length = REGION;
    return enter(state, badge, where.offset <= REGION && where.length <= REGION - where.offset);
}

static enum zoo_error wide(void *self, word_t badge, uint64_t w0, uint64_t w1, uint64_t w2,
                           uint64_t w3, uint64_t w4, uint64_t w5, uint64_t w6, uint64_t w7,
                           uint64_t w8, int8_t w9, const char *text, uint64_t *r0, uint64_t *r1,
                           uint64_t *r2, uint64_t *r3, uint64_t *r4, uint64_t *r5, uint64_t *r6,
                           uint64_t *r7, bool *r8)
{
    *r0 = w7;
    *r1 = w6;
    *r2 = w5;
    *r3 = w4;
    *r4 = w3;
    *r5 = w2;
    *r6 = w1;
    *r7 = w0;
    *r8 = w9 < 0;
    return enter(self, badge, w8 <= 9 && good_text(text, 16));
}

static enum zoo_error later(void *self, word_t badge, uint32_t x, uint32_t *y)
{
    struct zoo_state *state = self;
    enum zoo_error error = enter(state, badge, true);
    cap_t reply;

    *y = x + 1;
    if (!state->loop)
        return error;
    reply = ipc_defer(state->loop);
    if (!reply)
        return ZOO_E_FULL;
    state->kept = reply;
    state->kept_x = x;
    return ZOO_DEFER;
}

static enum zoo_error most(void *self, word_t badge, const void *data, size_t data_size, void *back,
                           size_t *back_size)
{
    memcpy(back, data, data_size <= 896 ? data_size : 0);
    *back_size = data_size;
    return enter(self, badge, data_size <= 896);
}

static word_t region(void *self, word_t badge)
{
    (void)self;
    (void)badge;
    return REGION;
}

/* `nothing` is left out: a method without a callback. */
const struct zoo_server zoo_callbacks = {
    .scalars = scalars,
    .shapes = shapes,
    .text = text,
    .give = give,
    .area = area,
    .wide = wide,
    .later = later,
    .most = most,
    .region = region,
};
