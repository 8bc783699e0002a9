/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A thread: made from untyped memory, configured, given processor time and registers, started. Its
 * message buffer is there already. A component: CNode, address space with tables, code and 16 pages
 * of its own, a thread, processor time, an endpoint; up to its first instruction, and its end.
 */
#include "bench.h"

#define PAGES    16u
#define CODE_AT  0x400000ul
#define DATA_AT  0x500000ul
#define WINDOW   0x3a0000000ul

static cap_t untyped, s;

static void thread_once(cap_t buffer, cap_t faults)
{
    BEGIN(PATH_thread);
    MUST(untyped_retype(untyped, TYPE_THREAD, 0, 0, s, 1));
    MUST(untyped_retype(untyped, TYPE_SCHED_CONTEXT, 0, 0, s + 1, 1));
    MUST(thread_configure(s, ROOT_CNODE, other_space, buffer, faults, 0));
    MUST(cpu_configure(ROOT_CPU, s + 1, 100000, 100000, PRIORITY_LOW));
    MUST(sched_context_bind(s + 1, s));
    MUST(thread_write_registers(s, CODE_AT, 0, 0, 0, 0, 0, 0, 0));
    MUST(thread_resume(s));
    END(PATH_thread);
    MUST(cnode_revoke(ROOT_CNODE, untyped));
}

/* Slots of the component's parts. */
enum { CNODE, SPACE, THREAD, CONTEXT, REPLY, TABLES, CODE, PAGE };

static void component_objects(void)
{
    MUST(untyped_retype(untyped, TYPE_UNTYPED, 8 * PAGE_GRANULES, 0, s + TABLES, 1));
    MUST(untyped_retype(untyped, TYPE_FRAME, 0, 0, s + PAGE, PAGES));
    MUST(untyped_retype(untyped, TYPE_CNODE, 64, 0, s + CNODE, 1));
    MUST(untyped_retype(untyped, TYPE_ADDRESS_SPACE, 0, 0, s + SPACE, 1));
    MUST(untyped_retype(untyped, TYPE_THREAD, 0, 0, s + THREAD, 1));
    MUST(untyped_retype(untyped, TYPE_SCHED_CONTEXT, 0, 0, s + CONTEXT, 1));
    MUST(untyped_retype(untyped, TYPE_REPLY, 0, 0, s + REPLY, 1));
}

/* Of higher priority, so that it begins in the middle of the last call. */
static void component_start(cap_t code, cap_t endpoint)
{
    cap_t space = s + SPACE;

    MUST(address_space_supply(space, s + TABLES));
    MUST(cnode_copy(ROOT_CNODE, s + CODE, 0, code, RIGHT_ALL, 1));
    MUST(address_space_map(space, 0, s + CODE, 1, CODE_AT, MAP_READ | MAP_EXECUTE));
    MUST(address_space_map(space, 0, s + PAGE, PAGES, DATA_AT, MAP_READ | MAP_WRITE));
    MUST(cnode_copy(s + CNODE, 1, 0, endpoint, RIGHT_ALL, 1));
    MUST(cnode_move(s + CNODE, 2, 0, s + REPLY));
    MUST(thread_configure(s + THREAD, s + CNODE, space, s + PAGE, endpoint, 0));
    MUST(cpu_configure(ROOT_CPU, s + CONTEXT, 100000, 100000, PRIORITY_HIGH));
    MUST(sched_context_bind(s + CONTEXT, s + THREAD));
    MUST(thread_write_registers(s + THREAD, CODE_AT, DATA_AT + PAGES * 4096, 0, 0, 0, 0, 0, 0));
    MUST(thread_resume(s + THREAD));
}

/* A page with what a component executes: it ends the run, and then itself, by a fault (UD2) that
 * nobody takes. */
static cap_t make_code(void)
{
    cap_t frame = first_map(ROOT_SPACE, WINDOW, MAP_READ | MAP_WRITE);
    volatile unsigned char *page = (volatile unsigned char *)WINDOW;
    unsigned mark = MARK_MAGIC | MARK_END << 12 | PATH_component;

    page[0] = 0x0f;
    page[1] = 0x1f;
    page[2] = 0x80;
    for (unsigned i = 0; i < 4; i++)
        page[3 + i] = (unsigned char)(mark >> 8 * i);
    page[7] = 0x0f;
    page[8] = 0x0b;
    return frame;
}

static void bench_component(void)
{
    cap_t code = make_code();
    cap_t endpoint = first_make(TYPE_ENDPOINT, 0);

    for (unsigned i = 0; i < runs / 10 + 1; i++) {
        BEGIN(PATH_component);
        component_objects();
        component_start(code, endpoint);
        BEGIN(PATH_component_end);
        MUST(cnode_revoke(ROOT_CNODE, untyped));
        END(PATH_component_end);
        MUST(cnode_delete(ROOT_CNODE, s + CODE, 1));
    }
}

void bench_create(void)
{
    cap_t buffer = first_make(TYPE_FRAME, 0);
    cap_t faults = first_make(TYPE_ENDPOINT, 0);

    untyped = first_make(TYPE_UNTYPED, 64 * PAGE_GRANULES);
    s = first_slots(PAGE + PAGES);
    for (unsigned i = 0; i < runs; i++)
        thread_once(buffer, faults);
    bench_component();
}
