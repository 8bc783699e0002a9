/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ptrace(2): a process that looks into tasks and changes them. ptrace.c is the call, ptrace_stop.c
 * when a task stops and goes on, ptrace_regs.c its registers.
 *
 * A task that is stopped is held in one of four ways, and goes on in the matching one:
 * - t->suspended: its kernel thread is suspended in user mode; registers are written to it;
 * - at_entry: its call is held and has not been made yet;
 * - t->has_result: its call is held and done;
 * - otherwise its call is held and waits; it is made again.
 * Whoever changes registers of the last two takes the task out of its call first, so that it is
 * held in the first way; `orig` then says which call that was.
 */
#ifndef LINUX_PTRACE_H
#define LINUX_PTRACE_H

#include "task.h"

enum ptrace_event { EVENT_NONE, EVENT_FORK, EVENT_VFORK, EVENT_CLONE, EVENT_EXEC, EVENT_VFORK_DONE,
                    EVENT_EXIT, EVENT_STOP = 128 };
enum ptrace_mode { MODE_CONTINUE, MODE_CALLS, MODE_STEP };
#define NO_CALL (~(word_t)0)
#define CALL_PTRACE 101u

/** What a task that is traced has besides. */
struct ptrace {
    struct process *tracer;
    unsigned options;
    bool seized;
    bool stopped, listening, reported;
    int code;              /**< why it stopped: what wait4 gives, shifted down by 8 */
    bool in_call;          /**< its call was, or would have been, reported at its entry */
    bool at_entry;         /**< stopped before the call is made */
    bool interrupt;        /**< is to stop as soon as it can */
    bool stepped;          /**< the trap flag is ours */
    bool jumped;           /**< while it was to make one step its registers became others */
    uint8_t mode;          /**< enum ptrace_mode */
    uint8_t event;         /**< is to be reported when the call is done */
    uint8_t op;            /**< PTRACE_GET_SYSCALL_INFO: 1 at an entry, 2 at an exit */
    word_t message;        /**< PTRACE_GETEVENTMSG */
    word_t orig;           /**< of one that was taken out of its call; NO_CALL */
    bool has_info;         /**< it stopped by a signal, this: */
    struct siginfo info;
    struct siginfo passed; /**< the tracer lets it have this; number 0: none */
    bool fpu_busy;         /**< it runs the code that saves or restores its FPU */
    bool fpu_done;
    struct task *fpu_asker; /**< waits for that */
    word_t fpu_page;
    struct regs fpu_regs;  /**< what it goes back to */
};

static inline bool ptrace_is_stopped(const struct task *t)
{
    return t->ptrace != NULL && t->ptrace->stopped;
}
/** Also while nothing but SIGKILL may be done with it. */
bool ptrace_holds(const struct task *t);
/** Something is to be looked at before it returns to user mode, or when it can be interrupted. */
static inline bool ptrace_interrupts(const struct task *t)
{
    return t->ptrace != NULL && (t->ptrace->interrupt || t->ptrace->passed.number != 0);
}
bool ptrace_is_due(const struct task *t);
static inline bool ptrace_due(const struct task *t)
{
    return t->ptrace != NULL && ptrace_is_due(t);
}

/* --- what the system calls, in the order in which it happens --- */

/** Its call begins. @return true: it stops here; the call is held */
bool ptrace_entry(struct task *t);
/** A new task of `t` by fork or the like; its registers are written and it is suspended.
 * @return true: it is traced and has stopped */
bool ptrace_new_child(struct task *t, struct task *child, word_t flags, bool is_thread);
/** The child of vfork has let go. */
void ptrace_vfork_done(struct task *t, int tid);
/** The task has a new program; its registers are written and it is suspended. */
void ptrace_exec(struct task *t);
/** It is about to end by its own call. @return true: it stops first; the call is to be held */
bool ptrace_exit(struct task *t, int status);
/** Its call waits, and an event is to be reported. @return true: it has stopped */
bool ptrace_stops_waiting(struct task *t);
/** It returns, or is interrupted: what is to be reported that is no signal. @return true: it has
 * stopped */
