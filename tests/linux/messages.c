/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages on AF_UNIX sockets: parts, descriptors, credentials. */
#include "case.h"

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

static int p[2];

/* Send bytes with descriptors. */
static long send_fds(int to, const char *text, size_t bytes, const int *fds, int count)
{
    union {
        char bytes[CMSG_SPACE(300 * sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    struct iovec part = {(void *)text, bytes};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
                       .msg_controllen = CMSG_SPACE((size_t)count * sizeof(int))};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);

    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
    memcpy(CMSG_DATA(c), fds, (size_t)count * sizeof(int));
    return sendmsg(to, &m, MSG_NOSIGNAL);
}

static int got[10], got_count;

/* Receive, and say what came. @param room for control data */
static void receive(const char *what, int from, size_t bytes, size_t room, int flags)
{
    union {
        char bytes[512];
        struct cmsghdr align;
    } control;
    char text[64] = "";
    struct iovec part = {text, bytes};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
                       .msg_controllen = room};
    long n = recvmsg(from, &m, flags);

    got_count = 0;
    if (n < 0) {
        say("%s: %s", what, error_name(errno));
        return;
    }
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c != NULL; c = CMSG_NXTHDR(&m, c)) {
        if (c->cmsg_type == SCM_RIGHTS) {
            got_count = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
            memcpy(got, CMSG_DATA(c), (got_count < 10 ? (size_t)got_count : 10) * sizeof(int));
        } else if (c->cmsg_type == SCM_CREDENTIALS) {
            struct ucred *u = (struct ucred *)(void *)CMSG_DATA(c);

            say("  credentials: known %d uid %u gid %u", u->pid == getpid() || u->pid == getppid(),
                u->uid, u->gid);
        }
    }
    say("%s: %ld '%s' descriptors %d control %zu flags %x", what, n, text, got_count,
        m.msg_controllen, (unsigned)m.msg_flags);
}

CASE(message_parts)
{
    char a[3] = "", b[8] = "";
    struct iovec out[2] = {{"hel", 3}, {"lo", 2}}, in[2] = {{a, 2}, {b, 8}};
    struct msghdr m = {.msg_iov = out, .msg_iovlen = 2};

    socketpair(AF_UNIX, SOCK_DGRAM, 0, p);
    result("send", sendmsg(p[0], &m, 0));
    m.msg_iov = in;
    result("receive", recvmsg(p[1], &m, 0));
    say("'%s' '%s' flags %x", a, b, (unsigned)m.msg_flags);
    m.msg_iov = out;
    sendmsg(p[0], &m, 0);
    m.msg_iov = in;
    m.msg_iovlen = 1;
    result("cut", recvmsg(p[1], &m, 0));
    say("flags %x", (unsigned)m.msg_flags);
    m.msg_iovlen = 1025;
    result("too many parts", sendmsg(p[0], &m, 0));
    result("bad pointer", syscall(SYS_sendmsg, p[0], 8, 0));
    result("bad pointer to receive", syscall(SYS_recvmsg, p[0], 8, MSG_DONTWAIT));
    m.msg_iovlen = 1;
    m.msg_iov = (void *)8;
    result("bad parts", sendmsg(p[0], &m, 0));
}

CASE(message_many)
{
    char a[8] = "", b[8] = "";
    struct iovec out[2] = {{"one", 3}, {"three", 5}}, in[2] = {{a, 8}, {b, 8}};
    struct mmsghdr m[2] = {{.msg_hdr = {.msg_iov = &out[0], .msg_iovlen = 1}},
                           {.msg_hdr = {.msg_iov = &out[1], .msg_iovlen = 1}}};

    socketpair(AF_UNIX, SOCK_DGRAM, 0, p);
    result("send", sendmmsg(p[0], m, 2, 0));
    say("%u %u", m[0].msg_len, m[1].msg_len);
    m[0].msg_hdr.msg_iov = &in[0];
    m[1].msg_hdr.msg_iov = &in[1];
    result("receive", recvmmsg(p[1], m, 2, 0, NULL));
    say("%s %s %u %u", a, b, m[0].msg_len, m[1].msg_len);
    result("nothing", recvmmsg(p[1], m, 2, MSG_DONTWAIT, NULL));
    send(p[0], "x", 1, 0);
    result("what there is", recvmmsg(p[1], m, 2, MSG_WAITFORONE, NULL));
}

