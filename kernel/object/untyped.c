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
/* What proofs say of objects. */
#define ANY_GHOST kind[0 .. GRANULES - 1], parent_of[0 .. GRANULES - 1], \
    begins[0 .. GRANULES - 1], ends[0 .. GRANULES - 1], queue_of[0 .. GRANULES - 1], \
    turn[0 .. GRANULES - 1], dooming[0 .. GRANULES - 1]

/*@ // What granules hold has not changed but in these.
    predicate outside_same{A, B}(integer first, integer n) = \forall integer g;
        0 <= g < GRANULES && (g < first || g >= first + n) ==>
        \at(kind[g], B) == \at(kind[g], A);
    predicate memory_same{A, B}(integer first, integer n) = \forall integer g, w;
        0 <= g < GRANULES && 0 <= w < GRANULE_WORDS && (g < first || g >= first + n) ==>
        \at(K[g][w], B) == \at(K[g][w], A);
    // No slot has changed but these, of which the first is still of its type and size.
    predicate slots_same{A, B}(integer untyped, integer to) = \forall integer g;
        is_slot{A}(g) && g != to ==>
        \at(Slot_type(g), B) == \at(Slot_type(g), A) &&
        \at(Slot_object(g), B) == \at(Slot_object(g), A) &&
        \at(Slot_badge(g), B) == \at(Slot_badge(g), A) &&
        (g != untyped ==> \at(Slot_extra(g), B) == \at(Slot_extra(g), A));
    predicate empties(integer first, integer n) = \forall integer j;
        first <= j < first + n ==> is_home(j) && Slot_type(j) == TYPE_NULL;
    // Words of messages are as they were.
    predicate words_same{A, B} = \forall integer g, w; 0 <= g < GRANULES && 0 <= w < 8 &&
        \at(kind[g], A) == KIND_REST ==> \at(K[g][w], B) == \at(K[g][w], A);
    // Memory that an Untyped has not given out, from `start` on.
    predicate free_from(integer s, integer start) = Slot_type(s) == TYPE_UNTYPED ==>
        free_granules(Slot_object(s) + start, Slot_badge(s) - start);
    predicate outside(integer x, integer count, integer first, integer n) =
        x + count <= first || first + n <= x;
*/
/*
 * Retype, as the proofs see it: free memory, to which nothing refers and which is clear, becomes an
 * object. Declared only: that its fields are clear as the memory is, and that the rest of kernel_wf
 * does not mind an object with nothing in it, is assumed.
 */
/*@ ghost
  /@ requires object_free: free_granules(object, n) && made_size(type, n);
     requires OTHERS_WF && objects_wf;
     assigns ANY_GHOST;
     ensures outside: outside_same{Pre, Here}(object, n);
     ensures made: typed_object(type, object) && (counted(type) ==> is_object(object));
     ensures slots: type == TYPE_CNODE ==> slots_behind(object, n);
     ensures page: type == TYPE_FRAME ==> is_page(object);
     ensures kept: kinds_kept{Pre, Here};
     ensures others: other_objects_wf(object);
     ensures untyped: !counted(type) ==> objects_wf;
     OTHERS_KEPT @/
  void retype(word_t object, word_t type, word_t n);
*/
/* And back: nothing that was made from this memory is left. */
/*@ ghost
  /@ requires OTHERS_WF && doomed == NIL;
     assigns ANY_GHOST;
     ensures outside: outside_same{Pre, Here}(object, n);
     ensures free: free_granules(object, n);
     ensures objects: objects_wf;
     OTHERS_KEPT @/
  void forget(word_t object, word_t n);
*/

/* What a thread starts with. */
/*@ requires is_thread(thread) && asid_wf;
    assigns Thread_rflags(thread), Thread_resumed(thread), ALL_MEMORY;
    ensures asid: asid_wf;
    ensures memory: memory_same{Pre, Here}(thread, THREAD_GRANULES);
*/
static inline void make_thread(ref_t thread)
{
    thread_set_rflags(thread, arch_flags_user(0));
    thread_set_resumed(thread, 1);
    arch_fpu_init(thread);
}

/* Give the memory at `object`, which is clear, the header of its type. @param n its granules
 * @param asid the number of an AddressSpace */
