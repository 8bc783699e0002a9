/* SPDX-License-Identifier: BSD-2-Clause */
/* More of memory: what mappings and processes do to one another. */
#include "case.h"
#include "touch.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define PAGE 4096ul

static char *map(size_t pages)
{
    return mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

CASE(map_file_past_end)
{
    int fd = put("f", "hello");
    char *p = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    touch("in the page", p + 100, true);
    touch("behind the file", p + PAGE, false);
    ftruncate(fd, (off_t)(2 * PAGE));
    touch("it grew", p + PAGE, true);
    ftruncate(fd, 3);
    touch("it shrank", p + PAGE, false);
    touch("the first page", p, false);
    say("cleared %d", p[100]);
}

CASE(map_private_and_truncated)
{
    int fd = put("f", "");
    char *p;

    ftruncate(fd, (off_t)(2 * PAGE));
    p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    p[PAGE] = 'x';
    ftruncate(fd, 0);
    touch("a changed private page", p + PAGE, false);
    touch("an unchanged one", p, false);
}

CASE(map_two_views)
{
    int fd = put("f", "");
    char *a, *b, c = 0;

    ftruncate(fd, (off_t)(2 * PAGE));
    a = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    b = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, (off_t)PAGE);
    close(fd);
    a[PAGE + 5] = 'x';
    say("the other view %c", b[5]);
    fd = open("f", O_RDWR);
    pread(fd, &c, 1, (off_t)PAGE + 5);
    say("by read %c", c);
    pwrite(fd, "y", 1, (off_t)PAGE + 5);
    say("after write %c %c", a[PAGE + 5], b[5]);
    char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, (off_t)PAGE);

    say("private sees it %c", p[5]);
    p[5] = 'z';
    say("but is not seen %c", b[5]);
}

CASE(map_read_into_itself)
{
    int fd = put("f", "0123456789");
    char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    result("read", pread(fd, p + 5, 5, 0));
    say("%.10s", p);
    result("write", pwrite(fd, p, 5, 5));
    say("%.10s", p);
}

CASE(map_unmap_part)
{
    char *p = map(5);

    memset(p, 'x', 5 * PAGE);
    result("the middle", munmap(p + 2 * PAGE, PAGE));
    touch("before", p + PAGE, false);
    touch("hole", p + 2 * PAGE, false);
    touch("behind", p + 3 * PAGE, false);
    result("all, holes and all", munmap(p, 5 * PAGE));
    touch("gone", p, false);
    result("again", munmap(p, 5 * PAGE));
}

