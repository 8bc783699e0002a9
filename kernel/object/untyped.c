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

/* Give the memory at `object`, which is clear, the header of its type. */
static enum error make_object(word_t type, ref_t object, word_t size)
{
    if (!cap_counted(type))
        return E_OK;
    if (type == TYPE_ADDRESS_SPACE) {
        word_t asid = asid_take(object);

        if (asid == 0)
            return E_MEMORY;
        space_set_asid(object, asid);
    }
    object_set_kind(object, type);
    if (type == TYPE_CNODE)
        cnode_set_slots(object, size);
    if (type == TYPE_THREAD) {
        thread_set_rflags(object, arch_flags_user(0));
        thread_set_resumed(object, 1);
        arch_fpu_init(object);
    }
    return E_OK;
}

static word_t made_type(ref_t untyped, word_t type)
{
    return type == TYPE_UNTYPED ? slot_type(untyped) : type;
}

static word_t made_rights(ref_t untyped, word_t type)
{
    if (type == TYPE_UNTYPED)
        return 0;
    return slot_type(untyped) == TYPE_UNTYPED ? RIGHT_ALL
                                              : RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE;
}

static bool all_empty(ref_t cnode, word_t first, word_t count)
{
    /*@ loop invariant 0 <= i <= RETYPE_COUNT;
        loop variant count - i; */
    for (word_t i = 0; i < count; i++) {
        if (slot_type(granule_at(slot_object(cnode), first + i)) != TYPE_NULL)
            return false;
    }
    return true;
}

/* Everything that can be refused. @param n granules of one object */
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

/* Is there memory for all of them, and is it clear? Sizes are multiples of alignments, so objects in
 * a row have no gaps. */
static enum error prepare(ref_t untyped, word_t type, word_t n, word_t count)
{
    word_t start = untyped_next(untyped, untyped_object_align(type));
    word_t total = slot_badge(untyped);

    if (start > total || n > (total - start) / count)
        return E_MEMORY;
    if (slot_type(untyped) == TYPE_DEVICE_UNTYPED || type == TYPE_UNTYPED)
        return E_OK;
    return untyped_clear(untyped, start + n * count);
}

/* Make one object behind what is used already, in memory that is prepared. */
static enum error make_one(ref_t untyped, ref_t to, word_t type, word_t n, word_t size)
{
    word_t start = untyped_next(untyped, untyped_object_align(type));
    ref_t object = granule_at(slot_object(untyped), start);
    enum error e = make_object(type, object, size);

    if (e != E_OK)
        return e;
    slot_set_extra(untyped, start + n);
    cap_create(untyped, to, made_type(untyped, type), object, made_rights(untyped, type),
               type == TYPE_UNTYPED ? n : type == TYPE_CNODE ? size : 0);
    return E_OK;
}

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
    }
    e = prepare(slot, type, n, thread_word4(thread));
    if (e != E_OK)
        return e;
    /*@ loop invariant 0 <= i <= RETYPE_STEP;
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
