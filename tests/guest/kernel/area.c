/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a test makes its things: the arena (an Untyped) and the area (slots of the first CNode).
 * Also remembers what all slots of the area looked like, to find out whether a call changed one.
 */
#include "area.h"

#define AREA_SLOTS  1536u
#define ARENA_PAGES 12288u /* 48 MiB */
#define WINDOW      0x200000000ul
#define WINDOW_END  0x240000000ul
#define STACK_BYTES 16384u

cap_t area_faults;

static struct {
    cap_t arena, first, next, never;
    word_t window;
    word_t remembered[AREA_SLOTS];
    word_t remembered_count;
    bool remembering;
} area;

void area_make(void)
{
    area.arena = first_make(TYPE_UNTYPED, ARENA_PAGES * PAGE_GRANULES);
    area.first = first_slots(AREA_SLOTS);
    area.never = first_make(TYPE_NOTIFICATION, 0);
    FIRST_CHECK(address_space_supply(ROOT_SPACE, first_make(TYPE_UNTYPED, 512 * PAGE_GRANULES)) ==
                E_OK);
}

void area_begin(void)
{
    area.next = area.first;
    area.window = WINDOW;
    area.remembering = false;
    (void)test_buffer();
}

/* They would fault when their stacks go before they do. */
static void stop_threads(void)
{
    word_t self = test_look(ROOT_THREAD).object;

    for (cap_t slot = area.first; slot < area.next; slot++) {
        struct look l = test_look(slot);

        if (l.type == TYPE_THREAD && l.object != self)
            (void)thread_suspend(slot);
    }
}

const char *area_end(void)
{
    bool left = false;

    (void)thread_bind(ROOT_THREAD, 0);
    FIRST_CHECK(thread_set_flags(ROOT_THREAD, 0) == E_OK);
    stop_threads();
    FIRST_CHECK(cnode_revoke(ROOT_CNODE, area.arena) == E_OK);
    FIRST_CHECK(cnode_delete(ROOT_CNODE, area.first, AREA_SLOTS) == E_OK);
    for (word_t i = 0; i < AREA_SLOTS; i++)
        left |= test_look(area.first + i).type != TYPE_NULL;
    if (left)
        return "a slot is not empty afterwards";
    if (test_look(area.arena).child != 0)
        return "something is left of what it made";
    if (untyped_retype(area.arena, TYPE_UNTYPED, ARENA_PAGES * PAGE_GRANULES, 0, area.first, 1) !=
        E_OK)
        return "the memory cannot be used again";
    return cnode_delete(ROOT_CNODE, area.first, 1) == E_OK ? 0 : "the memory cannot be given back";
}

/* --- Remembering ----------------------------------------------------------------------------- */

static word_t mix(word_t sum, word_t value)
{
    return (sum ^ value) * 0x100000001b3ul + (sum >> 29);
}

static word_t mix_look(word_t sum, struct look l)
{
    sum = mix(mix(mix(sum, l.type), l.object), l.rights);
    return mix(mix(mix(sum, l.badge), l.extra), l.child);
}

/* What its own operations say of a thread; the main thread, whose registers change, has none here.
 */
static word_t mix_thread(word_t sum, cap_t thread)
{
    word_t v[8] = {0};

    if (thread_inspect(thread, &v[0], &v[1], &v[2], &v[3], &v[4]) != E_OK)
        return sum;
    for (word_t i = 0; i < 5; i++)
        sum = mix(sum, v[i]);
    (void)thread_read_registers(thread, &v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &v[6], &v[7]);
    for (word_t i = 0; i < 8; i++)
        sum = mix(sum, v[i]);
    for (word_t i = MESSAGE_REGS; i < 21; i++)
        sum = mix(sum, first_buffer()->words[i]);
    return sum;
}

static word_t mix_cnode(word_t sum, cap_t cnode, word_t slots)
{
    for (word_t i = 1; i < slots && i < 64; i++)
        sum = mix_look(sum, test_look_in(cnode, i));
    return sum;
}

static word_t mix_slot(cap_t slot)
{
    struct look l = test_look(slot);
    word_t sum = mix_look(0xcbf29ce484222325ul, l);
    word_t unused;
    word_t v[4];

    if (!(l.rights & RIGHT_READ))
        return sum;
    if (l.type == TYPE_THREAD)
        return mix_thread(sum, slot);
    if (l.type == TYPE_CNODE)
        return mix_cnode(sum, slot, l.badge);
    if (l.type != TYPE_SCHED_CONTEXT)
        return sum;
    (void)sched_context_consumed(slot, &unused, &v[0], &v[1], &v[2], &v[3]);
    return mix(mix(mix(mix(sum, v[0]), v[1]), v[2]), v[3]);
}

