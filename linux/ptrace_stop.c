/* SPDX-License-Identifier: BSD-2-Clause */
/* Traced tasks: when they stop, what their tracers learn, and how they go on (ptrace.h). */
#include "ptrace.h"

#include "core_priv.h"

#include <abi/invoke.h>
#include <rt/program.h>

#define SA_NOCLDSTOP 1ul

#define CLONE_PTRACE   0x2000ul
#define CLONE_VFORK    0x4000ul
#define CLONE_UNTRACED 0x800000ul

#define OPTION_GOOD 1u
#define OPTION_KILL 0x100000u
#define TRAP_BRKPT  1

/* Linux's codes in RAX of a call that was interrupted; no program sees them, but a tracer. */
#define RESTART_FIRST (-516L)
#define RESTART_LAST  (-512L)

/* Tasks that have ended and whose tracers do not know yet, oldest first. */
struct ended {
    struct ended *next;
    struct process *tracer;
    int tid, pgid, status;
};
static struct ended *ended;

static bool used; /* somebody has ever traced: else there is nothing to look for */

static bool wants(const struct ptrace *p, unsigned event)
{
    return p->options >> event & 1;
}

bool ptrace_holds(const struct task *t)
{
    return ptrace_is_stopped(t) && !(signal_pending(t) & SIGNAL_BIT(SIGKILL));
}

bool ptrace_is_due(const struct task *t)
{
    const struct ptrace *p = t->ptrace;

    return p->interrupt || p->event != 0 || p->passed.number != 0 || p->in_call || p->jumped ||
           p->mode == MODE_STEP;
}

/* --- beginning and end ---------------------------------------------------------------------- */

static void set_watched(struct task *t)
{
    t->watched = t->traced || t->ptrace != NULL;
    signal_recalculate(t);
}

long ptrace_begin(struct task *t, struct process *tracer, unsigned options, bool seized)
{
    struct ptrace *p = heap_alloc(sizeof *p);

    if (p == NULL)
        return -ENOMEM;
    used = true;
    p->tracer = tracer;
    p->options = options;
    p->seized = seized;
    p->orig = NO_CALL;
    t->ptrace = p;
    set_watched(t);
    return 0;
}

void ptrace_forget(struct task *t)
{
    if (t->number == CALL_PTRACE && t->reply != 0)
        ptrace_asker_ends(t);
    if (t->ptrace == NULL)
        return;
    ptrace_fpu_forget(t);
    heap_free(t->ptrace, sizeof *t->ptrace);
    t->ptrace = NULL;
    set_watched(t);
}

static void tell(struct process *tracer, int tid, int code, int status)
{
    struct siginfo info = {.number = SIGCHLD, .code = code};

    info.child.pid = tid;
    info.child.uid = tracer->identity.uid;
    info.child.status = status;
    task_wake(&tracer->child_changed);
    if (code != CLD_TRAPPED || !(tracer->action[SIGCHLD].flags & SA_NOCLDSTOP))
        (void)signal_process(tracer, &info);
}

static void add_ended(struct task *t, int status)
{
    struct ended **at = &ended, *e = heap_alloc(sizeof *e);

    if (e == NULL)
        return; /* the tracer finds out when it asks for the task */
    *e = (struct ended){.tracer = t->ptrace->tracer, .tid = t->tid, .pgid = t->process->pgid,
                        .status = status};
    while (*at != NULL)
        at = &(*at)->next;
    *at = e;
    tell(e->tracer, e->tid, status & 0x7f ? CLD_KILLED : CLD_EXITED,
         status & 0x7f ? status & 0x7f : status >> 8);
}

void ptrace_ends(struct task *t, int status)
{
    if (t->ptrace == NULL)
        return;
    if (t->tid == t->process->pid)
        t->process->tracer = t->ptrace->tracer; /* learns of it with the process's end */
    else
        add_ended(t, status);
}

bool ptrace_has_zombie(struct process *p)
{
    if (p->tracer == NULL || p->tracer == p->parent)
        return false;
    tell(p->tracer, p->pid, p->exit_status & 0x7f ? CLD_KILLED : CLD_EXITED,
         p->exit_status & 0x7f ? p->exit_status & 0x7f : p->exit_status >> 8);
    return true;
}

