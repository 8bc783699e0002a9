/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two sandboxes side by side: `neighbour rude` takes all that it can get of everything, `neighbour
 * quiet` says what is left for itself meanwhile. tests/qemu/sandboxes.py reads what they say.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SPINNERS 6
#define SPIN_MS  1000
#define ROUND_MS 250
#define ROUNDS   16
#define BOMBS    1000

static long now_ms(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Its own processor time in user mode, which the kernel counts. */
static long user_ms(void)
{
    struct rusage u;

    getrusage(RUSAGE_SELF, &u);
    return u.ru_utime.tv_sec * 1000 + u.ru_utime.tv_usec / 1000;
}

static void spin(long ms)
{
    long end = now_ms(CLOCK_MONOTONIC) + ms;

    while (now_ms(CLOCK_MONOTONIC) < end)
        ;
}

/* Several that compute, every other one by system calls: their share of the processor. */
static void spinners(void)
{
    long begin = now_ms(CLOCK_MONOTONIC), wall, cpu;
    struct rusage u;

    for (int i = 0; i < SPINNERS; i++) {
        if (fork() == 0) {
            while (i % 2 && now_ms(CLOCK_MONOTONIC) < begin + SPIN_MS)
                (void)getppid();
            spin(begin + SPIN_MS - now_ms(CLOCK_MONOTONIC));
            _exit(0);
        }
    }
    while (wait(NULL) > 0)
        ;
    wall = now_ms(CLOCK_MONOTONIC) - begin;
    getrusage(RUSAGE_CHILDREN, &u);
    cpu = u.ru_utime.tv_sec * 1000 + u.ru_utime.tv_usec / 1000;
    printf("rude: %d spinners have %ld %%\n", SPINNERS, cpu * 100 / wall);
}

static void bomb(void)
{
    int count = 0, error = 0;

    while (count < BOMBS) {
        pid_t pid = fork();

        if (pid == 0)
            for (;;)
                pause();
        if (pid < 0) {
            error = errno;
            break;
        }
        count++;
    }
    signal(SIGTERM, SIG_IGN);
    kill(-1, SIGKILL); /* everybody but itself and the first process */
    while (wait(NULL) > 0)
        ;
    printf("rude: %s children, then %s\n", count > 100 ? "many" : "few", strerrorname_np(error));
}

static void hog(void)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        for (;;) {
            char *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                           0);

            if (p == MAP_FAILED)
                _exit(errno);
            memset(p, 1, 1 << 20);
        }
    }
    waitpid(pid, &status, 0);
    printf("rude: the memory hog %s %d\n", WIFSIGNALED(status) ? "is killed by" : "exits with",
           WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

static void fill(void)
{
    static char block[65536];
    int fd = open("/tmp/full", O_CREAT | O_RDWR, 0600), error;
    ssize_t n;

    memset(block, 1, sizeof block);
    while ((n = write(fd, block, sizeof block)) > 0)
        ;
    error = errno;
    close(fd);
    unlink("/tmp/full");
    fd = open("/tmp/again", O_CREAT | O_RDWR, 0600);
    printf("rude: a full disk: %s, afterwards %s\n", strerrorname_np(error),
           write(fd, block, sizeof block) == sizeof block ? "room" : "none");
}

static void rude(void)
{
    spinners();
    hog();
    fill();
    bomb();
    printf("rude end\n");
}

/* One of all that a program wants: a process, memory, a file. @return what failed */
static const char *work(void)
{
    pid_t pid = fork();
    char *p = malloc(1 << 20);
    int status, fd;

    if (pid == 0)
        _exit(3);
    if (pid < 0 || waitpid(pid, &status, 0) != pid || WEXITSTATUS(status) != 3)
        return "fork";
    if (p == NULL)
        return "malloc";
    memset(p, 2, 1 << 20);
    fd = open("/tmp/file", O_CREAT | O_TRUNC | O_RDWR, 0600);
    if (fd < 0 || write(fd, p, 1 << 20) != 1 << 20 || close(fd) != 0)
        return "a file";
    free(p);
    return NULL;
}

static int processes(void)
{
    DIR *d = opendir("/proc");
    struct dirent *e;
    int count = 0;

    while ((e = readdir(d)) != NULL)
        count += e->d_name[0] >= '1' && e->d_name[0] <= '9';
    closedir(d);
    return count;
}

static void quiet(void)
{
    int most = 0;

    for (int i = 0; i < ROUNDS; i++) {
        long wall = now_ms(CLOCK_MONOTONIC), cpu = user_ms();
        const char *failed = work();
        int seen = processes();

        spin(ROUND_MS);
        wall = now_ms(CLOCK_MONOTONIC) - wall;
        cpu = user_ms() - cpu;
        printf("quiet: %ld %%, %s\n", cpu * 100 / wall, failed != NULL ? failed : "all is well");
        most = seen > most ? seen : most;
    }
    printf("quiet: at most %d processes\nquiet end\n", most);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc == 2 && strcmp(argv[1], "rude") == 0)
        rude();
    else
        quiet();
    return 0;
}