CASE(message_descriptor)
{
    int fd = put("f", "hello");
    char text[8] = "";

    socketpair(AF_UNIX, SOCK_STREAM, 0, p);
    result("send", send_fds(p[0], "x", 1, &fd, 1));
    receive("receive", p[1], 10, 100, 0);
    result("another number", got[0] != fd);
    result("the same file", lseek(fd, 1, SEEK_SET) == lseek(got[0], 0, SEEK_CUR));
    result("read", read(got[0], text, 8));
    result("flag", fcntl(got[0], F_GETFD));
    send_fds(p[0], "x", 1, &fd, 1);
    receive("close on exec", p[1], 10, 100, MSG_CMSG_CLOEXEC);
    result("flag", fcntl(got[0], F_GETFD));
    int bad = 99;

    result("not open", send_fds(p[0], "x", 1, &bad, 1));
    result("without bytes", send_fds(p[0], "", 0, &fd, 1));
    receive("nothing came", p[1], 10, 100, MSG_DONTWAIT);
}

CASE(message_descriptors_do_not_mix)
{
    int fd = put("f", "");

    socketpair(AF_UNIX, SOCK_STREAM, 0, p);
    write(p[0], "ab", 2);
    send_fds(p[0], "cd", 2, &fd, 1);
    write(p[0], "ef", 2);
    send_fds(p[0], "gh", 2, &fd, 1);
    receive("first", p[1], 60, 100, MSG_DONTWAIT);
    receive("second", p[1], 60, 100, MSG_DONTWAIT);
    receive("third", p[1], 60, 100, MSG_DONTWAIT);
    receive("fourth", p[1], 60, 100, MSG_DONTWAIT);
}

CASE(message_descriptors_no_room)
{
    int fds[3] = {put("a", ""), put("b", ""), put("c", "")};
    struct stat s, t;

    socketpair(AF_UNIX, SOCK_DGRAM, 0, p);
    send_fds(p[0], "x", 1, fds, 3);
    receive("room for two", p[1], 10, CMSG_SPACE(2 * sizeof(int)), 0);
    fstat(fds[0], &s);
    fstat(got[0], &t);
    say("the first %d", s.st_ino == t.st_ino);
    send_fds(p[0], "x", 1, fds, 3);
    receive("no room", p[1], 10, 0, 0);
    send_fds(p[0], "x", 1, fds, 3);
    receive("room for a header", p[1], 10, CMSG_LEN(0), 0);
    int next = dup(1);

    say("none was left open %d", next == got[1] + 1 || got_count == 0);
}

CASE(message_descriptor_in_flight)
{
    int q[2];
    char text[8] = "";

    pipe(q);
    socketpair(AF_UNIX, SOCK_STREAM, 0, p);
    send_fds(p[0], "x", 1, &q[1], 1);
    close(q[1]);
    fcntl(q[0], F_SETFL, O_NONBLOCK);
    result("it lives", read(q[0], text, 1));
    receive("receive", p[1], 10, 100, 0);
    result("write", write(got[0], "y", 1));
    close(got[0]);
    result("read", read(q[0], text, 8));
    result("the end", read(q[0], text, 8));
    pipe(q);
    send_fds(p[0], "x", 1, &q[1], 1);
    close(q[1]);
    close(p[0]);
    close(p[1]);
    result("it went with the socket", read(q[0], text, 1));
}

CASE(message_descriptor_by_read)
{
    int q[2];
    char text[8];

    pipe(q);
    socketpair(AF_UNIX, SOCK_STREAM, 0, p);
    send_fds(p[0], "xy", 2, &q[1], 1);
    close(q[1]);
    fcntl(q[0], F_SETFL, O_NONBLOCK);
    result("read", read(p[1], text, 1));
    result("who does not take it loses it", read(q[0], text, 1));
    result("the other byte", read(p[1], text, 8));
}

CASE(message_descriptor_peek)
{
    int fd = put("f", "");

    socketpair(AF_UNIX, SOCK_STREAM, 0, p);
    send_fds(p[0], "x", 1, &fd, 1);
    receive("peek", p[1], 10, 100, MSG_PEEK);
    receive("take", p[1], 10, 100, 0);
}

