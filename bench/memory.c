/* SPDX-License-Identifier: BSD-2-Clause */
/* Mapping; the page tables are there already. */
#include "bench.h"

#define PAGE_AT 0x390000000ul

void bench_memory(void)
{
    cap_t frame = first_make(TYPE_FRAME, 0);

    map_at(ROOT_SPACE, frame, PAGE_AT, MAP_READ);
    FIRST_CHECK(address_space_unmap(ROOT_SPACE, 0, frame, 1) == E_OK);
    for (unsigned i = 0; i < runs; i++) {
        BEGIN(PATH_map);
        MUST(address_space_map(ROOT_SPACE, 0, frame, 1, PAGE_AT, MAP_READ | MAP_WRITE));
        END(PATH_map);
        BEGIN(PATH_protect);
        MUST(address_space_protect(ROOT_SPACE, 0, frame, 1, MAP_READ));
        END(PATH_protect);
        BEGIN(PATH_unmap);
        MUST(address_space_unmap(ROOT_SPACE, 0, frame, 1));
        END(PATH_unmap);
    }
}
