/* SPDX-License-Identifier: BSD-2-Clause */
/* /proc itself: what is said of the sandbox as a whole. */
#include "linux.h"
#include "proc.h"
#include "random.h"
#include "system.h"

#include <rt/clock.h>
#include <rt/format.h>
#include <rt/program.h>

#define TICKS_NS 10000000u
#define SECOND   1000000000u

static word_t all_time_ns(void)
{
    word_t sum = 0;

    for (struct process *p = processes; p != NULL; p = p->next)
        sum += process_time_ns(p);
    return sum;
}

static unsigned count_tasks(bool running)
{
    unsigned n = 0;

    for (struct process *p = processes; p != NULL; p = p->next)
        for (struct task *t = p->tasks; t != NULL; t = t->peer)
            n += !running || t->state == TASK_RUNNING;
    return n;
}

static void make_meminfo(struct text *x, const struct subject *s)
{
    word_t total = pages_total() * 4, left = pages_free() * 4;

    (void)s;
    text_add(x, "MemTotal:       %8lu kB\nMemFree:        %8lu kB\nMemAvailable:   %8lu kB\n",
             total, left, left);
    text_add(x, "Buffers:        %8u kB\nCached:         %8lu kB\nSwapCached:     %8u kB\n", 0,
             tmpfs_pages() * 4, 0);
    text_add(x, "Active:         %8lu kB\nInactive:       %8u kB\n", total - left, 0);
    text_add(x, "SwapTotal:      %8u kB\nSwapFree:       %8u kB\nDirty:          %8u kB\n", 0, 0,
             0);
    text_add(x, "Writeback:      %8u kB\nAnonPages:      %8lu kB\nMapped:         %8u kB\n", 0,
             total - left - tmpfs_pages() * 4, 0);
    text_add(x, "Shmem:          %8lu kB\nSlab:           %8u kB\nSReclaimable:   %8u kB\n",
             tmpfs_pages() * 4, 0, 0);
    text_add(x, "SUnreclaim:     %8u kB\nCommitLimit:    %8lu kB\nCommitted_AS:   %8lu kB\n", 0,
             total, total - left);
}

static void make_uptime(struct text *x, const struct subject *s)
{
    word_t now = clock_now(), busy = all_time_ns(), idle = now > busy ? now - busy : 0;

    (void)s;
    text_add(x, "%lu.%02lu %lu.%02lu\n", now / SECOND, now % SECOND / TICKS_NS, idle / SECOND,
             idle % SECOND / TICKS_NS);
}

static void make_loadavg(struct text *x, const struct subject *s)
{
    int last = 0;

    (void)s;
    for (struct process *p = processes; p != NULL; p = p->next)
        last = p->pid > last ? p->pid : last;
    text_add(x, "0.00 0.00 0.00 %u/%u %d\n", count_tasks(true), count_tasks(false), last);
}

static void make_stat(struct text *x, const struct subject *s)
{
    word_t busy = all_time_ns() / TICKS_NS, all = clock_now() / TICKS_NS;
    word_t idle = all > busy ? all - busy : 0;

    (void)s;
    text_add(x, "cpu  %lu 0 0 %lu 0 0 0 0 0 0\ncpu0 %lu 0 0 %lu 0 0 0 0 0 0\n", busy, idle, busy,
             idle);
    text_add(x, "intr 0\nctxt 0\nbtime %lu\nprocesses %u\nprocs_running %u\nprocs_blocked 0\n",
             (word_t)clock_realtime_offset / SECOND, count_tasks(false), count_tasks(true));
}

static void make_cpuinfo(struct text *x, const struct subject *s)
{
    (void)s;
    text_add(x, "processor\t: 0\nvendor_id\t: Tessera\nmodel name\t: x86-64\ncpu MHz\t\t: %lu.000\n"
                "cpu cores\t: 1\nflags\t\t: fpu tsc cx8 cmov mmx fxsr sse sse2 syscall nx lm\n\n",
             rt_info()->ticks_per_second / 1000000);
}

static void make_version(struct text *x, const struct subject *s)
{
    (void)s;
    text_add(x, "Linux version %s (tessera) %s\n", SYSTEM_RELEASE, SYSTEM_VERSION);
}

static void make_filesystems(struct text *x, const struct subject *s)
{
    (void)s;
    text_add(x, "nodev\tsysfs\n"
                "nodev\ttmpfs\nnodev\tdevtmpfs\nnodev\tdevpts\nnodev\tproc\nnodev\tramfs\n");
}

static void make_cmdline(struct text *x, const struct subject *s)
{
    (void)s;
    text_add(x, "tessera\n");
}

