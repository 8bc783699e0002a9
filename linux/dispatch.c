/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a message to a handler, and from its result back to the task. The main path is short
 * (loop_run): find the task, note the arguments, call the handler, answer and wait for the next.
 */
#include "core_priv.h"

#include "futex_priv.h"
#include "handlers.h"
#include "ptrace.h"
#include "trace.h"

#include <abi/invoke.h>
#include <rt/program.h>
#include <rt/thread.h>

struct task *current, *caller;

struct task *task_by_badge(word_t badge)
{
    return badge <= TASK_MAX ? tasks[badge] : NULL;
}

/* --- registers ------------------------------------------------------------------------------ */

_Static_assert(sizeof(struct regs) == REGS_WORDS * 8, "21 words, in the kernel's order");

void task_regs_read(const struct task *t, struct regs *r)
{
    const word_t *rest = rt_buffer()->words;

    RT_CHECK(thread_read_registers(t->thread, &r->ip, &r->sp, &r->flags, &r->tls, &r->gs, &r->rdi,
                                   &r->rsi, &r->rdx) == E_OK);
    memcpy(&r->rax, rest + MESSAGE_REGS, (REGS_WORDS - MESSAGE_REGS) * 8);
}

static struct message regs_message(word_t label, const struct regs *r)
{
    struct message m = {
        .tag = MESSAGE_TAG(label, REGS_WORDS, 0),
        .w = {r->ip, r->sp, r->flags, r->tls, r->gs, r->rdi, r->rsi, r->rdx},
    };

    memcpy(rt_buffer()->words + MESSAGE_REGS, &r->rax, (REGS_WORDS - MESSAGE_REGS) * 8);
    return m;
}

void task_regs_write(const struct task *t, const struct regs *r)
{
    struct message m = regs_message(THREAD_WRITE_REGISTERS, r);

    RT_CHECK(sys_call(t->thread, &m) == E_OK);
}

/* Whatever holds the task's call; it is free afterwards. */
static void answer(struct task *t, struct message *m)
{
    cap_t reply = t->reply != 0 ? t->reply : loop_reply;

    /* E_STATE: nothing is held, because the thread was stopped meanwhile: it calls again. */
    enum error e = sys_send(reply, m, 0);

    RT_CHECK(e == E_OK || e == E_STATE);
    if (t->reply != 0) {
        loop_free_reply(t->reply);
        t->reply = 0;
    }
}

void task_answer_regs(struct task *t, const struct regs *r)
{
    struct message m = regs_message(0, r);

    answer(t, &m);
    if (current == t)
        current = NULL;
    if (t->attention)
        task_kick(t); /* one signal more */
}

/* --- the end of a call ---------------------------------------------------------------------- */

static struct message result_message(const struct task *t, long result)
{
    return (struct message){.tag = MESSAGE_TAG(0, t->is_fault ? 0 : 1, 0), .w = {(word_t)result}};
}

/* A signal is due. @return true: the call is to be answered with m; a long one is in the thread's
 * message buffer and must be sent next */
static bool look_at_signals(struct task *t, long result, struct message *m)
{
    struct regs r;

    task_regs_read(t, &r);
    switch (signal_deliver(t, &r, &result)) {
    case DELIVER_NOTHING:
        signal_mask_restore(t);
        *m = result_message(t, result);
        return true;
    case DELIVER_REGS:
        *m = regs_message(0, &r);
        if (current == t)
            current = NULL;
        if (t->attention)
            task_kick(t); /* one signal more */
        return true;
    case DELIVER_STOPPED:
        if (t->reply == 0)
            t->reply = loop_keep_call();
        t->has_result = true;
        t->result = result;
        t->state = TASK_STOPPED;
        return false;
    default:
        return false;
    }
}

void task_finish(struct task *t, long result)
{
    struct message m;

    if (!t->attention)
        m = result_message(t, result);
    else if (!look_at_signals(t, result, &m))
        return;
    answer(t, &m);
}

/* Only what ends the process interrupts this. */
static bool holds(const struct task *t)
{
    if (ptrace_holds(t))
        return true;
    return !t->is_fault && t->number < CALL_COUNT &&
           calls[t->number].interrupted == CALL_HOLDS &&
           !(signal_pending(t) & SIGNAL_BIT(SIGKILL));
}

