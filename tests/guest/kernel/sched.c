/* SPDX-License-Identifier: BSD-2-Clause */
/* Priorities, turns and budgets, measured with the time stamp counter. */
#include "test.h"

#define MS (first_info()->ticks_per_second / 1000)

/* Workers that do nothing but count, and notice when they were away. */
struct runner {
    volatile word_t count;   /* rounds of the loop */
    volatile word_t stretches; /* times that it ran without a pause */
    volatile word_t ran;     /* ticks that it ran, pauses not counted */
    word_t log_from[128], log_to[128]; /* the first stretches */
};
/* Ticks between two looks at the clock that mean that somebody else ran, not just an interrupt. */
#define PAUSE 4000u

static void run_and_look(word_t runner)
{
    struct runner *r = (struct runner *)runner;
    word_t from = first_now();
    word_t last = from;

    for (;;) {
        word_t now = first_now();

        r->count++;
        if (now - last > PAUSE) {
            if (r->stretches < 128) {
                r->log_from[r->stretches] = from;
                r->log_to[r->stretches] = last;
            }
            r->stretches++;
            r->ran += last - from;
            from = now;
        }
        last = now;
    }
}

/* Let others run until a time: the main thread waits for a timer. */
static void sleep_until(word_t when)
{
    cap_t timer = test_make(TYPE_TIMER, 0);
    cap_t notification = test_make(TYPE_NOTIFICATION, 0);
    struct message m = {.tag = 0};

    DONE(timer_bind(timer, test_badge(notification, 1)));
    DONE(timer_set(timer, when));
    DONE(sys_recv(notification, 0, &m, 0));
}

static word_t consumed(cap_t sc)
{
    word_t ticks, budget, period, priority, is_bound;

    FIRST_CHECK(sched_context_consumed(sc, &ticks, &budget, &period, &priority, &is_bound) == E_OK);
    return ticks;
}

static struct runner runners[5];

static struct worker start_runner(struct runner *r, word_t budget, word_t period, word_t priority)
{
    struct worker w = test_worker((int)priority);

    *r = (struct runner){0};
    DONE(cpu_configure(ROOT_CPU, w.sc, budget, period, priority));
    test_start(&w, run_and_look, (word_t)r);
    return w;
}

TEST(sched_priority, "of two that can run the one of higher priority does, until it waits")
{
    (void)start_runner(&runners[0], 10 * MS, 10 * MS, TEST_BELOW);
    (void)start_runner(&runners[1], 10 * MS, 10 * MS, TEST_BELOW - 1);
    sleep_until(first_now() + 50 * MS);
    CHECK(runners[0].count > 1000);
    EQUAL(runners[1].count, 0);
}

TEST(sched_all_priorities, "all 256 priorities are different")
{
    cap_t sc[2];
    struct worker w[2];

    for (word_t i = 0; i < 2; i++)
        w[i] = start_runner(&runners[i], MS, MS, 1);
    sc[0] = w[0].sc;
    sc[1] = w[1].sc;
    for (word_t p = 0; p + 1 < TEST_PRIORITY; p++) {
        word_t before[2] = {runners[0].count, runners[1].count};
        word_t high = p % 2;

        DONE(cpu_configure(ROOT_CPU, sc[high], MS, MS, p + 1));
        DONE(cpu_configure(ROOT_CPU, sc[1 - high], MS, MS, p));
        sleep_until(first_now() + MS / 10);
        CHECK(runners[high].count > before[high]);
        EQUAL(runners[1 - high].count, before[1 - high]);
        if (p % 32 == 0)
            test_allow(TEST_TICKS);
        DONE(cnode_delete(ROOT_CNODE, test_slot() - 3, 3)); /* the timer and its notification */
    }
}

TEST(sched_turns,
     "threads of one priority take turns of the length of their budget, and share fairly")
{
    word_t start = first_now();

    for (word_t i = 0; i < 4; i++)
        (void)start_runner(&runners[i], MS, MS, TEST_BELOW);
    sleep_until(start + 200 * MS);
    for (word_t i = 0; i < 4; i++) {
        /* Four of them: 50 turns each, one more or less. */
        BETWEEN(48, runners[i].stretches, 51);
        for (word_t k = 1; k < 40; k++) {
            word_t turn = runners[i].log_to[k] - runners[i].log_from[k];

            BETWEEN(MS - MS / 50, turn, MS + MS / 50);
        }
    }
}

TEST(sched_weights, "turns of different length share in proportion")
{
    struct worker w[3];

    for (word_t i = 0; i < 3; i++)
        w[i] = start_runner(&runners[i], (i + 1) * MS, (i + 1) * MS, TEST_BELOW);
    sleep_until(first_now() + 240 * MS);
    for (word_t i = 0; i < 3; i++) {
        word_t expected = 40 * MS * (i + 1);

        BETWEEN(expected - 6 * MS, consumed(w[i].sc), expected + 6 * MS);
    }
}

/* The most that a runner ran in any window of `period` ticks: windows that begin where a stretch
 * begins are enough, for those have the most. Ends inside a stretch are counted in part. */
