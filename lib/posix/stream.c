/* SPDX-License-Identifier: BSD-2-Clause */
/* Standard input and output. */
#include <errno.h>
#include <proto/console.h>
#include <proto/log.h>
#include <rt/lock.h>
#include <rt/program.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#include "calls_priv.h"

#define STREAMS 3

/* A line on its way to the log, of output and of errors. */
static struct {
    char text[LOG_LINE_MAX + 1];
    size_t size;
} lines[STREAMS];

/* What was typed and has not been read. */
static char input[CONSOLE_LINE_MAX + 2];
static size_t input_size, input_at;

static bool is_open(long fd)
{
    return fd >= 0 && fd < STREAMS;
}

/* One that dies while it writes may have written; shown twice is better than not at all. */
static bool send_console(cap_t console, const char *data, size_t size)
{
    for (int i = 0; i < IPC_TRIES; i++) {
        enum console_error error = console_write(console, data, size);

        if (error != CONSOLE_E_TRANSPORT + E_DIED)
            return error == CONSOLE_OK;
    }
    return false;
}

static long write_console(cap_t console, const char *data, size_t size)
{
    for (size_t at = 0; at < size;) {
        size_t part = size - at < CONSOLE_CHUNK_MAX ? size - at : CONSOLE_CHUNK_MAX;

        if (!send_console(console, data + at, part))
            return at > 0 ? (long)at : -EIO;
        at += part;
    }
    return (long)size;
}

/* As with the console: a log that dies while it writes is asked again. */
static void send_line(long fd, const char *text)
{
    enum log_level level = fd == 2 ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO;
    cap_t log = rt_uses("log");

    for (int i = 0; log != 0 && i < IPC_TRIES; i++) {
        enum log_error error = log_write(log, level, text);

        if (error == LOG_E_ARG)
            (void)log_write(log, LOG_LEVEL_WARNING, "(a line that is not text)");
        if (error != LOG_E_TRANSPORT + E_DIED)
            break;
    }
}

/* Take the line that was collected. Called under the lock, which is not held while the log works on
 * it. */
static void take_line(long fd, char text[static LOG_LINE_MAX + 1])
{
    memcpy(text, lines[fd].text, lines[fd].size);
    text[lines[fd].size] = 0;
    lines[fd].size = 0;
}

static void write_byte(long fd, char byte)
{
    char text[LOG_LINE_MAX + 1];
    bool whole;

    rt_lock();
    whole = byte == '\n' || lines[fd].size == LOG_LINE_MAX;
    if (whole)
        take_line(fd, text);
    if (byte != '\n')
        lines[fd].text[lines[fd].size++] = byte;
    rt_unlock();
    if (whole)
        send_line(fd, text);
}

static long write_log(long fd, const char *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        write_byte(fd, data[i]);
    return (long)size;
}

void posix_flush(void)
{
    char text[LOG_LINE_MAX + 1];

    for (long fd = 1; fd < STREAMS; fd++) {
        rt_lock();
        take_line(fd, text);
        rt_unlock();
        if (text[0] != 0)
            send_line(fd, text);
    }
}

static long write_bytes(long fd, const char *data, size_t size)
{
    cap_t console = rt_uses("console");

    if (!is_open(fd) || fd == 0)
        return -EBADF;
    return console != 0 ? write_console(console, data, size) : write_log(fd, data, size);
}

static long read_line(cap_t console)
{
    enum console_error error;

    do {
        error = console_read_line(console, "", input);
    } while (error == CONSOLE_E_TRANSPORT + E_DIED); /* nothing of this line was taken: ask again */
    switch ((unsigned)error) {
    case CONSOLE_OK:
        input_size = strlen(input);
        input[input_size++] = '\n';
        input_at = 0;
        return 1;
    case CONSOLE_E_END:
        return 0;
    case CONSOLE_E_INTERRUPTED:
        return -EINTR;
    default:
        return -EIO;
    }
}

static long read_bytes(long fd, char *to, size_t size)
{
    cap_t console = rt_uses("console");

    if (fd != 0)
        return -EBADF;
    if (console == 0 || size == 0)
        return 0;
    if (input_at == input_size) {
        long got = read_line(console);

        if (got <= 0)
            return got;
    }
    if (size > input_size - input_at)
        size = input_size - input_at;
    memcpy(to, input + input_at, size);
    input_at += size;
    return (long)size;
}

long posix_write(const long *a)
{
    return write_bytes(a[0], (const char *)a[1], (size_t)a[2]);
}

long posix_read(const long *a)
{
    return read_bytes(a[0], (char *)a[1], (size_t)a[2]);
}

/* In as few messages as there can be: a line in one piece is shown in one piece. */
long posix_writev(const long *a)
{
    const struct iovec *parts = (const struct iovec *)a[1];
    char together[CONSOLE_CHUNK_MAX];
    size_t used = 0;
    long total = 0, done = 0;

    for (long i = 0; i < a[2]; i++) {
        const char *from = parts[i].iov_base;

        for (size_t left = parts[i].iov_len; left > 0;) {
            size_t part = left < sizeof(together) - used ? left : sizeof(together) - used;

            memcpy(together + used, from, part);
            used += part;
            from += part;
            left -= part;
            if (used < sizeof(together))
                continue;
            done = write_bytes(a[0], together, used);
            if (done < 0)
                return total > 0 ? total : done;
            total += done;
            used = 0;
        }
    }
    done = used > 0 ? write_bytes(a[0], together, used) : 0;
    return done < 0 && total == 0 ? done : total + (done > 0 ? done : 0);
}

/* Stops at the first part that is not filled: the next one might wait for more. */
long posix_readv(const long *a)
{
    const struct iovec *parts = (const struct iovec *)a[1];
    long total = 0;

    for (long i = 0; i < a[2]; i++) {
        long done =
            parts[i].iov_len > 0 ? read_bytes(a[0], parts[i].iov_base, parts[i].iov_len) : 0;

        if (done < 0)
            return total > 0 ? total : done;
        total += done;
        if ((size_t)done < parts[i].iov_len)
            break;
    }
    return total;
}

long posix_close(const long *a)
{
    return is_open(a[0]) ? 0 : -EBADF;
}

long posix_lseek(const long *a)
{
    return is_open(a[0]) ? -ESPIPE : -EBADF;
}

/* The one question that stdio asks: is it a terminal? Then it writes line by line, which suits the
 * log, too. */
long posix_ioctl(const long *a)
{
    struct winsize *size = (struct winsize *)a[2];
    uint16_t columns = 80, rows = 24;

    if (!is_open(a[0]))
        return -EBADF;
    if (a[1] != TIOCGWINSZ)
        return -ENOTTY;
    if (rt_uses("console") != 0)
        (void)console_size(rt_uses("console"), &columns, &rows);
    *size = (struct winsize){.ws_row = rows, .ws_col = columns};
    return 0;
}
