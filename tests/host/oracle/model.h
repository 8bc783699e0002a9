/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The oracle: what the kernel's state means, said as plainly as possible. The derivation tree is
 * a parent for each capability, a queue is an array, the stack of those who lent a scheduling
 * context is an array, an address space is a list of mappings. No links, no counts, no bitmaps,
 * nothing shared with the kernel but the numbers of the ABI. It looks things up by searching.
 *
 * Capabilities and objects are named by the granule they are in, as the kernel names them, so that
 * the two can be laid side by side; where a new object goes is the oracle's own reckoning.
 *
 * Where the kernel may stop half-way (preemption), the oracle reads from the kernel how far it
 * came, and checks that each step of it was allowed; it never reads what the outcome is.
 */
#ifndef ORACLE_MODEL_H
#define ORACLE_MODEL_H

#include <arch/arch.h>
#include <model/state.h>

#include <stdio.h>
#include <stdlib.h>

#define M_SLOTS   640
#define M_OBJECTS 200
#define M_QUEUE   16
#define M_MAPS    96
#define M_REGS    19

/* A capability. */
struct m_slot {
    ref_t at;
    word_t type, object, rights,
        badge; /* as CNode.inspect says; Untyped and Tables: badge = granules */
    word_t used;                        /* Untyped: granules handed out */
    word_t clear; /* Untyped: how far the kernel said it was clear, last time */
    ref_t parent;                       /* slot it was derived from */
    ref_t space; /* frame: where it is mapped; Tables: whose they are; NIL: nowhere */
    word_t asid, vaddr;                 /* frame: that space's number then, and the address */
    bool may_go;                        /* the operation under way may delete it */
};

struct m_map {
    word_t vaddr, level, frame, flags, ram;
};

/* Registers in the order of enum m_reg. */
enum m_reg {
    R_W0 = 0,
    R_RAX = 8,
    R_RDI,
    R_TAG,
    R_RBX,
    R_RBP,
    R_RIP,
    R_RFLAGS,
    R_RSP,
    R_FS,
    R_GS,
    R_END
};
_Static_assert(R_END == M_REGS - 1, "one more for padding");

struct m_object {
    ref_t at;
    word_t kind;
    bool dead;     /* no capability is left */
    /* CNode */
    word_t slots, cursor;
    /* Endpoint, Notification: who waits, first come first */
    ref_t queue[M_QUEUE];
    word_t waiting;
    bool senders;
    word_t bits;
    ref_t bound;
    /* Reply */
    ref_t caller, receiver;
    /* Thread */
    word_t state, fault, fault_a, fault_b, flags, badge, grant, calls;
    ref_t sc, own, lent, waits_for, reply, notification;
    word_t regs[M_REGS];
    bool again;    /* its system call is to be made again */
    /* SchedContext */
    ref_t holder, stack[M_QUEUE];
    word_t lenders, budget, period, priority, consumed;
    /* AddressSpace */
    bool root;
    word_t asid, free;
    word_t tables[64]; /* level * 2^56 + address / bytes that the table covers */
    word_t table_count;
    struct m_map maps[M_MAPS];
    word_t map_count;
    /* Timer, Interrupt */
    word_t deadline, vector, line, level, pending;
};

struct model {
    struct m_slot slots[M_SLOTS];
    word_t slot_count;
    struct m_object objects[M_OBJECTS];
    word_t object_count;
    uint16_t slot_index[HOST_GRANULES], object_index[HOST_GRANULES];
    word_t used_asids[64], used_asid_count;
    word_t user[HOST_GRANULES][GRANULE_WORDS]; /* what user memory should hold */
    uint8_t is_user[HOST_GRANULES / SMALL_GRANULES];
};
extern struct model m;

/* What a system call comes to. */
enum m_end { M_DONE, M_WAITS, M_AGAIN };
struct m_result {
    enum m_end end;
    enum error error;
};

