/* SPDX-License-Identifier: BSD-2-Clause */
/* poll(2), ppoll(2), select(2), pselect6(2). */
#include "file.h"
#include "handlers.h"
#include "linux.h"

#define ALWAYS (POLLERR | POLLHUP | POLLNVAL)
#define SELECT_MAX FILES_MAX

enum { READS = POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR,
       WRITES = POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR,
       EXCEPTIONS = POLLPRI };

/* How long to wait. @param given by the program; NULL pointer: forever */
static long deadline_of(struct task *t, word_t from, bool micro, word_t *deadline)
{
    struct linux_timespec time;
    long error;

    *deadline = NEVER;
    if (from == 0)
        return 0;
    error = user_read(t, &time, from, sizeof time);
    if (error != 0)
        return error;
    if (time.seconds < 0 || time.ns < 0 || time.ns >= (micro ? 1000000 : 1000000000))
        if (!micro || time.seconds < 0 || time.ns < 0)
            return -EINVAL;
    if (micro) {
        time.seconds += time.ns / 1000000;
        time.ns = time.ns % 1000000 * 1000;
    }
    if (time.seconds >= INT64_MAX / 1000000000)
        return 0;
    *deadline = task_deadline(t, (word_t)time.seconds * 1000000000u + (word_t)time.ns);
    return 0;
}

static unsigned answer(struct task *t, int fd, unsigned wanted)
{
    struct file *f = file_of_io(t, (unsigned)fd);

    return f == NULL ? POLLNVAL : file_poll(f) & (wanted | ALWAYS);
}

static long wait_also(struct task *t, int fd)
{
    struct file *f = file_of_io(t, (unsigned)fd);

    if (f == NULL || f->ops->queue == NULL)
        return 0;
    return task_wait_also(t, f->ops->queue(f));
}

/* --- poll --- */

#define POLL_CHUNK 64u

static long poll_pass(struct task *t, word_t list, word_t count, bool wait)
{
    struct linux_pollfd fds[POLL_CHUNK];
    long ready = 0;

    for (word_t first = 0; first < count; first += POLL_CHUNK) {
        word_t n = count - first < POLL_CHUNK ? count - first : POLL_CHUNK;
        long error = user_read(t, fds, list + first * sizeof fds[0], n * sizeof fds[0]);

        for (word_t i = 0; error == 0 && i < n; i++) {
            fds[i].revents = 0;
            if (fds[i].fd < 0)
                continue;
            if (wait)
                error = wait_also(t, fds[i].fd);
            else
                fds[i].revents = (int16_t)answer(t, fds[i].fd, (uint16_t)fds[i].events);
            ready += fds[i].revents != 0;
        }
        if (error == 0 && !wait)
            error = user_write(t, list + first * sizeof fds[0], fds, n * sizeof fds[0]);
        if (error != 0)
            return error;
    }
    return ready;
}

static long poll_until(struct task *t, word_t list, word_t count, word_t deadline)
{
    long n;

    if (count > t->process->limit[RLIMIT_NOFILE].soft)
        return -EINVAL;
    n = poll_pass(t, list, count, false);
    if (n != 0 || t->timed_out || deadline <= clock_now())
        return n;
    n = poll_pass(t, list, count, true);
    return n < 0 ? n : task_wait(t, NULL, deadline);
}

long sys_poll(struct task *t, const word_t *arg)
{
    int timeout = (int)arg[2];
    word_t deadline = timeout < 0    ? NEVER
                      : timeout == 0 ? 0
                                     : task_deadline(t, (word_t)timeout * 1000000u);

    return poll_until(t, arg[0], (uint32_t)arg[1], deadline);
}

/* The time that is left goes where the time was given, but not when a signal ends the call: on
 * Linux it does then too. */
static void give_left(struct task *t, word_t to, bool micro, word_t deadline)
{
    word_t now = clock_now(), left = deadline > now ? deadline - now : 0;
    struct linux_timespec time = {(int64_t)(left / 1000000000u), (int64_t)(left % 1000000000u)};

    if (micro)
        time.ns /= 1000;
    if (to != 0 && deadline != NEVER)
        (void)user_write(t, to, &time, sizeof time); /* it may stand in read-only memory */
}

