/* SPDX-License-Identifier: BSD-2-Clause */
/* Thread. */
#include "model.h"

#include <ipc/transfer.h>

static word_t arg(const struct m_object *t, word_t i)
{
    return t->regs[R_W0 + i];
}

static struct m_result configure(struct m_object *t, struct m_object *target, bool restarted)
{
    static const struct { word_t type, rights;
    } wanted[5] = {
        {TYPE_CNODE, RIGHT_READ | RIGHT_WRITE},
        {TYPE_ADDRESS_SPACE, RIGHT_WRITE},
        {TYPE_FRAME, RIGHT_READ | RIGHT_WRITE | RIGHT_RAM},
        {TYPE_ENDPOINT, RIGHT_WRITE},
        {TYPE_ENDPOINT, RIGHT_WRITE},
    };
    ref_t source[5] = {NIL, NIL, NIL, NIL, NIL};
    ref_t place = target->at + THREAD_CSPACE;
    bool self = t->at == target->at;

    if (arg(t, 0) != 0 && (target->flags & THREAD_FOREIGN))
        return m_done(E_STATE);
    for (word_t i = 0; i < 5; i++) {
        struct m_slot *s = NULL;
        enum error e =
            arg(t, i) == 0 ? E_OK : m_find(t, arg(t, i), wanted[i].type, wanted[i].rights, &s);

        if (e != E_OK)
            return m_done(e);
        source[i] = s == NULL ? NIL : s->at;
    }
    for (word_t i = 0; i < 5; i++) {
        if (source[i] == NIL)
            continue;
        if (m_at(place + i) != NULL)
            m_delete(place + i);
        m_copy(m_at(source[i]), place + i, RIGHT_ALL);
    }
    m_settle_deletes(false);
    CHECK(restarted || self || doomed == NIL);
    CHECK(!(self && restarted)); /* its indices mean something else now */
    return (struct m_result){restarted ? M_AGAIN : M_DONE, E_OK};
}

static struct m_result read_registers(struct m_object *t, struct m_object *target)
{
    static const int longs[13] = {R_RAX, R_RBX, -1, R_RBP, R_W0 + 2, R_W0 + 3, R_W0 + 1, -1,
                                  R_W0 + 4, R_W0 + 5, R_W0 + 6, R_W0 + 7, -1};
    static const int shorts[8] = {R_RIP, R_RSP, R_RFLAGS, R_FS, R_GS, R_RDI, R_TAG, R_W0};
    word_t words[21];

    for (word_t i = 0; i < 8; i++)
        words[i] = target->regs[shorts[i]];
    for (word_t i = 0; i < 13; i++)
        words[8 + i] = longs[i] >= 0 ? target->regs[longs[i]] : 0;
    words[10] = thread_rcx(target->at);
    words[15] = thread_r11(target->at);
    for (word_t i = 8; i < 21 && m_buffer(t) != NIL; i++)
        m.user[m_buffer(t) + i / 8][i % 8] = words[i];
    for (word_t i = 0; i < 8; i++)
        m_result_word(t, i, words[i]);
    return m_done(E_OK);
}

static struct m_result bind(struct m_object *t, struct m_object *target)
{
    struct m_object *old = m_obj(target->notification);
    struct m_slot *s = NULL;

    if (arg(t, 0) == 0) {
        if (old != NULL)
            old->bound = NIL;
        target->notification = NIL;
        return m_done(E_OK);
    }

    enum error e = m_find(t, arg(t, 0), TYPE_NOTIFICATION, RIGHT_READ, &s);

    if (e != E_OK)
        return m_done(e);

    struct m_object *n = m_obj(s->object);

    if (old != NULL || n->bound != NIL || n->waiting != 0)
        return m_done(E_STATE);
    n->bound = target->at;
    target->notification = n->at;
    m_signal(n, 0);
    return m_done(E_OK);
}

static struct m_result suspend(struct m_object *t, struct m_object *target)
{
    word_t state = target->state;

    if (state == THREAD_STATE_SUSPENDED)
        return m_done(E_OK);
    if (target == t)
        t->regs[R_RAX] = E_OK;
    m_cancel(target);
    if (target->fault != 0)
        m_repeat(target);
    else if (state != THREAD_STATE_READY)
        target->regs[R_RAX] = E_CANCELLED;
    return m_done(E_OK);
}

static struct m_result resume(struct m_object *target)
{
    bool cspace = m_at(target->at + THREAD_CSPACE) != NULL || (target->flags & THREAD_FOREIGN);

    if (!cspace || m_at(target->at + THREAD_SPACE) == NULL)
        return m_done(E_STATE);
    if (target->state == THREAD_STATE_SUSPENDED) {
        m_repeat(target);
        target->state = THREAD_STATE_READY;
    }
    return m_done(E_OK);
}

static struct m_result inspect(struct m_object *t, struct m_object *target)
{
    m_result_word(t, 0, target->state);
    m_result_word(t, 1, target->waits_for);
    m_result_word(t, 2, target->sc);
    m_result_word(t, 3, target->flags);
    m_result_word(t, 4, target->fault);
    return m_done(E_OK);
}

static struct m_result write_registers(struct m_object *t, struct m_object *target)
{
    enum error e = m_check_registers(t);

    if (e == E_OK && target->state != THREAD_STATE_SUSPENDED)
        e = E_STATE;
    if (e == E_OK) {
        m_write_registers(target, t);
        target->fault = 0;
        target->again = false;
    }
    return m_done(e);
}

struct m_result m_invoke_thread(struct m_object *t, struct m_slot *slot, word_t label,
                                bool restarted)
{
    struct m_object *target = m_obj(slot->object);

    CHECK(!restarted || label == THREAD_CONFIGURE);
    switch (label) {
    case THREAD_CONFIGURE:
        return configure(t, target, restarted);
    case THREAD_WRITE_REGISTERS:
        return write_registers(t, target);
    case THREAD_READ_REGISTERS:
        return read_registers(t, target);
    case THREAD_RESUME:
        return resume(target);
    case THREAD_SUSPEND:
        return suspend(t, target);
    case THREAD_BIND:
        return bind(t, target);
    case THREAD_SET_FLAGS:
        if (arg(t, 0) > (THREAD_FOREIGN | THREAD_BORROW))
            return m_done(E_ARG);
        if ((arg(t, 0) & THREAD_FOREIGN) && m_at(target->at + THREAD_CSPACE) != NULL)
            return m_done(E_STATE);
        target->flags = arg(t, 0);
        return m_done(E_OK);
    case THREAD_INSPECT:
        return inspect(t, target);
    default:
        if (arg(t, 0) >= USER_END)
            return m_done(E_ARG);
        target->regs[R_FS] = arg(t, 0);
        return m_done(E_OK);
    }
}
