/* SPDX-License-Identifier: BSD-2-Clause */
/* Mappings as programs feel them, pagers, and long operations on thousands of frames. */
#include "test.h"

#define DATA   (MAP_READ | MAP_WRITE)
#define US     (first_info()->ticks_per_second / 1000000)
#define FRAMES 2000u

/* Access bits of a page fault message. */
#define PRESENT 1u
#define WRITE   2u
#define USER    4u
#define FETCH   16u

static volatile word_t seen;

static void read_from(word_t address)
{
    seen = *(volatile word_t *)address;
}

static void write_to(word_t address)
{
    *(volatile word_t *)address = 4711;
}

static void jump_to(word_t address)
{
    ((void (*)(void))address)();
}

static void check_fault(const struct faulted *f, word_t address, word_t access)
{
    EQUAL(f->m.tag, MESSAGE_TAG(FAULT_PAGE, 5, 0));
    EQUAL(f->m.w[0], address);
    EQUAL(f->m.w[1], access);
}

TEST(memory_unmapped,
     "reading, writing and running what is not mapped faults, and the message says where")
{
    struct faulted f;
    word_t at = test_window(4096);

    test_fault(&f, read_from, at + 8, 55);
    check_fault(&f, at + 8, USER);
    EQUAL(f.m.badge, 55);
    CHECK(f.m.w[2] >= (word_t)read_from && f.m.w[2] < (word_t)read_from + 64);
    CHECK(f.m.w[3] <= f.w.stack_top && f.m.w[3] > f.w.stack_top - 256);
    EQUAL(f.m.w[4] & 0x200, 0x200);
    test_fault(&f, write_to, at + 16, 0);
    check_fault(&f, at + 16, USER | WRITE);
    test_fault(&f, jump_to, at, 0);
    check_fault(&f, at, USER | FETCH);
}

TEST(memory_access, "write and execute are what the mapping says")
{
    struct faulted f;
    cap_t frame;
    word_t *page = test_page(&frame);

    page[0] = 0xc3; /* ret */
    DONE(address_space_protect(ROOT_SPACE, 0, frame, 1, MAP_READ));
    test_fault(&f, write_to, (word_t)page, 0);
    check_fault(&f, (word_t)page, PRESENT | WRITE | USER);
    EQUAL(page[0], 0xc3);
    test_fault(&f, jump_to, (word_t)page, 0);
    check_fault(&f, (word_t)page, PRESENT | USER | FETCH);
    DONE(address_space_protect(ROOT_SPACE, 0, frame, 1, MAP_READ | MAP_EXECUTE));
    jump_to((word_t)page);
    test_fault(&f, write_to, (word_t)page, 0);
    DONE(address_space_protect(ROOT_SPACE, 0, frame, 1, DATA | MAP_EXECUTE | MAP_WX));
    page[1] = 1;
    jump_to((word_t)page);
    DONE(address_space_unmap(ROOT_SPACE, 0, frame, 1));
    test_fault(&f, read_from, (word_t)page, 0);
    check_fault(&f, (word_t)page, USER);
}

TEST(memory_pager,
     "a pager maps what is missing, and the thread goes on as if it had always been there")
{
    struct faulted f;
    word_t at = test_window(4096);
    cap_t frame = test_make(TYPE_FRAME, 0);

    seen = 1;
    test_fault(&f, read_from, at, 0);
    DONE(address_space_map(ROOT_SPACE, 0, frame, 1, at, MAP_READ));
    test_answer(&f, 0);
    EQUAL(seen, 0);
    EQUAL(test_state(f.w.thread), RESTING);
    /* An answer without remedy: it faults again. */
    test_fault(&f, write_to, at, 0);
    test_answer(&f, 0);
    DONE(sys_recv(f.endpoint, f.reply, &f.m, SYS_NONBLOCK));
    check_fault(&f, at, PRESENT | WRITE | USER);
    DONE(address_space_protect(ROOT_SPACE, 0, frame, 1, DATA));
    test_answer(&f, 0);
    EQUAL(*(word_t *)at, 4711);
}

