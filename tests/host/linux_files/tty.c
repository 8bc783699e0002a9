/* SPDX-License-Identifier: BSD-2-Clause */
/* Terminals: a pseudo-terminal is typed at and read from, as termios(3) and tty_ioctl(4) say. */
#include "fake.h"

#include <string.h>

enum { TCGETS = 0x5401, TCSETS = 0x5402, TIOCGPGRP = 0x540f, TIOCSPGRP = 0x5410,
       TIOCGWINSZ = 0x5413, TIOCSWINSZ = 0x5414, FIONREAD = 0x541b, TIOCSPTLCK = 0x40045431,
       TIOCGPTPEER = 0x5441 };

static long master, slave;
static char got[600];

static const char *open_pair(void)
{
    int unlock = 0;

    master = call(first, NR_openat, AT_FDCWD, "/dev/ptmx", O_RDWR | O_NONBLOCK);
    WANT(master >= 0);
    WANT(call(first, NR_ioctl, master, TIOCGPTPEER, O_RDWR | O_NOCTTY) == -EIO);
    WANT(call(first, NR_ioctl, master, TIOCSPTLCK, &unlock) == 0);
    slave = call(first, NR_ioctl, master, TIOCGPTPEER, O_RDWR | O_NONBLOCK);
    WANT(slave >= 0);
    return NULL;
}

static void close_pair(void)
{
    (void)call(first, NR_close, slave);
    (void)call(first, NR_close, master);
}

static void type(const char *keys)
{
    (void)call(first, NR_write, master, keys, strlen(keys));
}

/* What a descriptor gives: "" if nothing, "!" and the error otherwise. */
static const char *reads(long fd)
{
    long n = call(first, NR_read, fd, got, sizeof got - 1);

    got[n < 0 ? 0 : n] = 0;
    if (n < 0 && n != -EAGAIN)
        snprintf(got, sizeof got, "!%ld", -n);
    return got;
}

static void change(unsigned clear, unsigned set, int min, int time)
{
    struct linux_termios t;

    (void)call(first, NR_ioctl, slave, TCGETS, &t);
    t.lflag = (t.lflag & ~clear) | set;
    t.cc[VMIN] = (uint8_t)min;
    t.cc[VTIME] = (uint8_t)time;
    (void)call(first, NR_ioctl, slave, TCSETS, &t);
}

#define SAME(a, b) WANT(strcmp(a, b) == 0)

static const char *lines(void)
{
    type("abc");
    SAME(reads(slave), "");
    SAME(reads(master), "abc");
    type("\x7f\x7fx\r");
    SAME(reads(slave), "ax\n");
    SAME(reads(master), "\b \b\b \bx\r\n");
    type("one\rtwo\r");
    SAME(reads(slave), "one\n");
    SAME(reads(slave), "two\n");
    SAME(reads(slave), "");
    (void)reads(master);
    type("some words\x17only\x15" "all\r");
    SAME(reads(slave), "all\n");
    (void)reads(master);
    type("no newline\x04");
    SAME(reads(slave), "no newline");
    type("\x04");
    WANT(call(first, NR_read, slave, got, 10) == 0);
    SAME(reads(slave), "");
    type("\x16\x03\r");
    SAME(reads(slave), "\x03\n");
    (void)reads(master);
    return NULL;
}

static const char *raw(void)
{
    change(ICANON | ECHO | ISIG, 0, 1, 0);
    type("a\x03\x04");
    SAME(reads(slave), "a\x03\x04");
    SAME(reads(master), "");
    change(0, 0, 3, 0);
    type("ab");
    SAME(reads(slave), "");
    type("c");
    SAME(reads(slave), "abc");
    change(0, 0, 0, 0);
    WANT(call(first, NR_read, slave, got, 10) == 0);
    change(0, ICANON | ECHO | ISIG, 1, 0);
    return NULL;
}

static const char *output(void)
{
    WANT(call(first, NR_write, slave, "line\n\tx", 7) == 7);
    SAME(reads(master), "line\r\n\tx");
    return NULL;
}

static const char *signals(void)
{
    int group = 0;

    WANT(call(first, NR_ioctl, slave, TIOCGPGRP, &group) == 0);
    WANT(group == first->process->pgid);
    (void)fake_signal();
    type("lost\x03");
    WANT(fake_signal() == SIGINT);
    SAME(reads(master), "lost^C");
    SAME(reads(slave), "");
    type("\x1a");
    WANT(fake_signal() == SIGTSTP);
    type("\x1c");
    WANT(fake_signal() == SIGQUIT);
    (void)reads(master);
    return NULL;
}

