/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the start to the first program. Which one the manifest says: init=PATH, then arg=... for
 * each argument, the name it is called by first, env=NAME=VALUE for the environment.
 */
#include "budget.h"
#include "core_priv.h"

#include <abi/invoke.h>
#include <rt/component.h>
#include <rt/program.h>

#include "file.h"
#include "fsabi.h"
#include "inode.h"
#include "policy.h"
#include "programs_priv.h"
#include "trace.h"
#include "tty.h"

#define WORDS 32
#define OBJECTS_MOST (8ul << 20)

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

/* A member's header in a cpio archive (newc, cpio(5)): numbers of eight hexadecimal digits. */
struct member {
    char magic[6], number[8], mode[8], uid[8], gid[8], links[8], time[8], bytes[8], device[4][8],
        name_bytes[8], check[8];
};

static word_t hexadecimal(const char digits[8])
{
    word_t n = 0;

    for (unsigned i = 0; i < 8; i++)
        n = n * 16 + (unsigned)(digits[i] <= '9' ? digits[i] - '0' : (digits[i] & 15) + 9);
    return n;
}

/* Its own image is trusted, so the archive is not checked; only that it ends. */
static long add_member(const char *name, unsigned mode, const uint8_t *data, word_t bytes)
{
    static char path[PATH_LENGTH] = "/", target[PATH_LENGTH];
    long e;

    memcpy(path + 1, name, rt_length(name) + 1);
    switch (mode & S_IFMT) {
    case S_IFDIR:
        e = tree_add_node(path, mode, 0);
        return e == -EEXIST ? 0 : e;
    case S_IFLNK:
        memcpy(target, data, bytes);
        target[bytes] = 0;
        return tree_add_link(path, target);
    default:
        return tree_add_file(path, mode & 07777, data, bytes);
    }
}

static bool fill_tree(void)
{
    for (const uint8_t *at = programs; at + sizeof(struct member) < programs_end;) {
        const struct member *m = (const struct member *)at;
        const char *name = (const char *)(m + 1);
        word_t bytes = hexadecimal(m->bytes);
        const uint8_t *data = at + (sizeof *m + hexadecimal(m->name_bytes) + 3) / 4 * 4;

        if (rt_same(name, "TRAILER!!!"))
            return true;
        if (add_member(name, (unsigned)hexadecimal(m->mode), data, bytes) != 0)
            return false;
        at = data + (bytes + 3) / 4 * 4;
    }
    return false;
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

/*
 * What of the quota may become pages. The rest is for the kernel's objects: a process takes some 32
 * KiB of them, a mapped page a slot. Frames are never given back, so without this a program that
 * had all memory once would leave none to make processes with.
 */
static word_t pages_most(void)
{
    word_t type, object, rights, size = 0, used = 0, hint, left, objects;

    (void)cnode_inspect(COMPONENT_CNODE, COMPONENT_UNTYPED, &type, &object, &rights, &size, &used,
                        &hint);
    left = (size - used) * GRANULE / PAGE;
    objects = OBJECTS_MOST / PAGE < left / 4 ? OBJECTS_MOST / PAGE : left / 4;
    return left - objects - left / 32;
}

bool system_start(void)
{
    const char *init = read_arguments();
    struct task *t;
    long e;

    if (!step(pages_init(pages_most()), "memory") || !step(clock_init(), "the clock") ||
        !step(budget_init(), "processor time") || !step(vdso_init(), "the vdso") ||
        !step(tree_init(), "the file system") || !step(fill_tree(), "its files") ||
        !step(console_begin(), "the console"))
        return false;
    t = first_task();
    if (!step(t != NULL, "the first process") || !step(open_terminal(t), "its terminal"))
        return false;
    trace_init();
    policy_init(t->place->root);
    e = exec_run(t, init, argv, envp);
    if (e != 0)
        rt_say(0, "cannot start %s: error %ld", init, -e);
    return e == 0;
}
