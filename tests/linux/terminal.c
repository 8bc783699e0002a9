/* SPDX-License-Identifier: BSD-2-Clause */
/* Terminals, by way of pseudo-terminals. */
#include "case.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>

static int m, s;
static volatile sig_atomic_t signals;

static void note(int n)
{
    signals = n;
}

/* A pair: master m, terminal s. */
static void open_pair(void)
{
    char name[64] = "";

    m = open("/dev/ptmx", O_RDWR | O_NOCTTY);
    if (m < 0 || grantpt(m) != 0 || unlockpt(m) != 0 || ptsname_r(m, name, sizeof name) != 0) {
        say("no terminal: %s", error_name(errno));
        _exit(1);
    }
    s = open(name, O_RDWR | O_NOCTTY);
    outcome("open", s);
}

static void type(const char *text)
{
    if (write(m, text, strlen(text)) < 0)
        say("cannot type");
}

/* What can be read now, with control characters shown. */
static void show(const char *what, int fd)
{
    char text[128], line[512] = "";
    struct pollfd f = {fd, POLLIN, 0};
    long n = poll(&f, 1, 50) > 0 && f.revents & POLLIN ? read(fd, text, sizeof text) : -2;

    for (long i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];

        snprintf(line + strlen(line), 8, c < 32 || c == 127 ? "<%02x>" : "%c", c);
    }
    say("%s: %ld '%s'", what, n, line);
}

static void change(tcflag_t off_local, tcflag_t on_local)
{
    struct termios t;

    tcgetattr(s, &t);
    t.c_lflag = (t.c_lflag & ~off_local) | on_local;
    result("set", tcsetattr(s, TCSANOW, &t));
}

CASE(terminal_defaults)
{
    struct termios t;
    struct winsize w = {1, 1, 1, 1};

    open_pair();
    result("get", tcgetattr(s, &t));
    say("input %o output %o control %o local %o", t.c_iflag, t.c_oflag,
        t.c_cflag & ~(tcflag_t)CBAUD, t.c_lflag);
    say("intr %d quit %d erase %d kill %d eof %d min %d time %d susp %d", t.c_cc[VINTR],
        t.c_cc[VQUIT], t.c_cc[VERASE], t.c_cc[VKILL], t.c_cc[VEOF], t.c_cc[VMIN], t.c_cc[VTIME],
        t.c_cc[VSUSP]);
    result("size", ioctl(s, TIOCGWINSZ, &w));
    say("%d x %d", w.ws_row, w.ws_col);
    result("is one", isatty(s));
    result("so is the master", isatty(m));
    result("a file is not", isatty(put("f", "")));
}

CASE(terminal_line)
{
    open_pair();
    type("hel");
    show("not yet", s);
    type("lo\n");
    show("a line", s);
    show("echo", m);
    type("one\ntwo\n");
    show("one line at a time", s);
    show("the next", s);
}

CASE(terminal_editing)
{
    open_pair();
    change(ECHO, 0);
    type("abc\177\177d\n");
    show("erase", s);
    type("wrong\025right\n");
    show("kill", s);
    type("one two\027three\n");
    show("word erase", s);
    type("a\026\003b\n");
    show("literal next", s);
    type("\177\177x\n");
    show("erase nothing", s);
}

CASE(terminal_echo)
{
    open_pair();
    type("a\001b\177c\n");
    show("echo", m);
    change(ECHO, 0);
    type("secret\n");
    show("none", m);
    change(0, ECHONL);
    type("secret\n");
    show("only the newline", m);
}

CASE(terminal_end_of_file)
{
    char c;

    open_pair();
    type("\004");
    result("at the start of a line", read(s, &c, 1));
    type("ab\004");
    show("within a line", s);
    type("x\n");
    show("goes on", s);
}

CASE(terminal_raw)
{
    struct termios t;

    open_pair();
    tcgetattr(s, &t);
    cfmakeraw(&t);
    result("raw", tcsetattr(s, TCSANOW, &t));
    type("a");
    show("at once", s);
    show("no echo", m);
    type("\003\004\n\r");
    show("nothing is special", s);
    write(s, "x\ny", 3);
    show("nor in the output", m);
    t.c_cc[VMIN] = 0;
    t.c_cc[VTIME] = 0;
    tcsetattr(s, TCSANOW, &t);
    result("no waiting", read(s, &t, 1));
}

