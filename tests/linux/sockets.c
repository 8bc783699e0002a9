/* SPDX-License-Identifier: BSD-2-Clause */
/* AF_UNIX sockets. */
#include "case.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>

static int p[2];
static volatile sig_atomic_t signals;
static int bytes;

static void note(int n)
{
    signals = n;
}

static int ready(int fd)
{
    struct pollfd f = {fd, POLLIN | POLLOUT | POLLRDHUP, 0};

    return poll(&f, 1, 0) < 0 ? -1 : f.revents;
}

/* An address; '@' stands for the zero of an abstract one. */
static socklen_t address(struct sockaddr_un *a, const char *name)
{
    memset(a, 0, sizeof *a);
    a->sun_family = AF_UNIX;
    strcpy(a->sun_path, name);
    if (name[0] == '@') {
        a->sun_path[0] = 0;
        return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
    }
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name) + 1);
}

static int bind_to(int fd, const char *name)
{
    struct sockaddr_un a;
    socklen_t n = address(&a, name);

    return bind(fd, (struct sockaddr *)&a, n);
}

static int connect_to(int fd, const char *name)
{
    struct sockaddr_un a;
    socklen_t n = address(&a, name);

    return connect(fd, (struct sockaddr *)&a, n);
}

static void show_name(const char *what, int r, const struct sockaddr_un *a, socklen_t n)
{
    char text[120] = "";

    if (r < 0) {
        say("%s: %s", what, error_name(errno));
        return;
    }
    for (unsigned i = 0; i + 2 < n && i < 100; i++)
        text[i] = a->sun_path[i] == 0 ? '@' : a->sun_path[i];
    say("%s: length %u family %d '%s'", what, n, a->sun_family, text);
}

static void names(int fd)
{
    struct sockaddr_un a = {0};
    socklen_t n = sizeof a;
    int r = getsockname(fd, (struct sockaddr *)&a, &n);

    show_name("name", r, &a, n);
    memset(&a, 0, sizeof a);
    n = sizeof a;
    r = getpeername(fd, (struct sockaddr *)&a, &n);
    show_name("peer", r, &a, n);
}

CASE(socket_create)
{
    result("unknown family", socket(200, SOCK_STREAM, 0));
    result("unknown type", socket(AF_UNIX, 77, 0));
    result("unknown protocol", socket(AF_UNIX, SOCK_STREAM, 6));
    result("protocol 1", socket(AF_UNIX, SOCK_STREAM, 1) >= 0);
    result("raw", socket(AF_UNIX, SOCK_RAW, 0) >= 0);
    result("bad flag", socket(AF_UNIX, SOCK_STREAM | 0x100, 0));
    result("bad pointer", syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, 8));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    result("flag", fcntl(fd, F_GETFD));
    result("does not wait", (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    result("mode", fcntl(fd, F_GETFL) & O_ACCMODE);
    struct stat s;

    fstat(fd, &s);
    say("type %o", s.st_mode & S_IFMT);
    result("not a socket", listen(1, 1));
    result("not open", listen(99, 1));
}

CASE(socket_pair_stream)
{
    char text[16] = "";

    result("pair", socketpair(AF_UNIX, SOCK_STREAM, 0, p));
    names(p[0]);
    result("write", write(p[0], "hello", 5));
    result("and more", send(p[0], " you", 4, 0));
    result("read", read(p[1], text, 16));
    say("%s", text);
    result("back", write(p[1], "x", 1));
    result("peek", recv(p[0], text, 1, MSG_PEEK));
    result("bytes", ioctl(p[0], FIONREAD, &bytes));
    say("%d", bytes);
    result("take", recv(p[0], text, 16, 0));
    result("nothing there", recv(p[0], text, 16, MSG_DONTWAIT));
    say("poll %x", ready(p[0]));
    close(p[1]);
    say("poll %x", ready(p[0]));
    result("the end", read(p[0], text, 16));
    signal(SIGPIPE, note);
    result("write", write(p[0], "x", 1));
    say("signal %d", signals);
    signals = 0;
    result("without signal", send(p[0], "x", 1, MSG_NOSIGNAL));
    say("signal %d", signals);
}

CASE(socket_pair_datagram)
{
    char text[16] = "";

    result("pair", socketpair(AF_UNIX, SOCK_DGRAM, 0, p));
    result("one", send(p[0], "hello", 5, 0));
    result("two", send(p[0], "you", 3, 0));
    result("empty", send(p[0], "", 0, 0));
    result("cut", recv(p[1], text, 2, 0));
    result("the true length", recv(p[1], text, 1, MSG_TRUNC));
    result("empty", recv(p[1], text, 16, 0));
    result("nothing there", recv(p[1], text, 16, MSG_DONTWAIT));
    close(p[1]);
    result("nobody", send(p[0], "x", 1, MSG_NOSIGNAL));
    result("read", recv(p[0], text, 1, MSG_DONTWAIT));
}

CASE(socket_pair_packets)
{
    char text[16] = "";

    result("pair", socketpair(AF_UNIX, SOCK_SEQPACKET, 0, p));
    result("one", send(p[0], "hello", 5, 0));
    result("two", send(p[0], "you", 3, 0));
    result("cut", recv(p[1], text, 2, 0));
    result("next", recv(p[1], text, 16, 0));
    close(p[0]);
    result("the end", recv(p[1], text, 16, 0));
    result("write", send(p[1], "x", 1, MSG_NOSIGNAL));
}

CASE(socket_bind)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0), other = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un a;
    struct stat s;

    umask(027);
    result("bind", bind_to(fd, "s"));
    stat("s", &s);
    say("mode %o", s.st_mode);
    names(fd);
    result("again", bind_to(fd, "t"));
    result("the same name", bind_to(other, "s"));
    result("where nothing is", bind_to(other, "none/s"));
    outcome("open it", open("s", O_RDWR));
    address(&a, "u");
    result("too short", bind(other, (struct sockaddr *)&a, 1));
    result("too long", bind(other, (struct sockaddr *)&a, sizeof a + 1));
    a.sun_family = AF_INET;
    result("another family", bind(other, (struct sockaddr *)&a, 10));
    result("bad pointer", syscall(SYS_bind, other, 8, 10));
    a.sun_family = AF_UNIX;
    result("by itself", bind(other, (struct sockaddr *)&a, 2));
    struct sockaddr_un b = {0};
    socklen_t n = sizeof b;

    getsockname(other, (struct sockaddr *)&b, &n);
    say("length %u", n);
    close(fd);
    result("the name stays", stat("s", &s));
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    result("but nobody listens", connect_to(fd, "s"));
}