void task_interrupt(struct task *t)
{
    long result = t->progress != 0 ? (long)t->progress : INTERRUPTED;
    struct regs r;

    if (ptrace_stops_waiting(t) || !signal_due(t) || holds(t))
        return;
    task_regs_read(t, &r);
    if (signal_deliver(t, &r, &result) != DELIVER_REGS)
        return; /* it waits on, stopped perhaps; or is gone */
    if (t->traced && !t->is_fault)
        trace_interrupted(t);
    task_unwait(t);
    task_forget_ready(t);
    futex_forget(t);
    task_answer_regs(t, &r);
}

struct task *kicked_tasks;

void task_kick(struct task *t)
{
    if (t == current || t->is_kicked)
        return; /* it looks by itself */
    t->is_kicked = true;
    t->kicked = kicked_tasks;
    kicked_tasks = t;
}

void task_forget_kick(struct task *t)
{
    struct task **at = &kicked_tasks;

    if (!t->is_kicked)
        return;
    while (*at != t)
        at = &(*at)->kicked;
    *at = t->kicked;
    t->is_kicked = false;
}

static void kick(struct task *t)
{
    struct regs r;

    if (t->process->stopped || ptrace_holds(t) || !(t->attention || t->suspended))
        return; /* it looks when it goes on */
    if (t->reply != 0) {
        task_interrupt(t);
        return;
    }
    RT_CHECK(thread_suspend(t->thread) == E_OK);
    t->suspended = true;
    task_regs_read(t, &r);
    while (t->attention) {
        if (signal_turn_back(t, &r)) {
            task_regs_write(t, &r);
            break;
        }

        long result = ptrace_interrupted(t, &r);
        enum delivery d = signal_deliver(t, &r, &result);

        if (d == DELIVER_NOTHING)
            break;
        if (d != DELIVER_REGS)
            return;
        task_regs_write(t, &r);
    }
    if (ptrace_restarts(t, &r))
        task_regs_write(t, &r);
    t->suspended = false;
    RT_CHECK(thread_resume(t->thread) == E_OK);
}

void tasks_run_kicked(void)
{
    while (kicked_tasks != NULL) {
        struct task *t = kicked_tasks;

        kicked_tasks = t->kicked;
        t->is_kicked = false;
        kick(t);
    }
}

/* A call that is being handled for the first time has this result. @return true: answer with m */
static bool finish_current(struct task *t, long result, struct message *m)
{
    if (result == NO_REPLY)
        return false;
    if (result == BLOCKED) {
        t->reply = loop_keep_call();
        current = NULL;
        if (t->attention)
            task_interrupt(t);
        return false;
    }
    if (t->attention)
        return look_at_signals(t, result, m);
    *m = result_message(t, result);
    return true;
}

/* --- calls ---------------------------------------------------------------------------------- */

/* Counted by number, those that Linux has no names for together; told each time they are ten times
 * as many. */
static long call_unknown(struct task *t, const word_t *arg)
{
    static struct {
        word_t made, told;
    } counts[CALL_COUNT + 1];
    word_t n = t->number, at = n < CALL_COUNT ? n : CALL_COUNT;
    const char *name = call_name(n);

    (void)arg;
    if (++counts[at].made < counts[at].told * 10)
        return -ENOSYS;
    counts[at].told = counts[at].made;
    rt_say(2, "system call %lu (%s) is not there: made %lu times, last by %s", n,
           name != NULL ? name : "?", counts[at].made, t->name);
    return -ENOSYS;
}

/* As in calls[], without gaps. */
static call_handler *handler[CALL_COUNT];

void dispatch_init(void)
{
    for (word_t i = 0; i < CALL_COUNT; i++)
        handler[i] = calls[i].handler != NULL ? calls[i].handler : call_unknown;
}

static inline long call(struct task *t)
{
    caller = t;
    return t->number < CALL_COUNT ? handler[t->number](t, t->arg) : call_unknown(t, t->arg);
}

static __attribute__((noinline)) long call_watched(struct task *t)
{
    unsigned index = t->index;
    long result;

    if (ptrace_entry(t))
        return BLOCKED;
    if (!t->traced)
        return call(t);
    trace_call(t);
    result = call(t);
    if (tasks[index] == t) /* else it has ended */
        trace_result(t, result);
    return result;
}

