/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads. The manifest gives three besides the main one. */
#include "native.h"

#include <errno.h>
#include <pthread.h>
#include <rt/clock.h>
#include <rt/memory.h>
#include <rt/program.h>
#include <rt/thread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

#define THREADS 3
#define ROUNDS  2000
#define TIMES   100

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int counter, turn;
static _Atomic int done;
static _Thread_local int own = 7;

static void *count(void *argument)
{
    for (int i = 0; i < ROUNDS; i++) {
        int seen;

        pthread_mutex_lock(&mutex);
        seen = counter;
        if (i % 64 == 0)
            rt_yield(); /* let the others find it locked */
        counter = seen + 1;
        pthread_mutex_unlock(&mutex);
    }
    return argument;
}

static bool mutex_excludes(void)
{
    pthread_t threads[THREADS];
    bool good = true;

    for (long i = 0; i < THREADS; i++)
        good &= pthread_create(&threads[i], NULL, count, (void *)i) == 0;
    for (long i = 0; good && i < THREADS; i++) {
        void *result = NULL;

        good &= pthread_join(threads[i], &result) == 0 && result == (void *)i;
    }
    return good && counter == THREADS * ROUNDS;
}

/* Threads pass a turn round in a fixed order. */
static void *take_turns(void *argument)
{
    for (int i = 0; i < TIMES; i++) {
        pthread_mutex_lock(&mutex);
        while (turn % THREADS != (int)(long)argument)
            pthread_cond_wait(&changed, &mutex);
        turn++;
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

static bool condition_wakes(void)
{
    pthread_t threads[THREADS];
    bool good = true;

    for (long i = 0; i < THREADS; i++)
        good &= pthread_create(&threads[i], NULL, take_turns, (void *)i) == 0;
    for (int i = 0; good && i < THREADS; i++)
        good &= pthread_join(threads[i], NULL) == 0;
    return good && turn == THREADS * TIMES;
}

static void *change_own(void *argument)
{
    bool good = own == 7 && errno == 0;

    own = (int)(long)argument;
    errno = own;
    sched_yield();
    return good && own == (int)(long)argument && errno == own ? argument : NULL;
}

static bool storage_is_own(void)
{
    pthread_t first, second;
    void *a = NULL, *b = NULL;

    pthread_create(&first, NULL, change_own, (void *)1);
    pthread_create(&second, NULL, change_own, (void *)2);
    pthread_join(first, &a);
    pthread_join(second, &b);
    return own == 7 && a == (void *)1 && b == (void *)2;
}

static void *hold(void *argument)
{
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
    return argument;
}

static bool one_too_many(void)
{
    pthread_t threads[THREADS], more;
    bool refused;

    pthread_mutex_lock(&mutex);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, hold, NULL);
    refused = pthread_create(&more, NULL, hold, NULL) == EAGAIN;
    pthread_mutex_unlock(&mutex);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    return refused;
}

static void *finish(void *argument)
{
    atomic_fetch_add(&done, 1);
    return argument;
}

/* One after the other, each on what the one before has left; their stacks must come back. */
static bool threads_go_round(bool detached)
{
    pthread_attr_t attributes;

    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes,
                                detached ? PTHREAD_CREATE_DETACHED : PTHREAD_CREATE_JOINABLE);
    atomic_store(&done, 0);
    for (int i = 1; i <= 300; i++) {
        pthread_t thread;

        while (pthread_create(&thread, &attributes, finish, NULL) != 0)
            sched_yield(); /* detached ones may still be on their way out */
        if (!detached && pthread_join(thread, NULL) != 0)
            return false;
        while (atomic_load(&done) != i)
            sched_yield();
    }
    return true;
}

static bool times_out(void)
{
    struct timespec until;
    word_t start = rt_now();
    int result;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 20000000;
    if (until.tv_nsec >= 1000000000)
        until.tv_sec++, until.tv_nsec -= 1000000000;
    pthread_mutex_lock(&mutex);
    do
        result = pthread_cond_timedwait(&changed, &mutex, &until);
    while (result == 0);
    pthread_mutex_unlock(&mutex);
    return result == ETIMEDOUT && rt_ticks_to_ns(rt_now() - start) >= 20000000;
}

static void unpark(void *thread)
{
    rt_unpark(thread);
}

static bool parks(void)
{
    struct rt_thread *thread;

    if (!rt_park_prepare() || rt_park(rt_now() + rt_ns_to_ticks(1000000)))
        return false;
    thread = rt_thread_start(unpark, rt_self(), 8192);
    if (thread == NULL || !rt_park(RT_FOREVER))
        return false;
    rt_thread_join(thread);
    return true;
}

void test_threads(void)
{
    struct rt_memory before;

    CASE("threads of lib/rt park and wake", parks());
    CASE("a mutex excludes", mutex_excludes());
    CASE("a condition wakes", condition_wakes());
    CASE("thread-local storage is a thread's own", storage_is_own());
    CASE("one thread too many is refused", one_too_many());
    CASE("300 threads in a row, joined", threads_go_round(false));
    before = rt_memory_use();
    CASE("300 threads in a row, detached", threads_go_round(true));
    while (rt_memory_use().used > before.used)
        sched_yield(); /* the last one gives its stack back after it has said that it is done */
    CASE("their stacks came back", rt_memory_use().used <= before.used);
    CASE("a wait times out", times_out());
}
