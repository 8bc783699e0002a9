/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `bench` runs everything once. As process 1 of Linux it makes the file system that it needs, and
 * turns the machine off at the end. `bench MARK` only says that it has come so far: the end of the
 * boot.
 */
#include "bench.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

void say(const char *line)
{
    if (write(1, line, strlen(line)) < 0 || write(1, "\n", 1) < 0)
        _exit(99);
}

void must(int condition, const char *what)
{
    if (condition)
        return;
    say("bench: failed:");
    say(what);
    exit(1);
}

static void prepare(void)
{
    mkdir("/tmp", 0777);
    if (mount("tmpfs", "/tmp", "tmpfs", 0, NULL) != 0)
        say("bench: /tmp is what it was");
}

/* Where the parts of a program lie costs some instructions, and is chosen at random. */
static void at_fixed_places(char **argv)
{
    int now = personality(0xffffffff);

    if (now & ADDR_NO_RANDOMIZE)
        return;
    MARK(MARK_BEGIN, PATH_BOOT);
    personality((unsigned long)now | ADDR_NO_RANDOMIZE);
    execve(argv[0], argv, environ);
    say("bench: cannot start again");
    exit(1);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "MARK") == 0) {
        MARK(MARK_BEGIN, PATH_BOOT);
        return 0;
    }
    at_fixed_places(argv);
    prepare();
    bench_calls();
    bench_files();
    bench_memory();
    bench_talk();
    bench_process();
    say("bench: done");
    sync();
    if (getpid() == 1)
        reboot(RB_POWER_OFF);
    return 0;
}
