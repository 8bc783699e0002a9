/* SPDX-License-Identifier: BSD-2-Clause */
/* One entry into the kernel, by the door it would come through, and the oracle's judgement on it.
 */
#include "drive.h"

#include <entry/entry.h>
#include <entry/fast.h>
#include <ipc/transfer.h>

#include <string.h>

bool step_trace;
word_t step_count, step_restarts, step_short, step_errors[16], step_done[20][16];

/* --- After each entry --- */

static void judge(bool all)
{
    witness_mark(MARK_AGREE);
    if (m_doomed())
        m_settle_deletes(false);
    /* A second witness judges alone: these very sequences are judged here without it. */
    if (witness == NULL) {
        compare_all();
        kernel_wf();
        if (all)
            compare_tables();
    }
    step_count++;
}

/* --- Time --- */

#define LOG 128

/* Stretches of time that limited contexts used, so that any window can be added up. */
static struct {
    ref_t sc;
    word_t from, to, late; /* late: of it, behind the timer */
} usage[LOG];
static word_t usage_count;

/* Parameters were set: what came before counts no more. */
static void usage_forget(ref_t sc)
{
    for (word_t i = 0; i < LOG; i++) {
        if (usage[i].sc == sc)
            usage[i].sc = NIL;
    }
}

void step_begin(void)
{
    usage_count = 0;
    wf_begin();
    memset(usage, 0, sizeof usage);
}

/* No context gets more than its budget in the period that ends now, and what the timer was late. */
static void usage_add(struct m_object *sc, word_t from, word_t to, word_t late)
{
    word_t start = to > sc->period ? to - sc->period : 0;
    word_t sum = 0, allowed = sc->budget;

    sc->consumed += to - from;
    if (sc->budget == sc->period)
        return;
    usage[usage_count % LOG].sc = sc->at;
    usage[usage_count % LOG].from = from;
    usage[usage_count % LOG].late = late;
    usage[usage_count++ % LOG].to = to;
    for (word_t i = 0; i < LOG; i++) {
        if (usage[i].sc != sc->at || usage[i].to <= start)
            continue;
        sum += usage[i].to - (usage[i].from > start ? usage[i].from : start);
        allowed += usage[i].late;
    }
    CHECK(sum <= allowed);
}

/* Has the running context used up what it has? Then its thread may have to be told. */
static bool runs_out(ref_t sc)
{
    word_t due = 0;

    if (sc == NIL || sched_context_budget(sc) == sched_context_period(sc))
        return false;
    for (word_t n = 0; n < sched_context_refills(sc); n++) {
        word_t i = (sched_context_first(sc) + n) % REFILLS;

        if (K[sc + SCHED_CONTEXT_REFILL + i / 4][i % 4 * 2] <= host.now)
            due += K[sc + SCHED_CONTEXT_REFILL + i / 4][i % 4 * 2 + 1];
    }
    return host.now - cpu.started >= due;
}

/* Timers that the kernel has fired were due; the earlier comes before the later. */
static void fire_timers(void)
{
    for (;;) {
        struct m_object *first = NULL;

        for (word_t i = 0; i < m.object_count; i++) {
            struct m_object *o = &m.objects[i];

            if (o->kind == TYPE_TIMER && o->deadline != 0 && timer_dbucket(o->at) == 0 &&
                (first == NULL || o->deadline < first->deadline))
                first = o;
        }
        if (first == NULL)
            return;
        CHECK(first->deadline <= host.now);
        first->deadline = 0;

        struct m_slot *n = m_at(first->at + TIMER_NOTIFICATION);

        if (n != NULL)
            m_signal(m_obj(n->object), n->badge);
    }
}

static void timer_interrupt(void)
{
    bool out = runs_out(cpu.sc);
    ref_t thread = cpu.thread;
    ref_t sc = cpu.sc;

    entry_interrupt(VECTOR_TIMER);
    witness_happen(SEEN_TIMER, 0, 0, 0);
    fire_timers();
    if (out && m_obj(thread)->own != NIL)
        m_return(m_obj(thread));
    else if (out && m_at(thread + THREAD_TIMEOUT) != NULL &&
             m_obj(thread)->state == THREAD_STATE_READY)
        m_fault(m_obj(thread), FAULT_TIMEOUT, m_obj(sc)->consumed, 0);
    judge(false);
}

#define LATE_ONE_IN 8u
#define LATE_MOST   160u

/* How late the timer comes, as it does when the kernel is not interrupted: now and then, a little,
 * and before a period is over. Not by chance, so that the sequences are the same with and without.
 */
