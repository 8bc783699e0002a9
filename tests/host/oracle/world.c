/* SPDX-License-Identifier: BSD-2-Clause */
/* The world that every sequence starts from: made once, as boot does and then by system calls, then
 * kept. */
#include "drive.h"

#include <cap/cap.h>
#include <mem/asid.h>
#include <sched/sched.h>

#include <string.h>

#define ASIDS 64u

/* Where the first things are. */
enum place {
    AT_ROOT = 1,
    AT_ASIDS = 2,
    AT_CNODE = 64,
    AT_THREAD = WORLD_MANAGER,
    AT_SC = 184,
    AT_SPACE = 190,
    AT_MEMORY = 192
};

static word_t state = 1;

void seed_set(word_t seed)
{
    state = seed * 0x9e3779b97f4a7c15ul + 0x1234567;
    state += state == 0;
}

/* Bytes that are used instead, while there are any. */
static const uint8_t *bytes;
static word_t bytes_left;

void seed_bytes(const uint8_t *data, word_t size)
{
    seed_set(size);
    bytes = data;
    bytes_left = size;
}

/* As many bytes as a number below this takes. */
static word_t from_bytes(word_t below)
{
    word_t value = 0;

    for (word_t rest = below - 1; rest != 0 && bytes_left != 0; rest >>= 8) {
        value = value << 8 | *bytes++;
        bytes_left--;
    }
    return value % below;
}

static word_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state * 0x2545f4914f6cdd1dul >> 16;
}

word_t any(word_t below)
{
    if (below == 0)
        return 0;
    return bytes_left != 0 ? from_bytes(below) : next() % below;
}

bool chance(word_t percent)
{
    return any(100) < percent;
}

/* A first capability, and its object if it has one, in kernel and oracle alike. */
static void give(word_t slot, word_t type, ref_t object, word_t rights, word_t badge)
{
    if (m_counted(type))
        object_set_kind(object, type);
    if (type == TYPE_CNODE)
        cnode_set_slots(object, badge);
    if (type == TYPE_ADDRESS_SPACE)
        space_set_asid(object, asid_take(object));
    if (type == TYPE_THREAD) {
        thread_set_rflags(object, arch_flags_user(0));
        arch_fpu_init(object);
    }
    cap_create(tree_root, AT_CNODE + slot, type, object, rights, badge);
    if (m_counted(type))
        m_new_object(object, type)->slots = badge;
    (void)m_add(tree_root, AT_CNODE + slot, type, object, rights, badge);
}

static void give_copy(word_t slot, ref_t to)
{
    cap_copy(AT_CNODE + slot, to, RIGHT_ALL);
    m_copy(m_at(AT_CNODE + slot), to, RIGHT_ALL);
}

static void boot(void)
{
    struct m_object *sc;

    memset(K[AT_MEMORY], 0x5a, (HOST_GRANULES - AT_MEMORY) * sizeof K[0]); /* nobody cleared it */
    host.timer = WORD_MAX;
    host.now = 1000000;
    tree_root = AT_ROOT;
    asid_init(AT_ASIDS, ASIDS);
    for (word_t i = 0; i < HOST_LINES; i++)
        host.masked[i] = 1;
    give(W_CNODE, TYPE_CNODE, AT_CNODE, RIGHT_ALL, W_SLOTS);
    give(W_SPACE, TYPE_ADDRESS_SPACE, AT_SPACE, RIGHT_ALL, 0);
    give(W_THREAD, TYPE_THREAD, AT_THREAD, RIGHT_ALL, 0);
    give(W_SC, TYPE_SCHED_CONTEXT, AT_SC, RIGHT_ALL, 0);
    give(W_PORTS, TYPE_IO_PORT, 0, RIGHT_READ | RIGHT_WRITE, 65536);
    give(W_IRQ, TYPE_IRQ_CONTROL, NIL, RIGHT_ALL, 0);
    give(W_CPU, TYPE_CPU, NIL, RIGHT_ALL, PRIORITIES - 1);
    give(W_DEVICE, TYPE_DEVICE_UNTYPED, HUGE_GRANULES, 0, 2 * HUGE_GRANULES);
    give(W_MEMORY, TYPE_UNTYPED, AT_MEMORY, 0, HOST_GRANULES - AT_MEMORY);
    give_copy(W_CNODE, AT_THREAD + THREAD_CSPACE);
    give_copy(W_SPACE, AT_THREAD + THREAD_SPACE);
    sched_configure(AT_SC, 10000, 10000, 5);
    thread_set_state(AT_THREAD, THREAD_STATE_READY);
    sched_bind(AT_SC, AT_THREAD);
    sc = m_obj(AT_SC);
    sc->budget = sc->period = 10000;
    sc->priority = 5;
    sc->holder = AT_THREAD;
    m_obj(AT_THREAD)->state = THREAD_STATE_READY;
    m_obj(AT_THREAD)->sc = AT_SC;
    sched_reschedule();
}

