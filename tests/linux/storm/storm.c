/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random system calls with random arguments, by many processes, some with a second thread that
 * scribbles over the memory that the arguments point to: `storm SEED CHILDREN CALLS`. With 0 calls
 * each child executes a copy of this program whose headers have random defects. Whatever becomes of
 * the children, whoever serves the calls must be there afterwards.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGES 4u
#define PAGE  4096ul
#define CALLS 464u

static uint64_t state;
static unsigned char *memory; /* PAGES pages, the last one not accessible */

static uint64_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* Those that would end the storm itself, or only wait for ever. */
static int is_left_out(unsigned number)
{
    static const unsigned short list[] = {
        SYS_exit, SYS_exit_group, SYS_kill, SYS_tkill, SYS_tgkill, SYS_rt_sigqueueinfo,
        SYS_rt_tgsigqueueinfo, SYS_pidfd_send_signal, SYS_pause, SYS_reboot, SYS_alarm,
    };

    for (unsigned i = 0; i < sizeof list / sizeof *list; i++) {
        if (list[i] == number)
            return 1;
    }
    return 0;
}

static uint64_t argument(void)
{
    uint64_t r = next();

    switch (r % 16) {
    case 0:
        return 0;
    case 1:
    case 2:
        return r >> 8 & 15; /* a descriptor, a small number */
    case 3:
        return (uint64_t)(memory + PAGES * PAGE - PAGE - (r >> 8 & 63)); /* ends at bad memory */
    case 4:
    case 5:
    case 6:
    case 7:
        return (uint64_t)(memory + (r >> 8) % (2 * PAGE));
    case 8:
        return (uint64_t)-(int64_t)(r >> 8 & 255);
    case 9:
        return 1ul << (r >> 8 & 63);
    case 10:
        return r >> 8 & 0xffff;
    case 11:
        return (r >> 8 & 7) * PAGE;
    case 12:
        return 0xffff800000000000ul + (r >> 8 & 0xffffff);
    default:
        return r >> (r >> 8 & 63);
    }
}

static void scribble(void)
{
    static const char *const words[] = {"/tmp/storm", "/", ".", "..", "/proc/self/exe", "x/y",
                                        "/dev/null", "/dev/zero", "/bin/sh", ""};

    for (unsigned i = 0; i < 4; i++) {
        uint64_t r = next();
        unsigned char *at = memory + r % (2 * PAGE);

        if (r >> 32 & 1)
            strcpy((char *)at, words[(r >> 40) % (sizeof words / sizeof *words)]);
        else
            *(uint64_t *)at = argument();
    }
}

static void *race(void *p)
{
    volatile unsigned char *at = p;

    for (unsigned i = 0;; i++)
        at[i % (2 * PAGE)] = (unsigned char)(i * 7);
    return NULL;
}

static void child(unsigned calls)
{
    pthread_t t;

    if (next() % 4 == 0)
        pthread_create(&t, NULL, race, memory);
    for (unsigned i = 0; i < calls; i++) {
        unsigned number = (unsigned)(next() % CALLS);

        scribble();
        if (is_left_out(number))
            continue;
        syscall(number, argument(), argument(), argument(), argument(), argument(), argument());
    }
}

static void prepare(void)
{
    int null = open("/dev/null", O_RDWR);

    for (int fd = 0; fd < 3; fd++)
        dup2(null, fd);
    setpgid(0, 0);
    for (int n = 1; n < 65; n++)
        signal(n, SIG_DFL);
    ualarm(150000, 0);
}

#define HEADERS 1024u /* bytes that get defects */

/* A copy of this program in /tmp/storm-elf. */
static void copy_self(unsigned char headers[HEADERS])
{
    static char buffer[65536];
    int from = open("/proc/self/exe", O_RDONLY);
    int to = open("/tmp/storm-elf", O_CREAT | O_TRUNC | O_WRONLY, 0755);
    ssize_t n;

    if (pread(from, headers, HEADERS, 0) != (ssize_t)HEADERS)
        exit(1);
    while ((n = read(from, buffer, sizeof buffer)) > 0) {
        if (write(to, buffer, (size_t)n) != n)
            exit(1);
    }
    close(from);
    close(to);
}

static void damage(const unsigned char headers[HEADERS])
{
    unsigned char bad[HEADERS];
    int fd = open("/tmp/storm-elf", O_WRONLY);

    memcpy(bad, headers, HEADERS);
    for (unsigned i = 0; i <= next() % 8; i++)
        bad[next() % 640] = (unsigned char)next();
    if (pwrite(fd, bad, HEADERS, 0) != (ssize_t)HEADERS)
        exit(1);
    close(fd);
}

static void execute(void)
{
    char *argv[] = {"storm", "1", "0", NULL}, *envp[] = {NULL};

    execve("/tmp/storm-elf", argv, envp);
}

static int has_ended(pid_t pid)
{
    for (unsigned i = 0; i < 40; i++) {
        if (waitpid(pid, NULL, WNOHANG) != 0)
            return 1;
        usleep(5000);
    }
    return 0;
}

int main(int argc, char **argv)
{
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
    unsigned children = argc > 2 ? (unsigned)atoi(argv[2]) : 100;
    unsigned calls = argc > 3 ? (unsigned)atoi(argv[3]) : 200;
    unsigned ended = 0;
    unsigned char headers[HEADERS];

    memory = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(memory + (PAGES - 1) * PAGE, PAGE, PROT_NONE);
    for (int n = 1; n < 65; n++) {
        if (n != SIGCHLD) /* a child's child may choose another signal for its end */
            signal(n, SIG_IGN);
    }
    if (calls == 0)
        copy_self(headers);
    for (unsigned i = 0; i < children; i++) {
        pid_t pid;

        state = (seed + i) * 0x9e3779b97f4a7c15ul + 1;
        if (calls == 0)
            damage(headers);
        pid = fork();
        if (pid == 0) {
            prepare();
            if (calls == 0)
                execute();
            else
                child(calls);
            _exit(0);
        }
        if (pid < 0) {
            printf("fork: %s\n", strerror(errno));
            continue;
        }
        if (!has_ended(pid)) { /* it keeps its alarm off, and waits */
            kill(pid, SIGKILL);
            while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
                ;
        }
        kill(-pid, SIGKILL);
        while (waitpid(-1, NULL, WNOHANG) > 0)
            ;
        if (++ended % 50 == 0) {
            printf("storm: %u\n", ended);
            fflush(stdout);
        }
    }
    printf("storm: %u of %u children ended\n", ended, children);
    return 0;
}
