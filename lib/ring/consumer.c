/* SPDX-License-Identifier: BSD-2-Clause */
/* The consumer's side. The reasons for the memory orders are at the top of producer.c. */
#include "shape_priv.h"

enum ring_error ring_consumer_attach(struct ring_consumer *c, void *memory, uint64_t memory_bytes,
                                     uint32_t entry_bytes, uint32_t entry_count)
{
    struct ring_indices at = {0, 0, 0};
    enum ring_error e = ring_look(memory, memory_bytes, entry_bytes, entry_count, &at);

    if (e != RING_OK)
        return e;
    /*
     * The shared head stays: if this consumer dies too before it comes there, they are still
     * marked.
     */
    *c = (struct ring_consumer){
        .shared = memory,
        .entry_words = entry_bytes / 8,
        .entry_count = entry_count,
        .head = at.acked,
        .acked = at.acked,
        .tail = at.tail,
        .replay_left = at.head - at.acked,
        .corrupt = false,
    };
    return RING_OK;
}

/*
 * Look at the producer's index again. It may have gone forward, at most to a ring ahead of acked.
 */
static enum ring_error refresh(struct ring_consumer *c, memory_order order)
{
    uint32_t tail = atomic_load_explicit(&c->shared->tail, order);

    if (c->corrupt || tail - c->tail > c->acked + c->entry_count - c->tail) {
        c->corrupt = true;
        return RING_CORRUPT;
    }
    c->tail = tail;
    return RING_OK;
}

enum ring_error ring_take(struct ring_consumer *c, void *entry, struct ring_taken *taken)
{
    uint64_t *to = entry;

    if (c->corrupt)
        return RING_CORRUPT;
    if (c->head == c->tail) {
        enum ring_error e = refresh(c, memory_order_acquire);

        if (e != RING_OK)
            return e;
        if (c->head == c->tail)
            return RING_EMPTY;
    }

    _Atomic uint64_t *from = ring_place(c->shared, c->head, c->entry_words, c->entry_count);
    struct ring_taken about = {.sequence = c->head, .replayed = c->replay_left != 0};

    for (uint32_t i = 0; i < c->entry_words; i++)
        to[i] = atomic_load_explicit(&from[i], memory_order_relaxed);
    c->head++;
    /*
     * Before the caller acts on the entry: if it dies then, its successor is told that this one may
     * have been carried out. No order with other memory is needed for that, a store that was
     * executed does not die with the thread.
     */
    if (about.replayed)
        c->replay_left--;
    else
        atomic_store_explicit(&c->shared->head, c->head, memory_order_release);
    if (taken != NULL)
        *taken = about;
    return RING_OK;
}

enum ring_error ring_ack(struct ring_consumer *c, uint32_t sequence, bool *wake)
{
    uint32_t before = c->acked;
    uint32_t now = sequence + 1;

    *wake = false;
    if (c->corrupt)
        return RING_CORRUPT;
    /* Acknowledged already, not longer ago than a ring: fine. */
    if (before - now < c->entry_count)
        return RING_OK;
    if (now - before > c->head - before)
        return RING_ARGUMENT;
    c->acked = now;
    atomic_store_explicit(&c->shared->acked, now, memory_order_seq_cst);

    uint32_t mark = atomic_load_explicit(&c->shared->producer_wake, memory_order_seq_cst);

    *wake = ring_passed(mark, before, now);
    return RING_OK;
}

uint32_t ring_available(struct ring_consumer *c)
{
    return refresh(c, memory_order_acquire) == RING_OK ? c->tail - c->head : 0;
}

enum ring_error ring_consumer_sleep(struct ring_consumer *c, uint32_t entries)
{
    if (c->corrupt)
        return RING_CORRUPT;
    /* More would never come: the producer has no room for them. */
    if (entries == 0 || entries > c->entry_count - (c->head - c->acked))
        return RING_ARGUMENT;
    atomic_store_explicit(&c->shared->consumer_wake, c->head + entries - 1, memory_order_seq_cst);

    enum ring_error e = refresh(c, memory_order_seq_cst);

    if (e != RING_OK)
        return e;
    return c->tail - c->head >= entries ? RING_OK : RING_EMPTY;
}