/* One call of the first thread, which must succeed; made again as often as it is preempted. */
static void call(word_t cap, word_t label, word_t a, word_t b, word_t c, word_t d, word_t e)
{
    word_t args[5] = {a, b, c, d, e};
    struct m_object *t = m_obj(AT_THREAD);

    SAME(cpu.thread, AT_THREAD);
    set_call(t, cap, label, args, 5);
    do
        step_syscall();
    while (m_obj(AT_THREAD)->again);
    SAME(m_obj(AT_THREAD)->regs[R_RAX], E_OK);
}

static void make(word_t type, word_t size, word_t slot, word_t count)
{
    call(W_MEMORY, UNTYPED_RETYPE, type, size, 0, slot, count);
}

static void make_objects(void)
{
    make(TYPE_CNODE, 32, W_CNODE_B, 1);
    make(TYPE_THREAD, 0, W_THREADS, 4);
    make(TYPE_SCHED_CONTEXT, 0, W_SCS, 4);
    make(TYPE_ENDPOINT, 0, W_ENDPOINTS, 2);
    make(TYPE_NOTIFICATION, 0, W_NOTIFICATIONS, 2);
    make(TYPE_REPLY, 0, W_REPLIES, 3);
    make(TYPE_TIMER, 0, W_TIMERS, 2);
    make(TYPE_INTERRUPT, 0, W_INTERRUPTS, 2);
    make(TYPE_ADDRESS_SPACE, 0, W_SPACES, 1);
    make(TYPE_FRAME, 0, W_FRAMES, 5);
    make(TYPE_THREAD, 0, W_FOREIGN, 1);
    make(TYPE_SCHED_CONTEXT, 0, W_FOREIGN_SC, 1);
    make(TYPE_UNTYPED, 1024, W_UNTYPED, 1);
    make(TYPE_UNTYPED, 512, W_POOL_A, 1);
    make(TYPE_UNTYPED, 384, W_POOL_B, 1);
    call(W_SPACE, ADDRESS_SPACE_SUPPLY, W_POOL_A, 0, 0, 0, 0);
}

/* A thread that waits for calls and has no context of its own: it had one just to get there. */
static void make_server(word_t i)
{
    call(W_SCS + 2, SCHED_CONTEXT_BIND, W_THREADS + i, 0, 0, 0, 0);
    call(W_THREADS + i, THREAD_RESUME, 0, 0, 0, 0, 0);

    struct m_object *t = m_obj(cpu.thread);

    SAME(t->at, m_at(AT_CNODE + W_THREADS + i)->object);
    set_reg(t, R_RAX, SYS_RECV);
    set_reg(t, R_RDI, W_ENDPOINTS + i % 2);
    set_reg(t, R_RBX, W_REPLIES + i - 1);
    step_syscall();
    SAME(t->state, THREAD_STATE_RECEIVING);
    call(W_SCS + 2, SCHED_CONTEXT_UNBIND, 0, 0, 0, 0, 0);
}

