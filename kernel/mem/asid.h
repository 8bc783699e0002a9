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

/** Make all entries free. @param table first granule, need not be clear @param count a power of two, at least 4 */
void asid_init(ref_t table, word_t count);

/** A number for `space`, 0 if none is left. */
word_t asid_take(ref_t space);

/** Give back: from now on `asid` finds nothing. */
void asid_drop(word_t asid);

/** The space with this number, NIL if there is none any more. */
static inline ref_t asid_space(word_t asid)
{
    word_t i = asid & (asid_count - 1);
    ref_t g = granule_at(asid_table, i / 4);
    word_t w = i % 4 * 2;

    return asid != 0 && K_WORD(g, 0, w) == asid ? K_WORD(g, 0, w + 1) : NIL;
}

#endif
