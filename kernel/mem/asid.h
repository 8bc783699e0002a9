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

/*
 * For proofs: `asid_live` says which entries are in use; `asid_before` of a free one is 1 + the
 * free one that leads
 * to it, 0 for the first: so no entry is in the list of free ones twice.
 */
/*@ ghost unsigned char asid_live[GRANULES]; */
/*@ ghost word_t asid_before[GRANULES]; */
/*@ predicate asid_table_wf = 4 <= asid_count < GRANULES && asid_count % 4 == 0 &&
        granules(asid_table, asid_count / 4) && asid_fresh <= asid_count && asid_free <= asid_fresh;
    predicate asid_kinds_wf = \forall integer g; asid_table <= g < asid_table + asid_count / 4 ==>
        kind[g] == KIND_ASIDS;
    predicate asid_first_wf = asid_free != 0 ==> !asid_live[asid_free - 1] && asid_before[asid_free
        - 1] == 0;
    predicate asid_list_wf = \forall integer i; 0 <= i < asid_fresh && !asid_live[i] ==>
        K[asid_table + i / 4][i % 4 * 2 + 1] <= asid_fresh &&
        (K[asid_table + i / 4][i % 4 * 2 + 1] != 0 ==>
            !asid_live[K[asid_table + i / 4][i % 4 * 2 + 1] - 1] &&
            asid_before[K[asid_table + i / 4][i % 4 * 2 + 1] - 1] == i + 1);
    predicate asid_fresh_wf = \forall integer i; asid_fresh <= i < asid_count ==> !asid_live[i];
    predicate asid_wf = asid_table_wf && asid_kinds_wf && asid_first_wf && asid_list_wf &&
        asid_fresh_wf;

    predicate only_asids{A, B} = \forall integer g, w; 0 <= g < GRANULES && 0 <= w < GRANULE_WORDS
        &&
        \at(kind[g], A) != KIND_ASIDS ==> \at(K[g][w], A) == \at(K[g][w], B);
*/

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
/*@ requires asid_wf && (asid & (asid_count - 1)) < asid_count;
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