/* Two threads of the small CNode that have contexts, two of the large one that serve. */
static void make_threads(void)
{
    call(W_CNODE_B, CNODE_COPY, 1, 0, W_ENDPOINTS, RIGHT_ALL, 4);
    call(W_CNODE_B, CNODE_COPY, 6, 0, W_FRAMES, RIGHT_ALL, 5);
    call(W_CNODE_B, CNODE_MOVE, 11, 0, W_REPLIES, 0, 0);
    call(W_CNODE_B, CNODE_MINT, 12, 0, W_ENDPOINTS, RIGHT_ALL, 77);
    call(W_CNODE_B, CNODE_COPY, 13, 0, W_CNODE_B, RIGHT_ALL, 1);
    call(W_CNODE_B, CNODE_COPY, 14, 0, W_THREADS, RIGHT_ALL, 2);
    for (word_t i = 0; i < 4; i++) {
        call(W_THREADS + i, THREAD_CONFIGURE, i < 2 ? W_CNODE_B : W_CNODE,
             i < 2 ? W_SPACES : W_SPACE, W_FRAMES + i, i % 2 == 0 ? W_ENDPOINTS + 1 : 0,
             i == 1 ? W_ENDPOINTS + 1 : 0);
        call(W_CPU, CPU_CONFIGURE, W_SCS + i, i == 1 ? 2000 : 5000, i == 1 ? 6000 : 5000, 1 + i,
             0);
    }
    call(W_THREADS, THREAD_RESUME, 0, 0, 0, 0, 0);
    call(W_THREADS + 1, THREAD_RESUME, 0, 0, 0, 0, 0);
    call(W_FOREIGN, THREAD_SET_FLAGS, THREAD_FOREIGN, 0, 0, 0, 0);
    call(W_FOREIGN, THREAD_CONFIGURE, 0, W_SPACE, 0, W_ENDPOINTS + 1, 0);
    call(W_CPU, CPU_CONFIGURE, W_FOREIGN_SC, 3000, 3000, 2, 0);
    call(W_FOREIGN_SC, SCHED_CONTEXT_BIND, W_FOREIGN, 0, 0, 0, 0);
    call(W_CPU, CPU_CONFIGURE, W_SCS + 2, 5000, 5000, 9, 0); /* for a moment more urgent than we */
    make_server(2);
    make_server(3);
    call(W_CPU, CPU_CONFIGURE, W_SCS + 2, 5000, 5000, 3, 0);
    for (word_t i = 0; i < 2; i++)
        call(W_SCS + i, SCHED_CONTEXT_BIND, W_THREADS + i, 0, 0, 0, 0);
}

/* Calls that make a world more interesting, each by itself. */
static const struct {
    word_t cap, label, args[5];
} variations[] = {
    {W_THREADS + 2, THREAD_SET_FLAGS, {THREAD_BORROW}},
    {W_THREADS + 3, THREAD_SET_FLAGS, {THREAD_BORROW}},
    {W_THREADS, THREAD_SET_FLAGS, {THREAD_BORROW}},
    {W_SCS + 2, SCHED_CONTEXT_BIND, {W_THREADS + 2}},
    {W_SCS + 3, SCHED_CONTEXT_BIND, {W_THREADS + 3}},
    {W_CPU, CPU_CONFIGURE, {W_SCS, 1500, 4000, 4}},
    {W_CPU, CPU_CONFIGURE, {W_SCS + 2, 1000, 9000, 1}},
    {W_CPU, CPU_CONFIGURE, {W_SC, 1500, 1500, 5}},
    {W_THREADS + 2, THREAD_BIND, {W_NOTIFICATIONS}},
    {W_THREADS, THREAD_BIND, {W_NOTIFICATIONS + 1}},
    {W_THREADS + 3, THREAD_CONFIGURE, {0, 0, 0, W_ENDPOINTS, W_ENDPOINTS}},
    {W_TIMERS, TIMER_BIND, {W_NOTIFICATIONS}},
    {W_TIMERS + 1, TIMER_BIND, {W_NOTIFICATIONS + 1}},
    {W_INTERRUPTS, INTERRUPT_BIND, {W_NOTIFICATIONS}},
    {W_IRQ, IRQ_CONTROL_ATTACH, {W_INTERRUPTS, 1, 1}},
    {W_IRQ, IRQ_CONTROL_ATTACH_MESSAGE, {W_INTERRUPTS + 1}},
    {W_SPACE, ADDRESS_SPACE_MAP, {0, W_FRAMES, 5, 0x400000, MAP_READ | MAP_WRITE}},
    {W_SPACES, ADDRESS_SPACE_SUPPLY, {W_POOL_B}},
    {W_SPACES, ADDRESS_SPACE_MAP, {0, W_FRAMES, 2, 0x7f0000, MAP_READ | MAP_EXECUTE}},
    {W_DEVICE, UNTYPED_RETYPE, {TYPE_LARGE_FRAME, 0, 0, W_FREE, 2}},
    {W_DEVICE, UNTYPED_RETYPE, {TYPE_HUGE_FRAME, 0, 0, W_FREE + 2, 1}},
    {W_FOREIGN, THREAD_RESUME, {0}},
    {W_FOREIGN, THREAD_RESUME, {0}},
    {W_THREADS + 1, THREAD_SUSPEND, {0}},
};

