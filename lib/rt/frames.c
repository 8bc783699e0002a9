/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames, in chunks. */
#include "frames_priv.h"

#include <abi/invoke.h>
#include <common/bits.h>

#include "component.h"
#include "memory.h"
#include "slot.h"

#define CHUNK_MIN 4u
#define CHUNK_MAX 32u /* pages */

/* The Untyped is in the slot before the first frame's. */
struct chunk {
    uint32_t first; /* slot */
    uint32_t count;
    uint32_t free;  /* a bit for each frame that nobody uses */
    uint32_t dirty; /* a bit for each that somebody has used */
};

static struct {
    struct chunk *chunks;
    word_t count;
    word_t have;  /* pages of the array */
    word_t total; /* frames */
    word_t spare; /* of them, that nobody uses */
} frames;

word_t rt_frames_book_bytes(word_t pages)
{
    return (pages / CHUNK_MIN + 1) * sizeof(struct chunk);
}

void rt_frames_set_up(void *book)
{
    frames.chunks = book;
}

word_t rt_frames_spare(void)
{
    return frames.spare;
}

static uint32_t bits(word_t first, word_t count)
{
    return (uint32_t)(((1ul << count) - 1) << first);
}

/* The Untyped and its frames, in a row of slots. @return slot of the first frame, 0: it cannot be
 */
static cap_t make(word_t count)
{
    cap_t row = rt_slot_alloc_row(count + 1);

    if (row == 0)
        return 0;
    if (untyped_retype(COMPONENT_UNTYPED, TYPE_UNTYPED, count * PAGE_GRANULES, 0, row, 1) == E_OK) {
        if (untyped_retype(row, TYPE_FRAME, 0, 0, row + 1, count) == E_OK)
            return row + 1;
        (void)cnode_delete(COMPONENT_CNODE, row, 1);
    }
    rt_slot_free_row(row, count + 1);
    return 0;
}

/* Chunks grow with what there is, so that a small component does not take more than it needs. */
static bool add_chunk(word_t wanted)
{
    word_t size = frames.total / 4 > wanted ? frames.total / 4 : wanted;

    if (!rt_book_reach(frames.chunks, &frames.have, (frames.count + 1) * sizeof(struct chunk)))
        return false;
    size = size < CHUNK_MIN ? CHUNK_MIN : size > CHUNK_MAX ? CHUNK_MAX : size;
    for (; size > 0; size /= 2) {
        cap_t first = make(size);

        if (first == 0)
            continue;
        frames.chunks[frames.count++] = (struct chunk){
            .first = (uint32_t)first, .count = (uint32_t)size, .free = bits(0, size)};
        frames.total += size;
        frames.spare += size;
        return true;
    }
    return false;
}

static word_t take_from(struct chunk *chunk, word_t most, cap_t *first, bool *clear)
{
    word_t start = bit_lowest(chunk->free), count = 1;
    uint32_t taken;

    while (count < most && start + count < chunk->count && chunk->free >> (start + count) & 1)
        count++;
    taken = bits(start, count);
    *first = chunk->first + start;
    *clear = (chunk->dirty & taken) == 0;
    chunk->free &= ~taken;
    chunk->dirty |= taken;
    frames.spare -= count;
    return count;
}

word_t rt_frames_take(word_t count, cap_t *first, bool *clear)
{
    if (frames.spare == 0 && !add_chunk(count))
        return 0;
    /* The newest chunk is the one with most left, as a rule. */
    for (word_t i = frames.count; i-- > 0;)
        if (frames.chunks[i].free != 0)
            return take_from(&frames.chunks[i], count, first, clear);
    return 0;
}

void rt_frames_give(cap_t first, word_t count)
{
    for (word_t i = frames.count; i-- > 0;) {
        struct chunk *chunk = &frames.chunks[i];

        if (first >= chunk->first && first + count <= chunk->first + chunk->count) {
            chunk->free |= bits(first - chunk->first, count);
            frames.spare += count;
            return;
        }
    }
}

cap_t rt_frames_reclaim(void)
{
    for (word_t i = 0; i < frames.count; i++) {
        struct chunk chunk = frames.chunks[i];

        if (chunk.free != bits(0, chunk.count))
            continue;
        if (cnode_delete(COMPONENT_CNODE, chunk.first, chunk.count) != E_OK)
            return 0;
        rt_slot_free_row(chunk.first, chunk.count);
        frames.total -= chunk.count;
        frames.spare -= chunk.count;
        frames.chunks[i] = frames.chunks[--frames.count];
        return chunk.first - 1;
    }
    return 0;
}