static word_t most_in_window(const struct runner *r, word_t period)
{
    word_t n = r->stretches < 128 ? r->stretches : 128;
    word_t most = 0;

    for (word_t i = 0; i < n; i++) {
        word_t end = r->log_from[i] + period;
        word_t ran = 0;

        for (word_t k = i; k < n && r->log_from[k] < end; k++)
            ran += (r->log_to[k] < end ? r->log_to[k] : end) - r->log_from[k];
        most = ran > most ? ran : most;
    }
    return most;
}

/* How much more than its budget a thread may seem to have had: the way into the kernel when it
 * ends, and a pause too short to be told from an interrupt, which counts as if it had run. */
#define LATE (1000u + PAUSE)

TEST(sched_budget,
     "a thread alone on the processor runs for its budget in each period, and not longer in any")
{
    (void)start_runner(&runners[0], 2 * MS, 10 * MS, TEST_BELOW);
    sleep_until(first_now() + 500 * MS);
    BETWEEN(48, runners[0].stretches, 51);
    BETWEEN(MS, most_in_window(&runners[0], 10 * MS), 2 * MS + LATE);
    BETWEEN(48 * (2 * MS - LATE), runners[0].ran, 51 * 2 * MS);
}

/* Works for a while, waits for a while, of changing length, to cut its budget into pieces. */
static struct {
    cap_t timer, notification;
} pieces;

static void run_in_pieces(word_t runner)
{
    struct runner *r = (struct runner *)runner;
    word_t seed = 12345;

    for (;;) {
        word_t from = first_now();
        word_t last = from;
        word_t end, now;
        struct message m = {.tag = 0};

        seed = seed * 6364136223846793005ul + 1442695040888963407ul;
        end = from + (seed >> 33) % (MS / 2);
        while ((now = first_now()) < end && now - last <= PAUSE)
            last = now;
        if (r->stretches < 128) {
            r->log_from[r->stretches] = from;
            r->log_to[r->stretches] = last;
        }
        r->stretches++;
        if (now - last > PAUSE)
            continue; /* it was thrown out: that ended the stretch */
        (void)timer_set(pieces.timer, first_now() + (seed >> 40) % MS);
        (void)sys_recv(pieces.notification, 0, &m, 0);
    }
}

TEST(sched_budget_pieces, "nor does one that takes its budget in many pieces")
{
    struct worker w = test_worker(TEST_ABOVE);

    pieces.timer = test_make(TYPE_TIMER, 0);
    pieces.notification = test_make(TYPE_NOTIFICATION, 0);
    DONE(timer_bind(pieces.timer, test_badge(pieces.notification, 1)));
    runners[0] = (struct runner){0};
    DONE(cpu_configure(ROOT_CPU, w.sc, MS, 10 * MS, TEST_ABOVE));
    test_start(&w, run_in_pieces, (word_t)&runners[0]);
    sleep_until(first_now() + 150 * MS);
    CHECK(runners[0].stretches > 50);
    BETWEEN(MS / 2, most_in_window(&runners[0], 10 * MS), MS + LATE);
}

TEST(sched_budget_configure, "a budget of 0 stops a thread, and more lets it go on")
{
    struct worker w = start_runner(&runners[0], 0, MS, TEST_BELOW);

    sleep_until(first_now() + 10 * MS);
    EQUAL(runners[0].count, 0);
    DONE(cpu_configure(ROOT_CPU, w.sc, MS, MS, TEST_BELOW));
    sleep_until(first_now() + 10 * MS);
    CHECK(runners[0].count > 0);
}

TEST(sched_above_throttled,
     "a thread of high priority without budget leaves the processor to others")
{
    (void)start_runner(&runners[0], MS, 100 * MS, TEST_ABOVE);
    word_t start = first_now();

    while (first_now() < start + 90 * MS)
        ;
    CHECK(runners[0].stretches == 0); /* it has had its budget, and is not back */
    CHECK(runners[0].count > 100);
    start = runners[0].count;
    word_t again = first_now();

    while (runners[0].count == start)
        CHECK(first_now() < again + 20 * MS);
}

TEST(sched_timeout,
     "a timeout endpoint is told when the budget has run out; its reply lets the thread go on")
{
    cap_t endpoint = test_make(TYPE_ENDPOINT, 0);
    cap_t reply = test_make(TYPE_REPLY, 0);
    struct worker w = test_worker(TEST_BELOW);
    struct message m = {.tag = 0};
    word_t count;

    runners[0] = (struct runner){0};
    DONE(thread_configure(w.thread, 0, 0, 0, 0, test_badge(endpoint, 31)));
    DONE(cpu_configure(ROOT_CPU, w.sc, MS, 50 * MS, TEST_BELOW));
    word_t start = first_now();

    test_start(&w, run_and_look, (word_t)&runners[0]);
    DONE(sys_recv(endpoint, reply, &m, 0));
    EQUAL(m.tag, MESSAGE_TAG(FAULT_TIMEOUT, 1, 0));
    EQUAL(m.badge, 31);
    BETWEEN(MS - 10, m.w[0], MS + LATE);
    CHECK(first_now() < start + 2 * MS);
    count = runners[0].count;
    sleep_until(start + 70 * MS);
    EQUAL(runners[0].count, count); /* it waits for the reply, though there is budget again */
    m.tag = 0;
    DONE(sys_send(reply, &m, 0));
    DONE(sys_recv(endpoint, reply, &m, 0));
    CHECK(runners[0].count > count);
}

