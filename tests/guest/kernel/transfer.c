/* SPDX-License-Identifier: BSD-2-Clause */
/* What travels with a message: long messages exactly, and capabilities as copies or moves. */
#include "test.h"

/* A worker that receives one call and answers it, the way that the test says. */
static struct {
    cap_t endpoint, reply;
    word_t answer;            /* tag of the answer */
    volatile word_t tag, outcome;
} peer;

static void answer_one(word_t unused)
{
    struct message m = {.tag = 0};

    (void)unused;
    peer.outcome = sys_recv(peer.endpoint, peer.reply, &m, 0);
    peer.tag = m.tag;
    m.tag = peer.answer;
    if (peer.outcome == E_OK)
        peer.outcome = sys_reply_recv(peer.endpoint, peer.reply, &m, SYS_NONBLOCK);
}

/* @return the worker, which is above the main thread and waits */
static struct worker peer_start(word_t answer)
{
    struct worker w = test_worker(TEST_ABOVE);

    peer.endpoint = test_make(TYPE_ENDPOINT, 0);
    peer.reply = test_make(TYPE_REPLY, 0);
    peer.answer = answer;
    peer.outcome = UNDER_WAY;
    for (word_t i = 0; i < MESSAGE_CAPS; i++)
        w.message->receive[i] = w.message->caps[i] = 0;
    test_start(&w, answer_one, 0);
    return w;
}

static void fill(struct message_buffer *b, word_t with)
{
    for (word_t i = 0; i < MESSAGE_WORDS; i++)
        b->words[i] = with + i;
}

/* Words 8 to words - 1 are the sender's, all others what they were. */
static void check_words(const struct message_buffer *b, word_t own, word_t sent, word_t words)
{
    for (word_t i = 0; i < MESSAGE_WORDS; i++) {
        bool crossed = i >= MESSAGE_REGS && i < words;

        if (b->words[i] != (crossed ? sent : own) + i)
            test_equal(b->words[i], i, "a word of the buffer", __FILE__, (int)words);
    }
}

TEST(transfer_call, "messages of every length arrive exactly, nothing beyond")
{
    struct message_buffer *b = test_buffer();
    struct worker w = peer_start(0);

    test_allow(10 * TEST_TICKS);
    for (word_t words = 0; words <= MESSAGE_WORDS; words++) {
        struct message m = {.tag = MESSAGE_TAG(1, words, 0)};

        fill(b, 1000);
        fill(w.message, 50000);
        test_start(&w, answer_one, 0);
        DONE(sys_call(peer.endpoint, &m));
        EQUAL(message_words(peer.tag), words);
        check_words(w.message, 50000, 1000, words);
        check_words(b, 1000, 0, 0);
    }
}

TEST(transfer_reply, "answers of every length arrive exactly, nothing beyond")
{
    struct message_buffer *b = test_buffer();
    struct worker w = peer_start(0);

    test_allow(10 * TEST_TICKS);
    for (word_t words = 0; words <= MESSAGE_WORDS; words++) {
        struct message m = {.tag = 0};

        fill(b, 1000);
        fill(w.message, 50000);
        peer.answer = MESSAGE_TAG(0, words, 0);
        test_start(&w, answer_one, 0);
        DONE(sys_call(peer.endpoint, &m));
        EQUAL(message_words(m.tag), words);
        check_words(b, 1000, 50000, words);
    }
}

TEST(transfer_no_buffer, "to a receiver without buffer only the words in registers go")
{
    struct worker w = test_worker(-1);
    struct message m = {.tag = MESSAGE_TAG(4, 50, 1), .w = {1, 2, 3, 4, 5, 6, 7, 8}};

    peer.endpoint = test_make(TYPE_ENDPOINT, 0);
    peer.reply = test_make(TYPE_REPLY, 0);
    peer.answer = 0;
    w.thread = test_make(TYPE_THREAD, 0);
    DONE(thread_configure(w.thread, ROOT_CNODE, ROOT_SPACE, 0, 0, 0));
    DONE(sched_context_bind(test_context(TEST_ABOVE), w.thread));
    test_start(&w, answer_one, 0);
    DONE(sys_call(peer.endpoint, &m));
    EQUAL(peer.tag, MESSAGE_TAG(4, 8, 0));
}

