/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The record of a component's doings: one page at COMPONENT_RECORD that its supervisor reads, to
 * see whether it lives, and when it has ended, for the report. lib/ipc and lib/posix write it;
 * nobody relies on what stands in it.
 */
#ifndef RT_RECORD_H
#define RT_RECORD_H

#include <abi/call.h>
#include <stddef.h>

#define RECORD_MESSAGES 32u
#define RECORD_TEXT     3072u

/** A request that came. */
struct rt_request {
    word_t badge;
    word_t tag;
};

/** The page. */
struct rt_record {
    word_t beats;      /**< signs of life besides requests; grows while the component works */
    word_t came;       /**< requests so far; request n is request[n % RECORD_MESSAGES] */
    word_t done;       /**< of them, those that its callbacks have returned from */
    word_t text_bytes; /**< of lines so far; byte n is text[n % RECORD_TEXT] */
    word_t own[5];     /**< the program's own figures, for who reads them */
    struct rt_request request[RECORD_MESSAGES];
    char text[RECORD_TEXT]; /**< its last lines, each ends in a newline */
};

_Static_assert(sizeof(struct rt_record) <= 4096, "one page");

/** The calling component's page. */
struct rt_record *rt_record(void);

/** Keep a line for the report. @param size without a newline */
void rt_record_line(const char *text, size_t size);

/**
 * A sign of life, for what takes long: a component with a heartbeat (servers have one if their
 * manifest says nothing) must not compute for half of it without one. ipc_serve gives one with each
 * request.
 */
static inline void rt_beat(struct rt_record *record)
{
    __atomic_store_n(&record->beats, record->beats + 1, __ATOMIC_RELAXED);
}

/** A request comes. Serving thread only. */
static inline void rt_record_came(struct rt_record *record, word_t badge, word_t tag)
{
    record->request[record->came % RECORD_MESSAGES] =
        (struct rt_request){.badge = badge, .tag = tag};
    record->came++; /* which is a sign of life, too */
}

/** Its callback has returned. */
static inline void rt_record_done(struct rt_record *record)
{
    record->done = record->came;
}

#endif
