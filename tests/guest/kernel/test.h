/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's tests: how a test is written, and what it has at hand.
 *
 * Rules of use:
 * - A test is TEST(name, "what is expected") { ... }, or PAIR(operation, OUTCOME) { ... } for an
 *   outcome that abi.yaml lists; it runs on the main thread, priority TEST_PRIORITY.
 * - It ends at the first thing that is not so: CHECK, DONE and REFUSED do not return then. A fault
 * of the main thread or of a worker, and a test that does not end, fail it as well.
 * - Everything is made with test_make() and its like: out of the arena, into slots of the area.
 *   When the test is over the arena is revoked and the area emptied; if that leaves anything behind
 *   the test has failed. So no test can disturb the next.
 * - Workers share the program's memory. One of a priority above TEST_PRIORITY has gone as far as it
 *   can by itself when the call that let it run returns: no test needs to wait for "a while".
 */
#ifndef TEST_H
#define TEST_H

#include <abi/pairs.h>
#include <first/first.h>

#define TEST_PRIORITY 200
#define TEST_ABOVE    210
#define TEST_BELOW    190

/** A test: what it is called, and for a PAIR, 1 + which. */
struct test {
    const char *name;
    void (*run)(void);
    word_t pair;
};

#define TEST_ENTRY(id, text, number)                                                             \
    static void test_##id(void);                                                                 \
    static const struct test entry_##id = {text, test_##id, number};                             \
    static const struct test *const pointer_##id __attribute__((section("tests"), used)) =       \
        &entry_##id;                                                                             \
    static void test_##id(void)

/** A test of anything. */
#define TEST(id, text) TEST_ENTRY(id, text, 0)

