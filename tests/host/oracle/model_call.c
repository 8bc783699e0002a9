/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls: what each must come to, in terms of what things mean. */
#include "model.h"

#include <ipc/transfer.h>

struct m_result m_done(enum error e)
{
    return (struct m_result){M_DONE, e};
}

enum error m_find(struct m_object *t, word_t index, word_t type, word_t right, struct m_slot **slot)
{
    struct m_slot *s = m_at(m_slot_place(t->at, index));

    if (s == NULL)
        return E_CAP;
    if (s->type != type)
        return E_TYPE;
    *slot = s;
    return (right & ~s->rights) == 0 ? E_OK : E_RIGHTS;
}

enum error m_cnode(struct m_object *t, word_t index, word_t right, struct m_slot **slot)
{
    if (index != 0)
        return m_find(t, index, TYPE_CNODE, right, slot);
    *slot = m_at(t->at + THREAD_CSPACE);
    if (*slot == NULL)
        return E_CAP;
    return (*slot)->rights & right ? E_OK : E_RIGHTS;
}

void m_result_word(struct m_object *t, word_t i, word_t value)
{
    t->regs[R_W0 + i] = value;
    SAME(K[t->at + THREAD_WORD0][i], value);
}

/* Labels that each type has, the rights they need, and how many words they answer. */
struct operation {
    word_t type, label, rights, results;
};

static const struct operation operations[] = {
    {TYPE_UNTYPED, 1, 0, 0},
    {TYPE_DEVICE_UNTYPED, 1, 0, 0},
    {TYPE_CNODE, 1, RIGHT_WRITE, 0},
    {TYPE_CNODE, 2, RIGHT_WRITE, 0},
    {TYPE_CNODE, 3, RIGHT_WRITE, 0},
    {TYPE_CNODE, 4, RIGHT_WRITE, 0},
    {TYPE_CNODE, 5, RIGHT_WRITE, 0},
    {TYPE_CNODE, 6, RIGHT_READ, 6},
    {TYPE_THREAD, 1, RIGHT_WRITE, 0},
    {TYPE_THREAD, 2, RIGHT_WRITE, 0},
    {TYPE_THREAD, 3, RIGHT_READ, 8},
    {TYPE_THREAD, 4, RIGHT_WRITE, 0},
    {TYPE_THREAD, 5, RIGHT_WRITE, 0},
    {TYPE_THREAD, 6, RIGHT_WRITE, 0},
    {TYPE_THREAD, 7, RIGHT_WRITE, 0},
    {TYPE_THREAD, 8, RIGHT_READ, 5},
    {TYPE_THREAD, 9, RIGHT_WRITE, 0},
    {TYPE_SCHED_CONTEXT, 1, RIGHT_WRITE, 0},
    {TYPE_SCHED_CONTEXT, 2, RIGHT_WRITE, 0},
    {TYPE_SCHED_CONTEXT, 3, RIGHT_READ, 5},
    {TYPE_SCHED_CONTEXT, 4, RIGHT_READ, 0},
    {TYPE_ADDRESS_SPACE, 1, RIGHT_WRITE, 0},
    {TYPE_ADDRESS_SPACE, 2, RIGHT_WRITE, 0},
    {TYPE_ADDRESS_SPACE, 3, RIGHT_WRITE, 0},
    {TYPE_ADDRESS_SPACE, 4, RIGHT_WRITE, 0},
    {TYPE_FRAME, 1, RIGHT_READ, 1},
    {TYPE_LARGE_FRAME, 1, RIGHT_READ, 1},
    {TYPE_HUGE_FRAME, 1, RIGHT_READ, 1},
    {TYPE_INTERRUPT, 1, RIGHT_WRITE, 0},
    {TYPE_INTERRUPT, 2, RIGHT_WRITE, 0},
    {TYPE_TIMER, 1, RIGHT_WRITE, 0},
    {TYPE_TIMER, 2, RIGHT_WRITE, 0},
    {TYPE_TIMER, 3, RIGHT_WRITE, 0},
    {TYPE_IO_PORT, 1, RIGHT_READ, 1},
    {TYPE_IO_PORT, 2, RIGHT_WRITE, 0},
    {TYPE_CPU, 1, RIGHT_WRITE, 0},
    {TYPE_CPU, 2, RIGHT_READ, 2},
    {TYPE_IRQ_CONTROL, 1, RIGHT_WRITE, 0},
    {TYPE_IRQ_CONTROL, 2, RIGHT_WRITE, 2},
};

static struct m_result act(struct m_object *t, struct m_slot *slot, word_t label, bool restarted)
{
    switch (slot->type) {
    case TYPE_UNTYPED:
    case TYPE_DEVICE_UNTYPED:
        return m_invoke_memory(t, slot->at, label, restarted);
    case TYPE_CNODE:
        return m_invoke_cnode(t, slot->at, label, restarted);
    case TYPE_ADDRESS_SPACE:
        return m_invoke_space(t, slot, label, restarted);
    case TYPE_THREAD:
        return m_invoke_thread(t, slot, label, restarted);
    default:
        CHECK(!restarted || slot->type == TYPE_SCHED_CONTEXT);
        return m_invoke_other(t, slot, label, restarted);
    }
}

