/* SPDX-License-Identifier: BSD-2-Clause */
/* kernel_wf: what must be true of the kernel's state whenever the kernel is left, read from that
 * state alone (the oracle only lists which objects there are). */
#include "model.h"

#include <common/bits.h>
#include <mem/asid.h>

/* --- The derivation tree: links are answered, and parents are the oracle's --- */

/* The siblings below `parent`. @return how many slots hang below it */
static word_t tree_below(ref_t parent, word_t depth)
{
    word_t n = 0;
    ref_t prev = NIL;
    ref_t s = slot_child(parent);

    CHECK(depth < M_SLOTS);
    for (; s != NIL && s != parent; s = slot_next(s)) {
        CHECK(m_at(s) != NULL);
        SAME(m_at(s)->parent, parent);
        if (prev != NIL)
            SAME(slot_prev(s), prev);
        prev = s;
        n += 1 + tree_below(s, depth + 1);
        CHECK(n <= m.slot_count);
    }
    if (prev != NIL) {
        SAME(s, parent);
        SAME(slot_prev(slot_child(parent)), prev);
    }
    return n;
}

void wf_tree(void)
{
    SAME(tree_below(tree_root, 0), m.slot_count);
}

/* --- Scheduling --- */

static bool wanted(const struct m_object *sc)
{
    const struct m_object *t = m_obj(sc->holder);

    return t != NULL && t->sc == sc->at && t->state == THREAD_STATE_READY && sc->budget != 0;
}

/* First come first served: where each context stood when the kernel was last left, and who ran. */
static struct {
    ref_t sc, thread; /* whose it was: in other hands it queues anew */
    word_t priority, place;
} stood[64];
static word_t stood_count;
static ref_t ran;

void wf_begin(void)
{
    stood_count = 0;
    ran = NIL;
}

/* @return 1 + the place, 0 for one that was not in this queue */
static word_t stood_at(ref_t sc, word_t p)
{
    for (word_t i = 0; i < stood_count; i++) {
        if (stood[i].sc == sc && stood[i].priority == p &&
            stood[i].thread == sched_context_thread(sc))
            return 1 + stood[i].place;
    }
    return 0;
}

/* Those who stood here stand in the same order; who came is behind them, but for one that was
 * preempted. */
static void wf_order(word_t p)
{
    word_t last = 0;
    bool newcomers = false;

    for (ref_t sc = cpu.ready_head[p]; sc != NIL; sc = sched_context_qnext(sc)) {
        word_t place = stood_at(sc, p);

        if (place != 0)
            CHECK(place > last && !newcomers);
        else if (sc != ran || sc != cpu.ready_head[p])
            newcomers = true;
        if (place != 0)
            last = place;
    }
}

static void remember_order(void)
{
    wf_begin();
    ran = cpu.sc;
    for (word_t p = 0; p < PRIORITIES && cpu.ready_top != 0; p++) {
        word_t place = 0;

        for (ref_t sc = cpu.ready_head[p]; sc != NIL; sc = sched_context_qnext(sc)) {
            CHECK(stood_count < 64);
            stood[stood_count].sc = sc;
            stood[stood_count].thread = sched_context_thread(sc);
            stood[stood_count].priority = p;
            stood[stood_count++].place = place++;
        }
    }
}

static word_t wf_ready_queue(word_t p)
{
    word_t n = 0;
    ref_t prev = NIL;

    for (ref_t sc = cpu.ready_head[p]; sc != NIL; sc = sched_context_qnext(sc)) {
        CHECK(m_obj(sc) != NULL && m_obj(sc)->kind == TYPE_SCHED_CONTEXT);
        SAME(sched_context_state(sc), SC_QUEUED);
        SAME(sched_context_priority(sc), p);
        SAME(sched_context_qprev(sc), prev);
        prev = sc;
        CHECK(++n < 64);
    }
    SAME(cpu.ready_tail[p], prev);
    SAME(cpu.ready_bits[p / 64] >> (p % 64) & 1, n != 0);
    return n;
}

