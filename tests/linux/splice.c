/* SPDX-License-Identifier: BSD-2-Clause */
/* tee, vmsplice, and pipes that are written from memory that ends. */
#include "case.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>

static void drain(const char *what, int from)
{
    char text[8192];
    ssize_t n;

    fcntl(from, F_SETFL, O_NONBLOCK);
    n = read(from, text, sizeof text - 1);
    if (n < 0) {
        say("%s: %s", what, error_name(errno));
        return;
    }
    text[n] = 0;
    say("%s: %zd %.20s", what, n, text);
}

CASE(tee_copies)
{
    int a[2], b[2];

    signal(SIGPIPE, SIG_IGN);
    pipe(a);
    pipe(b);
    result("empty", tee(a[0], b[1], 100, SPLICE_F_NONBLOCK));
    write(a[1], "hello", 5);
    write(a[1], " world", 6);
    result("tee", tee(a[0], b[1], 100, 0));
    drain("copy", b[0]);
    result("some of it", tee(a[0], b[1], 3, 0));
    drain("copy", b[0]);
    drain("source", a[0]);
    result("no bytes", tee(a[0], b[1], 0, 0));
    result("bad flags", tee(a[0], b[1], 1, 0x100));
    result("itself", tee(a[0], a[1], 1, 0));
    result("wrong ends", tee(a[1], b[0], 1, 0));
    result("no pipe", tee(0, 99, 1, 0));
    write(a[1], "x", 1);
    close(b[0]);
    result("nobody reads", tee(a[0], b[1], 1, 0));
    drain("still there", a[0]);
    close(a[1]);
    pipe(b);
    result("at the end", tee(a[0], b[1], 1, 0));
}

CASE(vmsplice_writes)
{
    struct iovec v[2] = {{"one ", 4}, {"two", 3}};
    char text[8] = "";
    int p[2];

    signal(SIGPIPE, SIG_IGN);
    pipe(p);
    result("write", vmsplice(p[1], v, 2, 0));
    v[0] = (struct iovec){text, 4};
    result("read", vmsplice(p[0], v, 1, 0));
    say("got %s", text);
    drain("rest", p[0]);
    result("nothing", vmsplice(p[1], v, 0, 0));
    result("bad flags", vmsplice(p[1], v, 1, 0x100));
    result("no pipe", vmsplice(99, v, 1, 0));
    v[0] = (struct iovec){(void *)8, 4};
    result("bad memory", vmsplice(p[1], v, 1, 0));
    result("bad list", vmsplice(p[1], (struct iovec *)8, 1, 0));
    v[0] = (struct iovec){text, 4};
    close(p[0]);
    result("nobody reads", vmsplice(p[1], v, 1, 0));
}

/* A page, then nothing. */
static char *edge(void)
{
    char *p = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    memset(p, 'x', 3 * 4096);
    munmap(p + 2 * 4096, 4096);
    return p + 2 * 4096;
}

CASE(pipe_write_bad_memory)
{
    char *end = edge();
    int p[2];

    pipe2(p, O_NONBLOCK);
    result("half a page", write(p[1], end - 2048, 4096));
    drain("nothing is in it", p[0]);
    result("a page and a half", write(p[1], end - 6144, 8192));
    drain("one page", p[0]);
    write(p[1], "ab", 2);
    result("behind others", write(p[1], end - 1, 10));
    drain("they stay", p[0]);
    result("all of it bad", write(p[1], end, 10));
    result("good", write(p[1], end - 10, 10));
    drain("good", p[0]);
}
