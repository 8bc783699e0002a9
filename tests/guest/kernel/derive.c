/* SPDX-License-Identifier: BSD-2-Clause */
/* The derivation tree: what revoke takes, what delete leaves, when an object and its memory go. */
#include "test.h"

static bool there(cap_t slot)
{
    return test_look(slot).type != TYPE_NULL;
}

TEST(derive_inner, "deleting an inner capability leaves its copies to who gave it")
{
    cap_t a = test_make(TYPE_ENDPOINT, 0);
    cap_t b = test_copy(a, RIGHT_ALL), c = test_copy(b, RIGHT_ALL), d = test_copy(c, RIGHT_ALL);
    cap_t sibling = test_copy(a, RIGHT_ALL), below = test_copy(sibling, RIGHT_ALL);

    DONE(cnode_delete(ROOT_CNODE, b, 1));
    CHECK(there(c) && there(d));
    /* They are not the sibling's: revoking that must not take them. */
    DONE(cnode_revoke(ROOT_CNODE, sibling));
    CHECK(!there(below) && there(c) && there(d));
    DONE(cnode_revoke(ROOT_CNODE, c));
    CHECK(!there(d) && there(c) && there(sibling));
    DONE(cnode_revoke(ROOT_CNODE, a));
    CHECK(!there(c) && !there(sibling) && there(a));
}

TEST(derive_siblings,
     "deleting first, middle and last of many siblings with children keeps all others in place")
{
    cap_t a = test_make(TYPE_ENDPOINT, 0);
    cap_t child[9], grandchild[9][3];

    for (word_t i = 0; i < 9; i++) {
        child[i] = test_copy(a, RIGHT_ALL);
        for (word_t k = 0; k < 3; k++)
            grandchild[i][k] = test_copy(child[i], RIGHT_ALL);
    }
    static const word_t order[9] = {8, 0, 4, 3, 5, 1, 7, 2, 6};

    for (word_t n = 0; n < 9; n++) {
        DONE(cnode_delete(ROOT_CNODE, child[order[n]], 1));
        for (word_t k = 0; k < 3; k++)
            CHECK(there(grandchild[order[n]][k]));
        for (word_t later = n + 1; later < 9; later++)
            EQUAL(test_look(child[order[later]]).child, 1);
    }
    DONE(cnode_revoke(ROOT_CNODE, a));
    for (word_t i = 0; i < 9; i++) {
        for (word_t k = 0; k < 3; k++)
            CHECK(!there(grandchild[i][k]));
    }
}

TEST(derive_move, "a capability that is moved keeps parent and children")
{
    cap_t a = test_make(TYPE_ENDPOINT, 0);
    cap_t b = test_copy(a, RIGHT_ALL), before = test_copy(a, RIGHT_ALL);
    cap_t c = test_copy(b, RIGHT_ALL), d = test_copy(b, RIGHT_ALL);
    cap_t to = test_slot();

    DONE(cnode_move(ROOT_CNODE, to, 0, b));
    DONE(cnode_revoke(ROOT_CNODE, to));
    CHECK(!there(c) && !there(d) && there(to) && there(before));
    DONE(cnode_move(ROOT_CNODE, b, 0, a));
    DONE(cnode_revoke(ROOT_CNODE, b));
    CHECK(!there(to) && !there(before));
}

TEST(derive_mint, "what is minted with a badge is revoked with the rest")
{
    cap_t a = test_make(TYPE_ENDPOINT, 0);
    cap_t b = test_badge(a, 1), c = test_copy(b, RIGHT_READ), d = test_badge(a, 2);

    DONE(cnode_revoke(ROOT_CNODE, b));
    CHECK(!there(c) && there(d));
    DONE(cnode_revoke(ROOT_CNODE, a));
    CHECK(!there(b) && !there(d));
}

TEST(derive_far, "revoke reaches copies in other CNodes, in threads and in what they bound")
{
    cap_t a = test_make(TYPE_NOTIFICATION, 0);
    cap_t endpoint = test_make(TYPE_ENDPOINT, 0);
    cap_t cnode = test_make(TYPE_CNODE, 8);
    cap_t timer = test_make(TYPE_TIMER, 0);
    struct worker w = test_worker(-1);
    struct message m = {.tag = 0};

    DONE(cnode_copy(cnode, 7, 0, a, RIGHT_ALL, 1));
    DONE(timer_bind(timer, a));
    DONE(thread_configure(w.thread, 0, 0, 0, endpoint, endpoint));
    DONE(cnode_revoke(ROOT_CNODE, a));
    EQUAL(test_look_in(cnode, 7).type, TYPE_NULL);
    FAILS(E_STATE, timer_set(timer, 0)); /* nothing is bound any more */
    DONE(timer_bind(timer, a));
    EQUAL(test_look(endpoint).child, 1);
    DONE(cnode_revoke(ROOT_CNODE, endpoint));
    EQUAL(test_look(endpoint).child, 0);
    FAILS(E_AGAIN, sys_recv(a, 0, &m, SYS_NONBLOCK));
}

