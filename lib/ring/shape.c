/* SPDX-License-Identifier: BSD-2-Clause */
/* The shape of a ring: making one, and checking memory that somebody else may have written. */
#include "shape_priv.h"

uint64_t ring_bytes(uint32_t entry_bytes, uint32_t entry_count)
{
    if (entry_bytes < 8 || entry_bytes > RING_ENTRY_BYTES_MAX || entry_bytes % 8 != 0)
        return 0;
    if (entry_count < 2 || entry_count > RING_ENTRY_COUNT_MAX ||
        (entry_count & (entry_count - 1)) != 0)
        return 0;
    return sizeof(struct ring_shared) + (uint64_t)entry_bytes * entry_count;
}

/* Could a ring of this shape be in this memory? */
static bool fits(const void *memory, uint64_t memory_bytes, uint32_t entry_bytes,
                 uint32_t entry_count)
{
    uint64_t need = ring_bytes(entry_bytes, entry_count);

    if (memory == NULL || (uintptr_t)memory % RING_LINE != 0)
        return false;
    return need != 0 && memory_bytes >= need;
}

enum ring_error ring_create(void *memory, uint64_t memory_bytes, uint32_t entry_bytes,
                            uint32_t entry_count)
{
    struct ring_shared *s = memory;

    if (!fits(memory, memory_bytes, entry_bytes, entry_count))
        return RING_ARGUMENT;
    atomic_init(&s->version, RING_VERSION);
    atomic_init(&s->entry_bytes, entry_bytes);
    atomic_init(&s->entry_count, entry_count);
    atomic_init(&s->tail, 0);
    atomic_init(&s->head, 0);
    atomic_init(&s->acked, 0);
    /* A mark just behind the index is passed after 2^32 entries: nobody sleeps. */
    atomic_init(&s->producer_wake, UINT32_MAX);
    atomic_init(&s->consumer_wake, UINT32_MAX);
    /* Last and with release: who sees the magic sees a whole ring. */
    atomic_store_explicit(&s->magic, RING_MAGIC, memory_order_release);
    return RING_OK;
}

/*
 * Consumer and producer may be at work while a third looks. Reading acked first and tail last makes
 * the distances only grow: acked <= head <= tail stays true of the values read, but tail may then
 * be more than a ring ahead of an old acked. Whoever attaches must therefore be the only one of its
 * kind, and reads its own index, which stands still, and the other's once. For the consumer (head
 * and acked stand still) tail <= acked + count holds as it is; for the producer (tail stands still)
 * acked and head move towards it. Both keep the order below.
 */
enum ring_error ring_look(const void *memory, uint64_t memory_bytes, uint32_t entry_bytes,
                          uint32_t entry_count, struct ring_indices *found)
{
    const struct ring_shared *s = memory;

    if (!fits(memory, memory_bytes, entry_bytes, entry_count))
        return RING_ARGUMENT;
    if (atomic_load_explicit(&s->magic, memory_order_acquire) != RING_MAGIC ||
        atomic_load_explicit(&s->version, memory_order_relaxed) != RING_VERSION ||
        atomic_load_explicit(&s->entry_bytes, memory_order_relaxed) != entry_bytes ||
        atomic_load_explicit(&s->entry_count, memory_order_relaxed) != entry_count)
        return RING_CORRUPT;
    found->acked = atomic_load_explicit(&s->acked, memory_order_acquire);
    found->head = atomic_load_explicit(&s->head, memory_order_acquire);
    found->tail = atomic_load_explicit(&s->tail, memory_order_acquire);
    if (found->head - found->acked > entry_count || found->tail - found->acked > entry_count ||
        found->tail - found->acked < found->head - found->acked)
        return RING_CORRUPT;
    return RING_OK;
}

enum ring_error ring_validate(const void *memory, uint64_t memory_bytes, uint32_t entry_bytes,
                              uint32_t entry_count)
{
    struct ring_indices found;

    return ring_look(memory, memory_bytes, entry_bytes, entry_count, &found);
}
