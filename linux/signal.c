/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals: who gets them, and how they wait. What they do to a task is in deliver.c. */
#include "core_priv.h"
#include "ptrace.h"

#include <abi/invoke.h>
#include <rt/program.h>

#define QUEUE_MAX 1024u /* signals with information that wait, of the whole sandbox */

#define SIG_DFL 0ul
#define SIG_IGN 1ul

static unsigned queued;

static sigset_t ignored_by_default(void)
{
    return SIGNAL_BIT(SIGCHLD) | SIGNAL_BIT(SIGCONT) | SIGNAL_BIT(SIGURG) | SIGNAL_BIT(SIGWINCH);
}

bool signal_is_ignored(const struct process *p, int number)
{
    word_t handler = p->action[number].handler;

    if (p->parent == NULL && handler == SIG_DFL) /* nobody kills the first process */
        return true;
    return handler == SIG_IGN || (handler == SIG_DFL && ignored_by_default() & SIGNAL_BIT(number));
}

bool signal_blocked_or_ignored(const struct task *t, int number)
{
    return t->blocked & SIGNAL_BIT(number) || t->process->action[number].handler == SIG_IGN;
}

sigset_t signal_pending(const struct task *t)
{
    return t->pending.set | t->process->pending.set;
}

/*
 * A task that borrows its parent's memory (vfork) is not stopped by the terminal before it has let
 * go: the parent, which waits for that, could not stop and tell its own parent. FreeBSD does so
 * too; on Linux a Ctrl-Z at that moment hangs the shell.
 */
static sigset_t held_back(const struct task *t)
{
    const sigset_t stops = SIGNAL_BIT(SIGTSTP) | SIGNAL_BIT(SIGTTIN) | SIGNAL_BIT(SIGTTOU);

    return t->blocked | (t->vfork_waiter != NULL ? stops : 0);
}

void signal_recalculate(struct task *t)
{
    t->attention = signal_due(t) || t->restore_blocked || ptrace_due(t);
}

bool signal_due(const struct task *t)
{
    return (signal_pending(t) & ~held_back(t)) != 0 || ptrace_interrupts(t);
}

static void drop(struct pending **at)
{
    struct pending *p = *at;

    *at = p->next;
    heap_free(p, sizeof *p);
    queued--;
}

static void forget(struct pending_set *s, sigset_t which)
{
    s->set &= ~which;
    for (struct pending **at = &s->first; *at != NULL;) {
        if (which & SIGNAL_BIT((*at)->info.number))
            drop(at);
        else
            at = &(*at)->next;
    }
}

void signal_flush(struct pending_set *s)
{
    forget(s, ~0ul);
}

void process_forget_signals(struct process *p, sigset_t which)
{
    forget(&p->pending, which);
    for (struct task *t = p->tasks; t != NULL; t = t->peer) {
        forget(&t->pending, which);
        signal_recalculate(t);
    }
}

/* @return 0, or -EAGAIN: a real-time signal must not be lost */
static long enqueue(struct pending_set *s, const struct siginfo *info)
{
    struct pending **at = &s->first, *p;
    bool real_time = info->number >= SIGNAL_RT;

    if (!real_time && s->set & SIGNAL_BIT(info->number))
        return 0; /* one of a kind */
    p = queued < QUEUE_MAX ? heap_alloc(sizeof *p) : NULL;
    if (p == NULL && real_time && info->code != SI_USER)
        return -EAGAIN;
    s->set |= SIGNAL_BIT(info->number);
    if (p == NULL)
        return 0; /* delivered without information */
    queued++;
    p->info = *info;
    while (*at != NULL)
        at = &(*at)->next;
    *at = p;
    return 0;
}

/* Take the oldest of a number. */
static void dequeue(struct pending_set *s, int number, struct siginfo *info)
{
    struct pending **at = &s->first;

    *info = (struct siginfo){.number = number, .code = SI_USER};
    while (*at != NULL && (*at)->info.number != number)
        at = &(*at)->next;
    if (*at != NULL) {
        *info = (*at)->info;
        drop(at);
    }
    for (at = &s->first; *at != NULL; at = &(*at)->next) {
        if ((*at)->info.number == number)
            return; /* one more */
    }
    s->set &= ~SIGNAL_BIT(number);
}

/* Signals of the processor's come first, then by number. */
static int choose(sigset_t set)
{
    sigset_t first = set & (SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS) | SIGNAL_BIT(SIGILL) |
                            SIGNAL_BIT(SIGTRAP) | SIGNAL_BIT(SIGFPE) | SIGNAL_BIT(SIGSYS));

    if (set & SIGNAL_BIT(SIGKILL))
        return SIGKILL;
    return __builtin_ctzl(first != 0 ? first : set) + 1;
}

