/* SPDX-License-Identifier: BSD-2-Clause */
/* Users and groups of a root, and what the system says of itself. */
#include "case.h"

#include <grp.h>
#include <sched.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

static void three(const char *what)
{
    uid_t r, e, s;

    getresuid(&r, &e, &s);
    say("%s: %u %u %u", what, r, e, s);
}

static void become_user(void)
{
    three("root");
    result("setresuid", setresuid(1, 2, 3));
    three("now");
    result("to another", setresuid(9, (uid_t)-1, (uid_t)-1));
    result("to one of its own", setresuid(3, 1, 2));
    three("now");
    result("setuid", setuid(2));
    three("now");
    result("setgroups", setgroups(0, NULL));
    result("sethostname", sethostname("x", 1));
}

static void drop_all(void)
{
    result("setuid", setuid(1000));
    three("now");
    result("back", setuid(0));
    result("seteuid", seteuid(0));
}

static void real_and_effective(void)
{
    result("setreuid", setreuid(5, 6));
    three("now");
    result("exchange", setreuid(6, 5));
    three("now");
    say("fsuid %d", setfsuid((uid_t)-1));
}

CASE(id_changes)
{
    in_child("setresuid", become_user);
    in_child("setuid", drop_all);
    in_child("setreuid", real_and_effective);
}

CASE(id_groups)
{
    gid_t some[3] = {7, 8, 9}, got[8];

    result("set", setgroups(3, some));
    result("count", getgroups(0, NULL));
    result("too few", getgroups(2, got));
    result("get", getgroups(8, got));
    say("%u %u %u", got[0], got[1], got[2]);
    result("negative", syscall(SYS_getgroups, -1, got));
}

CASE(info_uname)
{
    struct utsname u;

    result("uname", uname(&u));
    say("%s %s", u.sysname, u.machine);
    result("bad pointer", syscall(SYS_uname, 8));
    result("a long name", sethostname("x", 65));
}

CASE(info_random)
{
    char a[32] = {0}, b[32] = {0};

    result("getrandom", getrandom(a, sizeof a, 0));
    result("again", getrandom(b, sizeof b, GRND_NONBLOCK));
    say("differ %d", memcmp(a, b, sizeof a) != 0);
    result("bad flags", getrandom(a, 1, 0x100));
    result("bad pointer", syscall(SYS_getrandom, 8, 10, 0));
    result("nothing", getrandom(a, 0, 0));
}

CASE(info_sysinfo)
{
    struct sysinfo i;

    result("sysinfo", sysinfo(&i));
    say("%d", i.totalram > i.freeram && i.procs > 0);
    result("bad pointer", syscall(SYS_sysinfo, 8));
}

CASE(info_unknown_call)
{
    result("1000", syscall(1000));
    result("-1", syscall(-1));
}

CASE(info_priority)
{
    errno = 0;
    result("get", getpriority(PRIO_PROCESS, 0));
    result("set", setpriority(PRIO_PROCESS, 0, 5));
    result("get", getpriority(PRIO_PROCESS, 0));
    result("bad which", setpriority((__priority_which_t)9, 0, 5));
    result("nobody", setpriority(PRIO_PROCESS, 30000, 5));
}

CASE(info_sched)
{
    struct sched_param p = {0};

    result("scheduler", sched_getscheduler(0));
    result("parameter", sched_getparam(0, &p));
    result("most", sched_get_priority_max(SCHED_FIFO));
    result("least", sched_get_priority_min(SCHED_OTHER));
    result("bad policy", sched_get_priority_max(99));
    result("nobody", sched_getscheduler(30000));
    result("yield", sched_yield());
}
