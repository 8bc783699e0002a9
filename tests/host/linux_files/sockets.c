/* SPDX-License-Identifier: BSD-2-Clause */
/* AF_UNIX sockets, compared with Linux's. */
#include "compare.h"
#include "listed.h"

struct user_message {
    void *name;
    uint32_t name_length, pad;
    struct iovec *parts;
    word_t part_count;
    void *control;
    word_t control_length;
    int32_t flags, pad2;
};

/* Places in the arena. */
#define IN      ((uint8_t *)arena.in)
#define ADDRESS (IN + 6000)
#define LENGTH  ((int32_t *)(IN + 6200))
#define MESSAGE ((struct user_message *)(IN + 6300))
#define PARTS   ((struct iovec *)(IN + 6400))
#define CONTROL (IN + 6500)
#define PAIR    ((int32_t *)OUT)

static int address(const char *path, size_t length)
{
    ADDRESS[0] = 1;
    ADDRESS[1] = 0;
    memset(ADDRESS + 2, 0, 108);
    memcpy(ADDRESS + 2, path, length);
    return (int)length + 2;
}

static void pairs(unsigned type)
{
    long a, b;

    DO(socketpair, 1, type | O_NONBLOCK, 0, OUT);
    a = PAIR[0];
    b = PAIR[1];
    DO(read, a, OUT, 10);
    DO(write, a, text("hello"), 5);
    DO(ioctl, b, 0x541b, OUT);
    DO(recvfrom, b, OUT, 3, 2, 0, 0);
    DO(recvfrom, b, OUT, 3, 0, 0, 0);
    DO(recvfrom, b, OUT, 10, 0, 0, 0);
    DO(sendto, a, text("more"), 4, 0, 0, 0);
    DO(sendto, a, text("and more"), 8, 0, 0, 0);
    DO(recvfrom, b, OUT, 2, 0x20, 0, 0);
    DO(read, b, OUT, 100);
    DO(read, b, OUT, 100);
    DO(write, a, OUT, 0);
    DO(read, b, OUT, 10);
    DO(fstat, a, OUT + 100);
    DO(lseek, a, 0, 0);
    DO(pread64, a, OUT, 1, 0);
    DO(fcntl, a, F_GETFL);
    *LENGTH = 100;
    DO(getsockname, a, OUT, LENGTH);
    *LENGTH = 100;
    DO(getpeername, a, OUT, LENGTH);
    DO(shutdown, a, 7);
    DO(shutdown, a, 1);
    DO(write, a, text("x"), 1);
    DO(read, b, OUT, 10);
    DO(write, b, text("back"), 4);
    DO(read, a, OUT, 10);
    DO(close, b);
    DO(read, a, OUT, 10);
    DO(write, a, text("x"), 1);
    DO(sendto, a, text("x"), 1, 0x4000, 0, 0);
}

