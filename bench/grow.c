/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What more components on the system cost: each is a CNode, an address space, an endpoint, a
 * notification, a thread that is ready to run at low priority, and its scheduling context, from one
 * Untyped. Then the same is measured again, and how long they take to go.
 */
#include "bench.h"

#define PAGE_AT     0x3d0000000ul
#define STORE_SLOTS 65536u
/* Granules of one component's objects: 4 + 1 + 1 + 1 + 24 + 6, rounded up. */
#define COMPONENT_GRANULES 40u
#define GROW_MAX 10000u

static cap_t store, endpoint, quiet, waking, frame, temporary;
static word_t stored;

/* Ends what it was woken for. */
static void waiter(word_t notification)
{
    struct message m = {.tag = 0};

    for (;;) {
        MUST(sys_recv(notification, 0, &m, 0));
        END(PATH_grow_switch_1);
        END(PATH_grow_switch_100);
        END(PATH_grow_switch_10000);
    }
}

/* Its capabilities move to the store: nobody needs them in this CSpace. */
static void put_away(cap_t slot)
{
    MUST(cnode_move(store, ++stored, 0, slot));
}

static void one_more(cap_t untyped)
{
    cap_t s = temporary;

    MUST(untyped_retype(untyped, TYPE_CNODE, 4, 0, s, 1));
    MUST(untyped_retype(untyped, TYPE_ADDRESS_SPACE, 0, 0, s + 1, 1));
    MUST(untyped_retype(untyped, TYPE_ENDPOINT, 0, 0, s + 2, 1));
    MUST(untyped_retype(untyped, TYPE_NOTIFICATION, 0, 0, s + 3, 1));
    MUST(untyped_retype(untyped, TYPE_THREAD, 0, 0, s + 4, 1));
    MUST(untyped_retype(untyped, TYPE_SCHED_CONTEXT, 0, 0, s + 5, 1));
    MUST(thread_configure(s + 4, s, s + 1, 0, s + 2, 0));
    MUST(cpu_configure(ROOT_CPU, s + 5, 100000, 100000, 1));
    MUST(sched_context_bind(s + 5, s + 4));
    MUST(thread_resume(s + 4));
    for (unsigned i = 0; i < 6; i++)
        put_away(s + i);
}

ALWAYS_INLINE void measure(enum path call, enum path signal, enum path wake, enum path map)
{
    struct message m = {.tag = 0};

    for (unsigned i = 0; i < runs; i++) {
        BEGIN(call);
        MUST(sys_call(endpoint, &m));
        END(call);
        BEGIN(signal);
        MUST(sys_send(quiet, &m, 0));
        END(signal);
        BEGIN(wake);
        MUST(sys_send(waking, &m, 0));
        BEGIN(map);
        MUST(address_space_map(ROOT_SPACE, 0, frame, 1, PAGE_AT, MAP_READ | MAP_WRITE));
        END(map);
        MUST(address_space_unmap(ROOT_SPACE, 0, frame, 1));
    }
}

ALWAYS_INLINE void end(enum path path, cap_t untyped)
{
    BEGIN(path);
    MUST(cnode_revoke(ROOT_CNODE, untyped));
    END(path);
    stored = 0;
}

static cap_t populate(word_t count)
{
    word_t pages = (count * COMPONENT_GRANULES + PAGE_GRANULES - 1) / PAGE_GRANULES;
    cap_t untyped = first_make(TYPE_UNTYPED, pages * PAGE_GRANULES);

    for (word_t i = 0; i < count; i++)
        one_more(untyped);
    return untyped;
}

static void make_endpoints(cap_t untyped, word_t count)
{
    for (word_t at = 0; at < count; at += 250)
        MUST(untyped_retype(untyped, TYPE_ENDPOINT, 0, store, 1 + at, 250));
}

static void grow_to(bool all)
{
    cap_t some = populate(1);

    measure(PATH_grow_call_1, PATH_grow_signal_1, PATH_grow_switch_1, PATH_grow_map_1);
    end(PATH_grow_end_1, some);
    some = populate(100);
    measure(PATH_grow_call_100, PATH_grow_signal_100, PATH_grow_switch_100, PATH_grow_map_100);
    end(PATH_grow_end_100, some);
    if (!all)
        return;
    some = populate(GROW_MAX);
    measure(PATH_grow_call_10000, PATH_grow_signal_10000, PATH_grow_switch_10000,
            PATH_grow_map_10000);
    end(PATH_grow_end_10000, some);
    some = first_make(TYPE_UNTYPED, 160 * PAGE_GRANULES);
    make_endpoints(some, 1000);
    end(PATH_grow_revoke_1000, some);
    make_endpoints(some, 10000);
    end(PATH_grow_revoke_10000, some);
}

void bench_grow(bool all)
{
    cap_t notification = first_make(TYPE_NOTIFICATION, 0);

    store = first_make(TYPE_CNODE, STORE_SLOTS);
    temporary = first_slots(6);
    endpoint = make_echo(other_space);
    quiet = badged(first_make(TYPE_NOTIFICATION, 0));
    waking = badged(notification);
    frame = first_make(TYPE_FRAME, 0);
    start_high(other_space, waiter, notification);
    map_at(ROOT_SPACE, frame, PAGE_AT, MAP_READ);
    MUST(address_space_unmap(ROOT_SPACE, 0, frame, 1));
    grow_to(all);
}