/** A test of one outcome of one operation: it must provoke it, by REFUSED or DONE. */
#define PAIR(operation, outcome)                                                                 \
    TEST_ENTRY(operation##_##outcome, 0, 1 + PAIR_##operation##_##outcome)

/** This must be so. */
#define CHECK(condition) ((condition) ? (void)0 : test_fail(#condition, __FILE__, __LINE__))

/** These numbers must be equal; says what they are. */
#define EQUAL(is, expected) test_equal((is), (expected), #is, __FILE__, __LINE__)

/** A number must be from `low` to `high`; says what it is. */
#define BETWEEN(low, is, high) test_between((low), (is), (high), #is, __FILE__, __LINE__)

/** This call must succeed. */
#define DONE(call) test_outcome((call), E_OK, #call, __FILE__, __LINE__)

/** This call must give this error. */
#define FAILS(error, call) test_outcome((call), (error), #call, __FILE__, __LINE__)

/** This call must give this error and change nothing that can be seen. */
#define REFUSED(error, call)                                                                     \
    do {                                                                                         \
        test_remember();                                                                         \
        test_outcome((call), (error), #call, __FILE__, __LINE__);                                \
        test_compare(#call, __FILE__, __LINE__);                                                 \
    } while (0)

_Noreturn void test_fail(const char *what, const char *file, int line);
void test_equal(word_t is, word_t expected, const char *what, const char *file, int line);
void test_between(word_t low, word_t is, word_t high, const char *what, const char *file, int line);
void test_outcome(enum error is, enum error expected, const char *call, const char *file, int line);
void test_remember(void);

/** Remember what everything made so far looks like. */
void test_note(void);

/** That is still what it looks like. */
void test_compare(const char *call, const char *file, int line);

/** Let the test go on for so many ticks from now (it has TEST_TICKS at first). */
void test_allow(word_t ticks);
#define TEST_TICKS (first_info()->ticks_per_second * 2)

/** The number behind `name=` on the kernel's command line, `otherwise` if it is not there. */
word_t test_option(const char *name, word_t otherwise);

/** Is this text the value of `name=` on the command line, or is none given? */
bool test_chosen(const char *name, const char *text);

/* --- Things to test with --------------------------------------------------------------------- */

/** Empty slots in a row. @return the first */
cap_t test_slots(word_t count);
cap_t test_slot(void);

/** New objects in new slots. */
cap_t test_make(word_t type, word_t size);
cap_t test_make_many(word_t type, word_t size, word_t count);

/** A new Untyped. @param pages 1 and up */
cap_t test_untyped(word_t pages);

/** A copy with these rights; with this badge. */
cap_t test_copy(cap_t of, word_t rights);
cap_t test_badge(cap_t of, word_t badge);

/** An index beyond the end of the caller's CNode. */
cap_t test_beyond(void);

/** What CNode.inspect says. */
struct look {
    word_t type, object, rights, badge, extra, child;
};
struct look test_look_in(cap_t cnode, word_t slot);
struct look test_look(cap_t slot);

/** The state of a thread, of Thread.inspect. */
enum { SUSPENDED, READY, SENDING, RECEIVING, REPLYING, SIGNALLED };
word_t test_state(cap_t thread);

/** The state of a worker whose function has returned. */
#define RESTING SIGNALLED

/** On whose scheduling context a thread runs: object number, 0 for none. */
word_t test_context_of(cap_t thread);

/** A new frame mapped at a new address of the program. @return the address */
void *test_page(cap_t *frame);

/** A new address: `bytes` that nothing is mapped in, with tables for them. */
word_t test_window(word_t bytes);

/** A new address space with enough tables for some mappings below 1 GiB from `vaddr`. */
cap_t test_space(void);

/** A copy of the program's memory as it is now: another address space. */
cap_t test_clone(void);

/** A thread. */
struct worker {
    cap_t thread;
    cap_t sc;                       /**< 0: passive */
    struct message_buffer *message; /**< its message buffer */
    word_t stack_top;
};

/** A thread in the program's address space and CNode. @param priority -1: passive */
struct worker test_worker(int priority);

/** The same in another address space, which has the program's memory. */
struct worker test_worker_in(cap_t space, int priority);

/** Start a worker, or start it again. `function` may return: the thread then waits for ever. */
void test_start(const struct worker *w, void (*function)(word_t), word_t argument);

/** Let a worker's faults go to this endpoint rather than fail the test. */
void test_faults_to(const struct worker *w, cap_t endpoint);

/** What a worker does when its function has returned: nothing, for ever. */
_Noreturn void test_rest(void);

/** A new full scheduling context, unbound. */
cap_t test_context(word_t priority);

/** The main thread's message buffer, with nothing accepted and nothing sent. */
struct message_buffer *test_buffer(void);

/* Simple servers for workers to be. */
struct server {
    cap_t endpoint, reply;
    volatile word_t calls; /**< served so far */
    volatile word_t badge; /**< of the last */
    volatile word_t error; /**< with which it ended, if it did */
    volatile bool stay;    /**< loop instead of answering */
    cap_t next;            /**< endpoint that it calls before it answers, or 0 */
    volatile word_t inner; /**< outcome of that call */
};

/** Answers every call with its words plus one each. @param server address of a struct server */
void test_serve(word_t server);

/** A running server. @param priority -1: passive */
struct worker test_server(struct server *s, int priority);

/** A caller whose call is under way: the outcome is UNDER_WAY until it ends. */
struct caller {
    cap_t endpoint;
    struct message m;
    volatile word_t outcome;
};
#define UNDER_WAY 99

/** Call, once. @param caller address of a struct caller */
void test_call(word_t caller);

/** A running caller of `endpoint`. It has called when this returns, if its priority is above. */
struct worker test_caller(struct caller *c, cap_t endpoint, int priority);

/** What a worker did that is expected to fault. */
struct faulted {
    struct worker w;
    cap_t endpoint, reply;
    struct message m; /**< the fault's message; it waits for an answer through `reply` */
};

/** Run `function` on a worker above the main thread until it faults. @param badge of the fault
 * endpoint, or 0 */
void test_fault(struct faulted *f, void (*function)(word_t), word_t argument, word_t badge);

/** Answer a fault. @param words 0: try again; 21: with the registers in the main thread's message
 */
void test_answer(struct faulted *f, word_t words);

/** A thread above all others that wakes up in each period and notes how late it was. */
struct beat {
    word_t period;
    volatile word_t ticks, late_max;
    cap_t timer, notification;
};
void test_beat(struct beat *b, word_t period);

/** Leave a test that this machine is not made for: it counts neither way. */
_Noreturn void test_skip(const char *why);

/** Leaves of CPUID. */
struct cpuid {
    uint32_t a, b, c, d;
};
static inline struct cpuid test_cpuid(uint32_t leaf, uint32_t sub)
{
    struct cpuid r = {leaf, 0, sub, 0};

    __asm__ volatile("cpuid" : "+a"(r.a), "=b"(r.b), "+c"(r.c), "=d"(r.d));
    return r;
}

#endif
