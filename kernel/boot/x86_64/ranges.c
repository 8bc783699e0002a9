/* SPDX-License-Identifier: BSD-2-Clause */
/* Sets of addresses: see ranges.h. Pure code; host tests link it as it is. */
#include "ranges.h"

#define PAGE 4096ul

static void drop(struct ranges *s, word_t i)
{
    s->count--;
    for (; i < s->count; i++)
        s->at[i] = s->at[i + 1];
}

static bool insert(struct ranges *s, word_t i, word_t first, word_t end)
{
    if (s->count == BOOT_RANGES) {
        s->lost++;
        return false;
    }
    for (word_t k = s->count; k > i; k--)
        s->at[k] = s->at[k - 1];
    s->at[i] = (struct boot_range){.first = first, .end = end};
    s->count++;
    return true;
}

void ranges_add(struct ranges *s, word_t first, word_t end)
{
    word_t i = 0;

    if (end <= first)
        return;
    while (i < s->count && s->at[i].end < first)
        i++;
    while (i < s->count && s->at[i].first <= end) { /* joins those that it meets */
        first = s->at[i].first < first ? s->at[i].first : first;
        end = s->at[i].end > end ? s->at[i].end : end;
        drop(s, i);
    }
    insert(s, i, first, end);
}

void ranges_remove(struct ranges *s, word_t first, word_t end)
{
    if (end <= first)
        return;
    for (word_t i = s->count; i-- > 0;) {
        struct boot_range old = s->at[i];
        if (old.end <= first || old.first >= end)
            continue;
        if (old.first < first)
            s->at[i].end = first;
        else
            drop(s, i);
        if (old.end > end)
            insert(s, old.first < first ? i + 1 : i, end, old.end);
    }
}

void ranges_to_pages(struct ranges *s)
{
    for (word_t i = s->count; i-- > 0;) {
        s->at[i].first = (s->at[i].first + PAGE - 1) & -PAGE;
        s->at[i].end &= -PAGE;
        if (s->at[i].end <= s->at[i].first)
            drop(s, i);
    }
}

word_t ranges_total(const struct ranges *s)
{
    word_t total = 0;

    for (word_t i = 0; i < s->count; i++)
        total += s->at[i].end - s->at[i].first;
    return total;
}
