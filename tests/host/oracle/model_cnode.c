/* SPDX-License-Identifier: BSD-2-Clause */
/* Untyped and CNode. */
#include "model.h"

#include <ipc/transfer.h>

static word_t arg(const struct m_object *t, word_t i)
{
    return t->regs[R_W0 + i];
}

/* Words of the thread in the kernel, after the operation: how far a preempted one came. */
static word_t now(const struct m_object *t, word_t i)
{
    return K[t->at + THREAD_WORD0][i];
}

/* --- Untyped --- */

static word_t object_size(word_t type, word_t size)
{
    static const struct { word_t type, granules;
    } fixed[] = {
        {TYPE_ENDPOINT, 1},  {TYPE_NOTIFICATION, 1},    {TYPE_REPLY, 1},
        {TYPE_THREAD, 24},   {TYPE_SCHED_CONTEXT, 6},   {TYPE_ADDRESS_SPACE, 1},
        {TYPE_FRAME, 64},    {TYPE_LARGE_FRAME, 32768}, {TYPE_HUGE_FRAME, 16777216},
        {TYPE_INTERRUPT, 2}, {TYPE_TIMER, 2},
    };

    if (type == TYPE_UNTYPED)
        return size % 64 == 0 && size < ((word_t)1 << 58) ? size : 0;
    if (type == TYPE_CNODE)
        return size >= 2 && size <= CNODE_SLOTS ? size : 0;
    for (word_t i = 0; i < sizeof fixed / sizeof fixed[0] && size == 0; i++) {
        if (fixed[i].type == type)
            return fixed[i].granules;
    }
    return 0;
}

static word_t alignment(word_t type, word_t n)
{
    return type == TYPE_UNTYPED ? 64 : m_frame(type) ? n : 1;
}

static bool apart(word_t a, word_t n, word_t b, word_t k)
{
    return a + n <= b || b + k <= a;
}

/* Nothing that lives is where the new object goes, but the Untyped it is cut from, and those that
 * was cut from. */
static void check_apart(ref_t untyped, ref_t at, word_t n)
{
    for (word_t i = 0; i < m.object_count; i++) {
        const struct m_object *o = &m.objects[i];

        CHECK(apart(at, n, o->at, object_size(o->kind, o->kind == TYPE_CNODE ? o->slots : 0)));
    }
    for (word_t i = 0; i < m.slot_count; i++) {
        const struct m_slot *s = &m.slots[i];
        bool memory =
            s->type == TYPE_UNTYPED || s->type == TYPE_DEVICE_UNTYPED || s->type == TYPE_TABLES;

        if (memory)
            CHECK(s->at == untyped || m_descends(untyped, s->at) ||
                  apart(at, n, s->object, s->badge));
        else if (m_frame(s->type))
            CHECK(apart(at, n, s->object, object_size(s->type, 0)));
    }
}

static void make(ref_t untyped, ref_t to, word_t type, word_t size, word_t n)
{
    struct m_slot *u = m_at(untyped);
    word_t align = alignment(type, n);
    ref_t at = (u->object + u->used + align - 1) / align * align;
    word_t rights = u->type == TYPE_UNTYPED ? RIGHT_ALL : RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE;

    check_apart(untyped, at, n);
    u->used = at - u->object + n;
    if (m_counted(type))
        m_new_object(at, type)->slots = type == TYPE_CNODE ? size : 0;
    if (type == TYPE_FRAME && u->type == TYPE_UNTYPED)
        m_page(at, true);
    (void)m_add(untyped, to, type == TYPE_UNTYPED ? u->type : type, at,
                type == TYPE_UNTYPED ? 0 : rights,
                type == TYPE_UNTYPED ? n
                : type == TYPE_CNODE ? size
                                     : 0);
}

static enum error check_retype(struct m_object *t, struct m_slot *u, word_t n,
                               struct m_slot **cnode)
{
    word_t type = arg(t, 0), first = arg(t, 3), count = arg(t, 4);

    if (n == 0 || count == 0 || count > RETYPE_COUNT)
        return E_ARG;
    if (u->type == TYPE_DEVICE_UNTYPED && type != TYPE_UNTYPED && !m_frame(type))
        return E_ARG;

    enum error e = m_cnode(t, arg(t, 2), RIGHT_WRITE, cnode);

    if (e != E_OK)
        return e;
    if (m_place_in(*cnode, first) == NIL || count > (*cnode)->badge - first)
        return E_CAP;
    for (word_t i = 0; i < count; i++) {
        if (m_at((*cnode)->object + first + i) != NULL)
            return E_SLOT;
    }
    return E_OK;
}

/* All that was made is gone: dead objects are dismantled first, then memory is used from the start.
 * @return false: to be made again */
