/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rings: a queue of fixed-size entries in memory that two components share, one producer and one
 * consumer, neither of which trusts the other.
 *
 * How to use one:
 *  - Whoever owns the session makes the memory, calls ring_create() once, and shares the frames.
 *    Entry size and count are agreed on in the protocol; each side attaches with what *it* expects.
 *  - Producer: ring_put() any number of entries, then ring_publish() once, and signal the consumer
 *    if it says so. When ring_put() says RING_FULL: ring_producer_sleep(), and wait only if that
 *    says RING_FULL.
 *  - Consumer: ring_take() until RING_EMPTY; when the effect of entries is there to stay,
 *    ring_ack() them, in order and many at once, and signal the producer if it says so. Before
 *    waiting: ring_consumer_sleep(), and wait only if that says RING_EMPTY.
 *  - The library makes no calls of any kind: signalling and waiting are the caller's, as a rule by
 *    a notification. A signal may come although nothing is there; it never fails to come.
 *  - A side that dies is replaced by one that attaches to the same memory. A new consumer gets all
 *    entries from the last acknowledged one on again; ring_take() marks those that the one before
 *    it had taken (they may have been carried out), and the sequence number says which they are. A
 *    new producer goes on behind the last published entry.
 *  - RING_CORRUPT says that the other side broke the rules. It stays: end the session.
 *
 * Safe against the peer: every index is read once and checked, entries are copied out, sizes are
 * those of the own view and not those in shared memory. What an entry *says* must be checked by its
 * reader.
 *
 * Each view (struct ring_producer, struct ring_consumer) is private to one thread.
 */
#ifndef RING_RING_H
#define RING_RING_H

#include "layout.h"

#include <stdbool.h>

#define RING_ENTRY_BYTES_MAX 4096u
#define RING_ENTRY_COUNT_MAX 65536u

/** What came of an operation on a ring. */
enum ring_error {
    RING_OK = 0,
    RING_EMPTY = 1,   /**< nothing to take */
    RING_FULL = 2,    /**< no room */
    RING_CORRUPT = 3, /**< the peer wrote what cannot be; the view refuses everything from now on */
    RING_ARGUMENT = 4 /**< the caller's mistake: a size, alignment or sequence number */
};

/** The producer's view. Owned by the library; read nothing but through functions. */
struct ring_producer {
    struct ring_shared *shared;
    uint32_t entry_words;
    uint32_t entry_count;
    uint32_t tail;      /**< entries up to here are written */
    uint32_t published; /**< and up to here the consumer may know */
    uint32_t acked;     /**< as last seen */
    bool corrupt;
};

/** The consumer's view. */
struct ring_consumer {
    struct ring_shared *shared;
    uint32_t entry_words;
    uint32_t entry_count;
    uint32_t head;
    uint32_t acked;
    uint32_t tail;        /**< as last seen */
    uint32_t replay_left; /**< next entries that a consumer before this one had taken */
    bool corrupt;
};

/** What ring_take() says about an entry. */
struct ring_taken {
    uint32_t sequence; /**< the entry's index, the same when it is taken again */
    bool replayed;     /**< it was taken before: its effect may be there already */
};

/**
 * Bytes of shared memory that a ring needs.
 * @param entry_bytes a multiple of 8, 8 to RING_ENTRY_BYTES_MAX
 * @param entry_count a power of two, 2 to RING_ENTRY_COUNT_MAX
 * @return 0 if an argument is out of range
 */
uint64_t ring_bytes(uint32_t entry_bytes, uint32_t entry_count);

/**
 * Make an empty ring. Before the memory is shared, or while nobody else is attached.
 * @param memory aligned to RING_LINE, at least ring_bytes() long
 * @return RING_OK or RING_ARGUMENT
 */
enum ring_error ring_create(void *memory, uint64_t memory_bytes, uint32_t entry_bytes,
                            uint32_t entry_count);

/**
 * Check that memory holds a sound ring of the expected shape. Changes nothing. For whoever passes a
 * ring on, while at most one side is at work (its indices are not read at one instant); the attach
 * functions check the same.
 * @return RING_OK; RING_ARGUMENT: arguments, alignment, or memory too small; RING_CORRUPT: head or
 *        indices are wrong
 */
enum ring_error ring_validate(const void *memory, uint64_t memory_bytes, uint32_t entry_bytes,
                              uint32_t entry_count);

/**
 * Become the producer, the first one or one after a crash: what was written but not published is
 * gone.
 * @return as ring_validate()
 */
enum ring_error ring_producer_attach(struct ring_producer *p, void *memory, uint64_t memory_bytes,
                                     uint32_t entry_bytes, uint32_t entry_count);

/**
 * Become the consumer, the first one or one after a crash: begins with the last acknowledged entry.
 * Take until RING_EMPTY before the first wait: a signal meant for the consumer before may be lost.
 * @return as ring_validate()
 */
enum ring_error ring_consumer_attach(struct ring_consumer *c, void *memory, uint64_t memory_bytes,
                                     uint32_t entry_bytes, uint32_t entry_count);

/**
 * Write one entry; the consumer sees it after ring_publish().
 * @param entry entry_bytes of the view, aligned to 8
 * @return RING_OK, RING_FULL, RING_CORRUPT
 */
enum ring_error ring_put(struct ring_producer *p, const void *entry);

/** The sequence number that the next entry put will have. */
static inline uint32_t ring_sequence(const struct ring_producer *p)
{
    return p->tail;
}

/** Let the consumer see all that was put. @return true: signal it, it sleeps */
bool ring_publish(struct ring_producer *p);

/**
 * Entries that can be put, after a fresh look at the consumer's index; 0 too if the ring is
 * corrupt.
 */
uint32_t ring_room(struct ring_producer *p);

/** Entries that are published or put and not acknowledged, as last seen. */
uint32_t ring_pending(const struct ring_producer *p);

/**
 * Announce that the producer is going to wait until it can put `room` entries. Publish first.
 * @param room 1 to entry_count
 * @return RING_FULL: wait, a signal will come; RING_OK: there is room already; RING_CORRUPT;
 *        RING_ARGUMENT
 */
enum ring_error ring_producer_sleep(struct ring_producer *p, uint32_t room);

/**
 * Copy the next entry out.
 * @param entry room for entry_bytes of the view, aligned to 8; untouched unless RING_OK
 * @param taken may be NULL
 * @return RING_OK, RING_EMPTY, RING_CORRUPT
 */
enum ring_error ring_take(struct ring_consumer *c, void *entry, struct ring_taken *taken);

/**
 * Be done with all entries up to and including `sequence`: they will not come again, their places
 * are free.
 * @param sequence of an entry that was taken; acknowledging it twice is harmless
 * @param wake set to true if the producer must be signalled, it sleeps; else to false
 * @return RING_OK; RING_ARGUMENT: never taken; RING_CORRUPT
 */
enum ring_error ring_ack(struct ring_consumer *c, uint32_t sequence, bool *wake);

/**
 * Entries that can be taken, after a fresh look at the producer's index; 0 too if the ring is
 * corrupt.
 */
uint32_t ring_available(struct ring_consumer *c);

/**
 * Announce that the consumer is going to wait until `entries` can be taken.
 * @param entries 1 to the places not held by entries that were taken and not acknowledged
 * @return RING_EMPTY: wait, a signal will come; RING_OK: they are there already; RING_CORRUPT;
 *        RING_ARGUMENT
 */
enum ring_error ring_consumer_sleep(struct ring_consumer *c, uint32_t entries);

#endif
