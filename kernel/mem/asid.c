/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An entry is (number, space) in use, or (next number, 1 + index of the next free
 * entry) when free. Numbers of entry i are i + k * count, k = 1, 2, ...: never 0.
 */
#include "asid.h"

void asid_init(ref_t table, word_t count)
{
    asid_table = table;
    asid_count = count;
    asid_fresh = 0;
    asid_free = 0;
}

/* The first use of an entry: the table is not initialised at boot, it may be large. */
static word_t take_fresh(ref_t space)
{
    word_t i = asid_fresh;

    if (i >= asid_count)
        return 0;
    asid_fresh = i + 1;
    K_WORD(asid_table, i / 4, i % 4 * 2) = asid_count + i;
    K_WORD(asid_table, i / 4, i % 4 * 2 + 1) = space;
    /*@ ghost asid_live[i] = 1; */
    return asid_count + i;
}

word_t asid_take(ref_t space)
{
    if (asid_free == 0)
        return take_fresh(space);

    word_t i = asid_free - 1;
    ref_t g = granule_at(asid_table, i / 4);
    word_t w = i % 4 * 2;

    asid_free = K_WORD(g, 0, w + 1);
    /*@ ghost asid_live[i] = 1; */
    /*@ ghost if (asid_free != 0) asid_before[asid_free - 1] = 0; */
    K_WORD(g, 0, w + 1) = space;
    return K_WORD(g, 0, w);
}

void asid_drop(word_t asid)
{
    word_t i = asid & (asid_count - 1);
    ref_t g = granule_at(asid_table, i / 4);
    word_t w = i % 4 * 2;

    K_WORD(g, 0, w) = asid + asid_count;
    K_WORD(g, 0, w + 1) = asid_free;
    /*@ ghost if (asid_free != 0) asid_before[asid_free - 1] = 1 + i; */
    /*@ ghost asid_before[i] = 0; */
    /*@ ghost asid_live[i] = 0; */
    asid_free = 1 + i;
}