static const char *background(void)
{
    struct task *other = fake_task();
    int group = other->process->pgid;

    WANT(call(other, NR_read, slave, got, 10) == BLOCKED);
    WANT(fake_signal() == SIGTTIN);
    WANT(call(other, NR_write, slave, "x", 1) == 1);
    SAME(reads(master), "x");
    change(0, TOSTOP, 1, 0);
    WANT(call(other, NR_write, slave, "x", 1) == BLOCKED);
    WANT(fake_signal() == SIGTTOU);
    change(TOSTOP, 0, 1, 0);
    WANT(call(other, NR_ioctl, slave, TIOCSPGRP, &group) == BLOCKED);
    WANT(fake_signal() == SIGTTOU);
    other->blocked = SIGNAL_BIT(SIGTTOU) | SIGNAL_BIT(SIGTTIN);
    WANT(call(other, NR_read, slave, got, 10) == -EIO);
    WANT(call(other, NR_ioctl, slave, TIOCSPGRP, &group) == 0);
    WANT(call(first, NR_read, slave, got, 10) == BLOCKED);
    group = first->process->pgid;
    first->blocked = SIGNAL_BIT(SIGTTOU);
    WANT(call(first, NR_ioctl, slave, TIOCSPGRP, &group) == 0);
    first->blocked = 0;
    group = 12345;
    WANT(call(first, NR_ioctl, slave, TIOCSPGRP, &group) == -ESRCH);
    (void)call(other, NR_close_range, 0, 1000, 0);
    (void)fake_signal();
    return NULL;
}

static const char *sizes(void)
{
    struct linux_winsize size = {50, 132, 0, 0}, now;

    WANT(call(first, NR_ioctl, master, TIOCSWINSZ, &size) == 0);
    WANT(fake_signal() == SIGWINCH);
    WANT(call(first, NR_ioctl, slave, TIOCGWINSZ, &now) == 0);
    WANT(now.rows == 50 && now.columns == 132);
    WANT(call(first, NR_ioctl, master, TIOCSWINSZ, &size) == 0);
    WANT(fake_signal() == 0);
    return NULL;
}

static const char *ends(void)
{
    (void)call(first, NR_close, slave);
    WANT(call(first, NR_read, master, got, 10) == -EIO);
    slave = call(first, NR_ioctl, master, TIOCGPTPEER, O_RDWR | O_NONBLOCK);
    WANT(slave >= 0);
    (void)fake_signal();
    (void)call(first, NR_close, master);
    WANT(fake_signal() != 0);
    WANT(call(first, NR_read, slave, got, 10) == 0);
    WANT(call(first, NR_write, slave, "x", 1) == -EIO);
    (void)call(first, NR_close, slave);
    return NULL;
}

/* Any bytes, in any modes: nothing is lost or out of bounds (the sanitizers look). */
static const char *noise(void)
{
    uint64_t state = 77;

    for (int i = 0; i < 20000; i++) {
        char bytes[40];

        for (unsigned n = 0; n < sizeof bytes; n++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            bytes[n] = (char)(state >> 56);
        }
        (void)call(first, NR_write, master, bytes, (uint8_t)bytes[0] % 40);
        if (bytes[1] & 1)
            (void)reads(slave);
        if (bytes[1] & 2)
            (void)reads(master);
        if ((bytes[1] & 60) == 0)
            change(ICANON | ECHO | IEXTEN, (unsigned)bytes[2] & (ICANON | ECHO), bytes[3] & 7, 0);
    }
    return NULL;
}

void cases_tty(void)
{
    word_t before;

    (void)call(first, NR_close, call(first, NR_openat, AT_FDCWD, "/dev/null", O_RDWR));
    before = pages_free();
    case_end("terminals: a pair is opened", open_pair());
    case_end("terminals: lines, and the keys that edit them", lines());
    case_end("terminals: raw bytes, VMIN", raw());
    case_end("terminals: output", output());
    case_end("terminals: keys that send signals", signals());
    case_end("terminals: who is in the background", background());
    case_end("terminals: sizes", sizes());
    case_end("terminals: their ends", ends());
    case_end("terminals: another pair", open_pair());
    case_end("terminals: noise", noise());
    close_pair();
    case_end("terminals: pages come back", pages_free() + 4 >= before ? NULL : "some are missing");
    (void)fake_signal();
}
