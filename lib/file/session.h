/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client of this incarnation of the server: its window and its bell. The window is the client's
 * own memory, mapped here; it vanishes when the client ends or takes it back, so it is touched with
 * files_copy alone.
 */
#ifndef FILELIB_SESSION_H
#define FILELIB_SESSION_H

#include <abi/call.h>
#include <proto/file.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILES_RECALLED 64u /* recalled leases that a session keeps for its client */

struct files_session {
    uint64_t badge;   /**< 0: not attached */
    uint64_t *recalls; /**< a page that the client sees, with a word that grows; NULL: none yet */
    cap_t recalls_shown; /**< its frame, with READ alone */
    uint8_t *window;  /**< where it is, or will be */
    uint32_t pages;   /**< of the window as attached */
    uint32_t given;   /**< pages that are there, from the start */
    word_t region;    /**< the same in bytes; without a window all there could be */
    bool read_only;
    bool all;         /**< more was recalled than fits */
    uint32_t recalled_count;
    struct file_handle recalled[FILES_RECALLED];
    cap_t bell;
    cap_t frames;     /**< first of `pages` slots in a row; 0: none */
};

/**
 * Copy to or from a client's window.
 * @return false: the client's memory is not there
 */
bool files_copy(void *to, const void *from, size_t size);

/** Get ready for the window of a session. @return false: no slots are left for it */
bool files_window_prepare(struct files_session *session, unsigned number, uint32_t pages);

/** Four pages of the window, from `page` on; takes the capabilities in any case. Pages that are
 * there already stay. */
enum file_error files_window_add(struct files_session *session, uint32_t page,
                                 const cap_t frames[4]);

/** Time that passes, in milliseconds. */
uint64_t files_milliseconds(void);

/** Unmap and forget the window and the bell. */
void files_window_drop(struct files_session *session);

/** Signal. @param bell 0: does nothing */
void files_ring(cap_t bell);

/** Forget a bell. */
void files_bell_drop(cap_t bell);

/** Is there no such client any more? */
bool files_client_gone(uint64_t badge);

/** The page that counts recalls, for the client to see. @return its frame, 0: no memory */
cap_t files_recalls_page(struct files_session *session);

/** A lease of this client was recalled. */
void files_session_recall(struct files_session *session, struct file_handle file);

/** Where part of the window is, of which the dispatcher has seen that it lies inside of what has
 * been given; NULL: nothing has. */
static inline uint8_t *files_window_part(const struct files_session *session,
                                         struct ipc_buffer part)
{
    return session->given == 0 ? NULL : session->window + part.offset;
}

#endif