static word_t lateness(void)
{
    word_t mixed = host.timer * 0x9e3779b97f4a7c15ul >> 32;
    word_t end = cpu.sc == NIL ? 0 : cpu.started + sched_context_period(cpu.sc);

    if (mixed % LATE_ONE_IN != 0 || end <= host.timer + LATE_MOST)
        return 0;
    return mixed / LATE_ONE_IN % LATE_MOST;
}

/* Time passes, but hardly past the timer: it comes when it was asked for, or soon after. */
static void advance(word_t ticks)
{
    word_t to = host.now + ticks;
    word_t late = 0;

    if (host.timer < to) {
        late = host.timer > host.now ? lateness() : 0;
        to = (host.timer > host.now ? host.timer : host.now) + late;
    }
    if (cpu.sc != NIL)
        usage_add(m_obj(cpu.sc), host.now, to, late);
    host.now = to;
    witness_happen(SEEN_TIME, to, 0, 0);
}

/* --- Interrupts and exceptions --- */

static void device_interrupt(void)
{
    word_t v = VECTOR_FIRST + any(4);
    struct m_object *o = m_obj(vector_interrupt[v]);
    word_t finished = host.eoi;

    if (o != NULL && o->line != 0 && host.masked[o->line - 1])
        return;
    entry_interrupt(v);
    witness_happen(SEEN_DEVICE, v, 0, 0);
    SAME(host.eoi, finished + 1);
    if (o != NULL) {
        struct m_slot *n = m_at(o->at + INTERRUPT_NOTIFICATION);

        o->pending = 1;
        if (o->line != 0)
            SAME(host.masked[o->line - 1], o->level);
        if (n != NULL)
            m_signal(m_obj(n->object), n->badge);
    }
    judge(false);
}

static void exception(void)
{
    struct m_object *t = m_obj(cpu.thread);
    word_t address = any(1u << 20) * 4096;

    if (chance(70)) {
        entry_fault(14, 6, address);
        witness_happen(SEEN_FAULT, 14, 6, address);
        m_fault(t, FAULT_PAGE, address, 6);
    } else {
        entry_fault(13, 8, 0);
        witness_happen(SEEN_FAULT, 13, 8, 0);
        m_fault(t, FAULT_EXCEPTION, 13, 8);
    }
    judge(false);
}

/* The running program touches its memory: the processor may keep the translation. */
static void touch(void)
{
    struct m_slot *s = m_at(cpu.thread + THREAD_SPACE);
    struct m_object *space = s == NULL ? NULL : m_obj(s->object);
    struct host_tlb *e = &host.tlb[any(HOST_TLB)];

    if (space == NULL || space->map_count == 0 || host.root != space_root(space->at))
        return;

    const struct m_map *map = &space->maps[any(space->map_count)];

    *e = (struct host_tlb){host.root, map->vaddr,
                           arch_pte_leaf(map->frame, map->level, map->flags, map->ram)};
}

/* --- System calls --- */

static void count(const struct m_object *t, word_t type, struct m_result r)
{
    word_t label = tag_label(t->regs[R_TAG]);

    step_restarts += r.end == M_AGAIN;
    if (r.end == M_DONE)
        step_errors[r.error]++;
    if (r.end != M_DONE || r.error == E_OK)
        step_done[type][t->regs[R_RAX] % 16 == SYS_CALL && label < 16 ? label : 0]++;
}

static void trace(const struct m_object *t, word_t type, struct m_result r)
{
    printf("%3lu thread %lu call %lu cap %lu (type %lu) label %lu:", (unsigned long)step_count,
           (unsigned long)t->at, (unsigned long)t->regs[R_RAX], (unsigned long)t->regs[R_RDI],
           (unsigned long)type, (unsigned long)tag_label(t->regs[R_TAG]));
    for (word_t i = 0; i < 5; i++)
        printf(" %#lx", (unsigned long)t->regs[R_W0 + i]);
    printf(" -> %s %d\n",
           r.end == M_DONE    ? "done"
           : r.end == M_WAITS ? "waits"
                              : "again",
           (int)r.error);
}

/* What the thread finds when its call is over, or is to be made again. */
static void conclude(struct m_object *t, struct m_result r)
{
    t->again = r.end == M_AGAIN;
    if (r.end == M_AGAIN)
        t->regs[R_RIP] -= 2;
    else if (r.end == M_DONE && (r.error != E_OK || t->state == THREAD_STATE_READY))
        t->regs[R_RAX] = r.error;
}

