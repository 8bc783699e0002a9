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
    ring = event_add(take_keys, NULL);
    thread = ring == 0 ? NULL : rt_thread_start(read_keys, NULL, STACK_BYTES);
    begun = thread != NULL;
    return begun;
}
