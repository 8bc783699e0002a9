/* SPDX-License-Identifier: BSD-2-Clause */
/* The oracle's capabilities and objects: a list of each. */
#include "model.h"

#include <string.h>

struct model m;

struct m_slot *m_at(ref_t at)
{
    return at == NIL || at >= HOST_GRANULES || m.slot_index[at] == 0
               ? NULL
               : &m.slots[m.slot_index[at] - 1];
}

struct m_object *m_obj(ref_t at)
{
    return at == NIL || at >= HOST_GRANULES || m.object_index[at] == 0
               ? NULL
               : &m.objects[m.object_index[at] - 1];
}

bool m_counted(word_t type)
{
    switch (type) {
    case TYPE_CNODE: case TYPE_ENDPOINT: case TYPE_NOTIFICATION: case TYPE_REPLY: case TYPE_THREAD:
    case TYPE_SCHED_CONTEXT: case TYPE_ADDRESS_SPACE: case TYPE_INTERRUPT: case TYPE_TIMER:
        return true;
    default:
        return false;
    }
}

bool m_frame(word_t type)
{
    return type == TYPE_FRAME || type == TYPE_LARGE_FRAME || type == TYPE_HUGE_FRAME;
}

struct m_slot *m_add(ref_t parent, ref_t at, word_t type, word_t object, word_t rights,
                     word_t badge)
{
    CHECK(m_at(at) == NULL && m.slot_count < M_SLOTS);

    struct m_slot *s = &m.slots[m.slot_count++];

    memset(s, 0, sizeof *s);
    s->at = at;
    s->type = type;
    s->object = object;
    s->rights = rights;
    s->badge = badge;
    s->parent = parent;
    m.slot_index[at] = (uint16_t)m.slot_count;
    return s;
}

struct m_object *m_new_object(ref_t at, word_t kind)
{
    CHECK(m_obj(at) == NULL && m.object_count < M_OBJECTS);

    struct m_object *o = &m.objects[m.object_count++];

    memset(o, 0, sizeof *o);
    o->at = at;
    o->kind = kind;
    m.object_index[at] = (uint16_t)m.object_count;
    if (kind == TYPE_ADDRESS_SPACE)
        m_new_asid(o);
    if (kind == TYPE_THREAD)
        o->regs[R_RFLAGS] = arch_flags_user(0);
    return o;
}

static void forget_object(struct m_object *o)
{
    struct m_object *last = &m.objects[--m.object_count];

    m.object_index[o->at] = 0;
    if (o != last) {
        *o = *last;
        m.object_index[o->at] = (uint16_t)(o - m.objects + 1);
    }
}

static void forget_slot(struct m_slot *s)
{
    struct m_slot *last = &m.slots[--m.slot_count];

    m.slot_index[s->at] = 0;
    if (s != last) {
        *s = *last;
        m.slot_index[s->at] = (uint16_t)(s - m.slots + 1);
    }
}

void m_copy(struct m_slot *from, ref_t to, word_t rights)
{
    struct m_slot source = *from;

    (void)m_add(source.at, to, source.type, source.object, source.rights & rights, source.badge);
}

void m_move(ref_t from, ref_t to)
{
    struct m_slot *s = m_at(from);

    CHECK(s != NULL && m_at(to) == NULL);
    for (word_t i = 0; i < m.slot_count; i++) {
        if (m.slots[i].parent == from)
            m.slots[i].parent = to;
    }
    m.slot_index[to] = m.slot_index[from];
    m.slot_index[from] = 0;
    s->at = to;
}

bool m_has_child(ref_t at)
{
    for (word_t i = 0; i < m.slot_count; i++) {
        if (m.slots[i].parent == at)
            return true;
    }
    return false;
}

bool m_descends(ref_t at, ref_t ancestor)
{
    for (struct m_slot *s = m_at(at); s != NULL; s = m_at(s->parent)) {
        if (s->parent == ancestor)
            return true;
    }
    return false;
}

/* The capability goes; what was derived from it belongs to its parent; an object without
 * capabilities is dead. */
void m_delete(ref_t at)
{
    struct m_slot gone = *m_at(at);

    if (m_frame(gone.type))
        m_unmap(m_at(at));
    for (word_t i = 0; i < m.slot_count; i++) {
        if (m.slots[i].parent == at)
            m.slots[i].parent = gone.parent;
    }
    forget_slot(m_at(at));
    for (word_t i = 0; i < m.slot_count; i++) {
        if (m.slots[i].type == gone.type && m.slots[i].object == gone.object)
            return;
    }
    if (m_counted(gone.type))
        m_obj(gone.object)->dead = true;
    else if (gone.type == TYPE_FRAME)
        m_page(gone.object, false);
}