static void names(unsigned type)
{
    struct linux_pollfd *p = (struct linux_pollfd *)(arena.in + 7000);
    long l = DO(socket, 1, type | O_NONBLOCK, 0), c, s;
    int n = address("sock", 5);

    DO(listen, l, 5);
    DO(bind, l, ADDRESS, 1);
    DO(bind, l, ADDRESS, 200);
    DO(bind, l, ADDRESS, n);
    DO(bind, l, ADDRESS, n);
    DO(lstat, "sock", OUT);
    *LENGTH = 100;
    DO(getsockname, l, OUT, LENGTH);
    *LENGTH = 4;
    DO(getsockname, l, OUT, LENGTH);
    DO(openat, AT, "sock", O_RDWR);
    c = DO(socket, 1, type | O_NONBLOCK, 0);
    DO(bind, c, ADDRESS, n);
    DO(connect, c, ADDRESS, n);
    DO(read, c, OUT, 5);
    DO(write, c, text("x"), 1);
    *LENGTH = 100;
    DO(getpeername, c, OUT, LENGTH);
    p[0] = (struct linux_pollfd){(int)c, 0x3fff, 0};
    p[1] = (struct linux_pollfd){(int)l, 0x3fff, 0};
    DO(poll, p, 2, 0);
    DO(accept4, l, 0, 0, 0);
    DO(listen, l, 1);
    DO(poll, p, 2, 0);
    DO(connect, c, ADDRESS, n);
    DO(connect, c, ADDRESS, n);
    DO(poll, p, 2, 0);
    *LENGTH = 100;
    s = DO(accept4, l, OUT, LENGTH, O_NONBLOCK);
    DO(accept4, l, 0, 0, 0);
    DO(write, c, text("to the server"), 13);
    p[2] = (struct linux_pollfd){(int)s, 0x3fff, 0};
    DO(poll, p, 3, 0);
    DO(read, s, OUT, 100);
    DO(poll, p, 3, 0);
    DO(connect, l, ADDRESS, n);
    DO(close, s);
    DO(poll, p, 2, 0);
    DO(read, c, OUT, 5);
    DO(write, c, OUT, 5);
    DO(close, l);
    DO(close, c);
    c = DO(socket, 1, type, 0);
    DO(connect, c, ADDRESS, n);
    n = address("nothing", 8);
    DO(connect, c, ADDRESS, n);
    n = address("\0abstract", 9);
    DO(connect, c, ADDRESS, n);
    DO(bind, c, ADDRESS, n);
    *LENGTH = 100;
    DO(getsockname, c, OUT, LENGTH);
    DO(unlink, "sock");
}

static void datagrams(void)
{
    long a = DO(socket, 1, 2 | O_NONBLOCK, 0), b = DO(socket, 1, 2 | O_NONBLOCK, 0);
    int n = address("\0datagrams", 10);

    DO(bind, a, ADDRESS, n);
    DO(sendto, b, text("one"), 3, 0, ADDRESS, n);
    DO(sendto, b, text("x"), 1, 0, 0, 0);
    *LENGTH = 100;
    DO(recvfrom, a, OUT, 10, 0, OUT + 100, LENGTH);
    n = address("\0other", 6);
    DO(bind, b, ADDRESS, n);
    n = address("\0datagrams", 10);
    DO(connect, b, ADDRESS, n);
    DO(write, b, text("two"), 3);
    *LENGTH = 100;
    DO(recvfrom, a, OUT, 10, 0, OUT + 100, LENGTH);
    *LENGTH = 100;
    DO(getpeername, b, OUT, LENGTH);
    DO(sendto, b, text("empty"), 0, 0, 0, 0);
    DO(recvfrom, a, OUT, 10, 0, 0, 0);
    DO(recvfrom, a, OUT, 10, 0, 0, 0);
    DO(listen, a, 1);
    DO(accept4, a, 0, 0, 0);
    DO(close, a);
    DO(write, b, text("three"), 5);
    DO(connect, b, ADDRESS, n);
    DO(socket, 2000, 1, 0);
    DO(socket, 1, 9, 0);
    DO(socket, 1, 1, 7);
    DO(bind, 99, ADDRESS, n);
    sequence("sockets: datagrams");
}

/* A message with one descriptor, or two. */
static void set_message(int first, int second)
{
    memset(IN + 6300, 0, 800);
    PARTS[0] = (struct iovec){(word_t)IN + 5000, 3};
    PARTS[1] = (struct iovec){(word_t)IN + 5100, 4};
    *MESSAGE = (struct user_message){.parts = PARTS, .part_count = 2, .control = CONTROL,
                                .control_length = second < 0 ? 20 : 24};
    *(uint64_t *)CONTROL = MESSAGE->control_length;
    *(int32_t *)(CONTROL + 8) = 1;
    *(int32_t *)(CONTROL + 12) = 1;
    *(int32_t *)(CONTROL + 16) = first;
    *(int32_t *)(CONTROL + 20) = second;
}

