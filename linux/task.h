/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tasks and processes. A task is a thread of a program: one foreign thread of the kernel, with the
 * system call that it makes. A process is what its tasks share (CLONE_THREAD).
 */
#ifndef LINUX_TASK_H
#define LINUX_TASK_H

#include "errno.h"
#include "page.h"
#include "signal.h"
#include "wait.h"

#include <stddef.h>

struct files;
struct inode;
struct place;
struct ptrace;
struct space;

#define TASK_MAX 250u /* tasks of a sandbox at a time; badge of a task: its index, from 1 on */
#define PID_MAX  32768
#define TASK_NAME 16u

/** All registers of a thread, in the order of Thread.write_registers. */
struct regs {
    word_t ip, sp, flags, tls, gs, rdi, rsi, rdx;
    word_t rax, rbx, rcx, rbp, r8, r9, r10, r11, r12, r13, r14, r15, number;
};
#define REGS_WORDS 21u

enum task_state {
    TASK_RUNNING, /**< in user mode, or its call is being handled */
    TASK_WAITING, /**< its call is BLOCKED */
    TASK_STOPPED, /**< by a signal; its call, if it has one, is held */
    TASK_DEAD,
};

/** Limits: prlimit(2). */
enum { RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_DATA, RLIMIT_STACK, RLIMIT_CORE, RLIMIT_RSS, RLIMIT_NPROC,
       RLIMIT_NOFILE, RLIMIT_MEMLOCK, RLIMIT_AS, RLIMIT_LOCKS, RLIMIT_SIGPENDING, RLIMIT_MSGQUEUE,
       RLIMIT_NICE, RLIMIT_RTPRIO, RLIMIT_RTTIME, RLIMITS };
struct rlimit {
    word_t soft, hard;
};

/** Whose a process is: it believes itself in a user namespace of one root. */
struct identity {
    unsigned uid, euid, suid, fsuid, gid, egid, sgid, fsgid;
    unsigned groups, group[32];
};

struct process {
    struct process *next;             /**< of all */
    int pid, pgid, sid;
    struct process *parent;           /**< NULL: the first one */
    struct process *children, *sibling;
    struct task *tasks;               /**< by task->peer */
    unsigned task_count;
    bool zombie;                      /**< waits to be reaped */
    bool exiting;                     /**< exit_group is under way */
    bool execed;                      /**< has called exec: setpgid of its parent fails */
    bool stopped, stop_reported, continued, child_reported;
    int exit_status;                  /**< as wait4 gives it */
    int stop_signal;
    int exit_signal;                  /**< what the parent gets: SIGCHLD */
    struct wait_queue child_changed;  /**< wait4 */
    struct wait_queue exited;         /**< pidfd; woken when it becomes a zombie */
    struct sigaction action[SIGNALS + 1];
    struct pending_set pending;
    struct wait_queue signalled;      /**< signalfd, sigtimedwait: something was sent */
    struct rlimit limit[RLIMITS];
    struct identity identity;
    struct process_timer *timers;     /**< setitimer, timer_create */
    struct inode *exe;
    char name[TASK_NAME];             /**< of the task that ended last: for ps */
    word_t start_ns;                  /**< CLOCK_MONOTONIC */
    word_t ticks, child_ticks;        /**< of tasks that ended; of children waited for */
    word_t faults, child_faults;
    int nice;
    unsigned personality;
    bool dumpable, subreaper, no_new_privileges;
    bool traced;                      /**< its tasks are; so will those be that it makes */
    int parent_death_signal;
    struct process *tracer;           /**< whom its end concerns first: ptrace.h */
};

struct task {
    struct task *peer;                /**< next of the process */
    struct task *ready;               /**< next of those whose call is made again */
    struct task *kicked;              /**< next of those that are to look at their signals */
    struct task *sleeper;             /**< next of those with a deadline */
    unsigned index;                   /**< badge */
    int tid;
    enum task_state state;
    struct process *process;
    struct space *space;
    struct files *files;
    struct place *place;              /**< directory, root, umask */
    char name[TASK_NAME];

    /* The system call. */
    cap_t reply; /**< holds the call; 0: runs in user mode, or is being handled */
    word_t number, arg[6];
    word_t call_ip;                   /**< behind the SYSCALL instruction */
    word_t progress;                  /**< see wait.h */
    word_t deadline; /**< ns; NEVER: none. Valid while waiting and when made again */
    word_t saved_arg;                 /**< for the handler's own use; 0 when first called */
    /* These four together: a new call clears them. */
    bool timed_out, has_deadline;
    bool is_fault;                    /**< what waits is a page fault */
    bool has_result;                  /**< the call is done, its answer is held while stopped */
    bool sleeping, is_ready, is_kicked;
    bool attention;                   /**< a signal is due: looked at before it returns */
    bool traced;                      /**< its calls are shown: trace.h */
    bool watched;                     /**< they are, or it is traced by ptrace.h: the long way */
    bool suspended;                   /**< the kernel was told to stop its thread */
    long result;
    word_t fault_address, fault_access;
    struct waiter *waiters, first_waiter;

    /* Signals. */
    int fatal;                        /**< what the processor refused: it ends even the first one */
    sigset_t blocked, saved_blocked;
    bool restore_blocked;             /**< sigsuspend, ppoll: saved_blocked comes back */
    struct pending_set pending;
    word_t alt_stack, alt_stack_bytes;
    unsigned alt_stack_flags;

    /* Threads. */
    word_t clear_tid;                 /**< set_tid_address */
    word_t robust_list;
    struct task *vfork_waiter;        /**< whose space we borrow until exec or exit */
    struct task *vfork_child;         /**< who borrows ours */
    struct futex_wait *futex;
    struct ptrace *ptrace;            /**< NULL: nobody traces it */

    struct lone lone;                 /**< its thread, of the kernel */
    cap_t thread, context, handler;   /**< of the kernel */
    word_t context_ticks;             /**< what its context had consumed when it got it */
    word_t faults;
};

/* The first process is the sandbox's init, pid 1: orphans become its children. */
extern struct process *processes;
/** The task whose call is being carried out, for the first time or again. NULL: none. */
extern struct task *caller;

/** The task by the badge of its calls. @return NULL: none */
struct task *task_by_badge(word_t badge);
struct task *task_find(int tid);
struct process *process_find(int pid);
/** A process of this group in this session, or NULL. @param sid 0: any */
struct process *process_of_group(int pgid, int sid);
/** No process of the group has a parent outside the group and inside the session. */
bool process_group_orphaned(int pgid);
/** For /proc: processor time of a process, its tasks and what ended, in ns. */
word_t process_time_ns(struct process *p);
/** The command line as exec left it in the program's memory: reads it. @return bytes */
long process_command_line(struct process *p, char *to, size_t size);
/** The same of its environment. */
long process_environment(struct process *p, char *to, size_t size);

#endif
