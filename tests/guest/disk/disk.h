/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of the test of disks, and what they have in common. */
#ifndef DISK_DISK_H
#define DISK_DISK_H

#include <block/client.h>
#include <check/check.h>
#include <rt/bytes.h>
#include <rt/format.h>
#include <rt/program.h>

/* Signals of the sessions. */
#define SIGNAL_FIRST  1u
#define SIGNAL_SECOND 2u

#define MIB (1024ul * 1024)

/** Open a session on the route `block`, or end the test. */
void open_session(struct block_client *c, uint64_t number, uint32_t pages, word_t bits);

/** One request, waited for. */
enum block_status transfer(struct block_client *c, bool write, uint64_t position, uint32_t length,
                           uint32_t offset);

/** What the host wrote into sector `i` of the disk at first: words that name it. */
word_t host_word(uint64_t sector, unsigned word);

/* The parts: each of a boot of its own, named in the first block of the disk. */
void test_all(void);
void test_kill(void);
void test_again(void);
void test_errors(void);
void test_gone(void);
void test_record(bool flushes);

/**
 * Random reads and writes of [first, first + blocks) in units of 4096 bytes, many at once, checked
 * against what was written before.
 */
struct load {
    struct block_client *c;
    uint64_t first;
    uint32_t blocks;
    uint32_t wrong;     /**< reads that gave what was not written */
    uint32_t failed;    /**< requests that failed */
    uint32_t done;      /**< requests completed */
    uint64_t random;
};

/** Begin: nothing is known of the blocks. @param number of the load, 0 or 1 */
void load_begin(struct load *l, struct block_client *c, uint64_t first, uint32_t blocks,
                unsigned number);

/** Go on until `requests` more are submitted; some stay under way. */
void load_run(struct load *l, uint32_t requests);

/** Let all end, then read everything and check it. */
void load_end(struct load *l);

#endif