/* The buffer's words are used to read registers with: they are put back. */
static void keep_buffer(word_t *kept, bool back)
{
    for (word_t i = MESSAGE_REGS; i < 21; i++) {
        if (back)
            first_buffer()->words[i] = kept[i];
        else
            kept[i] = first_buffer()->words[i];
    }
}

void test_note(void)
{
    word_t kept[21];

    keep_buffer(kept, false);
    area.remembered_count = area.next - area.first;
    for (word_t i = 0; i < area.remembered_count; i++)
        area.remembered[i] = mix_slot(area.first + i);
    keep_buffer(kept, true);
}

void test_remember(void)
{
    area.remembering = true;
    test_note();
}

void test_compare(const char *call, const char *file, int line)
{
    word_t kept[21];

    area.remembering = false;
    keep_buffer(kept, false);
    for (word_t i = 0; i < area.remembered_count; i++) {
        if (mix_slot(area.first + i) != area.remembered[i]) {
            first_print("# slot %lu of the area was changed by %s\n", i, call);
            test_fail("it was refused but changed something", file, line);
        }
    }
    keep_buffer(kept, true);
}

/* Arguments of a call that is to be refused may be made within REFUSED: that is no change. */
static void made(void)
{
    if (area.remembering)
        test_remember();
}

/* --- Making ---------------------------------------------------------------------------------- */

cap_t test_slots(word_t count)
{
    cap_t slot = area.next;

    area.next += count;
    FIRST_CHECK(area.next <= area.first + AREA_SLOTS);
    return slot;
}

cap_t test_slot(void)
{
    return test_slots(1);
}

cap_t test_make_many(word_t type, word_t size, word_t count)
{
    cap_t slot = test_slots(count);

    FIRST_CHECK(untyped_retype(area.arena, type, size, 0, slot, count) == E_OK);
    made();
    return slot;
}

cap_t test_make(word_t type, word_t size)
{
    return test_make_many(type, size, 1);
}

cap_t test_untyped(word_t pages)
{
    return test_make(TYPE_UNTYPED, pages * PAGE_GRANULES);
}

cap_t test_copy(cap_t of, word_t rights)
{
    cap_t slot = test_slot();

    FIRST_CHECK(cnode_copy(ROOT_CNODE, slot, 0, of, rights, 1) == E_OK);
    made();
    return slot;
}

cap_t test_badge(cap_t of, word_t badge)
{
    cap_t slot = test_slot();

    FIRST_CHECK(cnode_mint(ROOT_CNODE, slot, 0, of, RIGHT_ALL, badge) == E_OK);
    made();
    return slot;
}

cap_t test_beyond(void)
{
    return first_info()->cnode_slots;
}

struct look test_look_in(cap_t cnode, word_t slot)
{
    struct look l = {0};

    FIRST_CHECK(cnode_inspect(cnode, slot, &l.type, &l.object, &l.rights, &l.badge, &l.extra,
                              &l.child) == E_OK);
    return l;
}

struct look test_look(cap_t slot)
{
    return test_look_in(ROOT_CNODE, slot);
}

word_t test_state(cap_t thread)
{
    word_t state, a, b, c, d;

    FIRST_CHECK(thread_inspect(thread, &state, &a, &b, &c, &d) == E_OK);
    return state;
}

word_t test_context_of(cap_t thread)
{
    word_t sc, a, b, c, d;

    FIRST_CHECK(thread_inspect(thread, &a, &b, &sc, &c, &d) == E_OK);
    return sc;
}

word_t test_window(word_t bytes)
{
    word_t at = area.window;

    area.window += (bytes + 4095) / 4096 * 4096;
    FIRST_CHECK(area.window <= WINDOW_END);
    return at;
}

static cap_t map_at(cap_t space, word_t vaddr)
{
    cap_t frame = test_make(TYPE_FRAME, 0);

    FIRST_CHECK(address_space_map(space, 0, frame, 1, vaddr, MAP_READ | MAP_WRITE) == E_OK);
    return frame;
}

