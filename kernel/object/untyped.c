/* SPDX-License-Identifier: BSD-2-Clause */
/* Untyped and DeviceUntyped. */
#include "destroy.h"
#include "operations.h"

#include <arch/arch.h>
#include <cap/cap.h>
#include <mem/asid.h>
#include <mem/untyped.h>
#include <model/state.h>

/* Objects made in one go. */
#define RETYPE_STEP 16u

/*@ predicate counted(integer type) = TYPE_CNODE <= type <= TYPE_ADDRESS_SPACE ||
        type == TYPE_INTERRUPT || type == TYPE_TIMER;
    // All objects but this one say what they are.
    predicate other_objects_wf(integer but) = \forall integer r; is_object(r) && r != but ==>
        typed_object(Object_kind(r), r) && counted(Object_kind(r));
*/
#define OTHERS_KEPT ensures tree: tree_wf; ensures tied: slots_tree_wf; \
    ensures null: slots_null_wf; ensures typed: slots_object_wf; \
    ensures cnodes: slots_cnode_wf; ensures ports: slots_port_wf; \
    ensures frames: slots_frame_wf; ensures tables: slots_tables_wf; \
    ensures inside: inside_wf; SCHED_KEPT IPC_KEPT REST_KEPT \
    ensures settled: moving == NIL && leaving == NIL;
#define OTHERS_WF tree_wf && SLOTS_WF && inside_wf && SCHED_WF && IPC_WF && REST_WF && \
    moving == NIL && leaving == NIL
/*
 * Retype, as the proofs see it: free memory, to which nothing refers and which is clear, becomes an
 * object. Declared only: that the rest of kernel_wf does not mind is assumed.
 */
/*@ ghost
  /@ requires object_free: free_granules(object, n) && type <= TYPE_TIMER;
     requires OTHERS_WF && objects_wf;
     assigns kind[0 .. GRANULES - 1];
     ensures outside: \forall integer g; 0 <= g < GRANULES && (g < object || g >= object + n) ==>
         kind[g] == \old(kind[g]);
     ensures made: typed_object(type, object) && (counted(type) ==> is_object(object));
     ensures slots: type == TYPE_CNODE ==> slots_behind(object, n);
     ensures page: type == TYPE_FRAME ==> is_page(object);
     ensures untyped: type == TYPE_UNTYPED ==> free_granules(object, n);
     ensures kept: kinds_kept{Pre, Here};
     ensures others: other_objects_wf(object);
     OTHERS_KEPT @/
  void retype(word_t object, word_t type, word_t n);
*/
/* And back: nothing that was made from this memory is left. */
/*@ ghost
  /@ requires OTHERS_WF && doomed == NIL;
     assigns kind[0 .. GRANULES - 1];
     ensures kept: kinds_kept{Pre, Here};
     ensures objects: objects_wf;
     OTHERS_KEPT @/
  void forget(word_t object, word_t n);
*/

/* Give the memory at `object`, which is clear, the header of its type. @param asid the number of an
 * AddressSpace */
/*@ requires OTHERS_WF && other_objects_wf(object);
    requires made: typed_object(type, object) && (counted(type) ==> is_object(object));
    requires slots: type == TYPE_CNODE ==> slots_behind(object, size);
    requires plain: !counted(type) ==> objects_wf;
    assigns Object_kind(object), Space_asid(object), Cnode_slots(object), Thread_rflags(object),
        Thread_resumed(object), K[object + 11 .. object + 23][0 .. 7];
    CAP_KEPT SCHED_KEPT IPC_KEPT REST_KEPT
    ensures settled: moving == NIL && leaving == NIL;
*/
static void make_object(word_t type, ref_t object, word_t size, word_t asid)
{
    if (!cap_counted(type))
        return;
    object_set_kind(object, type);
    if (type == TYPE_ADDRESS_SPACE)
        space_set_asid(object, asid);
    if (type == TYPE_CNODE)
        cnode_set_slots(object, size);
    if (type == TYPE_THREAD) {
        thread_set_rflags(object, arch_flags_user(0));
        thread_set_resumed(object, 1);
        arch_fpu_init(object);
    }
}

