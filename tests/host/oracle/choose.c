/* SPDX-License-Identifier: BSD-2-Clause */
/* What a thread does next: any operation, with arguments that mostly mean something and sometimes
 * do not. */
#include "drive.h"

#include <ipc/transfer.h>

static word_t *kernel_reg(ref_t t, word_t reg)
{
    static const word_t word_of[R_END] = {
        [R_RAX] = 0, [R_RDI] = 1,    [R_TAG] = 2, [R_RBX] = 3, [R_RBP] = 4,
        [R_RIP] = 5, [R_RFLAGS] = 6, [R_RSP] = 7, [R_FS] = 2,  [R_GS] = 3,
    };

    return &K[t + (reg < 8 ? 2 : reg < R_FS ? 3 : 4)][reg < 8 ? reg : word_of[reg]];
}

void set_reg(struct m_object *t, word_t reg, word_t value)
{
    t->regs[reg] = value;
    *kernel_reg(t->at, reg) = value;
    witness_happen(SEEN_REGISTER, t->at, reg, value);
}

void set_call(struct m_object *t, word_t cap, word_t label, const word_t *args, word_t count)
{
    for (word_t i = 0; i < count; i++)
        set_reg(t, R_W0 + i, args[i]);
    set_reg(t, R_RAX, SYS_CALL);
    set_reg(t, R_RDI, cap);
    set_reg(t, R_TAG, label * 65536 + count);
}

/* --- Picking --- */

static const struct m_slot *cspace(const struct m_object *t)
{
    return m_at(t->at + THREAD_CSPACE);
}

static word_t size_of(const struct m_slot *cnode)
{
    return cnode == NULL || cnode->type != TYPE_CNODE ? 2 : cnode->badge;
}

/* A slot of a CNode that holds something of this type; 0: anything; now and then any index at all.
 */
static word_t pick_in(const struct m_slot *cnode, word_t type)
{
    word_t size = size_of(cnode);
    word_t start = any(size);

    if (chance(4))
        return any(size + 2);
    for (word_t i = 0; i < size; i++) {
        word_t index = (start + i) % size;
        const struct m_slot *s = m_at(m_place_in(cnode, index));

        if (s != NULL && (type == 0 || s->type == type))
            return index;
    }
    return any(size);
}

static word_t pick(const struct m_object *t, word_t type)
{
    return pick_in(cspace(t), type);
}

/* The first of `count` empty slots in a row, if there are any; now and then not. */
static word_t pick_empty(const struct m_slot *cnode, word_t count)
{
    word_t size = size_of(cnode);
    word_t start = any(size);
    word_t run = 0;

    if (chance(3))
        return any(size + 2);
    for (word_t i = 0; i < 2 * size; i++) {
        word_t index = (start + i) % size;

        run = index != 0 && m_at(m_place_in(cnode, index)) == NULL ? run + 1 : 0;
        if (run >= count)
            return index + 1 - run;
    }
    return any(size);
}

/* A CNode argument: 0, or one that the thread has. @param slot what it stands for */
static word_t pick_cnode(const struct m_object *t, const struct m_slot **slot)
{
    word_t index = chance(50) ? 0 : pick(t, TYPE_CNODE);

    *slot = index == 0 ? cspace(t) : m_at(m_slot_place(t->at, index));
    return index;
}

static word_t some_count(void)
{
    return chance(70) ? 1 + any(3) : chance(90) ? any(24) : any(300);
}

static word_t some_rights(void)
{
    return chance(70) ? RIGHT_ALL : any(17);
}

static word_t some_vaddr(void)
{
    static const word_t bases[] = {0x400000, 0x7f0000, 0x40000000, 0x8000000000, USER_END - 0x2000};

    return chance(96)   ? bases[any(5)] + any(4) * 4096
           : chance(50) ? any(3) * ((word_t)1 << 21)
                        : any(USER_END + 9999);
}

static word_t some_map_flags(void)
{
    return chance(60) ? any(4) : any(130);
}

/* --- Arguments of each type's operations --- */

struct choice {
    word_t cap, label, args[8], words;
};