void *test_page(cap_t *frame)
{
    word_t at = test_window(4096);
    cap_t made = map_at(ROOT_SPACE, at);

    if (frame != 0)
        *frame = made;
    return (void *)at;
}

cap_t test_space(void)
{
    cap_t space = test_make(TYPE_ADDRESS_SPACE, 0);

    FIRST_CHECK(address_space_supply(space, test_untyped(16)) == E_OK);
    made();
    return space;
}

/* Pages of the program are copied through a window of its own address space. */
cap_t test_clone(void)
{
    extern char __executable_start[], _end[];
    cap_t space = test_space();
    cap_t scratch = test_slot();
    word_t window = test_window(4096);
    word_t first = (word_t)__executable_start / 4096 * 4096;
    word_t pages = ((word_t)_end - first + 4095) / 4096;
    cap_t frames = test_slots(pages);

    for (word_t i = 0; i < pages; i++) {
        FIRST_CHECK(untyped_retype(area.arena, TYPE_FRAME, 0, 0, frames + i, 1) == E_OK);
        FIRST_CHECK(cnode_copy(ROOT_CNODE, scratch, 0, frames + i, RIGHT_ALL, 1) == E_OK);
        FIRST_CHECK(address_space_map(ROOT_SPACE, 0, scratch, 1, window, MAP_READ | MAP_WRITE) ==
                    E_OK);
        for (word_t w = 0; w < 512; w++)
            ((volatile word_t *)window)[w] = ((volatile word_t *)(first + 4096 * i))[w];
        FIRST_CHECK(cnode_delete(ROOT_CNODE, scratch, 1) == E_OK);
    }
    FIRST_CHECK(address_space_map(space, 0, frames, pages, first,
                                  MAP_READ | MAP_WRITE | MAP_EXECUTE | MAP_WX) == E_OK);
    return space;
}

/* --- Workers --------------------------------------------------------------------------------- */

cap_t test_context(word_t priority)
{
    cap_t sc = test_make(TYPE_SCHED_CONTEXT, 0);
    word_t slice = first_info()->ticks_per_second / 100;

    FIRST_CHECK(cpu_configure(ROOT_CPU, sc, slice, slice, priority) == E_OK);
    made();
    return sc;
}

struct worker test_worker_in(cap_t space, int priority)
{
    struct worker w = {.thread = test_make(TYPE_THREAD, 0)};
    word_t base = test_window(4096 + STACK_BYTES + 4096); /* with a gap to the next */
    cap_t buffer = map_at(space, base);

    for (word_t at = 0; at < STACK_BYTES; at += 4096)
        (void)map_at(space, base + 4096 + at);
    w.message = (struct message_buffer *)base;
    w.stack_top = base + 4096 + STACK_BYTES;
    FIRST_CHECK(thread_configure(w.thread, ROOT_CNODE, space, buffer, area_faults, 0) == E_OK);
    if (priority >= 0) {
        w.sc = test_context((word_t)priority);
        FIRST_CHECK(sched_context_bind(w.sc, w.thread) == E_OK);
    }
    return w;
}

struct worker test_worker(int priority)
{
    return test_worker_in(ROOT_SPACE, priority);
}

void test_start(const struct worker *w, void (*function)(word_t), word_t argument)
{
    /* As behind a call: the stack is 8 off a multiple of 16. */
    *(word_t *)(w->stack_top - 8) = (word_t)test_rest;
    FIRST_CHECK(thread_suspend(w->thread) == E_OK);
    FIRST_CHECK(thread_write_registers(w->thread, (word_t)function, w->stack_top - 8, 0, 0, 0,
                                       argument, 0, 0) == E_OK);
    FIRST_CHECK(thread_resume(w->thread) == E_OK);
}

void test_faults_to(const struct worker *w, cap_t endpoint)
{
    FIRST_CHECK(thread_configure(w->thread, 0, 0, 0, endpoint, 0) == E_OK);
}

void test_rest(void)
{
    for (;;) {
        struct message m = {.tag = 0};

        (void)sys_recv(area.never, 0, &m, 0); /* nobody signals it */
    }
}

struct message_buffer *test_buffer(void)
{
    struct message_buffer *b = first_buffer();

    for (word_t i = 0; i < MESSAGE_WORDS; i++)
        b->words[i] = 0;
    for (word_t i = 0; i < MESSAGE_CAPS; i++) {
        b->caps[i] = 0;
        b->receive[i] = 0;
    }
    return b;
}