/* The kernel is the server. Words that are no results are the kernel's to leave as it likes. */
static struct m_result invoke(struct m_object *t, struct m_slot *slot, word_t label, bool restarted)
{
    ref_t at = t->at;
    const struct operation *op = NULL;

    for (word_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        if (operations[i].type == slot->type && operations[i].label == label)
            op = &operations[i];
    }
    if (op == NULL)
        return m_done(E_OP);
    if (op->rights & ~slot->rights)
        return m_done(E_RIGHTS);
    struct m_result r = act(t, slot, label, restarted);

    t = m_obj(at);
    if (t == NULL)
        return r;
    for (word_t i = 0; i < 8; i++)
        t->regs[R_W0 + i] = K[at + THREAD_WORD0][i];
    if (r.end == M_DONE && r.error == E_OK) {
        t->regs[R_RDI] = 0;
        t->regs[R_TAG] = op->results;
    }
    return r;
}

static struct m_result send_checked(struct m_object *t, struct m_slot *slot, bool calls, bool wait)
{
    if (!(slot->rights & RIGHT_WRITE))
        return m_done(E_RIGHTS);
    if (t->regs[R_TAG] >> 63 != 0)
        return m_done(E_MESSAGE);

    enum error e = m_check_message(t, slot->rights & RIGHT_GRANT);

    return e == E_OK ? m_send(t, slot, calls, wait) : m_done(e);
}

static struct m_result send(struct m_object *t, struct m_slot *slot, bool wait)
{
    switch (slot->type) {
    case TYPE_ENDPOINT:
        return send_checked(t, slot, false, wait);
    case TYPE_NOTIFICATION:
        if (!(slot->rights & RIGHT_WRITE))
            return m_done(E_RIGHTS);
        m_signal(m_obj(slot->object), slot->badge);
        return m_done(E_OK);
    case TYPE_REPLY:
        return m_done(m_reply(t, m_obj(slot->object)));
    default:
        return m_done(E_TYPE);
    }
}

static enum error find_reply(struct m_object *t, struct m_object **reply)
{
    struct m_slot *s = NULL;
    enum error e = E_OK;

    *reply = NULL;
    if (t->regs[R_RBX] != 0)
        e = m_find(t, t->regs[R_RBX], TYPE_REPLY, 0, &s);
    if (e == E_OK && s != NULL)
        *reply = m_obj(s->object);
    return e;
}

static struct m_result receive(struct m_object *t, struct m_slot *slot, bool answer, bool wait)
{
    struct m_object *object = m_obj(slot->object);
    struct m_object *reply = NULL;
    enum error e;

    if (slot->type != TYPE_ENDPOINT && (answer || slot->type != TYPE_NOTIFICATION))
        return m_done(E_TYPE);
    if (!(slot->rights & RIGHT_READ))
        return m_done(E_RIGHTS);
    if (slot->type == TYPE_NOTIFICATION)
        return m_wait(t, object, wait);
    e = find_reply(t, &reply);
    if (e != E_OK)
        return m_done(e);
    if (answer) {
        e = reply == NULL ? E_CAP : m_reply(t, reply);
        if (e != E_OK)
            return m_done(e);
    } else if (reply != NULL && (reply->caller != NIL || reply->receiver != NIL)) {
        return m_done(E_STATE);
    }

    struct m_result r = m_recv(t, object, reply, wait);

    /* The answer has been given, once: what is made again is only the Recv. */
    if (answer && r.end == M_AGAIN)
        t->regs[R_RAX] = SYS_RECV + (wait ? 0 : SYS_NONBLOCK);
    return r;
}

struct m_result m_syscall(struct m_object *t, bool restarted)
{
    word_t number = t->regs[R_RAX];
    bool wait = number < SYS_NONBLOCK;
    struct m_slot *slot = m_at(m_slot_place(t->at, t->regs[R_RDI]));

    if (t->flags & THREAD_FOREIGN) {
        m_fault(t, FAULT_SYSCALL, 0, 0);
        return (struct m_result){M_WAITS, E_OK};
    }
    if (number % SYS_NONBLOCK > SYS_REPLY_RECV || number >= 2 * SYS_NONBLOCK)
        return m_done(E_CALL);
    if (slot == NULL)
        return m_done(E_CAP);
    switch (number % SYS_NONBLOCK) {
    case SYS_CALL:
        return slot->type == TYPE_ENDPOINT ? send_checked(t, slot, true, wait)
                                           : invoke(t, slot, tag_label(t->regs[R_TAG]), restarted);
    case SYS_SEND:
        return send(t, slot, wait);
    default:
        return receive(t, slot, number % SYS_NONBLOCK == SYS_REPLY_RECV, wait);
    }
}
