/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces: page tables in memory that the holder supplied.
 *
 * Table pages come from the space's pool and stay with it until it is emptied. A mapping is
 * known in two places: the page-table entry, and the frame capability that made it (asid and
 * address). An entry is only ever cleared or changed through that capability, after checking that
 * it still maps that very frame.
 */
#ifndef MEM_SPACE_H
#define MEM_SPACE_H

#include <model/fields.h>

/* For contracts: a slot that holds a frame. */
#define FRAME_WF(slot) SLOTS_WF && inside_wf && spaces_wf && asid_wf && is_slot(slot) && \
    TYPE_FRAME <= Slot_type(slot) <= TYPE_HUGE_FRAME
#define FRAME_KEPT ensures tied: slots_tree_wf; ensures null: slots_null_wf; \
    ensures cnodes: slots_cnode_wf; ensures ports: slots_port_wf;
#define SLOTS_KEPT FRAME_KEPT ensures typed: slots_object_wf; ensures frames: slots_frame_wf; \
    ensures tables: slots_tables_wf; ensures inside: inside_wf;

/** Take over the pages of an Untyped whose memory is clear; its slot becomes Tables. */
/*@ requires is_space(space) && spaces_wf && asid_wf && is_slot(slot) && SLOTS_WF && inside_wf;
    requires memory: Slot_type(slot) == TYPE_UNTYPED && Slot_badge(slot) <= 65536 &&
        (\forall integer i; 0 <= i < Slot_badge(slot) / 64 ==>
            is_table(Slot_object(slot) + 64 * i));
    assigns ANY_SLOT, ANY_SPACE, ALL_MEMORY;
    ensures spaces: spaces_wf;
    ensures asid: asid_wf;
    ensures tables: Slot_type(slot) == TYPE_TABLES && Slot_rights(slot) == space;
*/
void space_supply(ref_t space, ref_t slot);

/** Bytes covered by a frame type. */
static inline word_t space_frame_bytes(word_t type)
{
    switch (type) {
    case TYPE_FRAME:
        return SMALL_GRANULES * GRANULE;
    case TYPE_LARGE_FRAME:
        return LARGE_GRANULES * GRANULE;
    default:
        return (word_t)HUGE_GRANULES * GRANULE;
    }
}

/** Is an address a multiple of the size of such a frame? Divided by constants, no division is left.
 */
static inline bool space_aligned(word_t type, word_t vaddr)
{
    switch (type) {
    case TYPE_FRAME:
        return vaddr % (SMALL_GRANULES * GRANULE) == 0;
    case TYPE_LARGE_FRAME:
        return vaddr % (LARGE_GRANULES * GRANULE) == 0;
    default:
        return vaddr % ((word_t)HUGE_GRANULES * GRANULE) == 0;
    }
}

/** May a frame with these rights be mapped with these flags at this address? @return E_RIGHTS,
 * E_ARG */
static inline enum error space_check(ref_t frame, word_t vaddr, word_t flags)
{
    word_t type = slot_type(frame);
    word_t access = flags % 8u | MAP_READ;

    if (flags >= 128u || vaddr >= USER_END || !space_aligned(type, vaddr))
        return E_ARG;
    if (type != TYPE_FRAME && space_frame_bytes(type) > USER_END - vaddr)
        return E_ARG;
    if ((flags & (MAP_WRITE | MAP_EXECUTE | MAP_WX)) == (MAP_WRITE | MAP_EXECUTE))
        return E_ARG;
    return (slot_rights(frame) & access) == access ? E_OK : E_RIGHTS;
}

/** Does the mapping that the frame capability in `slot` remembers stand? Not if its address space
 * was emptied or is gone. */
/*@ requires asid_wf && is_slot(slot);
    assigns \nothing;
*/
bool space_mapped(ref_t slot);

/** Map the frame of `slot`, which is not mapped. space_check has been passed. @return E_STATE:
 * address in use; E_RESTART: a table is missing, space_grow makes it */
/*@ requires is_space(space) && FRAME_WF(slot);
    assigns Slot_badge(slot), Slot_extra(slot), ALL_MEMORY;
    ensures asid: asid_wf;
    FRAME_KEPT
    ensures mapped: \result == E_OK ==> Slot_badge(slot) == Space_asid(space) &&
        Slot_extra(slot) == vaddr;
    ensures user: user_same{Pre, Here};
*/
enum error space_map(ref_t space, ref_t slot, word_t vaddr, word_t flags);

/** Make the tables that are missing for a frame of this type at this address. @return E_STATE: a
 * larger page is in the way; E_MEMORY */
/*@ requires is_space(space) && spaces_wf && asid_wf && TYPE_FRAME <= type <= TYPE_HUGE_FRAME;
    assigns ANY_SPACE, ALL_MEMORY, cpu.resched;
    ensures spaces: spaces_wf;
    ensures asid: asid_wf;
    ensures user: user_same{Pre, Here};
*/
enum error space_grow(ref_t space, word_t type, word_t vaddr);

/** Undo the mapping that the frame capability in `slot` remembers, if it still stands. */
/*@ requires FRAME_WF(slot);
    assigns Slot_badge(slot), Slot_extra(slot), ALL_MEMORY;
    ensures asid: asid_wf;
    FRAME_KEPT
    ensures gone: Slot_badge(slot) == 0 && Slot_extra(slot) == 0;
    ensures user: user_same{Pre, Here};
*/
void space_unmap(ref_t slot);

/** Change access of a mapping of this very space. space_check has been passed. @return E_STATE if
 * it is not mapped there */
/*@ requires is_space(space) && FRAME_WF(slot);
    assigns ALL_MEMORY;
    ensures asid: asid_wf;
    ensures user: user_same{Pre, Here};
*/
enum error space_protect(ref_t space, ref_t slot, word_t flags);

/**
 * Take back a bounded number of the pages given to a space; its mappings are void from the
 * first step on. @return E_RESTART if there are more
 */
/*@ requires is_space(space) && spaces_wf && asid_wf && SLOTS_WF && inside_wf;
    assigns ANY(slot_type), ANY(slot_badge), ANY(slot_rights), ANY(slot_extra), ANY_SPACE,
        ALL_MEMORY, asid_fresh, asid_free, asid_live[0 .. GRANULES - 1],
        asid_before[0 .. GRANULES - 1];
    ensures spaces: spaces_wf;
    ensures asid: asid_wf;
    SLOTS_KEPT
    ensures only: \forall integer s; 0 <= s < GRANULES ==>
        (Slot_type(s) == \old(Slot_type(s)) && Slot_object(s) == \old(Slot_object(s)) &&
         Slot_rights(s) == \old(Slot_rights(s)) && Slot_badge(s) == \old(Slot_badge(s))) ||
        (\old(Slot_type(s)) == TYPE_TABLES && Slot_type(s) == TYPE_UNTYPED);
    ensures user: user_same{Pre, Here};
*/
enum error space_empty(ref_t space);

#endif
