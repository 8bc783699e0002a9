/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals (signal(7)): sending them, and what tasks and processes know of them. */
#ifndef LINUX_SIGNAL_H
#define LINUX_SIGNAL_H

#include <abi/call.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    SIGHUP = 1, SIGINT, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGKILL, SIGUSR1,
    SIGSEGV, SIGUSR2, SIGPIPE, SIGALRM, SIGTERM, SIGSTKFLT, SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP,
    SIGTTIN, SIGTTOU, SIGURG, SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF, SIGWINCH, SIGIO, SIGPWR,
    SIGSYS, SIGNAL_RT = 32, SIGNALS = 64,
};

/** A set of signals: bit n - 1 is signal n. */
typedef uint64_t sigset_t;
#define SIGNAL_BIT(n) ((sigset_t)1 << ((n) - 1))

enum { SI_USER = 0, SI_KERNEL = 128, SI_QUEUE = -1, SI_TIMER = -2, SI_TKILL = -6,
       CLD_EXITED = 1, CLD_KILLED, CLD_DUMPED, CLD_TRAPPED, CLD_STOPPED, CLD_CONTINUED,
       SEGV_MAPERR = 1, SEGV_ACCERR = 2 };

/** Linux's siginfo_t: 128 bytes. */
struct siginfo {
    int32_t number, error, code, pad;
    union {
        struct { int32_t pid; uint32_t uid; word_t value; } from;             /* kill, sigqueue */
        struct {
            int32_t pid;
            uint32_t uid;
            int32_t status, pad;
            word_t user_time, system_time;
        } child;
        struct { word_t address; } fault;
        struct { int32_t timer, overrun; word_t value; } timer;
        struct { word_t band; int32_t fd; } poll;
        uint8_t bytes[112];
    };
};
_Static_assert(sizeof(struct siginfo) == 128, "the layout is Linux's");

/** What a program wants done with a signal. Linux's layout (rt_sigaction). */
struct sigaction {
    word_t handler, flags, restorer;
    sigset_t mask;
};

struct process;
struct task;

/** A signal that waits to be delivered. */
struct pending {
    struct pending *next;
    struct siginfo info;
};
struct pending_set {
    sigset_t set;
    struct pending *first; /**< those with information, oldest first */
};

/** Send to a process, with no information but that it comes from the kernel. */
void signal_send(struct process *p, int number);
/** Send with information. @return 0 or -EAGAIN (too many real-time signals wait) */
long signal_process(struct process *p, const struct siginfo *info);
long signal_task(struct task *t, const struct siginfo *info);
/** Send to all processes of a group, as the kernel. @return how many there are */
int signal_group(int pgid, int number);
/** A signal would end, stop or interrupt what the task does: blocking calls that are not made
 * through task_wait look at it. */
bool signal_due(const struct task *t);
/** Blocked or ignored, so that a background process may read or write its terminal (SIGTTIN). */
bool signal_blocked_or_ignored(const struct task *t, int number);
/** Signals that wait for the task or its process: for signalfd and /proc. */
sigset_t signal_pending(const struct task *t);
/** For ppoll, pselect, epoll_pwait, sigsuspend: this mask until the call is finished. To be called
 * whenever the call is made again, too. */
void signal_mask_for_call(struct task *t, sigset_t mask);
/** The same with a mask in the program's memory; 0: the call has none.
 * @param bytes the size that the program says, that of a mask @return 0, -EINVAL, -EFAULT */
long signal_mask_of_call(struct task *t, word_t from, word_t bytes);
/** Take one that is neither blocked nor held back off the queues. @return its number, 0: none */
int signal_take_due(struct task *t, struct siginfo *info);
/** Take one of a set off the queues. @return its number, 0: none */
int signal_take(struct task *t, sigset_t set, struct siginfo *info);

#endif
