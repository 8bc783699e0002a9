/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs the cases that are named, or all: `cases [-l] [NAME...]`. */
#include "case.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define SECONDS 20
#define FOLDER  "/tmp/case"

static struct test_case *first;

void case_add(struct test_case *c)
{
    struct test_case **at = &first;

    while (*at != NULL && strcmp((*at)->name, c->name) < 0)
        at = &(*at)->next;
    c->next = *at;
    *at = c;
}

void say(const char *format, ...)
{
    char line[1024];
    va_list list;
    int n;

    va_start(list, format);
    n = vsnprintf(line, sizeof line - 1, format, list);
    va_end(list);
    if (n > (int)sizeof line - 2)
        n = (int)sizeof line - 2;
    line[n] = '\n';
    if (write(1, line, (size_t)n + 1) < 0)
        _exit(99);
}

const char *error_name(int error)
{
    const char *name = strerrorname_np(error);

    return name != NULL ? name : "no error";
}

void result(const char *what, long r)
{
    if (r == -1)
        say("%s: %s", what, error_name(errno));
    else
        say("%s: %ld", what, r);
}

void outcome(const char *what, long r)
{
    say("%s: %s", what, r == -1 ? error_name(errno) : "ok");
}

int put(const char *path, const char *text)
{
    int fd = open(path, O_CREAT | O_TRUNC | O_RDWR, 0644);
    size_t bytes = strlen(text);

    if (fd < 0 || write(fd, text, bytes) != (ssize_t)bytes)
        exit(98);
    return fd;
}

int wait_status(pid_t pid)
{
    int status = -1;

    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

void say_status(const char *what, int status)
{
    if (WIFEXITED(status))
        say("%s: exited %d", what, WEXITSTATUS(status));
    else if (WIFSIGNALED(status))
        say("%s: killed by %d", what, WTERMSIG(status));
    else
        say("%s: status %x", what, (unsigned)status);
}

void in_child(const char *what, void (*function)(void))
{
    pid_t pid = fork();

    if (pid == 0) {
        function();
        _exit(0);
    }
    say_status(what, wait_status(pid));
}

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *walk)
{
    (void)s;
    (void)type;
    (void)walk;
    return remove(path);
}

static void make_folder(void)
{
    nftw(FOLDER, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    if (mkdir(FOLDER, 0755) != 0 || chdir(FOLDER) != 0)
        exit(97);
}

static void run(const struct test_case *c)
{
    pid_t pid;

    say("== %s", c->name);
    pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        alarm(SECONDS);
        close(0);
        if (open("/dev/null", O_RDONLY) != 0)
            exit(97);
        make_folder();
        c->run();
        _exit(0);
    }
    int status = wait_status(pid);

    if (status != 0)
        say_status("case", status);
    kill(-pid, SIGKILL);
}

static bool is_named(const struct test_case *c, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], c->name, strlen(argv[i])) == 0)
            return true;
    }
    return argc < 2;
}

int main(int argc, char **argv)
{
    bool list = argc > 1 && strcmp(argv[1], "-l") == 0;

    signal(SIGTTOU, SIG_IGN);
    signal(SIGALRM, SIG_DFL);
    for (struct test_case *c = first; c != NULL; c = c->next) {
        if (list)
            say("%s", c->name);
        else if (is_named(c, argc, argv))
            run(c);
    }
    return 0;
}
