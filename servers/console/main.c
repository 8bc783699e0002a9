/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console, as protocol `console`: shares a terminal among those who write to it, and lets the
 * person at it edit lines for those who read. The newest reader is in front; older ones wait behind
 * it. One that reads again while it is waiting takes its own place, and the older call gets `busy`:
 * so one that was restarted is not behind its former self. What is typed while nobody reads is
 * kept.
 */
#include <ipclib/serve.h>
#include <proto/console.h>
#include <rt/bytes.h>
#include <rt/object.h>
#include <rt/program.h>

#include "edit.h"
#include "keyboard.h"
#include "screen.h"

#define SIGNAL_KEYS 1u
#define READERS     8u
#define COLUMNS     80u
#define ROWS        24u

_Static_assert(EDIT_LINE_MAX == CONSOLE_LINE_MAX, "a line that was edited fits in the reply");

/* A call that waits for input. */
struct reader {
    word_t badge;
    cap_t reply;
    size_t size;   /* read: most bytes; read_line: 0 */
    char prompt[EDIT_PROMPT_MAX + 1];
};

static struct {
    struct ipc_server server;
    cap_t spare[READERS + 1];
    struct reader readers[READERS]; /* the last is in front */
    size_t reader_count;
    struct edit edit;
    struct edit_history history;
    word_t writer;    /* badge of who wrote last */
    bool shown;       /* the line of the reader in front is on the screen */
} console;

static struct reader *front(void)
{
    return console.reader_count > 0 ? &console.readers[console.reader_count - 1] : NULL;
}

static void remove_reader(size_t index)
{
    (void)ipc_reuse(&console.server, console.readers[index].reply);
    console.reader_count--;
    memmove(&console.readers[index], &console.readers[index + 1],
            (console.reader_count - index) * sizeof(console.readers[0]));
}

static void refuse_reader(size_t index)
{
    if (console.readers[index].size > 0)
        (void)console_read_reply(console.readers[index].reply, CONSOLE_E_BUSY, NULL, 0);
    else
        (void)console_read_line_reply(console.readers[index].reply, CONSOLE_E_BUSY, "");
    remove_reader(index);
}

/* Nobody can tell whether a waiting caller is still alive, so a place is made rather than refused.
 */
static void make_place(word_t badge)
{
    for (size_t i = 0; i < console.reader_count; i++) {
        if (console.readers[i].badge == badge) {
            refuse_reader(i);
            return;
        }
    }
    if (console.reader_count == READERS)
        refuse_reader(0);
}

static struct reader *add_reader(word_t badge, size_t size)
{
    struct reader *reader;
    cap_t reply;

    if (console.shown)
        edit_hide(&console.edit);
    console.shown = false;
    make_place(badge);
    reply = ipc_defer(&console.server);
    if (reply == 0)
        return NULL;
    reader = &console.readers[console.reader_count++];
    *reader = (struct reader){.badge = badge, .reply = reply, .size = size};
    return reader;
}

static void show_front(void)
{
    struct reader *reader = front();

    if (reader == NULL || reader->size > 0 || console.shown)
        return;
    edit_begin(&console.edit, reader->prompt);
    console.shown = true;
}

/* What a key did to the line of the reader in front. A caller that is gone leaves its line to the
 * next one. */
static void line_done(enum edit_result result)
{
    static const enum console_error errors[] = {[EDIT_LINE] = CONSOLE_OK,
                                                [EDIT_INTERRUPT] = CONSOLE_E_INTERRUPTED,
                                                [EDIT_END] = CONSOLE_E_END};
    bool delivered = false;

    console.shown = false;
    screen_newline();
    while (!delivered && front() != NULL && front()->size == 0) {
        delivered =
            console_read_line_reply(front()->reply, errors[result], console.edit.text) == E_OK;
        remove_reader(console.reader_count - 1);
    }
}

static void give_raw(void)
{
    struct reader *reader = front();
    uint8_t data[CONSOLE_CHUNK_MAX];
    size_t size = 0;

    while (size < reader->size && keyboard_get(&data[size]))
        size++;
    if (size == 0)
        return;
    (void)console_read_reply(reader->reply, CONSOLE_OK, data, size);
    remove_reader(console.reader_count - 1);
}

/* Give what was typed to those who wait for it. */
static void serve_keys(void)
{
    uint8_t key;

    while (front() != NULL && front()->size > 0) {
        size_t count = console.reader_count;

        give_raw();
        if (console.reader_count == count)
            return;
    }
    while (front() != NULL && front()->size == 0 && keyboard_get(&key)) {
        enum edit_result result;

        rt_alive(); /* much may have been pasted, and drawing takes long */
        show_front();
        result = edit_key(&console.edit, key);
        if (result != EDIT_MORE)
            line_done(result);
    }
}