CASE(map_remap)
{
    char *p = map(2), *q;

    p[0] = 'a';
    p[PAGE] = 'b';
    q = mremap(p, 2 * PAGE, 4 * PAGE, MREMAP_MAYMOVE);
    say("kept %c %c %d", q[0], q[PAGE], q[3 * PAGE]);
    p = q;
    q = mremap(p, 4 * PAGE, PAGE, 0);
    say("shrunk in place %d", p == q);
    touch("the rest is gone", p + PAGE, false);
    q = map(8);
    outcome("to a fixed place",
            (long)mremap(p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, q + PAGE));
    say("%c", q[PAGE]);
    touch("the old place", p, false);
    outcome("overlapping",
            (long)mremap(q, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, q + PAGE));
    outcome("not mapped", (long)mremap((void *)(PAGE * 999), PAGE, 2 * PAGE, MREMAP_MAYMOVE));
    outcome("crooked", (long)mremap(q + 1, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
    outcome("to nothing", (long)mremap(q, PAGE, 0, MREMAP_MAYMOVE));
    outcome("bad flags", (long)mremap(q, PAGE, PAGE, 0x100));
    outcome("fixed, not movable", (long)mremap(q, PAGE, PAGE, MREMAP_FIXED, p));
}

CASE(map_advice)
{
    char *p = map(4);

    memset(p, 'x', 4 * PAGE);
    result("not needed", madvise(p, 2 * PAGE, MADV_DONTNEED));
    say("%d %d %c", p[0], p[PAGE], p[2 * PAGE]);
    result("normal", madvise(p, PAGE, MADV_NORMAL));
    result("will need", madvise(p, PAGE, MADV_WILLNEED));
    result("sequential", madvise(p, PAGE, MADV_SEQUENTIAL));
    result("free", madvise(p, PAGE, MADV_FREE));
    result("unknown", madvise(p, PAGE, 9999));
    result("crooked", madvise(p + 1, PAGE, MADV_NORMAL));
    munmap(p + PAGE, PAGE);
    result("a hole", madvise(p, 4 * PAGE, MADV_DONTNEED));
    result("nothing", madvise(p, 0, MADV_DONTNEED));
}

/* What a child finds in the three pages. */
static void child_looks(char *p)
{
    fflush(stdout);
    pid_t pid = fork();

    if (pid == 0) {
        touch("first", p, false);
        touch("second", p + PAGE, false);
        touch("third", p + 2 * PAGE, false);
        say("the third has %d", p[2 * PAGE]);
        fflush(stdout);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
}

CASE(map_advice_of_fork)
{
    char *p = map(3);
    int fd = put("f", "hello");
    char *q = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    char *shared = mmap(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    memset(p, 'x', 3 * PAGE);
    result("not the second", madvise(p + PAGE, PAGE, MADV_DONTFORK));
    result("the third cleared", madvise(p + 2 * PAGE, PAGE, MADV_WIPEONFORK));
    child_looks(p);
    result("the second again", madvise(p + PAGE, PAGE, MADV_DOFORK));
    result("the third kept", madvise(p + 2 * PAGE, PAGE, MADV_KEEPONFORK));
    child_looks(p);
    result("a file cleared", madvise(q, PAGE, MADV_WIPEONFORK));
    result("shared memory cleared", madvise(shared, PAGE, MADV_WIPEONFORK));
    say("here still %c %c %c", p[0], p[PAGE], p[2 * PAGE]);
}

CASE(map_advice_of_files)
{
    int fd = put("f", "hello");
    char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);

    p[0] = 'J';
    result("not needed", madvise(p, PAGE, MADV_DONTNEED));
    say("the file's again %.5s", p);
    char *q = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    q[0] = 'K';
    result("shared", madvise(q, PAGE, MADV_DONTNEED));
    say("is kept %.5s", q);
}

CASE(map_sync)
{
    char *p = map(2);

    result("both", msync(p, PAGE, MS_SYNC | MS_ASYNC));
    result("sync", msync(p, PAGE, MS_SYNC));
    result("async", msync(p, PAGE, MS_ASYNC));
    result("invalidate", msync(p, PAGE, MS_INVALIDATE));
    result("unknown", msync(p, PAGE, 8));
    result("crooked", msync(p + 1, PAGE, MS_SYNC));
    munmap(p, PAGE);
    result("not mapped", msync(p, 2 * PAGE, MS_SYNC));
}

CASE(map_locks)
{
    char *p = map(2);

    result("lock", mlock(p, PAGE));
    result("unlock", munlock(p, PAGE));
    result("on fault", mlock2(p, PAGE, MLOCK_ONFAULT));
    result("bad flag", mlock2(p, PAGE, 8));
    result("all", mlockall(MCL_CURRENT));
    result("all, none", mlockall(0));
    result("all, unknown", mlockall(8));
    result("free all", munlockall());
    munmap(p, PAGE);
    result("not mapped", mlock(p, PAGE));
}

CASE(map_limit)
{
    struct rlimit r = {64 << 20, 64 << 20};

    setrlimit(RLIMIT_AS, &r);
    outcome("too much", (long)mmap(NULL, 64 << 20, PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    outcome("less", (long)map(16));
    outcome("break", (long)sbrk(100 << 20));
}

static void *grow_and_shrink(void *argument)
{
    for (int i = 0; i < 200; i++) {
        char *p = map(4);

        p[0] = p[3 * PAGE] = (char)i;
        mprotect(p, PAGE, PROT_READ);
        if (p[3 * PAGE] != (char)i)
            return argument;
        munmap(p, 4 * PAGE);
    }
    return NULL;
}

CASE(map_race)
{
    pthread_t t[4];
    void *bad;
    int wrong = 0;

    for (int i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, grow_and_shrink, t);
    for (int i = 0; i < 4; i++) {
        pthread_join(t[i], &bad);
        wrong += bad != NULL;
    }
    say("wrong %d", wrong);
}

/* While a thread writes to a page, others fork: each child has the page of one moment. */
static volatile long pair[2];
static volatile int stop;

static void *count_up(void *argument)
{
    while (!stop) {
        pair[0]++;
        pair[1]++;
    }
    return argument;
}

CASE(map_fork_race)
{
    pthread_t t;
    int torn = 0;

    pthread_create(&t, NULL, count_up, NULL);
    for (int i = 0; i < 20; i++) {
        pid_t pid = fork();

        if (pid == 0) {
            long a = pair[0], b = pair[1];

            _exit(a - b > 1 || a < b || pair[0] != a);
        }
        torn += wait_status(pid) != 0;
    }
    stop = 1;
    pthread_join(t, NULL);
    say("torn %d", torn);
}

CASE(map_stack_grows)
{
    volatile char deep[1 << 20];

    deep[0] = 1;
    deep[sizeof deep - 1] = 2;
    say("%d", deep[0] + deep[sizeof deep - 1]);
}

CASE(map_zero_pages_are_zero)
{
    char *p = map(64), sum = 0;

    memset(p, 0xaa, 64 * PAGE);
    munmap(p, 64 * PAGE);
    p = map(64);
    for (size_t i = 0; i < 64 * PAGE; i++)
        sum |= p[i];
    say("%d", sum);
}
