/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is traced, and where the lines go: a ring of text that /dev/trace gives to one reader, or the
 * log. A full ring loses lines, and says how many; nothing waits for the reader.
 */
#include "trace.h"

#include "core_priv.h"
#include "file.h"

#include <rt/format.h>
#include <rt/program.h>

#define RING 65536u /* a power of two */

enum { CALL_EXECVE = 59, CALL_EXIT = 60, CALL_EXIT_GROUP = 231, CALL_EXECVEAT = 322 };

static bool to_log;

/* /dev/trace. One open file at a time has it, from the first word written to its end. */
static struct {
    const struct file *owner;
    word_t head, tail;   /* they run freely */
    word_t lost;
    struct wait_queue readable;
} device;

static char ring[RING];

/* --- where to ------------------------------------------------------------------------------- */

static bool store(const char *text, size_t size)
{
    if (RING - (device.tail - device.head) < size)
        return false;
    for (size_t i = 0; i < size; i++)
        ring[device.tail++ % RING] = text[i];
    return true;
}

static void to_reader(const char *text, size_t size)
{
    char note[48];

    if (device.lost > 0) {
        size_t n = rt_format(note, sizeof note, "... %lu lines are lost\n", device.lost);

        if (!store(note, n)) {
            device.lost++;
            return;
        }
        device.lost = 0;
    }
    if (!store(text, size))
        device.lost++;
    task_wake(&device.readable);
}

static void show(struct trace_text *x)
{
    if (to_log)
        rt_say(1, "%s", x->text);
    if (device.owner == NULL)
        return;
    x->text[x->size++] = '\n';
    to_reader(x->text, x->size);
}

static void begin(struct trace_text *x, int tid)
{
    x->size = 0;
    x->text[0] = 0;
    trace_put(x, "[%5d] ", tid);
}

/* --- what ----------------------------------------------------------------------------------- */

static bool is_exec(const struct task *t)
{
    return t->number == CALL_EXECVE || t->number == CALL_EXECVEAT;
}

/* An exec, as it came in: the memory that it names goes with it. */
static struct trace_text exec_text;

void trace_call(const struct task *t)
{
    struct trace_text x;

    if (is_exec(t)) {
        begin(&exec_text, t->tid);
        trace_put_call(&exec_text, t, false, 0);
    } else if (t->number == CALL_EXIT || t->number == CALL_EXIT_GROUP) {
        begin(&x, t->tid);
        trace_put_call(&x, t, false, 0);
        trace_put(&x, " = ?");
        show(&x);
    }
}

void trace_result(const struct task *t, long result)
{
    struct trace_text x;
    bool known = result != BLOCKED && result != NO_REPLY;

    if (t->number == CALL_VDSO_SIGRETURN)
        return; /* the second half of rt_sigreturn */
    if (is_exec(t)) {
        trace_put_result(&exec_text, t, known ? result : 0);
        show(&exec_text);
        return;
    }
    begin(&x, t->tid);
    trace_put_call(&x, t, known, result);
    if (known)
        trace_put_result(&x, t, result);
    else
        trace_put(&x, result == BLOCKED ? " ..." : " = ?");
    show(&x);
}

void trace_interrupted(const struct task *t)
{
    struct trace_text x;

    begin(&x, t->tid);
    trace_put(&x, "%s: interrupted", call_name(t->number));
    show(&x);
}

void trace_signal(const struct task *t, int number, int code)
{
    struct trace_text x;

    begin(&x, t->tid);
    if (trace_signal_name((word_t)number) != NULL)
        trace_put(&x, "--- %s, code %d ---", trace_signal_name((word_t)number), code);
    else
        trace_put(&x, "--- signal %d, code %d ---", number, code);
    show(&x);
}

void trace_exit(const struct process *p, int status)
{
    struct trace_text x;

    begin(&x, p->pid);
    if (status & 0x7f)
        trace_put(&x, "+++ killed by %d +++", status & 0x7f);
    else
        trace_put(&x, "+++ exited with %d +++", status >> 8 & 0xff);
    show(&x);
}

/* --- who ------------------------------------------------------------------------------------ */

static void follow(struct process *p, bool on)
{
    p->traced = on;
    for (struct task *t = p->tasks; t != NULL; t = t->peer)
        t->traced = on, t->watched = on || t->ptrace != NULL;
}

