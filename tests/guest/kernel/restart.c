/* SPDX-License-Identifier: BSD-2-Clause */
/* Long operations that are cut short: by suspension, by the death of who asked, by a change of
 * plan. */
#include "test.h"

#define DATA   (MAP_READ | MAP_WRITE)
#define US     (first_info()->ticks_per_second / 1000000)
#define FRAMES 2000u

static struct {
    cap_t cnode, space;
    volatile word_t outcome;
} work;

static void map_all(word_t unused)
{
    (void)unused;
    work.outcome = address_space_map(work.space, work.cnode, 1, FRAMES, 0x40000000, DATA);
}

static void copy_all(word_t unused)
{
    (void)unused;
    work.outcome = cnode_copy(work.cnode, FRAMES + 1, work.cnode, 1, RIGHT_ALL, FRAMES);
}

static void delete_all(word_t unused)
{
    (void)unused;
    work.outcome = cnode_delete(work.cnode, 1, FRAMES);
}

/* A CNode with frames in its lower half. */
static void make_work(void)
{
    cap_t memory = test_untyped(FRAMES);

    work.cnode = test_make(TYPE_CNODE, 2 * FRAMES + 2);
    work.space = test_make(TYPE_ADDRESS_SPACE, 0);
    work.outcome = UNDER_WAY;
    FIRST_CHECK(address_space_supply(work.space, test_untyped(16)) == E_OK);
    for (word_t i = 0; i < FRAMES; i += 250)
        FIRST_CHECK(untyped_retype(memory, TYPE_FRAME, 0, work.cnode, 1 + i, 250) == E_OK);
}

/* Let a worker of lower priority run for some time. */
static void give_time(word_t ticks)
{
    static cap_t timer, notification;
    struct message m = {.tag = 0};

    timer = test_make(TYPE_TIMER, 0);
    notification = test_make(TYPE_NOTIFICATION, 0);
    FIRST_CHECK(timer_bind(timer, test_badge(notification, 1)) == E_OK);
    FIRST_CHECK(timer_set(timer, first_now() + ticks) == E_OK);
    FIRST_CHECK(sys_recv(notification, 0, &m, 0) == E_OK);
}

/* A worker that is in the middle of it. */
static struct worker start_work(void (*function)(word_t))
{
    struct worker w = test_worker(TEST_BELOW);

    make_work();
    test_start(&w, function, 0);
    give_time(60 * US);
    EQUAL(work.outcome, UNDER_WAY);
    return w;
}

static word_t mapped(void)
{
    word_t n = 0;

    for (word_t i = 1; i <= FRAMES; i++)
        n += test_look_in(work.cnode, i).extra != 0;
    return n;
}

TEST(restart_suspend,
     "a range that is suspended in the middle shows how far it is, and goes on from there")
{
    struct worker w = start_work(map_all);
    word_t r[8], done;

    test_allow(4 * TEST_TICKS);
    DONE(thread_suspend(w.thread));
    (void)test_buffer();
    DONE(thread_read_registers(w.thread, &r[0], &r[1], &r[2], &r[3], &r[4], &r[5], &r[6], &r[7]));
    done = mapped();
    BETWEEN(1, done, FRAMES - 1);
    EQUAL(first_buffer()->words[12], FRAMES - done);             /* r8: how many are left */
    EQUAL(first_buffer()->words[13], 0x40000000 + done * 4096); /* r9: where the next goes */
    EQUAL(first_buffer()->words[14], 1 + done);                  /* r10: which is next */
    give_time(100 * US);
    EQUAL(mapped(), done);
    DONE(thread_resume(w.thread));
    give_time(4000 * US);
    EQUAL(work.outcome, E_OK);
    EQUAL(mapped(), FRAMES);
}

TEST(restart_die, "who dies in the middle of a range leaves what is done, and nothing else")
{
    struct worker w = start_work(map_all);
    word_t done;

    test_allow(4 * TEST_TICKS);
    DONE(cnode_delete(ROOT_CNODE, w.thread, 1));
    done = mapped();
    BETWEEN(1, done, FRAMES - 1);
    DONE(address_space_unmap(work.space, work.cnode, 1, done));
    DONE(address_space_map(work.space, work.cnode, 1, FRAMES, 0x40000000, DATA));
}

TEST(restart_revoke, "what a range works on is revoked in the middle: it ends with an error")
{
    struct worker w = start_work(copy_all);

    (void)w;
    test_allow(4 * TEST_TICKS);
    DONE(cnode_delete(work.cnode, 1, FRAMES));
    give_time(4000 * US);
    EQUAL(work.outcome, E_CAP);
}

TEST(restart_target, "the CNode of a range is destroyed in the middle: it ends with an error")
{
    (void)start_work(delete_all);
    test_allow(4 * TEST_TICKS);
    DONE(cnode_delete(ROOT_CNODE, work.cnode, 1));
    give_time(4000 * US);
    EQUAL(work.outcome, E_CAP);
}

TEST(restart_space,
     "the address space of a range is destroyed in the middle: it ends with an error")
{
    (void)start_work(map_all);
    test_allow(4 * TEST_TICKS);
    DONE(cnode_delete(ROOT_CNODE, work.space, 1));
    give_time(4000 * US);
    EQUAL(work.outcome, E_CAP);
}

TEST(restart_two, "two that revoke the same memory at once are both done, and it is free")
{
    struct worker w = test_worker(TEST_BELOW);
    cap_t memory = test_untyped(600), cnode = test_slot();

    test_allow(4 * TEST_TICKS);
    make_work();
    DONE(untyped_retype(memory, TYPE_CNODE, 4000, 0, cnode, 1));
    for (word_t i = 0; i < 2000; i += 250)
        DONE(untyped_retype(memory, TYPE_ENDPOINT, 0, cnode, 1 + i, 250));
    work.cnode = cnode;
    test_start(&w, delete_all, 0);
    give_time(60 * US);
    EQUAL(work.outcome, UNDER_WAY);
    DONE(cnode_revoke(ROOT_CNODE, memory));
    EQUAL(test_look(memory).child, 0);
    DONE(untyped_retype(memory, TYPE_UNTYPED, 600 * 64, 0, cnode, 1));
    give_time(4000 * US);
    CHECK(work.outcome == E_CAP || work.outcome == E_OP || work.outcome == E_TYPE);
}

static volatile word_t suspended_outcome;

static void suspend_self(word_t thread)
{
    suspended_outcome = UNDER_WAY;
    suspended_outcome = thread_suspend(thread);
}

TEST(restart_suspend_self,
     "a thread can suspend itself, and finds that it succeeded when it goes on")
{
    struct worker w = test_worker(TEST_ABOVE);

    test_start(&w, suspend_self, w.thread);
    EQUAL(suspended_outcome, UNDER_WAY);
    EQUAL(test_state(w.thread), SUSPENDED);
    DONE(thread_resume(w.thread));
    EQUAL(suspended_outcome, E_OK);
    EQUAL(test_state(w.thread), RESTING);
}
