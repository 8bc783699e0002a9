/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The producer's side. Why no entry is lost or seen half-written, on processors that reorder
 * memory:
 *
 *  - An entry's words are stored before `tail`, which is stored with release; the consumer loads
 *    tail with acquire before it loads the words. So it sees whole entries.
 *  - The consumer loads an entry's words before it stores `acked` with release; the producer loads
 *    acked with acquire before it stores new words in that place. So no entry is overwritten while
 *    it is being read.
 *  - Nobody sleeps for ever: publishing stores tail and then loads consumer_wake; going to sleep
 *    stores consumer_wake and then loads tail. All four are sequentially consistent, so they have
 *    one order that all agree on, in which one of the stores comes first: if it is tail, the
 *    consumer sees the entries and does not sleep; if it is consumer_wake, the producer sees the
 *    mark and signals. The same for acked and producer_wake. (Acquire and release alone do not
 *    forbid that both loads overtake both stores; x86 does just that.)
 *
 * Words of entries are relaxed atomics although no correct peer touches them at the same time: a
 * hostile one may, and then each word is still loaded exactly once, which plain accesses would not
 * promise.
 */
#include "shape_priv.h"

enum ring_error ring_producer_attach(struct ring_producer *p, void *memory, uint64_t memory_bytes,
                                     uint32_t entry_bytes, uint32_t entry_count)
{
    struct ring_indices at = {0, 0, 0};
    enum ring_error e = ring_look(memory, memory_bytes, entry_bytes, entry_count, &at);

    if (e != RING_OK)
        return e;
    *p = (struct ring_producer){
        .shared = memory,
        .entry_words = entry_bytes / 8,
        .entry_count = entry_count,
        .tail = at.tail,
        .published = at.tail,
        .acked = at.acked,
        .corrupt = false,
    };
    return RING_OK;
}

/*
 * Look at the consumer's index again. It may have gone forward, at most up to what was published.
 */
static enum ring_error refresh(struct ring_producer *p, memory_order order)
{
    uint32_t acked = atomic_load_explicit(&p->shared->acked, order);

    if (p->corrupt || acked - p->acked > p->published - p->acked) {
        p->corrupt = true;
        return RING_CORRUPT;
    }
    p->acked = acked;
    return RING_OK;
}

static uint32_t room(const struct ring_producer *p)
{
    return p->entry_count - (p->tail - p->acked);
}

enum ring_error ring_put(struct ring_producer *p, const void *entry)
{
    const uint64_t *from = entry;

    if (p->corrupt)
        return RING_CORRUPT;
    /* The consumer's line is touched only when the room last seen is used up. */
    if (room(p) == 0) {
        enum ring_error e = refresh(p, memory_order_acquire);

        if (e != RING_OK)
            return e;
        if (room(p) == 0)
            return RING_FULL;
    }

    _Atomic uint64_t *to = ring_place(p->shared, p->tail, p->entry_words, p->entry_count);

    for (uint32_t i = 0; i < p->entry_words; i++)
        atomic_store_explicit(&to[i], from[i], memory_order_relaxed);
    p->tail++;
    return RING_OK;
}

bool ring_publish(struct ring_producer *p)
{
    uint32_t before = p->published;

    if (p->corrupt || before == p->tail)
        return false;
    p->published = p->tail;
    atomic_store_explicit(&p->shared->tail, p->tail, memory_order_seq_cst);

    uint32_t mark = atomic_load_explicit(&p->shared->consumer_wake, memory_order_seq_cst);

    return ring_passed(mark, before, p->tail);
}

uint32_t ring_room(struct ring_producer *p)
{
    return refresh(p, memory_order_acquire) == RING_OK ? room(p) : 0;
}

uint32_t ring_pending(const struct ring_producer *p)
{
    return p->tail - p->acked;
}

enum ring_error ring_producer_sleep(struct ring_producer *p, uint32_t wanted)
{
    if (p->corrupt)
        return RING_CORRUPT;
    /* What is not published will not be acknowledged: the wait could last for ever. */
    if (wanted == 0 || wanted > p->entry_count || p->published != p->tail)
        return RING_ARGUMENT;
    /*
     * There is room for `wanted` once acked is tail + wanted - count, that is, has passed the one
     * before.
     */
    atomic_store_explicit(&p->shared->producer_wake, p->tail + wanted - p->entry_count - 1,
                          memory_order_seq_cst);

    enum ring_error e = refresh(p, memory_order_seq_cst);

    if (e != RING_OK)
        return e;
    return room(p) >= wanted ? RING_OK : RING_FULL;
}