static void forget_ended(const struct process *tracer)
{
    for (struct ended **at = &ended, *e; (e = *at) != NULL;) {
        if (e->tracer != tracer) {
            at = &e->next;
            continue;
        }
        *at = e->next;
        heap_free(e, sizeof *e);
    }
}

void ptrace_tracer_ends(struct process *tracer)
{
    if (!used)
        return;
    for (unsigned i = 1; i <= TASK_MAX; i++) {
        struct task *t = tasks[i];

        if (t == NULL || t->ptrace == NULL || t->ptrace->tracer != tracer)
            continue;
        if (t->ptrace->options & OPTION_KILL)
            signal_send(t->process, SIGKILL);
        ptrace_detach(t, 0);
    }
    forget_ended(tracer);
    for (struct process *p = processes, *next; p != NULL; p = next) {
        next = p->next;
        if (p->tracer != tracer)
            continue;
        p->tracer = NULL;
        if (p->zombie && p->parent != tracer)
            process_zombie_to_parent(p);
    }
}

/* --- stopping ------------------------------------------------------------------------------- */

void ptrace_stop(struct task *t, int code, const struct siginfo *info)
{
    struct ptrace *p = t->ptrace;

    p->stopped = true;
    p->listening = p->reported = p->interrupt = false;
    p->code = code;
    p->op = 0;
    p->has_info = info != NULL;
    if (info != NULL)
        p->info = *info;
    signal_recalculate(t);
    tell(p->tracer, t->tid, CLD_TRAPPED, code & 0x7f);
}

/* Not by a signal that was sent. */
static void stop_by(struct task *t, int number, int code, unsigned event)
{
    struct siginfo info = {.number = number, .code = code};

    info.from.pid = t->tid;
    info.from.uid = t->process->identity.uid;
    ptrace_stop(t, number | (int)event << 8, &info);
}

static void stop_event(struct task *t, unsigned event)
{
    stop_by(t, SIGTRAP, SIGTRAP | (int)event << 8, event);
}

static void stop_call(struct task *t, bool entry)
{
    int number = SIGTRAP | (t->ptrace->options & OPTION_GOOD ? 0x80 : 0);

    stop_by(t, number, number, 0);
    t->ptrace->op = entry ? 1 : 2;
}

bool ptrace_entry(struct task *t)
{
    struct ptrace *p = t->ptrace;

    if (p == NULL || p->mode != MODE_CALLS || p->in_call || t->number == CALL_VDSO_SIGRETURN ||
        t->number == CALL_VDSO_FPU)
        return false;
    p->in_call = p->at_entry = true;
    stop_call(t, true);
    return true;
}

bool ptrace_new_child(struct task *t, struct task *child, word_t flags, bool is_thread)
{
    struct ptrace *p = t->ptrace;
    unsigned event = flags & CLONE_VFORK ? EVENT_VFORK : is_thread ? EVENT_CLONE : EVENT_FORK;

    if (p == NULL)
        return false;
    if (flags & CLONE_UNTRACED || !wants(p, event))
        event = EVENT_NONE;
    if ((event == EVENT_NONE && !(flags & CLONE_PTRACE)) ||
        ptrace_begin(child, p->tracer, p->options, p->seized) != 0)
        return false;
    p->event = (uint8_t)event;
    p->message = (word_t)child->tid;
    signal_recalculate(t);
    child->suspended = true;
    if (p->seized)
        stop_event(child, EVENT_STOP);
    else
        stop_by(child, SIGSTOP, SI_USER, 0);
    return true;
}

void ptrace_vfork_done(struct task *t, int tid)
{
    if (t->ptrace == NULL || !wants(t->ptrace, EVENT_VFORK_DONE))
        return;
    t->ptrace->event = EVENT_VFORK_DONE;
    t->ptrace->message = (word_t)tid;
    signal_recalculate(t);
}