TEST(memory_copy_on_write, "two views of one frame; who writes is given a copy")
{
    struct faulted f;
    cap_t frame, copy = test_make(TYPE_FRAME, 0);
    word_t *page = test_page(&frame);
    cap_t shared = test_copy(frame, RIGHT_READ);
    word_t view = test_window(4096);
    word_t *scratch = (word_t *)test_window(4096);
    cap_t writable = test_copy(copy, RIGHT_ALL);

    page[0] = 10;
    page[511] = 20;
    DONE(address_space_map(ROOT_SPACE, 0, shared, 1, view, MAP_READ));
    EQUAL(((volatile word_t *)view)[511], 20);
    test_fault(&f, write_to, view, 0);
    check_fault(&f, view, PRESENT | WRITE | USER);
    DONE(address_space_map(ROOT_SPACE, 0, writable, 1, (word_t)scratch, DATA));
    for (word_t i = 0; i < 512; i++)
        scratch[i] = ((volatile word_t *)view)[i];
    DONE(address_space_unmap(ROOT_SPACE, 0, shared, 1));
    DONE(address_space_map(ROOT_SPACE, 0, copy, 1, view, DATA));
    test_answer(&f, 0);
    EQUAL(((volatile word_t *)view)[0], 4711);
    EQUAL(((volatile word_t *)view)[511], 20);
    EQUAL(page[0], 10);
}

TEST(memory_large, "a 2 MiB frame is 2 MiB of memory in one piece, clear at first")
{
    cap_t large = test_make(TYPE_LARGE_FRAME, 0);
    word_t at = 0x280000000; /* no table for small pages is here */
    word_t *p = (word_t *)at;
    struct faulted f;

    DONE(address_space_map(ROOT_SPACE, 0, large, 1, (word_t)p, DATA));
    for (word_t i = 0; i < 0x200000 / 8; i += 512) {
        EQUAL(p[i], 0);
        p[i] = i;
    }
    for (word_t i = 0; i < 0x200000 / 8; i += 512)
        EQUAL(p[i], i);
    DONE(address_space_protect(ROOT_SPACE, 0, large, 1, MAP_READ));
    test_fault(&f, write_to, (word_t)&p[1000], 0);
    check_fault(&f, (word_t)&p[1000], PRESENT | WRITE | USER);
    DONE(address_space_unmap(ROOT_SPACE, 0, large, 1));
    test_fault(&f, read_from, (word_t)&p[100000], 0);
    check_fault(&f, (word_t)&p[100000], USER);
}

TEST(memory_huge, "a 1 GiB frame can be made and mapped where processor and memory allow it")
{
    const struct boot_info *info = first_info();
    word_t at = 0x4000000000;
    cap_t huge = test_slot(), from = 0;
    struct beat b;
    word_t *p = (word_t *)at;

    if (!(test_cpuid(0x80000001, 0).d >> 26 & 1)) {
        FAILS(E_ARG, untyped_retype(first_untyped(), TYPE_HUGE_FRAME, 0, 0, huge, 1));
        test_skip("the processor cannot map 1 GiB");
    }
    for (word_t i = 0; i < info->untyped_count; i++) {
        if (!info->untyped[i].device && info->untyped[i].bytes >= 0x80000000 - 0x8000000)
            from = ROOT_UNTYPED + i;
    }
    if (from == 0)
        test_skip("the machine has too little memory: give it 4 GiB");
    test_allow(100 * TEST_TICKS);
    test_beat(&b, 100 * US);
    DONE(untyped_retype(from, TYPE_HUGE_FRAME, 0, 0, huge, 1));
    DONE(address_space_map(ROOT_SPACE, 0, huge, 1, at, DATA));
    for (word_t i = 0; i < 0x40000000 / 8; i += 0x1000000) {
        EQUAL(p[i], 0);
        p[i] = i + 1;
    }
    for (word_t i = 0; i < 0x40000000 / 8; i += 0x1000000)
        EQUAL(p[i], i + 1);
    CHECK(b.ticks > 100);
    BETWEEN(0, b.late_max, 20 * US);
    DONE(cnode_delete(ROOT_CNODE, huge, 1));
    EQUAL(test_look(huge).type, TYPE_NULL);
}

/* A CNode of its own with many frames. */
static cap_t many_frames(void)
{
    cap_t cnode = test_make(TYPE_CNODE, 2 * FRAMES + 2);
    cap_t memory = test_untyped(FRAMES);

    for (word_t i = 0; i < FRAMES; i += 250)
        FIRST_CHECK(untyped_retype(memory, TYPE_FRAME, 0, cnode, 1 + i, 250) == E_OK);
    return cnode;
}

