/* SPDX-License-Identifier: BSD-2-Clause */
/* AddressSpace, scheduling contexts and processor time, interrupts, timers, ports, frames. */
#include "model.h"

#include <ipc/transfer.h>

#define PERIOD_MIN 1000u

static word_t arg(const struct m_object *t, word_t i)
{
    return t->regs[R_W0 + i];
}

/* --- AddressSpace --- */

static struct m_result supply(struct m_object *t, struct m_object *space, bool restarted)
{
    struct m_slot *s = NULL;
    enum error e = m_find(t, arg(t, 0), TYPE_UNTYPED, 0, &s);
    ref_t at = s == NULL ? NIL : s->at;
    ref_t space_at = space->at;

    if (e != E_OK)
        return m_done(e);
    if (s->object % 64 != 0 || s->badge == 0 || s->badge % 64 != 0 || s->badge > 1024 * 64)
        return m_done(E_ARG);
    if (m_has_child(at))
        return m_done(E_STATE);
    if (!m_start_afresh(at, restarted))
        return (struct m_result){M_AGAIN, E_OK};
    s = m_at(at);
    if (restarted) {
        CHECK(slot_rights(at) > s->clear);
        return (struct m_result){M_AGAIN, E_OK};
    }
    s->type = TYPE_TABLES;
    s->space = space_at;
    m_obj(space_at)->free += s->badge / 64;
    return m_done(E_OK);
}

static bool stands(const struct m_slot *frame)
{
    const struct m_object *space = m_obj(frame->space);

    return space != NULL && space->kind == TYPE_ADDRESS_SPACE && space->asid == frame->asid;
}

static enum error act(struct m_object *space, word_t label, struct m_slot *frame, word_t vaddr,
                      word_t flags)
{
    enum error e;

    if (frame == NULL)
        return E_CAP;
    if (!m_frame(frame->type))
        return E_TYPE;
    if (label == ADDRESS_SPACE_MAP) {
        e = m_check_map(frame, vaddr, flags);
        if (e == E_OK && stands(frame))
            e = E_STATE;
        return e == E_OK ? m_map(space, frame, vaddr, flags) : e;
    }
    if (frame->space != space->at || !stands(frame))
        return E_STATE;
    if (label == ADDRESS_SPACE_UNMAP) {
        m_unmap(frame);
        return E_OK;
    }
    e = m_check_map(frame, frame->vaddr, flags);
    if (e == E_OK && m_mapping(space, frame) == NULL)
        e = E_STATE;
    if (e == E_OK)
        m_mapping(space, frame)->flags = flags;
    return e;
}

/* The kernel went no further because it made tables for this frame, which is mapped next time. */
static bool grown(struct m_object *space, struct m_slot *frame, word_t vaddr)
{
    return space_free(space->at) < space->free && frame != NULL && m_frame(frame->type) &&
           m_grow(space, frame, vaddr) == E_OK;
}

static struct m_result range(struct m_object *t, struct m_object *space, word_t label,
                             bool restarted)
{
    word_t first = arg(t, 1), count = arg(t, 2), vaddr = arg(t, 3);
    word_t flags = label == ADDRESS_SPACE_MAP ? arg(t, 4) : arg(t, 3);
    word_t steps = restarted ? count - K[t->at + THREAD_WORD0][2] : count;
    struct m_slot *cnode = NULL;
    enum error e = m_cnode(t, arg(t, 0), RIGHT_READ, &cnode);

    if (e != E_OK)
        return m_done(e);
    if (count == 0 || count > RANGE_COUNT)
        return m_done(E_ARG);
    if (m_place_in(cnode, first) == NIL || count > cnode->badge - first)
        return m_done(E_CAP);
    CHECK(steps <= count);
    for (word_t i = 0; i < steps; i++) {
        struct m_slot *frame = m_at(cnode->object + first + i);

        e = act(space, label, frame, vaddr, flags);
        if (e != E_OK)
            return m_done(e);
        vaddr += (word_t)4096 << (9 * (frame->type - TYPE_FRAME));
    }
    if (steps == 0 || space_free(space->at) != space->free)
        CHECK(restarted && label == ADDRESS_SPACE_MAP &&
              grown(space, m_at(cnode->object + first + steps), vaddr));
    return (struct m_result){restarted ? M_AGAIN : M_DONE, E_OK};
}

