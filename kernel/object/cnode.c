/* SPDX-License-Identifier: BSD-2-Clause */
/* CNode. */
#include "destroy.h"
#include "operations.h"

#include <arch/arch.h>
#include <cap/cap.h>

/* Slots copied or emptied, and descendants deleted, in one go. */
#define COPY_STEP 64u
#define DELETE_STEP 12u

/* Destination and source that copy, mint and move name alike. */
struct pair {
    ref_t to;
    ref_t from;
};

/* The slot with this index, which is known to be one of the CNode of slot `cnode`. */
/*@ requires cnode_slot(cnode) && 0 < index < Slot_badge(cnode);
    assigns \nothing;
    ensures home: is_home(\result) && \result == Slot_object(cnode) + index;
*/
static inline ref_t slot_of(ref_t cnode, word_t index)
{
    return granule_at(slot_object(cnode), index);
}

/* @param right on the source CNode */
/*@ requires CAP_WF && is_thread(thread) && is_home(slot) && Slot_type(slot) == TYPE_CNODE;
    requires \valid(pair);
    assigns *pair;
    ensures found: \result == E_OK ==> is_home(pair->to) && is_home(pair->from) &&
        Slot_type(pair->to) == TYPE_NULL && Slot_type(pair->from) != TYPE_NULL;
*/
static enum error find_pair(ref_t thread, ref_t slot, word_t right, struct pair *pair)
{
    ref_t source = NIL;
    enum error e = cap_cnode(thread, thread_word1(thread), right, &source);

    if (e != E_OK)
        return e;
    pair->to = cap_slot_in(slot, thread_word0(thread));
    pair->from = cap_slot_in(source, thread_word2(thread));
    if (pair->to == NIL || pair->from == NIL || slot_type(pair->from) == TYPE_NULL)
        return E_CAP;
    return slot_type(pair->to) == TYPE_NULL ? E_OK : E_SLOT;
}

/*@ requires CAP_WF && is_home(to) && is_home(from);
    assigns ANY_TREE;
    CAP_KEPT
    ensures others: other_slots_same{Pre, Here}(to, to);
    ensures full: \old(Slot_type(to)) != TYPE_NULL ==> other_slots_same{Pre, Here}(NIL, NIL);
    ensures empty: \result == E_OK ==> \old(Slot_type(to)) == TYPE_NULL;
*/
static enum error copy_one(ref_t to, ref_t from, word_t rights)
{
    if (slot_type(from) == TYPE_NULL)
        return E_CAP;
    if (slot_type(to) != TYPE_NULL)
        return E_SLOT;
    if (!cap_copyable(from))
        return E_TYPE;
    cap_copy(from, to, rights);
    return E_OK;
}

/* The range that is left begins one slot further on. */
/*@ requires is_thread(thread) && asid_wf && 0 < K[thread + 2][4];
    requires K[thread + 2][0] < GRANULES && K[thread + 2][2] < GRANULES;
    assigns K[thread + 2][0 .. 7];
    ensures asid: asid_wf;
    ensures words: K[thread + 2][0] == \old(K[thread + 2][0]) + 1 &&
        K[thread + 2][2] == \old(K[thread + 2][2]) + 1 &&
        K[thread + 2][4] == \old(K[thread + 2][4]) - 1;
*/
static inline void copied_one(ref_t thread)
{
    thread_set_word0(thread, thread_word0(thread) + 1);
    thread_set_word2(thread, thread_word2(thread) + 1);
    thread_set_word4(thread, thread_word4(thread) - 1);
}

/*@ OPERATION(TYPE_CNODE) */
enum error op_cnode_copy(ref_t thread, ref_t slot)
{
    word_t rights = thread_word3(thread);
    word_t count = thread_word4(thread);
    ref_t source = NIL;
    enum error e = cap_cnode(thread, thread_word1(thread), RIGHT_READ, &source);

