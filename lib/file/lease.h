/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Leases: which sessions may remember what they know of a file. A server that restarts forgets
 * them, which its clients learn because their sessions are gone too.
 */
#ifndef FILELIB_LEASE_H
#define FILELIB_LEASE_H

#include <proto/file.h>
#include <stdbool.h>
#include <stdint.h>

#define FILES_LEASES 2048u

struct files_lease {
    struct file_handle file;
    uint64_t holders; /**< a bit for each session; 0: unused */
};

struct files_leases {
    struct files_lease lease[FILES_LEASES];
    uint16_t head[FILES_LEASES]; /**< by inode: first lease + 1 */
    uint16_t next[FILES_LEASES];
    uint16_t unused;
    uint16_t victim; /**< the next to go when all are in use */
    uint32_t count;
};

void files_leases_open(struct files_leases *leases);

/**
 * Give a session a lease.
 * @param lost set to a lease that had to go for it, holders 0: none
 */
void files_lease_give(struct files_leases *leases, unsigned session, struct file_handle file,
                      struct files_lease *lost);

/** Take a file's leases back, of all sessions but those in `except`. @return who had one */
uint64_t files_lease_take(struct files_leases *leases, struct file_handle file, uint64_t except);

/** A session has none any more. */
void files_lease_end(struct files_leases *leases, unsigned session);

#endif
