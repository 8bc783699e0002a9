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
    for (word_t i = 0; i < count; i++) {
        K[table + i / 4][i % 4 * 2] = count + i;
        K[table + i / 4][i % 4 * 2 + 1] = i + 1 < count ? i + 2 : 0;
    }
    asid_free = 1;
}

word_t asid_take(ref_t space)
{
    if (asid_free == 0)
        return 0;

    word_t i = asid_free - 1;
    ref_t g = asid_table + i / 4;
    word_t w = i % 4 * 2;

    asid_free = K[g][w + 1];
    K[g][w + 1] = space;
    return K[g][w];
}

void asid_drop(word_t asid)
{
    word_t i = asid & (asid_count - 1);
    ref_t g = asid_table + i / 4;
    word_t w = i % 4 * 2;

    K[g][w] = asid + asid_count;
    K[g][w + 1] = asid_free;
    asid_free = 1 + i;
}
