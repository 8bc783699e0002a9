/* SPDX-License-Identifier: BSD-2-Clause */
#include "space.h"

#include "asid.h"

#include <arch/arch.h>

#define TOP_LEVEL 3u
/* Tables slots given back in one step of space_empty. */
#define EMPTY_STEP 16u

void space_supply(ref_t space, ref_t slot)
{
    word_t pages = slot_badge(slot) / SMALL_GRANULES;
    ref_t page = slot_object(slot);
    ref_t pool = space_pool(space);

    /*@ loop invariant 0 <= i <= 1024 && i <= pages;
        loop invariant asid_wf && maybe_table(pool) && page == Slot_object(slot) + 64 * i;
        loop assigns i, page, pool, ALL_MEMORY;
        loop variant pages - i; */
    for (word_t i = 0; i < pages; i++) {
        K_WORD(page, 0, 0) = pool;
        pool = page;
        page = granule_at(page, SMALL_GRANULES);
    }
    space_set_pool(space, pool);
    space_set_free(space, space_free(space) + pages);
    slot_set_type(slot, TYPE_TABLES);
    slot_set_rights(slot, space);
    slot_set_badge(slot, pages);
    slot_set_extra(slot, space_tables(space));
    space_set_tables(space, slot);
}

/* A cleared page from the pool, NIL if it is empty. */
/*@ requires is_space(space) && spaces_wf && asid_wf;
    assigns Space_pool(space), Space_free(space), ALL_MEMORY;
    ensures spaces: spaces_wf;
    ensures asid: asid_wf;
    ensures page: maybe_table(\result);
    ensures user: user_same{Pre, Here};
*/
static ref_t table_take(ref_t space)
{
    ref_t page = space_pool(space);

    if (page != NIL) {
        /*@ admit linked: maybe_table(K[page][0]); // a page of the pool leads to the next */
        space_set_pool(space, K_WORD(page, 0, 0));
        space_set_free(space, space_free(space) - 1);
        K_WORD(page, 0, 0) = 0;
    }
    return page;
}

static word_t frame_level(word_t type)
{
    return type - TYPE_FRAME;
}

/* One level down, if there is a table. */
/*@ requires \valid(table) && is_table(*table) && level < 4;
    assigns *table;
    ensures table: is_table(*table);
*/
static inline bool down(ref_t *table, word_t vaddr, word_t level)
{
    word_t entry = K_INDEX(*table, arch_pte_index(vaddr, level));

    if (rarely(!arch_pte_is_table(entry)))
        return false;
    /*@ admit leads: is_table(entry_target(entry)); // what a table's entry leads to is one */
    *table = arch_pte_target(entry);
    return true;
}

/* The table of `level` that has the entry for `vaddr`, NIL if there is none. Written out level by
 * level: everybody who maps goes this way. */
/*@ requires is_space(space) && spaces_wf && level < 3;
    assigns \nothing;
    ensures table: maybe_table(\result);
*/
static inline ref_t walk(ref_t space, word_t vaddr, word_t level)
{
    ref_t table = space_root(space);

    if (rarely(table == NIL) || !down(&table, vaddr, TOP_LEVEL))
        return NIL;
    if (level < 2 && !down(&table, vaddr, 2))
        return NIL;
    if (level < 1 && !down(&table, vaddr, 1))
        return NIL;
    return table;
}

enum error space_grow(ref_t space, word_t type, word_t vaddr)
{
    word_t level = frame_level(type);

    if (space_root(space) == NIL) {
        ref_t root = table_take(space);

        if (root == NIL)
            return E_MEMORY;
        arch_space_init(root);
        space_set_root(space, root);
        cpu.resched = RESCHED_DECIDE; /* the running thread may wait for its tables to be loaded */
    }

    ref_t table = space_root(space);

    /*@ loop invariant 0 <= l <= TOP_LEVEL;
        loop invariant level <= l && is_table(table) && spaces_wf && asid_wf;
        loop invariant user_same{Pre, Here};
        loop assigns l, table, Space_pool(space), Space_free(space), ALL_MEMORY;
        loop variant l - level; */
    for (word_t l = TOP_LEVEL; l > level; l--) {
        word_t index = arch_pte_index(vaddr, l);
        word_t entry = K_INDEX(table, index);

        if (!arch_pte_present(entry)) {
            ref_t fresh = table_take(space);

            if (fresh == NIL)
                return E_MEMORY;
            entry = arch_pte_table(fresh);
            K_INDEX(table, index) = entry;
        } else if (arch_pte_is_leaf(entry, l)) {
            return E_STATE;
        }
        /*@ admit leads: is_table(entry_target(entry)); // what a table's entry leads to is one */
        table = arch_pte_target(entry);
    }
    return E_OK;
}

bool space_mapped(ref_t slot)
{
    return asid_space(slot_badge(slot)) != NIL;
}

enum error space_map(ref_t space, ref_t slot, word_t vaddr, word_t flags)
{
    word_t level = frame_level(slot_type(slot));
    word_t index = arch_pte_index(vaddr, level);
    ref_t table = walk(space, vaddr, level);