TEST(transfer_copy, "capabilities go as copies, with the rights that are kept")
{
    struct message_buffer *b = test_buffer();
    struct worker w = peer_start(0);
    cap_t from = test_make_many(TYPE_NOTIFICATION, 0, 4);
    cap_t to = test_slots(4);
    struct message m = {.tag = MESSAGE_TAG(1, 0, 4)};
    static const word_t rights[4] = {RIGHT_ALL, RIGHT_READ, RIGHT_WRITE, 0};

    for (word_t i = 0; i < 4; i++) {
        b->caps[i] = (from + i) | rights[i] * CAP_RIGHTS;
        w.message->receive[i] = to + i;
    }
    DONE(sys_call(peer.endpoint, &m));
    EQUAL(message_caps(peer.tag), 4);
    for (word_t i = 0; i < 4; i++) {
        EQUAL(w.message->caps[i], to + i);
        EQUAL(test_look(to + i).object, test_look(from + i).object);
        EQUAL(test_look(to + i).rights, rights[i]);
        EQUAL(test_look(from + i).child, 1);
    }
    DONE(cnode_revoke(ROOT_CNODE, from)); /* who gave can take back */
    EQUAL(test_look(to).type, TYPE_NULL);
    EQUAL(test_look(to + 1).type, TYPE_NOTIFICATION);
}

TEST(transfer_move, "capabilities go as moves, and keep their place in the tree")
{
    struct message_buffer *b = test_buffer();
    struct worker w = peer_start(0);
    cap_t origin = test_make(TYPE_NOTIFICATION, 0);
    cap_t from = test_copy(origin, RIGHT_ALL);
    cap_t memory = test_untyped(1);
    cap_t to = test_slots(2);
    struct message m = {.tag = MESSAGE_TAG(1, 0, 2)};

    b->caps[0] = from | CAP_MOVE;
    b->caps[1] = memory | CAP_MOVE;
    w.message->receive[0] = to;
    w.message->receive[1] = to + 1;
    DONE(sys_call(peer.endpoint, &m));
    EQUAL(test_look(from).type, TYPE_NULL);
    EQUAL(test_look(memory).type, TYPE_NULL);
    EQUAL(test_look(to).rights, RIGHT_ALL);
    EQUAL(test_look(to + 1).type, TYPE_UNTYPED);
    DONE(cnode_revoke(ROOT_CNODE, origin));
    EQUAL(test_look(to).type, TYPE_NULL);
}

TEST(transfer_not, "what is not accepted, not there or not copyable does not arrive; the others do")
{
    struct message_buffer *b = test_buffer();
    struct worker w = peer_start(0);
    cap_t from = test_make(TYPE_NOTIFICATION, 0);
    cap_t full = test_make(TYPE_ENDPOINT, 0);
    cap_t memory = test_untyped(1);
    cap_t to = test_slots(4);
    struct message m = {.tag = MESSAGE_TAG(1, 0, 4)};

    b->caps[0] = from | RIGHT_ALL * CAP_RIGHTS;  /* but not accepted */
    b->caps[1] = test_slot() | CAP_MOVE;         /* nothing there */
    b->caps[2] = memory | RIGHT_ALL * CAP_RIGHTS; /* only to be moved */
    b->caps[3] = from | RIGHT_ALL * CAP_RIGHTS;
    w.message->receive[1] = to + 1;
    w.message->receive[2] = to + 2;
    w.message->receive[3] = to + 3;
    w.message->caps[0] = w.message->caps[1] = 12345;
    DONE(sys_call(peer.endpoint, &m));
    for (word_t i = 0; i < 3; i++) {
        EQUAL(w.message->caps[i], 0);
        EQUAL(test_look(to + i).type, TYPE_NULL);
    }
    EQUAL(w.message->caps[3], to + 3);
    EQUAL(test_look(memory).type, TYPE_UNTYPED);
    /* Into a slot that is full, or of no CNode, nothing goes. */
    m.tag = MESSAGE_TAG(1, 0, 2);
    b->caps[1] = b->caps[0];
    w.message->receive[0] = full;
    w.message->receive[1] = test_beyond();
    test_start(&w, answer_one, 0);
    DONE(sys_call(peer.endpoint, &m));
    EQUAL(w.message->caps[0], 0);
    EQUAL(w.message->caps[1], 0);
    EQUAL(test_look(full).type, TYPE_ENDPOINT);
}

