/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The serve loop. Owns the receive slots of the thread's message buffer while
 * it waits, and nothing between: a callback that calls elsewhere must not be
 * handed capabilities that it did not ask for.
 */
#include "serve.h"

#include <rt/record.h>

/* Most capabilities in a request of any of the protocols. */
static unsigned receive_count(const struct ipc_server *server)
{
    unsigned count = 0;

    for (size_t i = 0; i < server->service_count; i++)
        if (server->services[i].receive > count)
            count = server->services[i].receive;
    return count < MESSAGE_CAPS ? count : MESSAGE_CAPS;
}

/* Without a free slot the capability does not arrive, and the request is
 * refused: the client's loss, not the server's end. */
static void refill(struct ipc_server *server, unsigned count)
{
    server->ready = true;
    for (unsigned i = 0; i < count; i++) {
        if (server->receive[i] == 0)
            server->receive[i] = rt_slot_alloc();
        server->ready = server->ready && server->receive[i] != 0;
    }
}

/* All of them, whether needed or not: those that are not are 0. */
static void open_slots(struct ipc_server *server, struct message_buffer *buffer, unsigned count)
{
    if (!server->ready)
        refill(server, count);
    __builtin_memcpy(buffer->receive, server->receive, sizeof(server->receive));
}

/* A slot in which something arrived belongs to the callback from here on. */
static void close_slots(struct ipc_server *server, struct message_buffer *buffer, unsigned count,
                        word_t arrived)
{
    __builtin_memset(buffer->receive, 0, sizeof(buffer->receive));
    if (arrived == 0)
        return;
    server->ready = false;
    for (unsigned i = 0; i < count; i++)
        for (word_t k = 0; k < arrived && k < MESSAGE_CAPS; k++)
            if (server->receive[i] != 0 && buffer->caps[k] == server->receive[i])
                server->receive[i] = 0;
}

static enum ipc_next serve_request(struct ipc_server *server, struct message *message)
{
    size_t index = server->select ? server->select(server->context, message->badge) : 0;
    const struct ipc_service *service;

    if (index >= server->service_count)
        return ipc_refuse(message, IPC_E_METHOD);
    service = &server->services[index];
    server->deferred = false;
    if (service->dispatch(service->callbacks, service->self, message) == IPC_REPLY)
        return IPC_REPLY;
    /* The callback said it would answer later but did not take the call: then
     * nobody could ever answer, so fail it now. */
    return server->deferred ? IPC_DEFER : ipc_answer_error(message, IPC_E_FAILED, true);
}

static enum ipc_next serve_message(struct ipc_server *server, struct message *message)
{
    if (message_label(message->tag) != MESSAGE_SIGNAL)
        return serve_request(server, message);
    if (server->signal)
        server->signal(server->context, message->badge);
    return IPC_DEFER;
}

/* The reply could not be sent, or the wait behind it failed. If it was the
 * reply (it holds a capability that cannot travel, say), the caller still
 * waits; tell it. If not, the Reply object is empty and this does nothing. */
static void answer_failed(const struct ipc_server *server)
{
    struct message message = {.tag = MESSAGE_TAG(IPC_E_FAILED, 0, 0)};
    enum error ignored = sys_send(server->reply, &message, 0);

    (void)ignored;
}

static enum error next_message(struct ipc_server *server, enum ipc_next next,
                               struct message *message)
{
    enum error error;

    if (next == IPC_REPLY) {
        error = sys_reply_recv(server->endpoint, server->reply, message, 0);
        if (error == E_OK)
            return E_OK;
        answer_failed(server);
    }
    do {
        *message = (struct message){0};
        error = sys_recv(server->endpoint, server->reply, message, 0);
    } while (error == E_CANCELLED);
    return error;
}

enum error ipc_serve(struct ipc_server *server)
{
    unsigned count = receive_count(server);
    enum ipc_next next = IPC_DEFER;
    struct rt_record *record = rt_record();
    struct message_buffer *buffer = rt_buffer();
    struct message message;

    while (true) {
        enum error error;

        if (count > 0)
            open_slots(server, buffer, count);
        error = next_message(server, next, &message);
        if (count > 0)
            close_slots(server, buffer, count, error == E_OK ? message_caps(message.tag) : 0);
        if (error != E_OK)
            return error;
        rt_record_came(record, message.badge, message.tag);
        next = serve_message(server, &message);
        rt_record_done(record);
    }
}

cap_t ipc_defer(struct ipc_server *server)
{
    cap_t taken = server->reply;

    if (server->deferred || server->spare_count == 0)
        return 0;
    server->reply = server->spare[--server->spare_count];
    server->deferred = true;
    return taken;
}

bool ipc_reuse(struct ipc_server *server, cap_t reply)
{
    if (server->spare_count >= server->spare_room)
        return false;
    server->spare[server->spare_count++] = reply;
    return true;
}
