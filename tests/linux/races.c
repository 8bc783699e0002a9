/* SPDX-License-Identifier: BSD-2-Clause */
/* More of processes, signals and threads, mostly when several things happen at once. */
#include "case.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

static volatile sig_atomic_t count, last;

static void note(int n)
{
    count++;
    last = n;
}

static void handle(int n, int flags)
{
    struct sigaction a = {.sa_handler = note, .sa_flags = flags};

    sigaction(n, &a, NULL);
}

CASE(race_children_exit)
{
    int sum = 0;

    for (int i = 0; i < 30; i++) {
        if (fork() == 0)
            _exit(i);
    }
    for (int i = 0; i < 30; i++) {
        int status;

        if (wait(&status) > 0)
            sum += WEXITSTATUS(status);
    }
    say("sum %d", sum);
    result("no more", wait(NULL));
}

CASE(race_wait_in_threads)
{
    pid_t pids[8];
    int sum = 0;

    for (int i = 0; i < 8; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            _exit(i + 1);
    }
    for (int i = 7; i >= 0; i--)
        sum = sum * 2 + (wait_status(pids[i]) >> 8);
    say("sum %d", sum);
}

CASE(race_kill_and_exit)
{
    int killed = 0, ended = 0;

    for (int i = 0; i < 50; i++) {
        pid_t pid = fork();

        if (pid == 0)
            _exit(0);
        if (kill(pid, SIGKILL) != 0)
            say("kill: %s", error_name(errno));
        if (WIFSIGNALED(wait_status(pid)))
            killed++;
        else
            ended++;
    }
    say("all %d", killed + ended);
}

CASE(race_stop_and_continue)
{
    pid_t pid = fork();
    int status, stops = 0, continues = 0;

    if (pid == 0) {
        for (;;)
            pause();
    }
    for (int i = 0; i < 20; i++) {
        kill(pid, SIGSTOP);
        waitpid(pid, &status, WUNTRACED);
        stops += WIFSTOPPED(status) != 0;
        kill(pid, SIGCONT);
        waitpid(pid, &status, WCONTINUED);
        continues += WIFCONTINUED(status) != 0;
    }
    kill(pid, SIGKILL);
    say_status("child", wait_status(pid));
    say("%d %d", stops, continues);
}

CASE(race_signals_between_processes)
{
    sigset_t set, old;
    pid_t parent = getpid(), pid;
    int got = 0;

    handle(SIGUSR1, 0);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, &old);
    pid = fork();
    if (pid == 0) {
        for (int i = 0; i < 50; i++) {
            sigsuspend(&old);
            kill(parent, SIGUSR1);
        }
        _exit(count == 50 ? 0 : 1);
    }
    for (int i = 0; i < 50; i++) {
        kill(pid, SIGUSR1);
        sigsuspend(&old);
        got++;
    }
    say_status("child", wait_status(pid));
    say("%d %d", got, count);
}

CASE(race_handlers_nest)
{
    handle(SIGUSR1, 0);
    handle(SIGUSR2, 0);
    pid_t pid = fork(), parent = getppid();

    (void)parent;
    if (pid == 0) {
        for (int i = 0; i < 100; i++)
            kill(getppid(), i % 2 ? SIGUSR1 : SIGUSR2);
        _exit(0);
    }
    int status = wait_status(pid);

    say_status("child", status);
    say("some came %d", count > 0 && count <= 100);
}

CASE(race_queue_from_many)
{
    sigset_t set;
    siginfo_t info;
    int sum = 0;

    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    for (int i = 0; i < 4; i++) {
        if (fork() == 0) {
            for (int n = 1; n <= 10; n++)
                sigqueue(getppid(), SIGRTMIN, (union sigval){.sival_int = n});
            _exit(0);
        }
    }
    for (int i = 0; i < 40; i++) {
        if (sigwaitinfo(&set, &info) == SIGRTMIN)
            sum += info.si_value.sival_int;
    }
    say("sum %d", sum);
    while (wait(NULL) > 0)
        ;
}

static atomic_int started;
static void *spin_thread(void *argument)
{
    started++;
    for (;;)
        sched_yield();
    return argument;
}

static void exit_with_threads(void)
{
    pthread_t t[4];

    for (int i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, spin_thread, NULL);
    while (started < 4)
        sched_yield();
    _exit(6);
}