CASE(socket_abstract)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0), other = socket(AF_UNIX, SOCK_STREAM, 0);

    result("bind", bind_to(fd, "@case-name"));
    names(fd);
    result("the same", bind_to(other, "@case-name"));
    result("longer", bind_to(other, "@case-name-longer"));
    listen(fd, 1);
    int c = socket(AF_UNIX, SOCK_STREAM, 0);

    result("connect", connect_to(c, "@case-name"));
    names(c);
    close(fd);
    result("gone", connect_to(socket(AF_UNIX, SOCK_STREAM, 0), "@case-name"));
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    result("free again", bind_to(fd, "@case-name"));
}

CASE(socket_connect)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0), a;

    result("listen without a name", listen(fd, 1));
    bind_to(fd, "s");
    result("nobody listens", connect_to(c, "s"));
    result("listen", listen(fd, 5));
    result("connect", connect_to(c, "s"));
    result("again", connect_to(c, "s"));
    result("not there", connect_to(socket(AF_UNIX, SOCK_STREAM, 0), "none"));
    result("not a socket", (close(put("f", "")), connect_to(socket(AF_UNIX, SOCK_STREAM, 0), "f")));
    result("another type", connect_to(socket(AF_UNIX, SOCK_DGRAM, 0), "s"));
    say("waits to be accepted %x", ready(fd));
    result("write before", write(c, "early", 5));
    a = accept(fd, NULL, NULL);
    outcome("accept", a);
    char text[8] = "";

    result("read", read(a, text, 8));
    say("%s", text);
    names(a);
    names(c);
    result("nobody else",
           accept4(fd, NULL, NULL, SOCK_NONBLOCK) >= 0 ? 1 : (fcntl(fd, F_SETFL, O_NONBLOCK), 0));
}

CASE(socket_accept)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0), c, a;
    struct sockaddr_un from = {0};
    socklen_t n = sizeof from;

    result("not listening", accept(fd, NULL, NULL));
    bind_to(fd, "s");
    listen(fd, 1);
    result("nobody", accept(fd, NULL, NULL));
    c = socket(AF_UNIX, SOCK_STREAM, 0);
    bind_to(c, "client");
    connect_to(c, "s");
    a = accept4(fd, (struct sockaddr *)&from, &n, SOCK_CLOEXEC);
    show_name("from", a, &from, n);
    result("flag", fcntl(a, F_GETFD));
    result("waits", (fcntl(a, F_GETFL) & O_NONBLOCK) == 0);
    result("bad flag", accept4(fd, NULL, NULL, 1));
    result("a connected one", accept(a, NULL, NULL));
    result("a datagram one", accept(socket(AF_UNIX, SOCK_DGRAM, 0), NULL, NULL));
    connect_to(socket(AF_UNIX, SOCK_STREAM, 0), "s");
    close(fd);
    result("its listener has gone", write(c, "x", 1));
}

