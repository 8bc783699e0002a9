/* SPDX-License-Identifier: BSD-2-Clause */
/* The order of things, and what the parts have in common. The command line word `quick` asks for
 * few runs. */
#include "bench.h"

unsigned runs = 1000;
cap_t other_space;

void bench_fail(int line)
{
    first_print("FAIL a measured call failed, line %d\n", line);
    first_exit(1);
}

struct first_thread start_high(cap_t space, void (*function)(word_t), word_t argument)
{
    struct first_thread t = first_thread_make(space, PRIORITY_HIGH);

    first_thread_start(&t, function, argument);
    return t;
}

struct first_thread start_passive(cap_t space, void (*function)(word_t), word_t argument)
{
    struct first_thread t = start_high(space, function, argument);

    FIRST_CHECK(sched_context_unbind(t.sc) == E_OK);
    t.sc = 0;
    return t;
}

cap_t badged(cap_t notification)
{
    cap_t slot = first_slot();

    FIRST_CHECK(cnode_mint(ROOT_CNODE, slot, 0, notification, RIGHT_ALL, 1) == E_OK);
    return slot;
}

void map_at(cap_t space, cap_t frame, word_t vaddr, word_t flags)
{
    enum error e = address_space_map(space, 0, frame, 1, vaddr, flags);

    if (e == E_MEMORY) {
        cap_t tables = first_make(TYPE_UNTYPED, 16 * PAGE_GRANULES);

        FIRST_CHECK(address_space_supply(space, tables) == E_OK);
        e = address_space_map(space, 0, frame, 1, vaddr, flags);
    }
    FIRST_CHECK(e == E_OK);
}

void share_page(word_t vaddr)
{
    cap_t frame = first_make(TYPE_FRAME, 0);
    cap_t copy = first_slot();

    FIRST_CHECK(cnode_copy(ROOT_CNODE, copy, 0, frame, RIGHT_ALL, 1) == E_OK);
    map_at(ROOT_SPACE, frame, vaddr, MAP_READ | MAP_WRITE);
    map_at(other_space, copy, vaddr, MAP_READ | MAP_WRITE);
}

static bool word_in(const char *line, const char *word)
{
    for (; *line != 0; line++) {
        unsigned i = 0;

        while (word[i] != 0 && line[i] == word[i])
            i++;
        if (word[i] == 0)
            return true;
    }
    return false;
}

/* One instruction is one tick if the machine counts them: 100,000 in the loop, and few around it.
 */
static void calibrate(void)
{
    word_t n = 50000;
    word_t start = first_now();

    BEGIN(PATH_calibrate);
    __asm__ volatile("1: dec %0\n\tjnz 1b" : "+r"(n) : : "cc");
    END(PATH_calibrate);
    first_print("calibration: 100000 instructions took %lu ticks\n", first_now() - start);
}

int first_main(void)
{
    MARK(MARK_BEGIN, PATH_BOOT);

    const struct boot_info *info = first_info();
    bool quick = word_in(info->command, "quick");

    if (quick)
        runs = 20;
    calibrate();
    /* Its turn never ends: nobody else has its priority. */
    FIRST_CHECK(cpu_configure(ROOT_CPU, ROOT_SCHED, 100000000, 100000000, PRIORITY_MAIN) == E_OK);
    other_space = first_clone_space();
    bench_ipc();
    bench_signal();
    bench_fault();
    bench_memory();
    bench_capability();
    bench_retype();
    bench_create();
    bench_time();
    bench_ring();
    bench_grow(!quick);
    first_print("bench: done\n");
    return 0;
}
