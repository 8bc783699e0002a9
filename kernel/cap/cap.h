/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Capabilities in slots: finding, making, copying, moving them. Nothing here
 * destroys anything: deleting is the business of <object/destroy.h>.
 */
#ifndef CAP_CAP_H
#define CAP_CAP_H

#include <model/fields.h>

/** The slot with this index in the thread's CSpace, NIL if there is none. It may be empty. */
static inline ref_t cap_slot(ref_t thread, word_t index)
{
    ref_t cspace = thread_cspace(thread);

    if (index == 0 || index >= slot_badge(cspace))
        return NIL;
    return granule_at(slot_object(cspace), index);
}

/** The slot with this index in the CNode to which slot `cnode` holds a capability, NIL if there is
 * none. */
static inline ref_t cap_slot_in(ref_t cnode, word_t index)
{
    if (index == 0 || index >= slot_badge(cnode))
        return NIL;
    return granule_at(slot_object(cnode), index);
}

/** Do slots `first` to `first + count - 1` exist in the CNode of slot `cnode`? */
static inline bool cap_range_in(ref_t cnode, word_t first, word_t count)
{
    word_t slots = slot_badge(cnode);

    return first != 0 && first < slots && count <= slots - first;
}

/** Is the object of such a capability one with a header, whose capabilities are counted? */
static inline bool cap_counted(word_t type)
{
    return (type >= TYPE_CNODE && type <= TYPE_ADDRESS_SPACE) || type == TYPE_INTERRUPT ||
           type == TYPE_TIMER;
}

static inline bool cap_is_frame(word_t type)
{
    return type >= TYPE_FRAME && type <= TYPE_HUGE_FRAME;
}

/**
 * The CNode capability that an argument names: index 0 is the thread's own CSpace.
 * @param right the right it must have
 * @param cnode where the slot that holds it is put
 * @return E_CAP, E_TYPE, E_RIGHTS
 */
static inline enum error cap_cnode(ref_t thread, word_t index, word_t right, ref_t *cnode)
{
    ref_t slot = index == 0 ? thread_cspace(thread) : cap_slot(thread, index);

    if (slot == NIL || slot_type(slot) == TYPE_NULL)
        return E_CAP;
    if (slot_type(slot) != TYPE_CNODE)
        return E_TYPE;
    if (!(slot_rights(slot) & right))
        return E_RIGHTS;
    *cnode = slot;
    return E_OK;
}

/** A capability of type `type` with `right` at this index of the thread's CSpace. @return E_CAP,
 * E_TYPE, E_RIGHTS */
enum error cap_find(ref_t thread, word_t index, word_t type, word_t right, ref_t *slot);

/** Fill the empty slot `to` with a first capability to `object`, as a child of `parent`. */
void cap_create(ref_t parent, ref_t to, word_t type, ref_t object, word_t rights, word_t badge);

/** May this capability be copied? Untyped, Tables and Reply may not. */
bool cap_copyable(ref_t from);

/** Copy into the empty slot `to`, as a child of `from`, with those of its rights that are in
 * `rights`. The copy of a frame is not mapped. */
void cap_copy(ref_t from, ref_t to, word_t rights);

/** Can a copy of this capability have this badge? @return E_TYPE, E_STATE, E_ARG */
enum error cap_check_badge(ref_t from, word_t badge);

/** Copy with a badge that cap_check_badge allowed. */
void cap_mint(ref_t from, ref_t to, word_t rights, word_t badge);

/** Move into the empty slot `to`: place in the tree and mapping go with it. Not for Tables. */
void cap_move(ref_t from, ref_t to);

/** Empty a slot whose object has been seen to. */
void cap_clear(ref_t slot);

#endif
