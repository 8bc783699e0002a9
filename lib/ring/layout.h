/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a ring looks like in shared memory. This is a contract between components that do not trust
 * each other and were perhaps compiled at different times: changing it needs a new RING_VERSION.
 *
 *   line 0   head of the ring: written once, by whoever makes it
 *   line 1   written by the producer alone
 *   line 2   written by the consumer alone
 *   line 3   entries, `entry_count` times `entry_bytes`
 *
 * A line is 64 bytes, a cache line: each has one writer, so neither side's stores take away the
 * line that the other is writing. Indices run freely modulo 2^32; entry i is in place i %
 * entry_count. Always
 *
 *   acked <= head <= tail <= acked + entry_count      (as distances modulo 2^32)
 *
 *   [acked, head)  taken by the consumer, which has not said that it is done with them
 *   [head, tail)   published, not yet taken
 *   the rest       the producer's to fill
 */
#ifndef RING_LAYOUT_H
#define RING_LAYOUT_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define RING_MAGIC   0x676e6972u /* "ring" */
#define RING_VERSION 1u
#define RING_LINE    64u

/** The start of a ring in shared memory. Touched only by lib/ring. */
struct ring_shared {
    alignas(RING_LINE) atomic_uint_least32_t magic;
    atomic_uint_least32_t version;
    atomic_uint_least32_t entry_bytes;
    atomic_uint_least32_t entry_count;

    alignas(RING_LINE) atomic_uint_least32_t tail; /**< first entry that is not published */
    atomic_uint_least32_t producer_wake;           /**< signal it when `acked` passes this */

    alignas(RING_LINE) atomic_uint_least32_t head; /**< first entry that has not been taken */
    atomic_uint_least32_t acked;                   /**< first entry that may be needed again */
    atomic_uint_least32_t consumer_wake;           /**< signal it when `tail` passes this */
};

_Static_assert(sizeof(struct ring_shared) == 3 * RING_LINE, "a contract");
_Static_assert(offsetof(struct ring_shared, tail) == RING_LINE, "a contract");
_Static_assert(offsetof(struct ring_shared, producer_wake) == RING_LINE + 4, "a contract");
_Static_assert(offsetof(struct ring_shared, head) == 2 * RING_LINE, "a contract");
_Static_assert(offsetof(struct ring_shared, acked) == 2 * RING_LINE + 4, "a contract");
_Static_assert(offsetof(struct ring_shared, consumer_wake) == 2 * RING_LINE + 8, "a contract");
_Static_assert(sizeof(atomic_uint_least32_t) == 4, "no hidden lock");

#endif
