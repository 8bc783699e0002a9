/* SPDX-License-Identifier: BSD-2-Clause */
/* What is typed: one producer, one consumer. */
#include "keyboard.h"

#include <proto/serial.h>
#include <rt/clock.h>
#include <stdatomic.h>

#define KEYS        4096u /* a power of two */
#define STACK_BYTES 16384u
#define RETRY_NS    100000000ul

static uint8_t keys[KEYS];
static _Atomic word_t head, tail; /* run freely; the consumer moves head, the producer tail */
static struct rt_thread *thread;
static _Atomic bool full;         /* the producer waits for room */
static cap_t serial, signal_cap;

static void put(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        word_t at = atomic_load_explicit(&tail, memory_order_relaxed);

        while (at - atomic_load(&head) == KEYS) {
            atomic_store(&full, true);
            if (at - atomic_load(&head) == KEYS)
                (void)rt_park(RT_FOREVER);
        }
        keys[at % KEYS] = data[i];
        atomic_store_explicit(&tail, at + 1, memory_order_release);
    }
}

/* A driver that dies while we wait in it is started again, and we ask again. Any other failure is
 * one of system or driver that may pass; meanwhile do not use up processor time. */
static void read_keys(void *argument)
{
    uint8_t data[SERIAL_CHUNK_MAX];

    (void)argument;
    for (;;) {
        struct message m = {.tag = 0};
        size_t size = 0;
        enum serial_error error = serial_read(serial, sizeof(data), data, &size);

        if (error == SERIAL_OK)
            put(data, size);
        else if (error != SERIAL_E_TRANSPORT + E_DIED)
            (void)rt_sleep_ns(RETRY_NS);
        if (error == SERIAL_OK)
            (void)sys_send(signal_cap, &m, 0);
    }
}

bool keyboard_start(cap_t server, cap_t signal)
{
    serial = server;
    signal_cap = signal;
    thread = rt_thread_start(read_keys, NULL, STACK_BYTES);
    return thread != NULL;
}

bool keyboard_get(uint8_t *byte)
{
    word_t at = atomic_load_explicit(&head, memory_order_relaxed);

    if (at == atomic_load_explicit(&tail, memory_order_acquire))
        return false;
    *byte = keys[at % KEYS];
    atomic_store(&head, at + 1);
    if (atomic_exchange(&full, false))
        rt_unpark(thread);
    return true;
}

void keyboard_drop(void)
{
    uint8_t byte;

    while (keyboard_get(&byte))
        ;
}
