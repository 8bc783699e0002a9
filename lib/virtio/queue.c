/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A split virtqueue. The order of memory accesses: entries before the index that shows them
 * (2.7.13.3), release and acquire; an index before looking at what the other side wants to hear
 * (2.7.10, 2.7.13.4), sequentially consistent, for the reason in lib/ring/producer.c.
 */
#include "queue.h"

#include <stddef.h>

static void fence(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* The two event fields lie behind the rings (2.7.7, 2.7.8). */
static volatile uint16_t *used_event(const struct virtio_queue *q)
{
    return &q->avail->ring[q->size];
}

static uint16_t avail_event(const struct virtio_queue *q)
{
    return *(const volatile uint16_t *)(const volatile void *)&q->used->ring[q->size];
}

static void clear(void *page)
{
    uint64_t *word = page;

    for (unsigned i = 0; i < 4096 / sizeof(*word); i++)
        word[i] = 0;
}

void virtio_queue_begin(struct virtio_queue *q, uint16_t size, bool event_index, void *desc,
                        void *avail, void *used)
{
    clear(desc);
    clear(avail);
    clear(used);
    *q = (struct virtio_queue){.size = size,
                               .event_index = event_index,
                               .desc = desc,
                               .avail = avail,
                               .used = used};
}

void virtio_queue_put(struct virtio_queue *q, uint16_t head)
{
    q->avail->ring[q->put & (q->size - 1)] = head;
    q->put++;
}

bool virtio_queue_publish(struct virtio_queue *q)
{
    uint16_t before = q->published;

    if (before == q->put)
        return false;
    q->published = q->put;
    __atomic_store_n(&q->avail->idx, q->put, __ATOMIC_RELEASE);
    fence();
    if (!q->event_index)
        return (q->used->flags & VIRTIO_USED_NO_NOTIFY) == 0;
    /* Did the index pass the one that the device wants to hear of? (2.7.10.1) */
    return (uint16_t)(q->put - avail_event(q) - 1) < (uint16_t)(q->put - before);
}

bool virtio_queue_take(struct virtio_queue *q, uint16_t *head, uint32_t *length)
{
    uint16_t index = __atomic_load_n(&q->used->idx, __ATOMIC_ACQUIRE);
    uint16_t there = (uint16_t)(index - q->taken);
    uint16_t most = (uint16_t)(q->published - q->taken);
    uint32_t id;

    if (there == 0 || q->broken)
        return false;
    /* More used than were made available? */
    if (there > most || there > q->size) {
        q->broken = true;
        return false;
    }
    id = q->used->ring[q->taken & (q->size - 1)].id;
    *length = q->used->ring[q->taken & (q->size - 1)].length;
    if (id >= q->size) {
        q->broken = true;
        return false;
    }
    *head = (uint16_t)id;
    q->taken++;
    return true;
}

bool virtio_queue_arm(struct virtio_queue *q)
{
    *used_event(q) = q->taken;
    fence();
    return __atomic_load_n(&q->used->idx, __ATOMIC_ACQUIRE) == q->taken;
}
