/* SPDX-License-Identifier: BSD-2-Clause */
#include "console.h"

#include <abi/call.h>
#include <abi/invoke.h>
#include <abi/manifest.h>
#include <proto/log.h>
#include <rt/bytes.h>
#include <rt/format.h>

/* The 16550's registers; data sheet PC16550D, section 8. */
#define COM1        0x3f8u
#define LINE_STATUS (COM1 + 5)
#define EMPTY       0x20u
#define PATIENCE    100000u

#define LINE_BYTES (LOG_LINE_MAX + 1u)
#define LINES      64u

struct line {
    unsigned level;
    char name[MANIFEST_NAME + 1]; /* whose line it is */
    char text[LINE_BYTES];
};

static struct line lines[LINES];
static word_t said;   /* lines so far; line n is lines[n % LINES] */
static word_t passed; /* of them, the log has or the serial port has */
static cap_t log_endpoint;

static void put(char c)
{
    word_t status = 0;

    for (unsigned i = 0; i < PATIENCE && !(status & EMPTY); i++) {
        if (io_port_read(ROOT_IOPORT, LINE_STATUS, 1, &status) != E_OK)
            return;
    }
    (void)io_port_write(ROOT_IOPORT, COM1, 1, (unsigned char)c);
}

static void put_line(const char *text)
{
    for (; *text != 0; text++)
        put(*text >= ' ' || *text == '\t' ? *text : '?');
    put('\r');
    put('\n');
}

static void put_named(const char *name, const char *text)
{
    for (; *name != 0; name++)
        put(*name);
    put(':');
    put(' ');
    put_line(text);
}

static bool pass(const struct line *line)
{
    struct message m;

    if (!log_write_for_request_pack(&m, line->name, (enum log_level)line->level, line->text))
        return true; /* not text that the log could take: nothing to wait for */
    return sys_send(log_endpoint, &m, SYS_NONBLOCK) == E_OK;
}

bool console_flush(void)
{
    if (said - passed > LINES)
        passed = said - LINES;
    while (passed < said) {
        const struct line *line = &lines[passed % LINES];

        if (log_endpoint == 0)
            put_named(line->name, line->text);
        else if (!pass(line))
            return true;
        passed++;
    }
    return false;
}

bool console_waiting(void)
{
    return passed < said;
}

void console_log_to(cap_t endpoint)
{
    log_endpoint = endpoint;
    (void)console_flush();
}

static void add(unsigned level, const char *name, const char *format, va_list arguments)
{
    struct line *line = &lines[said % LINES];

    if (said - passed == LINES) /* the one that was here has not been passed on: it is lost */
        passed++;
    line->level = level;
    rt_format(line->name, sizeof line->name, "%s", name);
    rt_format_list(line->text, LINE_BYTES, format, arguments);
    said++;
    (void)console_flush();
}

void say(unsigned level, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    add(level, "root", format, arguments);
    va_end(arguments);
}

static void add_text(unsigned level, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void add_text(unsigned level, const char *name, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    add(level, name, format, arguments);
    va_end(arguments);
}

void say_for(const char *name, unsigned level, const char *text)
{
    add_text(level, name, "%s", text);
}

void root_refuse(const char *fix, const char *format, ...)
{
    char text[LINE_BYTES];
    va_list arguments;

    log_endpoint = 0;
    (void)console_flush();
    va_start(arguments, format);
    rt_format_list(text, LINE_BYTES, format, arguments);
    va_end(arguments);
    put_named("root", text);
    put_named("root", fix);
    for (;;)
        (void)thread_suspend(ROOT_THREAD);
}
