/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * execve: a new space is built while the old one is still there; when nothing can fail any more the
 * task goes over. A script (#!) is replaced by its interpreter, up to four deep.
 */
#include "exec_priv.h"

#include <abi/invoke.h>

#include "file.h"
#include "fsabi.h"
#include "handlers.h"
#include "ptrace.h"
#include "space_priv.h"
#include "vdso_priv.h"

#define SCRIPTS_MAX 4
#define LINE_MAX    256u
#define X_OK        1u
#define BAD_FLAGS   0x80000000u /* beside WALK_...: flags that execveat does not know */

enum { AT_NULL, AT_PHDR = 3, AT_PHENT, AT_PHNUM, AT_PAGESZ, AT_BASE, AT_FLAGS, AT_ENTRY,
       AT_UID = 11, AT_EUID, AT_GID, AT_EGID, AT_PLATFORM, AT_HWCAP, AT_CLKTCK, AT_SECURE = 23,
       AT_RANDOM = 25, AT_HWCAP2, AT_EXECFN = 31, AT_SYSINFO_EHDR = 33, AT_MINSIGSTKSZ = 51 };
#define AUXILIARY 21u

/* One at a time: a call that has to wait begins anew. */
static struct exec work;

static long find(struct exec *x, word_t dirfd, word_t path, const char *local, unsigned flags)
{
    struct dentry *d;
    long e;

    if (local != NULL)
        e = path_walk(x->task, local, WALK_FOLLOW, &d);
    else
        e = path_find(x->task, dirfd, path, flags, &d);
    if (e != 0)
        return e;
    if ((d->inode->mode & S_IFMT) != S_IFREG)
        e = -EACCES;
    else
        e = inode_permission(x->task, d->inode, X_OK);
    if (e == 0 && d->inode->writers > 0)
        e = -ETXTBSY;
    if (e == 0) {
        if (x->inode != NULL)
            inode_put(x->inode);
        x->inode = inode_get(d->inode);
    }
    dentry_put(d);
    return e;
}

static void set_name(struct exec *x)
{
    const char *name = x->path;

    for (const char *p = x->path; *p != 0; p++) {
        if (*p == '/')
            name = p + 1;
    }
    memset(x->name, 0, TASK_NAME);
    for (unsigned i = 0; i < TASK_NAME - 1 && name[i] != 0; i++)
        x->name[i] = name[i];
}

/* --- scripts -------------------------------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The words of "#! interpreter argument". @return false: there is no interpreter */
static bool parse_line(char *line, char **interpreter, char **argument)
{
    char *p = line + 2, *end = p;

    while (*end != 0 && *end != '\n')
        end++;
    if (*end == 0 && (size_t)(end - line) >= LINE_MAX - 1)
        return false; /* cut off */
    *end = 0;
    while (end > p && is_blank(end[-1]))
        *--end = 0;
    while (is_blank(*p))
        p++;
    *interpreter = p;
    while (*p != 0 && !is_blank(*p))
        p++;
    *argument = NULL;
    if (*p != 0) {
        *p++ = 0;
        while (is_blank(*p))
            p++;
        *argument = p;
    }
    return **interpreter != 0;
}

/* interpreter [argument] script arguments without the first. */
static long replace_arguments(struct exec *x, const char *interpreter, const char *argument)
{
    struct strings old = x->arguments;
    long e = strings_init(&x->arguments) ? 0 : -ENOMEM;

    if (e == 0)
        e = strings_add(&x->arguments, interpreter);
    if (e == 0 && argument != NULL)
        e = strings_add(&x->arguments, argument);
    if (e == 0)
        e = strings_add(&x->arguments, x->path);
    if (e == 0)
        e = strings_add_rest(&x->arguments, &old);
    strings_free(&old);
    return e;
}

static void set_path(struct exec *x, const char *path)
{
    size_t n = rt_length(path);

    memcpy(x->path, path, n < PATH_LENGTH ? n + 1 : PATH_LENGTH);
}

/* @return 0: it is no script, or is replaced by its interpreter (*again) */
static long look_at_script(struct exec *x, bool *again)
{
    static char line[LINE_MAX];
    char *interpreter, *argument;
    long n;

    *again = false;
    memset(line, 0, sizeof line);
    n = inode_read(x->inode, line, LINE_MAX - 1, 0);
    if (n < 0)
        return n;
    if (n < 3 || line[0] != '#' || line[1] != '!')
        return 0;
    if (!parse_line(line, &interpreter, &argument))
        return -ENOEXEC;
    *again = true;
    n = replace_arguments(x, interpreter, argument);
    if (n == 0)
        n = find(x, 0, 0, interpreter, 0);
    if (n == 0)
        set_path(x, interpreter);
    return n;
}

static long resolve_scripts(struct exec *x)
{
    bool again = true;

    for (int depth = 0; again; depth++) {
        long e = look_at_script(x, &again);

        if (e != 0)
            return e;
        if (again && depth == SCRIPTS_MAX)
            return -ELOOP;
    }
    return 0;
}

/* --- the new space -------------------------------------------------------------------------- */

static long load(struct exec *x)
{
    char interpreter[sizeof x->program.interpreter];
    struct inode *program = x->inode;
    long e = elf_load(x->space, program, &x->program, x->layout.base);

    if (e != 0 || x->program.interpreter[0] == 0)
        return e;
    memcpy(interpreter, x->program.interpreter, sizeof interpreter);
    inode_get(program);
    e = find(x, 0, 0, interpreter, 0);
    if (e == 0)
        e = elf_load(x->space, x->inode, &x->loader, 0);
    inode_put(x->inode);
    x->inode = program;
    return e;
}

static unsigned hwcap(void)
{
    uint32_t a = 1, b, c = 0, d;

    __asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return d;
}

/* The vector that tells the program what it is and where; see getauxval(3). */
static unsigned auxiliary(const struct exec *x, word_t random, word_t name, word_t platform,
                          word_t v[2 * AUXILIARY])
{
    const struct identity *id = &x->task->process->identity;
    const word_t pairs[2 * AUXILIARY] = {
        AT_HWCAP, hwcap(), AT_PAGESZ, PAGE, AT_CLKTCK, 100, AT_PHDR, x->program.headers,
        AT_PHENT, 56, AT_PHNUM, x->program.header_count, AT_BASE, x->loader.base, AT_FLAGS, 0,
        AT_ENTRY, x->program.entry, AT_UID, id->uid, AT_EUID, id->euid, AT_GID, id->gid,
        AT_EGID, id->egid, AT_SECURE, 0, AT_RANDOM, random, AT_HWCAP2, 0, AT_EXECFN, name,
        AT_PLATFORM, platform, AT_SYSINFO_EHDR, x->space->vdso,
        AT_MINSIGSTKSZ, 1024 + vdso_fpu_bytes, AT_NULL, 0,
    };

    memcpy(v, pairs, sizeof pairs);
    return 2 * AUXILIARY;
}

/*
 * The first stack, from its top down: the name of the file; strings; random bytes; then, where the
 * stack pointer will be: how many arguments, their addresses, those of the environment, the
 * auxiliary vector.
 */
static long build_stack(struct exec *x, word_t *sp)
{
    size_t name_bytes = rt_length(x->path) + 1;
    word_t name = x->layout.sp - 8 - name_bytes;
    word_t strings = name - x->arguments.bytes - x->environment.bytes;
    word_t platform = strings - 8, random = platform - 16, at, count = x->arguments.count;
    word_t vector[2 * AUXILIARY];
    unsigned words = auxiliary(x, random, name, platform, vector);
    struct space *s = x->space;
    long e;

    at = random - (1 + count + 1 + x->environment.count + 1 + words) * 8;
    *sp = at &= ~15ul;
    s->arg_start = strings;
    s->arg_end = s->env_start = strings + x->arguments.bytes;
    s->env_end = s->env_start + x->environment.bytes;
    e = space_write(s, name, x->path, name_bytes);
    if (e == 0)
        e = space_write(s, platform, "x86_64", 7);
    if (e == 0)
        e = space_write(s, random, x->layout.random, 16);
    if (e == 0)
        e = space_write(s, at, &count, sizeof count);
    at += 8;
    if (e == 0)
        e = strings_place(&x->arguments, s, s->arg_start, at);
    at += (count + 1) * 8;
    if (e == 0)
        e = strings_place(&x->environment, s, s->env_start, at);
    at += (x->environment.count + 1) * 8;
    s->auxv = at;
    return e != 0 ? e : space_write(s, at, vector, sizeof vector);
}

static long make_space(struct exec *x, word_t *sp)
{
    word_t stack = x->task->process->limit[RLIMIT_STACK].soft;
    const struct layout *l = &x->layout;
    long e;

    if (stack > 64ul << 20)
        stack = 64ul << 20;
    if (stack < 4 * STRINGS_PAGES * PAGE)
        stack = 4 * STRINGS_PAGES * PAGE;
    stack = stack / PAGE * PAGE;
    x->space = space_new();
    if (x->space == NULL)
        return -ENOMEM;
    layout_choose(&x->layout, x->task->process->personality);
    x->space->map_top = l->map;
    x->space->stack_top = l->stack;
    x->space->vdso = l->map + PAGE;
    e = vdso_map(x->space);
    if (e == 0)
        e = load(x);
    if (e == 0)
        e = space_map(x->space, l->stack - stack, stack, PROT_READ | PROT_WRITE, NULL);
    if (e == 0) {
        area_at(x->space, l->stack - PAGE)->grows = true;
        x->space->brk_start = x->space->brk = x->program.end + l->heap;
        e = build_stack(x, sp);
    }
    if (e == 0 && !task_thread_make(x->task, x->space, &x->thread))
        e = -ENOMEM;
    return e;
}

/* --- going over ----------------------------------------------------------------------------- */

static void reset_process(struct exec *x)
{
    struct task *t = x->task;
    struct process *p = t->process;

    for (unsigned i = 1; i <= SIGNALS; i++) {
        if (p->action[i].handler > 1)
            p->action[i] = (struct sigaction){0};
        else
            p->action[i].flags = p->action[i].restorer = p->action[i].mask = 0;
    }
    t->alt_stack = t->alt_stack_bytes = t->alt_stack_flags = 0;
    t->clear_tid = t->robust_list = 0;
    memcpy(t->name, x->name, TASK_NAME);
    process_set_exe(p, x->inode);
    p->execed = true;
    p->exit_signal = SIGCHLD;
    timers_exec(p);
}

static void go_over(struct exec *x, word_t sp)
{
    struct task *t = x->task;
    struct space *old = t->space;
    struct regs r = {.ip = x->loader.entry != 0 ? x->loader.entry : x->program.entry, .sp = sp,
                     .flags = 0x202};

    task_exit_others(t);
    t->space = x->space;
    x->space = NULL;
    files_exec(t->files, t);
    reset_process(x);
    vfork_release(t);
    task_thread_take(t, &x->thread);
    if (old != NULL)
        space_put(old);
    if (current == t)
        current = NULL;
    t->state = TASK_RUNNING;
    if (t->ptrace != NULL) {
        task_regs_write(t, &r);
        ptrace_exec(t);
        return;
    }
    task_start(t, &r);
    if (t->attention)
        task_kick(t);
}

static void finish(struct exec *x)
{
    strings_free(&x->arguments);
    strings_free(&x->environment);
    lone_free(&x->thread);
    if (x->space != NULL)
        space_put(x->space);
    if (x->inode != NULL)
        inode_put(x->inode);
}

/* The inode, the strings and the path are there. */
static long run(struct exec *x)
{
    word_t sp = 0;
    long e = resolve_scripts(x);

    if (e == 0 && x->arguments.count == 0)
        e = strings_add(&x->arguments, "");
    if (e == 0)
        e = make_space(x, &sp);
    if (e == -EFAULT)
        e = -E2BIG; /* more strings than stack */
    if (e == 0)
        go_over(x, sp);
    finish(x);
    return e == 0 ? NO_REPLY : e;
}

static bool begin(struct exec *x, struct task *t)
{
    memset(x, 0, sizeof *x);
    x->task = t;
    return strings_init(&x->arguments) && strings_init(&x->environment);
}

static long exec_user(struct task *t, word_t dirfd, word_t path, word_t argv, word_t envp,
                      unsigned flags)
{
    struct exec *x = &work;
    long e = begin(x, t) ? 0 : -ENOMEM;

    if (e == 0)
        e = user_string(t, x->path, path, PATH_LENGTH);
    if (e == 0 && !(flags & WALK_EMPTY))
        e = -ENOENT;
    if (e >= 0)
        e = flags & BAD_FLAGS ? -EINVAL : find(x, dirfd, path, NULL, flags);
    if (e == 0)
        e = strings_add_user(&x->arguments, t, argv);
    if (e == 0)
        e = strings_add_user(&x->environment, t, envp);
    if (e != 0) {
        finish(x);
        return e;
    }
    set_name(x);
    return run(x);
}

long sys_execve(struct task *t, const word_t *arg)
{
    return exec_user(t, (word_t)AT_FDCWD, arg[0], arg[1], arg[2], WALK_FOLLOW);
}

long sys_execveat(struct task *t, const word_t *arg)
{
    unsigned flags = (unsigned)arg[4];

    return exec_user(t, arg[0], arg[1], arg[2], arg[3],
                     (flags & ~(unsigned)(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) ? BAD_FLAGS : 0) |
                         (flags & AT_EMPTY_PATH ? WALK_EMPTY : 0) |
                         (flags & AT_SYMLINK_NOFOLLOW ? 0 : WALK_FOLLOW));
}

long exec_run(struct task *t, const char *path, const char *const *argv, const char *const *envp)
{
    struct exec *x = &work;
    long e = begin(x, t) ? 0 : -ENOMEM;

    for (; e == 0 && *argv != NULL; argv++)
        e = strings_add(&x->arguments, *argv);
    for (; e == 0 && *envp != NULL; envp++)
        e = strings_add(&x->environment, *envp);
    if (e == 0)
        e = find(x, 0, 0, path, 0);
    if (e != 0) {
        finish(x);
        return e;
    }
    set_path(x, path);
    set_name(x);
    return run(x) == NO_REPLY ? 0 : -ENOEXEC;
}
