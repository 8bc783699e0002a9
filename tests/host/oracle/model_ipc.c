/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages, answers, signals, faults: what each means. */
#include "model.h"

#include <ipc/transfer.h>

static void enqueue(struct m_object *o, struct m_object *t)
{
    CHECK(o->waiting < M_QUEUE);
    o->queue[o->waiting++] = t->at;
    t->waits_for = o->at;
}

static void dequeue(struct m_object *o, struct m_object *t)
{
    word_t kept = 0;

    for (word_t i = 0; i < o->waiting; i++) {
        if (o->queue[i] != t->at)
            o->queue[kept++] = o->queue[i];
    }
    CHECK(kept == o->waiting - 1);
    o->waiting = kept;
    t->waits_for = NIL;
}

void m_finish(struct m_object *t, enum error e)
{
    t->regs[R_RAX] = e;
    t->regs[R_RDI] = 0;
    t->regs[R_TAG] = 0;
    t->state = THREAD_STATE_READY;
}

/* Whatever it waits for, it does so no longer. */
void m_unwait(struct m_object *t)
{
    struct m_object *o = m_obj(t->waits_for);

    if (t->state == THREAD_STATE_REPLY)
        o->caller = NIL;
    else if (o != NULL)
        dequeue(o, t);
    if (t->state == THREAD_STATE_RECEIVING && t->reply != NIL)
        m_obj(t->reply)->receiver = NIL;
    t->waits_for = NIL;
    t->reply = NIL;
}

void m_cancel(struct m_object *t)
{
    m_unwait(t);
    t->state = THREAD_STATE_SUSPENDED;
    m_return(t);
}

void m_repeat(struct m_object *t)
{
    if (t->fault == FAULT_SYSCALL)
        t->regs[R_RIP] -= 2;
    t->fault = 0;
}

void m_abandon(struct m_object *reply)
{
    struct m_object *caller = m_obj(reply->caller);

    if (caller == NULL)
        return;
    m_unwait(caller);
    if (caller->fault == 0) {
        m_finish(caller, E_DIED);
    } else {
        m_repeat(caller);
        caller->state = THREAD_STATE_READY;
    }
}

ref_t m_buffer(const struct m_object *t)
{
    struct m_slot *s = m_at(t->at + THREAD_BUFFER);

    return s == NULL ? NIL : s->object;
}

word_t m_word(struct m_object *t, word_t i)
{
    if (i < 8)
        return t->regs[R_W0 + i];
    return m_buffer(t) == NIL ? 0 : m.user[m_buffer(t) + i / 8][i % 8];
}

enum error m_check_message(struct m_object *t, word_t grant)
{
    word_t tag = t->regs[R_TAG];

    if (tag_words(tag) > MESSAGE_WORDS || tag_caps(tag) > MESSAGE_CAPS)
        return E_MESSAGE;
    if (tag_caps(tag) != 0 && grant == 0)
        return E_RIGHTS;
    return (tag_words(tag) > 8 || tag_caps(tag) != 0) && m_buffer(t) == NIL ? E_MESSAGE : E_OK;
}

/* One capability goes along. @return the index it arrived at, 0 if it did not */
static word_t carry(struct m_object *from, struct m_object *to, word_t given, word_t wanted)
{
    ref_t src = m_slot_place(from->at, given % CAP_RIGHTS);
    ref_t dst = m_slot_place(to->at, wanted);

    if (src == NIL || dst == NIL || m_at(src) == NULL || m_at(dst) != NULL ||
        m_at(src)->type == TYPE_TABLES)
        return 0;
    if ((given & CAP_MOVE) != 0) {
        m_move(src, dst);
        return wanted;
    }
    if (m_at(src)->type == TYPE_UNTYPED || m_at(src)->type == TYPE_DEVICE_UNTYPED ||
        m_at(src)->type == TYPE_REPLY)
        return 0;
    m_copy(m_at(src), dst, given / CAP_RIGHTS % 16);
    return wanted;
}

/* Message words that arrive; what is in the registers of the others, the kernel may choose. */
static void set_words(struct m_object *to, const word_t *words, word_t count)
{
    for (word_t i = 0; i < 8; i++)
        to->regs[R_W0 + i] = i < count ? words[i] : K[to->at + THREAD_WORD0][i];
}