    if (e != E_OK)
        return e;
    if (rights > RIGHT_ALL || count == 0 || count > RANGE_COUNT)
        return E_ARG;
    if (!cap_range_in(slot, thread_word0(thread), count) ||
        !cap_range_in(source, thread_word2(thread), count))
        return E_CAP;
    /*@ loop invariant 0 <= i <= COPY_STEP;
        loop invariant CAP_WF && asid_wf && Slot_type(slot) == TYPE_CNODE &&
            Slot_type(source) == TYPE_CNODE && is_slot(source);
        loop invariant 0 < K[thread + 2][4] <= RANGE_COUNT && 0 < K[thread + 2][0] &&
            0 < K[thread + 2][2];
        loop invariant K[thread + 2][0] + K[thread + 2][4] <= Slot_badge(slot);
        loop invariant K[thread + 2][2] + K[thread + 2][4] <= Slot_badge(source);
        loop assigns i, e, ANY_TREE, ALL_MEMORY;
        loop variant COPY_STEP - i; */
    for (word_t i = 0; i < COPY_STEP; i++) {
        /*@ assert cnodes: cnode_slot(slot) && cnode_slot(source); */
        ref_t to = slot_of(slot, thread_word0(thread));
        ref_t from = slot_of(source, thread_word2(thread));

        e = copy_one(to, from, rights);
        if (e != E_OK)
            return e;
        if (thread_word4(thread) == 1)
            return E_OK;
        /*@ assert slot: Slot_type(slot) == TYPE_CNODE &&
                Slot_badge(slot) == \at(Slot_badge(slot), LoopCurrent); */
        /*@ assert source: Slot_type(source) == TYPE_CNODE &&
                Slot_badge(source) == \at(Slot_badge(source), LoopCurrent); */
        copied_one(thread);
    }
    return E_RESTART;
}

/*@ OPERATION(TYPE_CNODE) */
enum error op_cnode_mint(ref_t thread, ref_t slot)
{
    word_t rights = thread_word3(thread);
    word_t badge = thread_word4(thread);
    struct pair pair = {NIL, NIL};
    enum error e = find_pair(thread, slot, RIGHT_READ, &pair);

    if (e != E_OK)
        return e;
    if (rights > RIGHT_ALL)
        return E_ARG;
    e = cap_check_badge(pair.from, badge);
    if (e == E_OK)
        cap_mint(pair.from, pair.to, rights, badge);
    return e;
}

/*@ OPERATION(TYPE_CNODE) */
enum error op_cnode_move(ref_t thread, ref_t slot)
{
    struct pair pair = {NIL, NIL};
    enum error e = find_pair(thread, slot, RIGHT_WRITE, &pair);

    if (e != E_OK)
        return e;
    if (slot_type(pair.from) == TYPE_TABLES)
        return E_TYPE;
    cap_move(pair.from, pair.to);
    return E_OK;
}

/* The range that is left begins one slot further on. */
/*@ requires is_thread(thread) && asid_wf && 0 < K[thread + 2][1];
    requires K[thread + 2][0] < GRANULES;
    assigns K[thread + 2][0 .. 7];
    ensures asid: asid_wf;
    ensures words: K[thread + 2][0] == \old(K[thread + 2][0]) + 1 &&
        K[thread + 2][1] == \old(K[thread + 2][1]) - 1;
*/
static inline void deleted_one(ref_t thread)
{
    thread_set_word0(thread, thread_word0(thread) + 1);
    thread_set_word1(thread, thread_word1(thread) - 1);
}

/* There is none left. */
/*@ requires is_thread(thread) && asid_wf;
    assigns K[thread + 2][1];
    ensures asid: asid_wf;
    ensures none: K[thread + 2][1] == 0;
*/
static inline void deleted_all(ref_t thread)
{
    thread_set_word1(thread, 0);
}

/*@ OPERATION(TYPE_CNODE) */
enum error op_cnode_delete(ref_t thread, ref_t slot)
{
    word_t count = thread_word1(thread);