void ptrace_exec(struct task *t)
{
    struct ptrace *p = t->ptrace;
    struct siginfo info = {.number = SIGTRAP, .code = SI_USER};

    t->suspended = true;
    p->orig = p->in_call ? t->number : NO_CALL;
    p->stepped = false;
    p->message = (word_t)t->tid;
    if (wants(p, EVENT_EXEC)) {
        stop_event(t, EVENT_EXEC);
        return;
    }
    info.from.pid = t->tid;
    if (!p->seized)
        signal_force(t, &info);
    task_kick(t);
}

bool ptrace_exit(struct task *t, int status)
{
    if (t->ptrace == NULL || !wants(t->ptrace, EVENT_EXIT))
        return false;
    t->ptrace->message = (word_t)status;
    stop_event(t, EVENT_EXIT);
    return true;
}

static void report_event(struct task *t)
{
    unsigned event = t->ptrace->event;

    t->ptrace->event = EVENT_NONE;
    stop_event(t, event);
}

bool ptrace_stops_waiting(struct task *t)
{
    if (t->ptrace == NULL || t->ptrace->event == EVENT_NONE)
        return false;
    report_event(t);
    return true;
}

bool ptrace_trap(struct task *t, long result)
{
    struct ptrace *p = t->ptrace;

    if (p->event != EVENT_NONE) {
        report_event(t);
    } else if (p->in_call) {
        p->in_call = p->at_entry = false;
        stop_call(t, false);
    } else if (p->jumped) {
        p->jumped = false;
        stop_by(t, SIGTRAP, SI_USER, 0);
    } else if (p->mode == MODE_STEP && !t->is_fault && result != IN_USER_MODE &&
               result != INTERRUPTED) {
        stop_by(t, SIGTRAP, TRAP_BRKPT, 0); /* a step that was a call */
    } else if (p->interrupt) {
        stop_event(t, EVENT_STOP);
    } else {
        return false;
    }
    return true;
}

void ptrace_jumps(struct task *t, struct regs *r)
{
    struct ptrace *p = t->ptrace;

    if (p->stepped)
        r->flags &= ~(1ul << 8);
    p->stepped = false;
    p->orig = NO_CALL;
    p->jumped = p->mode == MODE_STEP;
    signal_recalculate(t);
}

int ptrace_passed(struct task *t, struct siginfo *info)
{
    int number = t->ptrace->passed.number;

    *info = t->ptrace->passed;
    t->ptrace->passed.number = 0;
    signal_recalculate(t);
    return number;
}

bool ptrace_signal(struct task *t, int number, const struct siginfo *info)
{
    if (t->ptrace == NULL || number == SIGKILL)
        return false;
    ptrace_stop(t, number, info);
    return true;
}

void ptrace_group_stop(struct task *t, int number)
{
    if (ptrace_is_stopped(t))
        return;
    ptrace_stop(t, number | (t->ptrace->seized ? EVENT_STOP << 8 : 0), NULL);
}

void ptrace_group_continues(struct task *t)
{
    if (t->ptrace->listening)
        stop_event(t, EVENT_STOP);
}

/* --- going on ------------------------------------------------------------------------------- */

static bool is_restart(const struct task *t, const struct regs *r)
{
    long code = (long)r->rax;

    return t->ptrace != NULL && t->ptrace->orig < CALL_COUNT && code >= RESTART_FIRST &&
           code <= RESTART_LAST;
}

long ptrace_interrupted(struct task *t, const struct regs *r)
{
    if (!is_restart(t, r))
        return IN_USER_MODE;
    t->number = t->ptrace->orig;
    t->is_fault = false;
    return INTERRUPTED;
}

bool ptrace_restarts(struct task *t, struct regs *r)
{
    bool again = is_restart(t, r);

    if (again) {
        r->rax = t->ptrace->orig;
        r->ip -= 2;
    }
    if (t->ptrace != NULL)
        t->ptrace->orig = NO_CALL;
    return again;
}

/* The trap flag, as the mode needs it. */
static void set_step(struct task *t)
{
    struct ptrace *p = t->ptrace;
    bool step = p->mode == MODE_STEP;
    struct regs r;

    if (!step && !p->stepped)
        return;
    if (p->at_entry)
        return; /* the end of the call is the step */
    if (!t->suspended)
        ptrace_take_out(t);
    task_regs_read(t, &r);
    r.flags = step ? r.flags | 1u << 8 : r.flags & ~(1ul << 8);
    task_regs_write(t, &r);
    p->stepped = step;
}