/* Everything a message carries. */
static void transfer(struct m_object *from, struct m_object *to)
{
    word_t tag = from->regs[R_TAG];
    word_t words = tag_words(tag);
    word_t caps = tag_caps(tag);
    ref_t a = m_buffer(from);
    ref_t b = m_buffer(to);

    set_words(to, from->regs, words < 8 ? words : 8);
    if ((words > 8 || caps > 0) && (a == NIL || b == NIL)) {
        words = words < 8 ? words : 8;
        caps = 0;
    }
    for (word_t i = 8; i < words; i++)
        m.user[b + i / 8][i % 8] = m.user[a + i / 8][i % 8];
    for (word_t i = 0; i < caps; i++)
        m.user[b + 15][i] = carry(from, to, m.user[a + 15][i], m.user[b + 15][4 + i]);
    to->regs[R_TAG] = tag_label(tag) * 65536 + caps * 256 + words;
}

static void fault_message(struct m_object *from, struct m_object *to)
{
    const word_t *r = from->regs;
    word_t system[8] = {r[R_RAX],    r[R_RDI],    r[R_TAG],    r[R_W0],
                        r[R_W0 + 1], r[R_W0 + 2], r[R_W0 + 3], r[R_RIP]};
    word_t other[8] = {from->fault_a, from->fault_b, r[R_RIP], r[R_RSP], r[R_RFLAGS], 0, 0, 0};
    const word_t *w = from->fault == FAULT_SYSCALL ? system : other;
    word_t words = from->fault == FAULT_SYSCALL ? 8 : from->fault == FAULT_TIMEOUT ? 1 : 5;

    set_words(to, w, words);
    to->regs[R_TAG] = from->fault * 65536 + words;
}

static void deliver(struct m_object *from, struct m_object *to, word_t badge)
{
    if (from->fault != 0)
        fault_message(from, to);
    else
        transfer(from, to);
    to->regs[R_RAX] = E_OK;
    to->regs[R_RDI] = badge;
    to->state = THREAD_STATE_READY;
}

/* The caller has been heard and waits for the answer. */
static void owe(struct m_object *reply, struct m_object *caller, struct m_object *server)
{
    bool borrows = server->sc == NIL || ((server->flags & THREAD_BORROW) && server->own == NIL);

    reply->caller = caller->at;
    caller->reply = reply->at;
    caller->waits_for = reply->at;
    caller->state = THREAD_STATE_REPLY;
    if (caller->sc != NIL && borrows)
        m_lend(caller, server);
}

static struct m_result result(enum m_end end, enum error e)
{
    return (struct m_result){end, e};
}

struct m_result m_send(struct m_object *t, struct m_slot *slot, bool calls, bool wait)
{
    struct m_object *endpoint = m_obj(slot->object);
    word_t badge = slot->badge;

    t->grant = slot->rights & RIGHT_GRANT;
    if (endpoint->waiting == 0 || endpoint->senders) {
        if (!wait)
            return result(M_DONE, E_AGAIN);
        t->badge = badge;
        t->calls = calls;
        t->state = THREAD_STATE_SENDING;
        endpoint->senders = true;
        enqueue(endpoint, t);
        return result(M_WAITS, E_OK);
    }

    struct m_object *to = m_obj(endpoint->queue[0]);
    struct m_object *reply = m_obj(to->reply);

    if (calls ? reply == NULL && t->fault == 0 : to->sc == NIL)
        return result(M_DONE, E_STATE);
    m_unwait(to);
    deliver(t, to, badge);
    if (calls && reply != NULL)
        owe(reply, t, to);
    else if (calls)
        m_cancel(t);
    return result(calls ? M_WAITS : M_DONE, E_OK);
}

static void take_signals(struct m_object *t, struct m_object *n)
{
    t->regs[R_RAX] = E_OK;
    t->regs[R_RDI] = n->bits;
    t->regs[R_TAG] = MESSAGE_SIGNAL * 65536;
    n->bits = 0;
}

struct m_result m_recv(struct m_object *t, struct m_object *endpoint, struct m_object *reply,
                       bool wait)
{
    struct m_object *bound = m_obj(t->notification);

    if (bound != NULL && bound->bits != 0) {
        if (t->own != NIL)
            m_return(t);
        take_signals(t, bound);
        return result(M_DONE, E_OK);
    }
    if (endpoint->waiting != 0 && endpoint->senders) {
        struct m_object *from = m_obj(endpoint->queue[0]);
        bool own = t->own != NIL || (t->sc != NIL && m_obj(t->sc)->lenders == 0);

        m_unwait(from);
        if (from->calls ? reply == NULL && from->fault == 0 : !own) {
            m_finish(from, E_STATE);
            return result(M_AGAIN, E_OK);
        }
        m_return(t);
        deliver(from, t, from->badge);
        if (from->calls && reply != NULL)
            owe(reply, from, t);
        else if (from->calls)
            from->state = THREAD_STATE_SUSPENDED;
        else
            m_finish(from, E_OK);
        return result(M_DONE, E_OK);
    }
    if (!wait && t->own != NIL)
        m_return(t);
    if (!wait)
        return result(M_DONE, E_AGAIN);
    m_return(t);
    t->state = THREAD_STATE_RECEIVING;
    t->reply = reply == NULL ? NIL : reply->at;
    if (reply != NULL)
        reply->receiver = t->at;
    endpoint->senders = false;
    enqueue(endpoint, t);
    return result(M_WAITS, E_OK);
}