ref_t m_place_in(const struct m_slot *cnode, word_t index)
{
    if (cnode == NULL || cnode->type != TYPE_CNODE || index == 0 ||
        index >= m_obj(cnode->object)->slots)
        return NIL;
    return cnode->object + index;
}

ref_t m_slot_place(ref_t thread, word_t index)
{
    return m_place_in(m_at(thread + THREAD_CSPACE), index);
}

/* Slots inside an object. @return how many */
word_t m_containers(const struct m_object *o, ref_t *first)
{
    switch (o->kind) {
    case TYPE_CNODE:
        *first = o->at + 1;
        return o->slots - 1;
    case TYPE_THREAD:
        *first = o->at + THREAD_CSPACE;
        return 5;
    case TYPE_INTERRUPT:
        *first = o->at + INTERRUPT_NOTIFICATION;
        return 1;
    case TYPE_TIMER:
        *first = o->at + TIMER_NOTIFICATION;
        return 1;
    default:
        *first = NIL;
        return 0;
    }
}

/* --- What the kernel has done of what it may do --- */

static bool progress;

bool m_progress(void)
{
    bool was = progress;

    progress = false;
    return was;
}

static bool kernel_dooms(ref_t object)
{
    for (ref_t o = doomed; o != NIL; o = object_doom(o)) {
        if (o == object)
            return true;
    }
    return false;
}

bool m_doomed(void)
{
    for (word_t i = 0; i < m.object_count; i++) {
        if (m.objects[i].dead)
            return true;
    }
    return false;
}

static void gone(struct m_object *t)
{
    bool fault = t->state == THREAD_STATE_SENDING && t->fault != 0;

    m_unwait(t);
    t->state = THREAD_STATE_SUSPENDED;
    if (fault)
        m_return(t);
    else
        m_finish(t, E_GONE);
    progress = true;
}

/* The waiters of a dead endpoint or notification whom the kernel has woken, or all of them. */
static void wake_waiters(struct m_object *o, bool all)
{
    for (word_t i = 0; i < o->waiting;) {
        ref_t t = o->queue[i];

        bool cancelled = m_obj(t)->dead && thread_state(t) == THREAD_STATE_SUSPENDED;
        bool left = thread_waits_for(t) != o->at || thread_state(t) != m_obj(t)->state;

        if (all || (left && !cancelled))
            gone(m_obj(t));
        else
            i++;
    }
}

static void end_thread(struct m_object *t)
{
    m_cancel(t);
    m_unlend(t);
    if (t->own != NIL)
        m_unbind(m_obj(t->own));
    if (t->sc != NIL)
        m_unbind(m_obj(t->sc));
    if (t->notification != NIL)
        m_obj(t->notification)->bound = NIL;
}

static void end_object(struct m_object *o)
{
    switch (o->kind) {
    case TYPE_ENDPOINT:
        wake_waiters(o, true);
        break;
    case TYPE_NOTIFICATION:
        wake_waiters(o, true);
        if (o->bound != NIL)
            m_obj(o->bound)->notification = NIL;
        break;
    case TYPE_REPLY:
        m_abandon(o);
        if (o->receiver != NIL)
            m_obj(o->receiver)->reply = NIL;
        break;
    case TYPE_THREAD:
        end_thread(o);
        break;
    case TYPE_SCHED_CONTEXT:
        while (o->lenders > 0)
            m_unlend(m_obj(o->stack[o->lenders - 1]));
        m_unbind(o);
        break;
    case TYPE_ADDRESS_SPACE:
        m_cut(o);
        break;
    default:
        break;
    }
}

/* Pages that an address space gives back. */
static void tables_back(struct m_slot *s)
{
    CHECK(m_obj(s->space) == NULL || m_obj(s->space)->free == 0);
    s->type = TYPE_UNTYPED;
    s->space = NIL;
    s->used = 0;
}

/* Spaces that the kernel has emptied, and Tables that it has turned back into Untyped, or deleted
 * as such. */
static bool observe_tables(void)
{
    bool more = false;

    for (word_t i = 0; i < m.object_count; i++) {
        struct m_object *o = &m.objects[i];

        if (o->kind == TYPE_ADDRESS_SPACE && !(o->dead && !kernel_dooms(o->at)) &&
            space_asid(o->at) != o->asid) {
            m_cut(o);
            m_new_asid(o);
            more = true;
        }
    }
    for (word_t i = 0; i < m.slot_count; i++) {
        struct m_slot *s = &m.slots[i];

        if (s->type == TYPE_TABLES &&
            (slot_type(s->at) == TYPE_UNTYPED || (s->may_go && slot_type(s->at) == TYPE_NULL))) {
            tables_back(s);
            more = true;
        }
    }
    progress = progress || more;
    return more;
}