CASE(terminal_min_time)
{
    struct termios t;
    char text[8] = "";
    pid_t pid;

    open_pair();
    tcgetattr(s, &t);
    cfmakeraw(&t);
    t.c_cc[VMIN] = 3;
    tcsetattr(s, TCSANOW, &t);
    pid = fork();
    if (pid == 0) {
        for (int i = 0; i < 3; i++) {
            usleep(5000);
            type("x");
        }
        _exit(0);
    }
    result("three", read(s, text, 8));
    wait_status(pid);
    t.c_cc[VMIN] = 0;
    t.c_cc[VTIME] = 1;
    tcsetattr(s, TCSANOW, &t);
    result("a tenth of a second", read(s, text, 8));
    type("y");
    result("something", read(s, text, 8));
}

CASE(terminal_output)
{
    struct termios t;

    open_pair();
    write(s, "a\nb\tc", 5);
    show("newline", m);
    tcgetattr(s, &t);
    t.c_oflag &= ~(tcflag_t)ONLCR;
    tcsetattr(s, TCSADRAIN, &t);
    write(s, "a\nb", 3);
    show("as it is", m);
    t.c_oflag |= OCRNL;
    tcsetattr(s, TCSADRAIN, &t);
    write(s, "a\rb", 3);
    show("return as newline", m);
}

CASE(terminal_input)
{
    struct termios t;

    open_pair();
    change(ECHO, 0);
    type("a\rb\n");
    show("return is newline", s);
    show("another line", s);
    tcgetattr(s, &t);
    t.c_iflag = (t.c_iflag & ~(tcflag_t)ICRNL) | INLCR;
    tcsetattr(s, TCSANOW, &t);
    type("c\rd\004");
    show("as it is", s);
    t.c_iflag = IGNCR | ICRNL;
    tcsetattr(s, TCSANOW, &t);
    type("e\rf\n");
    show("ignored", s);
}

CASE(terminal_window)
{
    struct winsize w = {24, 80, 0, 0};

    open_pair();
    result("set", ioctl(m, TIOCSWINSZ, &w));
    w.ws_row = 0;
    ioctl(s, TIOCGWINSZ, &w);
    say("%d x %d", w.ws_row, w.ws_col);
    result("bad pointer", ioctl(s, TIOCGWINSZ, 8));
    result("unknown", ioctl(s, 0x5477, 0));
    result("of a pipe", (pipe((int[2]){0}), ioctl(s + 1, TIOCGWINSZ, &w)));
}

CASE(terminal_bytes)
{
    int n;

    open_pair();
    type("abc");
    ioctl(s, FIONREAD, &n);
    say("a line that is not whole: %d", n);
    type("\n");
    ioctl(s, FIONREAD, &n);
    say("whole: %d", n);
    result("flush", tcflush(s, TCIFLUSH));
    ioctl(s, FIONREAD, &n);
    say("flushed: %d", n);
    result("drain", tcdrain(s));
    result("bad flush", tcflush(s, 99));
}

CASE(terminal_hang_up)
{
    char c;

    open_pair();
    close(m);
    result("read", read(s, &c, 1));
    result("write", write(s, "x", 1));
    struct pollfd f = {s, POLLIN | POLLOUT, 0};

    poll(&f, 1, 0);
    say("poll %x", f.revents);
    open_pair();
    close(s);
    result("the master reads", read(m, &c, 1));
    f = (struct pollfd){m, POLLIN, 0};
    poll(&f, 1, 0);
    say("poll %x", f.revents);
}

CASE(terminal_poll)
{
    struct pollfd f[2];

    open_pair();
    f[0] = (struct pollfd){m, POLLIN | POLLOUT, 0};
    f[1] = (struct pollfd){s, POLLIN | POLLOUT, 0};
    poll(f, 2, 0);
    say("nothing %x %x", f[0].revents, f[1].revents);
    type("a");
    poll(f, 2, 0);
    say("part of a line %x %x", f[0].revents, f[1].revents);
    type("\n");
    poll(f, 2, 0);
    say("a line %x %x", f[0].revents, f[1].revents);
}

