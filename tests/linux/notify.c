/* SPDX-License-Identifier: BSD-2-Clause */
/* inotify: events, their names and order, errors. */
#include "case.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

static char folder[] = "/tmp/notifyXXXXXX";
static int fd;

static const char *const names[] = {"ACCESS", "MODIFY", "ATTRIB", "CLOSE_WRITE", "CLOSE_NOWRITE",
                                    "OPEN", "MOVED_FROM", "MOVED_TO", "CREATE", "DELETE",
                                    "DELETE_SELF", "MOVE_SELF"};

static const char *path(const char *name)
{
    static char text[2][128];
    static int which;

    which = !which;
    snprintf(text[which], sizeof text[which], "%s/%s", folder, name);
    return text[which];
}

static void begin(void)
{
    strcpy(folder, "/tmp/notifyXXXXXX");
    if (mkdtemp(folder) == NULL)
        say("no folder");
    fd = inotify_init1(IN_NONBLOCK);
    outcome("inotify_init1", fd);
}

static void show(const struct inotify_event *e, uint32_t first_cookie)
{
    char text[128] = "";

    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (e->mask >> i & 1)
            strcat(strcat(text, " "), names[i]);
    }
    if (e->mask & IN_IGNORED)
        strcat(text, " IGNORED");
    if (e->mask & IN_ISDIR)
        strcat(text, " DIR");
    say("  %d:%s%s%s%s, %u bytes", e->wd, text, e->len > 0 ? " " : "", e->len > 0 ? e->name : "",
        e->cookie == 0 ? "" : e->cookie == first_cookie ? " (one move)" : " (another)", e->len);
}

/* All that has happened. */
static void events(const char *what)
{
    static char buffer[8192] __attribute__((aligned(8)));
    ssize_t n = read(fd, buffer, sizeof buffer);
    uint32_t cookie = 0;

    say("%s: %s", what, n < 0 ? error_name(errno) : "");
    for (char *at = buffer; n > 0 && at < buffer + n;) {
        struct inotify_event *e = (struct inotify_event *)at;

        if (cookie == 0)
            cookie = e->cookie;
        show(e, cookie);
        at += sizeof *e + e->len;
    }
}

static void make(const char *name)
{
    close(open(path(name), O_CREAT | O_WRONLY, 0600));
}

CASE(inotify_errors)
{
    int plain = open("/dev/null", O_RDONLY);

    begin();
    result("bad flags", inotify_init1(0x1234567));
    result("not there", inotify_add_watch(fd, "/none", IN_CREATE));
    result("no events", inotify_add_watch(fd, "/", 0));
    result("bad descriptor", inotify_add_watch(99, "/", IN_CREATE));
    result("another file", inotify_add_watch(plain, "/", IN_CREATE));
    result("bad path", inotify_add_watch(fd, (const char *)8, IN_CREATE));
    make("file");
    result("only a directory", inotify_add_watch(fd, path("file"), IN_OPEN | IN_ONLYDIR));
    result("no such watch", inotify_rm_watch(fd, 7));
    result("watch", inotify_add_watch(fd, path("file"), IN_OPEN));
    result("the same", inotify_add_watch(fd, path("file"), IN_CLOSE));
    result("must be new", inotify_add_watch(fd, path("file"), IN_OPEN | IN_MASK_CREATE));
    result("both", inotify_add_watch(fd, path("file"), IN_OPEN | IN_MASK_CREATE | IN_MASK_ADD));
    events("nothing yet");
    result("remove", inotify_rm_watch(fd, 1));
    result("again", inotify_rm_watch(fd, 1));
    events("removed");
    result("write", write(fd, "x", 1));
}

CASE(inotify_directory)
{
    begin();
    result("watch", inotify_add_watch(fd, folder, IN_ALL_EVENTS));
    make("a");
    events("make a file");
    mkdir(path("d"), 0700);
    events("make a directory");
    rename(path("a"), path("b"));
    events("rename");
    chmod(path("b"), 0640);
    events("mode");
    link(path("b"), path("c"));
    events("link");
    symlink("b", path("s"));
    events("symbolic link");
    unlink(path("b"));
    events("unlink");
    rename(path("c"), path("d/c"));
    events("move away");
    unlink(path("d/c"));
    events("below");
    rmdir(path("d"));
    events("remove a directory");
}

CASE(inotify_file)
{
    char buffer[16];
    int file;

    begin();
    make("f");
    result("watch", inotify_add_watch(fd, path("f"), IN_ALL_EVENTS));
    file = open(path("f"), O_RDWR);
    events("open");
    result("write", write(file, "hello", 5));
    result("write", write(file, "hello", 5));
    events("two writes, told once");
    result("read", pread(file, buffer, 5, 0));
    events("read");
    result("at the end", pread(file, buffer, 5, 100));
    events("nothing was read");
    outcome("truncate", ftruncate(file, 3));
    events("truncate");
    outcome("chmod", fchmod(file, 0644));
    events("mode");
    close(file);
    events("close");
    rename(path("f"), path("g"));
    events("rename");
    unlink(path("g"));
    events("unlink");
    result("it is gone", inotify_rm_watch(fd, 1));
}

CASE(inotify_unlink_open)
{
    int file;

    begin();
    make("f");
    file = open(path("f"), O_RDONLY);
    result("watch", inotify_add_watch(fd, path("f"), IN_ALL_EVENTS));
    unlink(path("f"));
    events("unlink");
    close(file);
    events("close");
}

CASE(inotify_moves)
{
    begin();
    mkdir(path("one"), 0700);
    mkdir(path("two"), 0700);
    make("one/x");
    make("two/y");
    result("watch", inotify_add_watch(fd, path("one"), IN_MOVE));
    result("watch", inotify_add_watch(fd, path("two"), IN_MOVE));
    rename(path("one/x"), path("two/x"));
    events("between two");
    rename(path("two/x"), path("two/y"));
    events("over another");
    rename(path("two/y"), path("z"));
    rename(path("z"), path("one/y"));
    events("out and in");
}

CASE(inotify_once)
{
    begin();
    result("watch", inotify_add_watch(fd, folder, IN_CREATE | IN_ONESHOT));
    make("a");
    make("b");
    events("told once");
    result("watch", inotify_add_watch(fd, folder, IN_CREATE));
    result("also", inotify_add_watch(fd, folder, IN_DELETE | IN_MASK_ADD));
    make("c");
    unlink(path("c"));
    events("both");
    result("instead", inotify_add_watch(fd, folder, IN_DELETE));
    make("d");
    events("not this");
}

CASE(inotify_reading)
{
    struct pollfd p;
    char buffer[16];
    int bytes = -1;

    begin();
    inotify_add_watch(fd, folder, IN_CREATE);
    p = (struct pollfd){.fd = fd, .events = POLLIN | POLLOUT};
    result("poll", poll(&p, 1, 0));
    make("a-name-of-seventeen");
    result("poll", poll(&p, 1, 0));
    say("events %x", (unsigned)p.revents);
    outcome("FIONREAD", ioctl(fd, FIONREAD, &bytes));
    say("bytes %d", bytes);
    result("too short", read(fd, buffer, sizeof buffer));
    events("still there");
    result("seek", lseek(fd, 0, SEEK_SET));
}
