/* SPDX-License-Identifier: BSD-2-Clause */
/* Users, groups, capabilities, limits, names. */
#include "case.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>

static void ids(const char *what)
{
    uid_t r, e, s;
    gid_t g, h, i;

    getresuid(&r, &e, &s);
    getresgid(&g, &h, &i);
    say("%s: %u %u %u, %u %u %u", what, r, e, s, g, h, i);
}

static void set_user(void)
{
    result("setuid", setuid(1000));
    ids("all");
    result("back", setuid(0));
    result("to itself", setuid(1000));
    result("group", setgid(5));
    result("groups", setgroups(0, NULL));
}

static void set_effective(void)
{
    result("seteuid", seteuid(1000));
    ids("effective");
    result("back", seteuid(0));
    result("setreuid", setreuid(1000, 0));
    ids("both");
    result("exchange", setreuid(0, 1000));
    ids("exchanged");
}

static void set_three(void)
{
    result("three", setresuid(1, 2, 3));
    ids("three");
    result("one that it has", setresuid((uid_t)-1, 3, (uid_t)-1));
    result("one that it has not", setresuid((uid_t)-1, 4, (uid_t)-1));
    result("permuted", setresuid(3, 1, 2));
    ids("permuted");
}

static void set_group(void)
{
    result("three", setresgid(1, 2, 3));
    result("setuid", setuid(1000));
    result("setgid to one of them", setgid(3));
    ids("effective");
    result("setgid to another", setgid(9));
    result("setregid", setregid(2, (gid_t)-1));
}

CASE(user_sets)
{
    in_child("setuid", set_user);
    in_child("seteuid", set_effective);
    in_child("setresuid", set_three);
    in_child("setresgid", set_group);
    result("bad pointer", syscall(SYS_getresuid, 8, 8, 8));
}

CASE(user_file_system)
{
    result("before", setfsuid(1000));
    result("is", setfsuid((uid_t)-1));
    close(put("f", ""));
    struct stat s;

    stat("f", &s);
    say("owner %u", s.st_uid);
    result("follows", (setresuid((uid_t)-1, 5, (uid_t)-1), setfsuid((uid_t)-1)));
}

CASE(user_groups)
{
    gid_t g[4] = {7, 5, 9, 7}, got[8];

    result("set", setgroups(4, g));
    result("count", getgroups(0, NULL));
    result("get", getgroups(8, got));
    say("%u %u %u %u", got[0], got[1], got[2], got[3]);
    result("too few", getgroups(2, got));
    result("negative", getgroups(-1, got));
    result("too many", setgroups(70000, g));
    result("bad pointer", syscall(SYS_setgroups, 4, 8));
}

CASE(user_capabilities)
{
    struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct d[2];

    result("get", syscall(SYS_capget, &h, d));
    say("some %d", d[0].effective != 0);
    h.version = 77;
    result("version", syscall(SYS_capget, &h, d));
    say("%x", h.version);
    h.pid = 30000;
    result("nobody", syscall(SYS_capget, &h, d));
    h.pid = 0;
    setresuid(1000, 1000, 1000);
    result("of a user", syscall(SYS_capget, &h, d));
    say("%x", d[0].effective);
    d[0].effective = 1;
    result("take one", syscall(SYS_capset, &h, d));
}

static void kill_others(void)
{
    setresuid(1000, 1000, 1000);
    result("kill root's", kill(getppid(), SIGUSR1));
    result("ask", kill(getppid(), 0));
    result("init", kill(1, SIGTERM));
    result("nice down", setpriority(PRIO_PROCESS, 0, -5));
    result("another's priority", setpriority(PRIO_PROCESS, (id_t)getppid(), 5));
    result("host name", sethostname("x", 1));
    result("chroot", chroot("."));
    result("mknod", mknod("n", S_IFCHR | 0600, 0x103));
    result("mount", syscall(SYS_mount, "x", ".", "tmpfs", 0, 0));
    result("clock", syscall(SYS_clock_settime, 0, &(struct timespec){1, 1}));
}

CASE(user_may_not)
{
    chmod(".", 0777);
    signal(SIGUSR1, SIG_IGN);
    in_child("user", kill_others);
}

CASE(user_dumpable)
{
    result("at first", prctl(PR_GET_DUMPABLE));
    result("off", prctl(PR_SET_DUMPABLE, 0));
    result("is", prctl(PR_GET_DUMPABLE));
    result("bad", prctl(PR_SET_DUMPABLE, 2));
    result("on", prctl(PR_SET_DUMPABLE, 1));
    result("no new privileges", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    result("set", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    result("not off", prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
    result("is", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    result("unknown", prctl(9999));
    result("name to bad memory", prctl(PR_GET_NAME, 8));
    result("keep capabilities", prctl(PR_GET_KEEPCAPS));
    result("timer slack", prctl(PR_GET_TIMERSLACK));
}

CASE(limit_values)
{
    struct rlimit r, old;

    for (int i = 0; i < 16; i++)
        outcome("get", getrlimit((__rlimit_resource_t)i, &r));
    result("unknown", getrlimit((__rlimit_resource_t)16, &r));
    r = (struct rlimit){50, 40};
    result("soft above hard", setrlimit(RLIMIT_CORE, &r));
    r = (struct rlimit){10, 40};
    result("lower", setrlimit(RLIMIT_CPU, &r));
    getrlimit(RLIMIT_CPU, &old);
    say("%ld %ld", (long)old.rlim_cur, (long)old.rlim_max);
    result("of another", prlimit(getpid(), RLIMIT_CPU, NULL, &old));
    result("nobody", prlimit(30000, RLIMIT_CPU, NULL, &old));
    result("bad pointer", syscall(SYS_setrlimit, RLIMIT_CPU, 8));
    setresuid(1000, 1000, 1000);
    r = (struct rlimit){10, 50};
    result("a user cannot raise it", setrlimit(RLIMIT_CPU, &r));
    r = (struct rlimit){1 << 30, 1 << 30};
    result("nor descriptors", setrlimit(RLIMIT_NOFILE, &r));
}

static void fork_many(void)
{
    struct rlimit r = {5, 5};
    int n = 0;

    setresuid(1234, 1234, 1234);
    setrlimit(RLIMIT_NPROC, &r);
    for (; n < 10; n++) {
        pid_t pid = fork();

        if (pid == 0) {
            pause();
            _exit(0);
        }
        if (pid < 0)
            break;
    }
    say("%d, then %s", n, error_name(errno));
    signal(SIGTERM, SIG_IGN);
    kill(0, SIGTERM);
    while (wait(NULL) > 0)
        ;
}

CASE(limit_processes)
{
    setpgid(0, 0);
    in_child("user", fork_many);
}

CASE(name_of_host)
{
    struct utsname u, old;

    uname(&old);
    say("%s %s", old.sysname, old.machine);
    result("set", sethostname("case", 4));
    uname(&u);
    say("%s", u.nodename);
    result("too long", sethostname(u.release, 65));
    result("negative", syscall(SYS_sethostname, u.release, -1));
    result("bad pointer", syscall(SYS_sethostname, 8, 4));
    result("domain", setdomainname("dom", 3));
    uname(&u);
    say("%s", u.domainname);
    sethostname(old.nodename, strlen(old.nodename));
    setdomainname(old.domainname, strlen(old.domainname));
    result("uname to bad memory", syscall(SYS_uname, 8));
}
