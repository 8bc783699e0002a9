/* SPDX-License-Identifier: BSD-2-Clause */
/* Arguments at the edges of their ranges, which chance seldom finds: each call by itself, in the
 * world that sequences start from. */
#include "drive.h"

static const struct {
    word_t cap, label, args[8];
} corners[] = {
    {W_FOREIGN, THREAD_WRITE_REGISTERS, {0x1000, 0, 0, USER_END, 0}},
    {W_FOREIGN, THREAD_WRITE_REGISTERS, {0x1000, 0, 0, 0, USER_END}},
    {W_FOREIGN, THREAD_WRITE_REGISTERS, {0x1000, 0, 0, USER_END - 1, USER_END - 1}},
    {W_CNODE, CNODE_COPY, {W_FREE, 0, W_ENDPOINTS, RIGHT_ALL, RANGE_COUNT + 1}},
    {W_CNODE, CNODE_COPY, {W_FREE, 0, W_ENDPOINTS, RIGHT_ALL, 0}},
    {W_CNODE, CNODE_COPY, {W_FREE, 0, W_ENDPOINTS, RIGHT_ALL + 1, 1}},
    {W_CNODE, CNODE_DELETE, {W_FREE, RANGE_COUNT + 1}},
    {W_CNODE, CNODE_DELETE, {W_FREE, RANGE_COUNT}},
    {W_CNODE, CNODE_DELETE, {W_FREE, 0}},
    {W_MEMORY, UNTYPED_RETYPE, {TYPE_CNODE, CNODE_SLOTS + 1, 0, W_FREE, 1}},
    {W_MEMORY, UNTYPED_RETYPE, {TYPE_CNODE, 1, 0, W_FREE, 1}},
    {W_MEMORY, UNTYPED_RETYPE, {TYPE_UNTYPED, WORD_MAX - 63, 0, W_FREE, 1}},
    {W_MEMORY, UNTYPED_RETYPE, {TYPE_UNTYPED, 65, 0, W_FREE, 1}},
    {W_MEMORY, UNTYPED_RETYPE, {TYPE_ENDPOINT, 0, 0, W_FREE, RETYPE_COUNT + 1}},
    {W_MEMORY, UNTYPED_RETYPE, {TYPE_ENDPOINT, 1, 0, W_FREE, 1}},
    {W_IRQ, IRQ_CONTROL_ATTACH, {W_INTERRUPTS, LINES, 0}},
    {W_IRQ, IRQ_CONTROL_ATTACH, {W_INTERRUPTS, WORD_MAX, 0}},
    {W_IRQ, IRQ_CONTROL_ATTACH, {W_INTERRUPTS, 1, 4}},
    {W_PORTS, IO_PORT_READ, {65535, 2}},
    {W_PORTS, IO_PORT_READ, {65536, 1}},
    {W_PORTS, IO_PORT_READ, {WORD_MAX, 1}},
    {W_SPACE, ADDRESS_SPACE_MAP, {0, W_FRAMES, RANGE_COUNT + 1, 0x400000, MAP_READ}},
    {W_SPACE, ADDRESS_SPACE_MAP, {0, W_FRAMES, 1, USER_END, MAP_READ}},
    {W_SPACE, ADDRESS_SPACE_UNMAP, {0, W_FRAMES, 0}},
    {W_SPACE, ADDRESS_SPACE_SUPPLY, {W_UNTYPED}},
    {W_TIMERS, TIMER_SET, {WORD_MAX / 2 + 1}},
    {W_CPU, CPU_CONFIGURE, {W_SCS + 3, 1000, ((word_t)1 << 62) + 1, 1}},
    {W_CPU, CPU_CONFIGURE, {W_SCS + 3, 1000, (word_t)1 << 62, 1}},
    {W_CPU, CPU_CONFIGURE, {W_SCS + 3, 1000, 2000, PRIORITIES}},
    {W_CPU, CPU_CONFIGURE, {W_SCS + 3, 999, 2000, 1}},
    {W_MEMORY, UNTYPED_RETYPE, {TYPE_FRAME, 0, 0, W_FREE, 12}}, /* more than is cleared in one go */
};

/* One call of the first thread, made again as often as it is preempted. */
static void call(word_t cap, word_t label, const word_t args[8])
{
    set_call(m_obj(WORLD_MANAGER), cap, label, args, 8);
    do
        step_syscall();
    while (m_obj(WORLD_MANAGER)->again);
    compare_user();
}

/* Page tables in an Untyped of which something was made before. */
static void used_before(void)
{
    static const word_t make[8] = {TYPE_ENDPOINT, 0, 0, W_FREE, 1};
    static const word_t drop[8] = {W_FREE, 1};
    static const word_t supply[8] = {W_POOL_B};

    call(W_POOL_B, UNTYPED_RETYPE, make);
    call(W_CNODE, CNODE_DELETE, drop);
    call(W_SPACE, ADDRESS_SPACE_SUPPLY, supply);
}

/* A frame is mapped anew that was mapped in tables that went. */
static void mapped_before(void)
{
    static const word_t map[8] = {0, W_FRAMES, 1, 0x400000, MAP_READ};
    static const word_t drop[8] = {W_POOL_A, 1};
    static const word_t supply[8] = {W_POOL_B};

    call(W_SPACE, ADDRESS_SPACE_MAP, map);
    call(W_CNODE, CNODE_DELETE, drop);
    call(W_SPACE, ADDRESS_SPACE_SUPPLY, supply);
    call(W_SPACE, ADDRESS_SPACE_MAP, map);
}

void corners_run(void)
{
    for (word_t i = 0; i < sizeof corners / sizeof corners[0]; i++) {
        world_restore();
        step_begin();
        call(corners[i].cap, corners[i].label, corners[i].args);
    }
    world_restore();
    step_begin();
    used_before();
    world_restore();
    step_begin();
    mapped_before();
}
