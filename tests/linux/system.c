/* SPDX-License-Identifier: BSD-2-Clause */
/* /proc as programs read it. */
#include "case.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char text[65536];

static long load(const char *path)
{
    int fd = open(path, O_RDONLY);
    long n, sum = 0;

    if (fd < 0)
        return -1;
    while ((n = read(fd, text + sum, sizeof text - 1 - (size_t)sum)) > 0)
        sum += n;
    text[sum] = 0;
    close(fd);
    return n < 0 ? n : sum;
}

/* What stands behind a name in a list "Name:\tvalue". */
static void field(const char *name)
{
    char *at = strstr(text, name);

    if (at == NULL) {
        say("%s is not there", name);
        return;
    }
    at[strcspn(at, "\n")] = 0;
    say("%s", at);
    at[strlen(at)] = '\n';
}

static void number(const char *what, const char *name, long is)
{
    char *at = strstr(text, name);

    say("%s: %d", what, at != NULL && strtol(at + strlen(name), NULL, 10) == is);
}

CASE(proc_self)
{
    char target[64] = "", mine[64];

    snprintf(mine, sizeof mine, "%d", getpid());
    result("self", readlink("/proc/self", target, sizeof target) > 0);
    say("is me %d", strcmp(target, mine) == 0);
    memset(target, 0, sizeof target);
    result("thread-self", readlink("/proc/thread-self", target, sizeof target) > 0);
    snprintf(mine, sizeof mine, "%d/task/%d", getpid(), getpid());
    say("is me %d", strcmp(target, mine) == 0);
    result("by number", access("/proc/1", F_OK));
    result("nobody", access("/proc/30000", F_OK));
    result("no number", access("/proc/0x1", F_OK));
    result("0", access("/proc/0", F_OK));
    result("unlink", unlink("/proc/self"));
}

CASE(proc_status)
{
    result("status", load("/proc/self/status") > 0);
    field("Name:");
    field("State:");
    field("Threads:");
    field("Uid:");
    field("Gid:");
    number("pid", "Pid:\t", getpid());
    number("parent", "PPid:\t", getppid());
    number("group", "Tgid:\t", getpid());
    field("SigBlk:");
    field("SigCgt:");
}

CASE(proc_stat)
{
    char *at;
    int fields = 1;

    result("stat", load("/proc/self/stat") > 0);
    say("pid %d", atoi(text) == getpid());
    at = strrchr(text, ')');
    say("state %c", at[2]);
    say("parent %d", atoi(at + 4) == getppid());
    for (; *at != 0; at++)
        fields += *at == ' ';
    say("fields %d", fields + 1);
    result("statm", load("/proc/self/statm") > 0);
    fields = 0;
    for (at = text; *at != 0; at++)
        fields += *at == ' ' || *at == '\n';
    say("fields %d", fields);
}

CASE(proc_names)
{
    char name[17] = "";
    int fd;

    result("comm", load("/proc/self/comm"));
    say("%s", text);
    prctl(PR_SET_NAME, "another-long-name-of-it");
    load("/proc/self/comm");
    say("%s", text);
    fd = open("/proc/self/comm", O_WRONLY);
    result("write", write(fd, "third", 5));
    prctl(PR_GET_NAME, name);
    say("%s", name);
    result("command line", load("/proc/self/cmdline") > 0);
    say("%s", strrchr(text, '/') != NULL ? strrchr(text, '/') + 1 : text);
}

CASE(proc_links)
{
    char target[256] = "", here[256] = "";

    getcwd(here, sizeof here);
    result("cwd", readlink("/proc/self/cwd", target, sizeof target) > 0);
    say("same %d", strcmp(here, target) == 0);
    memset(target, 0, sizeof target);
    result("root", readlink("/proc/self/root", target, sizeof target));
    say("%s", target);
    memset(target, 0, sizeof target);
    readlink("/proc/self/exe", target, sizeof target);
    say("%s", strrchr(target, '/') + 1);
    outcome("open exe", open("/proc/self/exe", O_RDONLY));
    outcome("through cwd", access("/proc/self/cwd/.", F_OK));
    mkdir("gone", 0700);
    chdir("gone");
    rmdir("../gone");
    memset(target, 0, sizeof target);
    readlink("/proc/self/cwd", target, sizeof target);
    say("%s", strrchr(target, '/') + 1);
}