CASE(message_descriptor_limits)
{
    int fds[300];
    struct rlimit r;

    for (int i = 0; i < 300; i++)
        fds[i] = 1;
    socketpair(AF_UNIX, SOCK_DGRAM, 0, p);
    result("253", send_fds(p[0], "x", 1, fds, 253));
    result("254", send_fds(p[0], "x", 1, fds, 254));
    recv(p[1], fds, 1, 0);
    send_fds(p[0], "x", 1, (int[3]){0, 1, 2}, 3);
    r = (struct rlimit){(rlim_t)dup(1) + 2, 1000};
    setrlimit(RLIMIT_NOFILE, &r);
    receive("room for one descriptor", p[1], 10, 100, 0);
}

CASE(message_descriptor_of_itself)
{
    char c;

    socketpair(AF_UNIX, SOCK_STREAM, 0, p);
    result("send", send_fds(p[0], "x", 1, &p[1], 1));
    close(p[1]);
    result("the other end is in its own queue", write(p[0], "y", 1));
    fcntl(p[0], F_SETFL, O_NONBLOCK);
    result("read", read(p[0], &c, 1));
}

static long send_credentials(int to, pid_t pid, uid_t uid, gid_t gid)
{
    union {
        char bytes[CMSG_SPACE(sizeof(struct ucred))];
        struct cmsghdr align;
    } control = {0};
    struct ucred u = {pid, uid, gid};
    struct iovec part = {"c", 1};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
                       .msg_controllen = sizeof control};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);

    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_CREDENTIALS;
    c->cmsg_len = CMSG_LEN(sizeof u);
    memcpy(CMSG_DATA(c), &u, sizeof u);
    return sendmsg(to, &m, 0);
}

static void other_user(void)
{
    result("setuid", setresuid(1000, 1000, 1000));
    result("mine", send_credentials(p[0], getpid(), 1000, 0));
    receive("mine", p[1], 10, 100, 0);
    result("root's", send_credentials(p[0], getpid(), 0, 0));
    result("another process", send_credentials(p[0], getppid(), 1000, 0));
}

CASE(message_credentials)
{
    int on = 1;

    socketpair(AF_UNIX, SOCK_DGRAM, 0, p);
    setsockopt(p[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
    send(p[0], "x", 1, 0);
    receive("by themselves", p[1], 10, 100, 0);
    result("given", send_credentials(p[0], getpid(), 0, 0));
    receive("given", p[1], 10, 100, 0);
    result("of another user, by root", send_credentials(p[0], getpid(), 1000, 5));
    receive("of another user", p[1], 10, 100, 0);
    in_child("another user", other_user);
}

CASE(message_control_errors)
{
    union {
        char bytes[64];
        struct cmsghdr align;
    } control = {0};
    struct iovec part = {"c", 1};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
                       .msg_controllen = CMSG_SPACE(4)};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);

    socketpair(AF_UNIX, SOCK_DGRAM, 0, p);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = 77;
    c->cmsg_len = CMSG_LEN(4);
    result("unknown type", sendmsg(p[0], &m, 0));
    c->cmsg_level = 99;
    result("unknown level", sendmsg(p[0], &m, 0));
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = 3;
    result("too short", sendmsg(p[0], &m, 0));
    c->cmsg_len = 1000;
    result("longer than the rest", sendmsg(p[0], &m, 0));
    c->cmsg_len = CMSG_LEN(sizeof(struct ucred)) - 1;
    c->cmsg_type = SCM_CREDENTIALS;
    result("short credentials", sendmsg(p[0], &m, 0));
    m.msg_controllen = 1ul << 40;
    result("far too long", sendmsg(p[0], &m, 0));
    m.msg_controllen = 16;
    m.msg_control = (void *)8;
    result("bad pointer", sendmsg(p[0], &m, 0));
}

CASE(message_name)
{
    int a = socket(AF_UNIX, SOCK_DGRAM, 0), b = socket(AF_UNIX, SOCK_DGRAM, 0);
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "a"}, from = {0};
    char text[8] = "";
    struct iovec part = {"hey", 3}, in = {text, 8};
    struct msghdr m = {.msg_name = &name, .msg_namelen = sizeof name, .msg_iov = &part,
                       .msg_iovlen = 1};

    bind(a, (struct sockaddr *)&name, sizeof name);
    result("send", sendmsg(b, &m, 0));
    m = (struct msghdr){
        .msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &in, .msg_iovlen = 1};
    result("receive", recvmsg(a, &m, 0));
    say("'%s', name of %u", text, m.msg_namelen);
}