struct m_result m_wait(struct m_object *t, struct m_object *n, bool wait)
{
    if (n->bits != 0) {
        take_signals(t, n);
        return result(M_DONE, E_OK);
    }
    if (!wait)
        return result(M_DONE, E_AGAIN);
    m_return(t);
    t->state = THREAD_STATE_SIGNAL;
    enqueue(n, t);
    return result(M_WAITS, E_OK);
}

void m_signal(struct m_object *n, word_t bits)
{
    struct m_object *bound = m_obj(n->bound);
    struct m_object *t = NULL;

    n->bits |= bits;
    if (n->bits == 0)
        return;
    if (n->waiting > 0)
        t = m_obj(n->queue[0]);
    else if (bound != NULL && bound->state == THREAD_STATE_RECEIVING && bound->sc != NIL)
        t = bound;
    if (t == NULL)
        return;
    m_unwait(t);
    take_signals(t, n);
    t->state = THREAD_STATE_READY;
}

enum error m_check_registers(struct m_object *t)
{
    word_t words = tag_words(t->regs[R_TAG]);

    if (words != 8 && (words != 21 || m_buffer(t) == NIL))
        return E_MESSAGE;
    return m_word(t, 0) < USER_END && m_word(t, 3) < USER_END && m_word(t, 4) < USER_END ? E_OK
                                                                                         : E_ARG;
}

void m_write_registers(struct m_object *t, struct m_object *from)
{
    static const enum m_reg shorts[8] = {R_RIP, R_RSP, R_RFLAGS, R_FS, R_GS, R_RDI, R_TAG, R_W0};
    static const int longs[12] = {R_RAX, R_RBX, -1, R_RBP, R_W0 + 2, R_W0 + 3, R_W0 + 1, -1,
                                  R_W0 + 4, R_W0 + 5, R_W0 + 6, R_W0 + 7};
    bool all = tag_words(from->regs[R_TAG]) == 21;

    for (word_t i = 0; i < 8; i++)
        t->regs[shorts[i]] = m_word(from, i);
    t->regs[R_RFLAGS] = arch_flags_user(t->regs[R_RFLAGS]);
    for (word_t i = 0; i < 12 && all; i++) {
        if (longs[i] >= 0)
            t->regs[longs[i]] = m_word(from, 8 + i);
    }
}

static enum error check_fault_reply(struct m_object *caller, struct m_object *from)
{
    word_t words = tag_words(from->regs[R_TAG]);

    if (words == 0 || (words == 1 && caller->fault == FAULT_SYSCALL))
        return E_OK;
    return words == 21 ? m_check_registers(from) : E_MESSAGE;
}

static void resume(struct m_object *t, struct m_object *from)
{
    word_t words = tag_words(from->regs[R_TAG]);

    if (words == 1)
        t->regs[R_RAX] = m_word(from, 0);
    else if (words == 21)
        m_write_registers(t, from);
    t->fault = 0;
}

enum error m_reply(struct m_object *t, struct m_object *reply)
{
    struct m_object *caller = m_obj(reply->caller);

    if (caller == NULL)
        return E_STATE;

    enum error e =
        caller->fault != 0 ? check_fault_reply(caller, t) : m_check_message(t, caller->grant);

    if (e != E_OK)
        return e;
    m_unwait(caller);
    if (caller->fault != 0) {
        resume(caller, t);
    } else {
        transfer(t, caller);
        caller->regs[R_RAX] = E_OK;
        caller->regs[R_RDI] = 0;
    }
    caller->state = THREAD_STATE_READY;
    return E_OK;
}

void m_fault(struct m_object *t, word_t label, word_t a, word_t b)
{
    struct m_slot *slot = m_at(t->at + (label == FAULT_TIMEOUT ? THREAD_TIMEOUT : THREAD_HANDLER));

    t->fault = label;
    t->fault_a = a;
    t->fault_b = b;
    if (slot != NULL)
        (void)m_send(t, slot, true, true);
    else
        t->state = THREAD_STATE_SUSPENDED;
}
