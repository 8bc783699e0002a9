/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's state, read as what it means, against the oracle's. */
#include "model.h"

#include <mem/asid.h>

#include <string.h>

static word_t kernel_badge(const struct m_slot *s)
{
    if (s->type == TYPE_TABLES)
        return s->badge / SMALL_GRANULES;
    return m_frame(s->type) ? s->asid : s->badge;
}

static void compare_slot(struct m_slot *s)
{
    bool memory = s->type == TYPE_UNTYPED || s->type == TYPE_DEVICE_UNTYPED;

    SAME(slot_type(s->at), s->type);
    SAME(slot_object(s->at), s->object);
    SAME(slot_badge(s->at), kernel_badge(s));
    if (s->type == TYPE_TABLES)
        SAME(slot_rights(s->at), s->space);
    else if (memory)
        s->clear = slot_rights(s->at);
    else
        SAME(slot_rights(s->at), s->rights);
    if (s->type != TYPE_TABLES)
        SAME(slot_extra(s->at), memory ? s->used : s->vaddr);
}

/* What an Untyped says is clear must be: looked at in full only now and then. */
static void compare_clear(const struct m_slot *s)
{
    if (s->type != TYPE_UNTYPED)
        return;
    for (word_t g = s->used; g < s->clear; g++) {
        for (word_t w = 0; w < GRANULE_WORDS; w++)
            SAME(K[s->object + g][w], 0);
    }
}

/* Every slot there is: empty, or the oracle has it too. */
static void compare_empty(const struct m_object *o)
{
    ref_t first;
    word_t count = m_containers(o, &first);

    for (word_t i = 0; i < count; i++) {
        if (m_at(first + i) == NULL) {
            SAME(slot_type(first + i), TYPE_NULL);
            SAME(slot_child(first + i) | slot_next(first + i) | slot_prev(first + i), 0);
        }
    }
}

static word_t caps_to(ref_t object)
{
    word_t n = 0;

    for (word_t i = 0; i < m.slot_count; i++)
        n += m_counted(m.slots[i].type) && m.slots[i].object == object;
    return n;
}

static void compare_queue(const struct m_object *o, ref_t head, ref_t tail)
{
    ref_t prev = NIL;
    ref_t t = head;

    for (word_t i = 0; i < o->waiting; i++) {
        SAME(t, o->queue[i]);
        SAME(thread_prev(t), prev);
        SAME(thread_waits_for(t), o->at);
        prev = t;
        t = thread_next(t);
    }
    SAME(t, NIL);
    SAME(tail, prev);
}

static void compare_registers(const struct m_object *o)
{
    ref_t t = o->at;
    word_t kernel[M_REGS] = {
        thread_word0(t), thread_word1(t),   thread_word2(t),   thread_word3(t), thread_word4(t),
        thread_word5(t), thread_word6(t),   thread_word7(t),   thread_rax(t),   thread_rdi(t),
        thread_tag(t),   thread_rbx(t),     thread_rbp(t),     thread_rip(t),   thread_rflags(t),
        thread_rsp(t),   thread_fs_base(t), thread_gs_base(t),
    };

    for (word_t i = 0; i < R_END; i++)
        SAME(kernel[i], o->regs[i]);
}

static void compare_thread(const struct m_object *o)
{
    ref_t t = o->at;

    SAME(thread_state(t), o->state);
    SAME(thread_sc(t), o->sc);
    SAME(thread_own(t), o->own);
    SAME(thread_lent(t), o->lent);
    if (o->state >= THREAD_STATE_SENDING && o->state != THREAD_STATE_REPLY)
        SAME(thread_waits_for(t), o->waits_for);
    if (o->state == THREAD_STATE_RECEIVING || o->state == THREAD_STATE_REPLY)
        SAME(thread_reply(t), o->reply);
    SAME(thread_notification(t), o->notification);
    SAME(thread_flags(t), o->flags);
    SAME(thread_fault(t), o->fault);
    if (o->state == THREAD_STATE_SENDING) {
        SAME(thread_badge(t), o->badge);
        SAME(thread_calls(t), o->calls);
    }
    if (o->state == THREAD_STATE_SENDING || o->state == THREAD_STATE_REPLY)
        SAME(thread_rights(t) & RIGHT_GRANT, o->grant);
    if (o->fault != 0 && o->fault != FAULT_SYSCALL) {
        SAME(thread_fault_a(t), o->fault_a);
        SAME(thread_fault_b(t), o->fault_b);
    }
    compare_registers(o);
}

static void compare_sc(const struct m_object *o)
{
    ref_t t = sched_context_top(o->at);
    ref_t above = NIL;

    SAME(sched_context_thread(o->at), o->holder);
    for (word_t i = o->lenders; i > 0; i--) {
        SAME(t, o->stack[i - 1]);
        SAME(thread_borrower(t), above);
        SAME(thread_lent(t), o->at);
        above = t;
        t = thread_lender(t);
    }
    SAME(t, NIL);
    SAME(sched_context_budget(o->at), o->budget);
    SAME(sched_context_period(o->at), o->period);
    SAME(sched_context_priority(o->at), o->priority);
}

