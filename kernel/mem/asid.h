/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers of address spaces. A frame capability remembers its mapping as (asid,
 * address); an asid is never used twice, so a stale one finds nothing, and no
 * list of a space's frames is needed to destroy it. The table is made at boot with one
 * entry for every four pages of memory: an address space needs at least as many,
 * so entries cannot run out first.
 */
#ifndef MEM_ASID_H
#define MEM_ASID_H

#include <model/fields.h>
#include <model/state.h>

/** Make all entries free. @param table first granule, need not be clear @param count a power of
 * two, at least 4 */
/*@ requires 4 <= count < GRANULES && count % 4 == 0 && granules(table, count / 4);
    requires \forall integer g; table <= g < table + count / 4 ==> kind[g] == KIND_ASIDS;
    requires \forall integer i; 0 <= i < GRANULES ==> !asid_live[i];
    assigns asid_table, asid_count, asid_fresh, asid_free;
    ensures asid_wf;
*/
void asid_init(ref_t table, word_t count);

/** A number for `space`, 0 if none is left. */
/*@ requires asid_wf;
    assigns ALL_MEMORY, asid_fresh, asid_free, asid_live[0 .. GRANULES - 1], asid_before[0 ..
        GRANULES - 1];
    ensures table: asid_table_wf;
    ensures kinds: asid_kinds_wf;
    ensures first: asid_first_wf;
    ensures list: asid_list_wf;
    ensures fresh: asid_fresh_wf;
    ensures full: \old(asid_free) == 0 && \old(asid_fresh) == asid_count <==>
        (\result == 0 && asid_fresh == \old(asid_fresh) && asid_free == \old(asid_free));
    ensures frame: only_asids{Pre, Here};
*/
word_t asid_take(ref_t space);

/** Give back: from now on `asid` finds nothing. */
/*@ requires asid_wf && (asid & (asid_count - 1)) < asid_fresh && asid_live[asid & (asid_count -
    1)];
    assigns ALL_MEMORY, asid_free, asid_live[0 .. GRANULES - 1], asid_before[0 .. GRANULES - 1];
    ensures table: asid_table_wf;
    ensures kinds: asid_kinds_wf;
    ensures first: asid_first_wf;
    ensures list: asid_list_wf;
    ensures fresh: asid_fresh_wf;
    ensures void: !asid_live[asid & (asid_count - 1)];
    ensures frame: only_asids{Pre, Here};
*/
void asid_drop(word_t asid);

/** The space with this number, NIL if there is none any more. */
/*@ requires asid_wf;
    assigns \nothing;
*/
static inline ref_t asid_space(word_t asid)
{
    word_t i = asid & (asid_count - 1);
    ref_t g = granule_at(asid_table, i / 4);
    word_t w = i % 4 * 2;

    return asid != 0 && K_WORD(g, 0, w) == asid ? K_WORD(g, 0, w + 1) : NIL;
}

#endif
