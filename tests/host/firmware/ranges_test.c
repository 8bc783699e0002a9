/* SPDX-License-Identifier: BSD-2-Clause */
/* Sets of addresses against the plainest there is: an array of bits. */
#include <string.h>

#include "fake.h"

#define UNIVERSE 160u

static bool agrees(const struct ranges *s, const bool *in)
{
    word_t total = 0, k = 0;

    for (word_t i = 0; i < s->count; i++) {
        if (s->at[i].first >= s->at[i].end || (i > 0 && s->at[i].first <= s->at[i - 1].end))
            return false;
    }
    for (word_t a = 0; a < UNIVERSE; a++) {
        while (k < s->count && s->at[k].end <= a)
            k++;
        if (in[a] != (k < s->count && s->at[k].first <= a))
            return false;
        total += in[a];
    }
    return total == ranges_total(s);
}

static bool random_steps(void)
{
    struct ranges s = {0};
    bool in[UNIVERSE] = {0};

    for (unsigned step = 0; step < 50000; step++) {
        word_t first = draw(UNIVERSE), end = draw(UNIVERSE), add = draw(2);
        if (end > first + 20)
            end = first + 20;
        if (add)
            ranges_add(&s, first, end);
        else
            ranges_remove(&s, first, end);
        for (word_t a = first; a < end; a++)
            in[a] = add;
        if (!agrees(&s, in))
            return false;
    }
    return s.lost == 0;
}

static bool full(void)
{
    struct ranges s = {0};

    for (word_t i = 0; i < BOOT_RANGES + 5; i++)
        ranges_add(&s, 10 * i, 10 * i + 3);
    if (s.count != BOOT_RANGES || s.lost != 5)
        return false;
    ranges_remove(&s, 1, 2); /* would split one */
    return s.count == BOOT_RANGES && s.lost == 6 && s.at[0].end == 1;
}

static bool pages(void)
{
    struct ranges s = {0};

    ranges_add(&s, 0x1001, 0x1fff);
    ranges_add(&s, 0x2001, 0x5001);
    ranges_add(&s, 0x8000, 0x9000);
    ranges_to_pages(&s);
    return s.count == 2 && s.at[0].first == 0x3000 && s.at[0].end == 0x5000 &&
           s.at[1].first == 0x8000 && s.at[1].end == 0x9000;
}

void test_ranges(void)
{
    report("ranges: agree with a bitmap over 50000 random steps", random_steps());
    report("ranges: what does not fit is counted, nothing else changes", full());
    report("ranges: shrink to whole pages", pages());
}