/* A difference was found: say where in the sequence, and stop. */
_Noreturn void differ(const char *file, int line, const char *what, word_t is, word_t should);
#define CHECK(what)       do { if (!(what)) differ(__FILE__, __LINE__, #what, 0, 1); } while (0)
#define SAME(is, should)  do { word_t is_ = (is), should_ = (should); \
    if (is_ != should_) differ(__FILE__, __LINE__, #is, is_, should_); } while (0)

/* model.c: capabilities and objects */
struct m_slot *m_at(ref_t at);
struct m_object *m_obj(ref_t at);
struct m_slot *m_add(ref_t parent, ref_t at, word_t type, word_t object, word_t rights,
                     word_t badge);
struct m_object *m_new_object(ref_t at, word_t kind);
void m_copy(struct m_slot *from, ref_t to, word_t rights);
void m_move(ref_t from, ref_t to);
void m_delete(ref_t at);
bool m_descends(ref_t at, ref_t ancestor);
bool m_has_child(ref_t at);
bool m_counted(word_t type);
bool m_frame(word_t type);
ref_t m_slot_place(ref_t thread, word_t index);
ref_t m_place_in(const struct m_slot *cnode, word_t index);
void m_observe(void);
bool m_progress(void);
bool m_doomed(void);
void m_settle_deletes(bool finished);
word_t m_containers(const struct m_object *o, ref_t *first);

/* model_sched.c, model_ipc.c */
void m_return(struct m_object *t);
void m_unlend(struct m_object *t);
void m_lend(struct m_object *from, struct m_object *to);
void m_unbind(struct m_object *sc);
void m_finish(struct m_object *t, enum error e);
void m_unwait(struct m_object *t);
void m_cancel(struct m_object *t);
void m_abandon(struct m_object *reply);
void m_signal(struct m_object *n, word_t bits);
void m_fault(struct m_object *t, word_t label, word_t a, word_t b);
void m_repeat(struct m_object *t);
enum error m_check_message(struct m_object *t, word_t grant);
enum error m_check_registers(struct m_object *t);
void m_write_registers(struct m_object *t, struct m_object *from);
struct m_result m_send(struct m_object *t, struct m_slot *slot, bool calls, bool wait);
struct m_result m_recv(struct m_object *t, struct m_object *endpoint, struct m_object *reply,
                       bool wait);
struct m_result m_wait(struct m_object *t, struct m_object *n, bool wait);
enum error m_reply(struct m_object *t, struct m_object *reply);
ref_t m_buffer(const struct m_object *t);
word_t m_word(struct m_object *t, word_t i);

/* model_space.c */
/** The tables that a mapping of this frame needs are made. @return E_STATE, E_MEMORY */
enum error m_grow(struct m_object *space, struct m_slot *frame, word_t vaddr);
enum error m_map(struct m_object *space, struct m_slot *frame, word_t vaddr, word_t flags);
void m_unmap(struct m_slot *frame);
struct m_map *m_mapping(struct m_object *space, const struct m_slot *frame);
enum error m_check_map(const struct m_slot *frame, word_t vaddr, word_t flags);
void m_cut(struct m_object *space);
void m_new_asid(struct m_object *space);
void m_page(ref_t page, bool user);

/* model_call.c, model_cnode.c, model_ops.c */
struct m_result m_syscall(struct m_object *t, bool restarted);
struct m_result m_done(enum error e);
enum error m_find(struct m_object *t, word_t index, word_t type, word_t right,
                  struct m_slot **slot);
enum error m_cnode(struct m_object *t, word_t index, word_t right, struct m_slot **slot);
bool m_start_afresh(ref_t untyped, bool restarted);
struct m_result m_invoke_memory(struct m_object *t, ref_t slot, word_t label, bool restarted);
struct m_result m_invoke_cnode(struct m_object *t, ref_t slot, word_t label, bool restarted);
struct m_result m_invoke_space(struct m_object *t, struct m_slot *slot, word_t label,
                               bool restarted);
struct m_result m_invoke_thread(struct m_object *t, struct m_slot *slot, word_t label,
                                bool restarted);
struct m_result m_invoke_other(struct m_object *t, struct m_slot *slot, word_t label,
                               bool restarted);
void m_result_word(struct m_object *t, word_t i, word_t value);

/* compare.c, wf_*.c */
void compare_all(void);
void compare_tables(void);
void compare_user(void);
void kernel_wf(void);
void wf_tree(void);
void wf_sched(void);
void wf_begin(void);
void wf_budget(ref_t sc, const struct m_object *o);

#endif
