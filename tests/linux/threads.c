/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads and futexes, by way of the C library and without it. */
#include "case.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#define THREADS 8

static atomic_int counter;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static long protected;

static long futex(uint32_t *at, int op, uint32_t value, const struct timespec *ts, uint32_t *at2,
                  uint32_t value3)
{
    return syscall(SYS_futex, at, op, value, ts, at2, value3);
}

static void *add_up(void *argument)
{
    for (int i = 0; i < 1000; i++) {
        pthread_mutex_lock(&mutex);
        protected++;
        if (i % 100 == 0)
            sched_yield();
        pthread_mutex_unlock(&mutex);
    }
    counter++;
    return argument;
}

CASE(thread_mutex)
{
    pthread_t t[THREADS];
    void *value;
    long sum = 0;

    for (long i = 0; i < THREADS; i++)
        outcome("create", -pthread_create(&t[i], NULL, add_up, (void *)i));
    for (long i = 0; i < THREADS; i++) {
        pthread_join(t[i], &value);
        sum += (long)value;
    }
    say("protected %ld counter %d sum %ld", protected, counter, sum);
}

static int turn;

static void *take_turns(void *argument)
{
    int mine = (int)(long)argument;

    for (int i = 0; i < 200; i++) {
        pthread_mutex_lock(&mutex);
        while (turn % 3 != mine)
            pthread_cond_wait(&condition, &mutex);
        turn++;
        pthread_cond_broadcast(&condition);
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

CASE(thread_condition)
{
    pthread_t t[3];

    for (long i = 0; i < 3; i++)
        pthread_create(&t[i], NULL, take_turns, (void *)i);
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    say("turn %d", turn);
}

CASE(thread_condition_times_out)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    ts.tv_nsec += 20000000;
    if (ts.tv_nsec >= 1000000000)
        ts.tv_sec++, ts.tv_nsec -= 1000000000;
    pthread_mutex_lock(&mutex);
    say("timed wait: %s", error_name(pthread_cond_timedwait(&condition, &mutex, &ts)));
}

static __thread int own = 5;

static void *change_own(void *argument)
{
    own += (int)(long)argument;
    return (void *)(long)own;
}

CASE(thread_local)
{
    pthread_t a, b;
    void *x, *y;

    pthread_create(&a, NULL, change_own, (void *)1);
    pthread_create(&b, NULL, change_own, (void *)2);
    pthread_join(a, &x);
    pthread_join(b, &y);
    say("%ld %ld %d", (long)x, (long)y, own);
}

static void *exit_all(void *argument)
{
    (void)argument;
    exit(8);
}

static void exit_group_child(void)
{
    pthread_t t;

    pthread_create(&t, NULL, exit_all, NULL);
    for (;;)
        pause();
}

static void *fault(void *argument)
{
    *(volatile int *)argument = 1;
    return NULL;
}

static void fault_child(void)
{
    pthread_t t;

    pthread_create(&t, NULL, fault, NULL);
    pthread_join(t, NULL);
}

static void *last_word(void *argument)
{
    (void)argument;
    usleep(20000);
    say("the other thread goes on");
    return NULL;
}

static void main_exits_child(void)
{
    pthread_t t;

    pthread_create(&t, NULL, last_word, NULL);
    pthread_exit(NULL);
}

static void *run_shell(void *argument)
{
    (void)argument;
    execl("/bin/sh", "sh", "-c", "exit 12", NULL);
    return NULL;
}

static void exec_child(void)
{
    pthread_t t;

    pthread_create(&t, NULL, run_shell, NULL);
    for (;;)
        pause();
}

CASE(thread_ends)
{
    in_child("exit in a thread", exit_group_child);
    in_child("fault in a thread", fault_child);
    in_child("main thread ends first", main_exits_child);
    in_child("exec in a thread", exec_child);
}

static void *numbers(void *argument)
{
    say("same pid %d other tid %d", getpid() == *(pid_t *)argument,
        syscall(SYS_gettid) != getpid());
    return NULL;
}

CASE(thread_numbers)
{
    pid_t pid = getpid();
    pthread_t t;

    pthread_create(&t, NULL, numbers, &pid);
    pthread_join(t, NULL);
    say("main tid %d", syscall(SYS_gettid) == pid);
}

static atomic_int got;

static void note(int n)
{
    (void)n;
    got = (int)syscall(SYS_gettid);
}

static void *wait_for_signal(void *argument)
{
    atomic_int *tid = argument;

    *tid = (int)syscall(SYS_gettid);
    while (!got)
        usleep(1000);
    return NULL;
}

CASE(thread_signals)
{
    atomic_int tid = 0;
    pthread_t t;

    signal(SIGUSR1, note);
    pthread_create(&t, NULL, wait_for_signal, &tid);
    while (!tid)
        usleep(1000);
    syscall(SYS_tgkill, getpid(), tid, SIGUSR1);
    pthread_join(t, NULL);
    say("to the thread %d", got == tid);
}

CASE(thread_signal_to_who_takes_it)
{
    atomic_int tid = 0;
    sigset_t set;
    pthread_t t;

    signal(SIGUSR1, note);
    pthread_create(&t, NULL, wait_for_signal, &tid);
    while (!tid)
        usleep(1000);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    kill(getpid(), SIGUSR1);
    pthread_join(t, NULL);
    say("to the other thread %d", got == tid);
}

static void *sleep_long(void *argument)
{
    (void)argument;
    sleep(30);
    return NULL;
}

CASE(thread_cancel)
{
    pthread_t t;
    void *value;

    pthread_create(&t, NULL, sleep_long, NULL);
    usleep(10000);
    say("cancel: %s", error_name(pthread_cancel(t)));
    pthread_join(t, &value);
    say("cancelled %d", value == PTHREAD_CANCELED);
}

CASE(futex_errors)
{
    uint32_t word = 5;
    struct timespec bad = {0, 2000000000}, none = {0, 0};

    result("wait for another value", futex(&word, FUTEX_WAIT, 6, NULL, NULL, 0));
    result("wait a moment", futex(&word, FUTEX_WAIT, 5, &none, NULL, 0));
    result("bad time", futex(&word, FUTEX_WAIT, 5, &bad, NULL, 0));
    result("bad address", futex((uint32_t *)8, FUTEX_WAIT, 5, NULL, NULL, 0));
    result("crooked address", futex((uint32_t *)((char *)&word + 1), FUTEX_WAIT, 5, NULL, NULL, 0));
    result("wake nobody", futex(&word, FUTEX_WAKE, 1, NULL, NULL, 0));
    result("wake at a crooked address",
           futex((uint32_t *)((char *)&word + 2), FUTEX_WAKE, 1, NULL, NULL, 0));
    result("no bits", futex(&word, FUTEX_WAIT_BITSET, 5, NULL, NULL, 0));
    result("wake no bits", futex(&word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0));
    result("unknown", futex(&word, 99, 1, NULL, NULL, 0));
    result("requeue with another value", futex(&word, FUTEX_CMP_REQUEUE, 1, (void *)1, &word, 6));
    result("robust list size", syscall(SYS_set_robust_list, NULL, 8));
}

static uint32_t words[2];
static atomic_int waiting;

static void *wait_word(void *argument)
{
    waiting++;
    return (void *)futex(&words[0], FUTEX_WAIT_PRIVATE, 0, argument, NULL, 0);
}

static void all_wait(pthread_t *t, int count)
{
    for (int i = 0; i < count; i++)
        pthread_create(&t[i], NULL, wait_word, NULL);
    while (waiting < count)
        usleep(1000);
    usleep(30000);
}

CASE(futex_wake_counts)
{
    pthread_t t[5];

    all_wait(t, 5);
    result("two", futex(words, FUTEX_WAKE_PRIVATE, 2, NULL, NULL, 0));
    result("the others", futex(words, FUTEX_WAKE_PRIVATE, 100, NULL, NULL, 0));
    for (int i = 0; i < 5; i++)
        pthread_join(t[i], NULL);
}

CASE(futex_requeue)
{
    pthread_t t[5];

    all_wait(t, 5);
    result("one woken, two moved",
           futex(words, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)2, &words[1], 0));
    result("at the other", futex(&words[1], FUTEX_WAKE_PRIVATE, 100, NULL, NULL, 0));
    result("left", futex(&words[0], FUTEX_WAKE_PRIVATE, 100, NULL, NULL, 0));
    for (int i = 0; i < 5; i++)
        pthread_join(t[i], NULL);
}