/*@ requires is_slot(untyped);
    assigns \nothing;
    ensures type: \result == (type == TYPE_UNTYPED ? Slot_type(untyped) : type);
*/
static word_t made_type(ref_t untyped, word_t type)
{
    return type == TYPE_UNTYPED ? slot_type(untyped) : type;
}

/* Rights that do not say that a frame is RAM. */
/*@ requires no_ram: (rights & RIGHT_RAM) != RIGHT_RAM;
    assigns \nothing;
    ensures same: \result == rights;
    ensures device: !ram(\result);
*/
static inline word_t few_rights(word_t rights)
{
    return rights;
}

/*@ requires is_slot(untyped);
    assigns \nothing;
    ensures device: Slot_type(untyped) != TYPE_UNTYPED ==> !ram(\result);
*/
static word_t made_rights(ref_t untyped, word_t type)
{
    if (type == TYPE_UNTYPED)
        return few_rights(0);
    return slot_type(untyped) == TYPE_UNTYPED ? RIGHT_ALL
                                              : few_rights(RIGHT_READ | RIGHT_WRITE |
                                                           RIGHT_EXECUTE);
}

/*@ requires is_slot(cnode) && count <= RETYPE_COUNT;
    requires slots: \forall integer i; Slot_object(cnode) + first <= i <
        Slot_object(cnode) + first + count ==> is_home(i);
    requires first <= GRANULES && Slot_object(cnode) <= GRANULES;
    assigns \nothing;
    ensures empty: \result != 0 ==> \forall integer i; Slot_object(cnode) + first <= i <
        Slot_object(cnode) + first + count ==> Slot_type(i) == TYPE_NULL;
*/
static bool all_empty(ref_t cnode, word_t first, word_t count)
{
    /*@ loop invariant 0 <= i <= RETYPE_COUNT && i <= count;
        loop invariant \forall integer j; Slot_object(cnode) + first <= j <
            Slot_object(cnode) + first + i ==> Slot_type(j) == TYPE_NULL;
        loop assigns i;
        loop variant count - i; */
    for (word_t i = 0; i < count; i++) {
        if (slot_type(granule_at(slot_object(cnode), first + i)) != TYPE_NULL)
            return false;
    }
    return true;
}

/* Everything that can be refused. @param n granules of one object */
/*@ requires CAP_WF && is_thread(thread) && is_slot(untyped) && \valid(cnode);
    assigns *cnode;
    ensures count: \result == E_OK ==> 0 < K[thread + 2][4] <= RETYPE_COUNT && n != 0;
    ensures slots: \result == E_OK ==> is_slot(*cnode) && Slot_type(*cnode) == TYPE_CNODE &&
        0 < K[thread + 2][3] && K[thread + 2][3] + K[thread + 2][4] <= Slot_badge(*cnode);
    ensures empty: \result == E_OK ==> \forall integer i;
        Slot_object(*cnode) + K[thread + 2][3] <= i <
        Slot_object(*cnode) + K[thread + 2][3] + K[thread + 2][4] ==>
        is_home(i) && Slot_type(i) == TYPE_NULL;
    ensures device: \result == E_OK && Slot_type(untyped) == TYPE_DEVICE_UNTYPED ==>
        K[thread + 2][0] == TYPE_UNTYPED ||
        TYPE_FRAME <= K[thread + 2][0] <= TYPE_HUGE_FRAME;
*/
static enum error check(ref_t thread, ref_t untyped, word_t n, ref_t *cnode)
{
    word_t type = thread_word0(thread);
    word_t first = thread_word3(thread);
    word_t count = thread_word4(thread);
    enum error e = cap_cnode(thread, thread_word2(thread), RIGHT_WRITE, cnode);

