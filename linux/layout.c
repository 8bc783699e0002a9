/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a program's parts come to be: chosen at random when it starts, as far as Linux does so on
 * x86-64, so that who finds a defect in it does not know the addresses. From the top: the stack, a
 * gap, the vDSO, what is mapped (the loader first); below, programs that can be anywhere, and
 * behind each the heap. personality(ADDR_NO_RANDOMIZE), which debuggers ask for, has all at fixed
 * places.
 */
#include "exec_priv.h"

#include "random.h"
#include "space_priv.h"

#define NO_RANDOMIZE 0x0040000u

#define STACK_PAGES (1ul << 22) /* how far down from the top: 16 GiB */
#define STACK_BYTES 8192u       /* and within it */
#define MAP_PAGES   (1ul << 28) /* 1 TiB */
#define MAP_TOP     0x00007ffbb0000000ul /* below the lowest stack, and 1 GiB of a gap */
#define HEAP_PAGES  (1ul << 13) /* 32 MiB */

_Static_assert(STACK_TOP - STACK_PAGES * PAGE - (1ul << 30) >= MAP_TOP, "room for a stack");

void layout_choose(struct layout *l, unsigned personality)
{
    word_t r[7];

    *l = (struct layout){.stack = STACK_TOP, .sp = STACK_TOP, .map = MMAP_TOP, .base = PIE_BASE};
    random_bytes(r, sizeof r); /* one request for all: it costs much */
    memcpy(l->random, r, sizeof l->random);
    if (personality & NO_RANDOMIZE)
        return;
    l->stack -= r[2] % STACK_PAGES * PAGE;
    l->sp = l->stack - (r[3] % STACK_BYTES & ~15ul);
    l->map = MAP_TOP - r[4] % MAP_PAGES * PAGE;
    l->base += r[5] % MAP_PAGES * PAGE;
    l->heap = r[6] % HEAP_PAGES * PAGE;
}