static void lead_session(void)
{
    struct sigaction a = {.sa_handler = note};

    result("session", setsid() == getpid());
    result("no terminal", open("/dev/tty", O_RDWR));
    result("control", ioctl(s, TIOCSCTTY, 0));
    outcome("now", open("/dev/tty", O_RDWR));
    result("group", tcgetpgrp(s) == getpgrp());
    result("session of it", tcgetsid(s) == getsid(0));
    sigaction(SIGINT, &a, NULL);
    sigaction(SIGQUIT, &a, NULL);
    sigaction(SIGTSTP, &a, NULL);
    sigaction(SIGWINCH, &a, NULL);
    type("\003");
    usleep(1000);
    say("signal %d", signals);
    type("\034");
    usleep(1000);
    say("signal %d", signals);
    type("\032");
    usleep(1000);
    say("signal %d", signals);
    struct winsize w = {30, 100, 0, 0};

    ioctl(m, TIOCSWINSZ, &w);
    usleep(1000);
    say("signal %d", signals == SIGWINCH);
    type("lost\003kept\n");
    show("a signal drops what was typed", s);
    result("a group that is not there", tcsetpgrp(s, 30000));
    result("give it up", ioctl(s, TIOCNOTTY));
    result("gone", open("/dev/tty", O_RDWR));
}

CASE(terminal_controls)
{
    open_pair();
    in_child("leader", lead_session);
}

static void read_it(void)
{
    char c;

    setpgid(0, 0);
    read(s, &c, 1);
}

static void background(void)
{
    int status = 0;
    pid_t pid;

    setsid();
    ioctl(s, TIOCSCTTY, 0);
    pid = fork();
    if (pid == 0) {
        read_it();
        _exit(0);
    }
    waitpid(pid, &status, WUNTRACED);
    say("stopped %d by %d", WIFSTOPPED(status), WSTOPSIG(status));
    type("x\n");
    tcsetpgrp(s, pid);
    kill(-pid, SIGCONT);
    say_status("reader", wait_status(pid));
    signal(SIGTTOU, SIG_IGN);
    result("take it back", tcsetpgrp(s, getpgrp()));
    signal(SIGTTOU, SIG_DFL);
    pid = fork();
    if (pid == 0) {
        struct termios t;

        setpgid(0, 0);
        write(s, "w", 1);
        tcgetattr(s, &t);
        tcsetattr(s, TCSANOW, &t);
        _exit(0);
    }
    waitpid(pid, &status, WUNTRACED);
    say("changing it stops %d by %d", WIFSTOPPED(status), WSTOPSIG(status));
    kill(pid, SIGKILL);
    wait_status(pid);
    show("writing did not", m);
}

CASE(terminal_background)
{
    open_pair();
    in_child("leader", background);
}

static void die_as_leader(void)
{
    setsid();
    ioctl(s, TIOCSCTTY, 0);
    if (fork() == 0) {
        signal(SIGHUP, SIG_DFL);
        pause();
    }
    _exit(0);
}

CASE(terminal_leader_dies)
{
    open_pair();
    in_child("leader", die_as_leader);
    usleep(20000);
    char c;

    result("read", read(s, &c, 1));
}

CASE(terminal_names)
{
    char name[64] = "", path[64] = "";
    struct stat st;
    unsigned n = 99;

    open_pair();
    ptsname_r(m, name, sizeof name);
    say("%.9s", name);
    result("number", ioctl(m, TIOCGPTN, &n));
    snprintf(path, sizeof path, "/dev/pts/%u", n);
    result("same name", strcmp(path, name));
    fstat(s, &st);
    say("mode %o group %d", st.st_mode, (int)st.st_gid);
    result("ttyname", ttyname_r(s, path, sizeof path));
    result("same", strcmp(path, name));
    close(s);
    close(m);
    result("gone", stat(name, &st));
    m = open("/dev/ptmx", O_RDWR | O_NOCTTY);
    ptsname_r(m, name, sizeof name);
    outcome("locked", open(name, O_RDWR | O_NOCTTY));
}