/* Longest time that interrupts may be kept waiting: a step of a long operation, and its way out. */
#define STEP_MAX (20 * US)

TEST(memory_range, "ranges of thousands are mapped, protected and unmapped; timers get in between")
{
    cap_t cnode = many_frames();
    cap_t space = test_make(TYPE_ADDRESS_SPACE, 0);
    static struct beat b;

    test_allow(10 * TEST_TICKS);
    DONE(address_space_supply(space, test_untyped(16)));
    test_beat(&b, 37 * US);
    DONE(address_space_map(space, cnode, 1, FRAMES, 0x40000000, DATA));
    EQUAL(test_look_in(cnode, FRAMES).extra, 0x40000000 + (FRAMES - 1) * 4096);
    word_t map = b.ticks;

    CHECK(map > 3);
    DONE(address_space_protect(space, cnode, 1, FRAMES, MAP_READ));
    CHECK(b.ticks > map + 3);
    DONE(address_space_unmap(space, cnode, 1, FRAMES));
    EQUAL(test_look_in(cnode, FRAMES).extra, 0);
    EQUAL(test_look_in(cnode, 1).extra, 0);
    DONE(address_space_map(space, cnode, 1, FRAMES, 0x80000000, DATA));
    BETWEEN(1, b.late_max, STEP_MAX);
}

TEST(memory_long, "copy, delete, revoke, large retype, supply and destruction are preemptible")
{
    cap_t cnode = many_frames();
    cap_t space = test_make(TYPE_ADDRESS_SPACE, 0);
    static struct beat b;
    word_t ticks;

    test_allow(20 * TEST_TICKS);
    test_beat(&b, 17 * US);
    ticks = b.ticks;
    DONE(cnode_copy(cnode, FRAMES + 1, cnode, 1, RIGHT_ALL, FRAMES));
    CHECK(b.ticks > ticks + 1);
    ticks = b.ticks;
    DONE(address_space_supply(space, test_untyped(512))); /* clears 2 MiB */
    CHECK(b.ticks > ticks + 1);
    DONE(address_space_map(space, cnode, FRAMES + 1, FRAMES, 0x40000000, DATA));
    ticks = b.ticks;
    DONE(cnode_delete(cnode, 1, FRAMES / 2)); /* the copies move up */
    CHECK(b.ticks > ticks + 1);
    ticks = b.ticks;
    (void)test_make(TYPE_LARGE_FRAME, 0);
    (void)test_make(TYPE_CNODE, 20000);
    CHECK(b.ticks > ticks + 1);
    ticks = b.ticks;
    DONE(cnode_delete(ROOT_CNODE, space, 1));
    DONE(cnode_delete(ROOT_CNODE, cnode, 1));
    CHECK(b.ticks > ticks + 1);
    BETWEEN(1, b.late_max, STEP_MAX);
}

TEST(memory_revoke,
     "revoking an Untyped with thousands of things in it is preemptible and takes all")
{
    cap_t memory = test_untyped(1200);
    cap_t inner = test_slot();
    cap_t cnode = test_slot();
    static struct beat b;

    test_allow(20 * TEST_TICKS);
    test_beat(&b, 43 * US);
    DONE(untyped_retype(memory, TYPE_UNTYPED, 1100 * 64, 0, inner, 1));
    DONE(untyped_retype(inner, TYPE_CNODE, 4000, 0, cnode, 1));
    for (word_t i = 0; i < 1000; i += 200)
        DONE(untyped_retype(inner, TYPE_FRAME, 0, cnode, 1 + i, 200));
    for (word_t i = 1000; i < 3000; i += 250)
        DONE(untyped_retype(inner, TYPE_ENDPOINT, 0, cnode, 1 + i, 250));
    b.late_max = 0;
    word_t ticks = b.ticks;

    DONE(cnode_revoke(ROOT_CNODE, memory));
    CHECK(b.ticks > ticks + 1);
    EQUAL(test_look(memory).child, 0);
    EQUAL(test_look(cnode).type, TYPE_NULL);
    BETWEEN(1, b.late_max, STEP_MAX);
    DONE(untyped_retype(memory, TYPE_UNTYPED, 1200 * 64, 0, inner, 1));
}