    if (count > RANGE_COUNT)
        return E_ARG;
    if (!cap_range_in(slot, thread_word0(thread), count))
        return E_CAP;
    /*@ loop invariant 0 <= i <= DELETE_STEP;
        loop invariant ALL_WF;
        loop invariant Slot_type(slot) == TYPE_CNODE;
        loop invariant 0 < K[thread + 2][0] && K[thread + 2][1] <= RANGE_COUNT &&
            K[thread + 2][0] + K[thread + 2][1] <= Slot_badge(slot);
        loop assigns i, ANY_DESTROY, ANY_EMPTY;
        loop variant DELETE_STEP - i; */
    for (word_t i = 0; i < DELETE_STEP && thread_word1(thread) != 0; i++) {
        /*@ assert cnode: cnode_slot(slot); */
        /*@ assert range: 0 < K[thread + 2][0] < Slot_badge(slot); */
        ref_t next = slot_of(slot, thread_word0(thread));

        if (destroy_slot(next) != E_OK)
            return E_RESTART;
        if (slot_type(slot) != TYPE_CNODE) /* it was, or held, the capability that was used */
            break;
        if (thread_word1(thread) == 1) {
            deleted_all(thread);
            break;
        }
        deleted_one(thread);
    }
    if (destroy_doomed() != E_OK && slot_type(slot) == TYPE_CNODE)
        return E_RESTART; /* without that capability it could not be made again */
    return thread_word1(thread) == 0 || slot_type(slot) != TYPE_CNODE ? E_OK : E_RESTART;
}

/*@ OPERATION(TYPE_CNODE) */
enum error op_cnode_revoke(ref_t thread, ref_t slot)
{
    ref_t target = cap_slot_in(slot, thread_word0(thread));

    if (target == NIL || slot_type(target) == TYPE_NULL)
        return E_CAP;
    /*@ loop invariant 0 <= i <= DELETE_STEP;
        loop invariant ALL_WF && is_home(target);
        loop invariant full: Slot_type(target) != TYPE_NULL;
        loop assigns i, ANY_DESTROY, ANY_EMPTY;
        loop variant DELETE_STEP - i; */
    for (word_t i = 0; i < DELETE_STEP; i++) {
        ref_t child = slot_child(target);

        if (child == NIL)
            return destroy_doomed();
        /*@ assert node: linked(target); */
        /*@ assert linked: linked(child) && child != tree_root && child != target; */
        /*@ assert child: is_home(child) || is_inside(child); */
        if (destroy_slot(child) != E_OK)
            return E_RESTART;
    }
    (void)destroy_doomed();
    return E_RESTART;
}

/* Objects are named by where they are in physical memory: no kernel address is shown. */
/*@ requires is_slot(slot);
    assigns \nothing;
*/
static word_t object_number(ref_t slot)
{
    ref_t object = slot_object(slot);
    word_t place = arch_paddr(object) / GRANULE;

    switch (slot_type(slot)) {
    case TYPE_NULL:
    case TYPE_CPU:
    case TYPE_IRQ_CONTROL:
        return 0;
    case TYPE_IO_PORT:
        return object;
    default:
        return place;
    }
}

static bool shows_rights(word_t type)
{
    return type != TYPE_UNTYPED && type != TYPE_DEVICE_UNTYPED && type != TYPE_TABLES;
}

static bool shows_extra(word_t type)
{
    return type == TYPE_UNTYPED || type == TYPE_DEVICE_UNTYPED || cap_is_frame(type);
}

/* What is in slot `target` is the result. */
/*@ requires is_thread(thread) && is_slot(target) && asid_wf;
    assigns K[thread + 2][0 .. 7];
    ensures asid: asid_wf;
    ensures type: K[thread + 2][0] == Slot_type(target);
    ensures child: K[thread + 2][5] == (Slot_child(target) != NIL ? 1 : 0);
*/
static inline void tell_slot(ref_t thread, ref_t target)
{
    word_t type = slot_type(target);

    thread_set_word0(thread, type);
    thread_set_word1(thread, object_number(target));
    thread_set_word2(thread, shows_rights(type) ? slot_rights(target) : 0);
    thread_set_word3(thread, cap_is_frame(type) ? 0 : slot_badge(target));
    thread_set_word4(thread, shows_extra(type) ? slot_extra(target) : 0);
    thread_set_word5(thread, slot_child(target) != NIL);
}

/*@ OPERATION(TYPE_CNODE) */
enum error op_cnode_inspect(ref_t thread, ref_t slot)
{
    ref_t target = cap_slot_in(slot, thread_word0(thread));

    if (target == NIL)
        return E_CAP;
    tell_slot(thread, target);
    return E_OK;
}
