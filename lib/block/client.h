/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client of a disk (protocol `block`): a session with a data region that the device reads from
 * and writes into, and many requests under way at once.
 *
 * How to use it:
 *  - block_client_open() once. The region is at `region`, `region_pages` long. It outlives this
 *    component's incarnation: `kept` says that what was there is there again.
 *  - Fill in a struct block_io (block_io_read() and so on), which stays where it is until it is
 *    done. block_client_submit() any number of them, then block_client_kick() once.
 *  - A component that may wait: block_client_wait(), or block_client_run() for a single one. One
 *    that serves others too: call block_client_signal() from the `signal` callback of ipc_serve.
 *    Completed requests have their `status`, and their `finished` was called.
 *  - Memory of a request under way must not change (write) or be used (read): after a restart of
 *    the driver the library opens the session anew and submits again, in the same order, whatever
 *    it has not seen completed. It notices by COMPONENT_SIGNAL_RESTARTED or by a dead bell; clients
 *    see nothing of it but the time it takes. Two requests under way must not touch the same
 * blocks.
 *  - A flush covers what was completed before it was submitted.
 *
 * Slots: 8, and one for each page of the region. One thread uses a struct block_client. Waiting is
 * on `notification`, by default COMPONENT_SIGNALS; only there does COMPONENT_SIGNAL_RESTARTED come.
 */
#ifndef BLOCK_CLIENT_H
#define BLOCK_CLIENT_H

#include "layout.h"

#include <abi/call.h>
#include <proto/block.h>
#include <ring/ring.h>
#include <stdbool.h>

/** A request under way, and what came of it. Its maker owns it again when it is not PENDING. */
struct block_io {
    struct block_request request;           /**< as in layout.h, but for the tag */
    enum block_status status;
    void (*finished)(struct block_io *io);  /**< called when it is completed; may submit; or NULL */
    void *context;                          /**< the maker's */
    struct block_io *next, *previous;       /**< the library's */
};

/** Requests in order. */
struct block_list {
    struct block_io *first, *last;
};

/** What to open. Clear what is not said. */
struct block_options {
    cap_t server;        /**< rt_uses("block") */
    uint64_t session;    /**< any number; each has a region of its own */
    uint32_t pages;      /**< of the region; used to the next multiple of BLOCK_BATCH */
    uint64_t first;      /**< bytes: where on the disk the session's part begins */
    uint64_t size;       /**< bytes: how long it is; 0: all from there */
    bool read_only;
    cap_t notification;  /**< to sleep on; 0: COMPONENT_SIGNALS */
    word_t bits;         /**< signalled there, one bit that nobody else uses, not the topmost */
};

/** A session. Read what is commented; the rest is the library's. */
struct block_client {
    struct block_options options;
    struct block_geometry geometry; /**< of this session: `transfer_bytes` bounds a read or write */
    uint8_t *region;                /**< the data region */
    uint32_t region_pages;
    cap_t region_frames;            /**< slot of the first page's frame, the others behind it */
    bool kept;                      /**< the region is as an incarnation before left it */
    bool gone;                      /**< it could not be opened anew: all requests end GONE, until
                                         the server is a new one */
    uint32_t reopened;              /**< how often it was opened anew */
    uint32_t under_way;             /**< requests submitted and not completed */
    /** Signals that came while waiting and were for somebody else: take and clear. */
    word_t other_signals;

    void *queue;
    cap_t queue_frames;
    cap_t bell;
    cap_t signal;
    bool unpublished;
    struct ring_producer requests;
    struct ring_consumer completions;
    struct block_list sent;
    struct block_list waiting;
    uint32_t free_count;
    uint32_t free[BLOCK_DEPTH];
    struct block_io *io[BLOCK_DEPTH];
};

/**
 * Open a session and map its region.
 * @return BLOCK_OK; what the server says; BLOCK_E_EXHAUSTED also if this component has no slots or
 *         memory for it; BLOCK_E_FAILED: the server breaks the protocol
 */
enum block_error block_client_open(struct block_client *c, const struct block_options *options);

/**
 * End it: waits for what is under way, then the region is taken back by the server. @return what
 * the server says
 */
enum block_error block_client_close(struct block_client *c);

/** A read into the region. @param length at most geometry.transfer_bytes */
void block_io_read(struct block_io *io, uint64_t position, uint32_t length, uint32_t offset);

/** A write out of the region. */
void block_io_write(struct block_io *io, uint64_t position, uint32_t length, uint32_t offset);

/** A flush. */
void block_io_flush(struct block_io *io);

/** A discard. @param length at most geometry.discard_bytes */
void block_io_discard(struct block_io *io, uint64_t position, uint32_t length);

/** A write of zeroes. @param length at most geometry.zero_bytes */
void block_io_zero(struct block_io *io, uint64_t position, uint32_t length);

/**
 * Add the next page of the region to a read or write of listed pages (length 0, nothing added yet:
 * as block_io_read with length 0 left it). Its length grows by a page.
 * @param page below region_pages and 65536
 * @return false: it has BLOCK_LIST_MAX already
 */
bool block_io_add_page(struct block_io *io, uint32_t page);

/** Give it to the disk, or let it wait its turn: it is completed later in any case, never here. */
void block_client_submit(struct block_client *c, struct block_io *io);

/** Let the server see what was submitted. */
void block_client_kick(struct block_client *c);

/** Take completions. @return how many */
uint32_t block_client_poll(struct block_client *c);

/** Sleep until `count` requests are completed, or all. @return how many were */
uint32_t block_client_wait(struct block_client *c, uint32_t count);

/** Submit one and wait for it. Others may be completed meanwhile. */
enum block_status block_client_run(struct block_client *c, struct block_io *io);

/**
 * What a serving component does with a signal: completions are taken, a restart of the server is
 * mended, and afterwards the next completion will signal again. Call it once without bits (0) when
 * requests have been submitted and none of this was called yet.
 */
void block_client_signal(struct block_client *c, word_t bits);

/** Open the session anew and submit again what was under way. For who knows that it is time. */
void block_client_reopen(struct block_client *c);

/** What an outcome is called, for people. */
const char *block_status_name(enum block_status status);

#endif