static void memory(struct m_object *t, struct choice *c)
{
    static const word_t types[] = {TYPE_CNODE,         TYPE_ENDPOINT, TYPE_NOTIFICATION,
                                   TYPE_REPLY,         TYPE_THREAD,   TYPE_SCHED_CONTEXT,
                                   TYPE_ADDRESS_SPACE, TYPE_FRAME,    TYPE_INTERRUPT,
                                   TYPE_TIMER,         TYPE_UNTYPED};
    word_t type = chance(90) ? types[any(11)] : any(20);
    const struct m_slot *cnode = NULL;

    if (chance(10)) {
        c->cap = pick(t, TYPE_DEVICE_UNTYPED);
        type = chance(80) ? TYPE_FRAME + any(3) : any(20);
    }
    c->label = UNTYPED_RETYPE;
    c->args[0] = type;
    c->args[1] = type == TYPE_CNODE     ? 2 + any(chance(70) ? 8 : 70)
                 : type == TYPE_UNTYPED ? 64 * any(9)
                                        : any(60) == 0;
    c->args[2] = pick_cnode(t, &cnode);
    c->args[4] = type == TYPE_FRAME || type == TYPE_THREAD ? 1 + any(2) : some_count();
    c->args[3] = pick_empty(cnode, c->args[4]);
}

static void cnode(struct m_object *t, struct choice *c)
{
    const struct m_slot *to = m_at(m_slot_place(t->at, c->cap));
    const struct m_slot *from = NULL;
    word_t count = some_count();

    c->label = chance(97) ? 1 + any(6) : any(9);
    c->args[1] = pick_cnode(t, &from);
    c->args[0] = pick_empty(to, c->label == CNODE_COPY ? count : 1);
    c->args[2] = pick_in(from, c->label == CNODE_MINT && chance(80) ? TYPE_ENDPOINT + any(2) : 0);
    c->args[3] = some_rights();
    c->args[4] = c->label == CNODE_COPY ? count
                 : chance(60)           ? any(100)
                                        : any(12) * 65536 + any(1u << 20);
    if (c->label == CNODE_MINT && chance(25))
        c->args[2] = pick_in(from, chance(50) ? TYPE_CPU : TYPE_IO_PORT);
    if (c->label == CNODE_DELETE || c->label == CNODE_REVOKE || c->label == CNODE_INSPECT) {
        c->args[0] = pick_in(to, chance(c->label == CNODE_REVOKE ? 40 : 0) ? TYPE_UNTYPED : 0);
        if (c->args[0] == W_MEMORY && chance(90)) /* it would be the end of everything */
            c->args[0] = W_UNTYPED;
        c->args[1] = chance(80) ? 1 : any(12);
    }
}

static void thread(struct m_object *t, struct choice *c)
{
    static const word_t kinds[5] = {TYPE_CNODE, TYPE_ADDRESS_SPACE, TYPE_FRAME, TYPE_ENDPOINT,
                                    TYPE_ENDPOINT};

    c->label = chance(97) ? 1 + any(9) : any(12);
    if (c->cap == W_THREAD && size_of(cspace(t)) == W_SLOTS &&
        (c->label == THREAD_SUSPEND || c->label == THREAD_SET_FLAGS))
        c->label = THREAD_INSPECT; /* somebody has to go on */
    for (word_t i = 0; i < 5 && c->label == THREAD_CONFIGURE; i++)
        c->args[i] = chance(60) ? 0 : pick(t, kinds[i]);
    if (c->label == THREAD_BIND)
        c->args[0] = chance(30) ? 0 : pick(t, TYPE_NOTIFICATION);
    if (c->label == THREAD_SET_FLAGS)
        c->args[0] = chance(60) ? any(2) * THREAD_BORROW : any(5);
    if (c->label == THREAD_WRITE_REGISTERS || c->label == THREAD_SET_TLS) {
        c->args[0] = c->args[3] = c->args[4] = any(USER_END);
        if (chance(5))
            c->args[0] = USER_END;
        c->words = chance(60) ? 8 : chance(80) ? 21 : any(9);
    }
}

static void context(struct m_object *t, struct choice *c)
{
    const struct m_slot *s = NULL;

    /* Rather one that was lent twice, or one that is free. */
    for (word_t i = 0; i < 6; i++) {
        c->cap = pick(t, TYPE_SCHED_CONTEXT);
        s = m_at(m_slot_place(t->at, c->cap));
        if (s != NULL && s->type == TYPE_SCHED_CONTEXT &&
            (m_obj(s->object)->lenders > 1 || chance(25)))
            break;
    }

    bool bound = s != NULL && s->type == TYPE_SCHED_CONTEXT && m_obj(s->object)->holder != NIL;

    c->label = chance(97) ? 1 + any(4) : any(7);
    for (word_t i = 0; i < 4; i++) {
        c->args[0] = pick(t, TYPE_THREAD);
        s = m_at(m_slot_place(t->at, c->args[0]));
        if (s != NULL && s->type == TYPE_THREAD && m_obj(s->object)->sc == NIL)
            break;
    }
    if (!bound && chance(70))
        c->label = SCHED_CONTEXT_BIND;
}

