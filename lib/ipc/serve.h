/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The loop of a server: one thread, one endpoint, one system call for each
 * request. The library owns the messages; a server is a table of callbacks
 * that the protocol's generated header describes.
 *
 * Rules:
 * - Callbacks run one at a time, on the serving thread. They may call other
 *   servers; their arguments are copies.
 * - A callback of a method marked `waits` may answer later: it takes the call
 *   with ipc_defer, keeps what it needs, returns NAME_DEFER, and some later
 *   callback or signal answers with NAME_METHOD_reply and gives the Reply
 *   object back with ipc_reuse. Never return NAME_DEFER without ipc_defer.
 * - A server that takes signals or defers calls needs a scheduling context of its
 *   own: without one it runs only while somebody calls.
 * - A client that fails, lies or dies costs the server nothing but the time to
 *   refuse it; the loop ends only if the endpoint itself is gone or wrong.
 */
#ifndef IPCLIB_SERVE_H
#define IPCLIB_SERVE_H

#include "stub.h"

/** A server. Fill in what has no comment "loop", clear the rest. */
struct ipc_server {
    cap_t endpoint;             /**< with READ */
    cap_t reply;                /**< a Reply object; changes when calls are deferred */
    const struct ipc_service *services;     /**< one for each protocol spoken here */
    size_t service_count;       /**< at least 1 */
    /**
     * Which service a client speaks to; outside the array: its requests are
     * refused with IPC_E_METHOD. NULL: everybody speaks to the first.
     */
    size_t (*select)(void *context, word_t badge);
    /** Signals of the notification bound to this thread; NULL: they are dropped. */
    void (*signal)(void *context, word_t bits);
    void *context;              /**< for select and signal */
    cap_t *spare;               /**< Reply objects for calls that wait, or NULL */
    size_t spare_count;         /**< how many there are now */
    size_t spare_room;          /**< how many fit */
    cap_t receive[MESSAGE_CAPS];    /**< loop: empty slots for capabilities to come */
    bool ready;                     /**< loop: there are as many as any request needs */
    bool deferred;              /**< loop: the callback took the call */
};

/**
 * Serve until the endpoint fails. The calling thread needs a message buffer.
 * @return why Recv failed: E_CAP, E_TYPE, E_RIGHTS, E_GONE, ...; never E_OK
 */
enum error ipc_serve(struct ipc_server *server);

/**
 * In a callback: take the call that is being served, to answer it later.
 * @return the Reply object that holds it; 0: no spare one is left, so the
 *         callback must answer now (with an error)
 */
cap_t ipc_defer(struct ipc_server *server);

/** Give back a Reply object that has been answered. @return false: there is no room for it */
bool ipc_reuse(struct ipc_server *server, cap_t reply);

#endif