bool m_start_afresh(ref_t untyped, bool restarted)
{
    if (m_has_child(untyped) || m_at(untyped)->used == 0)
        return true;
    if (m_doomed()) { /* the caller itself may be among them: so the call is made again, if there is
                         anybody to */
        (void)m_progress();
        m_settle_deletes(false);
        CHECK(restarted && m_progress());
        return false;
    }
    m_at(untyped)->used = 0;
    m_at(untyped)->clear = 0;
    return true;
}

struct m_result m_invoke_memory(struct m_object *t, ref_t slot, word_t label, bool restarted)
{
    ref_t caller = t->at;
    word_t type = arg(t, 0), size = arg(t, 1), first = arg(t, 3), count = arg(t, 4);
    word_t n = object_size(type, size);
    word_t made = restarted ? count - now(t, 4) : count;
    struct m_slot *cnode = NULL;
    enum error e = check_retype(t, m_at(slot), n, &cnode);

    (void)label;
    if (e != E_OK)
        return m_done(e);

    ref_t to = cnode->object + first;

    if (!m_start_afresh(slot, restarted))
        return (struct m_result){M_AGAIN, E_OK};

    const struct m_slot *u = m_at(slot);
    word_t align = alignment(type, n);
    word_t start = (u->object + u->used + align - 1) / align * align - u->object;

    CHECK(m_obj(caller) != NULL && made <= count);
    if (start > u->badge || n > (u->badge - start) / count)
        return m_done(E_MEMORY);
    if (restarted)
        CHECK(made > 0 || slot_rights(slot) > u->clear);
    for (word_t i = 0; i < made; i++)
        make(slot, to + i, type, size, n);
    return (struct m_result){restarted ? M_AGAIN : M_DONE, E_OK};
}

/* --- CNode --- */

static bool copyable(word_t type)
{
    return type != TYPE_UNTYPED && type != TYPE_DEVICE_UNTYPED && type != TYPE_TABLES &&
           type != TYPE_REPLY;
}

static bool in_range(const struct m_slot *cnode, word_t first, word_t count)
{
    return m_place_in(cnode, first) != NIL && count <= cnode->badge - first;
}

static struct m_result copy(struct m_object *t, struct m_slot *slot, bool restarted)
{
    word_t count = arg(t, 4);
    word_t steps = restarted ? count - now(t, 4) : count;
    struct m_slot *source = NULL;
    enum error e = m_cnode(t, arg(t, 1), RIGHT_READ, &source);

    if (e != E_OK)
        return m_done(e);
    if (arg(t, 3) > RIGHT_ALL || count == 0 || count > RANGE_COUNT)
        return m_done(E_ARG);
    if (!in_range(slot, arg(t, 0), count) || !in_range(source, arg(t, 2), count))
        return m_done(E_CAP);
    CHECK(steps > 0 && steps <= count);

    ref_t to = slot->object + arg(t, 0);
    ref_t from = source->object + arg(t, 2);

    for (word_t i = 0; i < steps; i++) {
        if (m_at(from + i) == NULL)
            return m_done(E_CAP);
        if (m_at(to + i) != NULL)
            return m_done(E_SLOT);
        if (!copyable(m_at(from + i)->type))
            return m_done(E_TYPE);
        m_copy(m_at(from + i), to + i, arg(t, 3));
    }
    return (struct m_result){restarted ? M_AGAIN : M_DONE, E_OK};
}

static enum error find_pair(struct m_object *t, struct m_slot *slot, word_t right, ref_t *to,
                            ref_t *from)
{
    struct m_slot *source = NULL;
    enum error e = m_cnode(t, arg(t, 1), right, &source);

    if (e != E_OK)
        return e;
    *to = m_place_in(slot, arg(t, 0));
    *from = m_place_in(source, arg(t, 2));
    if (*to == NIL || *from == NIL || m_at(*from) == NULL)
        return E_CAP;
    return m_at(*to) == NULL ? E_OK : E_SLOT;
}

static enum error check_badge(const struct m_slot *s, word_t badge)
{
    word_t first = badge % 65536, count = badge / 65536;

    if (badge == 0)
        return E_ARG;
    switch (s->type) {
    case TYPE_ENDPOINT:
    case TYPE_NOTIFICATION:
        return s->badge == 0 ? E_OK : E_STATE;
    case TYPE_CPU:
        return badge <= s->badge ? E_OK : E_ARG;
    case TYPE_IO_PORT:
        return count > 0 && first >= s->object && first + count <= s->object + s->badge ? E_OK
                                                                                        : E_ARG;
    default:
        return E_TYPE;
    }
}