static void wf_ready(word_t queued)
{
    for (word_t i = 0; i < 4; i++)
        SAME(cpu.ready_top >> i & 1, cpu.ready_bits[i] != 0);
    SAME(cpu.ready_top >> 4, 0);
    for (word_t p = 0; p < PRIORITIES; p++) {
        if (cpu.ready_head[p] != NIL || cpu.ready_tail[p] != NIL ||
            (cpu.ready_bits[p / 64] >> (p % 64) & 1))
            queued -= wf_ready_queue(p);
    }
    SAME(queued, 0);
    for (word_t p = 0; p < PRIORITIES && cpu.ready_top != 0; p++)
        wf_order(p);
    remember_order();
}

/* Amounts add up to the budget, times ascend. */
static word_t wf_refills(ref_t sc, word_t until)
{
    word_t sum = 0, due = 0, last = 0;

    CHECK(sched_context_refills(sc) <= REFILLS && sched_context_first(sc) < REFILLS);
    for (word_t n = 0; n < sched_context_refills(sc); n++) {
        word_t i = (sched_context_first(sc) + n) % REFILLS;
        word_t time = K[sc + SCHED_CONTEXT_REFILL + i / 4][i % 4 * 2];
        word_t amount = K[sc + SCHED_CONTEXT_REFILL + i / 4][i % 4 * 2 + 1];

        CHECK(time >= last);
        last = time;
        sum += amount;
        due += time <= until ? amount : 0;
    }
    SAME(sum, sched_context_budget(sc));
    return due;
}

static bool full(ref_t sc)
{
    return sched_context_budget(sc) == sched_context_period(sc);
}

static void wf_sc(const struct m_object *o, word_t counts[4])
{
    word_t state = sched_context_state(o->at);
    bool want = wanted(o);

    CHECK(state <= SC_THROTTLED);
    counts[state]++;
    SAME(state != SC_IDLE, want);
    SAME(state == SC_RUNNING, cpu.sc == o->at);
    SAME(state == SC_THROTTLED, sched_context_dbucket(o->at) != 0);
    if (o->holder != NIL) {
        CHECK(m_obj(o->holder) != NULL && m_obj(o->holder)->kind == TYPE_THREAD);
        CHECK(m_obj(o->holder)->sc == o->at || m_obj(o->holder)->own == o->at);
    }
    if (sched_context_refills(o->at) == 0) {
        SAME(o->budget, 0);
        return;
    }

    word_t due = wf_refills(o->at, host.now);

    if (state == SC_THROTTLED)
        CHECK(!full(o->at));
    if (state == SC_QUEUED)
        CHECK(due > 0 || full(o->at));
}

/* A thread that is ready has a context, is waiting for one it lent to come back, or never had one.
 */
static void wf_thread(const struct m_object *o)
{
    if (o->lent != NIL)
        SAME(o->sc, NIL);
    if (o->own != NIL) {
        CHECK(o->sc != NIL || o->lent != NIL);
        SAME(m_obj(o->own)->holder, o->at);
    }
    if (o->sc != NIL)
        SAME(m_obj(o->sc)->holder, o->at);
    if (o->state != THREAD_STATE_SENDING && o->state != THREAD_STATE_RECEIVING &&
        o->state != THREAD_STATE_SIGNAL)
        SAME(thread_next(o->at) | thread_prev(o->at), NIL);
    if (o->notification != NIL)
        SAME(m_obj(o->notification)->bound, o->at);
}

