/* SPDX-License-Identifier: BSD-2-Clause */
#include "console.h"

#include <abi/call.h>
#include <abi/invoke.h>
#include <proto/log.h>
#include <rt/bytes.h>
#include <rt/format.h>

/* The 16550's registers; data sheet PC16550D, section 8. */
#define COM1        0x3f8u
#define LINE_STATUS (COM1 + 5)
#define EMPTY       0x20u
#define PATIENCE    100000u

#define LINE_BYTES 600u
#define LINES      64u

struct line {
    unsigned level;
    word_t own; /* bytes of the text that only the serial port needs: the log knows who we are */
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

static bool pass(const struct line *line)
{
    struct message m;

    if (!log_write_request_pack(&m, (enum log_level)line->level, line->text + line->own))
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
            put_line(line->text);
        else if (!pass(line))
            return true;
        passed++;
    }
    return false;
}

void console_log_to(cap_t endpoint)
{
    log_endpoint = endpoint;
    (void)console_flush();
}

static const char own[] = "root: ";

static void add(struct line *line, unsigned level, word_t prefix)
{
    if (said - passed > LINES) /* the one that was here has not been passed on: it is lost */
        passed = said - LINES;
    line->level = level;
    line->own = prefix;
    said++;
    (void)console_flush();
}

void say(unsigned level, const char *format, ...)
{
    struct line *line = &lines[said % LINES];
    va_list arguments;

    memcpy(line->text, own, sizeof own - 1);
    va_start(arguments, format);
    rt_format_list(line->text + sizeof own - 1, LINE_BYTES - sizeof own, format, arguments);
    va_end(arguments);
    add(line, level, sizeof own - 1);
}

void say_for(const char *name, unsigned level, const char *text)
{
    struct line *line = &lines[said % LINES];

    rt_format(line->text, LINE_BYTES, "%s: %s", name, text);
    add(line, level, 0);
}

void root_refuse(const char *fix, const char *format, ...)
{
    char text[LINE_BYTES];
    va_list arguments;

    log_endpoint = 0;
    (void)console_flush();
    memcpy(text, own, sizeof own - 1);
    va_start(arguments, format);
    rt_format_list(text + sizeof own - 1, LINE_BYTES - sizeof own, format, arguments);
    va_end(arguments);
    put_line(text);
    rt_format(text, LINE_BYTES, "%s%s", own, fix);
    put_line(text);
    for (;;)
        (void)thread_suspend(ROOT_THREAD);
}
