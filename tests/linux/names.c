/* SPDX-License-Identifier: BSD-2-Clause */
/* Names: directories, links, renaming, the working directory. */
#include "case.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

static void list(const char *path)
{
    char names[16][64];
    int count = 0;
    DIR *d = opendir(path);
    struct dirent *e;

    while (d != NULL && (e = readdir(d)) != NULL && count < 16)
        snprintf(names[count++], 64, "%s:%d", e->d_name, e->d_type);
    qsort(names, (size_t)count, 64, (int (*)(const void *, const void *))strcmp);
    for (int i = 0; i < count; i++)
        say("  %s", names[i]);
    if (d != NULL)
        closedir(d);
}

static int links(const char *path)
{
    struct stat s;

    return lstat(path, &s) == 0 ? (int)s.st_nlink : -1;
}

CASE(name_link)
{
    int fd = put("a", "x");

    result("link", link("a", "b"));
    say("links %d", links("a"));
    result("over one", link("a", "b"));
    mkdir("d", 0755);
    result("a directory", link("d", "e"));
    result("not there", link("none", "e"));
    result("into what is not there", link("a", "none/e"));
    symlink("a", "s");
    result("a symbolic link", link("s", "t"));
    list(".");
    result("followed", linkat(AT_FDCWD, "s", AT_FDCWD, "u", AT_SYMLINK_FOLLOW));
    say("links %d", links("a"));
    result("bad flag", linkat(AT_FDCWD, "a", AT_FDCWD, "v", 0x8000));
    unlink("a");
    unlink("b");
    unlink("u");
    result("of a descriptor", linkat(fd, "", AT_FDCWD, "w", AT_EMPTY_PATH));
    result("slash at the end", link("s", "x/"));
}

CASE(name_rename)
{
    close(put("a", "one"));
    close(put("b", "two"));
    mkdir("d", 0755);
    mkdir("e", 0755);
    close(put("e/f", ""));
    result("over a file", rename("a", "b"));
    result("gone", access("a", F_OK));
    result("to itself", rename("b", "b"));
    result("file over directory", rename("b", "d"));
    result("directory over file", rename("d", "b"));
    result("directory over full one", rename("d", "e"));
    result("directory over empty one", rename("e", "d"));
    result("into itself", rename("d", "d/x"));
    result("below itself", rename("d", "d/f/x"));
    result("not there", rename("none", "x"));
    result("empty name", rename("", "x"));
    result("to an empty name", rename("b", ""));
    result("dot", rename(".", "x"));
    result("dots", rename("d/..", "x"));
    result("to dot", rename("d", "."));
    result("a file with a slash", rename("b/", "x"));
    result("a file to a name with a slash", rename("b", "x/"));
    result("a directory to a name with a slash", rename("d", "y/"));
    link("b", "c");
    result("two names of a file", rename("b", "c"));
    list(".");
}

CASE(name_rename_flags)
{
    close(put("a", "one"));
    close(put("b", "twotwo"));
    mkdir("d", 0755);
    struct stat s;

    result("no replace", renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_NOREPLACE));
    result("no replace, free", renameat2(AT_FDCWD, "a", AT_FDCWD, "c", RENAME_NOREPLACE));
    result("exchange", renameat2(AT_FDCWD, "b", AT_FDCWD, "c", RENAME_EXCHANGE));
    stat("b", &s);
    say("size of b %ld", (long)s.st_size);
    result("file and directory", renameat2(AT_FDCWD, "b", AT_FDCWD, "d", RENAME_EXCHANGE));
    result("exchange with nothing", renameat2(AT_FDCWD, "b", AT_FDCWD, "none", RENAME_EXCHANGE));
    result("both flags",
           renameat2(AT_FDCWD, "b", AT_FDCWD, "c", RENAME_EXCHANGE | RENAME_NOREPLACE));
    result("unknown flag", renameat2(AT_FDCWD, "b", AT_FDCWD, "c", 0x80));
    list(".");
}

CASE(name_rename_moves_directories)
{
    mkdir("a", 0755);
    mkdir("a/b", 0755);
    mkdir("c", 0755);
    say("links %d %d", links("a"), links("c"));
    result("move", rename("a/b", "c/b"));
    say("links %d %d", links("a"), links("c"));
    result("its parent", access("c/b/../../a", F_OK));
    result("chdir", chdir("c/b"));
    result("moved under one's feet", rename("../../c/b", "../../a/z"));
    char cwd[PATH_MAX], *at = getcwd(cwd, sizeof cwd);

    say("%s", at != NULL ? strrchr(at, '/') : "none");
    result("parent", access("../../a", F_OK));
}