static void exec_with_threads(void)
{
    pthread_t t[4];

    for (int i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, spin_thread, NULL);
    while (started < 4)
        sched_yield();
    execl("/bin/sh", "sh", "-c", "exit 9", NULL);
}

static void fork_with_threads(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, spin_thread, NULL);
    while (started < 2)
        sched_yield();
    pid_t pid = fork();

    if (pid == 0)
        _exit(syscall(SYS_gettid) == getpid() ? 4 : 5);
    say_status("child of threads", wait_status(pid));
    _exit(0);
}

CASE(race_threads_and_ends)
{
    in_child("exit", exit_with_threads);
    in_child("exec", exec_with_threads);
    in_child("fork", fork_with_threads);
}

static sem_t ping, pong;
static void *answer_pings(void *argument)
{
    for (int i = 0; i < 200; i++) {
        sem_wait(&ping);
        sem_post(&pong);
    }
    return argument;
}

CASE(race_semaphores)
{
    pthread_t t;

    sem_init(&ping, 0, 0);
    sem_init(&pong, 0, 0);
    pthread_create(&t, NULL, answer_pings, NULL);
    for (int i = 0; i < 200; i++) {
        sem_post(&ping);
        sem_wait(&pong);
    }
    pthread_join(t, NULL);
    int value;

    sem_getvalue(&ping, &value);
    say("left %d", value);
}

static pthread_barrier_t barrier;
static atomic_int rounds[10];
static void *meet(void *argument)
{
    long serial = 0;

    (void)argument;
    for (int i = 0; i < 10; i++) {
        rounds[i]++;
        serial += pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD;
        if (rounds[i] != 4)
            return (void *)-100L;
    }
    return (void *)serial;
}

CASE(race_barrier)
{
    pthread_t t[4];
    long sum = 0;
    void *one;

    pthread_barrier_init(&barrier, NULL, 4);
    for (int i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, meet, NULL);
    for (int i = 0; i < 4; i++) {
        pthread_join(t[i], &one);
        sum += (long)one;
    }
    say("serial %ld", sum);
}

static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static long shared_a, shared_b;
static void *read_both(void *argument)
{
    long wrong = 0;

    for (int i = 0; i < 200; i++) {
        pthread_rwlock_rdlock(&rwlock);
        wrong += shared_a != shared_b;
        if (i % 20 == 0)
            sched_yield();
        pthread_rwlock_unlock(&rwlock);
    }
    (void)argument;
    return (void *)wrong;
}

