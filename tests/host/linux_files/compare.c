/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The same system calls made here and to the Linux that runs this program, in a tmpfs of its own
 * each: results, descriptors and memory must be equal. What may differ (inode and device numbers,
 * times, the order of a directory) is made equal first. First sequences from a list, then random
 * ones.
 *
 * Both sides use the same memory, one after the other: it is put back in between.
 */
#include "compare.h"

#include <stddef.h>

struct arena arena;
static struct arena before, ours_after;
static bool ready;
static unsigned steps;
static char complaint[512];

long theirs(unsigned number, const word_t *a)
{
    register word_t r10 __asm__("r10") = a[3];
    register word_t r8 __asm__("r8") = a[4];
    register word_t r9 __asm__("r9") = a[5];
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"((word_t)number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8),
                       "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

#define host(number, ...) theirs(number, A6(__VA_ARGS__, 0, 0, 0, 0, 0, 0))

/* --- what may differ --- */

static void even_stat(struct linux_stat *s)
{
    s->dev = s->ino = 0;
    s->atime = s->atime_ns = s->mtime = s->mtime_ns = s->ctime = s->ctime_ns = 0;
    s->blksize = 0;
    if ((s->mode & S_IFMT) == S_IFDIR)
        s->size = s->blocks = 0;
}

static void even_statx(struct linux_statx *s)
{
    uint16_t mode = s->mode;
    struct linux_statx even = {.nlink = s->nlink,
                               .uid = s->uid,
                               .gid = s->gid,
                               .mode = mode,
                               .size = (mode & S_IFMT) == S_IFDIR ? 0 : s->size,
                               .rdev_major = s->rdev_major,
                               .rdev_minor = s->rdev_minor};

    *s = even;
}

/* Entries in the order of their names, without what is only a number. */
static void even_entries(uint8_t *buffer, long bytes)
{
    static uint8_t sorted[sizeof arena.out];
    long done = 0;
    char last[256] = "";

    memset(sorted, 0, sizeof sorted);
    for (;;) {
        struct linux_dirent64 *best = NULL;

        for (long at = 0; at < bytes;) {
            struct linux_dirent64 *e = (struct linux_dirent64 *)(buffer + at);

            if (strcmp(e->name, last) > 0 && (best == NULL || strcmp(e->name, best->name) < 0))
                best = e;
            at += e->reclen;
        }
        if (best == NULL)
            break;
        memcpy(last, best->name, strlen(best->name) + 1);
        memcpy(sorted + done, best, best->reclen);
        ((struct linux_dirent64 *)(sorted + done))->ino = 0;
        ((struct linux_dirent64 *)(sorted + done))->off = 0;
        memset(sorted + done + 19 + strlen(last), 0, best->reclen - 19 - strlen(last));
        done += best->reclen;
    }
    memcpy(buffer, sorted, (size_t)bytes);
}

static void even(unsigned number, const word_t *arg, long result)
{
    if (result < 0)
        return;
    switch (number) {
    case NR_stat:
    case NR_lstat:
    case NR_fstat:
        even_stat((struct linux_stat *)arg[1]);
        break;
    case NR_newfstatat:
        even_stat((struct linux_stat *)arg[2]);
        break;
    case NR_statx:
        even_statx((struct linux_statx *)arg[4]);
        break;
    case NR_getdents64:
        even_entries((uint8_t *)arg[1], result);
        break;
    default:
        break;
    }
}

/* Where one is in a directory is each one's own number; in a file, reading shows it. */
static long even_result(unsigned number, const word_t *arg, long result)
{
    return number == NR_lseek && arg[2] == SEEK_CUR && result > 0 ? 1 : result;
}

/* --- one step --- */

const char *compare(unsigned number, const word_t *arg, const char *name, long *result)
{
    long our_result, their_result;

    if (!ready)
        return "not set up";
    steps++;
    before = arena;
    our_result = fake_call(first, number, arg);
    if (our_result == BLOCKED) {
        snprintf(complaint, sizeof complaint, "%s (call %u) waits here", name, number);
        return complaint;
    }
    even(number, arg, our_result);
    ours_after = arena;
    arena = before;
    their_result = theirs(number, arg);
    even(number, arg, their_result);
    *result = their_result;
    if (even_result(number, arg, our_result) != even_result(number, arg, their_result)) {
        snprintf(complaint, sizeof complaint, "%s (call %u): %ld here, Linux %ld", name, number,
                 our_result, their_result);
        return complaint;
    }
    for (size_t i = 0; i < sizeof arena; i++) {
        if (((uint8_t *)&arena)[i] != ((uint8_t *)&ours_after)[i]) {
            snprintf(complaint, sizeof complaint,
                     "%s (call %u, result %ld): memory differs at %s+%zu: %u here, Linux %u", name,
                     number, our_result, i >= offsetof(struct arena, out) ? "out" : "in",
                     i - (i >= offsetof(struct arena, out) ? offsetof(struct arena, out) : 0),
                     ((uint8_t *)&ours_after)[i], ((uint8_t *)&arena)[i]);
            return complaint;
        }
    }
    return NULL;
}

/* --- the two worlds --- */

enum { NR_unshare = 272, NR_getuid = 102 };
enum { CLONE_NEWNS = 0x20000, CLONE_NEWUSER = 0x10000000, MS_REC = 0x4000, MS_PRIVATE = 0x40000 };

static long write_text(const char *path, const char *text)
{
    long fd = host(NR_openat, AT_FDCWD, path, O_WRONLY), n;

    if (fd < 0)
        return fd;
    n = host(NR_write, fd, text, strlen(text));
    (void)host(NR_close, fd);
    return n;
}

/* A mount namespace of our own, with a fresh tmpfs as its root. */
static const char *make_root(void)
{
    long uid = host(NR_getuid, 0);

    if (host(NR_unshare, CLONE_NEWNS) != 0) {
        char map[64];

        if (host(NR_unshare, CLONE_NEWNS | CLONE_NEWUSER) != 0)
            return "no namespaces to be had";
        snprintf(map, sizeof map, "0 %ld 1", uid);
        if (write_text("/proc/self/setgroups", "deny") < 0 ||
            write_text("/proc/self/uid_map", map) < 0 || write_text("/proc/self/gid_map", map) < 0)
            return "no user namespace to be had";
    }
    (void)host(NR_mount, "none", "/", 0, MS_REC | MS_PRIVATE, 0);
    if (host(NR_mount, "tmpfs", "/tmp", "tmpfs", 0, "mode=755") != 0)
        return "no tmpfs to be had";
    if (host(NR_chdir, "/tmp") != 0 || host(NR_chroot, ".") != 0)
        return "no root to be had";
    return NULL;
}

/* Both have the same descriptors, all open on nothing that matters. */
static const char *even_descriptors(void)
{
    long low = host(NR_openat, AT_FDCWD, "/", O_PATH | O_CLOEXEC), fd;

    do {
        fd = call(first, NR_openat, AT_FDCWD, "/", O_PATH);
    } while (fd >= 0 && fd < low);
    if (fd != low)
        return "descriptors";
    for (long i = 0; i < low; i++)
        if (host(NR_fcntl, i, F_GETFD) < 0)
            return "descriptors with holes";
    return NULL;
}

/* The tree that a sandbox starts with is hidden under an empty one. */
static const char *hide_tree(void)
{
    if (call(first, NR_mkdir, "/empty", 0755) != 0 ||
        call(first, NR_mount, "tmpfs", "/empty", "tmpfs", 0, 0) != 0 ||
        call(first, NR_chdir, "/empty") != 0 || call(first, NR_chroot, ".") != 0)
        return "mounting here";
    return NULL;
}

/* Writing to a pipe that nobody reads must not end this program. */
static void ignore_broken_pipes(void)
{
    word_t action[4] = {1 /* SIG_IGN */};

    (void)host(13 /* rt_sigaction */, SIGPIPE, action, 0, 8);
}

static const char *set_up(void)
{
    const char *why = make_root();

    ignore_broken_pipes();
    if (why == NULL)
        why = hide_tree();
    if (why == NULL)
        why = even_descriptors();
    (void)host(NR_umask, 022);
    (void)call(first, NR_umask, 022);
    ready = why == NULL;
    return why;
}

void cases_compare(void)
{
    const char *why = set_up();

    case_end("the same root here and on Linux", why);
    if (why != NULL)
        return;
    compare_listed();
    compare_random();
    printf("%u calls were compared\n", steps);
}
