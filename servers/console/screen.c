/* SPDX-License-Identifier: BSD-2-Clause */
/* The way to the terminal. */
#include "screen.h"

#include <proto/serial.h>
#include <rt/bytes.h>

static cap_t serial;
static char collected[SERIAL_CHUNK_MAX];
static size_t collected_size;
static char partial[SCREEN_PARTIAL + 1];
static size_t partial_size;

void screen_open(cap_t server)
{
    serial = server;
}

void screen_flush(void)
{
    /* The driver died while writing: it may have sent any part of it. Twice is better than not at
     * all; a driver that dies each time is given up for this piece. */
    for (int i = 0; collected_size > 0 && i < IPC_TRIES; i++)
        if (serial_write(serial, collected, collected_size) != SERIAL_E_TRANSPORT + E_DIED)
            break;
    collected_size = 0;
}

void screen_raw(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (collected_size == sizeof(collected))
            screen_flush();
        collected[collected_size++] = bytes[i];
    }
}

static void remember(char c)
{
    if (c == '\n' || c == '\r')
        partial_size = 0;
    else if (partial_size < SCREEN_PARTIAL)
        partial[partial_size++] = c;
}

void screen_text(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '\n')
            screen_raw("\r", 1);
        screen_raw(bytes + i, 1);
        remember(bytes[i]);
    }
}

void screen_bytes(const char *bytes, size_t size)
{
    screen_raw(bytes, size);
    for (size_t i = 0; i < size; i++)
        remember(bytes[i]);
}

size_t screen_partial(char to[static SCREEN_PARTIAL + 1])
{
    memcpy(to, partial, partial_size);
    to[partial_size] = 0;
    return partial_size;
}

void screen_newline(void)
{
    partial_size = 0;
}
