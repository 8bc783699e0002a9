/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory: mmap and its relatives, faults, brk. */
#include "case.h"
#include "touch.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define PAGE 4096ul

static char *map(size_t pages, int prot)
{
    return mmap(NULL, pages * PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

CASE(memory_protection)
{
    char *p = map(3, PROT_READ | PROT_WRITE);

    touch("write", p, true);
    result("read only", mprotect(p, PAGE, PROT_READ));
    touch("read", p, false);
    touch("write", p, true);
    touch("the next page", p + PAGE, true);
    result("none", mprotect(p, PAGE, PROT_NONE));
    touch("read", p, false);
    result("all", mprotect(p, PAGE, PROT_READ | PROT_WRITE));
    touch("write", p, true);
    say("kept %d", p[0]);
    munmap(p + PAGE, PAGE);
    touch("unmapped", p + PAGE, false);
    result("over a hole", mprotect(p, 3 * PAGE, PROT_READ));
    result("crooked", mprotect(p + 1, PAGE, PROT_READ));
    result("bad protection", syscall(SYS_mprotect, p, PAGE, 0x100));
    result("nothing", mprotect(p, 0, PROT_READ));
}

CASE(memory_mmap_errors)
{
    int fd = open("/dev/null", O_RDONLY), file;

    outcome("no length", (long)mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    outcome("no type", (long)mmap(NULL, PAGE, PROT_READ, MAP_ANONYMOUS, -1, 0));
    outcome("bad descriptor", (long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, 99, 0));
    outcome("null device", (long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0));
    outcome("crooked offset", (long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 1));
    outcome("far too much",
            (long)mmap(NULL, 1ul << 47, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    outcome("fixed and crooked",
            (long)mmap((void *)1, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
    outcome("fixed and too high", (long)mmap((void *)(1ul << 47), PAGE, PROT_READ,
                                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
    file = open("/tmp/m-errors", O_CREAT | O_TRUNC | O_RDWR, 0600);
    close(file);
    file = open("/tmp/m-errors", O_RDONLY);
    outcome("shared and writable, opened to read",
            (long)mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0));
    outcome("private", (long)mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0));
    close(file);
    file = open("/tmp/m-errors", O_WRONLY);
    outcome("opened to write", (long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, file, 0));
    outcome("munmap crooked", munmap((void *)1, PAGE));
    outcome("munmap nothing", munmap((void *)PAGE, 0));
    outcome("munmap where nothing is", munmap((void *)(PAGE * 1000), PAGE));
}

CASE(memory_fixed)
{
    char *p = map(4, PROT_READ | PROT_WRITE), *q;

    memset(p, 7, 4 * PAGE);
    q = mmap(p + PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    say("there %d, clear %d, neighbours %d %d", q == p + PAGE, q[0], p[0], p[2 * PAGE]);
    q = mmap(p, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    outcome("not replaced", (long)q);
}

CASE(memory_file_private)
{
    int fd = open("/tmp/m-private", O_CREAT | O_TRUNC | O_RDWR, 0600);
    char text[8] = {0};
    char *p;

    outcome("write", write(fd, "hello", 5));
    p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    say("%s, then %d", p, p[5]);
    p[0] = 'J';
    pread(fd, text, 5, 0);
    say("file %s memory %s", text, p);
    touch("within its last page", p + PAGE - 1, false);
    touch("beyond its end", p + PAGE, false);
    touch("writing beyond its end", p + PAGE, true);
}

CASE(memory_file_shared)
{
    int fd = open("/tmp/m-shared", O_CREAT | O_TRUNC | O_RDWR, 0600);
    char text[8] = {0};
    char *p, *q;

    ftruncate(fd, 3 * PAGE);
    p = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    q = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, (off_t)PAGE);
    strcpy(p + PAGE, "one");
    say("other mapping: %s", q);
    pread(fd, text, 4, (off_t)PAGE);
    say("file: %s", text);
    pwrite(fd, "two", 4, (off_t)PAGE);
    say("memory: %s %s", p + PAGE, q);
    result("msync", msync(p, 3 * PAGE, MS_SYNC));
    ftruncate(fd, (off_t)PAGE);
    touch("truncated", p + PAGE, false);
    ftruncate(fd, 2 * (off_t)PAGE);
    say("longer again: %d", p[PAGE]);
}

CASE(memory_shared_by_fork)
{
    int *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t pid = fork();

    if (pid == 0) {
        *p = 5;
        _exit(0);
    }
    wait_status(pid);
    say("%d", *p);
}

CASE(memory_copy_on_write)
{
    char *p = map(8, PROT_READ | PROT_WRITE);
    pid_t pid;

    for (int i = 0; i < 8; i++)
        p[(size_t)i * PAGE] = (char)i;
    pid = fork();
    if (pid == 0) {
        int sum = 0;

        for (int i = 0; i < 8; i += 2)
            p[(size_t)i * PAGE] = 50;
        for (int i = 0; i < 8; i++)
            sum += p[(size_t)i * PAGE];
        _exit(sum);
    }
    p[PAGE] = 99;
    say_status("child's sum", wait_status(pid));
    say("ours: %d %d %d", p[0], p[PAGE], p[2 * PAGE]);
}

CASE(memory_mremap)
{
    char *p = map(4, PROT_READ | PROT_WRITE), *q;

    strcpy(p, "first");
    strcpy(p + 3 * PAGE, "last");
    q = mremap(p, 4 * PAGE, 2 * PAGE, 0);
    say("smaller in place %d", p == q);
    touch("cut off", p + 3 * PAGE, false);
    q = mremap(p, 2 * PAGE, 64 * PAGE, MREMAP_MAYMOVE);
    say("larger: %s, clear %d", q, q[63 * PAGE]);
    p = map(2, PROT_READ);
    outcome("fixed", (long)mremap(q, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p));
    say("moved: %s", p);
    touch("where it was", q, false);
    outcome("crooked", (long)mremap(p + 1, PAGE, PAGE, 0));
    outcome("fixed without maymove", (long)mremap(p, PAGE, PAGE, MREMAP_FIXED, q));
    outcome("not mapped", (long)mremap(q, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
    outcome("to nothing", (long)mremap(p, PAGE, 0, MREMAP_MAYMOVE));
}

CASE(memory_madvise)
{
    char *p = map(2, PROT_READ | PROT_WRITE);

    p[0] = p[PAGE] = 9;
    result("dontneed", madvise(p, PAGE, MADV_DONTNEED));
    say("%d %d", p[0], p[PAGE]);
    result("crooked", madvise(p + 1, PAGE, MADV_DONTNEED));
    result("unknown", madvise(p, PAGE, 77));
    munmap(p, PAGE);
    result("not mapped", madvise(p, PAGE, MADV_DONTNEED));
    result("nothing", madvise(p, 0, MADV_DONTNEED));
}

CASE(memory_mincore)
{
    char *p = map(4, PROT_READ | PROT_WRITE);
    unsigned char there[4];

    p[PAGE] = 1;
    result("mincore", mincore(p, 4 * PAGE, there));
    say("%d %d %d %d", there[0] & 1, there[1] & 1, there[2] & 1, there[3] & 1);
    result("crooked", mincore(p + 1, PAGE, there));
    result("bad vector", syscall(SYS_mincore, p, PAGE, 8));
    munmap(p, PAGE);
    result("not mapped", mincore(p, PAGE, there));
}

CASE(memory_brk)
{
    char *start = sbrk(0);
    long old = syscall(SYS_brk, 0);

    say("same %d", old == (long)start);
    say("more %d", syscall(SYS_brk, old + 3 * (long)PAGE) == old + 3 * (long)PAGE);
    touch("it is there", (char *)old + 2 * PAGE, true);
    say("less %d", syscall(SYS_brk, old) == old);
    touch("it is gone", (char *)old + 2 * PAGE, false);
    say("absurd %d", syscall(SYS_brk, 8) == old);
    say("huge %d", syscall(SYS_brk, 1l << 46) == old);
}

CASE(memory_bad_pointers)
{
    char *p = map(2, PROT_READ | PROT_WRITE);
    int ends[2], fd = open("/dev/zero", O_RDONLY), null = open("/dev/null", O_WRONLY);

    munmap(p + PAGE, PAGE);
    result("pipe", syscall(SYS_pipe, 8));
    if (pipe(ends) != 0)
        return;
    result("read to nowhere", read(fd, (void *)8, 10));
    result("write from nowhere", write(ends[1], (void *)8, 10));
    result("null device does not look", write(null, (void *)8, 10));
    result("kernel address", read(fd, (void *)0xffff800000000000ul, 10));
    result("around the end", read(fd, (void *)0xfffffffffffffff8ul, 16));
    result("uname", syscall(SYS_uname, p + PAGE - 10));
    mprotect(p, PAGE, PROT_READ);
    result("read-only", read(fd, p, 10));
}

static void call(volatile char *at)
{
    say("ran: %d", ((int (*)(void))at)());
}

CASE(memory_exec_protection)
{
    unsigned char *p = (unsigned char *)map(1, PROT_READ | PROT_WRITE);
    static const unsigned char code[] = {0xb8, 42, 0, 0, 0, 0xc3};
    int how;

    memcpy(p, code, sizeof code);
    how = fault_of(call, (char *)p);
    if (how != 0)
        say("signal %d code %d", how / 16, how % 16);
    mprotect(p, PAGE, PROT_READ | PROT_EXEC);
    call((char *)p);
    mprotect(p, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
    p[1] = 43;
    call((char *)p);
}

CASE(memory_large_and_sparse)
{
    size_t size = 1ul << 30;
    char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                   -1, 0);

    outcome("1 GiB", (long)p);
    for (size_t at = 0; at < size; at += size / 16)
        p[at] = (char)(at >> 20);
    say("%d %d", p[size / 2], p[size / 16 * 15]);
    result("unmap", munmap(p, size));
}