CASE(futex_wake_op)
{
    pthread_t t[2];

    all_wait(t, 2);
    words[1] = 7;
    result("add 3, compare with 7",
           futex(&words[0], FUTEX_WAKE_OP_PRIVATE, 1, (void *)5, &words[1],
                 FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 7)));
    say("word %u", words[1]);
    result("left", futex(&words[0], FUTEX_WAKE_PRIVATE, 100, NULL, NULL, 0));
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
}

CASE(futex_between_processes)
{
    uint32_t *shared =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t pid = fork();

    if (pid == 0) {
        while (__atomic_load_n(shared, __ATOMIC_SEQ_CST) == 0)
            futex(shared, FUTEX_WAIT, 0, NULL, NULL, 0);
        _exit((int)*shared);
    }
    usleep(20000);
    __atomic_store_n(shared, 6, __ATOMIC_SEQ_CST);
    result("woken", futex(shared, FUTEX_WAKE, 1, NULL, NULL, 0));
    say_status("child", wait_status(pid));
}

CASE(futex_semaphore)
{
    sem_t *s = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t pid;

    sem_init(s, 1, 0);
    pid = fork();
    if (pid == 0) {
        for (int i = 0; i < 50; i++)
            sem_post(s);
        _exit(0);
    }
    for (int i = 0; i < 50; i++)
        sem_wait(s);
    result("empty", sem_trywait(s));
    wait_status(pid);
}

static pthread_mutex_t robust;

static void *die_with_lock(void *argument)
{
    pthread_mutex_lock(&robust);
    return argument;
}

CASE(futex_robust)
{
    pthread_mutexattr_t a;
    pthread_t t;

    pthread_mutexattr_init(&a);
    pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&robust, &a);
    pthread_create(&t, NULL, die_with_lock, NULL);
    pthread_join(t, NULL);
    say("lock: %s", error_name(pthread_mutex_lock(&robust)));
    say("consistent: %s", error_name(pthread_mutex_consistent(&robust)));
    say("unlock: %s", error_name(pthread_mutex_unlock(&robust)));
    say("lock: %s", error_name(pthread_mutex_lock(&robust)));
}

CASE(futex_interrupted)
{
    uint32_t word = 0;
    struct sigaction a = {.sa_handler = note};

    sigaction(SIGALRM, &a, NULL);
    ualarm(20000, 0);
    result("wait", futex(&word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0));
}
