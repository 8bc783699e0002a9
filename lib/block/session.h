/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The server's side of a block session: takes requests out of shared memory, checks them, and
 * answers. No system calls; what a client writes there is an allegation, each word read once.
 *
 * Rules:
 *  - session_take() gives a request that lies within the session's part of the disk and, if it
 * moves data, within the region; its position is one of the whole disk. What it refuses it has
 *    answered itself.
 *  - Each request taken is answered by session_finish() exactly once. No more than BLOCK_DEPTH are
 *    under way, whatever the client does.
 *  - session_publish() after a batch; signal the client if it says so. Before sleeping:
 *    session_sleep().
 */
#ifndef BLOCK_SESSION_H
#define BLOCK_SESSION_H

#include "layout.h"

#include <ring/ring.h>
#include <stdbool.h>

/** What a session may do. Bytes; all but the bounds of single requests are multiples of a block. */
struct block_limits {
    uint64_t first;          /**< where on the disk it begins */
    uint64_t size;           /**< how long its part is; first + size does not overflow */
    uint32_t block_bytes;    /**< a power of two, 512 to 4096 */
    uint32_t transfer_bytes; /**< of one read or write, most */
    uint32_t discard_bytes;  /**< of one discard; 0: not at all */
    uint32_t zero_bytes;     /**< of one write of zeroes; 0: not at all */
    uint32_t region_pages;
    bool read_only;
};

/** A session. The library's, but for reading. */
struct block_session {
    struct block_limits limits;
    struct ring_consumer requests;
    struct ring_producer completions;
    uint32_t under_way; /**< taken and not answered */
    uint32_t last_taken;
    bool to_acknowledge;
};

/**
 * Begin with empty queues. Nobody else is at work on them.
 * @param queue BLOCK_QUEUE_BYTES, aligned to a page
 */
void block_session_begin(struct block_session *s, void *queue, const struct block_limits *limits);

/** What is wrong with a request. Reads nothing but its arguments. @return BLOCK_DONE: nothing */
enum block_status block_request_check(const struct block_limits *limits,
                                      const struct block_request *request);

/**
 * The next request.
 * @return RING_OK; RING_EMPTY; RING_FULL: first some must be answered, or taken by the client;
 *        RING_CORRUPT: the client broke the rules, end the session
 */
enum ring_error block_session_take(struct block_session *s, struct block_request *request);

/** Answer one that was taken. @return false: the client broke the rules, and gets no answer */
bool block_session_finish(struct block_session *s, uint32_t tag, enum block_status status);

/** Let the client see what was answered, and give places back. @return true: signal it, it sleeps
 */
bool block_session_publish(struct block_session *s);

/**
 * Announce that the server is going to wait for requests of this session: after RING_EMPTY and
 * RING_FULL, and after the beginning.
 * @return RING_EMPTY: wait; RING_OK: there are some; RING_FULL: there is no room for them yet;
 *        RING_CORRUPT
 */
enum ring_error block_session_sleep(struct block_session *s);

#endif