CASE(socket_backlog)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0), n = 0;

    bind_to(fd, "s");
    listen(fd, 2);
    for (; n < 10; n++) {
        int c = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

        if (connect_to(c, "s") != 0)
            break;
    }
    say("%d, then %s", n, error_name(errno));
    accept(fd, NULL, NULL);
    result("one more", connect_to(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0), "s"));
}

CASE(socket_connect_waits)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    pid_t pid;

    bind_to(fd, "s");
    listen(fd, 0);
    result("first", connect_to(socket(AF_UNIX, SOCK_STREAM, 0), "s"));
    pid = fork();
    if (pid == 0) {
        result("second", connect_to(socket(AF_UNIX, SOCK_STREAM, 0), "s"));
        _exit(0);
    }
    usleep(30000);
    say("accept");
    accept(fd, NULL, NULL);
    say_status("child", wait_status(pid));
}

CASE(socket_listener_goes)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0);
    char text[4];

    bind_to(fd, "s");
    listen(fd, 5);
    connect_to(c, "s");
    close(fd);
    result("read", read(c, text, 4));
    signal(SIGPIPE, SIG_IGN);
    result("write", write(c, "x", 1));
    say("poll %x", ready(c));
}

CASE(socket_datagrams)
{
    int a = socket(AF_UNIX, SOCK_DGRAM, 0), b = socket(AF_UNIX, SOCK_DGRAM, 0);
    struct sockaddr_un to, from = {0};
    socklen_t n, m = sizeof from;
    char text[16] = "";

    bind_to(a, "a");
    n = address(&to, "a");
    result("not connected", send(b, "x", 1, 0));
    result("send", sendto(b, "hello", 5, 0, (struct sockaddr *)&to, n));
    result("receive", recvfrom(a, text, 16, 0, (struct sockaddr *)&from, &m));
    say("from length %u", m);
    bind_to(b, "b");
    m = sizeof from;
    sendto(b, "again", 5, 0, (struct sockaddr *)&to, n);
    int r = (int)recvfrom(a, text, 16, 0, (struct sockaddr *)&from, &m);

    show_name("from", r, &from, m);
    result("connect", connect_to(b, "a"));
    result("send", send(b, "x", 1, 0));
    result("a is not connected", send(a, "x", 1, 0));
    n = address(&to, "none");
    result("to nobody", sendto(b, "x", 1, 0, (struct sockaddr *)&to, n));
    connect_to(a, "b");
    int c = socket(AF_UNIX, SOCK_DGRAM, 0);

    result("to one that is connected elsewhere", connect_to(c, "a"));
    struct sockaddr none = {.sa_family = AF_UNSPEC};

    result("disconnect", connect(b, &none, sizeof none));
    result("no longer", send(b, "x", 1, 0));
    close(a);
    result("its peer is gone", connect_to(b, "a"));
}

CASE(socket_datagram_queue)
{
    int n = 0;

    socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, p);
    while (n < 1000 && send(p[0], "x", 1, 0) == 1)
        n++;
    say("%d, then %s", n, error_name(errno));
    say("poll %x", ready(p[0]) & POLLOUT);
    char text[4];

    recv(p[1], text, 4, 0);
    result("one more", send(p[0], "x", 1, 0));
}

CASE(socket_shutdown)
{
    char text[8];

    signal(SIGPIPE, SIG_IGN);
    socketpair(AF_UNIX, SOCK_STREAM, 0, p);
    write(p[0], "last", 4);
    result("no more writing", shutdown(p[0], SHUT_WR));
    result("write", write(p[0], "x", 1));
    say("poll %x %x", ready(p[0]), ready(p[1]));
    result("read what was", read(p[1], text, 8));
    result("the end", read(p[1], text, 8));
    result("the other way", write(p[1], "y", 1));
    result("read", read(p[0], text, 8));
    result("no more reading", shutdown(p[0], SHUT_RD));
    result("write to it", write(p[1], "y", 1));
    result("read", read(p[0], text, 8));
    say("poll %x %x", ready(p[0]), ready(p[1]));
    result("how", shutdown(p[0], 7));
    result("not connected", shutdown(socket(AF_UNIX, SOCK_STREAM, 0), SHUT_RD));
    result("not a socket", shutdown(1, SHUT_RD));
}