static void compare_space(const struct m_object *o)
{
    word_t free = 0, tables = 0;

    SAME(space_asid(o->at), o->asid);
    SAME(asid_space(o->asid), o->at);
    SAME(space_root(o->at) != NIL, o->root);
    SAME(space_free(o->at), o->free);
    for (ref_t page = space_pool(o->at); page != NIL; page = K[page][0])
        free++;
    SAME(free, o->free);
    for (ref_t s = space_tables(o->at); s != NIL; s = slot_extra(s)) {
        CHECK(m_at(s) != NULL && m_at(s)->type == TYPE_TABLES && m_at(s)->space == o->at);
        tables++;
    }
    for (word_t i = 0; i < m.slot_count; i++)
        tables -= m.slots[i].type == TYPE_TABLES && m.slots[i].space == o->at;
    SAME(tables, 0);
}

static void compare_interrupt(const struct m_object *o)
{
    SAME(interrupt_vector(o->at), o->vector);
    if (o->vector != 0) {
        SAME(interrupt_line(o->at), o->line);
        SAME(interrupt_pending(o->at), o->pending);
        SAME(vector_interrupt[o->vector], o->at);
        if (o->line != 0)
            SAME(line_vector[o->line - 1], o->vector);
    }
}

static void compare_object(const struct m_object *o)
{
    SAME(object_kind(o->at), o->kind);
    SAME(object_caps(o->at), caps_to(o->at));
    compare_empty(o);
    switch (o->kind) {
    case TYPE_CNODE:
        SAME(cnode_slots(o->at), o->slots);
        break;
    case TYPE_ENDPOINT:
        SAME(endpoint_side(o->at), o->waiting == 0 ? SIDE_IDLE
                                   : o->senders    ? SIDE_SENDERS
                                                   : SIDE_RECEIVERS);
        compare_queue(o, endpoint_head(o->at), endpoint_tail(o->at));
        break;
    case TYPE_NOTIFICATION:
        SAME(notification_bits(o->at), o->bits);
        SAME(notification_bound(o->at), o->bound);
        compare_queue(o, notification_head(o->at), notification_tail(o->at));
        break;
    case TYPE_REPLY:
        CHECK(o->caller == NIL || o->receiver == NIL);
        SAME(reply_thread(o->at), o->caller | o->receiver);
        break;
    case TYPE_THREAD:
        compare_thread(o);
        break;
    case TYPE_SCHED_CONTEXT:
        compare_sc(o);
        break;
    case TYPE_ADDRESS_SPACE:
        if (!o->dead)
            compare_space(o);
        break;
    case TYPE_INTERRUPT:
        compare_interrupt(o);
        break;
    default:
        SAME(timer_dbucket(o->at) != 0 ? timer_deadline(o->at) : 0, o->deadline);
        break;
    }
}

static void compare_dead(void)
{
    word_t dead = 0;

    for (ref_t o = doomed; o != NIL; o = object_doom(o)) {
        CHECK(m_obj(o) != NULL && m_obj(o)->dead);
        dead++;
    }
    for (word_t i = 0; i < m.object_count; i++)
        dead -= m.objects[i].dead;
    SAME(dead, 0);
}

static void compare_vectors(void)
{
    word_t attached = 0;

    for (word_t v = 0; v < VECTORS; v++)
        attached += vector_interrupt[v] != NIL;
    for (word_t i = 0; i < m.object_count; i++)
        attached -= m.objects[i].kind == TYPE_INTERRUPT && m.objects[i].vector != 0;
    SAME(attached, 0);
}

void compare_all(void)
{
    for (word_t i = 0; i < m.slot_count; i++)
        compare_slot(&m.slots[i]);
    for (word_t i = 0; i < m.object_count; i++)
        compare_object(&m.objects[i]);
    compare_dead();
    compare_vectors();
}

/* --- What takes long, and is looked at now and then --- */

static void expect_leaf(const struct m_object *o, word_t vaddr, word_t level, word_t entry)
{
    for (word_t i = 0; i < o->map_count; i++) {
        const struct m_map *map = &o->maps[i];

        if (map->vaddr == vaddr && map->level == level) {
            SAME(entry, arch_pte_leaf(map->frame, level, map->flags, map->ram));
            return;
        }
    }
    CHECK(!"a page is mapped that should not be");
}

/* @param counts leaves and tables found below and at this table */
static void compare_table(const struct m_object *o, ref_t table, word_t level, word_t base,
                          word_t counts[2])
{
    counts[1]++;
    for (word_t i = 0; i < 512; i++) {
        word_t entry = K[table + i / 8][i % 8];
        word_t vaddr = base + (i << (12 + 9 * level));

        if (!arch_pte_present(entry) || (level == 3 && i >= 256))
            continue;
        if (arch_pte_is_leaf(entry, level)) {
            expect_leaf(o, vaddr, level, entry);
            counts[0]++;
        } else {
            compare_table(o, arch_pte_target(entry), level - 1, vaddr, counts);
        }
    }
}

void compare_tables(void)
{
    for (word_t i = 0; i < m.object_count; i++) {
        const struct m_object *o = &m.objects[i];
        word_t counts[2] = {0, 0};

        if (o->kind != TYPE_ADDRESS_SPACE || o->dead || !o->root)
            continue;
        compare_table(o, space_root(o->at), 3, 0, counts);
        SAME(counts[0], o->map_count);
        SAME(counts[1], o->table_count + 1);
    }
}

void compare_user(void)
{
    for (word_t p = 0; p < HOST_GRANULES / SMALL_GRANULES; p++) {
        if (m.is_user[p])
            CHECK(memcmp(K[p * SMALL_GRANULES], m.user[p * SMALL_GRANULES], 4096) == 0);
    }
    for (word_t i = 0; i < m.slot_count; i++)
        compare_clear(&m.slots[i]);
}