static void set_receive(word_t control)
{
    memset(IN + 6300, 0, 800);
    PARTS[0] = (struct iovec){(word_t)OUT, 100};
    *MESSAGE = (struct user_message){.parts = PARTS, .part_count = 1, .control = CONTROL,
                                .control_length = control};
}

static void passing(unsigned type)
{
    long a, b, file = DO(openat, AT, "passed", O_RDWR | O_CREAT, 0600);

    DO(write, file, text("contents"), 8);
    DO(socketpair, 1, type | O_NONBLOCK, 0, OUT);
    a = PAIR[0];
    b = PAIR[1];
    set_message((int)file, -1);
    DO(sendmsg, a, MESSAGE, 0);
    DO(close, file);
    set_receive(100);
    DO(recvmsg, b, MESSAGE, 0);
    DO(pread64, *(int32_t *)(CONTROL + 16), OUT, 8, 0);
    DO(fcntl, *(int32_t *)(CONTROL + 16), F_GETFD);
    file = *(int32_t *)(CONTROL + 16);
    set_message((int)file, (int)a);
    DO(sendmsg, a, MESSAGE, 0);
    set_receive(100);
    DO(recvmsg, b, MESSAGE, 0x40000000);
    DO(fcntl, *(int32_t *)(CONTROL + 20), F_GETFD);
    set_message((int)file, (int)a);
    DO(sendmsg, a, MESSAGE, 0);
    set_receive(20);
    DO(recvmsg, b, MESSAGE, 0);
    set_message((int)file, (int)a);
    DO(sendmsg, a, MESSAGE, 0);
    set_receive(0);
    DO(recvmsg, b, MESSAGE, 0);
    set_message(99, -1);
    DO(sendmsg, a, MESSAGE, 0);
    set_message((int)file, -1);
    DO(sendmsg, a, MESSAGE, 0);
    DO(write, a, text("plain"), 5);
    DO(read, b, OUT, 100);
    DO(read, b, OUT, 100);
    set_message((int)file, -1);
    *(int32_t *)(CONTROL + 12) = 77;
    DO(sendmsg, a, MESSAGE, 0);
    DO(recvmsg, b, BAD, 0);
    DO(sendmsg, a, BAD, 0);
    DO(unlink, "passed");
}

static void options(void)
{
    long a = DO(socket, 1, 1, 0);
    int32_t *value = (int32_t *)(IN + 6600);

    for (int option = 1; option <= 21; option++) {
        if (option == 7 || option == 8 || option == 12 || (option >= 11 && option <= 14))
            continue; /* sizes and what is each one's own */
        *LENGTH = 4;
        DO(getsockopt, a, 1, option, OUT, LENGTH);
    }
    *LENGTH = 2;
    DO(getsockopt, a, 1, 3, OUT, LENGTH);
    *LENGTH = 16;
    DO(getsockopt, a, 1, 20, OUT, LENGTH);
    *value = 1;
    DO(setsockopt, a, 1, 16, value, 4);
    DO(setsockopt, a, 1, 16, value, 3);
    DO(setsockopt, a, 1, 16, BAD, 4);
    DO(setsockopt, a, 1, 2, value, 4);
    DO(setsockopt, a, 1, 1000, value, 4);
    *LENGTH = 4;
    DO(getsockopt, a, 1, 16, OUT, LENGTH);
    *LENGTH = 4;
    DO(getsockopt, a, 1, 1000, OUT, LENGTH);
    sequence("sockets: options");
}

void compare_sockets(void)
{
    pairs(1);
    sequence("sockets: a pair of streams");
    pairs(2);
    sequence("sockets: a pair for datagrams");
    pairs(5);
    sequence("sockets: a pair for packets in order");
    names(1);
    sequence("sockets: listen, connect, accept");
    names(5);
    sequence("sockets: the same for packets in order");
    datagrams();
    passing(1);
    sequence("sockets: descriptors in a stream");
    passing(2);
    sequence("sockets: descriptors in datagrams");
    passing(5);
    sequence("sockets: descriptors in packets");
    options();
}