CASE(socket_options)
{
    int value = 7;
    socklen_t n = sizeof value;
    struct ucred u;

    socketpair(AF_UNIX, SOCK_STREAM, 0, p);
    result("type", getsockopt(p[0], SOL_SOCKET, SO_TYPE, &value, &n));
    say("%d", value);
    getsockopt(p[0], SOL_SOCKET, SO_DOMAIN, &value, &n);
    say("domain %d", value);
    getsockopt(p[0], SOL_SOCKET, SO_ACCEPTCONN, &value, &n);
    say("listens %d", value);
    value = 1;
    result("pass credentials", setsockopt(p[0], SOL_SOCKET, SO_PASSCRED, &value, sizeof value));
    value = 0;
    getsockopt(p[0], SOL_SOCKET, SO_PASSCRED, &value, &n);
    say("%d", value);
    n = sizeof u;
    result("peer", getsockopt(p[0], SOL_SOCKET, SO_PEERCRED, &u, &n));
    say("me %d uid %u gid %u", u.pid == getpid(), u.uid, u.gid);
    n = 2;
    result("short", getsockopt(p[0], SOL_SOCKET, SO_TYPE, &value, &n));
    say("length %u", n);
    n = sizeof value;
    result("unknown option", getsockopt(p[0], SOL_SOCKET, 9999, &value, &n));
    result("unknown level", getsockopt(p[0], 9999, SO_TYPE, &value, &n));
    result("it cannot be set", setsockopt(p[0], SOL_SOCKET, SO_TYPE, &value, sizeof value));
    result("too short", setsockopt(p[0], SOL_SOCKET, SO_PASSCRED, &value, 1));
    result("bad pointer", syscall(SYS_getsockopt, p[0], SOL_SOCKET, SO_TYPE, 8, &n));
    result("bad length", syscall(SYS_getsockopt, p[0], SOL_SOCKET, SO_TYPE, &value, 8));
    result("error", getsockopt(p[0], SOL_SOCKET, SO_ERROR, &value, &n));
    say("%d", value);
}

CASE(socket_timeouts)
{
    struct timeval t = {0, 20000}, got;
    socklen_t n = sizeof got;
    char c;

    socketpair(AF_UNIX, SOCK_STREAM, 0, p);
    result("set", setsockopt(p[0], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t));
    getsockopt(p[0], SOL_SOCKET, SO_RCVTIMEO, &got, &n);
    say("%ld %ld", (long)got.tv_sec, (long)got.tv_usec);
    result("read", read(p[0], &c, 1));
    t.tv_usec = 2000000;
    result("bad time", setsockopt(p[0], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t));
    t = (struct timeval){0, 20000};
    setsockopt(p[0], SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
    static char block[1 << 20];
    long sent = send(p[0], block, sizeof block, 0);

    say("part %d", sent > 0 && sent < (long)sizeof block);
    result("write", write(p[0], block, sizeof block));
}

CASE(socket_wait_all)
{
    char text[16] = "";
    pid_t pid;

    socketpair(AF_UNIX, SOCK_STREAM, 0, p);
    pid = fork();
    if (pid == 0) {
        for (int i = 0; i < 3; i++) {
            write(p[1], "ab", 2);
            usleep(5000);
        }
        _exit(0);
    }
    result("all", recv(p[0], text, 5, MSG_WAITALL));
    close(p[1]);
    result("no more than there is", recv(p[0], text, 5, MSG_WAITALL));
    wait_status(pid);
}

CASE(socket_peek_offset)
{
    char text[16] = "";

    socketpair(AF_UNIX, SOCK_STREAM, 0, p);
    write(p[0], "abc", 3);
    write(p[0], "def", 3);
    result("peek", recv(p[1], text, 16, MSG_PEEK));
    result("peek", recv(p[1], text, 4, MSG_PEEK));
    result("out of band", send(p[0], "x", 1, MSG_OOB) >= 0 ? 0 : 0);
    result("read", recv(p[1], text, 4, 0));
    say("%.4s", text);
}

CASE(socket_many_clients)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0), sum = 0;

    bind_to(fd, "s");
    listen(fd, 10);
    for (int i = 1; i <= 5; i++) {
        if (fork() == 0) {
            int c = socket(AF_UNIX, SOCK_STREAM, 0), reply = 0;

            connect_to(c, "s");
            write(c, &i, sizeof i);
            read(c, &reply, sizeof reply);
            _exit(reply == i * i ? 0 : 1);
        }
    }
    for (int i = 0; i < 5; i++) {
        int c = accept(fd, NULL, NULL), n = 0;

        read(c, &n, sizeof n);
        sum += n;
        n *= n;
        write(c, &n, sizeof n);
        close(c);
    }
    int status, bad = 0;

    while (wait(&status) > 0)
        bad += status != 0;
    say("sum %d, wrong %d", sum, bad);
}
