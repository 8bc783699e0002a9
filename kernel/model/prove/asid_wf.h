/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of address spaces, for proofs: `asid_live` says which entries are in use; `asid_before`
 * of a free one is 1 + the free one that leads to it, 0 for the first: so no entry is in the list
 * of free ones twice.
 */
#ifndef MODEL_ASID_WF_H
#define MODEL_ASID_WF_H

#include "state.h"

/*@ axiomatic Mask {
      axiom mask_below: \forall integer a, m; 0 <= a && 0 <= m ==> 0 <= (a & m) <= m;
    } */
/*@ ghost unsigned char asid_live[GRANULES]; */
/*@ ghost word_t asid_before[GRANULES]; */
/*@ predicate asid_table_wf = 4 <= asid_count < GRANULES && asid_count % 4 == 0 &&
        granules(asid_table, asid_count / 4) && asid_fresh <= asid_count && asid_free <= asid_fresh;
    predicate asid_kinds_wf = \forall integer g; asid_table <= g < asid_table + asid_count / 4 ==>
        kind[g] == KIND_ASIDS;
    predicate asid_first_wf = asid_free != 0 ==> !asid_live[asid_free - 1] && asid_before[asid_free
        - 1] == 0;
    predicate asid_list_wf = \forall integer i; 0 <= i < asid_fresh && !asid_live[i] ==>
        kind[asid_table + i / 4] == KIND_ASIDS &&
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

#endif
