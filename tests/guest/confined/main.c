/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ten million random system calls. A thread in a small world of its own (its CNode, an address
 * space, some memory, a bit of time, no way to anybody) makes them; the main thread makes worlds,
 * watches, and looks for capabilities that should not be in one. When a world gets stuck, as it
 * may, by stopping itself or waiting for nobody, the next one begins. The seed is an argument and
 * printed: the same seed makes the same calls.
 */
#include <abi/call.h>
#include <abi/invoke.h>
#include <check/check.h>
#include <rt/clock.h>
#include <rt/format.h>
#include <rt/memory.h>
#include <rt/object.h>
#include <rt/program.h>
#include <rt/slot.h>

#define CALLS       10000000ul
#define WORLD_CALLS 3000ul
#define SLOTS       64u
#define WORLD_BYTES (256ul << 10)
#define STACK_PAGES 2u

/* What a world begins with. */
enum {
    OWN_CNODE = 1,
    OWN_SPACE,
    OWN_THREAD,
    OWN_SCHED,
    OWN_MEMORY,
    OWN_REPLY,
    OWN_SIGNALS,
    OWN_FRAME
};

struct world {
    cap_t memory, cnode, thread, space;
};

static volatile word_t calls; /* of the present world */
static word_t good;           /* of all, how many were carried out */
static word_t state;          /* of the random numbers, of one world */

