/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who has sessions, and which of platform's pages belong to them. That is kept in a page of
 * platform's too, so that the driver's next incarnation gives each client the same region again.
 */
#ifndef VIRTIO_BLK_SESSIONS_H
#define VIRTIO_BLK_SESSIONS_H

#include <block/session.h>
#include <proto/block.h>

#include "device.h"

#define SESSIONS 24u

/** What of a session outlives this incarnation. */
struct session_record {
    uint64_t client;     /**< number of the client; 0: this record is free */
    uint64_t number;     /**< which the client chose */
    uint32_t first_page; /**< of the queues; the region's are behind them */
    uint32_t pages;      /**< of the region */
};

/** An open or close call that waits until nothing of the session is under way. */
struct session_waiting {
    cap_t reply; /**< 0: none */
    bool closes;
    uint32_t pages;
    struct block_limits limits;
    cap_t signal;
};

/** A session. */
struct session {
    struct session_record record;
    bool open;              /**< the client of this incarnation's time has opened it */
    bool active;            /**< requests may be there */
    struct block_session s;
    void *queue;            /**< mapped; NULL: not yet */
    cap_t queue_frames;     /**< slots in a row */
    uint64_t *address;      /**< of each page of the region, for the device */
    cap_t signal;           /**< the client's */
    cap_t bell;             /**< ours, for the client; made once */
    struct session_waiting waiting;
};

extern struct session sessions[SESSIONS];

/** Find out what the incarnation before left. */
void sessions_adopt(struct device *d);

/** A client's session; NULL: there is none of this number. */
struct session *session_find(uint64_t client, uint64_t number);

/**
 * Find or make the session, with so many pages.
 * @param kept set to whether it was there before, with its contents
 * @return NULL: no record, or no memory or slots for it
 */
struct session *session_make(struct device *d, uint64_t client, uint64_t number, uint32_t pages,
                             bool *kept);

/** Forget a session of which nothing is under way, and take its pages back. */
void session_drop(struct device *d, struct session *s);

/** Forget the sessions of clients that do not exist any more. @return some were */
bool sessions_sweep(struct device *d);

#endif