TEST(sched_timeout_more, "a timeout handler can give more budget")
{
    cap_t endpoint = test_make(TYPE_ENDPOINT, 0);
    cap_t reply = test_make(TYPE_REPLY, 0);
    struct worker w = test_worker(TEST_BELOW);
    struct message m = {.tag = 0};
    word_t start = first_now();

    runners[0] = (struct runner){0};
    DONE(thread_configure(w.thread, 0, 0, 0, 0, endpoint));
    DONE(cpu_configure(ROOT_CPU, w.sc, MS, 1000 * MS, TEST_BELOW));
    test_start(&w, run_and_look, (word_t)&runners[0]);
    for (word_t i = 0; i < 5; i++) {
        DONE(sys_recv(endpoint, reply, &m, 0));
        DONE(cpu_configure(ROOT_CPU, w.sc, MS, 1000 * MS, TEST_BELOW));
        m.tag = 0;
        DONE(sys_send(reply, &m, 0));
    }
    CHECK(first_now() < start + 7 * MS);
    CHECK(consumed(w.sc) > 4 * MS);
}

/* A server that works for `w[0]` ticks, pauses not counted, on each call. */
static struct {
    cap_t endpoint, reply;
} busy;

static void work_for(word_t unused)
{
    struct message m = {.tag = 0};
    enum error e = sys_recv(busy.endpoint, busy.reply, &m, 0);

    (void)unused;
    while (e == E_OK) {
        word_t last = first_now();

        for (word_t worked = 0; worked < m.w[0];) {
            word_t now = first_now();

            worked += now - last > PAUSE ? 0 : now - last;
            last = now;
        }
        e = sys_reply_recv(busy.endpoint, busy.reply, &m, 0);
    }
}

static struct worker start_busy(void)
{
    struct worker w = test_worker(-1);
    cap_t sc = test_context(TEST_ABOVE);

    busy.endpoint = test_make(TYPE_ENDPOINT, 0);
    busy.reply = test_make(TYPE_REPLY, 0);
    FIRST_CHECK(sched_context_bind(sc, w.thread) == E_OK);
    test_start(&w, work_for, 0);
    FIRST_CHECK(sched_context_unbind(sc) == E_OK);
    return w;
}

TEST(sched_donation,
     "what a passive server does is paid from its client's context, at its priority")
{
    struct caller c = {.m = {.tag = MESSAGE_TAG(0, 1, 0), .w = {5 * MS}}};
    struct worker client;

    (void)start_busy();
    client = test_caller(&c, busy.endpoint, TEST_BELOW);
    (void)start_runner(&runners[0], 10 * MS, 10 * MS, TEST_BELOW - 1);
    sleep_until(first_now() + 8 * MS);
    EQUAL(c.outcome, E_OK);
    BETWEEN(5 * MS, consumed(client.sc), 5 * MS + 100000);
    CHECK(runners[0].count > 0); /* only when the call was over */
}

TEST(sched_donation_budget, "a client cannot have more time by way of a server")
{
    struct caller c = {.m = {.tag = MESSAGE_TAG(0, 1, 0), .w = {5 * MS}}};
    struct worker client = test_worker(TEST_BELOW);
    word_t start = first_now();

    (void)start_busy();
    c.endpoint = busy.endpoint;
    DONE(cpu_configure(ROOT_CPU, client.sc, MS, 10 * MS, TEST_BELOW));
    test_start(&client, test_call, (word_t)&c);
    sleep_until(start + 25 * MS);
    EQUAL(c.outcome, UNDER_WAY); /* the third budget is used up */
    BETWEEN(2 * MS, consumed(client.sc), 3 * MS + 3 * LATE);
}

TEST(sched_borrow_budget, "a client whose budget runs out in a server with BORROW holds up nobody")
{
    static struct caller c, other;
    struct worker server, client = test_worker(TEST_ABOVE), second;
    word_t start;

    c = (struct caller){.m = {.tag = MESSAGE_TAG(0, 1, 0), .w = {5 * MS}}};
    other = (struct caller){.m = {.tag = MESSAGE_TAG(0, 1, 0), .w = {MS}}};
    server = start_busy();
    DONE(sched_context_bind(test_context(TEST_BELOW), server.thread));
    DONE(thread_set_flags(server.thread, THREAD_BORROW));
    DONE(cpu_configure(ROOT_CPU, client.sc, MS, 1000 * MS, TEST_ABOVE));
    c.endpoint = busy.endpoint;
    start = first_now();
    test_start(&client, test_call, (word_t)&c);
    EQUAL(c.outcome, UNDER_WAY);
    second = test_caller(&other, busy.endpoint, TEST_BELOW);
    (void)second;
    sleep_until(start + 10 * MS);
    EQUAL(other.outcome, E_OK);
    BETWEEN(MS - LATE, consumed(client.sc), MS + LATE);
}
