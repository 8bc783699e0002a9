/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What generated protocol stubs (<proto/NAME.h>) stand on. Programs use the
 * stubs, and <ipclib/serve.h> if they serve; they need nothing from here but
 * the types.
 *
 * Everything works on the calling thread's own message buffer. Between calls
 * its receive slots are 0, so that no capability can arrive unasked: whoever
 * lists slots there clears them again.
 */
#ifndef IPCLIB_STUB_H
#define IPCLIB_STUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <abi/call.h>
#include <rt/slot.h>
#include <rt/thread.h>

/** Labels of replies that belong to every protocol, and outcomes that never travel. */
enum {
    IPC_E_MALFORMED = 0x10000,  /**< travels: the request does not fit its method */
    IPC_E_METHOD,               /**< travels: there is no such method */
    IPC_E_FAILED,               /**< travels: the server broke the protocol, or could not send */
    IPC_E_DOWN,                 /**< travels: the server has been given up, says who restarts it */
    IPC_E_REPLY,                /**< client: the reply breaks the protocol */
    IPC_E_ARG,                  /**< client: an argument is out of range */
    IPC_E_DEFER,                /**< server: the reply comes later */
    IPC_E_TRANSPORT = 0x20000   /**< client: plus the kernel's enum error */
};

enum {
    /**
     * How often the stub of an idempotent method calls in all when the server
     * dies while serving. Each call waits on the endpoint until somebody
     * serves again, so a restart takes one more call however long it lasts;
     * a request that kills its server each time is given up.
     */
    IPC_TRIES = 4
};

/** What a dispatcher wants: answer with the message, or nothing yet. */
enum ipc_next { IPC_REPLY, IPC_DEFER };

/** A part of the memory that client and server share, in bytes. */
struct ipc_buffer {
    word_t offset;
    word_t length;
};

/** A protocol, its callbacks and their state, as ipc_serve wants them. */
struct ipc_service {
    enum ipc_next (*dispatch)(const void *callbacks, void *self, struct message *message);
    const void *callbacks;
    void *self;
    unsigned receive;           /**< most capabilities in any request, 0 to MESSAGE_CAPS */
};

/** Slots into which a reply may put capabilities. */
struct ipc_slots {
    cap_t slot[MESSAGE_CAPS];
    unsigned count;
};

/** Words that `size` bytes take. */
static inline size_t ipc_words(word_t size)
{
    return (size_t)(size / 8 + (size % 8 != 0));
}

/** Does (offset, length) lie inside `region` bytes? An empty part at the end does. */
static inline bool ipc_inside(word_t offset, word_t length, word_t region)
{
    return offset <= region && length <= region - offset;
}

/** Bytes of a string; SIZE_MAX if it is longer than `limit` or is not UTF-8. */
size_t ipc_text_size(const char *text, size_t limit);

/** Are these `size` bytes, from a word of the buffer on, UTF-8 without NUL? They lie inside it. */
bool ipc_text_valid(const struct message_buffer *buffer, size_t word, word_t size);

/**
 * Put bytes into the buffer from a word on, the last word filled up with zeros.
 * @return the next word
 */
size_t ipc_put(struct message_buffer *buffer, size_t word, const void *from, size_t size);

/** Take bytes from the buffer. */
void ipc_get(const struct message_buffer *buffer, size_t word, void *to, word_t size);

/** The same, with a NUL behind them. */
void ipc_get_text(const struct message_buffer *buffer, size_t word, char *to, word_t size);

/** List `count` new slots for the capabilities of a reply. @return false: no slots are left */
bool ipc_slots_open(struct ipc_slots *slots, unsigned count);

/**
 * Accept nothing more, free the slots that stayed empty.
 * @param arrived how many capabilities the reply says it has
 * @param keep false: delete those that came
 */
void ipc_slots_close(struct ipc_slots *slots, word_t arrived, bool keep);

/**
 * Server: refuse a request that no callback has seen; its capabilities are deleted.
 * @param why one of IPC_E_*
 */
enum ipc_next ipc_refuse(struct message *message, word_t why);

/** Server: make the message the reply for an error; FAILED if the method may not fail so. */
enum ipc_next ipc_answer_error(struct message *message, word_t error, bool declared);

/**
 * Client: the outcome for a reply that did not bring results.
 * @param declared the method may fail with the label of the reply
 */
static inline word_t ipc_refusal(word_t tag, bool declared)
{
    word_t label = message_label(tag);

    if (tag % 65536u != 0)
        return IPC_E_REPLY;
    if (declared || (label >= IPC_E_MALFORMED && label <= IPC_E_DOWN))
        return label;
    return IPC_E_REPLY;
}

#endif