/*@ requires OTHERS_WF && other_objects_wf(object) && made_size(type, n);
    requires made: counted(type) && typed_object(type, object) && is_object(object);
    requires slots: type == TYPE_CNODE ==> slots_behind(object, n);
    assigns Object_kind(object), Space_asid(object), Cnode_slots(object), Thread_rflags(object),
        Thread_resumed(object), ALL_MEMORY;
    ensures memory: memory_same{Pre, Here}(object, n);
    CAP_KEPT SCHED_KEPT IPC_KEPT REST_KEPT
    ensures settled: moving == NIL && leaving == NIL;
*/
static void make_object(word_t type, ref_t object, word_t n, word_t asid)
{
    object_set_kind(object, type);
    if (type == TYPE_ADDRESS_SPACE)
        space_set_asid(object, asid);
    if (type == TYPE_CNODE)
        cnode_set_slots(object, n);
    if (type == TYPE_THREAD)
        make_thread(object);
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

/* Is there room for `count` times `n` in `room`? */
/*@ requires count != 0;
    assigns \nothing;
    ensures room: \result != 0 ==> n * count <= room;
*/
static inline bool has_room(word_t n, word_t count, word_t room)
{
    /*@ assert whole: room / count * count <= room; */
    /*@ assert monotone: n <= room / count ==> n * count <= room / count * count; */
    return n <= room / count;
}

/* Is there memory for all of them, and is it clear? Sizes are multiples of alignments, so objects
 * in a row have no gaps. */
/*@ requires untyped_slot(untyped) && asid_wf && n != 0 && 0 < count <= RETYPE_COUNT;
    requires slots: slots_frame_wf && slots_tables_wf;
    requires free: Slot_type(untyped) == TYPE_UNTYPED ==> free_granules(
        Slot_object(untyped) + Slot_extra(untyped), Slot_badge(untyped) - Slot_extra(untyped));
    requires type: Slot_type(untyped) == TYPE_UNTYPED ||
        Slot_type(untyped) == TYPE_DEVICE_UNTYPED;
    assigns Slot_rights(untyped), ALL_MEMORY;
    ensures asid: asid_wf;
    ensures frames: slots_frame_wf;
    ensures tables: slots_tables_wf;
    ensures user: \forall integer g, w; 0 <= g < GRANULES && 0 <= w < GRANULE_WORDS &&
        kind[g] != KIND_FREE ==> K[g][w] == \old(K[g][w]);
    ensures room: \result == E_OK ==> \forall integer start;
        next_place(untyped, align_of(type), start) ==>
        start <= Slot_badge(untyped) && start + n * count <= Slot_badge(untyped);
*/
static enum error prepare(ref_t untyped, word_t type, word_t n, word_t count)
{
    word_t start = untyped_next(untyped, untyped_object_align(type));
    word_t total = slot_badge(untyped);

    if (start > total || !has_room(n, count, total - start))
        return E_MEMORY;
    if (slot_type(untyped) == TYPE_DEVICE_UNTYPED || type == TYPE_UNTYPED)
        return E_OK;
    return untyped_clear(untyped, start + n * count);
}

/* Give memory that is prepared to an object of this type. @return E_MEMORY */
/*@ requires ALL_WF && is_home(untyped) && made_size(type, n);
    requires type: Slot_type(untyped) == TYPE_UNTYPED || (!counted(type) &&
        type < TYPE_LIMIT);
    requires free: Slot_type(untyped) == TYPE_UNTYPED ==> free_granules(object, n);
    assigns ANY_GHOST, Object_kind(object), Space_asid(object), Cnode_slots(object),
        Thread_rflags(object), Thread_resumed(object), ALL_MEMORY, asid_fresh, asid_free,
        asid_live[0 .. GRANULES - 1], asid_before[0 .. GRANULES - 1];
    ALL_KEPT
    ensures kinds: kinds_kept{Pre, Here};
    ensures outside: outside_same{Pre, Here}(object, n);
    ensures slots: \forall integer g; is_slot{Pre}(g) ==> Slot_type(g) == \old(Slot_type(g));
    ensures words: words_same{Pre, Here};
    ensures made: \result == E_OK ==> typed_object(type, object) &&
        (type == TYPE_CNODE ==> slots_behind(object, n)) &&
        (type == TYPE_FRAME && Slot_type(untyped) == TYPE_UNTYPED ==> is_page(object));
*/
static enum error make_memory(ref_t untyped, word_t type, ref_t object, word_t n)
{
    word_t asid = 0;

    (void)untyped; /* memory of a device is not the kernel's to write to */
    if (type == TYPE_ADDRESS_SPACE) {
        asid = asid_take(object);
        if (asid == 0)
            return E_MEMORY;
    }
    /*@ ghost if (Slot_type(untyped) == TYPE_UNTYPED) retype(object, type, n); */
    if (cap_counted(type))
        make_object(type, object, n, asid);
    return E_OK;
}

/* What else the capability to a new object says: how many slots or granules. */
/*@ assigns \nothing;
    ensures badge: \result == (type == TYPE_UNTYPED || type == TYPE_CNODE ? n : 0);
*/
static inline word_t made_badge(word_t type, word_t n)
{
    return type == TYPE_UNTYPED || type == TYPE_CNODE ? n : 0;
}

/* Make one object, of `n` granules, from granule `start` of the memory on, which is prepared. */
/*@ requires ALL_WF && is_home(untyped) && made_size(type, n);
    requires type: Slot_type(untyped) == TYPE_UNTYPED ||
        (Slot_type(untyped) == TYPE_DEVICE_UNTYPED &&
            (type == TYPE_UNTYPED || TYPE_FRAME <= type <= TYPE_HUGE_FRAME));
    requires free: free_from(untyped, start);
    requires room: untyped_slot(untyped) && start + n <= Slot_badge(untyped);
    requires to: is_home(to) && Slot_type(to) == TYPE_NULL;
    assigns ANY_STATE, kind[0 .. GRANULES - 1];
    ALL_KEPT
    ensures kinds: kinds_kept{Pre, Here};
    ensures slots: slots_same{Pre, Here}(untyped, to);
    ensures empty: \forall integer j; \old(is_home(j) && Slot_type(j) == TYPE_NULL) && j != to ==>
        is_home(j) && Slot_type(j) == TYPE_NULL;
    ensures untyped: untyped_slot(untyped) && Slot_type(untyped) == \old(Slot_type(untyped)) &&
        Slot_object(untyped) == \old(Slot_object(untyped)) &&
        Slot_badge(untyped) == \old(Slot_badge(untyped));
    ensures free: \result == E_OK ==> free_from(untyped, start + n) &&
        Slot_extra(untyped) == start + n;
    ensures made: \result == E_OK ==> Slot_object(to) == Slot_object(untyped) + start &&
        Slot_type(to) == (type == TYPE_UNTYPED ? Slot_type(untyped) : type) &&
        parent_of[to] == untyped;
    ensures words: words_same{Pre, Here};
*/
static enum error make_one(ref_t untyped, ref_t to, word_t type, word_t start, word_t n)
{
    ref_t object = granule_at(slot_object(untyped), start);
    word_t own = made_type(untyped, type);
    word_t rights = made_rights(untyped, type);
    word_t badge = made_badge(type, n);
    enum error e = make_memory(untyped, type, object, n);

    if (e != E_OK)
        return e;
    slot_set_extra(untyped, start + n);
    /*@ assert rest: to != untyped && free_from(untyped, start + n); */
    /*@ assert typed: typed_object(own, object) && own != TYPE_NULL && own != TYPE_TABLES; */
    /*@ assert page: own == TYPE_FRAME && ram(rights) ==> is_page(object); */
    /*@ assert slots: own == TYPE_CNODE ==> slots_behind(object, badge); */
    cap_create(untyped, to, own, object, rights, badge);
    /*@ assert same: Slot_type(untyped) == \at(Slot_type(untyped), Pre) &&
            Slot_object(untyped) == \at(Slot_object(untyped), Pre) &&
            Slot_badge(untyped) == \at(Slot_badge(untyped), Pre); */
    return E_OK;
}

/* One object less is to be made, and in the slot after this one. */
/*@ requires is_thread(thread) && asid_wf && 0 < K[thread + 2][4];
    requires K[thread + 2][3] < GRANULES;
    assigns K[thread + 2][0 .. 7];
    ensures asid: asid_wf;
    ensures words: K[thread + 2][3] == \old(K[thread + 2][3]) + 1 &&
        K[thread + 2][4] == \old(K[thread + 2][4]) - 1;
*/
static inline void made_one(ref_t thread)
{
    thread_set_word3(thread, thread_word3(thread) + 1);
    thread_set_word4(thread, thread_word4(thread) - 1);
}

/*@ requires 0 < left;
    assigns \nothing;
    ensures less: \result == left - 1;
*/
static inline word_t one_less(word_t left)
{
    return left - 1;
}

/* Where the object behind this one begins, if there is to be one. @param left how many of `n`
 * granules fit between here and `total` */
/*@ requires 0 < left && start + n * left <= total;
    assigns \nothing;
    ensures next: \result == start + n && start + n <= total;
    ensures rest: start + n + n * (left - 1) <= total;
*/
static inline word_t behind(word_t start, word_t n, word_t left, word_t total)
{
    (void)left, (void)total;
    return start + n;
}

/* Make `left` objects in memory that is prepared, and say in the thread's words how many are left.
 * Sizes are multiples of alignments, so objects in a row have no gaps. */
/*@ requires ALL_WF && is_thread(thread) && is_home(slot) && made_size(type, n);
    requires type: Slot_type(slot) == TYPE_UNTYPED ||
        (Slot_type(slot) == TYPE_DEVICE_UNTYPED &&
            (type == TYPE_UNTYPED || TYPE_FRAME <= type <= TYPE_HUGE_FRAME));
    requires free: untyped_slot(slot) && free_from(slot, start);
    requires room: 0 < left && left == K[thread + 2][4] && start + n * left <= Slot_badge(slot);
    requires cnode: is_slot(cnode) && Slot_type(cnode) == TYPE_CNODE;
    requires range: 0 < K[thread + 2][3] && K[thread + 2][3] + left <= Slot_badge(cnode);
    requires to: empties(Slot_object(cnode) + K[thread + 2][3], left);
    assigns ANY_STATE, kind[0 .. GRANULES - 1];
    ALL_KEPT
    ensures thread: is_thread(thread);
*/
static enum error make_some(ref_t thread, ref_t slot, ref_t cnode, word_t type, word_t start,
                            word_t n, word_t left)
{
    /*@ loop invariant 0 <= i <= RETYPE_STEP;
        loop invariant ALL_WF;
        loop invariant thread: is_thread(thread) && is_home(slot);
        loop invariant slot: untyped_slot(slot) &&
            Slot_type(slot) == \at(Slot_type(slot), Pre);
        loop invariant cnode: is_slot(cnode) && Slot_type(cnode) == TYPE_CNODE;
        loop invariant free: free_from(slot, start);
        loop invariant room: 0 < left && left == K[thread + 2][4] &&
            start + n * left <= Slot_badge(slot);
        loop invariant range: 0 < K[thread + 2][3] &&
            K[thread + 2][3] + left <= Slot_badge(cnode);
        loop invariant to: empties(Slot_object(cnode) + K[thread + 2][3], left);
        loop assigns i, start, left, ANY_STATE, kind[0 .. GRANULES - 1];
        loop variant RETYPE_STEP - i; */
    for (word_t i = 0; i < RETYPE_STEP; i++) {
        /*@ assert cnode: cnode_slot(cnode); */
        ref_t to = cap_slot_in(cnode, thread_word3(thread));
        word_t next = behind(start, n, left, slot_badge(slot));
        /*@ assert to: is_home(to) && to == Slot_object(cnode) + K[thread + 2][3] &&
                Slot_type(to) == TYPE_NULL; */
        enum error e = make_one(slot, to, type, start, n);

        if (e != E_OK)
            return e;
        /*@ assert words: K[thread + 2][3] == \at(K[thread + 2][3], LoopCurrent) &&
                K[thread + 2][4] == \at(K[thread + 2][4], LoopCurrent); */
        /*@ assert still: cnode != to && Slot_type(cnode) == TYPE_CNODE &&
                Slot_object(cnode) == \at(Slot_object(cnode), LoopCurrent) &&
                Slot_badge(cnode) == \at(Slot_badge(cnode), LoopCurrent); */
        made_one(thread);
        left = one_less(left);
        if (left == 0)
            return E_OK;
        start = next;
    }
    return E_RESTART;
}

/* Prepare memory for `count` objects, and make the first of them. */
/*@ requires ALL_WF && is_thread(thread) && is_home(slot) && made_size(type, n);
    requires type: Slot_type(slot) == TYPE_UNTYPED ||
        (Slot_type(slot) == TYPE_DEVICE_UNTYPED &&
            (type == TYPE_UNTYPED || TYPE_FRAME <= type <= TYPE_HUGE_FRAME));
    requires free: untyped_slot(slot) && free_from(slot, Slot_extra(slot));
    requires count: 0 < count <= RETYPE_COUNT && count == K[thread + 2][4];
    requires cnode: is_slot(cnode) && Slot_type(cnode) == TYPE_CNODE;
    requires range: 0 < K[thread + 2][3] && K[thread + 2][3] + count <= Slot_badge(cnode);
    requires to: empties(Slot_object(cnode) + K[thread + 2][3], count);
    assigns ANY_STATE, kind[0 .. GRANULES - 1];
    ALL_KEPT
    ensures thread: is_thread(thread);
*/
static enum error make_all(ref_t thread, ref_t slot, ref_t cnode, word_t type, word_t n,
                           word_t count)
{
    enum error e = prepare(slot, type, n, count);

    if (e != E_OK)
        return e;
    /*@ assert words: K[thread + 2][3] == \at(K[thread + 2][3], Pre) &&
            K[thread + 2][4] == count; */
    word_t start = untyped_next(slot, untyped_object_align(type));
    /*@ assert room: start <= Slot_badge(slot) && start + n * count <= Slot_badge(slot); */
    /*@ assert free: free_from(slot, start); */

    return make_some(thread, slot, cnode, type, start, n, count);
}

/* Begin again with memory of which nothing is left. @return false: something is, for the moment;
 * all that was looked up may be gone */
/*@ requires ALL_WF && is_home(slot) && Slot_type(slot) != TYPE_NULL && is_thread(thread);
    requires cnode: is_slot(cnode) && Slot_type(cnode) == TYPE_CNODE;
    assigns ANY_STATE, kind[0 .. GRANULES - 1];
    ALL_KEPT
    ensures thread: is_thread(thread);
    ensures words: \result != 0 ==> \forall integer w; 0 <= w < 8 ==>
        K[thread + 2][w] == \old(K[thread + 2][w]);
    ensures home: \result != 0 ==> is_home(slot) && is_slot(cnode);
    ensures slots: \result != 0 ==> \forall integer g; 0 <= g < GRANULES ==>
        Slot_type(g) == \old(Slot_type(g)) && Slot_object(g) == \old(Slot_object(g)) &&
        Slot_badge(g) == \old(Slot_badge(g));
*/
static bool begin_again(ref_t thread, ref_t slot, ref_t cnode)
{
    (void)thread, (void)cnode; /* they are none of what was made from it */
    if (slot_child(slot) != NIL || slot_extra(slot) == 0)
        return true;
    if (doomed != NIL) {
        (void)destroy_doomed();
        return false;
    }
    untyped_reset(slot);
    /*@ admit apart: outside(thread, 24, Slot_object(slot), Slot_badge(slot)) &&
            outside(slot, 1, Slot_object(slot), Slot_badge(slot)) &&
            outside(cnode, 1, Slot_object(slot), Slot_badge(slot));
            // they are alive, and nothing that was made from this memory is */
    /*@ ghost if (Slot_type(slot) == TYPE_UNTYPED) forget(Slot_object(slot), Slot_badge(slot)); */
    return true;
}

/*@ requires ALL_WF;
    requires caller: is_thread(thread) && Thread_state(thread) == THREAD_STATE_READY;
    requires right: is_home(slot) && (Slot_type(slot) == TYPE_UNTYPED ||
        Slot_type(slot) == TYPE_DEVICE_UNTYPED);
    assigns ANY_STATE, kind[0 .. GRANULES - 1];
    ALL_KEPT
    ensures thread: is_thread(thread);
*/
enum error op_untyped_retype(ref_t thread, ref_t slot)
{
    word_t type = thread_word0(thread);
    word_t n = untyped_object_size(type, thread_word1(thread));
    word_t count = thread_word4(thread);
    ref_t cnode = NIL;
    enum error e = check(thread, slot, n, &cnode);

    if (e != E_OK)
        return e;
    if (!begin_again(thread, slot, cnode))
        return E_RESTART;
    /*@ admit free: untyped_slot(slot) && free_from(slot, Slot_extra(slot));
            // no two Untyped overlap */
    /*@ assert cnode: cnode_slot(cnode); */
    /*@ assert to: empties(Slot_object(cnode) + K[thread + 2][3], count); */
    return make_all(thread, slot, cnode, type, n, count);
}