CASE(name_unlink)
{
    int fd = put("f", "hello");
    char text[8] = "";
    struct stat s;

    result("unlink", unlink("f"));
    result("again", unlink("f"));
    result("read", pread(fd, text, 5, 0));
    fstat(fd, &s);
    say("%s, links %d", text, (int)s.st_nlink);
    mkdir("d", 0755);
    result("a directory", unlink("d"));
    result("by unlinkat", unlinkat(AT_FDCWD, "d", AT_REMOVEDIR));
    result("bad flag", unlinkat(AT_FDCWD, "d", 0x8000));
    result("a file as directory", (close(put("f", "")), unlinkat(AT_FDCWD, "f", AT_REMOVEDIR)));
    result("with a slash", unlink("f/"));
    result("empty", unlink(""));
    result("root", unlink("/"));
    symlink("f", "l");
    result("a link", unlink("l"));
    result("its target", access("f", F_OK));
    result("dot", unlink("."));
}

CASE(name_mkdir)
{
    struct stat s;

    umask(027);
    result("mkdir", mkdir("d", 0777));
    stat("d", &s);
    say("mode %o links %d", s.st_mode, (int)s.st_nlink);
    result("again", mkdir("d", 0777));
    result("with a slash", mkdir("e/", 0777));
    result("deep", mkdir("x/y", 0777));
    result("below a file", (close(put("f", "")), mkdir("f/y", 0777)));
    result("dot", mkdir(".", 0777));
    result("root", mkdir("/", 0777));
    result("empty", mkdir("", 0777));
    symlink("nowhere", "l");
    result("at a link to nowhere", mkdir("l", 0777));
    result("with other bits", mkdir("s", 07777));
    stat("s", &s);
    say("mode %o", s.st_mode);
    mkdir("d/sub", 0700);
    say("links %d", links("d"));
}

CASE(name_rmdir)
{
    mkdir("d", 0755);
    mkdir("d/e", 0755);
    result("not empty", rmdir("d"));
    result("dot", rmdir("d/."));
    result("dots", rmdir("d/e/.."));
    result("with a slash", rmdir("d/e/"));
    result("not there", rmdir("d/e"));
    result("a file", (close(put("f", "")), rmdir("f")));
    result("root", rmdir("/"));
    chdir("d");
    result("where one is", rmdir("../d"));
    outcome("create there", open("x", O_CREAT | O_RDWR, 0600));
    result("its parent", access("..", F_OK));
    result("getcwd", getcwd((char[100]){0}, 100) == NULL ? -1 : 0);
    list(".");
}

CASE(name_symlink)
{
    char text[16] = "";
    struct stat s;

    result("symlink", symlink("target", "l"));
    result("again", symlink("other", "l"));
    result("empty", symlink("", "m"));
    result("readlink", readlink("l", text, sizeof text));
    say("%s", text);
    result("short", readlink("l", text, 3));
    result("nothing", readlink("l", text, 0));
    result("a file", (close(put("f", "")), readlink("f", text, 16)));
    result("not there", readlink("none", text, 16));
    result("bad pointer", syscall(SYS_readlink, "l", 8, 16));
    lstat("l", &s);
    say("size %ld mode %o", (long)s.st_size, s.st_mode);
    result("stat", stat("l", &s));
    result("a file's slash", symlink("x", "f/y"));
    int fd = open("l", O_PATH | O_NOFOLLOW);

    result("by descriptor", readlinkat(fd, "", text, sizeof text));
    char large[4200];

    memset(large, 'x', sizeof large);
    large[4095] = 0;
    result("4095 bytes", symlink(large, "n"));
    large[4095] = 'x', large[4096] = 0;
    result("4096 bytes", symlink(large, "o"));
}

CASE(name_link_loops)
{
    char name[8], target[8];

    symlink("b", "a");
    symlink("a", "b");
    outcome("a loop", open("a", O_RDONLY));
    close(put("l0", "x"));
    for (int i = 1; i <= 42; i++) {
        snprintf(name, sizeof name, "l%d", i);
        snprintf(target, sizeof target, "l%d", i - 1);
        symlink(target, name);
    }
    outcome("40 links", open("l40", O_RDONLY));
    outcome("41 links", open("l41", O_RDONLY));
    outcome("the last not followed", open("l41", O_PATH | O_NOFOLLOW));
    symlink(".", "here");
    outcome("through itself", access("here/here/here/l0", F_OK));
}