static word_t random_word(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* Words that mean something somewhere are as likely as those that do not. */
static word_t interesting(void)
{
    word_t r = random_word();

    switch (r >> 8 & 15) {
    case 0:
    case 1:
        return 0;
    case 2:
    case 3:
    case 4:
    case 5:
        return 1;
    case 6:
    case 7:
    case 8:
    case 9:
        return r >> 16 & 0xf;
    case 10:
    case 11:
        return r >> 16 & (SLOTS - 1);
    case 12:
        return (r >> 16 & 0xff) * 64;
    case 13:
        return (r >> 16 & 0xffff) * 4096;
    case 14:
        return ~(r >> 16 & 0xff);
    default:
        return r;
    }
}

/* Half of them among the first, where a world's things are. */
static word_t some_cap(void)
{
    word_t r = random_word();

    if (r % 1024 == 1)
        return r >> 10;
    return r >> 10 & (r & 512 ? 15 : SLOTS - 1);
}

/* Calls that wait are rare: a world that waits is at its end. */
static word_t number(void)
{
    static const word_t often[] = {SYS_CALL | SYS_NONBLOCK, SYS_CALL | SYS_NONBLOCK,
                                   SYS_CALL | SYS_NONBLOCK, SYS_SEND | SYS_NONBLOCK,
                                   SYS_RECV | SYS_NONBLOCK, SYS_REPLY_RECV | SYS_NONBLOCK};
    word_t r = random_word();

    if (r % 65536 == 0)
        return r >> 20 & 31;
    if (r % 64 == 0)
        return 32 + (r >> 20);
    return often[(r >> 20) % (sizeof often / sizeof often[0])];
}

static void fuzz(void)
{
    for (;;) {
        struct message m = {.tag = MESSAGE_TAG(random_word() % 10, random_word() % 12, 0)};

        if (random_word() % 256 == 0)
            m.tag = random_word();
        for (unsigned i = 0; i < MESSAGE_REGS; i++)
            m.w[i] = interesting();
        good += sys_enter(number(), some_cap(), random_word() & (SLOTS - 1), &m) == E_OK;
        calls = calls + 1;
    }
}

static cap_t make(const struct world *w, word_t type, word_t size)
{
    cap_t slot = rt_slot_alloc();

    RT_CHECK(slot != 0 && untyped_retype(w->memory, type, size, 0, slot, 1) == E_OK);
    return slot;
}

/* Copies into the world, of what it may do without harm to us; in one of eight worlds also to its
 * thread. */
static void furnish(const struct world *w)
{
    word_t thread_rights = random_word() % 8 == 0 ? RIGHT_ALL : RIGHT_READ;

    RT_CHECK(cnode_copy(w->cnode, OWN_CNODE, 0, w->cnode, RIGHT_ALL, 1) == E_OK);
    RT_CHECK(cnode_copy(w->cnode, OWN_SPACE, 0, w->space, RIGHT_ALL, 1) == E_OK);
    RT_CHECK(cnode_copy(w->cnode, OWN_THREAD, 0, w->thread, thread_rights, 1) == E_OK);
    RT_CHECK(cnode_copy(w->cnode, OWN_SCHED, 0, COMPONENT_EXTRA_SCHED, RIGHT_READ, 1) == E_OK);
    RT_CHECK(untyped_retype(w->memory, TYPE_REPLY, 0, w->cnode, OWN_REPLY, 1) == E_OK);
    RT_CHECK(untyped_retype(w->memory, TYPE_NOTIFICATION, 0, w->cnode, OWN_SIGNALS, 1) == E_OK);
    RT_CHECK(untyped_retype(w->memory, TYPE_FRAME, 0, w->cnode, OWN_FRAME, 4) == E_OK);
    RT_CHECK(untyped_retype(w->memory, TYPE_UNTYPED, 32 * PAGE_GRANULES, w->cnode, OWN_MEMORY, 1) ==
             E_OK);
}

/* Its thread shares our pages, to run its program, but has no capability to them. */
static void begin(struct world *w, word_t stack_top)
{
    w->cnode = make(w, TYPE_CNODE, SLOTS);
    w->thread = make(w, TYPE_THREAD, 0);
    w->space = make(w, TYPE_ADDRESS_SPACE, 0);
    furnish(w);
    RT_CHECK(thread_configure(w->thread, w->cnode, COMPONENT_SPACE, 0, 0, 0) == E_OK);
    RT_CHECK(thread_write_registers(w->thread, (word_t)fuzz, stack_top - 8, 0, 0, 0, 0, 0, 0) ==
             E_OK);
    RT_CHECK(sched_context_unbind(COMPONENT_EXTRA_SCHED) == E_OK);
    RT_CHECK(sched_context_bind(COMPONENT_EXTRA_SCHED, w->thread) == E_OK);
    RT_CHECK(thread_resume(w->thread) == E_OK);
}

/* Run it until it has made enough calls or no more come. */
static void watch(void)
{
    word_t before;

    do {
        before = calls;
        (void)rt_sleep_ns(1000000);
    } while (calls < WORLD_CALLS && calls != before);
}

/* May a world hold such a thing? Everything that can be made from memory, but nothing that only
 * root gives. */
static bool allowed(word_t type)
{
    switch (type) {
    case TYPE_DEVICE_UNTYPED:
    case TYPE_IO_PORT:
    case TYPE_CPU:
    case TYPE_IRQ_CONTROL:
        return false;
    default:
        return true;
    }
}

static word_t count_stolen(const struct world *w, const word_t *ours)
{
    word_t stolen = 0;

    for (word_t i = 1; i < SLOTS; i++) {
        word_t type, object, rights, badge, extra, hint;

        if (cnode_inspect(w->cnode, i, &type, &object, &rights, &badge, &extra, &hint) != E_OK ||
            type == TYPE_NULL)
            continue;
        stolen += !allowed(type);
        for (const word_t *o = ours; *o != 0; o++)
            stolen += object == *o;
    }
    return stolen;
}

static void end(struct world *w)
{
    RT_CHECK(cnode_revoke(COMPONENT_CNODE, w->memory) == E_OK);
    rt_slot_free(w->cnode);
    rt_slot_free(w->thread);
    rt_slot_free(w->space);
}

/* The objects behind our own capabilities, but for the scheduling context that the world runs on.
 */
static void list_ours(word_t *ours)
{
    unsigned n = 0;

    for (word_t i = 1; i < 16; i++) {
        word_t type, object, rights, badge, extra, hint;

        RT_CHECK(cnode_inspect(COMPONENT_CNODE, i, &type, &object, &rights, &badge, &extra,
                               &hint) == E_OK);
        if (type != TYPE_NULL && type != TYPE_UNTYPED && object != 0)
            ours[n++] = object;
    }
    ours[n] = 0;
}

int main(void)
{
    struct world w = {.memory = rt_object_new(TYPE_UNTYPED, WORLD_BYTES / GRANULE)};
    char *stack = rt_pages_alloc(STACK_PAGES);
    word_t ours[17];
    word_t seed = 0, made = 0, worlds = 0, stolen = 0;
    const char *given = rt_argument("seed");

    RT_CHECK(w.memory != 0 && stack != NULL);
    for (; given != NULL && *given >= '0' && *given <= '9'; given++)
        seed = seed * 10 + (word_t)(*given - '0');
    if (seed == 0)
        seed = rt_now();
    rt_say(2, "seed %lu", seed);
    list_ours(ours);
    for (; made < CALLS; worlds++) {
        calls = 0;
        state = (seed + worlds) * 0x9e3779b97f4a7c15ul | 1;
        begin(&w, (word_t)stack + STACK_PAGES * RT_PAGE);
        watch();
        made += calls;
        stolen += count_stolen(&w, ours);
        end(&w);
    }
    rt_say(2, "%lu system calls in %lu worlds, %lu carried out", made, worlds, good);
    check(made >= CALLS && good > made / 100, "ten million random system calls do no harm",
          "fewer");
    check_value(stolen == 0, "they bring nobody a capability that was not given", stolen);
    return check_end();
}
