/* SPDX-License-Identifier: BSD-2-Clause */
/* Futexes that are locks (FUTEX_LOCK_PI and its relatives). */
#include "case.h"

#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#ifndef FUTEX_LOCK_PI2
#define FUTEX_LOCK_PI2 13
#endif

static _Atomic uint32_t word;

static long futex(_Atomic uint32_t *at, int op, const struct timespec *end)
{
    return syscall(SYS_futex, at, op, 0, end, NULL, 0);
}

static void state(const char *what)
{
    uint32_t now = word;

    say("%s: %s%s%s", what, (now & FUTEX_TID_MASK) == (uint32_t)gettid() ? "mine"
                            : (now & FUTEX_TID_MASK) == 0                ? "free"
                                                                         : "another's",
        now & FUTEX_WAITERS ? ", waiters" : "", now & FUTEX_OWNER_DIED ? ", died" : "");
}

CASE(futex_pi_alone)
{
    struct timespec past = {1, 0}, bad = {0, 2000000000};

    result("unlock what is free", futex(&word, FUTEX_UNLOCK_PI, NULL));
    result("lock", futex(&word, FUTEX_LOCK_PI, NULL));
    state("then");
    result("lock again", futex(&word, FUTEX_LOCK_PI, NULL));
    result("try", futex(&word, FUTEX_TRYLOCK_PI, NULL));
    result("unlock", futex(&word, FUTEX_UNLOCK_PI, NULL));
    state("then");
    result("try", futex(&word, FUTEX_TRYLOCK_PI, NULL));
    result("unlock private", futex(&word, FUTEX_UNLOCK_PI | FUTEX_PRIVATE_FLAG, NULL));
    result("lock, monotonic", futex(&word, FUTEX_LOCK_PI2, &past));
    word = 0x3ffffff0;
    result("an owner that is not there", futex(&word, FUTEX_LOCK_PI, NULL));
    result("another's", futex(&word, FUTEX_UNLOCK_PI, NULL));
    word = 1;
    result("bad time", futex(&word, FUTEX_LOCK_PI, &bad));
    result("bad address", futex((_Atomic uint32_t *)8, FUTEX_LOCK_PI, NULL));
    result("not aligned", futex((_Atomic uint32_t *)((char *)&word + 1), FUTEX_LOCK_PI, NULL));
}

static _Atomic int order, waiting;

static void *locker(void *number)
{
    waiting++;
    if (futex(&word, FUTEX_LOCK_PI, NULL) != 0)
        say("not locked");
    say("thread %d has it", (int)(long)number);
    order++;
    futex(&word, FUTEX_UNLOCK_PI, NULL);
    return NULL;
}

/* Until a thread sleeps in the kernel: FUTEX_WAITERS says so of the first, time of the others. */
static void settle(void)
{
    struct timespec ms = {0, 20000000};

    while (!(word & FUTEX_WAITERS))
        nanosleep(&ms, NULL);
    nanosleep(&ms, NULL);
}

CASE(futex_pi_order)
{
    pthread_t threads[3];

    futex(&word, FUTEX_LOCK_PI, NULL);
    for (long i = 0; i < 3; i++) {
        pthread_create(&threads[i], NULL, locker, (void *)i);
        settle();
    }
    state("before");
    result("unlock", futex(&word, FUTEX_UNLOCK_PI, NULL));
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    say("%d had it", order);
    result("free in the end", word & FUTEX_TID_MASK);
}

static void *holder(void *unused)
{
    (void)unused;
    futex(&word, FUTEX_LOCK_PI, NULL);
    while (!(word & FUTEX_WAITERS))
        ;
    return NULL; /* without unlocking it */
}

CASE(futex_pi_owner_ends)
{
    pthread_t thread;

    pthread_create(&thread, NULL, holder, NULL);
    while (word == 0)
        ;
    result("lock", futex(&word, FUTEX_LOCK_PI, NULL));
    state("then");
    result("unlock", futex(&word, FUTEX_UNLOCK_PI, NULL));
    pthread_join(thread, NULL);
}

static void *keeper(void *unused)
{
    (void)unused;
    futex(&word, FUTEX_LOCK_PI, NULL);
    while (order == 0)
        sched_yield();
    futex(&word, FUTEX_UNLOCK_PI, NULL);
    return NULL;
}

static void handler(int number)
{
    (void)number;
    order++;
}

CASE(futex_pi_signal)
{
    struct sigaction a = {.sa_handler = handler};
    struct itimerval v = {.it_value = {0, 50000}};
    pthread_t thread;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    sigaction(SIGALRM, &a, NULL);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    pthread_create(&thread, NULL, keeper, NULL);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    while (word == 0)
        sched_yield();
    setitimer(ITIMER_REAL, &v, NULL);
    result("begun anew after the handler", futex(&word, FUTEX_LOCK_PI, NULL));
    say("handlers %d, %s", order, (word & FUTEX_TID_MASK) == (uint32_t)gettid() ? "mine" : "not");
    pthread_join(thread, NULL);
}

CASE(futex_pi_timeout)
{
    struct timespec end;
    pthread_t thread;

    pthread_create(&thread, NULL, keeper, NULL);
    while (word == 0)
        sched_yield();
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_nsec += 20000000;
    end.tv_sec += end.tv_nsec / 1000000000;
    end.tv_nsec %= 1000000000;
    result("lock", futex(&word, FUTEX_LOCK_PI, &end));
    result("try", futex(&word, FUTEX_TRYLOCK_PI, NULL));
    result("not the owner's", futex(&word, FUTEX_UNLOCK_PI, NULL));
    order = 1;
    pthread_join(thread, NULL);
    state("then");
}

CASE(futex_pi_mutex)
{
    pthread_mutexattr_t a;
    pthread_mutex_t *m = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                              0);
    pid_t pid;

    pthread_mutexattr_init(&a);
    pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT);
    pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
    say("init: %s", error_name(pthread_mutex_init(m, &a)));
    pid = fork();
    if (pid == 0) {
        pthread_mutex_lock(m);
        _exit(0);
    }
    wait_status(pid);
    say("lock: %s", error_name(pthread_mutex_lock(m)));
    say("consistent: %s", error_name(pthread_mutex_consistent(m)));
    say("unlock: %s", error_name(pthread_mutex_unlock(m)));
    say("lock: %s", error_name(pthread_mutex_lock(m)));
}