struct m_result m_invoke_space(struct m_object *t, struct m_slot *slot, word_t label,
                               bool restarted)
{
    struct m_object *space = m_obj(slot->object);

    return label == ADDRESS_SPACE_SUPPLY ? supply(t, space, restarted)
                                         : range(t, space, label, restarted);
}

/* --- Time --- */

static struct m_result sc_bind(struct m_object *t, struct m_object *sc)
{
    struct m_slot *s = NULL;
    enum error e = m_find(t, arg(t, 0), TYPE_THREAD, RIGHT_WRITE, &s);

    if (e != E_OK)
        return m_done(e);

    struct m_object *target = m_obj(s->object);

    if (sc->holder != NIL || sc->lenders != 0 || target->sc != NIL || target->lent != NIL)
        return m_done(E_STATE);
    sc->holder = target->at;
    target->sc = sc->at;
    return m_done(E_OK);
}

static struct m_result sc_invoke(struct m_object *t, struct m_object *sc, word_t label,
                                 bool restarted)
{
    CHECK(!restarted || label == SCHED_CONTEXT_UNBIND);
    switch (label) {
    case SCHED_CONTEXT_BIND:
        return sc_bind(t, sc);
    case SCHED_CONTEXT_UNBIND:
        if (sc->lenders > 0) {
            CHECK(restarted);
            m_unlend(m_obj(sc->stack[sc->lenders - 1]));
            return (struct m_result){M_AGAIN, E_OK};
        }
        m_unbind(sc);
        return m_done(E_OK);
    case SCHED_CONTEXT_CONSUMED:
        m_result_word(t, 0, sc->consumed);
        m_result_word(t, 1, sc->budget);
        m_result_word(t, 2, sc->period);
        m_result_word(t, 3, sc->priority);
        m_result_word(t, 4, sc->holder != NIL);
        return m_done(E_OK);
    default:
        return m_done(E_OK);
    }
}

static struct m_result cpu_invoke(struct m_object *t, struct m_slot *slot, word_t label)
{
    word_t budget = arg(t, 1), period = arg(t, 2), priority = arg(t, 3);
    struct m_slot *s = NULL;

    if (label == CPU_CLOCK) {
        m_result_word(t, 0, host.now);
        m_result_word(t, 1, 1000000);
        return m_done(E_OK);
    }

    enum error e = m_find(t, arg(t, 0), TYPE_SCHED_CONTEXT, RIGHT_WRITE, &s);

    if (e != E_OK)
        return m_done(e);
    if (priority > slot->badge || period < PERIOD_MIN || period > ((word_t)1 << 62) ||
        budget > period || (budget != 0 && budget < PERIOD_MIN))
        return m_done(E_ARG);

    struct m_object *sc = m_obj(s->object);

    sc->budget = budget;
    sc->period = period;
    sc->priority = priority;
    return m_done(E_OK);
}

/* --- Interrupts, timers, ports --- */

static enum error bind_notification(struct m_object *t, ref_t holder)
{
    struct m_slot *s = NULL;
    enum error e = m_find(t, arg(t, 0), TYPE_NOTIFICATION, RIGHT_WRITE, &s);

    if (e != E_OK)
        return e;
    if (m_at(holder) != NULL)
        return E_STATE;
    m_copy(s, holder, RIGHT_WRITE);
    return E_OK;
}

/* The kernel chooses a vector that nobody has. @return false: there is none */
static bool choose_vector(struct m_object *o)
{
    word_t taken = 0;

    for (word_t i = 0; i < m.object_count; i++)
        taken += m.objects[i].kind == TYPE_INTERRUPT && m.objects[i].vector != 0;
    if (taken == VECTOR_LAST - VECTOR_FIRST + 1)
        return false;

    word_t v = interrupt_vector(o->at);

    CHECK(v >= VECTOR_FIRST && v <= VECTOR_LAST);
    for (word_t i = 0; i < m.object_count; i++)
        CHECK(m.objects[i].kind != TYPE_INTERRUPT || m.objects[i].vector != v);
    o->vector = v;
    return true;
}