long sys_ppoll(struct task *t, const word_t *arg)
{
    word_t deadline;
    long error = deadline_of(t, arg[2], false, &deadline);

    if (error == 0)
        error = signal_mask_of_call(t, arg[3], arg[4]);
    if (error == 0)
        error = poll_until(t, arg[0], (uint32_t)arg[1], deadline);
    if (error >= 0)
        give_left(t, arg[2], false, deadline);
    return error;
}

/* --- select --- */

struct sets {
    uint64_t in[3][SELECT_MAX / 64], out[3][SELECT_MAX / 64];
};

static struct sets sets;

static size_t set_bytes(unsigned count)
{
    return (count + 63) / 64 * 8;
}

static long read_sets(struct task *t, unsigned count, const word_t *from)
{
    memset(&sets, 0, sizeof sets);
    for (unsigned i = 0; i < 3; i++) {
        long error = from[i] == 0 ? 0 : user_read(t, sets.in[i], from[i], set_bytes(count));

        if (error != 0)
            return error;
    }
    return 0;
}

static long write_sets(struct task *t, unsigned count, const word_t *to)
{
    for (unsigned i = 0; i < 3; i++) {
        long error = to[i] == 0 ? 0 : user_write(t, to[i], sets.out[i], set_bytes(count));

        if (error != 0)
            return error;
    }
    return 0;
}

static long select_one(struct task *t, unsigned fd)
{
    static const unsigned events[3] = {READS, WRITES, EXCEPTIONS};
    unsigned found = answer(t, (int)fd, READS | WRITES | EXCEPTIONS);
    long ready = 0;

    if (found & POLLNVAL)
        return -EBADF;
    for (unsigned i = 0; i < 3; i++) {
        if (sets.in[i][fd / 64] >> fd % 64 & 1 && found & events[i]) {
            sets.out[i][fd / 64] |= 1ul << fd % 64;
            ready++;
        }
    }
    return ready;
}

static bool is_asked(unsigned fd)
{
    return (sets.in[0][fd / 64] | sets.in[1][fd / 64] | sets.in[2][fd / 64]) >> fd % 64 & 1;
}

static long select_until(struct task *t, int count, const word_t *at, word_t deadline)
{
    unsigned n = (unsigned)count < SELECT_MAX ? (unsigned)count : SELECT_MAX;
    long ready = 0, error;

    if (count < 0)
        return -EINVAL;
    error = read_sets(t, n, at);
    for (unsigned fd = 0; error == 0 && fd < n; fd++) {
        long one = is_asked(fd) ? select_one(t, fd) : 0;

        if (one < 0)
            return one;
        ready += one;
    }
    if (error == 0 && (ready > 0 || t->timed_out || deadline <= clock_now()))
        error = write_sets(t, n, at);
    else if (error == 0) {
        for (unsigned fd = 0; error == 0 && fd < n; fd++)
            error = is_asked(fd) ? wait_also(t, (int)fd) : 0;
        return error != 0 ? error : task_wait(t, NULL, deadline);
    }
    return error != 0 ? error : ready;
}

long sys_select(struct task *t, const word_t *arg)
{
    word_t deadline;
    long error = deadline_of(t, arg[4], true, &deadline);

    if (error == 0)
        error = select_until(t, (int)arg[0], arg + 1, deadline);
    if (error >= 0)
        give_left(t, arg[4], true, deadline);
    return error;
}

long sys_pselect6(struct task *t, const word_t *arg)
{
    word_t mask[2] = {0, 0}, deadline;
    long error = deadline_of(t, arg[4], false, &deadline);

    if (error == 0 && arg[5] != 0)
        error = user_read(t, mask, arg[5], sizeof mask);
    if (error == 0)
        error = signal_mask_of_call(t, mask[0], mask[1]);
    if (error == 0)
        error = select_until(t, (int)arg[0], arg + 1, deadline);
    if (error >= 0)
        give_left(t, arg[4], false, deadline);
    return error;
}