static void make_swaps(struct text *x, const struct subject *s)
{
    (void)s;
    text_add(x, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
}

static void make_devices(struct text *x, const struct subject *s)
{
    (void)s;
    text_add(x, "Character devices:\n  1 mem\n  5 /dev/tty\n  5 /dev/console\n  5 /dev/ptmx\n"
                "136 pts\n\nBlock devices:\n");
}

static void make_vmstat(struct text *x, const struct subject *s)
{
    (void)s;
    text_add(x, "nr_free_pages %lu\npgpgin 0\npgpgout 0\npswpin 0\npswpout 0\npgfault 0\n",
             pages_free());
}

static void make_nothing(struct text *x, const struct subject *s)
{
    (void)x;
    (void)s;
}

#define CONSTANT(name, value)                                       \
    static void make_##name(struct text *x, const struct subject *s) \
    {                                                               \
        (void)s;                                                    \
        text_add(x, "%s\n", value);                                 \
    }

CONSTANT(ostype, "Linux")
CONSTANT(osrelease, SYSTEM_RELEASE)
CONSTANT(osversion, SYSTEM_VERSION)
CONSTANT(pid_max, "32768")
CONSTANT(groups_max, "32")
CONSTANT(last_cap, "40")
CONSTANT(entropy, "256")
CONSTANT(pipe_max, "1048576")
CONSTANT(file_max, "65536")
CONSTANT(nr_open, "4096")
CONSTANT(overcommit, "0")
CONSTANT(map_count, "65530")
CONSTANT(zero, "0")
CONSTANT(randomize, "2")
CONSTANT(core_pattern, "core")
CONSTANT(max_backlog, "4096")

static void make_hostname(struct text *x, const struct subject *s)
{
    (void)s;
    text_add(x, "%s\n", system_host_name());
}

static void add_uuid(struct text *x, const uint8_t *bytes)
{
    for (unsigned i = 0; i < 16; i++)
        text_add(x, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", bytes[i]);
    text_add(x, "\n");
}

static void new_uuid(uint8_t bytes[16])
{
    random_bytes(bytes, 16);
    bytes[6] = (bytes[6] & 0x0f) | 0x40; /* RFC 4122: version 4 */
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
}

static void make_uuid(struct text *x, const struct subject *s)
{
    uint8_t bytes[16];

    (void)s;
    new_uuid(bytes);
    add_uuid(x, bytes);
}

static void make_boot_id(struct text *x, const struct subject *s)
{
    static uint8_t bytes[16];

    (void)s;
    if (bytes[6] == 0)
        new_uuid(bytes);
    add_uuid(x, bytes);
}

static long self_target(const struct subject *s, char *to, size_t size)
{
    (void)s;
    if (caller == NULL)
        return -ENOENT;
    return (long)rt_format(to, size, "%d", caller->process->pid);
}

static long thread_self_target(const struct subject *s, char *to, size_t size)
{
    (void)s;
    if (caller == NULL)
        return -ENOENT;
    return (long)rt_format(to, size, "%d/task/%d", caller->process->pid, caller->tid);
}

static long mounts_target(const struct subject *s, char *to, size_t size)
{
    (void)s;
    return (long)rt_format(to, size, "self/mounts");
}

#define TEXT(text, maker) {.name = text, .kind = PROC_TEXT, .mode = 0444, .make = maker}
#define DIRECTORY(text, table) {.name = text, .kind = PROC_DIR, .mode = 0555, .children = table}
#define END {.name = NULL}

static const struct proc_entry random_entries[] = {
    TEXT("boot_id", make_boot_id), TEXT("uuid", make_uuid), TEXT("entropy_avail", make_entropy),
    TEXT("poolsize", make_entropy), END};
static const struct proc_entry kernel_entries[] = {
    TEXT("hostname", make_hostname), TEXT("ostype", make_ostype),
    TEXT("osrelease", make_osrelease), TEXT("version", make_osversion),
    TEXT("pid_max", make_pid_max), TEXT("ngroups_max", make_groups_max),
    TEXT("cap_last_cap", make_last_cap), TEXT("core_pattern", make_core_pattern),
    TEXT("randomize_va_space", make_randomize), DIRECTORY("random", random_entries), END};
static const struct proc_entry fs_entries[] = {
    TEXT("pipe-max-size", make_pipe_max), TEXT("file-max", make_file_max),
    TEXT("nr_open", make_nr_open), END};
static const struct proc_entry vm_entries[] = {
    TEXT("overcommit_memory", make_overcommit), TEXT("max_map_count", make_map_count),
    TEXT("swappiness", make_zero), END};
static const struct proc_entry net_core_entries[] = {TEXT("somaxconn", make_max_backlog), END};
static const struct proc_entry net_entries[] = {DIRECTORY("core", net_core_entries), END};
static const struct proc_entry sys_entries[] = {
    DIRECTORY("kernel", kernel_entries), DIRECTORY("fs", fs_entries), DIRECTORY("vm", vm_entries),
    DIRECTORY("net", net_entries), END};

const struct proc_entry proc_system_entries[] = {
    {.name = "self", .kind = PROC_LINK, .mode = 0777, .target = self_target},
    {.name = "thread-self", .kind = PROC_LINK, .mode = 0777, .target = thread_self_target},
    {.name = "mounts", .kind = PROC_LINK, .mode = 0777, .target = mounts_target},
    TEXT("meminfo", make_meminfo), TEXT("uptime", make_uptime), TEXT("loadavg", make_loadavg),
    TEXT("stat", make_stat), TEXT("cpuinfo", make_cpuinfo), TEXT("version", make_version),
    TEXT("filesystems", make_filesystems), TEXT("cmdline", make_cmdline),
    TEXT("swaps", make_swaps), TEXT("devices", make_devices), TEXT("vmstat", make_vmstat),
    TEXT("diskstats", make_nothing), TEXT("partitions", make_nothing),
    TEXT("modules", make_nothing), DIRECTORY("sys", sys_entries), END};
