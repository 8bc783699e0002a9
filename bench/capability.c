/* SPDX-License-Identifier: BSD-2-Clause */
/* Capabilities: copy, mint, move, delete, and revoke of what was copied or made. */
#include "bench.h"

#define COPIES 100u

static void bench_one(void)
{
    cap_t endpoint = first_make(TYPE_ENDPOINT, 0);
    cap_t a = first_slots(3);

    for (unsigned i = 0; i < runs; i++) {
        BEGIN(PATH_copy);
        MUST(cnode_copy(ROOT_CNODE, a, 0, endpoint, RIGHT_ALL, 1));
        END(PATH_copy);
        BEGIN(PATH_mint);
        MUST(cnode_mint(ROOT_CNODE, a + 1, 0, endpoint, RIGHT_ALL, 7));
        END(PATH_mint);
        BEGIN(PATH_move);
        MUST(cnode_move(ROOT_CNODE, a + 2, 0, a));
        END(PATH_move);
        BEGIN(PATH_delete);
        MUST(cnode_delete(ROOT_CNODE, a + 2, 1));
        END(PATH_delete);
        MUST(cnode_delete(ROOT_CNODE, a + 1, 1));
        MUST(untyped_retype(first_untyped(), TYPE_ENDPOINT, 0, 0, a, 1));
        BEGIN(PATH_delete_last);
        MUST(cnode_delete(ROOT_CNODE, a, 1));
        END(PATH_delete_last);
        MUST(cnode_copy(ROOT_CNODE, a, 0, endpoint, RIGHT_ALL, 1));
        BEGIN(PATH_revoke_1);
        MUST(cnode_revoke(ROOT_CNODE, endpoint));
        END(PATH_revoke_1);
    }
}

static void bench_many(void)
{
    cap_t endpoint = first_make(TYPE_ENDPOINT, 0);
    cap_t untyped = first_make(TYPE_UNTYPED, 4 * PAGE_GRANULES);
    cap_t copies = first_slots(COPIES);

    for (unsigned i = 0; i < runs; i++) {
        for (unsigned c = 0; c < COPIES; c++)
            MUST(cnode_copy(ROOT_CNODE, copies + c, 0, endpoint, RIGHT_ALL, 1));
        BEGIN(PATH_revoke_100);
        MUST(cnode_revoke(ROOT_CNODE, endpoint));
        END(PATH_revoke_100);
        MUST(untyped_retype(untyped, TYPE_ENDPOINT, 0, 0, copies, COPIES));
        BEGIN(PATH_revoke_objects);
        MUST(cnode_revoke(ROOT_CNODE, untyped));
        END(PATH_revoke_objects);
    }
}

void bench_capability(void)
{
    bench_one();
    bench_many();
}