void world_vary(void)
{
    word_t odds = 10 + any(85);

    for (word_t i = 0; i < sizeof variations / sizeof variations[0]; i++) {
        if (cpu.thread != WORLD_MANAGER || !chance(odds))
            continue;
        set_call(m_obj(WORLD_MANAGER), variations[i].cap, variations[i].label, variations[i].args,
                 5);
        step_syscall();
    }
    if (cpu.thread != WORLD_MANAGER)
        return;

    /* Until now it was the most urgent, to get this far; from here on it is the least. */
    static const word_t last[5] = {W_SC, 10000, 10000, 0, 0};

    set_call(m_obj(WORLD_MANAGER), W_CPU, CPU_CONFIGURE, last, 5);
    step_syscall();
}

/* --- Kept, and brought back --- */

static struct {
    word_t k[HOST_GRANULES][GRANULE_WORDS];
    struct model model;
    struct host machine;
    struct cpu processor;
    word_t asids[3];
} kept;

static void copy_model(struct model *to, const struct model *from)
{
    memcpy(to->slots, from->slots, from->slot_count * sizeof from->slots[0]);
    memcpy(to->objects, from->objects, from->object_count * sizeof from->objects[0]);
    to->slot_count = from->slot_count;
    to->object_count = from->object_count;
    memcpy(to->slot_index, from->slot_index, sizeof to->slot_index);
    memcpy(to->object_index, from->object_index, sizeof to->object_index);
    memcpy(to->used_asids, from->used_asids, sizeof to->used_asids);
    to->used_asid_count = from->used_asid_count;
    memcpy(to->is_user, from->is_user, sizeof to->is_user);
    for (word_t p = 0; p < HOST_GRANULES / SMALL_GRANULES; p++) {
        if (from->is_user[p])
            memcpy(to->user[p * SMALL_GRANULES], from->user[p * SMALL_GRANULES], 4096);
    }
}

void world_make(void)
{
    boot();
    if (witness != NULL)
        witness->start();
    make_objects();
    make_threads();
    memcpy(kept.k, K, sizeof kept.k);
    copy_model(&kept.model, &m);
    kept.machine = host;
    kept.processor = cpu;
    kept.asids[0] = asid_count;
    kept.asids[1] = asid_fresh;
    kept.asids[2] = asid_free;
    witness_mark(MARK_KEEP);
}

void world_restore(void)
{
    memcpy(K, kept.k, sizeof kept.k);
    copy_model(&m, &kept.model);
    host = kept.machine;
    cpu = kept.processor;
    asid_count = kept.asids[0];
    asid_fresh = kept.asids[1];
    asid_free = kept.asids[2];
    doomed = NIL;
    memset(vector_interrupt, 0, sizeof vector_interrupt);
    memset(line_vector, 0, sizeof line_vector);
    witness_mark(MARK_RESTORE);
}
