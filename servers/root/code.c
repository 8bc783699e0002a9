/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is what a component runs still what was loaded? Its pages that cannot be written (code and
 * constants) have sums, taken when its image is first used. With each look some pages are compared,
 * so that all of them are within one heartbeat. A component whose code was spoilt may go on
 * answering without doing its work, which no other sign of life shows.
 */
#include "component.h"
#include "root.h"

#include <rt/checksum.h>

#define SUMS_MAX (HEAP_MAX / sizeof(uint32_t)) /* pages beyond are not compared: 4 MiB are */

/* The n-th page that cannot be written. @param page set to its number in that part */
static const struct part *part_at(const struct component *c, word_t n, word_t *page)
{
    for (unsigned i = 0; i < c->part_count; i++) {
        const struct part *p = &c->parts[i];

        if (p->writable)
            continue;
        if (n < p->pages) {
            *page = n;
            return p;
        }
        n -= p->pages;
    }
    return NULL;
}

static word_t fixed_pages(const struct component *c)
{
    word_t pages = 0;

    for (unsigned i = 0; i < c->part_count; i++)
        pages += c->parts[i].writable ? 0 : c->parts[i].pages;
    return pages < SUMS_MAX ? pages : SUMS_MAX;
}

static uint32_t sum_in_image(const struct component *c, word_t n)
{
    word_t page;
    const struct part *p = part_at(c, n, &page);

    return rt_crc32c(0, p->data + page * PAGE, PAGE);
}

void code_forget(struct component *c)
{
    if (c->sums != NULL)
        heap_give(c->sums, c->sum_count * sizeof c->sums[0]);
    c->sums = NULL;
    c->sum_count = 0;
    c->code_spoilt = false;
}

/* Only the page that was found spoilt may be so in the image itself. */
static bool image_is_whole(struct component *c)
{
    bool whole = true;

    for (word_t n = 0; c->code_spoilt && whole && n < c->sum_count; n++)
        whole = sum_in_image(c, n) == c->sums[n];
    c->code_spoilt = false;
    return whole;
}

bool code_learn(struct component *c)
{
    word_t pages = fixed_pages(c);

    c->code_next = 0;
    if (c->sums != NULL && c->sum_count == pages)
        return image_is_whole(c);
    code_forget(c);
    c->sums = pages == 0 ? NULL : heap_take(pages * sizeof c->sums[0]);
    if (c->sums == NULL)
        return true;
    c->sum_count = pages;
    for (word_t n = 0; n < pages; n++)
        c->sums[n] = sum_in_image(c, n);
    return true;
}

word_t code_look(struct component *c, word_t parts)
{
    word_t count = (c->sum_count + parts - 1) / parts;

    for (word_t i = 0; i < count; i++) {
        word_t n = c->code_next++, page = 0;
        const struct part *p = part_at(c, n, &page);
        uint32_t sum;

        if (c->code_next >= c->sum_count)
            c->code_next = 0;
        if (!component_sum(c, p, page, &sum) || sum == c->sums[n])
            continue;
        c->code_spoilt = true;
        return p->vaddr + page * PAGE;
    }
    return 0;
}