int signal_take_due(struct task *t, struct siginfo *info)
{
    return signal_take(t, ~held_back(t), info);
}

int signal_take(struct task *t, sigset_t set, struct siginfo *info)
{
    struct pending_set *own = &t->pending, *shared = &t->process->pending;
    int number;

    if ((set & (own->set | shared->set)) == 0)
        return 0;
    number = choose(set & (set & own->set ? own->set : shared->set));
    dequeue(set & own->set ? own : shared, number, info);
    for (struct task *o = t->process->tasks; o != NULL; o = o->peer)
        signal_recalculate(o);
    return number;
}

/* Stopping and going on cancel each other when they are sent, not when they are delivered. */
static void prepare(struct process *p, int number)
{
    const sigset_t stops = SIGNAL_BIT(SIGSTOP) | SIGNAL_BIT(SIGTSTP) | SIGNAL_BIT(SIGTTIN) |
                           SIGNAL_BIT(SIGTTOU);

    if (stops & SIGNAL_BIT(number))
        process_forget_signals(p, SIGNAL_BIT(SIGCONT));
    if (number == SIGCONT || number == SIGKILL) {
        process_forget_signals(p, stops);
        process_continue(p, number == SIGCONT);
    }
}

/* Somebody takes it by sigtimedwait or signalfd although it is blocked, so it is not dropped. */
static bool is_dropped(const struct task *t, int number)
{
    return signal_is_ignored(t->process, number) && !(t->blocked & SIGNAL_BIT(number)) &&
           t->ptrace == NULL;
}

static bool takes(const struct task *t, int number)
{
    return !(t->blocked & SIGNAL_BIT(number)) && t->state != TASK_DEAD;
}

/* Who is to be interrupted: one that runs anyway, if there is a choice. */
static struct task *taker(struct process *p, int number)
{
    struct task *found = NULL;

    if (current != NULL && current->process == p && takes(current, number))
        return current;
    for (struct task *t = p->tasks; t != NULL; t = t->peer) {
        if (takes(t, number) && (found == NULL || t->reply == 0))
            found = t;
    }
    return found;
}

long signal_process(struct process *p, const struct siginfo *info)
{
    int number = info->number;
    struct task *t;
    long e;

    if (p->zombie || p->tasks == NULL)
        return 0;
    prepare(p, number);
    t = taker(p, number);
    if (signal_is_ignored(p, number) && t != NULL && t->ptrace == NULL && number != SIGKILL &&
        number != SIGSTOP)
        return 0;
    if (p->parent == NULL && p->action[number].handler == SIG_DFL)
        return 0;
    e = enqueue(&p->pending, info);
    task_wake(&p->signalled);
    if (e == 0 && t != NULL) {
        signal_recalculate(t);
        task_kick(t);
    }
    return e;
}

long signal_task(struct task *t, const struct siginfo *info)
{
    int number = info->number;
    long e;

    if (t->state == TASK_DEAD)
        return 0;
    prepare(t->process, number);
    if (is_dropped(t, number))
        return 0;
    e = enqueue(&t->pending, info);
    task_wake(&t->process->signalled);
    if (e == 0 && takes(t, number)) {
        signal_recalculate(t);
        task_kick(t);
    }
    return e;
}

/* The task is about to return, and will look. */
void signal_force(struct task *t, const struct siginfo *info)
{
    (void)enqueue(&t->pending, info);
    t->attention = true;
}

void signal_send(struct process *p, int number)
{
    struct siginfo info = {.number = number, .code = SI_KERNEL};

    (void)signal_process(p, &info);
}

int signal_group(int pgid, int number)
{
    int count = 0;

    for (struct process *p = processes, *next; p != NULL; p = next) {
        next = p->next;
        if (p->pgid != pgid || p->zombie)
            continue;
        count++;
        signal_send(p, number);
    }
    return count;
}

void signal_set_mask(struct task *t, sigset_t mask)
{
    t->blocked = mask & ~(SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP));
    signal_recalculate(t);
}

void signal_mask_for_call(struct task *t, sigset_t mask)
{
    if (!t->restore_blocked) {
        t->saved_blocked = t->blocked;
        t->restore_blocked = true;
    }
    signal_set_mask(t, mask);
}

long signal_mask_of_call(struct task *t, word_t from, word_t bytes)
{
    sigset_t mask;
    long error;

    if (from == 0)
        return 0;
    if (bytes != sizeof mask)
        return -EINVAL;
    error = user_read(t, &mask, from, sizeof mask);
    if (error == 0)
        signal_mask_for_call(t, mask);
    return error;
}

void signal_mask_restore(struct task *t)
{
    if (!t->restore_blocked)
        return;
    t->restore_blocked = false;
    signal_set_mask(t, t->saved_blocked);
}
