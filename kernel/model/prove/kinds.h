/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a granule holds: the proofs' view of retype. `kind` is a ghost: no instruction reads it.
 * The names of
 * fields with a capital (Slot_child(s)) are made by tools/prove from kernel/model/objects.yaml and
 * mean the same
 * words as the accessors of <model/fields.h>.
 */
#ifndef MODEL_KINDS_H
#define MODEL_KINDS_H

#include "names.h"

/*
 * KIND_REST: second and later granules of an object, where no slot is. KIND_FREE: anything else,
 * user
 * memory too.
 */
#define KIND_FREE         0
#define KIND_SLOT         1
#define KIND_REST         2
#define KIND_CNODE        3
#define KIND_ENDPOINT     4
#define KIND_NOTIFICATION 5
#define KIND_REPLY        6
#define KIND_THREAD       7
#define KIND_THREAD_1     8
#define KIND_CONTEXT      9
#define KIND_CONTEXT_1    10
#define KIND_CONTEXT_2    11
#define KIND_SPACE        12
#define KIND_INTERRUPT    13
#define KIND_TIMER        14
#define KIND_ASIDS        15

/*@ ghost unsigned char kind[GRANULES]; */

/*@ predicate granule(integer r) = 0 < r < GRANULES;
    predicate granules(integer r, integer n) = 0 < r && 0 <= n && r + n <= GRANULES;
    predicate is_slot(integer s) = granule(s) && kind[s] == KIND_SLOT;
    predicate is_cnode(integer r) = granule(r) && kind[r] == KIND_CNODE;
    predicate is_endpoint(integer r) = granule(r) && kind[r] == KIND_ENDPOINT;
    predicate is_notification(integer r) = granule(r) && kind[r] == KIND_NOTIFICATION;
    predicate is_reply(integer r) = granule(r) && kind[r] == KIND_REPLY;
    predicate is_space(integer r) = granule(r) && kind[r] == KIND_SPACE;
    predicate is_thread(integer r) = granules(r, 24) && kind[r] == KIND_THREAD && kind[r + 1] ==
        KIND_THREAD_1 &&
        kind[r + 2] == KIND_REST && kind[r + 3] == KIND_REST && kind[r + 4] == KIND_REST &&
        kind[r + 5] == KIND_SLOT && kind[r + 6] == KIND_SLOT && kind[r + 7] == KIND_SLOT &&
        kind[r + 8] == KIND_SLOT && kind[r + 9] == KIND_SLOT && kind[r + 10] == KIND_REST;
    predicate is_context(integer r) = granules(r, 6) && kind[r] == KIND_CONTEXT && kind[r + 1] ==
        KIND_CONTEXT_1 &&
        kind[r + 2] == KIND_CONTEXT_2 && kind[r + 3] == KIND_REST && kind[r + 4] == KIND_REST;
    predicate is_timer(integer r) = granules(r, 2) && kind[r] == KIND_TIMER && kind[r + 1] ==
        KIND_SLOT;
    predicate is_interrupt(integer r) = granules(r, 2) && kind[r] == KIND_INTERRUPT && kind[r + 1]
        == KIND_SLOT;
*/

#endif