static void space(struct m_object *t, struct choice *c)
{
    static const word_t kinds[] = {TYPE_FRAME, TYPE_FRAME,       TYPE_FRAME,
                                   TYPE_FRAME, TYPE_LARGE_FRAME, TYPE_HUGE_FRAME};
    const struct m_slot *frames = NULL;

    c->label = chance(97) ? 1 + any(4) : any(7);
    c->args[0] = pick_cnode(t, &frames);
    c->args[1] = pick_in(frames, kinds[any(6)]);
    c->args[2] = chance(60) ? 1 : any(8);
    c->args[3] = c->label == ADDRESS_SPACE_MAP ? some_vaddr() : some_map_flags();
    c->args[4] = some_map_flags();
    if (c->label == ADDRESS_SPACE_SUPPLY)
        c->args[0] = pick(t, TYPE_UNTYPED);

    const struct m_slot *s = m_at(m_slot_place(t->at, c->args[0]));

    if (c->label == ADDRESS_SPACE_SUPPLY && s != NULL && s->badge > 512 && chance(95))
        c->label = ADDRESS_SPACE_UNMAP;
}

static void processor(struct m_object *t, struct choice *c)
{
    c->label = chance(97) ? 1 + any(2) : any(4);
    c->args[0] = pick(t, TYPE_SCHED_CONTEXT);
    c->args[2] = 1000 + any((word_t)1 << any(15));
    c->args[1] = chance(30) ? c->args[2] : chance(80) ? 1000 + any(c->args[2] - 999) : any(1100);
    c->args[3] = chance(90) ? any(8) : any(300);
}

static void irq(struct m_object *t, struct choice *c)
{
    c->label = chance(97) ? 1 + any(2) : any(4);
    c->args[0] = pick(t, TYPE_INTERRUPT);
    c->args[1] = any(HOST_LINES + 1);
    c->args[2] = any(chance(90) ? 4 : 6);
}

static void source(struct m_object *t, struct choice *c)
{
    c->label = chance(97) ? 1 + any(3) : any(6);
    c->args[0] = pick(t, TYPE_NOTIFICATION);
    if (c->label == TIMER_SET && chance(98))
        c->args[0] = host.now + any((word_t)1 << any(22));
    else if (c->label == TIMER_SET)
        c->args[0] = WORD_MAX - any(2) * (WORD_MAX / 2);
}

static void port(struct m_object *t, struct choice *c)
{
    (void)t;
    c->label = chance(97) ? 1 + any(2) : any(4);
    c->args[0] = any(chance(50) ? 65540 : 14);
    c->args[1] = any(6);
    c->args[2] = any(256);
}

/* --- Which kernel object --- */

static const struct {
    word_t type, weight;
    void (*fill)(struct m_object *t, struct choice *c);
} kinds[] = {
    {TYPE_UNTYPED, 14, memory},       {TYPE_CNODE, 30, cnode},         {TYPE_THREAD, 18, thread},
    {TYPE_SCHED_CONTEXT, 8, context}, {TYPE_ADDRESS_SPACE, 14, space}, {TYPE_CPU, 5, processor},
    {TYPE_IRQ_CONTROL, 3, irq},       {TYPE_INTERRUPT, 3, source},     {TYPE_TIMER, 6, source},
    {TYPE_IO_PORT, 2, port},          {TYPE_FRAME, 1, port},
};

static void choose_invoke(struct m_object *t)
{
    struct choice c = {.words = 5};
    word_t at = any(104);
    word_t k = 0;

    while (at >= kinds[k].weight)
        at -= kinds[k++].weight;
    c.cap = pick(t, kinds[k].type);
    for (word_t i = 0; i < 8; i++)
        c.args[i] = any(40);
    kinds[k].fill(t, &c);
    set_call(t, c.cap, c.label, c.args, 8);
    set_reg(t, R_TAG, c.label * 65536 + c.words);
}

/* --- Messages --- */

static void set_buffer(ref_t b, word_t i, word_t value)
{
    m.user[b + i / 8][i % 8] = K[b + i / 8][i % 8] = value;
    witness_happen(SEEN_MEMORY, b, i, value);
}

/* Words and capabilities that a thread puts into its message buffer. */
static void fill_buffer(struct m_object *t, word_t words, word_t caps)
{
    ref_t b = m_buffer(t);

    if (b == NIL || !m.is_user[b / SMALL_GRANULES])
        return;
    for (word_t i = 8; i < words && i < 120; i++)
        set_buffer(b, i, any(1000));
    for (word_t i = 0; i < 4; i++) {
        word_t give = pick(t, 0) + (chance(75) ? 15 * CAP_RIGHTS : any(16) * CAP_RIGHTS) +
                      (chance(25) ? CAP_MOVE : 0);
        word_t take = chance(70) ? pick_empty(cspace(t), 1) : 0;

        if (i < caps)
            set_buffer(b, BUFFER_CAPS + i, give);
        set_buffer(b, BUFFER_RECEIVE + i, take);
    }
}

