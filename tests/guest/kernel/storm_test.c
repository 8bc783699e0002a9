/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A confined component against the kernel: two threads that make random system calls, on a small
 * budget, with nothing or with a few objects of their own. After each round it is taken down, and
 * nothing may be left of it; what others have must be as it was; and a thread of higher priority
 * must not have been kept waiting.
 *
 * On the kernel's command line: `seed=N` repeats a run, `calls=N` sets its length (10000000: the
 * long form).
 */
#include "storm.h"

#define ROUND_CALLS 2000u
#define US          (first_info()->ticks_per_second / 1000000)
#define PRIORITY    150u

/* Everything of the component comes out of `memory`, and its capabilities are in `cnode`. */
static struct {
    cap_t memory, space, shared_frame, shared_copy;
    cap_t cnode, threads, contexts, buffers;
    word_t stacks;
    struct storm *shared;
    cap_t pacemaker, pace;
    struct beat beat;
} x;

#define MEMORY_PAGES 96u
#define OWN_PAGES    32u

/* Neighbours: what the component must not touch. A server that waits, a signal, slots, a thread. */
static void make_neighbours(void)
{
    static struct server s;
    cap_t cnode = test_make(TYPE_CNODE, 16);

    s = (struct server){0};
    (void)test_server(&s, TEST_ABOVE);
    DONE(cnode_copy(cnode, 3, 0, s.endpoint, RIGHT_ALL, 1));
    (void)test_worker(TEST_BELOW);
    (void)test_page(0);
    test_note();
}

/* Once: an address space with the program, message buffers and the shared page in it. */
static void make_space(word_t seed)
{
    cap_t buffers = test_make_many(TYPE_FRAME, 0, STORM_THREADS);
    word_t at = test_window(STORM_THREADS * 4096);

    x.shared = test_page(&x.shared_frame);
    for (word_t i = 0; i < STORM_THREADS; i++) {
        x.shared->thread[i].buffer = (struct message_buffer *)(at + i * 4096);
        x.shared->thread[i].state = seed * 2 + 1 + i * 0x123456788;
    }
    x.stacks = test_window(STORM_THREADS * 8192);
    x.space = test_clone();
    x.shared_copy = test_copy(x.shared_frame, RIGHT_ALL);
    DONE(address_space_map(x.space, 0, x.shared_copy, 1, (word_t)x.shared, MAP_READ | MAP_WRITE));
    DONE(address_space_map(x.space, 0, buffers, STORM_THREADS, at, MAP_READ | MAP_WRITE));
    DONE(address_space_map(x.space, 0, test_make_many(TYPE_FRAME, 0, STORM_THREADS * 2),
                           STORM_THREADS * 2, x.stacks, MAP_READ | MAP_WRITE));
    x.buffers = buffers;
    x.memory = test_untyped(MEMORY_PAGES);
    x.cnode = test_slot();
    x.threads = test_slots(STORM_THREADS);
    x.contexts = test_slots(STORM_THREADS);
}

static void give(word_t slot, cap_t from, word_t rights)
{
    DONE(cnode_copy(x.cnode, slot, 0, from, rights, 1));
}

/* What a component of the richer kind has: memory, its CNode, things to talk through, an empty
 * space. */
static void make_belongings(void)
{
    DONE(untyped_retype(x.memory, TYPE_UNTYPED, OWN_PAGES * 64, x.cnode, 1, 1));
    give(2, x.cnode, RIGHT_ALL);
    DONE(untyped_retype(x.memory, TYPE_ENDPOINT, 0, x.cnode, 3, 2));
    DONE(untyped_retype(x.memory, TYPE_NOTIFICATION, 0, x.cnode, 5, 2));
    DONE(untyped_retype(x.memory, TYPE_REPLY, 0, x.cnode, 7, 3));
    DONE(untyped_retype(x.memory, TYPE_ADDRESS_SPACE, 0, x.cnode, 10, 1));
    DONE(untyped_retype(x.memory, TYPE_UNTYPED, 8 * 64, x.cnode, 11, 1));
    DONE(untyped_retype(x.memory, TYPE_FRAME, 0, x.cnode, 12, 4));
    DONE(untyped_retype(x.memory, TYPE_TIMER, 0, x.cnode, 16, 2));
    DONE(untyped_retype(x.memory, TYPE_THREAD, 0, x.cnode, 18, 2));
    DONE(untyped_retype(x.memory, TYPE_SCHED_CONTEXT, 0, x.cnode, 20, 1));
    DONE(untyped_retype(x.memory, TYPE_INTERRUPT, 0, x.cnode, 21, 1));
    DONE(cnode_mint(x.cnode, 22, x.cnode, 3, RIGHT_ALL, 99));
    DONE(cnode_mint(x.cnode, 23, x.cnode, 5, RIGHT_WRITE, 3));
}

