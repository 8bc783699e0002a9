/* SPDX-License-Identifier: BSD-2-Clause */
#include "ends.h"

#include "root.h"

#include <rt/bytes.h>
#include <rt/format.h>

static struct end ends[ENDS];
static word_t count; /* so far; end n is ends[n % ENDS] */

void end_begin(struct component *c)
{
    struct end *e = &ends[++count % ENDS];

    e->sequence = count;
    e->ticks = now_ticks();
    e->number = c->number;
    memcpy(e->name, c->name, COMPONENT_NAME);
    e->cause_bytes = e->bytes = 0;
    c->last_end = count;
}

static struct end *last_of(const struct component *c)
{
    struct end *e = &ends[c->last_end % ENDS];

    return c->last_end != 0 && e->sequence == c->last_end ? e : NULL;
}

static void add(struct end *e, const char *text, size_t bytes)
{
    if (e == NULL || bytes > END_TEXT - e->bytes)
        return;
    memcpy(e->text + e->bytes, text, bytes);
    e->bytes += bytes;
    if (e->cause_bytes == 0)
        e->cause_bytes = bytes;
}

void end_line_list(const struct component *c, const char *format, va_list arguments)
{
    char text[200];
    size_t bytes = rt_format_list(text, sizeof text - 1, format, arguments);

    text[bytes++] = '\n';
    add(last_of(c), text, bytes);
}

void end_line(const struct component *c, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    end_line_list(c, format, arguments);
    va_end(arguments);
}

void end_text(const struct component *c, const char *text, word_t bytes)
{
    struct end *e = last_of(c);
    bool start = true;

    for (word_t i = 0; i < bytes; i++) {
        char byte = (text[i] >= ' ' && text[i] < 127) || text[i] == '\n' ? text[i] : '?';

        if (start)
            add(e, "  | ", 4);
        add(e, &byte, 1);
        start = byte == '\n';
    }
    if (!start)
        add(e, "\n", 1);
}

const struct end *end_of(const struct component *c, word_t back)
{
    for (word_t n = count; n > 0 && ends[n % ENDS].sequence == n; n--) {
        if (ends[n % ENDS].number == c->number && back-- == 0)
            return &ends[n % ENDS];
    }
    return NULL;
}

const struct end *end_at(word_t back)
{
    const struct end *e = &ends[(count - back) % ENDS];

    return back < count && e->sequence == count - back ? e : NULL;
}