/* @param but who reads the lines: each that it reads would make another. NULL: nobody */
static void follow_all(bool on, const struct process *but)
{
    for (struct process *p = processes; p != NULL; p = p->next)
        follow(p, (on && p != but) || to_log);
}

static bool is_anybody_traced(void)
{
    struct process *p = processes;

    while (p != NULL && (p->zombie || !p->traced))
        p = p->next;
    return p != NULL;
}

void trace_init(void)
{
    const char *whom = rt_argument("trace");

    to_log = whom != NULL && rt_same(whom, "all");
    if (whom != NULL && !to_log)
        rt_say(1, "trace=%s: only trace=all is known", whom);
    if (to_log)
        follow_all(true, NULL);
}

/* --- /dev/trace ----------------------------------------------------------------------------- */

static long choose_number(const char *line)
{
    struct process *p;
    int pid = 0;

    for (const char *c = line; *c != 0; c++) {
        if (*c < '0' || *c > '9' || pid > PID_MAX)
            return -EINVAL;
        pid = pid * 10 + *c - '0';
    }
    p = process_find(pid);
    if (p == NULL || p->zombie)
        return -ESRCH;
    follow(p, true);
    return 0;
}

static long choose(const char *line, struct process *by)
{
    if (rt_same(line, "off"))
        follow_all(false, NULL);
    else if (rt_same(line, "all"))
        follow_all(true, by);
    else if (rt_same(line, "me"))
        follow(by, true);
    else
        return choose_number(line);
    return 0;
}

static long write_choice(struct file *f, struct transfer *x, word_t at)
{
    char line[16];
    size_t bytes = x->left;
    long n = transfer_in(x, line, sizeof line - 1), e;

    (void)at;
    if (n < 0)
        return n;
    while (n > 0 && line[n - 1] == '\n')
        n--;
    line[n] = 0;
    if (device.owner != NULL && device.owner != f)
        return -EBUSY;
    e = choose(line, caller->process);
    if (e != 0)
        return e;
    device.owner = f;
    task_wake(&device.readable);
    transfer_skip(x, x->left);
    return (long)bytes;
}

static long read_lines(struct file *f, struct transfer *x, word_t at)
{
    long done = 0;

    (void)at;
    if (device.owner != f)
        return device.owner == NULL ? -EAGAIN : -EBUSY;
    while (device.head != device.tail && x->left > 0) {
        word_t from = device.head % RING, n = device.tail - device.head;
        long moved = transfer_out(x, ring + from, n < RING - from ? n : RING - from);

        if (moved <= 0)
            return done > 0 ? done : moved;
        device.head += (word_t)moved;
        done += moved;
    }
    return done > 0 || !is_anybody_traced() ? done : -EAGAIN;
}

static unsigned poll_lines(struct file *f)
{
    bool something = device.head != device.tail || !is_anybody_traced();

    return POLLOUT | (device.owner == f && something ? POLLIN : 0);
}

static struct wait_queue *lines_queue(struct file *f)
{
    (void)f;
    return &device.readable;
}

static void close_device(struct file *f)
{
    if (device.owner != f)
        return;
    follow_all(false, NULL);
    device.owner = NULL;
    device.head = device.tail = device.lost = 0;
}

static const struct file_ops trace_ops = {.read = read_lines, .write = write_choice,
                                          .poll = poll_lines, .queue = lines_queue,
                                          .close = close_device};

long trace_open(struct file *f)
{
    f->ops = &trace_ops;
    return 0;
}

bool trace_add(void)
{
    static const char script[] =
        "#!/bin/sh\n"
        "# Shows the system calls of a process and its children, until they have ended.\n"
        "[ $# -gt 0 ] || { echo 'usage: trace PID | all | COMMAND...' >&2; exit 2; }\n"
        "exec 3<>/dev/trace || exit 1\n"
        "case $1 in\n"
        "all | [0-9]*) echo \"$1\" >&3 || exit 1 ;;\n"
        "*) /bin/sh -c 'echo me >&3; exec \"$@\" 3>&-' trace \"$@\" & ;;\n"
        "esac\n"
        "exec cat <&3 >&2\n";

    return tree_add_node("/dev/trace", S_IFCHR | 0600, DEVICE(10, 201)) == 0 &&
           tree_add_file("/dev/trace.sh", 0755, (const uint8_t *)script, sizeof script - 1) == 0;
}