/* Of so many entries, one goes both ways if it is a short message: not by chance, so that the
 * sequences are the same with and without. */
#define COMPARED 10u

/*
 * The complete way after the short one: from the same state it must lead to what the oracle says
 * too. So everything that the oracle compares, which is all that a user or the kernel can see, is
 * the same on both.
 */
static struct {
    word_t k[HOST_GRANULES][GRANULE_WORDS];
    struct cpu cpu;
    struct host host;
} before_short;

static void remember(void)
{
    memcpy(before_short.k, K, sizeof before_short.k);
    before_short.cpu = cpu;
    before_short.host = host;
    witness_mark(MARK_REMEMBER);
}

/* Would the door take a short way? Then everything is kept as it was before. */
static bool takes_short_way(ref_t thread, word_t cap, word_t tag, word_t number)
{
    if (thread_flags(thread) & THREAD_FOREIGN || (number != SYS_CALL && number != SYS_REPLY_RECV))
        return false;
    if (step_count % COMPARED != 0)
        return false;
    remember();

    word_t way = number == SYS_CALL ? fast_call(cap, tag)
                                    : fast_reply_recv(cap, tag, thread_word0(thread));

    if (way == FAST_NO) {
        CHECK(memcmp(before_short.k, K, sizeof before_short.k) == 0);
        CHECK(memcmp(&before_short.cpu, &cpu, sizeof cpu) == 0);
        return false;
    }
    step_short++;
    return true;
}

static void complete_way(word_t cap, word_t tag, word_t number)
{
    memcpy(K, before_short.k, sizeof before_short.k);
    cpu = before_short.cpu;
    host = before_short.host;
    entry_complete(cap, tag, number);
    witness_mark(MARK_BACK);
    witness_happen(SEEN_CALL_COMPLETE, 0, 0, 0);
    wf_begin(); /* the order to compare with would be that after the short way */
    judge(true);
}

/* As the doors do: a Recv that does not wait has a short way that only they take. */
static void door(ref_t thread, word_t cap, word_t tag, word_t number)
{
    word_t outcome = number >= SYS_NONBLOCK && chance(50) ? fast_poll(cap, number) : FAST_NO;

    if (outcome != FAST_NO)
        thread_set_rax(thread, outcome - FAST_OUTCOME);
    else
        entry_syscall(cap, tag, number);
}

void step_syscall(void)
{
    ref_t at = cpu.thread;
    struct m_object *t = m_obj(at);
    struct m_object before = *t;
    struct m_slot *slot = m_at(m_slot_place(at, t->regs[R_RDI]));
    word_t type = slot == NULL ? 0 : slot->type;
    bool configure = type == TYPE_CPU;

    set_reg(t, R_RIP, t->regs[R_RIP] + 2);

    word_t cap = t->regs[R_RDI], tag = t->regs[R_TAG], number = t->regs[R_RAX];
    bool both = takes_short_way(at, cap, tag, number);

    if (!both)
        door(at, cap, tag, number);
    witness_happen(SEEN_CALL, 0, 0, 0);

    bool restarted = !(t->flags & THREAD_FOREIGN) && thread_rip(at) == t->regs[R_RIP] - 2;
    struct m_result r = m_syscall(t, restarted);

    CHECK(restarted == (r.end == M_AGAIN));
    count(&before, type, r);
    if (step_trace)
        trace(&before, type, r);
    if (m_obj(at) != NULL)
        conclude(m_obj(at), r);
    if (configure)
        wf_begin();
    for (word_t i = 0; configure && i < m.object_count; i++) {
        if (m.objects[i].kind == TYPE_SCHED_CONTEXT)
            usage_forget(m.objects[i].at);
    }
    judge(type == TYPE_ADDRESS_SPACE || chance(5));
    if (both)
        complete_way(cap, tag, number);
}

bool step_random(void)
{
    if (host.timer <= host.now) {
        timer_interrupt();
        return true;
    }
    if (cpu.thread == NIL) {
        if (host.timer == WORD_MAX)
            return false;
        advance(host.timer - host.now);
        return true;
    }
    switch (any(24)) {
    case 0:
        advance(1 + any((word_t)1 << any(16)));
        break;
    case 1:
        device_interrupt();
        break;
    case 2:
        touch();
        break;
    case 3:
        if (cpu.thread != WORLD_MANAGER || chance(2))
            exception();
        break;
    default:
        if (!m_obj(cpu.thread)->again)
            choose_call(m_obj(cpu.thread));
        step_syscall();
        advance(any(40));
        break;
    }
    return true;
}