/* The component is made and runs, @param rich with belongings, or with an empty CNode. */
static void begin_round(bool rich)
{
    word_t budget = 500 * US, period = 1000 * US;

    DONE(untyped_retype(x.memory, TYPE_CNODE, STORM_SLOTS, 0, x.cnode, 1));
    DONE(untyped_retype(x.memory, TYPE_THREAD, 0, 0, x.threads, STORM_THREADS));
    DONE(untyped_retype(x.memory, TYPE_SCHED_CONTEXT, 0, 0, x.contexts, STORM_THREADS));
    if (rich)
        make_belongings();
    for (word_t i = 0; i < STORM_THREADS; i++) {
        DONE(thread_configure(x.threads + i, x.cnode, x.space, x.buffers + i, 0, 0));
        DONE(thread_write_registers(x.threads + i, (word_t)storm_main,
                                    x.stacks + (i + 1) * 8192 - 8, 0, 0, 0, (word_t)x.shared + i, 0,
                                    0));
        DONE(cpu_configure(ROOT_CPU, x.contexts + i, budget, period, PRIORITY));
        DONE(sched_context_bind(x.contexts + i, x.threads + i));
        DONE(thread_resume(x.threads + i));
    }
}

/* Every capability that the component has is to something of its own. */
static void check_confined(void)
{
    struct look own = test_look(x.memory);

    if (test_look(x.cnode).type != TYPE_CNODE)
        return; /* it has deleted all there was */
    for (word_t i = 1; i < STORM_SLOTS; i++) {
        struct look l = test_look_in(x.cnode, i);

        if (l.type == TYPE_NULL)
            continue;
        CHECK(l.type != TYPE_CPU && l.type != TYPE_IRQ_CONTROL && l.type != TYPE_IO_PORT &&
              l.type != TYPE_DEVICE_UNTYPED);
        BETWEEN(own.object, l.object, own.object + MEMORY_PAGES * 64 - 1);
    }
}

static word_t calls_made(void)
{
    word_t n = 0;

    for (word_t i = 0; i < STORM_THREADS; i++)
        n += x.shared->thread[i].calls;
    return n;
}

static word_t outcomes(word_t e)
{
    word_t n = 0;

    for (word_t i = 0; i < STORM_THREADS; i++)
        n += x.shared->thread[i].outcomes[e];
    return n;
}

/* Let it run, waking its threads when both wait, until it has made so many calls. */
static void run_until(word_t calls)
{
    word_t before = 0, waits = 0;
    struct message m = {.tag = 0};

    while (calls_made() < calls && waits < 50) {
        DONE(timer_set(x.pacemaker, first_now() + 2000 * US));
        DONE(sys_recv(x.pace, 0, &m, 0));
        waits = calls_made() == before ? waits + 1 : 0;
        before = calls_made();
        for (word_t i = 0; i < STORM_THREADS; i++) {
            DONE(thread_suspend(x.threads + i));
            DONE(thread_resume(x.threads + i));
        }
    }
    CHECK(waits < 50);
}

static void end_round(void)
{
    check_confined();
    DONE(cnode_revoke(ROOT_CNODE, x.memory));
    EQUAL(test_look(x.memory).child, 0);
    EQUAL(test_look(x.cnode).type, TYPE_NULL);
    EQUAL(x.shared->thread[0].other + x.shared->thread[1].other, 0);
    BETWEEN(0, x.beat.late_max, 30 * US);
}

static void storm(bool rich, word_t calls)
{
    word_t seed = test_option("seed", 1);
    word_t start, done = 0;

    first_print("# random system calls: %lu, seed=%lu\n", calls, seed);
    make_neighbours();
    make_space(seed);
    x.pacemaker = test_make(TYPE_TIMER, 0);
    x.pace = test_make(TYPE_NOTIFICATION, 0);
    DONE(timer_bind(x.pacemaker, test_badge(x.pace, 1)));
    test_beat(&x.beat, 100 * US);
    start = first_now();
    while (done < calls) {
        test_allow(60 * TEST_TICKS);
        done += ROUND_CALLS;
        begin_round(rich);
        run_until(done);
        end_round();
    }
    CHECK(x.beat.ticks + 2 >= (first_now() - start) / (100 * US));
    first_print("# outcomes:");
    for (word_t i = 0; i < ERRORS; i++)
        first_print(" %lu", outcomes(i));
    first_print("; latest beat %lu ticks\n", x.beat.late_max);
    test_compare("the component", __FILE__, __LINE__);
}

TEST(storm_nothing,
     "a component with an empty CNode gets CAP or CALL from every random call, and changes nothing")
{
    word_t calls = test_option("calls", 300000) / 5;

    storm(false, calls);
    EQUAL(outcomes(E_OK), 0);
    /* All others were under way when a round ended. */
    BETWEEN(0, calls_made() - outcomes(E_CAP) - outcomes(E_CALL),
            (calls / ROUND_CALLS + 1) * STORM_THREADS);
}

TEST(storm_rich, "a component with memory and objects neither gets out, nor breaks or delays "
                 "anything, by random calls")
{
    storm(true, test_option("calls", 300000));
    CHECK(outcomes(E_OK) > calls_made() / 100);
    for (word_t e = E_OK; e <= E_AGAIN; e++)
        CHECK(e == E_MEMORY || outcomes(e) > 0); /* MEMORY takes longer */
}
