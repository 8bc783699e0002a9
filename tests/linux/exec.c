/* SPDX-License-Identifier: BSD-2-Clause */
/* exec: arguments, environment, scripts, errors, what survives it. */
#include "case.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static char *no_environment[] = {"A=1", NULL};

static void write_file(const char *path, const char *text, mode_t mode)
{
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);

    if (fd < 0 || write(fd, text, strlen(text)) < 0)
        say("cannot write %s", path);
    close(fd);
    chmod(path, mode);
}

static void run(const char *what, const char *path, char *const argv[])
{
    pid_t pid = fork();

    if (pid == 0) {
        execve(path, argv, no_environment);
        say("%s: %s", what, error_name(errno));
        _exit(126);
    }
    say_status(what, wait_status(pid));
}

CASE(exec_arguments)
{
    char *argv[] = {"sh", "-c", "echo $# \"$0\" \"$1\" A=$A", "zero", "one two", NULL};

    run("sh", "/bin/sh", argv);
}

CASE(exec_errors)
{
    char *argv[] = {"x", NULL};
    char longest[5000];

    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    write_file("/tmp/x-plain", "echo no\n", 0644);
    write_file("/tmp/x-text", "no program\n", 0755);
    write_file("/tmp/x-empty", "", 0755);
    write_file("/tmp/x-elf", "\177ELF\2\1\1", 0755);
    write_file("/tmp/x-none", "#! /no/such\n", 0755);
    write_file("/tmp/x-blank", "#!\n", 0755);
    run("not there", "/tmp/x-absent", argv);
    run("a directory", "/tmp", argv);
    run("not executable", "/tmp/x-plain", argv);
    run("text", "/tmp/x-text", argv);
    run("empty", "/tmp/x-empty", argv);
    run("a cut ELF", "/tmp/x-elf", argv);
    run("no interpreter", "/tmp/x-none", argv);
    run("blank interpreter", "/tmp/x-blank", argv);
    run("a file as directory", "/tmp/x-text/x", argv);
    run("a long name", longest, argv);
    result("no path", syscall(SYS_execve, 8, argv, no_environment));
    result("bad argv", syscall(SYS_execve, "/bin/sh", 8, no_environment));
}

CASE(exec_scripts)
{
    char *argv[] = {"zero", "one", NULL};

    write_file("/tmp/x-script", "#!/bin/sh\necho script $0 $1 $#\n", 0755);
    write_file("/tmp/x-option", "#! /bin/sh -e \nfalse\necho not here\n", 0755);
    write_file("/tmp/x-second", "#!/tmp/x-script extra\n", 0755);
    run("script", "/tmp/x-script", argv);
    run("with an option", "/tmp/x-option", argv);
    run("a script's script", "/tmp/x-second", argv);
}

CASE(exec_script_loop)
{
    char *argv[] = {"zero", NULL};

    write_file("/tmp/x-loop", "#!/tmp/x-loop\n", 0755);
    run("loop", "/tmp/x-loop", argv);
}

CASE(exec_too_big)
{
    size_t size = 140 * 1024;
    char *big = malloc(size + 1);
    char *argv[] = {"sh", "-c", "exit 5", big, NULL};

    memset(big, 'b', size);
    big[size] = 0;
    run("one string of 140 KiB", "/bin/sh", argv);
    big[100 * 1024] = 0;
    run("one of 100 KiB", "/bin/sh", argv);
}

CASE(exec_close_on_exec)
{
    int a = open("/dev/null", O_RDONLY), b = open("/dev/null", O_RDONLY | O_CLOEXEC);
    char script[128];
    char *argv[] = {"sh", "-c", script, NULL};

    dup2(a, 7);
    dup2(b, 8);
    fcntl(8, F_SETFD, FD_CLOEXEC);
    snprintf(script, sizeof script,
             "(true <&7) 2>/dev/null && echo 7 is open; (true <&8) 2>/dev/null || echo 8 is not");
    run("sh", "/bin/sh", argv);
}

CASE(exec_signals)
{
    char *argv[] = {"sh", "-c", "kill -USR1 $$; echo ignored; kill -USR2 $$; echo not", NULL};

    signal(SIGUSR1, SIG_IGN);
    run("sh", "/bin/sh", argv);
}

CASE(exec_at)
{
    char *argv[] = {"sh", "-c", "exit 11", NULL};
    int dir = open("/bin", O_RDONLY | O_DIRECTORY), file = open("/bin/sh", O_RDONLY);
    pid_t pid;

    pid = fork();
    if (pid == 0)
        _exit(syscall(SYS_execveat, dir, "sh", argv, no_environment, 0) ? 1 : 0);
    say_status("relative", wait_status(pid));
    pid = fork();
    if (pid == 0)
        _exit(syscall(SYS_execveat, file, "", argv, no_environment, AT_EMPTY_PATH) ? 1 : 0);
    say_status("empty path", wait_status(pid));
    result("no flag", syscall(SYS_execveat, file, "", argv, no_environment, 0));
    result("bad flag", syscall(SYS_execveat, file, "", argv, no_environment, 0x40000000));
    result("not a directory", syscall(SYS_execveat, file, "x", argv, no_environment, 0));
    result("bad descriptor", syscall(SYS_execveat, 77, "x", argv, no_environment, 0));
}

CASE(exec_busy)
{
    int fd;
    char *argv[] = {"x", NULL};

    write_file("/tmp/x-busy", "#!/bin/sh\n", 0755);
    fd = open("/tmp/x-busy", O_WRONLY);
    run("open for writing", "/tmp/x-busy", argv);
    close(fd);
    run("closed", "/tmp/x-busy", argv);
}

CASE(exec_proc_environ)
{
    char *argv[] = {"sh", "-c", "tr '\\0' ' ' </proc/self/environ; echo",
                    NULL};
    char *environment[] = {"A=1", "B=two words", NULL};
    int pid = fork();

    if (pid == 0) {
        execve("/bin/sh", argv, environment);
        _exit(126);
    }
    wait_status(pid);
}