TEST(transfer_reply_caps, "answers carry capabilities when the caller's endpoint has GRANT")
{
    struct message_buffer *b = test_buffer();
    struct worker w = peer_start(MESSAGE_TAG(0, 0, 2));
    cap_t gift = test_make_many(TYPE_NOTIFICATION, 0, 2);
    cap_t to = test_slots(2);
    struct message m = {.tag = 0};

    w.message->caps[0] = gift | CAP_MOVE;
    w.message->caps[1] = (gift + 1) | RIGHT_WRITE * CAP_RIGHTS;
    b->receive[0] = to;
    b->receive[1] = to + 1;
    DONE(sys_call(peer.endpoint, &m));
    EQUAL(message_caps(m.tag), 2);
    EQUAL(b->caps[0], to);
    EQUAL(b->caps[1], to + 1);
    EQUAL(test_look(gift).type, TYPE_NULL);
    EQUAL(test_look(to + 1).rights, RIGHT_WRITE);
}

TEST(transfer_reply_no_grant,
     "an answer with capabilities to a caller without GRANT gives RIGHTS; the call stays")
{
    cap_t endpoint = test_make(TYPE_ENDPOINT, 0);
    cap_t reply = test_make(TYPE_REPLY, 0);
    struct caller c = {.m = {.tag = 0}};
    struct message_buffer *b = test_buffer();
    struct message m = {.tag = 0};

    (void)test_caller(&c, test_copy(endpoint, RIGHT_WRITE), TEST_ABOVE);
    DONE(sys_recv(endpoint, reply, &m, 0));
    b->caps[0] = endpoint | RIGHT_ALL * CAP_RIGHTS;
    m.tag = MESSAGE_TAG(0, 0, 1);
    REFUSED(E_RIGHTS, sys_send(reply, &m, 0));
    m.tag = MESSAGE_TAG(0, 0, 1);
    REFUSED(E_RIGHTS, sys_reply_recv(endpoint, reply, &m, 0));
    m.tag = MESSAGE_TAG(0, MESSAGE_WORDS + 1, 0);
    REFUSED(E_MESSAGE, sys_send(reply, &m, 0));
    EQUAL(c.outcome, UNDER_WAY);
    m.tag = 0;
    DONE(sys_send(reply, &m, 0));
    EQUAL(c.outcome, E_OK);
}

TEST(transfer_queued, "capabilities of a caller that waits in the queue go when it is received")
{
    cap_t endpoint = test_make(TYPE_ENDPOINT, 0);
    cap_t reply = test_make(TYPE_REPLY, 0);
    cap_t gift = test_make(TYPE_NOTIFICATION, 0);
    cap_t to = test_slot();
    struct message_buffer *b = test_buffer();
    struct caller c = {.endpoint = endpoint, .m = {.tag = MESSAGE_TAG(0, 20, 1)}};
    struct worker w = test_worker(TEST_ABOVE);
    struct message m = {.tag = 0};

    fill(w.message, 700);
    w.message->caps[0] = gift | CAP_MOVE;
    test_start(&w, test_call, (word_t)&c);
    EQUAL(test_look(gift).type, TYPE_NOTIFICATION);
    b->receive[0] = to;
    DONE(sys_recv(endpoint, reply, &m, 0));
    EQUAL(b->caps[0], to);
    EQUAL(test_look(gift).type, TYPE_NULL);
    EQUAL(message_words(m.tag), 20);
    for (word_t i = MESSAGE_REGS; i < MESSAGE_WORDS; i++)
        EQUAL(b->words[i], i < 20 ? 700 + i : 0);
}

