/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a granule holds: the proofs' view of retype. `kind` is a ghost: no instruction reads it.
 * The names of fields with a capital (Slot_child(s)) are made by tools/prove/fields.py from
 * kernel/model/objects.yaml and mean what the accessors of <model/fields.h> read and write.
 */
#ifndef MODEL_KINDS_H
#define MODEL_KINDS_H

#include "names.h"

/* Memory without an object in it: nobody's, a user's page, a table page, the table of address
 * spaces. */
#define KIND_FREE         0
#define KIND_PAGE         1
#define KIND_TABLE        2
#define KIND_ASIDS        3
/* Granules of objects, of which no field is an array of its own. */
#define KIND_REST         4
/* A slot in a CNode. */
#define KIND_SLOT         5
/* The first granules of objects, and later ones that have fields. */
#define KIND_CNODE        7
#define KIND_ENDPOINT     8
#define KIND_NOTIFICATION 9
#define KIND_REPLY        10
#define KIND_THREAD       11
#define KIND_CONTEXT      12
#define KIND_SPACE        13
#define KIND_INTERRUPT    14
#define KIND_TIMER        15
#define KIND_THREAD_1     16
#define KIND_THREAD_3     17
#define KIND_THREAD_4     18
#define KIND_THREAD_10    19
#define KIND_CONTEXT_1    20
#define KIND_CONTEXT_2    21
/* tree_root. */
#define KIND_ROOT         22
/* Slots inside objects, by what they are for. */
#define KIND_IN_CSPACE       23
#define KIND_IN_SPACE        24
#define KIND_IN_BUFFER       25
#define KIND_IN_ENDPOINT     26
#define KIND_IN_NOTIFICATION 27

/*@ ghost unsigned char kind[GRANULES]; */

/*@ predicate granule(integer r) = 0 < r < GRANULES;
    predicate granules(integer r, integer n) = 0 < r && 0 <= n && r + n <= GRANULES;
    predicate is_plain(integer r) = granule(r) && kind[r] <= KIND_REST;
    predicate plain_granules(integer r, integer n) = granules(r, n) &&
        (\forall integer i; r <= i < r + n ==> kind[i] <= KIND_REST);
    // Whole pages.
    predicate is_page(integer r) = granules(r, 64) &&
        (\forall integer i; r <= i < r + 64 ==> kind[i] == KIND_PAGE);
    predicate is_table(integer r) = granules(r, 64) &&
        (\forall integer i; r <= i < r + 64 ==> kind[i] == KIND_TABLE);

    predicate is_slot(integer s) = granule(s) && (kind[s] == KIND_SLOT ||
        KIND_ROOT <= kind[s] <= KIND_IN_NOTIFICATION);
    predicate is_home(integer s) = granule(s) && kind[s] == KIND_SLOT;
    predicate is_inside(integer s) = granule(s) &&
        KIND_IN_CSPACE <= kind[s] <= KIND_IN_NOTIFICATION;
    predicate is_cnode(integer r) = granule(r) && kind[r] == KIND_CNODE;
    predicate is_endpoint(integer r) = granule(r) && kind[r] == KIND_ENDPOINT;
    predicate is_notification(integer r) = granule(r) && kind[r] == KIND_NOTIFICATION;
    predicate is_reply(integer r) = granule(r) && kind[r] == KIND_REPLY;
    predicate is_space(integer r) = granule(r) && kind[r] == KIND_SPACE;
    predicate is_thread(integer r) = granules(r, 24) && kind[r] == KIND_THREAD &&
        kind[r + 1] == KIND_THREAD_1 && kind[r + 2] == KIND_REST && kind[r + 3] == KIND_THREAD_3 &&
        kind[r + 4] == KIND_THREAD_4 && kind[r + 5] == KIND_IN_CSPACE &&
        kind[r + 6] == KIND_IN_SPACE && kind[r + 7] == KIND_IN_BUFFER &&
        kind[r + 8] == KIND_IN_ENDPOINT && kind[r + 9] == KIND_IN_ENDPOINT &&
        kind[r + 10] == KIND_THREAD_10;
    predicate is_context(integer r) = granules(r, 6) && kind[r] == KIND_CONTEXT &&
        kind[r + 1] == KIND_CONTEXT_1 && kind[r + 2] == KIND_CONTEXT_2 &&
        kind[r + 3] == KIND_REST && kind[r + 4] == KIND_REST;
    predicate is_timer(integer r) = granules(r, 2) && kind[r] == KIND_TIMER &&
        kind[r + 1] == KIND_IN_NOTIFICATION;
    predicate is_interrupt(integer r) = granules(r, 2) && kind[r] == KIND_INTERRUPT &&
        kind[r + 1] == KIND_IN_NOTIFICATION;

    // In the deadline queue; with a header; with a type in its first word.
    predicate is_node(integer r) = is_timer(r) || is_context(r);
    predicate is_object(integer r) = is_cnode(r) || is_endpoint(r) || is_notification(r) ||
        is_reply(r) || is_thread(r) || is_context(r) || is_space(r) || is_interrupt(r) ||
        is_timer(r);
    predicate is_typed(integer r) = is_slot(r) || is_cnode(r);
*/

#endif