TEST(derive_last, "the last capability to an object destroys it, wherever it is")
{
    cap_t a = test_make(TYPE_ENDPOINT, 0);
    cap_t cnode = test_make(TYPE_CNODE, 4);
    struct caller c = {.m = {.tag = 0}};

    (void)test_caller(&c, a, TEST_ABOVE);
    DONE(cnode_copy(cnode, 3, 0, a, 0, 1)); /* without any right */
    DONE(cnode_delete(ROOT_CNODE, a, 1));
    EQUAL(c.outcome, UNDER_WAY);
    DONE(cnode_delete(cnode, 3, 1));
    EQUAL(c.outcome, E_GONE);
}

TEST(
    derive_itself,
    "a CNode that holds its own last capability goes with its memory, and takes the others with it")
{
    cap_t memory = test_untyped(2);
    cap_t cnode = test_slot(), copy = test_slot();
    cap_t endpoint = test_make(TYPE_ENDPOINT, 0);
    struct caller c = {.m = {.tag = 0}};

    DONE(untyped_retype(memory, TYPE_CNODE, 16, 0, cnode, 1));
    (void)test_caller(&c, endpoint, TEST_ABOVE);
    DONE(cnode_move(cnode, 3, 0, endpoint));
    DONE(cnode_copy(ROOT_CNODE, copy, 0, cnode, RIGHT_ALL, 1));
    DONE(cnode_move(cnode, 5, 0, cnode));
    DONE(cnode_delete(ROOT_CNODE, copy, 1)); /* the last but the one inside */
    EQUAL(c.outcome, UNDER_WAY);
    EQUAL(test_look(memory).child, 1);
    DONE(cnode_revoke(ROOT_CNODE, memory));
    EQUAL(c.outcome, E_GONE);
    EQUAL(test_look(memory).child, 0);
}

TEST(derive_cycle, "CNodes that hold each other are taken back with their memory")
{
    cap_t memory = test_untyped(8);
    cap_t cnode = test_slots(2);

    DONE(untyped_retype(memory, TYPE_CNODE, 100, 0, cnode, 2));
    DONE(cnode_copy(cnode, 1, 0, cnode + 1, RIGHT_ALL, 1));
    DONE(cnode_copy(cnode + 1, 1, 0, cnode, RIGHT_ALL, 1));
    DONE(cnode_copy(cnode, 2, 0, cnode, RIGHT_ALL, 1));
    DONE(cnode_delete(ROOT_CNODE, cnode, 2)); /* nobody can name them now, and they are not gone */
    EQUAL(test_look(memory).child, 1);
    DONE(cnode_revoke(ROOT_CNODE, memory));
    EQUAL(test_look(memory).child, 0);
    DONE(untyped_retype(memory, TYPE_UNTYPED, 8 * 64, 0, cnode, 1));
}

TEST(derive_reuse, "memory is used again only when nothing made from it is left, and is clear then")
{
    cap_t memory = test_untyped(1);
    cap_t slot = test_slots(3);
    cap_t frame = test_slot();
    word_t at = test_window(4096);

    DONE(untyped_retype(memory, TYPE_FRAME, 0, 0, frame, 1));
    DONE(address_space_map(ROOT_SPACE, 0, frame, 1, at, MAP_READ | MAP_WRITE));
    for (word_t i = 0; i < 512; i++)
        ((volatile word_t *)at)[i] = ~0ul;
    FAILS(E_MEMORY, untyped_retype(memory, TYPE_ENDPOINT, 0, 0, slot, 1));
    DONE(cnode_copy(ROOT_CNODE, slot, 0, frame, RIGHT_ALL, 1));
    DONE(cnode_delete(ROOT_CNODE, frame, 1));
    FAILS(E_MEMORY, untyped_retype(memory, TYPE_ENDPOINT, 0, 0, slot + 1, 1)); /* a copy is left */
    DONE(cnode_delete(ROOT_CNODE, slot, 1));
    DONE(untyped_retype(memory, TYPE_ENDPOINT, 0, 0, slot, 3));
    EQUAL(test_look(memory).extra, 3);
    DONE(cnode_revoke(ROOT_CNODE, memory));
    DONE(untyped_retype(memory, TYPE_FRAME, 0, 0, frame, 1));
    DONE(address_space_map(ROOT_SPACE, 0, frame, 1, at, MAP_READ | MAP_WRITE));
    for (word_t i = 0; i < 512; i++)
        EQUAL(((volatile word_t *)at)[i], 0);
}

/* A tree of copies, 3 children each, 6 deep. @return how many were made */
static word_t grow(cap_t from, word_t depth)
{
    word_t made = 0;

    if (depth == 0)
        return 0;
    for (word_t i = 0; i < 3; i++)
        made += 1 + grow(test_copy(from, RIGHT_ALL), depth - 1);
    return made;
}

