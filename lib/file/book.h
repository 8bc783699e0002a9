/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a file server must not forget when it is restarted: which clients there are, what they have
 * open, and the outcomes of their last calls with a token. It lies in memory that the server gives:
 * where it keeps its data. Beside it is an index, made anew by files_book_open.
 *
 * Clients, outcomes and handles of open files have checksums. What does not agree with its own is
 * left out: a client then attaches anew, a file without a name that only this entry kept is gone.
 */
#ifndef FILELIB_BOOK_H
#define FILELIB_BOOK_H

#include <proto/file.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILES_SESSIONS 64u /* a bit each in a word */
#define FILES_OPEN_MAX 4096u

/** How a call with a token went; only what succeeded is remembered. */
struct files_outcome {
    uint64_t token; /**< 0: none */
    struct file_handle file;
    uint64_t size, file_size;
    uint64_t crc; /**< the book's */
};

/** A client. */
struct files_client {
    uint64_t badge;  /**< 0: nobody */
    uint64_t number; /**< which incarnation of it */
    uint64_t crc;    /**< of these two */
    uint64_t next;   /**< where the next outcome goes, and above that a checksum; what stands there
                        is none */
    struct files_outcome outcome[FILE_TOKENS + 1];
};

/** A file that is open. */
struct files_open {
    struct file_handle file;
    uint64_t crc;   /**< of the handle */
    uint64_t users; /**< a bit for each session; 0: unused */
};

/** The part that is kept. */
struct files_kept {
    uint64_t magic;
    uint64_t opens; /**< entries of `open` */
    struct files_client client[FILES_SESSIONS];
    struct files_open open[];
};

struct files_book {
    struct files_kept *kept;
    /** Called before bytes of `kept` change. NULL: nothing to do. */
    void (*change)(void *fs, void *at, size_t bytes);
    void *fs;
    uint16_t head[FILES_OPEN_MAX]; /**< by inode: first entry + 1 */
    uint16_t next[FILES_OPEN_MAX];
    uint16_t unused;               /**< first unused entry + 1 */
    uint64_t newest[FILES_SESSIONS]; /**< no greater token of a client is remembered */
    unsigned damaged;              /**< entries that were left out by files_book_open */
};

/** Bytes that a book needs for so many open files, at most FILES_OPEN_MAX. */
static inline size_t files_book_bytes(unsigned opens)
{
    return sizeof(struct files_kept) + opens * sizeof(struct files_open);
}

/**
 * Take over what is in `kept`, or start afresh where it is not sound.
 * @param bytes as from files_book_bytes, aligned to 8
 * @return true: taken over
 */
bool files_book_open(struct files_book *book, void *kept, size_t bytes);

/** Number of the session with this badge. @return FILES_SESSIONS: there is none */
unsigned files_book_find(const struct files_book *book, uint64_t badge);

/** Enter a client in an unused place, or give one a new number. */
void files_book_enter(struct files_book *book, unsigned session, uint64_t badge, uint64_t number);

/** Forget a client, or its outcomes; it has nothing open. */
void files_book_leave(struct files_book *book, unsigned session);

/** What a call with this token came to. @return NULL: it is not remembered, or token is 0 */
const struct files_outcome *files_book_outcome(const struct files_book *book, unsigned session,
                                               uint64_t token);

/** Remember an outcome; nothing with token 0. */
void files_book_note(struct files_book *book, unsigned session,
                     const struct files_outcome *outcome);

/** A bit for each session that has a file open. */
uint64_t files_book_users(const struct files_book *book, struct file_handle file);

/** Note that a session has a file open. @return false: too many files are open */
bool files_book_open_file(struct files_book *book, unsigned session, struct file_handle file);

/** Note that it has not. @return true: nobody has it open any more */
bool files_book_close_file(struct files_book *book, unsigned session, struct file_handle file);

/** Any file that a session has open, from entry *at on. @return false: no more */
bool files_book_next(const struct files_book *book, unsigned session, unsigned *at,
                     struct file_handle *file);

#endif