CASE(name_lengths)
{
    char name[300], path[5000];

    memset(name, 'n', sizeof name);
    name[255] = 0;
    outcome("255 letters", open(name, O_CREAT | O_RDWR, 0600));
    name[255] = 'n', name[256] = 0;
    outcome("256 letters", open(name, O_CREAT | O_RDWR, 0600));
    outcome("asked for", access(name, F_OK));
    memset(path, '/', sizeof path);
    path[4094] = '.', path[4095] = 0;
    outcome("a path of 4095", open(path, O_RDONLY));
    path[4094] = '/', path[4095] = '.', path[4096] = 0;
    outcome("a path of 4096", open(path, O_RDONLY));
}

CASE(name_dots)
{
    mkdir("d", 0755);
    close(put("d/f", ""));
    result("d/./f", access("d/./f", F_OK));
    result("d/../d/f", access("d/../d/f", F_OK));
    result("d//f", access("d//f", F_OK));
    result("above the root", access("/../../tmp", F_OK));
    result("through a file", access("d/f/..", F_OK));
    result("through a file with a dot", access("d/f/.", F_OK));
    result("through nothing", access("none/..", F_OK));
    symlink("d", "l");
    result("out of a link", access("l/../d", F_OK));
    result("three dots", mkdir("...", 0755));
}

CASE(name_working_directory)
{
    char path[PATH_MAX];
    int fd = open(".", O_RDONLY);

    result("not there", chdir("none"));
    result("a file", (close(put("f", "")), chdir("f")));
    result("bad pointer", syscall(SYS_chdir, 8));
    mkdir("d", 0755);
    result("chdir", chdir("d"));
    result("length", syscall(SYS_getcwd, path, sizeof path) > 2);
    result("too small", syscall(SYS_getcwd, path, 3));
    result("nothing", syscall(SYS_getcwd, path, 0));
    result("bad pointer", syscall(SYS_getcwd, 8, 100));
    result("back", fchdir(fd));
    result("a file", fchdir(open("f", O_RDONLY)));
    result("not open", fchdir(99));
    result("root", chdir("/"));
    result("its length", syscall(SYS_getcwd, path, sizeof path));
}

static void rooted(void)
{
    char path[100];

    result("chroot", chroot("d"));
    result("outside, still", access("../f", F_OK));
    result("chdir", chdir("/"));
    result("getcwd", syscall(SYS_getcwd, path, sizeof path));
    say("%s", path);
    result("inside", access("/inside", F_OK));
    result("no way out", access("/../../f", F_OK));
    result("by a link", access("/l", F_OK));
}

static void rooted_outside(void)
{
    char path[100];

    chroot("d");
    say("%d", syscall(SYS_getcwd, path, sizeof path) > 0);
    say("unreachable %d", strncmp(path, "(unreachable)", 13) == 0);
}

CASE(name_chroot)
{
    mkdir("d", 0755);
    close(put("f", ""));
    close(put("d/inside", ""));
    symlink("/inside", "d/l");
    in_child("child", rooted);
    in_child("left outside", rooted_outside);
    result("a file", chroot("f"));
    result("not there", chroot("none"));
}

CASE(name_getdents)
{
    char buffer[1024];
    int fd;

    mkdir("d", 0755);
    close(put("d/f", ""));
    symlink("x", "d/l");
    mkfifo("d/p", 0600);
    mkdir("d/s", 0700);
    list("d");
    fd = open("d", O_RDONLY);
    result("too small", syscall(SYS_getdents64, fd, buffer, 10));
    result("bad pointer", syscall(SYS_getdents64, fd, 8, 1000));
    result("a file", syscall(SYS_getdents64, put("g", ""), buffer, 1000));
    result("not open", syscall(SYS_getdents64, 99, buffer, 1000));
    result("all", syscall(SYS_getdents64, fd, buffer, sizeof buffer));
    result("no more", syscall(SYS_getdents64, fd, buffer, sizeof buffer));
    lseek(fd, 0, SEEK_SET);
    result("again", syscall(SYS_getdents64, fd, buffer, sizeof buffer));
    rmdir("d/s");
    fd = open("d", O_RDONLY);
    unlink("d/f");
    unlink("d/l");
    unlink("d/p");
    rmdir("d");
    result("of a directory that is gone", syscall(SYS_getdents64, fd, buffer, sizeof buffer));
}