static long call_again(struct task *t)
{
    unsigned index = t->index;
    long result = call(t);

    if (tasks[index] == t && t->traced && result != BLOCKED)
        trace_result(t, result);
    return result;
}

static long page_fault(struct task *t)
{
    word_t access = t->fault_access;
    long e = space_fault(t->space, t->fault_address, access & 2, access & 16);

    if (e == 0 || e == BLOCKED)
        return e;
    if (e == -ENOMEM) {
        (void)memory_is_short(t); /* if it is not killed, it touches the page again */
    } else if (e == -EIO || e == -ENOSPC) {
        signal_fault(t, SIGBUS, 2 /* BUS_ADRERR */, t->fault_address);
    } else {
        signal_fault(t, SIGSEGV, e == -EACCES ? SEGV_ACCERR : SEGV_MAPERR, t->fault_address);
    }
    return 0;
}

void task_again(struct task *t)
{
    long result;

    if (t->process->stopped || ptrace_is_stopped(t))
        return; /* process_continue, or its tracer, makes it ready again */
    if (t->has_result) {
        t->has_result = false;
        t->state = TASK_RUNNING;
        task_finish(t, t->result);
        return;
    }
    if (!t->is_fault && ptrace_entry(t))
        return;
    result = t->is_fault ? page_fault(t) : call_again(t);
    if (result == BLOCKED) {
        if (t->attention)
            task_interrupt(t);
    } else if (result != NO_REPLY) {
        task_finish(t, result);
    }
}

/* A processor exception, as the signal that Linux makes of it. */
static void exception(struct task *t, const struct message *m)
{
    static const uint8_t signals[32] = {
        [0] = SIGFPE, [1] = SIGTRAP, [3] = SIGTRAP, [4] = SIGSEGV, [5] = SIGSEGV, [6] = SIGILL,
        [7] = SIGSEGV, [11] = SIGBUS, [12] = SIGBUS, [13] = SIGSEGV, [16] = SIGFPE, [17] = SIGBUS,
        [19] = SIGFPE,
    };
    static const uint8_t codes[32] = {[0] = 1 /* FPE_INTDIV */, [1] = 2 /* TRAP_TRACE */,
                                      [6] = 2 /* ILL_ILLOPN */, [17] = 1 /* BUS_ADRALN */};
    word_t vector = m->w[0] % 32;
    int number = signals[vector] != 0 ? signals[vector] : SIGSEGV;

    signal_fault(t, number, codes[vector] != 0 ? codes[vector] : SI_KERNEL,
                 number == SIGSEGV || number == SIGTRAP ? 0 : m->w[2]);
}

static inline void begin(struct task *t)
{
    current = t;
    t->progress = 0;
    t->saved_arg = 0;
    t->deadline = NEVER;
    t->has_deadline = t->timed_out = t->has_result = t->is_fault = false;
}

static inline void page_fault_begin(struct task *t, const struct message *m)
{
    begin(t);
    t->is_fault = true;
    t->fault_address = m->w[0];
    t->fault_access = m->w[1];
    t->faults++;
}

static inline void call_begin(struct task *t, const struct message *m)
{
    begin(t);
    t->number = m->w[0];
    t->arg[0] = m->w[1];
    t->arg[1] = m->w[2];
    t->arg[2] = m->w[3];
    t->arg[3] = m->w[4];
    t->arg[4] = m->w[5];
    t->arg[5] = m->w[6];
    t->call_ip = m->w[7];
}

/* Any message of a task. @return true: the call is answered with m */
static bool task_message(struct message *m)
{
    struct task *t = task_by_badge(m->badge);

    if (t == NULL)
        return false; /* it ended with this call on its way */
    if (message_label(m->tag) == FAULT_SYSCALL) {
        call_begin(t, m);
        return finish_current(t, t->watched ? call_watched(t) : call(t), m);
    }
    if (message_label(m->tag) == FAULT_PAGE) {
        page_fault_begin(t, m);
        return finish_current(t, page_fault(t), m);
    }
    begin(t);
    t->is_fault = true;
    exception(t, m);
    return finish_current(t, 0, m);
}

/* --- the loop ------------------------------------------------------------------------------- */

