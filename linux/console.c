/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sandbox's terminal is the system's console, which is read and written as it is: the line
 * discipline is ours. A thread of its own waits for keys and rings the event loop.
 */
#include "event.h"
#include "linux.h"
#include "tty.h"

#include <proto/console.h>
#include <rt/clock.h>
#include <rt/program.h>
#include <rt/thread.h>
#include <stdatomic.h>

#define KEYS        4096u /* a power of two */
#define STACK_BYTES 16384u
#define RETRY_NS    100000000ul

static struct tty tty;
static cap_t console, ring;
static bool begun;

/* Keys on their way from the thread to the loop. They run freely; the loop moves head, the thread
 * tail. */
static uint8_t keys[KEYS];
static _Atomic word_t head, tail;
static _Atomic bool full;
static struct rt_thread *thread;

/* --- the size -------------------------------------------------------------------------------- */

/*
 * Whoever runs the machine in a window says when that changes (tools/tessera/terminal.py), among
 * the keys: CSI 8 ; rows ; columns t, as xterm reports it, with the CSI of one byte (ECMA-48,
 * 8-bit): no key begins with that, so nothing has to be held back.
 */
#define CSI 0x9b
static const char size_form[] = "8;#;#t"; /* #: a number */

static struct {
    unsigned at;        /* in size_form, and 1 more; 0: not in it */
    unsigned number[2]; /* rows, columns */
    unsigned numbers, more; /* begun; bytes of a character in UTF-8 that are still to come */
} report;
static _Atomic uint32_t new_size; /* rows << 16 | columns; 0: none */

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* @return the byte is part of a report */
static bool in_report(uint8_t c)
{
    char form = size_form[report.at - 1];

    if (form == '#' && is_digit(c) && report.number[report.numbers] < 1000) {
        report.number[report.numbers] = report.number[report.numbers] * 10 + c - '0';
        return true;
    }
    if (form == '#') {
        report.numbers++;
        form = size_form[++report.at - 1];
    }
    if (c != form) {
        report.at = 0;
        return false;
    }
    report.at = c == 't' ? 0 : report.at + 1;
    if (c == 't' && report.number[0] > 0 && report.number[1] > 0)
        atomic_store(&new_size, report.number[0] << 16 | report.number[1]);
    return true;
}

/* Is this byte a key, or does it tell the size? */
static bool is_key(uint8_t c)
{
    if (report.at > 0)
        return !in_report(c);
    if (c == CSI && report.more == 0) {
        memset(&report, 0, sizeof report);
        report.at = 1;
        return false;
    }
    if (c >= 0xc0)
        report.more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
    else
        report.more = c >= 0x80 && report.more > 0 ? report.more - 1 : 0;
    return true;
}

static void take_size(void)
{
    uint32_t size = atomic_exchange(&new_size, 0);
    struct linux_winsize to = tty.size;

    if (size == 0)
        return;
    to.rows = (uint16_t)(size >> 16);
    to.columns = (uint16_t)size;
    tty_resize(&tty, &to);
}

/* What the manifest says: "50x132". */
static void first_size(void)
{
    const char *text = rt_argument("terminal");
    unsigned number[2] = {0}, n = 0;

    for (; text != NULL && *text != 0 && n < 2; text++) {
        if (is_digit((uint8_t)*text) && number[n] < 1000)
            number[n] = number[n] * 10 + (unsigned)(*text - '0');
        else
            n++;
    }
    if (number[0] == 0 || number[1] == 0)
        return;
    tty.size.rows = (uint16_t)number[0];
    tty.size.columns = (uint16_t)number[1];
}

/* --- keys ------------------------------------------------------------------------------------ */

static void wait_for_room(word_t at)
{
    while (at - atomic_load(&head) == KEYS) {
        atomic_store(&full, true);
        if (at - atomic_load(&head) == KEYS)
            (void)rt_park(RT_FOREVER);
    }
}

static void put(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (!is_key(data[i]))
            continue;

        word_t at = atomic_load_explicit(&tail, memory_order_relaxed);

        wait_for_room(at);
        keys[at % KEYS] = data[i];
        atomic_store_explicit(&tail, at + 1, memory_order_release);
    }
}

/* A console that dies is started again, and we ask again; any other failure may pass. */
static void read_keys(void *argument)
{
    uint8_t data[CONSOLE_CHUNK_MAX];

    (void)argument;
    for (;;) {
        struct message m = {.tag = 0};
        size_t size = 0;
        enum console_error error = console_read(console, sizeof data, data, &size);

        if (error == CONSOLE_OK) {
            put(data, size);
            (void)sys_send(ring, &m, 0);
        } else if (error != CONSOLE_E_TRANSPORT + E_DIED) {
            (void)rt_sleep_ns(RETRY_NS);
        }
    }
}

/* Give the line discipline what has come, as far as it takes it. */
static void take_keys(void *context)
{
    word_t at = atomic_load_explicit(&head, memory_order_relaxed);
    word_t end = atomic_load_explicit(&tail, memory_order_acquire);

    (void)context;
    take_size();
    while (at < end) {
        size_t from = at % KEYS, n = end - at < KEYS - from ? end - at : KEYS - from;
        size_t taken = tty_receive(&tty, keys + from, n);

        at += taken;
        if (taken < n)
            break;
    }
    atomic_store(&head, at);
    if (atomic_exchange(&full, false))
        rt_unpark(thread);
}

static void input_taken(struct tty *of)
{
    (void)of;
    if (atomic_load(&tail) != atomic_load(&head))
        take_keys(NULL);
}

static size_t show(struct tty *of, const char *bytes, size_t count)
{
    (void)of;
    for (size_t done = 0; done < count;) {
        size_t n = count - done < CONSOLE_CHUNK_MAX ? count - done : CONSOLE_CHUNK_MAX;

        (void)console_write_raw(console, bytes + done, n); /* one that died has lost it anyway */
        done += n;
    }
    return count;
}

static size_t room(struct tty *of)
{
    (void)of;
    return SIZE_MAX;
}

struct tty *console_tty(void)
{
    return begun ? &tty : NULL;
}

bool console_begin(void)
{
    uint16_t columns = 80, rows = 24;

    console = rt_uses("console");
    if (console == 0 || tty_begin(&tty, DEVICE(5, 1)) != 0)
        return false;
    tty.termios.iflag |= 040000; /* IUTF8: keys come from people */
    tty.show = show;
    tty.room = room;
    tty.input_taken = input_taken;
    (void)console_size(console, &columns, &rows);
    tty.size.columns = columns;
    tty.size.rows = rows;
    first_size();
    ring = event_add(take_keys, NULL);
    thread = ring == 0 ? NULL : rt_thread_start(read_keys, NULL, STACK_BYTES);
    begun = thread != NULL;
    return begun;
}