static bool line_taken(word_t line)
{
    for (word_t i = 0; i < m.object_count; i++) {
        if (m.objects[i].kind == TYPE_INTERRUPT && m.objects[i].vector != 0 &&
            m.objects[i].line == line + 1)
            return true;
    }
    return false;
}

static struct m_result irq_invoke(struct m_object *t, word_t label)
{
    word_t line = arg(t, 1), flags = arg(t, 2);
    struct m_slot *s = NULL;
    enum error e = m_find(t, arg(t, 0), TYPE_INTERRUPT, RIGHT_WRITE, &s);

    if (e != E_OK)
        return m_done(e);
    if (label == IRQ_CONTROL_ATTACH && (line >= HOST_LINES || line == 2 || flags > 3))
        return m_done(E_ARG);

    struct m_object *o = m_obj(s->object);

    if (o->vector != 0 || (label == IRQ_CONTROL_ATTACH && line_taken(line)))
        return m_done(E_STATE);
    if (!choose_vector(o))
        return m_done(label == IRQ_CONTROL_ATTACH ? E_STATE : E_MEMORY);
    o->line = label == IRQ_CONTROL_ATTACH ? line + 1 : 0;
    o->level = label == IRQ_CONTROL_ATTACH && (flags & 1);
    if (label == IRQ_CONTROL_ATTACH) {
        SAME(host.vector_of[line], o->vector);
        SAME(host.masked[line], 1);
        return m_done(E_OK);
    }
    m_result_word(t, 0, arch_msi_address(o->vector));
    m_result_word(t, 1, arch_msi_data(o->vector));
    return m_done(E_OK);
}

static struct m_result interrupt_invoke(struct m_object *t, struct m_object *o, word_t label)
{
    if (label == INTERRUPT_BIND)
        return m_done(bind_notification(t, o->at + INTERRUPT_NOTIFICATION));
    if (o->vector == 0)
        return m_done(E_STATE);
    o->pending = 0;
    if (o->line != 0)
        SAME(host.masked[o->line - 1], 0);
    return m_done(E_OK);
}

static struct m_result timer_invoke(struct m_object *t, struct m_object *o, word_t label)
{
    struct m_slot *n = m_at(o->at + TIMER_NOTIFICATION);

    if (label == TIMER_BIND)
        return m_done(bind_notification(t, o->at + TIMER_NOTIFICATION));
    if (label == TIMER_SET) {
        if (arg(t, 0) > WORD_MAX / 2)
            return m_done(E_ARG);
        if (n == NULL)
            return m_done(E_STATE);
    }
    o->deadline = label == TIMER_SET && arg(t, 0) > host.now ? arg(t, 0) : 0;
    if (label == TIMER_SET && o->deadline == 0)
        m_signal(m_obj(n->object), n->badge);
    return m_done(E_OK);
}

static struct m_result port_invoke(struct m_object *t, struct m_slot *slot, word_t label)
{
    word_t port = arg(t, 0), width = arg(t, 1);
    bool good = (width == 1 || width == 2 || width == 4) && port < 65536 && port >= slot->object &&
                port + width <= slot->object + slot->badge;

    if (!good)
        return m_done(E_ARG);
    if (label == IO_PORT_READ)
        m_result_word(t, 0, port * 8 + width);
    else
        SAME(host.port_last, port + width * 65536u + (arg(t, 2) & 0xff) * 0x1000000u);
    return m_done(E_OK);
}

struct m_result m_invoke_other(struct m_object *t, struct m_slot *slot, word_t label,
                               bool restarted)
{
    switch (slot->type) {
    case TYPE_SCHED_CONTEXT:
        return sc_invoke(t, m_obj(slot->object), label, restarted);
    case TYPE_CPU:
        return cpu_invoke(t, slot, label);
    case TYPE_IRQ_CONTROL:
        return irq_invoke(t, label);
    case TYPE_INTERRUPT:
        return interrupt_invoke(t, m_obj(slot->object), label);
    case TYPE_TIMER:
        return timer_invoke(t, m_obj(slot->object), label);
    case TYPE_IO_PORT:
        return port_invoke(t, slot, label);
    default:
        m_result_word(t, 0, slot->object * 64);
        return m_done(E_OK);
    }
}