bool ptrace_trap(struct task *t, long result);
/** It goes on elsewhere: a handler, or the return from one. */
void ptrace_jumps(struct task *t, struct regs *r);
/** The signal that the tracer gives it now. @return number, 0: none */
int ptrace_passed(struct task *t, struct siginfo *info);
/** A signal is taken off its queues. @return true: it has stopped for its tracer to decide */
bool ptrace_signal(struct task *t, int number, const struct siginfo *info);
/** Its process stops; or goes on, and it listens for that. */
void ptrace_group_stop(struct task *t, int number);
void ptrace_group_continues(struct task *t);
/** What its interrupted call gives, for signal_deliver, of one that runs in user mode. */
long ptrace_interrupted(struct task *t, const struct regs *r);
/** It goes on in user mode without a handler: its interrupted call is to be made anew.
 * @return true: the registers were changed */
bool ptrace_restarts(struct task *t, struct regs *r);
/** The task ends: its tracer may want to know. Before task_free, which forgets. */
void ptrace_ends(struct task *t, int status);
void ptrace_forget(struct task *t);
/** A process has become a zombie: its tracees go on. */
void ptrace_tracer_ends(struct process *p);
/** The zombie is its tracer's first. @return true: the parent learns of it when that has waited */
bool ptrace_has_zombie(struct process *p);

/* --- waiting: exit.c --- */

struct ptrace_wait {
    int id, status, code; /**< status as wait4 gives it, code CLD_... */
    struct process *zombie; /**< to be reaped: it is another's child */
};
/** Does a tracee of this process have something to say? @param keep leave it to be said again
 * @return true: *w */
bool ptrace_look(struct process *tracer, bool (*wanted)(const void *, int pid, int pgid),
                 const void *context, bool keep, struct ptrace_wait *w, bool *any);
/** May it look into the other at all? */
bool ptrace_may(const struct task *t, const struct task *other);
/** The parent does not see what this child does: another, or this one itself, traces it. */
bool ptrace_hides(const struct process *child);

/* --- ptrace_stop.c for ptrace.c --- */

/** Begin. @return 0 or -ENOMEM */
long ptrace_begin(struct task *t, struct process *tracer, unsigned options, bool seized);
void ptrace_stop(struct task *t, int code, const struct siginfo *info);
/** Go on. @param number signal that it gets, 0: none */
void ptrace_resume(struct task *t, enum ptrace_mode mode, int number);
void ptrace_detach(struct task *t, int number);

/* --- ptrace_regs.c --- */

/** As the tracer sees them; of a task that has stopped. */
void ptrace_regs_get(const struct task *t, struct regs *r, word_t *orig);
/** @return 0 or -EIO: not what a program can have */
long ptrace_regs_set(struct task *t, const struct regs *r, word_t orig);
/** From now on it is held in user mode. */
void ptrace_take_out(struct task *t);
/** Linux's struct user_regs_struct. */
#define USER_REGS 27u
void ptrace_user_get(const struct task *t, word_t to[USER_REGS]);
long ptrace_user_set(struct task *t, const word_t from[USER_REGS]);
/** The FPU as FXSAVE has it: the task itself saves it, which takes until the call is made again.
 * @param asker who waits @return 0, BLOCKED, -ESRCH, -ENOMEM ... */
#define FPU_BYTES 512u
long ptrace_fpu_get(struct task *asker, struct task *t, uint8_t *to);
long ptrace_fpu_set(struct task *asker, struct task *t, const uint8_t *from);
/** Whoever waits for it need not any more: the task is held as it was before. */
void ptrace_fpu_forget(struct task *t);
/** The task does not wait for any other's FPU any more. */
void ptrace_asker_ends(const struct task *asker);
/** Signals wait: it is on its way to save or restore its FPU. */
static inline bool ptrace_fpu_busy(const struct task *t)
{
    return t->ptrace != NULL && t->ptrace->fpu_busy;
}

#endif