TEST(transfer_move_reply, "a Reply moves in a message: who has it then can answer")
{
    cap_t endpoint = test_make(TYPE_ENDPOINT, 0);
    cap_t reply = test_make(TYPE_REPLY, 0);
    cap_t to = test_slot();
    struct caller c = {.m = {.tag = 0}};
    struct message_buffer *b = test_buffer();
    struct worker w = peer_start(0);
    struct message m = {.tag = 0};

    (void)test_caller(&c, endpoint, TEST_ABOVE);
    DONE(sys_recv(endpoint, reply, &m, 0));
    b->caps[0] = reply | CAP_MOVE;
    w.message->receive[0] = to;
    m.tag = MESSAGE_TAG(0, 0, 1);
    DONE(sys_call(peer.endpoint, &m));
    EQUAL(test_look(reply).type, TYPE_NULL);
    EQUAL(c.outcome, UNDER_WAY);
    DONE(sys_send(to, &m, 0));
    EQUAL(c.outcome, E_OK);
}

TEST(transfer_move_itself, "a call may move the endpoint capability it is made through")
{
    struct message_buffer *b = test_buffer();
    struct worker w = peer_start(0);
    cap_t through = test_copy(peer.endpoint, RIGHT_ALL);
    cap_t to = test_slot();
    struct message m = {.tag = MESSAGE_TAG(0, 0, 1)};

    b->caps[0] = through | CAP_MOVE;
    w.message->receive[0] = to;
    DONE(sys_call(through, &m));
    EQUAL(test_look(through).type, TYPE_NULL);
    EQUAL(test_look(to).type, TYPE_ENDPOINT);
}

TEST(transfer_move_answered, "ReplyRecv may move away the endpoint and the Reply that it uses")
{
    struct message_buffer *b = test_buffer();
    struct worker w = peer_start(MESSAGE_TAG(0, 0, 2));
    cap_t call = test_copy(peer.endpoint, RIGHT_ALL);
    cap_t to = test_slots(2);
    struct message m = {.tag = 0};

    w.message->caps[0] = peer.endpoint | CAP_MOVE;
    w.message->caps[1] = peer.reply | CAP_MOVE;
    b->receive[0] = to;
    b->receive[1] = to + 1;
    DONE(sys_call(call, &m));
    EQUAL(test_look(to).type, TYPE_ENDPOINT);
    EQUAL(test_look(to + 1).type, TYPE_REPLY);
    EQUAL(peer.outcome, E_AGAIN);
}

TEST(transfer_revoked, "a capability that is revoked while its message waits does not arrive")
{
    cap_t endpoint = test_make(TYPE_ENDPOINT, 0);
    cap_t reply = test_make(TYPE_REPLY, 0);
    cap_t origin = test_make(TYPE_NOTIFICATION, 0);
    cap_t gift = test_copy(origin, RIGHT_ALL);
    cap_t to = test_slot();
    struct message_buffer *b = test_buffer();
    struct caller c = {.endpoint = endpoint, .m = {.tag = MESSAGE_TAG(0, 0, 1)}};
    struct worker w = test_worker(TEST_ABOVE);
    struct message m = {.tag = 0};

    w.message->caps[0] = gift | RIGHT_ALL * CAP_RIGHTS;
    test_start(&w, test_call, (word_t)&c);
    DONE(cnode_revoke(ROOT_CNODE, origin));
    b->receive[0] = to;
    b->caps[0] = 1;
    DONE(sys_recv(endpoint, reply, &m, 0));
    EQUAL(b->caps[0], 0);
    EQUAL(test_look(to).type, TYPE_NULL);
}

TEST(transfer_buffer_gone,
     "who loses its message buffer while it waits gets the words in registers")
{
    struct worker w = peer_start(MESSAGE_TAG(0, 1, 0));
    cap_t frame = test_make(TYPE_FRAME, 0);
    struct message m = {.tag = MESSAGE_TAG(4, 100, 0), .w = {1, 2, 3, 4, 5, 6, 7, 8}};

    DONE(thread_configure(w.thread, 0, 0, frame, 0, 0));
    EQUAL(test_state(w.thread), RECEIVING);
    DONE(cnode_revoke(ROOT_CNODE, frame));
    DONE(sys_call(peer.endpoint, &m));
    EQUAL(peer.tag, MESSAGE_TAG(4, 8, 0));
    EQUAL(m.tag, MESSAGE_TAG(0, 1, 0));
}
