/* SPDX-License-Identifier: BSD-2-Clause */
/* What belongs to a file: modes, owners, times, extended attributes; who may do what. */
#include "case.h"

#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/xattr.h>
#include <utime.h>

static struct stat s;

static void show(const char *what, const char *path)
{
    if (lstat(path, &s) != 0)
        say("%s: %s", what, error_name(errno));
    else
        say("%s: mode %o links %d uid %u gid %u size %ld", what, s.st_mode, (int)s.st_nlink,
            s.st_uid, s.st_gid, S_ISDIR(s.st_mode) ? 0l : (long)s.st_size);
}

static void become(uid_t uid, gid_t gid)
{
    if (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
        say("cannot become another: %s", error_name(errno));
}

CASE(stat_kinds)
{
    close(put("f", "hello"));
    symlink("f", "l");
    mkdir("d", 0750);
    mkfifo("p", 0600);
    show("file", "f");
    show("link", "l");
    show("directory", "d");
    show("fifo", "p");
    stat("/dev/null", &s);
    say("null %o %d,%d", s.st_mode, (int)major(s.st_rdev), (int)minor(s.st_rdev));
    stat("/dev/zero", &s);
    say("zero %o %d,%d", s.st_mode, (int)major(s.st_rdev), (int)minor(s.st_rdev));
    stat("/proc/self", &s);
    say("proc %o", s.st_mode & S_IFMT);
    stat("l", &s);
    say("followed %o", s.st_mode);
    fstatat(AT_FDCWD, "l", &s, AT_SYMLINK_NOFOLLOW);
    say("not followed %o", s.st_mode);
    say("block size %ld blocks %ld", (long)s.st_blksize, (long)s.st_blocks);
}

CASE(stat_errors)
{
    close(put("f", ""));
    result("not there", stat("none", &s));
    result("empty", stat("", &s));
    result("below a file", stat("f/x", &s));
    result("with a slash", stat("f/", &s));
    result("bad path", syscall(SYS_stat, 8, &s));
    result("bad buffer", syscall(SYS_stat, "f", 8));
    result("not open", fstat(99, &s));
    result("bad flag", fstatat(AT_FDCWD, "f", &s, 0x8000));
    result("empty path", fstatat(open("f", O_RDONLY), "", &s, AT_EMPTY_PATH));
    result("empty path, here", fstatat(AT_FDCWD, "", &s, AT_EMPTY_PATH));
    say("directory %d", S_ISDIR(s.st_mode));
}

CASE(stat_statx)
{
    struct statx x;

    memset(&x, 0xff, sizeof x);
    close(put("f", "hello"));
    result("statx", statx(AT_FDCWD, "f", 0, STATX_BASIC_STATS, &x));
    say("mask %x mode %o size %ld links %u", x.stx_mask & STATX_BASIC_STATS, x.stx_mode,
        (long)x.stx_size, x.stx_nlink);
    stat("f", &s);
    say("number %d times %d", x.stx_ino == s.st_ino,
        x.stx_mtime.tv_sec == s.st_mtim.tv_sec &&
            x.stx_mtime.tv_nsec == (uint32_t)s.st_mtim.tv_nsec);
    result("reserved mask", statx(AT_FDCWD, "f", 0, 0x80000000u, &x));
    result("bad flag", statx(AT_FDCWD, "f", 0x8000, 0, &x));
    result("both sync flags",
           statx(AT_FDCWD, "f", AT_STATX_FORCE_SYNC | AT_STATX_DONT_SYNC, 0, &x));
    result("not there", statx(AT_FDCWD, "none", 0, 0, &x));
    result("bad buffer", syscall(SYS_statx, AT_FDCWD, "f", 0, 0, 8));
    result("by descriptor", statx(open("f", O_RDONLY), "", AT_EMPTY_PATH, STATX_SIZE, &x));
}

CASE(mode_chmod)
{
    int fd = put("f", "");

    result("chmod", chmod("f", 07777));
    show("all", "f");
    result("fchmod", fchmod(fd, 0100640));
    show("other bits are nothing", "f");
    result("not there", chmod("none", 0));
    result("not open", fchmod(99, 0));
    symlink("f", "l");
    result("by a link", chmod("l", 0600));
    show("link", "l");
    show("file", "f");
    result("a link itself", fchmodat(AT_FDCWD, "l", 0, AT_SYMLINK_NOFOLLOW));
    result("write clears the special bits",
           (chmod("f", 06777), become(1000, 1000), write(fd, "x", 1)));
    show("after it", "f");
    result("of another's file", chmod("f", 0777));
}

CASE(mode_umask)
{
    result("umask", umask(077));
    result("before", umask(01777));
    result("only nine bits", umask(022));
    close(open("f", O_CREAT | O_RDWR, 0777));
    show("file", "f");
    mkdir("d", 0777);
    show("directory", "d");
    umask(0);
    close(open("g", O_CREAT | O_RDWR, 07777));
    show("all", "g");
}

CASE(owner_chown)
{
    int fd = put("f", "");

    result("chown", chown("f", 10, 20));
    show("both", "f");
    result("only the group", chown("f", (uid_t)-1, 30));
    show("group", "f");
    chmod("f", 06755);
    result("special bits", fchown(fd, 11, 31));
    show("are cleared", "f");
    chmod("f", 02644);
    chown("f", 12, 32);
    show("not a lock's", "f");
    mkdir("d", 06755);
    chown("d", 5, 5);
    show("a directory keeps them", "d");
    symlink("f", "l");
    result("a link itself", lchown("l", 7, 8));
    show("link", "l");
    show("file", "f");
    result("by the link", chown("l", 9, 9));
    show("file", "f");
    result("nothing at all", chown("f", (uid_t)-1, (gid_t)-1));
    result("not there", chown("none", 1, 1));
    result("bad flag", fchownat(AT_FDCWD, "f", 1, 1, 0x8000));
}

static void chown_as_user(void)
{
    gid_t groups[2] = {50, 60};

    setgroups(2, groups);
    setresgid(1000, 1000, 1000);
    setresuid(1000, 1000, 1000);
    result("give away", chown("mine", 0, (gid_t)-1));
    result("to a group of mine", chown("mine", (uid_t)-1, 60));
    show("mine", "mine");
    result("to another group", chown("mine", (uid_t)-1, 70));
    result("the owner it has", chown("mine", 1000, 50));
    result("of another's", chown("other", (uid_t)-1, 50));
    result("nothing of another's", chown("other", (uid_t)-1, (gid_t)-1));
}

CASE(owner_of_users)
{
    close(put("mine", ""));
    close(put("other", ""));
    chown("mine", 1000, 1000);
    chmod(".", 0777);
    in_child("user", chown_as_user);
}

CASE(owner_of_new_files)
{
    mkdir("d", 0777);
    chmod("d", 02777);
    chown("d", 0, 77);
    chmod("d", 02777);
    chmod(".", 0755);
    umask(0);
    become(1000, 1000);
    close(open("d/f", O_CREAT | O_RDWR, 02777));
    show("file", "d/f");
    mkdir("d/e", 0777);
    show("directory", "d/e");
    symlink("x", "d/l");
    show("link", "d/l");
}

static void as_user(void)
{
    become(1000, 1000);
    outcome("read mine", open("mine", O_RDONLY));
    outcome("write mine", open("mine", O_WRONLY));
    outcome("read the group's", open("group", O_RDONLY));
    outcome("write the group's", open("group", O_WRONLY));
    outcome("read others'", open("others", O_RDONLY));
    outcome("write others'", open("others", O_WRONLY));
    outcome("the owner is not others", open("denied", O_RDONLY));
    outcome("search", access("closed/f", F_OK));
    outcome("list without search", open("listed", O_RDONLY));
    outcome("use what is listed", access("listed/f", F_OK));
    outcome("create where one may not", open("closed/x", O_CREAT | O_RDWR, 0600));
    outcome("create here", open("new", O_CREAT | O_RDWR, 0600));
    outcome("unlink another's", unlink("others"));
    outcome("truncate another's", truncate("others", 0));
    outcome("execute", execl("others", "others", NULL));
}

CASE(permission_of_users)
{
    umask(0);
    close(open("mine", O_CREAT | O_RDWR, 0600));
    chown("mine", 1000, 5);
    close(open("group", O_CREAT | O_RDWR, 0640));
    chown("group", 5, 1000);
    close(open("others", O_CREAT | O_RDWR, 0604));
    close(open("denied", O_CREAT | O_RDWR, 0077));
    chown("denied", 1000, 5);
    mkdir("closed", 0700);
    close(put("closed/f", ""));
    mkdir("listed", 0744);
    close(put("listed/f", ""));
    in_child("user", as_user);
}

static void in_sticky(void)
{
    become(1000, 1000);
    result("unlink another's", unlink("d/other"));
    result("rename another's", rename("d/other", "d/x"));
    result("unlink mine", unlink("d/mine"));
    result("replace another's",
           (close(open("d/new", O_CREAT | O_RDWR, 0600)), rename("d/new", "d/other")));
    result("link another's", link("d/other", "d/link"));
}

CASE(permission_sticky)
{
    mkdir("d", 0777);
    chmod("d", 01777);
    close(put("d/other", ""));
    close(put("d/mine", ""));
    chown("d/mine", 1000, 1000);
    in_child("user", in_sticky);
}

CASE(permission_access)
{
    close(put("f", ""));
    chmod("f", 0604);
    result("exists", access("f", F_OK));
    result("root may write", access("f", W_OK));
    result("root may not execute", access("f", X_OK));
    chmod("f", 0614);
    result("now it may", access("f", X_OK));
    result("bad mode", access("f", 8));
    result("not there", access("none", F_OK));
    result("bad pointer", syscall(SYS_access, 8, F_OK));
    chmod("f", 0600);
    setresuid(1000, 0, 0);
    result("by the real user", access("f", R_OK));
    result("by the effective one", faccessat(AT_FDCWD, "f", R_OK, AT_EACCESS));
    result("bad flag", syscall(SYS_faccessat2, AT_FDCWD, "f", R_OK, 0x8000));
    outcome("open", open("f", O_RDONLY));
}

static void times(const char *what, const char *path)
{
    lstat(path, &s);
    say("%s: %ld.%09ld %ld.%09ld", what, (long)s.st_atim.tv_sec, s.st_atim.tv_nsec,
        (long)s.st_mtim.tv_sec, s.st_mtim.tv_nsec);
}

CASE(times_set)
{
    struct timespec t[2] = {{1000, 5}, {2000, 999999999}};
    struct timeval v[2] = {{3000, 7}, {4000, 999999}};
    struct utimbuf u = {5000, 6000};
    int fd = put("f", "");

    result("utimensat", utimensat(AT_FDCWD, "f", t, 0));
    times("both", "f");
    t[0].tv_nsec = UTIME_OMIT;
    t[1] = (struct timespec){77, 7};
    result("one", utimensat(AT_FDCWD, "f", t, 0));
    times("modification", "f");
    result("futimens", futimens(fd, (struct timespec[2]){{1, 2}, {3, 4}}));
    times("by descriptor", "f");
    result("utimes", utimes("f", v));
    times("microseconds", "f");
    result("utime", utime("f", &u));
    times("seconds", "f");
    symlink("f", "l");
    t[0] = (struct timespec){9, 9};
    result("a link", utimensat(AT_FDCWD, "l", t, AT_SYMLINK_NOFOLLOW));
    times("link", "l");
    times("file", "f");
    t[0].tv_nsec = 1000000000;
    result("bad", utimensat(AT_FDCWD, "f", t, 0));
    result("bad flag", utimensat(AT_FDCWD, "f", NULL, 0x8000));
    result("not there", utimensat(AT_FDCWD, "none", NULL, 0));
    v[0].tv_usec = 1000000;
    result("bad microseconds", utimes("f", v));
    t[0].tv_nsec = t[1].tv_nsec = UTIME_OMIT;
    result("nothing", utimensat(AT_FDCWD, "none", t, 0));
    result("before 1970", utimensat(AT_FDCWD, "f", (struct timespec[2]){{-5, 1}, {-6, 2}}, 0));
    times("then", "f");
}

static void times_as_user(void)
{
    become(1000, 1000);
    result("now, by who may write", utimensat(AT_FDCWD, "f", NULL, 0));
    result("another time", utimensat(AT_FDCWD, "f", (struct timespec[2]){{1, 2}, {3, 4}}, 0));
    result("now, by who may not write", utimensat(AT_FDCWD, "g", NULL, 0));
}

CASE(times_of_users)
{
    close(put("f", ""));
    chmod("f", 0666);
    close(put("g", ""));
    in_child("user", times_as_user);
}

static bool changed(const char *path, struct timespec *old)
{
    bool later;

    stat(path, &s);
    later = s.st_mtim.tv_sec != old->tv_sec || s.st_mtim.tv_nsec != old->tv_nsec;
    *old = s.st_mtim;
    return later;
}

/* What changes the time of modification, and what does not. */
CASE(times_change)
{
    struct timespec t = {0};
    int fd = put("f", "hello");
    char c;

    changed("f", &t);
    usleep(20000);
    pread(fd, &c, 1, 0);
    say("read %d", changed("f", &t));
    pwrite(fd, "x", 1, 0);
    say("write %d", changed("f", &t));
    usleep(20000);
    ftruncate(fd, 5);
    say("truncate to the same %d", changed("f", &t));
    usleep(20000);
    chmod("f", 0600);
    say("chmod %d", changed("f", &t));
    usleep(20000);
    changed(".", &t);
    close(put("g", ""));
    say("directory: create %d", changed(".", &t));
    usleep(20000);
    rename("g", "h");
    say("directory: rename %d", changed(".", &t));
    usleep(20000);
    pwrite(fd, "y", 1, 0);
    say("directory: write %d", changed(".", &t));
    usleep(20000);
    unlink("h");
    say("directory: unlink %d", changed(".", &t));
    char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    changed("f", &t);
    usleep(20000);
    p[0] = 'z';
    msync(p, 4096, MS_SYNC);
    say("by memory %d", changed("f", &t));
}

CASE(xattr_trusted)
{
    char text[64] = "";
    int fd = put("f", "");

    result("set", setxattr("f", "trusted.one", "value", 5, 0));
    result("get", getxattr("f", "trusted.one", text, sizeof text));
    say("%s", text);
    result("length", getxattr("f", "trusted.one", NULL, 0));
    result("too small", getxattr("f", "trusted.one", text, 2));
    result("create", setxattr("f", "trusted.one", "x", 1, XATTR_CREATE));
    result("replace", setxattr("f", "trusted.one", "xy", 2, XATTR_REPLACE));
    result("replace another", setxattr("f", "trusted.two", "x", 1, XATTR_REPLACE));
    result("bad flag", setxattr("f", "trusted.two", "x", 1, 7));
    result("empty value", fsetxattr(fd, "trusted.two", "", 0, 0));
    result("its length", fgetxattr(fd, "trusted.two", text, 10));
    result("names", listxattr("f", text, sizeof text));
    result("names, length", listxattr("f", NULL, 0));
    result("names, too small", listxattr("f", text, 3));
    result("remove", removexattr("f", "trusted.one"));
    result("again", removexattr("f", "trusted.one"));
    result("get", getxattr("f", "trusted.one", text, sizeof text));
    result("empty name", setxattr("f", "", "x", 1, 0));
    result("no prefix", setxattr("f", "plain", "x", 1, 0));
    result("not there", setxattr("none", "trusted.x", "x", 1, 0));
    result("bad pointer", syscall(SYS_setxattr, "f", 8, "x", 1, 0));
    result("too large", setxattr("f", "trusted.x", text, 1 << 20, 0));
    char name[300] = "trusted.";

    memset(name + 8, 'n', 290);
    name[299] = 0;
    result("long name", setxattr("f", name, "x", 1, 0));
    become(1000, 1000);
    result("not for users", getxattr("f", "trusted.two", text, sizeof text));
}

CASE(statfs_here)
{
    struct statfs f;

    result("statfs", statfs(".", &f));
    say("type %lx block %ld names %ld", (long)f.f_type, (long)f.f_bsize, (long)f.f_namelen);
    say("free %d", f.f_bfree <= f.f_blocks && f.f_bavail <= f.f_bfree);
    result("proc", statfs("/proc", &f));
    say("type %lx", (long)f.f_type);
    result("not there", statfs("none", &f));
    result("not open", fstatfs(99, &f));
    result("bad pointer", syscall(SYS_statfs, ".", 8));
    int p[2];

    pipe(p);
    result("a pipe", fstatfs(p[0], &f));
    say("type %lx", (long)f.f_type);
}

CASE(sync_calls)
{
    int fd = put("f", "x"), p[2];

    pipe(p);
    result("fsync", fsync(fd));
    result("fdatasync", fdatasync(fd));
    result("syncfs", syncfs(fd));
    result("of a directory", fsync(open(".", O_RDONLY)));
    result("of a reader", fsync(open("f", O_RDONLY)));
    result("of a pipe", fsync(p[0]));
    result("not open", fsync(99));
    result("range", sync_file_range(fd, 0, 1, SYNC_FILE_RANGE_WRITE));
    result("range of a pipe", sync_file_range(p[0], 0, 1, SYNC_FILE_RANGE_WRITE));
    result("range, bad flag", sync_file_range(fd, 0, 1, 0x100));
    result("advice", posix_fadvise(fd, 0, 0, POSIX_FADV_WILLNEED));
    result("bad advice", posix_fadvise(fd, 0, 0, 77));
    result("advice on a pipe", posix_fadvise(p[0], 0, 0, POSIX_FADV_NORMAL));
    result("readahead", readahead(fd, 0, 100));
    result("readahead of a pipe", readahead(p[0], 0, 100));
}