static void pass(struct task *t, int number)
{
    struct ptrace *p = t->ptrace;
    struct siginfo info = {.number = number, .code = SI_USER};

    if (number == 0)
        return;
    info.from.pid = p->tracer->pid;
    info.from.uid = p->tracer->identity.uid;
    if (p->has_info && p->info.number == number)
        info = p->info;
    if (t->blocked & SIGNAL_BIT(number))
        signal_force(t, &info);
    else
        p->passed = info;
}

/* However it is held. */
static void let_go(struct task *t)
{
    signal_recalculate(t);
    if (t->process->stopped)
        process_continue(t->process, false);
    else if (t->suspended)
        task_kick(t); /* even if no signal is due */
    else if (t->reply != 0)
        task_make_ready(t);
}

void ptrace_resume(struct task *t, enum ptrace_mode mode, int number)
{
    struct ptrace *p = t->ptrace;

    p->mode = (uint8_t)mode;
    set_step(t);
    p->stopped = p->listening = p->at_entry = p->jumped = false;
    if (mode != MODE_CALLS)
        p->in_call = false;
    pass(t, number);
    let_go(t);
}

void ptrace_detach(struct task *t, int number)
{
    struct ptrace *p = t->ptrace;
    bool stopped = p->stopped || p->stepped;
    struct regs r;

    p->mode = MODE_CONTINUE;
    ptrace_fpu_forget(t);
    if (stopped) {
        set_step(t);
        pass(t, number);
        if (t->suspended) {
            task_regs_read(t, &r);
            if (ptrace_restarts(t, &r))
                task_regs_write(t, &r);
        }
    }
    if (p->passed.number != 0)
        signal_force(t, &p->passed);
    ptrace_forget(t);
    if (stopped)
        let_go(t);
}

/* --- waiting -------------------------------------------------------------------------------- */

bool ptrace_hides(const struct process *child)
{
    if (child->zombie)
        return child->tracer != NULL && child->tracer != child->parent;
    for (const struct task *t = child->tasks; t != NULL; t = t->peer) {
        if (t->tid == child->pid)
            return t->ptrace != NULL && t->ptrace->tracer == child->parent;
    }
    return false;
}

static bool look_at_task(struct task *t, bool keep, struct ptrace_wait *w)
{
    struct ptrace *p = t->ptrace;

    if (!p->stopped || p->reported || p->listening)
        return false;
    p->reported = !keep;
    *w = (struct ptrace_wait){.id = t->tid, .status = p->code << 8 | 0x7f, .code = CLD_TRAPPED};
    return true;
}

static void look_at_end(struct ptrace_wait *w, int id, int status)
{
    *w = (struct ptrace_wait){.id = id, .status = status,
                              .code = status & 0x7f ? CLD_KILLED : CLD_EXITED};
}

bool ptrace_look(struct process *tracer, bool (*wanted)(const void *, int pid, int pgid),
                 const void *context, bool keep, struct ptrace_wait *w, bool *any)
{
    if (!used)
        return false;
    for (struct ended **at = &ended, *e; (e = *at) != NULL; at = &e->next) {
        if (e->tracer != tracer || !wanted(context, e->tid, e->pgid))
            continue;
        look_at_end(w, e->tid, e->status);
        if (!keep) {
            *at = e->next;
            heap_free(e, sizeof *e);
        }
        return true;
    }
    for (struct process *p = processes; p != NULL; p = p->next) {
        if (!p->zombie || p->tracer != tracer || p->parent == tracer ||
            !wanted(context, p->pid, p->pgid))
            continue;
        look_at_end(w, p->pid, p->exit_status);
        w->zombie = p;
        return true;
    }
    for (unsigned i = 1; i <= TASK_MAX; i++) {
        struct task *t = tasks[i];

        if (t == NULL || t->ptrace == NULL || t->ptrace->tracer != tracer ||
            !wanted(context, t->tid, t->process->pgid))
            continue;
        *any = true;
        if (look_at_task(t, keep, w))
            return true;
    }
    return false;
}
