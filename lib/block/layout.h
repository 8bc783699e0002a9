/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What lies in the shared memory of a block session (idl/block.idl): in its first BLOCK_QUEUE_PAGES
 * pages two rings of lib/ring, behind them the data region. A contract between components that do
 * not trust each other: to change it takes a new version of the protocol.
 *
 *   BLOCK_REQUESTS_AT     ring of struct block_request: client to server
 *   BLOCK_COMPLETIONS_AT  ring of struct block_completion: server to client
 *
 * A request is acknowledged when it has been taken. Completions come in any order. A client has at
 * most BLOCK_DEPTH requests under way, so that the completions always have room; a server takes no
 * more, even if a client puts more.
 */
#ifndef BLOCK_LAYOUT_H
#define BLOCK_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#define BLOCK_DEPTH          128u  /* entries of either ring */
#define BLOCK_REQUESTS_AT    0u    /* bytes from the start of the queues */
#define BLOCK_COMPLETIONS_AT 8448u
#define BLOCK_QUEUE_BYTES    16384u
#define BLOCK_PAGE           4096u
#define BLOCK_LIST_MAX       20u   /* pages that a request can list */

/** What a request asks for. */
enum block_operation {
    BLOCK_READ = 1,
    BLOCK_WRITE = 2,
    /** What was completed before this was submitted is on the disk for good when it completes. */
    BLOCK_FLUSH = 3,
    BLOCK_DISCARD = 4, /**< what is there is not needed any more, and undefined until written */
    BLOCK_WRITE_ZEROES = 5,
};

/** What came of a request. */
enum block_status {
    BLOCK_DONE = 0,
    BLOCK_BAD_RANGE = 1,   /**< not on the disk or partition, no multiple of a block, or too long */
    BLOCK_BAD_MEMORY = 2,  /**< not in the data region */
    BLOCK_READ_ONLY = 3,   /**< a write where only reading is allowed */
    BLOCK_UNSUPPORTED = 4, /**< an operation that is not known, or that the disk cannot */
    BLOCK_MEDIUM_ERROR = 5, /**< the disk says that it could not */
    BLOCK_DEVICE_ERROR = 6, /**< the disk answered nonsense, or not at all: it may be done or not */
    BLOCK_GONE = 7, /**< the disk is not there any more; every further request says so too */
    BLOCK_PENDING = 0xffff, /**< client's side only: not completed */
};

/** A request: one cache line. */
struct block_request {
    uint64_t position; /**< bytes from the start of the session's part of the disk */
    uint32_t length;   /**< bytes; 0 for a flush */
    uint32_t tag;      /**< comes back with the completion; lib/block's own */
    uint32_t offset;   /**< in the region, if no pages are listed; any multiple of 512 */
    uint8_t operation;
    /** 0: the data is at `offset`, all of it. Else it is in these pages, each to its end but the
     * last. */
    uint8_t page_count;
    uint16_t reserved; /**< 0 */
    uint16_t page[BLOCK_LIST_MAX]; /**< pages of the region */
};

/** A completion. */
struct block_completion {
    uint32_t tag;
    uint32_t status;
};

_Static_assert(sizeof(struct block_request) == 64, "a contract");
_Static_assert(offsetof(struct block_request, page) == 24, "a contract");
_Static_assert(sizeof(struct block_completion) == 8, "a contract");

#endif