TEST(derive_large, "revoke takes a tree of a thousand, and can be repeated")
{
    cap_t a = test_make(TYPE_ENDPOINT, 0);
    cap_t first = test_slot();

    EQUAL(grow(a, 6), 1092);
    DONE(cnode_revoke(ROOT_CNODE, a));
    for (word_t i = 0; i < 1092; i++)
        CHECK(!there(first + 1 + i));
    EQUAL(test_look(a).child, 0);
    DONE(cnode_revoke(ROOT_CNODE, a));
}

/* A worker that revokes the memory it is made of. */
static volatile word_t self_outcome;

static void revoke_self(word_t memory)
{
    self_outcome = UNDER_WAY;
    self_outcome = cnode_revoke(ROOT_CNODE, memory);
}

TEST(derive_self, "a thread can revoke the memory that it is made of; it is gone then")
{
    cap_t memory = test_untyped(40);
    cap_t slots = test_slots(20);
    struct worker w = test_worker(-1);

    DONE(untyped_retype(memory, TYPE_ENDPOINT, 0, 0, slots + 2, 18));
    DONE(untyped_retype(memory, TYPE_THREAD, 0, 0, slots, 1));
    DONE(untyped_retype(memory, TYPE_SCHED_CONTEXT, 0, 0, slots + 1, 1));
    DONE(thread_configure(slots, ROOT_CNODE, ROOT_SPACE, 0, 0, 0));
    DONE(cpu_configure(ROOT_CPU, slots + 1, 1000000, 1000000, TEST_ABOVE));
    DONE(sched_context_bind(slots + 1, slots));
    w.thread = slots;
    test_start(&w, revoke_self, memory);
    EQUAL(self_outcome, UNDER_WAY);
    DONE(cnode_revoke(ROOT_CNODE, memory));
    EQUAL(test_look(memory).child, 0);
    for (word_t i = 0; i < 20; i++)
        CHECK(!there(slots + i));
}

static void delete_self(word_t slot)
{
    self_outcome = UNDER_WAY;
    self_outcome = cnode_delete(ROOT_CNODE, slot, 1);
}

TEST(derive_delete_self, "a thread can delete the last capability to itself or to its context")
{
    struct worker w = test_worker(TEST_ABOVE);

    test_start(&w, delete_self, w.thread);
    EQUAL(self_outcome, UNDER_WAY);
    CHECK(!there(w.thread));
    w = test_worker(TEST_ABOVE);
    test_start(&w, delete_self, w.sc);
    EQUAL(self_outcome, UNDER_WAY);
    EQUAL(test_context_of(w.thread), 0);
    DONE(sched_context_bind(test_context(TEST_ABOVE), w.thread));
    EQUAL(self_outcome, E_OK);
}

TEST(derive_spaces,
     "address spaces come and go by the thousand; a frame can be mapped again after each")
{
    cap_t memory = test_untyped(8);
    cap_t slot = test_slots(2);
    cap_t frame = test_make(TYPE_FRAME, 0);

    test_allow(20 * TEST_TICKS);
    for (word_t i = 0; i < 3000; i++) {
        DONE(untyped_retype(memory, TYPE_UNTYPED, 4 * 64, 0, slot, 1));
        DONE(untyped_retype(memory, TYPE_ADDRESS_SPACE, 0, 0, slot + 1, 1));
        DONE(address_space_supply(slot + 1, slot));
        DONE(address_space_map(slot + 1, 0, frame, 1, 0x10000000, MAP_READ));
        DONE(cnode_revoke(ROOT_CNODE, memory));
    }
    FAILS(E_STATE, address_space_unmap(ROOT_SPACE, 0, frame, 1));
}

TEST(derive_threads, "threads with all they hold come and go by the thousand")
{
    cap_t memory = test_untyped(16);
    cap_t slot = test_slots(4);
    cap_t notification = test_make(TYPE_NOTIFICATION, 0);
    cap_t endpoint = test_make(TYPE_ENDPOINT, 0);

    test_allow(20 * TEST_TICKS);
    for (word_t i = 0; i < 3000; i++) {
        DONE(untyped_retype(memory, TYPE_THREAD, 0, 0, slot, 1));
        DONE(untyped_retype(memory, TYPE_SCHED_CONTEXT, 0, 0, slot + 1, 1));
        DONE(untyped_retype(memory, TYPE_CNODE, 64, 0, slot + 2, 1));
        DONE(untyped_retype(memory, TYPE_TIMER, 0, 0, slot + 3, 1));
        DONE(thread_configure(slot, slot + 2, ROOT_SPACE, 0, endpoint, endpoint));
        DONE(thread_bind(slot, notification));
        DONE(cpu_configure(ROOT_CPU, slot + 1, 1000, 1000, TEST_BELOW));
        DONE(sched_context_bind(slot + 1, slot));
        DONE(timer_bind(slot + 3, notification));
        DONE(timer_set(slot + 3, first_now() + 100000000));
        DONE(thread_resume(slot));
        DONE(cnode_revoke(ROOT_CNODE, memory));
    }
    EQUAL(test_look(endpoint).child, 0);
    EQUAL(test_look(notification).child, 0);
}
