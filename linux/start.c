/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the start to the first program. Which one the manifest says: init=PATH, then arg=... for each
 * argument, the name it is called by first, env=NAME=VALUE for the environment.
 */
#include "core_priv.h"

#include <rt/program.h>

#include "file.h"
#include "fsabi.h"
#include "inode.h"
#include "tty.h"

#define WORDS 32

extern const uint8_t program_busybox[], program_busybox_end[];

static const char *argv[WORDS + 1], *envp[WORDS + 1] = {
    "HOME=/root", "TERM=linux", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "PWD=/",
};

static bool has_prefix(const char *text, const char *prefix)
{
    while (*prefix != 0 && *text == *prefix)
        text++, prefix++;
    return *prefix == 0;
}

static void add(const char **list, const char *text)
{
    unsigned i = 0;

    while (list[i] != NULL)
        i++;
    if (i < WORDS)
        list[i] = text;
}

static const char *read_arguments(void)
{
    const char *init = "/bin/busybox";

    for (const char *a = rt_info()->args; *a != 0; a += rt_length(a) + 1) {
        if (has_prefix(a, "init="))
            init = a + 5;
        else if (has_prefix(a, "arg="))
            add(argv, a + 4);
        else if (has_prefix(a, "env="))
            add(envp, a + 4);
    }
    if (argv[0] == NULL)
        argv[0] = init;
    return init;
}

static bool fill_tree(void)
{
    return tree_add_file("/bin/busybox", 0755, program_busybox,
                         (word_t)(program_busybox_end - program_busybox)) == 0 &&
           tree_add_link("/bin/sh", "busybox") == 0;
}

static bool open_terminal(struct task *t)
{
    struct file *f;

    if (file_open_path(t, "/dev/console", O_RDWR, &f) != 0)
        return false;
    for (unsigned i = 0; i < 2; i++) {
        if (file_install(t, file_get(f), 0, false) < 0)
            return false;
    }
    return file_install(t, f, 0, false) >= 0;
}

static struct task *first_task(void)
{
    int pid = pid_new();
    struct process *p = process_new(NULL, pid);
    struct task *t = p != NULL ? task_new(p, pid) : NULL;

    if (t == NULL)
        return NULL;
    t->files = files_new();
    t->place = place_new();
    return t->files != NULL && t->place != NULL ? t : NULL;
}

static bool step(bool done, const char *what)
{
    if (!done)
        rt_say(0, "cannot start: %s", what);
    return done;
}

bool system_start(void)
{
    word_t pages = rt_info()->memory_bytes / PAGE;
    const char *init = read_arguments();
    struct task *t;
    long e;

    if (!step(pages_init(pages - pages / 8), "memory") || !step(tasks_init(), "processor time") ||
        !step(clock_init(), "the clock") || !step(vdso_init(), "the vdso") ||
        !step(tree_init(), "the file system") || !step(fill_tree(), "its files") ||
        !step(console_begin(), "the console"))
        return false;
    t = first_task();
    if (!step(t != NULL, "the first process") || !step(open_terminal(t), "its terminal"))
        return false;
    e = exec_run(t, init, argv, envp);
    if (e != 0)
        rt_say(0, "cannot start %s: error %ld", init, -e);
    return e == 0;
}