/* The best that can run does; the timer comes before anything has to be decided again. */
static void wf_choice(void)
{
    if (cpu.sc == NIL) {
        SAME(cpu.thread, NIL);
        SAME(cpu.ready_top, 0);
        return;
    }

    word_t p = sched_context_priority(cpu.sc);

    SAME(cpu.thread, sched_context_thread(cpu.sc));
    SAME(thread_state(cpu.thread), THREAD_STATE_READY);
    CHECK(cpu.started <= host.now);
    for (word_t q = p + 1; q < PRIORITIES; q++)
        SAME(cpu.ready_head[q], NIL);
    if (full(cpu.sc)) {
        if (cpu.ready_head[p] != NIL)
            CHECK(host.timer - cpu.started <= sched_context_budget(cpu.sc) ||
                  host.timer < cpu.started);
    } else {
        word_t due = wf_refills(cpu.sc, cpu.started);

        CHECK(due > 0 && host.timer <= cpu.started + due);
    }
}

/* --- The deadline queue --- */

static word_t wf_bucket(word_t b)
{
    word_t n = 0;
    ref_t prev = NIL;

    for (ref_t node = cpu.deadline_head[b]; node != NIL; node = timer_dnext(node)) {
        const struct m_object *o = m_obj(node);
        word_t d = timer_deadline(node);
        word_t differs = d ^ cpu.deadline_last;

        CHECK(o != NULL && (o->kind == TYPE_TIMER || sched_context_state(node) == SC_THROTTLED));
        SAME(timer_dbucket(node), b + 1);
        SAME(timer_dprev(node), prev);
        CHECK(d >= cpu.deadline_last && host.timer <= d);
        if (cpu.deadline_sorting != b || b == 0)
            SAME(b, differs == 0 ? 0 : 1 + bit_highest(differs));
        prev = node;
        CHECK(++n <= M_OBJECTS);
    }
    SAME(cpu.deadline_bits >> b & 1, n != 0);
    return n;
}

static void wf_deadlines(void)
{
    word_t queued = 0;

    CHECK(cpu.deadline_last <= host.now);
    for (word_t b = 0; b < DEADLINE_BUCKETS; b++) {
        if (cpu.deadline_head[b] != NIL || (cpu.deadline_bits >> b & 1))
            queued += wf_bucket(b);
    }
    for (word_t i = 0; i < m.object_count; i++) {
        const struct m_object *o = &m.objects[i];

        queued -= o->kind == TYPE_TIMER && timer_dbucket(o->at) != 0;
        queued -= o->kind == TYPE_SCHED_CONTEXT && sched_context_dbucket(o->at) != 0;
    }
    SAME(queued, 0);
}

void wf_sched(void)
{
    word_t counts[4] = {0, 0, 0, 0};

    for (word_t i = 0; i < m.object_count; i++) {
        if (m.objects[i].kind == TYPE_SCHED_CONTEXT)
            wf_sc(&m.objects[i], counts);
        else if (m.objects[i].kind == TYPE_THREAD)
            wf_thread(&m.objects[i]);
    }
    wf_ready(counts[SC_QUEUED]);
    wf_choice();
    wf_deadlines();
    SAME(cpu.resched, 0);
    SAME(cpu.expired, NIL);
}

/* --- What the processor holds --- */

static void wf_machine(void)
{
    const struct m_slot *s = cpu.thread == NIL ? NULL : m_at(cpu.thread + THREAD_SPACE);

    if (cpu.thread != NIL)
        SAME(host.root, s == NULL ? NIL : space_root(s->object));
    for (word_t i = 0; i < HOST_TLB; i++) {
        const struct host_tlb *e = &host.tlb[i];
        ref_t table = e->root;

        for (word_t l = 3; table != NIL; l--) {
            word_t at = arch_pte_index(e->vaddr, l);
            word_t entry = K[table + at / 8][at % 8];

            CHECK(arch_pte_present(entry));
            if (arch_pte_is_leaf(entry, l)) {
                SAME(entry, e->entry);
                break;
            }
            table = arch_pte_target(entry);
        }
    }
}

void kernel_wf(void)
{
    wf_tree();
    wf_sched();
    wf_machine();
}
