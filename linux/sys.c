/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /sys (sysfs(5)), as far as programs read it: one processor, one node of memory, no block devices.
 * It is a file system of tables, as /proc is. What a sandbox does not have is not there.
 */
#include "proc.h"

#define CONSTANT(name, value)                                        \
    static void make_##name(struct text *x, const struct subject *s) \
    {                                                                \
        (void)s;                                                     \
        text_add(x, "%s\n", value);                                  \
    }

CONSTANT(first, "0") /* the first, and only, of a kind */
CONSTANT(mask, "1")  /* the same as a mask */
CONSTANT(none, "")
CONSTANT(clock, "tsc")
CONSTANT(huge, "always madvise [never]")

#define TEXT(text, maker) {.name = text, .kind = PROC_TEXT, .mode = 0444, .make = maker}
#define DIRECTORY(text, table) {.name = text, .kind = PROC_DIR, .mode = 0555, .children = table}
#define END {.name = NULL}

static const struct proc_entry nothing[] = {END};
static const struct proc_entry topology_entries[] = {
    TEXT("core_id", make_first), TEXT("physical_package_id", make_first),
    TEXT("core_cpus", make_mask), TEXT("core_cpus_list", make_first),
    TEXT("thread_siblings", make_mask), TEXT("thread_siblings_list", make_first),
    TEXT("core_siblings", make_mask), TEXT("core_siblings_list", make_first),
    TEXT("package_cpus", make_mask), TEXT("package_cpus_list", make_first), END};
static const struct proc_entry cpu0_entries[] = {DIRECTORY("topology", topology_entries), END};
static const struct proc_entry cpu_entries[] = {
    TEXT("online", make_first), TEXT("possible", make_first), TEXT("present", make_first),
    TEXT("offline", make_none), TEXT("kernel_max", make_first), DIRECTORY("cpu0", cpu0_entries),
    END};
static const struct proc_entry node0_entries[] = {
    TEXT("cpumap", make_mask), TEXT("cpulist", make_first), END};
static const struct proc_entry node_entries[] = {
    TEXT("online", make_first), TEXT("possible", make_first), DIRECTORY("node0", node0_entries),
    END};
static const struct proc_entry clock0_entries[] = {
    TEXT("current_clocksource", make_clock), TEXT("available_clocksource", make_clock), END};
static const struct proc_entry clock_entries[] = {DIRECTORY("clocksource0", clock0_entries), END};
static const struct proc_entry system_entries[] = {
    DIRECTORY("cpu", cpu_entries), DIRECTORY("node", node_entries),
    DIRECTORY("clocksource", clock_entries), END};
static const struct proc_entry devices_entries[] = {DIRECTORY("system", system_entries), END};
static const struct proc_entry huge_entries[] = {TEXT("enabled", make_huge), END};
static const struct proc_entry mm_entries[] = {
    DIRECTORY("transparent_hugepage", huge_entries), END};
static const struct proc_entry kernel_entries[] = {DIRECTORY("mm", mm_entries), END};
static const struct proc_entry dev_entries[] = {
    DIRECTORY("block", nothing), DIRECTORY("char", nothing), END};

const struct proc_entry sysfs_entries[] = {
    DIRECTORY("block", nothing), DIRECTORY("bus", nothing), DIRECTORY("class", nothing),
    DIRECTORY("dev", dev_entries), DIRECTORY("devices", devices_entries),
    DIRECTORY("fs", nothing), DIRECTORY("kernel", kernel_entries), END};