/* Slots that may go, and have. @return whether there were any */
static bool observe_slots(void)
{
    for (word_t i = 0; i < m.slot_count; i++) {
        struct m_slot *s = &m.slots[i];

        if (s->may_go && s->type != TYPE_TABLES && slot_type(s->at) == TYPE_NULL) {
            m_delete(s->at);
            progress = true;
            return true;
        }
    }
    return false;
}

static void mark_inside(const struct m_object *o)
{
    ref_t first;
    word_t count = m_containers(o, &first);

    for (word_t i = 0; i < count; i++) {
        if (m_at(first + i) != NULL)
            m_at(first + i)->may_go = true;
    }
}

/* A capability inside a dead object that the kernel has dismantled. */
static void drop_inside(ref_t at)
{
    struct m_slot *s = m_at(at);

    if (s->type == TYPE_TABLES) {
        if (m_obj(s->space) != NULL)
            m_cut(m_obj(s->space));
        tables_back(s);
    }
    m_delete(at);
}

/* A dead thread that the kernel is dismantling: each of these is a step of its own. (What it lent
 * may have come back instead, and it may run on its own again.) */
static void observe_thread(struct m_object *t)
{
    ref_t lent = t->lent, own = t->own, sc = t->sc;
    word_t state = t->state;

    if (thread_state(t->at) == THREAD_STATE_SUSPENDED &&
        (t->state != THREAD_STATE_SUSPENDED ||
         (t->sc != NIL && m_obj(t->sc)->lenders > 0 && thread_sc(t->at) != t->sc)))
        m_cancel(t);
    if (t->lent != NIL && thread_lent(t->at) == NIL && thread_sc(t->at) != t->lent)
        m_unlend(t);
    if (t->own != NIL && thread_own(t->at) == NIL && thread_sc(t->at) != t->own)
        m_unbind(m_obj(t->own));
    if (t->sc != NIL && thread_sc(t->at) == NIL)
        m_unbind(m_obj(t->sc));
    progress = progress || state != t->state || lent != t->lent || own != t->own || sc != t->sc;
}

/* What the kernel has done about a dead object that is still there. */
static void observe_dying(struct m_object *o)
{
    switch (o->kind) {
    case TYPE_CNODE:
        progress = progress || cnode_cursor(o->at) > o->cursor;
        o->cursor = cnode_cursor(o->at);
        break;
    case TYPE_ENDPOINT:
    case TYPE_NOTIFICATION:
        wake_waiters(o, false);
        break;
    case TYPE_REPLY:
        if (o->caller != NIL && reply_thread(o->at) != o->caller &&
            thread_state(o->caller) != THREAD_STATE_SUSPENDED) { /* or it was cancelled itself */
            m_abandon(o);
            progress = true;
        }
        break;
    case TYPE_THREAD:
        observe_thread(o);
        break;
    default:
        break;
    }
}

/* A dead object: what the kernel has done about it. @return whether it is gone */
static bool observe_dead(struct m_object *o)
{
    ref_t at = o->at;

    if (kernel_dooms(at)) {
        observe_dying(o);
        return false;
    }

    ref_t first;
    word_t count = m_containers(o, &first);

    for (word_t i = 0; i < count; i++) {
        if (m_at(first + i) != NULL)
            drop_inside(first + i);
    }
    o = m_obj(at);
    end_object(o);
    forget_object(m_obj(at));
    progress = true;
    return true;
}

/* Dead contexts that the kernel has begun to take from those who lent them. (Last: a context that
 * came back looks alike.) */
static bool observe_contexts(void)
{
    bool more = false;

    for (word_t i = 0; i < m.object_count; i++) {
        struct m_object *o = &m.objects[i];

        while (o->dead && o->kind == TYPE_SCHED_CONTEXT && o->lenders > 0 &&
               thread_lent(o->stack[o->lenders - 1]) == NIL) {
            m_unlend(m_obj(o->stack[o->lenders - 1]));
            more = true;
        }
    }
    progress = progress || more;
    return more;
}

/* Follow the kernel through everything that goes because of what went: until nothing more has. */
void m_observe(void)
{
    bool more = true;

    while (more) {
        for (word_t i = 0; i < m.object_count; i++) {
            if (m.objects[i].dead)
                mark_inside(&m.objects[i]);
        }
        more = observe_slots();
        for (word_t i = 0; i < m.object_count && !more; i++)
            more = m.objects[i].dead && observe_dead(&m.objects[i]);
        if (!more)
            more = observe_tables();
        if (!more)
            more = observe_contexts();
    }
}

/* An operation that deletes is over, or was preempted. @param finished all that may go must have
 * gone */
void m_settle_deletes(bool finished)
{
    m_observe();
    for (word_t i = 0; i < m.slot_count; i++) {
        CHECK(!(finished && m.slots[i].may_go));
        m.slots[i].may_go = false;
    }
}
