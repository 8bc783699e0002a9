/* SPDX-License-Identifier: BSD-2-Clause */
/* Pieces of device memory: see pieces.h. */
#include "pieces.h"

static void shift_up(struct pieces *p, size_t from)
{
    for (size_t i = p->count; i > from; i--)
        p->at[i] = p->at[i - 1];
    p->count++;
}

bool pieces_add(struct pieces *p, struct piece piece)
{
    size_t i = 0;

    if (p->count == p->room || piece.next >= piece.end)
        return false;
    while (i < p->count && p->at[i].end <= piece.next)
        i++;
    if (i < p->count && p->at[i].next < piece.end)
        return false;
    shift_up(p, i);
    p->at[i] = piece;
    return true;
}

size_t pieces_find(const struct pieces *p, uint64_t first, uint64_t bytes)
{
    for (size_t i = 0; i < p->count; i++) {
        if (p->at[i].next <= first && first < p->at[i].end && bytes <= p->at[i].end - first)
            return i;
    }
    return p->count;
}

bool pieces_take(struct pieces *p, size_t index, uint64_t first, uint64_t bytes, uint64_t before)
{
    struct piece *piece = &p->at[index];

    if (first > piece->next) {
        if (p->count == p->room)
            return false;
        shift_up(p, index);
        p->at[index] = (struct piece){p->at[index + 1].next, first, before};
        index++;
    }
    piece = &p->at[index];
    piece->next = first + bytes;
    if (piece->next < piece->end)
        return true;
    p->count--;
    for (size_t i = index; i < p->count; i++)
        p->at[i] = p->at[i + 1];
    return true;
}