TEST(memory_range_stops, "a range that meets an error has done what comes before it")
{
    cap_t space = test_space();
    cap_t frames = test_make_many(TYPE_FRAME, 0, 100);

    DONE(cnode_delete(ROOT_CNODE, frames + 70, 1));
    FAILS(E_CAP, address_space_map(space, 0, frames, 100, 0x10000000, DATA));
    EQUAL(test_look(frames + 69).extra, 0x10000000 + 69 * 4096);
    EQUAL(test_look(frames + 71).extra, 0);
    FAILS(E_CAP, address_space_unmap(space, 0, frames, 100));
    EQUAL(test_look(frames + 69).extra, 0);
}

TEST(memory_tables,
     "deleting Tables empties the space: nothing is mapped, and it can be filled again")
{
    cap_t space = test_make(TYPE_ADDRESS_SPACE, 0);
    cap_t tables = test_untyped(6);
    cap_t frame = test_make(TYPE_FRAME, 0);

    DONE(address_space_supply(space, tables));
    DONE(address_space_map(space, 0, frame, 1, 0x10000000, DATA));
    DONE(cnode_delete(ROOT_CNODE, tables, 1));
    FAILS(E_STATE, address_space_unmap(space, 0, frame, 1));
    FAILS(E_MEMORY, address_space_map(space, 0, frame, 1, 0x10000000, DATA));
    DONE(address_space_supply(space, test_untyped(6)));
    DONE(address_space_map(space, 0, frame, 1, 0x10000000, DATA));
}

TEST(memory_tables_running,
     "a thread whose address space is emptied or destroyed faults, and can be given another")
{
    cap_t space = test_clone();
    struct worker w = test_worker_in(space, TEST_BELOW);
    cap_t endpoint = test_make(TYPE_ENDPOINT, 0);
    cap_t reply = test_make(TYPE_REPLY, 0);
    struct message m = {.tag = 0};
    struct worker stack = test_worker(-1);

    test_faults_to(&w, endpoint);
    DONE(thread_write_registers(w.thread, (word_t)test_rest, w.stack_top - 8, 0, 0, 0, 0, 0, 0));
    DONE(thread_resume(w.thread));
    DONE(cnode_revoke(ROOT_CNODE, space));
    DONE(cnode_delete(ROOT_CNODE, space, 1));
    DONE(thread_configure(w.thread, 0, test_make(TYPE_ADDRESS_SPACE, 0), 0, 0,
                          0)); /* without a table */
    DONE(sys_recv(endpoint, reply, &m, 0));
    EQUAL(message_label(m.tag), FAULT_PAGE);
    EQUAL(m.w[0], (word_t)test_rest);
    DONE(thread_configure(w.thread, 0, ROOT_SPACE, 0, 0, 0));
    DONE(thread_suspend(w.thread));
    DONE(
        thread_write_registers(w.thread, (word_t)test_rest, stack.stack_top - 8, 0, 0, 0, 0, 0, 0));
    DONE(thread_resume(w.thread));
    DONE(cpu_configure(ROOT_CPU, w.sc, 1000000, 1000000, TEST_ABOVE));
    EQUAL(test_state(w.thread), RESTING);
}

static volatile word_t private_value;

static void set_private(word_t value)
{
    private_value = value;
}

TEST(memory_spaces, "address spaces are apart: the same address, other memory")
{
    private_value = 1;
    cap_t space = test_clone();
    struct worker w = test_worker_in(space, TEST_ABOVE);

    /* Its stack is mapped in its own space only, so what it returns to is written there: nothing.
     * It faults behind the end of its function, at address 0. */
    cap_t endpoint = test_make(TYPE_ENDPOINT, 0);
    cap_t reply = test_make(TYPE_REPLY, 0);
    struct message m = {.tag = 0};

    test_faults_to(&w, endpoint);
    DONE(thread_write_registers(w.thread, (word_t)set_private, w.stack_top - 8, 0, 0, 0, 2, 0, 0));
    DONE(thread_resume(w.thread));
    DONE(sys_recv(endpoint, reply, &m, SYS_NONBLOCK));
    EQUAL(m.w[0], 0);
    EQUAL(m.w[2], 0);
    EQUAL(private_value, 1);
}
