/* SPDX-License-Identifier: BSD-2-Clause */
/* A queue of bytes of fixed size. Indices run freely; their difference is what is inside. */
#ifndef UART_QUEUE_H
#define UART_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#define QUEUE_SIZE 8192u /* a power of two */

struct queue {
    uint8_t bytes[QUEUE_SIZE];
    size_t head; /**< taken from here */
    size_t tail; /**< put here */
};

static inline size_t queue_used(const struct queue *q)
{
    return q->tail - q->head;
}

static inline size_t queue_room(const struct queue *q)
{
    return QUEUE_SIZE - queue_used(q);
}

/** @param q not full */
static inline void queue_put(struct queue *q, uint8_t byte)
{
    q->bytes[q->tail++ % QUEUE_SIZE] = byte;
}

/** The byte at a distance from the head. @param at below queue_used() */
static inline uint8_t queue_peek(const struct queue *q, size_t at)
{
    return q->bytes[(q->head + at) % QUEUE_SIZE];
}

/** @param count at most queue_used() */
static inline void queue_drop(struct queue *q, size_t count)
{
    q->head += count;
}

#endif