CASE(name_directory_changes_while_read)
{
    char name[16];
    int seen = 0, twice = 0;
    bool found[200] = {false};
    struct dirent *e;

    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "f%d", i);
        close(put(name, ""));
    }
    DIR *d = opendir(".");

    while ((e = readdir(d)) != NULL) {
        int n = atoi(e->d_name + 1);

        if (e->d_name[0] != 'f')
            continue;
        seen++;
        twice += found[n];
        found[n] = true;
        unlink(e->d_name);
    }
    say("seen %d twice %d", seen, twice);
    closedir(d);
    list(".");
}

CASE(name_seekdir)
{
    char name[16], first[16];
    struct dirent *e;
    long at;

    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "f%d", i);
        close(put(name, ""));
    }
    DIR *d = opendir(".");

    for (int i = 0; i < 7; i++)
        readdir(d);
    at = telldir(d);
    snprintf(first, sizeof first, "%s", readdir(d)->d_name);
    while (readdir(d) != NULL)
        ;
    seekdir(d, at);
    e = readdir(d);
    say("same %d", e != NULL && strcmp(e->d_name, first) == 0);
    rewinddir(d);
    int n = 0;

    while (readdir(d) != NULL)
        n++;
    say("all %d", n);
}

CASE(name_mknod)
{
    struct stat s;

    result("a fifo", mknod("p", S_IFIFO | 0640, 0));
    lstat("p", &s);
    say("mode %o", s.st_mode);
    result("a file", mknod("f", 0600, 0));
    result("a file too", mknod("g", S_IFREG | 0600, 0));
    result("a socket", mknod("s", S_IFSOCK | 0600, 0));
    lstat("s", &s);
    say("mode %o", s.st_mode);
    outcome("opened", open("s", O_RDWR));
    result("a directory", mknod("d", S_IFDIR | 0700, 0));
    result("a link", mknod("l", S_IFLNK | 0700, 0));
    result("unknown", mknod("u", 0110000, 0));
    result("there already", mknod("f", 0600, 0));
    result("null device", mknod("n", S_IFCHR | 0600, makedev(1, 3)));
    lstat("n", &s);
    say("mode %o device %d,%d", s.st_mode, (int)major(s.st_rdev), (int)minor(s.st_rdev));
    result("write to it", write(open("n", O_WRONLY), "x", 1));
    result("no such device", mknod("x", S_IFCHR | 0600, makedev(250, 77)));
    outcome("opened", open("x", O_RDWR));
}

static void replace_often(void)
{
    for (int i = 0; i < 200; i++) {
        int fd = open("new", O_CREAT | O_TRUNC | O_WRONLY, 0600);

        if (write(fd, i % 2 ? "odd" : "even", i % 2 ? 3 : 4) < 0 || rename("new", "f") != 0)
            _exit(1);
        close(fd);
    }
}

/* Whoever opens a name that is being replaced finds the old file or the new one, and whole. */
CASE(name_replace_race)
{
    int missing = 0, wrong = 0, status = 0;
    pid_t pid;

    close(put("f", "even"));
    pid = fork();
    if (pid == 0) {
        replace_often();
        _exit(0);
    }
    while (waitpid(pid, &status, WNOHANG) == 0) {
        char text[8] = "";
        int fd = open("f", O_RDONLY);

        missing += fd < 0;
        wrong += fd >= 0 && (read(fd, text, 8) < 3
                             || (strcmp(text, "odd") != 0 && strcmp(text, "even") != 0));
        close(fd);
    }
    say_status("child", status);
    say("missing %d wrong %d", missing, wrong);
}

CASE(name_create_race)
{
    int won = 0;
    pid_t pids[4];

    for (int i = 0; i < 4; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            int mine = 0;
            char name[16];

            for (int n = 0; n < 50; n++) {
                snprintf(name, sizeof name, "f%d", n);
                mine += open(name, O_CREAT | O_EXCL | O_RDWR, 0600) >= 0;
            }
            _exit(mine);
        }
    }
    for (int i = 0; i < 4; i++)
        won += wait_status(pids[i]) >> 8;
    say("each name was won once: %d", won);
}

CASE(name_append_race)
{
    char record[16];
    int lines = 0, torn = 0;
    pid_t pids[4];

    close(put("f", ""));
    for (int i = 0; i < 4; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            int fd = open("f", O_WRONLY | O_APPEND);

            memset(record, 'a' + i, 15);
            record[15] = '\n';
            for (int n = 0; n < 50; n++)
                write(fd, record, 16);
            _exit(0);
        }
    }
    for (int i = 0; i < 4; i++)
        wait_status(pids[i]);
    int fd = open("f", O_RDONLY);

    while (read(fd, record, 16) == 16) {
        lines++;
        torn += record[0] != record[14] || record[15] != '\n';
    }
    say("%d lines, %d torn", lines, torn);
}