CASE(proc_descriptors)
{
    char target[256] = "", name[64];
    int p[2], fd = put("f", "hello");
    DIR *d;
    int count = 0;

    pipe(p);
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    readlink(name, target, sizeof target);
    say("%s", strrchr(target, '/') + 1);
    unlink("f");
    memset(target, 0, sizeof target);
    readlink(name, target, sizeof target);
    say("%s", strrchr(target, '/') + 1);
    outcome("open what is gone", open(name, O_RDONLY));
    snprintf(name, sizeof name, "/proc/self/fd/%d", p[0]);
    memset(target, 0, sizeof target);
    readlink(name, target, sizeof target);
    say("%.6s", target);
    result("not open", access("/proc/self/fd/77", F_OK));
    d = opendir("/proc/self/fd");
    while (readdir(d) != NULL)
        count++;
    say("entries %d", count);
    snprintf(name, sizeof name, "/proc/self/fdinfo/%d", fd);
    lseek(fd, 3, SEEK_SET);
    result("info", load(name) > 0);
    field("pos:");
    field("flags:");
}

CASE(proc_maps)
{
    char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
         line[64];

    mprotect(p + 4096, 4096, PROT_NONE);
    result("maps", load("/proc/self/maps") > 0);
    snprintf(line, sizeof line, "%lx-", (unsigned long)p + 4096);
    char *at = strstr(text, line);

    say("found %d", at != NULL);
    if (at != NULL)
        say("%.4s", strchr(at, ' ') + 1);
    say("file %d", strstr(text, "cases") != NULL);
}

static void *wait_long(void *argument)
{
    prctl(PR_SET_NAME, "worker");
    (void)argument;
    pause();
    return NULL;
}

CASE(proc_tasks)
{
    pthread_t t;
    struct dirent *e;
    int count = 0;
    bool named = false;

    pthread_create(&t, NULL, wait_long, NULL);
    usleep(10000);
    DIR *d = opendir("/proc/self/task");

    while (d != NULL && (e = readdir(d)) != NULL) {
        char path[300];

        if (e->d_name[0] == '.')
            continue;
        count++;
        snprintf(path, sizeof path, "/proc/self/task/%s/comm", e->d_name);
        named = named || (load(path) > 0 && strcmp(text, "worker\n") == 0);
    }
    say("tasks %d, named %d", count, named);
    load("/proc/self/status");
    field("Threads:");
}

CASE(proc_others)
{
    int p[2];
    char path[64], c;
    pid_t pid;

    pipe(p);
    pid = fork();
    if (pid == 0) {
        read(p[0], &c, 1);
        _exit(3);
    }
    usleep(10000);
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    result("a child", load(path) > 0);
    field("State:");
    write(p[1], "x", 1);
    usleep(10000);
    load(path);
    field("State:");
    snprintf(path, sizeof path, "/proc/%d/cmdline", pid);
    result("a zombie's command line", load(path));
    wait_status(pid);
    result("reaped", access(path, F_OK));
}

CASE(proc_system)
{
    result("meminfo", load("/proc/meminfo") > 0);
    say("%d %d %d", strstr(text, "MemTotal:") != NULL, strstr(text, "MemFree:") != NULL,
        strstr(text, "MemAvailable:") != NULL);
    result("uptime", load("/proc/uptime") > 0);
    say("%d", strchr(text, '.') != NULL && strchr(text, ' ') != NULL);
    result("loadavg", load("/proc/loadavg") > 0);
    result("cpuinfo", load("/proc/cpuinfo") > 0);
    say("%.9s", text);
    result("stat", load("/proc/stat") > 0);
    say("%.4s", text);
    result("version", load("/proc/version") > 0);
    say("%.14s", text);
    result("filesystems", load("/proc/filesystems") > 0);
    say("%d", strstr(text, "tmpfs") != NULL);
    result("mounts", load("/proc/mounts") > 0);
    say("%d", strstr(text, " /proc proc ") != NULL);
    result("mountinfo", load("/proc/self/mountinfo") > 0);
}

CASE(proc_settings)
{
    result("pid_max", load("/proc/sys/kernel/pid_max") > 0);
    result("hostname", load("/proc/sys/kernel/hostname") > 0);
    result("ostype", load("/proc/sys/kernel/ostype"));
    say("%s", text);
    result("overcommit", load("/proc/sys/vm/overcommit_memory") > 0);
    result("file-max", load("/proc/sys/fs/file-max") > 0);
    result("pipe-max-size", load("/proc/sys/fs/pipe-max-size"));
    say("%s", text);
    result("boot_id", load("/proc/sys/kernel/random/boot_id"));
    result("not there", load("/proc/sys/kernel/none"));
}

CASE(proc_seeking)
{
    int fd = open("/proc/self/status", O_RDONLY);
    char a[8] = "", b[8] = "";

    read(fd, a, 5);
    result("back", lseek(fd, 0, SEEK_SET));
    read(fd, b, 5);
    say("same %d", strcmp(a, b) == 0);
    result("pread", pread(fd, a, 4, 1));
    result("past the end", pread(fd, a, 4, 100000));
    result("small pieces", (load("/proc/self/stat"), 0));
    result("write", write(fd, "x", 1));
    struct stat s;

    stat("/proc/self/status", &s);
    say("mode %o size %ld", s.st_mode, (long)s.st_size);
}