static void on_signal(void *context, word_t bits)
{
    (void)context;
    if (bits & SIGNAL_KEYS)
        serve_keys();
    screen_flush();
}

static enum console_error on_read_line(void *self, word_t badge, const char *prompt,
                                       char line[static CONSOLE_LINE_MAX + 1])
{
    struct reader *reader = add_reader(badge, 0);
    size_t size;

    (void)self;
    (void)line;
    if (reader == NULL)
        return CONSOLE_E_BUSY;
    /* What the program has written of this line counts as prompt: redrawing must not lose it. */
    size = screen_partial(reader->prompt);
    memcpy(reader->prompt + size, prompt, rt_length(prompt) + 1);
    screen_newline();
    show_front();
    serve_keys();
    screen_flush();
    return CONSOLE_DEFER;
}

static enum console_error on_read(void *self, word_t badge, uint32_t size, void *data,
                                  size_t *data_size)
{
    struct reader *reader;

    (void)self;
    (void)data;
    (void)data_size;
    reader = add_reader(badge, size);
    if (reader == NULL)
        return CONSOLE_E_BUSY;
    serve_keys();
    screen_flush();
    return CONSOLE_DEFER;
}

/* End a line that is only begun, so that something else can be shown. */
static void end_partial(void)
{
    char partial[SCREEN_PARTIAL + 1];

    if (screen_partial(partial) > 0)
        screen_text("\n", 1);
}

/* What a program has written. @param screen screen_text or screen_bytes */
static void show(word_t badge, const void *data, size_t data_size,
                 void (*screen)(const char *bytes, size_t size))
{
    bool shown = console.shown;

    if (shown)
        edit_hide(&console.edit);
    else if (badge != console.writer)
        end_partial();
    console.writer = badge;
    screen(data, data_size);
    if (shown) {
        end_partial();
        edit_redraw(&console.edit);
    }
    screen_flush();
}

static enum console_error on_write(void *self, word_t badge, const void *data, size_t data_size)
{
    (void)self;
    show(badge, data, data_size, screen_text);
    return CONSOLE_OK;
}

static enum console_error on_write_raw(void *self, word_t badge, const void *data,
                                       size_t data_size)
{
    (void)self;
    show(badge, data, data_size, screen_bytes);
    return CONSOLE_OK;
}

static enum console_error on_size(void *self, word_t badge, uint16_t *columns, uint16_t *rows)
{
    (void)self;
    (void)badge;
    *columns = COLUMNS;
    *rows = ROWS;
    return CONSOLE_OK;
}

static const struct console_server callbacks = {
    .read_line = on_read_line, .read = on_read, .write = on_write,
    .write_raw = on_write_raw, .size = on_size};

static void set_up(const char *name)
{
    cap_t serial = rt_uses("serial");
    cap_t signal = rt_object_badge(COMPONENT_SIGNALS, RIGHT_WRITE, SIGNAL_KEYS);

    if (serial == 0)
        rt_fail(__FILE__, __LINE__, "%s needs a route to `serial` in its manifest", name);
    console.edit =
        (struct edit){.show = screen_raw, .history = &console.history, .columns = COLUMNS};
    console.server = (struct ipc_server){.endpoint = COMPONENT_ENDPOINT,
                                         .reply = COMPONENT_REPLY,
                                         .signal = on_signal,
                                         .spare = console.spare,
                                         .spare_room = READERS + 1};
    while (console.server.spare_count < READERS + 1) {
        cap_t reply = rt_object_new(TYPE_REPLY, 0);

        if (reply == 0)
            rt_fail(__FILE__, __LINE__, "%s: its memory quota or its number of slots is too small",
                    name);
        console.spare[console.server.spare_count++] = reply;
    }
    screen_open(serial);
    if (signal == 0 || !keyboard_start(serial, signal))
        rt_fail(__FILE__, __LINE__,
                "%s needs a further thread and memory for its stack from its manifest", name);
}

int main(int argc, char **argv)
{
    struct ipc_service service = console_service(&callbacks, NULL);

    (void)argc;
    set_up(argv[0]);
    console.server.services = &service;
    console.server.service_count = 1;
    rt_fail(__FILE__, __LINE__, "%s: nothing to serve (error %u)", argv[0],
            (unsigned)ipc_serve(&console.server));
}
