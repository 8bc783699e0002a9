/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects, memory and threads for a program that owns the machine. Nothing is ever given back. */
#include "first.h"

/* New frames are mapped from here up, in every address space at its own place. */
#define FIRST_HEAP 0x100000000ul
#define STACK_BYTES 16384u

static word_t next_slot;
static word_t next_address = FIRST_HEAP;

const struct boot_info *first_info(void)
{
    return (const struct boot_info *)ROOT_VADDR_INFO;
}

struct message_buffer *first_buffer(void)
{
    return (struct message_buffer *)ROOT_VADDR_BUFFER;
}

cap_t first_slots(word_t count)
{
    cap_t first;

    if (next_slot == 0)
        next_slot = first_info()->first_free;
    first = next_slot;
    next_slot += count;
    FIRST_CHECK(next_slot <= first_info()->cnode_slots);
    return first;
}

cap_t first_slot(void)
{
    return first_slots(1);
}

cap_t first_untyped(void)
{
    const struct boot_info *info = first_info();
    word_t best = 0;

    for (word_t i = 1; i < info->untyped_count; i++) {
        if (!info->untyped[i].device &&
            (info->untyped[best].device || info->untyped[i].bytes > info->untyped[best].bytes))
            best = i;
    }
    return ROOT_UNTYPED + best;
}

cap_t first_make(word_t type, word_t size)
{
    cap_t slot = first_slot();

    FIRST_CHECK(untyped_retype(first_untyped(), type, size, 0, slot, 1) == E_OK);
    return slot;
}

static void map_frame(cap_t space, cap_t frame, word_t vaddr, word_t flags)
{
    enum error e = address_space_map(space, 0, frame, 1, vaddr, flags);

    if (e == E_MEMORY) {
        FIRST_CHECK(address_space_supply(space, first_make(TYPE_UNTYPED, 16 * PAGE_GRANULES)) ==
                    E_OK);
        e = address_space_map(space, 0, frame, 1, vaddr, flags);
    }
    FIRST_CHECK(e == E_OK);
}

cap_t first_map(cap_t space, word_t vaddr, word_t flags)
{
    cap_t frame = first_make(TYPE_FRAME, 0);

    map_frame(space, frame, vaddr, flags);
    return frame;
}

/* Frames of the boot image cannot be had twice, so the pages of the program are copied. */
cap_t first_clone_space(void)
{
    extern char __executable_start[], _end[];
    word_t first = (word_t)__executable_start / 4096 * 4096;
    cap_t space = first_make(TYPE_ADDRESS_SPACE, 0);
    word_t window = next_address;

    next_address += 4096;
    for (word_t at = first; at < (word_t)_end; at += 4096) {
        cap_t frame = first_map(ROOT_SPACE, window, MAP_READ | MAP_WRITE);
        cap_t copy = first_slot();

        for (word_t i = 0; i < 512; i++)
            ((volatile word_t *)window)[i] = ((volatile word_t *)at)[i];
        FIRST_CHECK(cnode_copy(ROOT_CNODE, copy, 0, frame, RIGHT_ALL, 1) == E_OK);
        map_frame(space, copy, at, MAP_READ | MAP_WRITE | MAP_EXECUTE | MAP_WX);
        FIRST_CHECK(cnode_delete(ROOT_CNODE, frame, 1) == E_OK);
    }
    return space;
}

struct first_thread first_thread_make(cap_t space, int priority)
{
    struct first_thread t = {.thread = first_make(TYPE_THREAD, 0)};
    cap_t where = space == 0 ? ROOT_SPACE : space;
    word_t base = next_address;

    next_address += 4096 + STACK_BYTES + 4096;
    t.buffer = first_map(where, base, MAP_READ | MAP_WRITE);
    t.message = (struct message_buffer *)base;
    for (word_t at = 0; at < STACK_BYTES; at += 4096)
        first_map(where, base + 4096 + at, MAP_READ | MAP_WRITE);
    t.stack_top = base + 4096 + STACK_BYTES;
    FIRST_CHECK(thread_configure(t.thread, ROOT_CNODE, where, t.buffer, 0, 0) == E_OK);
    if (priority >= 0) {
        t.sc = first_make(TYPE_SCHED_CONTEXT, 0);
        FIRST_CHECK(cpu_configure(ROOT_CPU, t.sc, 100000000, 100000000, (word_t)priority) == E_OK);
        FIRST_CHECK(sched_context_bind(t.sc, t.thread) == E_OK);
    }
    return t;
}

void first_thread_start(const struct first_thread *t, void (*function)(word_t), word_t argument)
{
    /* As behind a call: the stack is 8 off a multiple of 16. */
    FIRST_CHECK(thread_write_registers(t->thread, (word_t)function, t->stack_top - 8, 0, 0, 0,
                                       argument, 0, 0) == E_OK);
    FIRST_CHECK(thread_resume(t->thread) == E_OK);
}