    if (n == 0 || count == 0 || count > RETYPE_COUNT)
        return E_ARG;
    if (slot_type(untyped) == TYPE_DEVICE_UNTYPED && !untyped_device_can(type))
        return E_ARG;
    if (e != E_OK)
        return e;
    if (!cap_range_in(*cnode, first, count))
        return E_CAP;
    return all_empty(*cnode, first, count) ? E_OK : E_SLOT;
}

/* Is there memory for all of them, and is it clear? Sizes are multiples of alignments, so objects
 * in a row have no gaps. */
/*@ requires untyped_slot(untyped) && asid_wf && n != 0 && 0 < count <= RETYPE_COUNT;
    requires free: Slot_type(untyped) == TYPE_UNTYPED ==> free_granules(
        Slot_object(untyped) + Slot_extra(untyped), Slot_badge(untyped) - Slot_extra(untyped));
    requires type: Slot_type(untyped) == TYPE_UNTYPED ||
        Slot_type(untyped) == TYPE_DEVICE_UNTYPED;
    assigns Slot_rights(untyped), ALL_MEMORY;
    ensures asid: asid_wf;
    ensures user: \forall integer g, w; 0 <= g < GRANULES && 0 <= w < GRANULE_WORDS &&
        kind[g] != KIND_FREE ==> K[g][w] == \old(K[g][w]);
    ensures room: \result == E_OK ==> \forall integer start;
        next_place(untyped, align_of(type), start) ==> start + n * count <= Slot_badge(untyped);
*/
static enum error prepare(ref_t untyped, word_t type, word_t n, word_t count)
{
    word_t start = untyped_next(untyped, untyped_object_align(type));
    word_t total = slot_badge(untyped);

    if (start > total || n > (total - start) / count)
        return E_MEMORY;
    /*@ assert room: n * count <= total - start; */
    if (slot_type(untyped) == TYPE_DEVICE_UNTYPED || type == TYPE_UNTYPED)
        return E_OK;
    return untyped_clear(untyped, start + n * count);
}

/* Make one object behind what is used already, in memory that is prepared. */
/*@ requires ALL_WF && untyped_slot(untyped) && n != 0 && n % align_of(type) == 0;
    requires known: type <= TYPE_TIMER;
    requires type: Slot_type(untyped) == TYPE_UNTYPED ||
        (Slot_type(untyped) == TYPE_DEVICE_UNTYPED &&
            (type == TYPE_UNTYPED || TYPE_FRAME <= type <= TYPE_HUGE_FRAME));
    requires size: (type == TYPE_CNODE ==> n == size) &&
        (type == TYPE_THREAD ==> n == THREAD_GRANULES);
    requires free: Slot_type(untyped) == TYPE_UNTYPED ==> free_granules(
        Slot_object(untyped) + Slot_extra(untyped), Slot_badge(untyped) - Slot_extra(untyped));
    requires room: \forall integer start; next_place(untyped, align_of(type), start) ==>
        start + n <= Slot_badge(untyped);
    requires to: is_home(untyped) && is_home(to) && Slot_type(to) == TYPE_NULL;
    assigns ANY_STATE, kind[0 .. GRANULES - 1];
    ALL_KEPT
    ensures kinds: kinds_kept{Pre, Here};
    ensures aligned: \result == E_OK ==>
        (Slot_object(untyped) + Slot_extra(untyped)) % align_of(type) == 0 &&
        Slot_object(untyped) == \old(Slot_object(untyped)) &&
        Slot_badge(untyped) == \old(Slot_badge(untyped)) &&
        Slot_type(untyped) == \old(Slot_type(untyped));
    ensures others: \forall integer g; 0 <= g < GRANULES && g != to && g != untyped ==>
        Slot_type(g) == \old(Slot_type(g)) || kind[g] != \old(kind[g]);
    ensures words: \forall integer t; \old(is_thread(t)) ==>
        K[t + 2][0] == \old(K[t + 2][0]) && K[t + 2][3] == \old(K[t + 2][3]) &&
        K[t + 2][4] == \old(K[t + 2][4]);
*/
static enum error make_one(ref_t untyped, ref_t to, word_t type, word_t n, word_t size)
{
    word_t start = untyped_next(untyped, untyped_object_align(type));
    ref_t object = granule_at(slot_object(untyped), start);
    word_t asid = 0;