#define CALL_TAG MESSAGE_TAG(FAULT_SYSCALL, 8, 0)
#define PAGE_TAG MESSAGE_TAG(FAULT_PAGE, 5, 0)

static inline bool others_wait(void)
{
    return kicked_tasks != NULL || ready_tasks != NULL;
}

/* Whose message this is, if it is one of those that come all the time. */
static inline struct task *short_task(const struct message *m)
{
    struct task *t;

    if (m->tag != CALL_TAG && m->tag != PAGE_TAG)
        return NULL;
    t = tasks[m->badge]; /* the badges of calls are ours */
    return t == NULL || t->watched ? NULL : t;
}

/* It is answered with this, and there is nothing else to do. */
static inline bool is_all(const struct task *t, long result)
{
    return result != BLOCKED && result != NO_REPLY && !t->attention && !others_wait();
}

/* Any message. @return true: the call is answered with m */
static __attribute__((noinline)) bool serve(struct message *m)
{
    current = caller = NULL;
    if (message_label(m->tag) != MESSAGE_SIGNAL)
        return task_message(m);
    events_arrived(m->badge);
    return false;
}

/* Calls that can go on, and signals that are due, after the present message has been seen to. */
static void run_others(void)
{
    do {
        tasks_run_kicked();
        tasks_run_ready();
    } while (kicked_tasks != NULL);
}

/* All of it is in registers: others may use the message buffer before it is sent. */
static inline bool is_short(const struct message *m)
{
    return message_words(m->tag) <= MESSAGE_REGS;
}

/* Whose call goes on now cannot want to end or stop that task. */
static bool leaves_alone(const struct task *ready, const struct task *t)
{
    return ready->process != t->process ||
           (ready->futex != NULL && !ready->attention && !ready->watched);
}

/*
 * The task has its result but not the answer yet: calls of others go on first, so that the answer
 * can be given together with waiting. Not those which may want to stop the task, nor signals: for
 * that it must be answered. @return true: there is nothing else to do
 */
static bool run_before_answer(const struct task *t)
{
    while (kicked_tasks == NULL && ready_tasks != NULL && leaves_alone(ready_tasks, t))
        tasks_run_ready_one();
    return !others_wait();
}

/*
 * From a message that has come on: serve those that come all the time, each answered together with
 * waiting for the next. All of a message stays in registers.
 * @param last the message; set to the one that is something else, or to the error of waiting
 * @return NULL, or the task whose message could not just be answered, with *result
 */
static __attribute__((noinline)) struct task *serve_short(struct message *last, enum error *e,
                                                          long *result)
{
    struct message m = *last;

    for (;;) {
        struct task *t = short_task(&m);
        word_t tag = MESSAGE_TAG(0, 1, 0);
        long r;

        if (t == NULL) {
            *last = m;
            return NULL;
        }
        if (m.tag == CALL_TAG) {
            call_begin(t, &m);
            r = call(t);
        } else {
            page_fault_begin(t, &m);
            r = page_fault(t);
            tag = MESSAGE_TAG(0, 0, 0);
        }
        if (!is_all(t, r)) {
            *result = r;
            return t;
        }
        m = (struct message){.tag = tag};
        *e = sys_result_recv(loop_endpoint, loop_reply, (word_t)r, &m);
        if (*e != E_OK)
            return NULL;
    }
}

_Noreturn void loop_run(void)
{
    struct message m = {.tag = 0};
    bool answer = false;

    run_others();
    for (;;) {
        enum error e = answer ? sys_reply_recv(loop_endpoint, loop_reply, &m, 0)
                              : sys_recv(loop_endpoint, loop_reply, &m, 0);
        long result = 0;
        struct task *t = e == E_OK ? serve_short(&m, &e, &result) : NULL;

        RT_CHECK(e == E_OK || e == E_STATE || e == E_ARG); /* not OK: the caller is gone */
        answer = t != NULL ? finish_current(t, result, &m) : e == E_OK && serve(&m);
        current = caller = NULL;
        bool early = answer && t != NULL && is_short(&m);

        if (others_wait() && !(early && run_before_answer(t))) {
            if (answer)
                (void)sys_send(loop_reply, &m, 0);
            answer = false;
            run_others();
        }
    }
}