CASE(race_reader_writer)
{
    pthread_t t[3];
    long wrong = 0;
    void *one;

    for (int i = 0; i < 3; i++)
        pthread_create(&t[i], NULL, read_both, NULL);
    for (int i = 0; i < 200; i++) {
        pthread_rwlock_wrlock(&rwlock);
        shared_a++;
        sched_yield();
        shared_b++;
        pthread_rwlock_unlock(&rwlock);
    }
    for (int i = 0; i < 3; i++) {
        pthread_join(t[i], &one);
        wrong += (long)one;
    }
    say("wrong %ld, both %ld %ld", wrong, shared_a, shared_b);
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static atomic_int initialised;
static void initialise(void) { initialised++; }
static void *call_once(void *argument)
{
    pthread_once(&once, initialise);
    return argument;
}

CASE(race_once)
{
    pthread_t t[6];

    for (int i = 0; i < 6; i++)
        pthread_create(&t[i], NULL, call_once, NULL);
    for (int i = 0; i < 6; i++)
        pthread_join(t[i], NULL);
    say("%d", initialised);
}

CASE(thread_attributes)
{
    pthread_mutexattr_t a;
    pthread_mutex_t m;

    pthread_mutexattr_init(&a);
    pthread_mutexattr_settype(&a, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&m, &a);
    say("lock: %s", error_name(pthread_mutex_lock(&m)));
    say("again: %s", error_name(pthread_mutex_lock(&m)));
    say("try: %s", error_name(pthread_mutex_trylock(&m)));
    say("unlock: %s", error_name(pthread_mutex_unlock(&m)));
    say("not locked: %s", error_name(pthread_mutex_unlock(&m)));
    pthread_mutexattr_settype(&a, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&m, &a);
    pthread_mutex_lock(&m);
    say("recursive: %s", error_name(pthread_mutex_lock(&m)));
}

static void *create_more(void *argument)
{
    pthread_t t;
    long depth = (long)argument;
    void *below = NULL;

    if (depth == 0)
        return (void *)1;
    if (pthread_create(&t, NULL, create_more, (void *)(depth - 1)) != 0)
        return NULL;
    pthread_join(t, &below);
    return (void *)((long)below + 1);
}

CASE(thread_creates_threads)
{
    say("%ld", (long)create_more((void *)10));
}

CASE(thread_many)
{
    pthread_t t[100];
    long made = 0;

    for (int i = 0; i < 100; i++)
        made += pthread_create(&t[i], NULL, call_once, NULL) == 0;
    for (int i = 0; i < 100; i++)
        pthread_join(t[i], NULL);
    say("made %ld", made);
}

static void *detached(void *argument)
{
    atomic_fetch_add((atomic_int *)argument, 1);
    return NULL;
}

CASE(thread_detached)
{
    static atomic_int done;
    pthread_attr_t a;
    pthread_t t;

    pthread_attr_init(&a);
    pthread_attr_setdetachstate(&a, PTHREAD_CREATE_DETACHED);
    for (int i = 0; i < 20; i++)
        pthread_create(&t, &a, detached, &done);
    while (done < 20)
        usleep(1000);
    say("done %d", done);
}

CASE(thread_keys)
{
    pthread_key_t key;

    say("create: %s", error_name(pthread_key_create(&key, NULL)));
    say("nothing %d", pthread_getspecific(key) == NULL);
    pthread_setspecific(key, &key);
    say("set %d", pthread_getspecific(key) == &key);
    say("delete: %s", error_name(pthread_key_delete(key)));
    say("again: %s", error_name(pthread_key_delete(key)));
}

CASE(thread_affinity)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    result("get", sched_getaffinity(0, sizeof set, &set));
    say("first %d", CPU_ISSET(0, &set) != 0);
    result("set", sched_setaffinity(0, sizeof set, &set));
    CPU_ZERO(&set);
    result("none", sched_setaffinity(0, sizeof set, &set));
    result("nobody", sched_getaffinity(30000, sizeof set, &set));
    result("too small", syscall(SYS_sched_getaffinity, 0, 1, &set));
    result("yield", sched_yield());
}

static long futex(uint32_t *at, int op, uint32_t value, const struct timespec *ts, uint32_t bits)
{
    return syscall(SYS_futex, at, op, value, ts, NULL, bits);
}

static uint32_t word;
static atomic_int waiting;
static void *wait_bits(void *argument)
{
    waiting++;
    return (void *)futex(&word, FUTEX_WAIT_BITSET, 0, NULL, (uint32_t)(long)argument);
}

CASE(futex_bits)
{
    pthread_t t[2];

    pthread_create(&t[0], NULL, wait_bits, (void *)1);
    pthread_create(&t[1], NULL, wait_bits, (void *)6);
    while (waiting < 2)
        usleep(1000);
    usleep(10000);
    result("no such bits", futex(&word, FUTEX_WAKE_BITSET, 10, NULL, 8));
    result("one", futex(&word, FUTEX_WAKE_BITSET, 10, NULL, 2));
    result("the other", futex(&word, FUTEX_WAKE_BITSET, 10, NULL, ~0u));
    pthread_join(t[0], NULL);
    pthread_join(t[1], NULL);
}

CASE(futex_times)
{
    struct timespec now, t = {0, 5000000};
    uint32_t w = 0;

    result("relative", futex(&w, FUTEX_WAIT, 0, &t, 0));
    now = (struct timespec){0, 1};
    result("past", futex(&w, FUTEX_WAIT_BITSET, 0, &now, ~0u));
    clock_gettime(CLOCK_REALTIME, &now);
    result("real time", futex(&w, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &now, ~0u));
    t = (struct timespec){-1, 0};
    result("negative", futex(&w, FUTEX_WAIT, 0, &t, 0));
    result("clock on wake", futex(&w, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 1, NULL, 0));
}