    if (type == TYPE_ADDRESS_SPACE) {
        asid = asid_take(object);
        if (asid == 0)
            return E_MEMORY;
    }
    /*@ ghost if (Slot_type(untyped) == TYPE_UNTYPED) retype(object, type, n); */
    make_object(type, object, size, asid);
    slot_set_extra(untyped, start + n);
    cap_create(untyped, to, made_type(untyped, type), object, made_rights(untyped, type),
               type == TYPE_UNTYPED ? n : type == TYPE_CNODE ? size : 0);
    return E_OK;
}

/*@ requires ALL_WF;
    requires caller: is_thread(thread) && Thread_state(thread) == THREAD_STATE_READY;
    requires right: is_home(slot) && (Slot_type(slot) == TYPE_UNTYPED ||
        Slot_type(slot) == TYPE_DEVICE_UNTYPED);
    assigns ANY_STATE, kind[0 .. GRANULES - 1];
    ALL_KEPT
    ensures kinds: kinds_kept{Pre, Here};
*/
enum error op_untyped_retype(ref_t thread, ref_t slot)
{
    word_t type = thread_word0(thread);
    word_t size = thread_word1(thread);
    word_t n = untyped_object_size(type, size);
    ref_t cnode = NIL;
    enum error e = check(thread, slot, n, &cnode);

    if (e != E_OK)
        return e;
    if (slot_child(slot) == NIL && slot_extra(slot) != 0) {
        if (doomed != NIL) {
            (void)destroy_doomed(); /* thread, slot and cnode may have been among them: look
                                       everything up again */
            return E_RESTART;
        }
        untyped_reset(slot);
        /*@ ghost forget(Slot_object(slot), Slot_badge(slot)); */
    }
    /*@ admit free: untyped_slot(slot) && (Slot_type(slot) == TYPE_UNTYPED ==>
            free_granules(Slot_object(slot) + Slot_extra(slot),
                Slot_badge(slot) - Slot_extra(slot))); // no two Untyped overlap */
    e = prepare(slot, type, n, thread_word4(thread));
    if (e != E_OK)
        return e;
    /*@ loop invariant 0 <= i <= RETYPE_STEP;
        loop invariant ALL_WF && kinds_kept{Pre, Here} && untyped_slot(slot);
        loop invariant is_home(slot) && is_thread(thread) && is_slot(cnode);
        loop invariant Slot_type(slot) == \at(Slot_type(slot), Pre);
        loop invariant Slot_type(slot) == TYPE_UNTYPED ==> free_granules(
            Slot_object(slot) + Slot_extra(slot), Slot_badge(slot) - Slot_extra(slot));
        loop invariant 0 < K[thread + 2][4] <= RETYPE_COUNT && 0 < K[thread + 2][3];
        loop invariant \forall integer start; next_place(slot, align_of(type), start) ==>
            start + n * K[thread + 2][4] <= Slot_badge(slot);
        loop invariant \forall integer j; Slot_object(cnode) + K[thread + 2][3] <= j <
            Slot_object(cnode) + K[thread + 2][3] + K[thread + 2][4] ==>
            is_home(j) && Slot_type(j) == TYPE_NULL;
        loop assigns i, e, ANY_STATE, kind[0 .. GRANULES - 1];
        loop variant RETYPE_STEP - i; */
    for (word_t i = 0; i < RETYPE_STEP; i++) {
        e = make_one(slot, granule_at(slot_object(cnode), thread_word3(thread)), type, n, size);
        if (e != E_OK)
            return e;
        thread_set_word3(thread, thread_word3(thread) + 1);
        thread_set_word4(thread, thread_word4(thread) - 1);
        if (thread_word4(thread) == 0)
            return E_OK;
    }
    return E_RESTART;
}