static struct m_result mint(struct m_object *t, struct m_slot *slot)
{
    ref_t to = NIL, from = NIL;
    enum error e = find_pair(t, slot, RIGHT_READ, &to, &from);

    if (e == E_OK)
        e = arg(t, 3) > RIGHT_ALL ? E_ARG : check_badge(m_at(from), arg(t, 4));
    if (e != E_OK)
        return m_done(e);
    m_copy(m_at(from), to, arg(t, 3));
    if (m_at(to)->type == TYPE_IO_PORT) {
        m_at(to)->object = arg(t, 4) % 65536;
        m_at(to)->badge = arg(t, 4) / 65536;
    } else {
        m_at(to)->badge = arg(t, 4);
    }
    return m_done(E_OK);
}

static struct m_result move(struct m_object *t, struct m_slot *slot)
{
    ref_t to = NIL, from = NIL;
    enum error e = find_pair(t, slot, RIGHT_WRITE, &to, &from);

    if (e == E_OK && m_at(from)->type == TYPE_TABLES)
        e = E_TYPE;
    if (e == E_OK)
        m_move(from, to);
    return m_done(e);
}

/* What may go is marked; the kernel has deleted all of it, or stopped on the way. */
static struct m_result deleted(bool all, bool restarted)
{
    m_settle_deletes(all && !restarted);
    CHECK(restarted || !all || doomed == NIL);
    CHECK(!restarted || m_progress());
    return (struct m_result){restarted ? M_AGAIN : M_DONE, E_OK};
}

/* The range ends early where it holds the very capability that is being used. */
static struct m_result delete(struct m_object *t, struct m_slot *slot, bool restarted)
{
    ref_t used = slot->at;
    ref_t first = slot->object + arg(t, 0);

    if (arg(t, 1) > RANGE_COUNT)
        return m_done(E_ARG);
    if (!in_range(slot, arg(t, 0), arg(t, 1)))
        return m_done(E_CAP);
    for (word_t i = 0; i < arg(t, 1); i++) {
        if (m_at(first + i) != NULL)
            m_at(first + i)->may_go = true;
        if (first + i == used)
            break;
    }

    bool own = m_at(used)->may_go;

    (void)m_progress();
    CHECK(!restarted || slot_type(used) == TYPE_CNODE); /* else it could not be made again */
    if (restarted && now(t, 0) > arg(t, 0)) { /* empty slots were passed: that is a step too */
        m_settle_deletes(false);
        return (struct m_result){M_AGAIN, E_OK};
    }
    if ((own || slot_type(used) != TYPE_CNODE) && !restarted) {
        m_settle_deletes(false);
        CHECK(m_at(used) == NULL);
        return m_done(E_OK);
    }
    return deleted(true, restarted);
}

static struct m_result revoke(struct m_object *t, struct m_slot *slot, bool restarted)
{
    ref_t target = m_place_in(slot, arg(t, 0));

    if (target == NIL || m_at(target) == NULL)
        return m_done(E_CAP);
    for (word_t i = 0; i < m.slot_count; i++)
        m.slots[i].may_go = m_descends(m.slots[i].at, target);
    (void)m_progress();
    return deleted(true, restarted);
}

static struct m_result inspect(struct m_object *t, struct m_slot *slot)
{
    ref_t place = m_place_in(slot, arg(t, 0));
    struct m_slot *s = m_at(place);
    word_t words[6] = {0, 0, 0, 0, 0, 0};

    if (place == NIL)
        return m_done(E_CAP);
    if (s != NULL) {
        bool memory = s->type == TYPE_UNTYPED || s->type == TYPE_DEVICE_UNTYPED;

        words[0] = s->type;
        words[1] = s->type == TYPE_CPU || s->type == TYPE_IRQ_CONTROL ? 0 : s->object;
        words[2] = s->rights;
        words[3] = s->type == TYPE_TABLES ? s->badge / 64 : s->badge;
        words[4] = memory ? s->used : s->vaddr;
        words[5] = m_has_child(place);
    }
    for (word_t i = 0; i < 6; i++)
        m_result_word(t, i, words[i]);
    return m_done(E_OK);
}

struct m_result m_invoke_cnode(struct m_object *t, ref_t at, word_t label, bool restarted)
{
    struct m_slot *slot = m_at(at);

    CHECK(!restarted || label == CNODE_COPY || label == CNODE_DELETE || label == CNODE_REVOKE);
    switch (label) {
    case CNODE_COPY:
        return copy(t, slot, restarted);
    case CNODE_MINT:
        return mint(t, slot);
    case CNODE_MOVE:
        return move(t, slot);
    case CNODE_DELETE:
        return delete(t, slot, restarted);
    case CNODE_REVOKE:
        return revoke(t, slot, restarted);
    default:
        return inspect(t, slot);
    }
}