    if (rarely(table == NIL))
        return E_RESTART;
    if (arch_pte_present(K_INDEX(table, index)))
        return E_STATE;
    K_INDEX(table, index) =
        arch_pte_leaf(slot_object(slot), level, flags, slot_rights(slot) & RIGHT_RAM);
    slot_set_badge(slot, space_asid(space));
    slot_set_extra(slot, vaddr);
    return E_OK;
}

/* The table with the entry that maps the frame of `slot` in `space`, NIL if none does any more. */
/*@ requires is_space(space) && spaces_wf && is_slot(slot) && level < 3 && index < 512;
    assigns \nothing;
    ensures table: maybe_table(\result);
*/
static inline ref_t find_mapping(ref_t space, ref_t slot, word_t level, word_t index)
{
    ref_t table = walk(space, slot_extra(slot), level);

    if (table == NIL)
        return NIL;

    word_t entry = K_INDEX(table, index);

    if (!arch_pte_present(entry) || !arch_pte_is_leaf(entry, level) ||
        arch_pte_target(entry) != slot_object(slot))
        return NIL;
    return table;
}

void space_unmap(ref_t slot)
{
    word_t asid = slot_badge(slot);
    word_t vaddr = slot_extra(slot);
    word_t level = frame_level(slot_type(slot));
    word_t index = arch_pte_index(vaddr, level);
    ref_t space = asid_space(asid);
    /*@ admit live: space == NIL || is_space(space); // the table has live spaces only */
    ref_t table = space == NIL ? NIL : find_mapping(space, slot, level, index);

    slot_set_badge(slot, 0);
    slot_set_extra(slot, 0);
    if (table == NIL)
        return;
    K_INDEX(table, index) = 0;
    arch_page_flush(space_root(space), asid, vaddr);
}

enum error space_protect(ref_t space, ref_t slot, word_t flags)
{
    word_t vaddr = slot_extra(slot);

    if (slot_badge(slot) == 0 || slot_badge(slot) != space_asid(space))
        return E_STATE;

    word_t level = frame_level(slot_type(slot));
    word_t index = arch_pte_index(vaddr, level);
    ref_t table = find_mapping(space, slot, level, index);

    if (table == NIL)
        return E_STATE;
    K_INDEX(table, index) =
        arch_pte_leaf(slot_object(slot), level, flags, slot_rights(slot) & RIGHT_RAM);
    arch_page_flush(space_root(space), space_asid(space), vaddr);
    return E_OK;
}

/* Nothing is mapped from here on: no table is reachable, no asid in a frame capability is valid. */
/*@ requires is_space(space) && spaces_wf && asid_wf;
    assigns ANY_SPACE, ALL_MEMORY, asid_fresh, asid_free, asid_live[0 .. GRANULES - 1],
        asid_before[0 .. GRANULES - 1];
    ensures spaces: spaces_wf;
    ensures asid: asid_wf;
    ensures empty: Space_root(space) == NIL && Space_pool(space) == NIL;
    ensures user: user_same{Pre, Here};
*/
static void cut(ref_t space)
{
    arch_space_forget(space_root(space), space_asid(space));
    /*@ admit live: (Space_asid(space) & (asid_count - 1)) < asid_fresh &&
            asid_live[Space_asid(space) & (asid_count - 1)]; // a space has a number */
    asid_drop(space_asid(space));
    space_set_asid(space, asid_take(space));
    space_set_root(space, NIL);
    space_set_pool(space, NIL);
    space_set_free(space, 0);
}

enum error space_empty(ref_t space)
{
    if (space_root(space) != NIL || space_pool(space) != NIL)
        cut(space);
    /*@ loop invariant 0 <= i <= EMPTY_STEP;
        loop invariant SLOTS_WF && inside_wf && spaces_wf;
        loop invariant \forall integer s; 0 <= s < GRANULES ==>
            (Slot_type(s) == \at(Slot_type(s), Pre) && Slot_object(s) == \at(Slot_object(s), Pre) &&
             Slot_rights(s) == \at(Slot_rights(s), Pre) &&
             Slot_badge(s) == \at(Slot_badge(s), Pre)) ||
            (\at(Slot_type(s), Pre) == TYPE_TABLES && Slot_type(s) == TYPE_UNTYPED);
        loop assigns i, ANY(slot_type), ANY(slot_badge), ANY(slot_rights), ANY(slot_extra),
            Space_tables(space);
        loop variant EMPTY_STEP - i; */
    for (word_t i = 0; i < EMPTY_STEP; i++) {
        ref_t slot = space_tables(space);

        if (slot == NIL)
            return E_OK;
        /*@ admit tables: is_home(slot) && Slot_type(slot) == TYPE_TABLES; // the list has these */
        space_set_tables(space, slot_extra(slot));
        slot_set_type(slot, TYPE_UNTYPED);
        slot_set_badge(slot, slot_badge(slot) * SMALL_GRANULES);
        slot_set_rights(slot, 0);
        slot_set_extra(slot, 0);
    }
    return space_tables(space) == NIL ? E_OK : E_RESTART;
}