CASE(futex_in_files)
{
    int fd = put("f", "");
    uint32_t *a, *b;

    ftruncate(fd, 4096);
    a = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    b = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    pid_t pid = fork();

    if (pid == 0)
        _exit(futex(a, FUTEX_WAIT, 0, &(struct timespec){5, 0}, 0) == 0 ? 3 : 4);
    usleep(20000);
    result("wake by another view", futex(b, FUTEX_WAKE, 1, NULL, 0));
    say_status("child", wait_status(pid));
    result("private is not the same", futex(a, FUTEX_WAKE_PRIVATE, 1, NULL, 0));
}

CASE(signal_info_of_faults)
{
    static const char *const what[] = {"write", "divide"};

    for (int i = 0; i < 2; i++) {
        pid_t pid = fork();

        if (pid == 0) {
            volatile int zero = 0;

            if (i == 0)
                *(volatile int *)16 = 1;
            else
                zero = 1 / zero;
            _exit(zero);
        }
        siginfo_t info = {0};

        waitid(P_PID, (id_t)pid, &info, WEXITED);
        say("%s: code %d status %d", what[i], info.si_code, info.si_status);
    }
}

CASE(signal_mask_is_inherited)
{
    sigset_t set;
    pid_t pid;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGUSR1);
    pid = fork();
    if (pid == 0) {
        sigset_t now;

        sigpending(&now);
        say("pending in the child %d", sigismember(&now, SIGUSR1));
        sigprocmask(SIG_BLOCK, NULL, &now);
        say("blocked in the child %d", sigismember(&now, SIGUSR1));
        _exit(0);
    }
    wait_status(pid);
    sigpending(&set);
    say("pending here %d", sigismember(&set, SIGUSR1));
}

CASE(signal_restart_of_wait)
{
    pid_t pid;
    int status;

    handle(SIGALRM, SA_RESTART);
    pid = fork();
    if (pid == 0) {
        usleep(50000);
        _exit(2);
    }
    ualarm(10000, 0);
    result("waited on", waitpid(pid, &status, 0) == pid);
    say("signals %d status %d", count, WEXITSTATUS(status));
    handle(SIGALRM, 0);
    pid = fork();
    if (pid == 0) {
        usleep(50000);
        _exit(2);
    }
    ualarm(10000, 0);
    result("interrupted", waitpid(pid, &status, 0));
    waitpid(pid, &status, 0);
}

CASE(signal_sleep_left)
{
    struct timespec t = {5, 0}, left = {0, 0};

    handle(SIGALRM, SA_RESTART);
    ualarm(10000, 0);
    result("nanosleep", nanosleep(&t, &left));
    say("left %ld", (long)left.tv_sec);
    ualarm(10000, 0);
    say("clock_nanosleep: %s", error_name(clock_nanosleep(CLOCK_MONOTONIC, 0, &t, &left)));
    say("left %ld", (long)left.tv_sec);
}

CASE(signal_timedwait)
{
    sigset_t set;
    siginfo_t info;
    struct timespec t = {0, 10000000}, bad = {0, -1};

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    result("nothing", sigtimedwait(&set, &info, &t));
    result("bad time", sigtimedwait(&set, &info, &bad));
    kill(getpid(), SIGUSR1);
    result("pending", sigtimedwait(&set, &info, &t));
    result("no info", (kill(getpid(), SIGUSR1), sigtimedwait(&set, NULL, &t)));
    handle(SIGALRM, 0);
    t.tv_sec = 5;
    ualarm(10000, 0);
    result("another signal", sigtimedwait(&set, &info, &t));
    result("bad size", syscall(SYS_rt_sigtimedwait, &set, &info, &t, 4));
    result("bad pointer", syscall(SYS_rt_sigtimedwait, 8, &info, &t, 8));
}

CASE(signal_stack_rules)
{
    stack_t s = {.ss_sp = malloc(65536), .ss_size = 65536}, old;

    result("set", sigaltstack(&s, NULL));
    result("get", sigaltstack(NULL, &old));
    say("size %zu flags %d", old.ss_size, old.ss_flags);
    s.ss_size = 100;
    result("too small", sigaltstack(&s, NULL));
    s.ss_flags = 77;
    result("bad flags", sigaltstack(&s, NULL));
    s = (stack_t){.ss_flags = SS_DISABLE};
    result("off", sigaltstack(&s, &old));
    sigaltstack(NULL, &old);
    say("flags %d", old.ss_flags);
    result("bad pointer", syscall(SYS_sigaltstack, 8, NULL));
}
