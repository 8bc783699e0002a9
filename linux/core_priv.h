/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of the core (tasks, calls, signals, memory, time) know of one another. What the
 * files of the file half use of it is in the other headers.
 */
#ifndef LINUX_CORE_PRIV_H
#define LINUX_CORE_PRIV_H

#include "linux.h"

/* --- main.c: what the loop needs -------------------------------------------------------------- */

extern cap_t loop_endpoint;
/* The Reply object that holds the call being handled; loop_keep_call takes it over. */
extern cap_t loop_reply;
cap_t loop_keep_call(void);
/* Give back one that holds no call. */
void loop_free_reply(cap_t reply);
/* Signals of the component's notification: tell those who asked (event.h). */
void events_arrived(word_t bits);
/* Everything from the start to the first program. */
bool system_start(void);

/* --- dispatch.c: messages and answers ------------------------------------------------------- */

/* The task whose message is being handled; NULL: none, or it is gone. */
extern struct task *current;
/* Before the loop: who carries out which call. */
void dispatch_init(void);
/* Serves messages for ever. */
_Noreturn void loop_run(void);
/* Tasks that were woken: their calls are made again. */
extern struct task *ready_tasks;
void tasks_run_ready(void);
/* The first of them; there is one. */
void tasks_run_ready_one(void);
/* Make the call again that t->reply holds. */
void task_again(struct task *t);
/* Answer the call that t->reply holds, or that is being handled, with all registers. */
void task_answer_regs(struct task *t, const struct regs *r);
/* Finish a held call with this result. */
void task_finish(struct task *t, long result);
/* A signal is due for a task that waits in a call. */
void task_interrupt(struct task *t);
/* A signal is due for a task that is in whatever state: seen to when the present message is. */
void task_kick(struct task *t);
void task_forget_kick(struct task *t);
extern struct task *kicked_tasks;
void tasks_run_kicked(void);
/* What signal_deliver finds in *result, besides what a call gives. */
#define INTERRUPTED (-4098L)  /* the call waits: made anew, or EINTR */
#define IN_USER_MODE (-4099L) /* there is no call */
void task_regs_read(const struct task *t, struct regs *r);
/* Of a thread that is suspended. */
void task_regs_write(const struct task *t, const struct regs *r);

/* --- wait.c --------------------------------------------------------------------------------- */

/* Stop waiting; the call stays where it is. */
void task_unwait(struct task *t);
/* Have the call made again. */
void task_make_ready(struct task *t);
/* Take it off the list of those. */
void task_forget_ready(struct task *t);
/* What has become due at this time. @return the next deadline, NEVER */
word_t sleepers_wake(word_t now);

/* --- task.c --------------------------------------------------------------------------------- */

/* A new process, child of `parent`, without tasks. @return NULL: no memory */
struct process *process_new(struct process *parent, int pid);
void process_free(struct process *p);
/* What it runs: nobody may write to it. @param exe NULL: nothing */
void process_set_exe(struct process *p, struct inode *exe);
/* A number that nothing uses. */
int pid_new(void);
/* A task of a process, without space, files and place. @return NULL: no memory, or too many */
struct task *task_new(struct process *p, int tid);
/* Its first kernel thread. @return false: no memory */
bool task_thread_new(struct task *t);
/* A thread in another space, to be the task's from task_thread_take on: as it is after exec.
 * @return false: no memory */
bool task_thread_make(const struct task *t, const struct space *s, struct lone *thread);
void task_thread_take(struct task *t, struct lone *thread);
/* Let a new thread run with these registers. */
void task_start(struct task *t, const struct regs *r);
/* Take it apart; what it had shared is given up. */
void task_free(struct task *t);
/* Processor time of a task in ticks. */
word_t task_ticks(const struct task *t);
extern struct task *tasks[TASK_MAX + 1];

/* --- exit.c --------------------------------------------------------------------------------- */

/* End all tasks of a process. @param status as wait4 gives it */
void process_exit(struct process *p, int status);
/* End one task, and the process with its last. */
void task_exit(struct task *t, int status);
/* End the other tasks of the process: exec. */
void task_exit_others(struct task *t);
/* The parent learns that it has ended, and may not want to. */
void process_zombie_to_parent(struct process *p);
/* The parent may want to know: SIGCHLD and wait4. */
void process_tell_parent(struct process *p, int code, int status);
/* The borrowed space of vfork is given back: exec or exit. */
void vfork_release(struct task *t);

/* Linux's struct rusage. */
struct usage {
    int64_t user_seconds, user_us, system_seconds, system_us;
    word_t resident_kib, unused_1[3], faults, rest[9];
};
_Static_assert(sizeof(struct usage) == 144, "the layout is Linux's");
void usage_of(struct usage *u, word_t ns, word_t faults);

/* --- time.c: what goes with a process ------------------------------------------------------- */

void timers_free(struct process *p);
/* Those that do not survive exec. */
void timers_exec(struct process *p);
/* RLIMIT_CPU has been set, or inherited. @return 0, -ENOMEM */
long timers_cpu_limit(struct process *p);

/* --- exec.c, elf.c -------------------------------------------------------------------------- */

struct exec;
/* Replace what the task runs. Strings are in memory here. @return 0: *regs is how it starts; an
 * error: nothing has changed */
long exec_run(struct task *t, const char *path, const char *const *argv, const char *const *envp);

/* --- scarce.c ------------------------------------------------------------------------------- */

/* There is no memory for what t needs now: whoever has most is killed. @return true: that is not
 * t, for which there will be some when the present message has been seen to */
bool memory_is_short(struct task *t);

/* --- signal.c, deliver.c -------------------------------------------------------------------- */

/* Deliver the signals that are due, before the task returns to user mode with *r.
 * @param result what its call gives (it goes to r->rax if a handler is to run), INTERRUPTED or
 * IN_USER_MODE */
enum delivery {
    DELIVER_NOTHING, /* none was due after all: go on */
    DELIVER_REGS,    /* *r is how it goes on */
    DELIVER_STOPPED, /* the process has stopped: hold the task as it is */
    DELIVER_GONE,    /* the process has ended */
};
enum delivery signal_deliver(struct task *t, struct regs *r, long *result);
/* A handler is being left: have that begin anew instead of delivering now. @return false: not so */
bool signal_turn_back(struct task *t, struct regs *r);
/* The mask that a call had changed for its time comes back. */
void signal_mask_restore(struct task *t);
/* A fault of the program: as if by the processor's exception. */
void signal_fault(struct task *t, int number, int code, word_t address);
/* Recompute t->attention. */
void signal_recalculate(struct task *t);
/* Signals that a new mask lets through. */
void signal_set_mask(struct task *t, sigset_t mask);
void signal_flush(struct pending_set *p);
/* What is done with it is nothing, by choice or by default. */
bool signal_is_ignored(const struct process *p, int number);
void process_forget_signals(struct process *p, sigset_t which);
/* To a task that is about to return to user mode. */
void signal_force(struct task *t, const struct siginfo *info);
/* ss_flags as sigaltstack(2) gives them. */
unsigned alt_stack_state(const struct task *t, word_t sp);
/* @param told SIGCONT was sent: the parent is told */
void process_continue(struct process *p, bool told);
void process_stop(struct process *p, int number);

/* --- vdso.c --------------------------------------------------------------------------------- */

bool vdso_init(void);

/* --- time.c --------------------------------------------------------------------------------- */

bool clock_init(void);
/* Have the timer signal at the next deadline. */
void clock_arm(word_t deadline);

#endif