static void choose_message(struct m_object *t)
{
    word_t words = chance(70) ? any(9) : chance(60) ? any(121) : chance(50) ? 21 : any(256);
    word_t caps = chance(70) ? 0 : chance(90) ? any(4) : any(7);
    word_t number = any(4);
    word_t cap = pick(t, number == 1                 ? (chance(60)   ? TYPE_ENDPOINT
                                                        : chance(50) ? TYPE_NOTIFICATION
                                                                     : TYPE_REPLY)
                         : number == 2 && chance(25) ? TYPE_NOTIFICATION
                                                     : TYPE_ENDPOINT);

    for (word_t i = 0; i < 8; i++)
        set_reg(t, R_W0 + i, any(3000));
    fill_buffer(t, words, caps);
    set_reg(t, R_RAX,
            number + (chance(t->at == WORLD_MANAGER ? 97 : 15) ? SYS_NONBLOCK : 0) +
                (chance(1) ? 4 : 0));
    set_reg(t, R_RDI, chance(98) ? cap : any(100));
    set_reg(t, R_TAG, (chance(1) ? (word_t)1 << 63 : 0) + any(70) * 65536 + caps * 256 + words);
    set_reg(t, R_RBX, chance(85) ? pick(t, TYPE_REPLY) : any(40));
}

/* A Reply that the thread could use: one that holds a call, or an idle one. @return its index, 0 if
 * there is none */
static word_t pick_reply(const struct m_object *t, bool holds_call)
{
    word_t size = size_of(cspace(t));
    word_t start = any(size);

    for (word_t i = 0; i < size; i++) {
        const struct m_slot *s = m_at(m_slot_place(t->at, (start + i) % size));
        const struct m_object *o = s == NULL || s->type != TYPE_REPLY ? NULL : m_obj(s->object);

        if (o != NULL && (holds_call ? o->caller != NIL : o->caller == NIL && o->receiver == NIL))
            return (start + i) % size;
    }
    return 0;
}

/* What clients and servers do: call; wait, answer and wait. */
static void choose_dialogue(struct m_object *t)
{
    word_t call = pick_reply(t, true);
    word_t idle = pick_reply(t, false);
    word_t words = chance(80) ? any(9) : any(121);
    word_t caps = chance(80) ? 0 : any(5);
    bool serves = chance(call != 0 ? 80 : 40);

    for (word_t i = 0; i < 8; i++)
        set_reg(t, R_W0 + i, any(3000));
    if (caps != 0 || words > 8 || chance(20))
        fill_buffer(t, words, caps);
    set_reg(t, R_RAX,
            !serves      ? SYS_CALL
            : call == 0  ? SYS_RECV
            : chance(75) ? SYS_REPLY_RECV
                         : SYS_SEND);
    set_reg(t, R_RDI, serves && t->regs[R_RAX] == SYS_SEND ? call : pick(t, TYPE_ENDPOINT));
    set_reg(t, R_RBX, call != 0 ? call : idle);
    if (call != 0 && chance(80) &&
        m_obj(m_obj(m_at(m_slot_place(t->at, call))->object)->caller)->fault != 0)
        words = chance(60) ? any(2) : 21;
    set_reg(t, R_TAG, any(9) * 65536 + caps * 256 + words);
    if (t->at == WORLD_MANAGER && t->regs[R_RAX] != SYS_CALL)
        set_reg(t, R_RAX, t->regs[R_RAX] + SYS_NONBLOCK);
}

/* Somebody is suspended: let it go on. @return whether there was one */
static bool choose_resume(struct m_object *t)
{
    word_t cap = pick(t, TYPE_THREAD);
    const struct m_slot *s = m_at(m_slot_place(t->at, cap));
    word_t none[1] = {0};

    if (s == NULL || s->type != TYPE_THREAD || m_obj(s->object)->state != THREAD_STATE_SUSPENDED)
        return false;
    set_call(t, cap, THREAD_RESUME, none, 1);
    return true;
}

/* How much is talked in this sequence, in percent. */
static word_t talk;

void choose_begin(void)
{
    talk = chance(50) ? 55 : chance(50) ? 20 : 95;
}

/* The first thread mostly manages, the others mostly talk. */
void choose_call(struct m_object *t)
{
    bool manager = t->at == WORLD_MANAGER;

    if (manager && chance(20) && choose_resume(t))
        return;
    if (chance(manager ? talk / 3 : talk))
        choose_dialogue(t);
    else if (chance(manager ? 15 : talk))
        choose_message(t);
    else
        choose_invoke(t);
}
