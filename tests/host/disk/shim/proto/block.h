/* SPDX-License-Identifier: BSD-2-Clause */
/* The protocol `block` as a client sees it, played by client.c. */
#ifndef PROTO_BLOCK_H
#define PROTO_BLOCK_H

#include <abi/call.h>
#include <stdbool.h>
#include <stdint.h>

#define BLOCK_QUEUE_PAGES 4
#define BLOCK_BATCH       4

enum block_error {
    BLOCK_OK = 0,
    BLOCK_E_NO_DEVICE = 1,
    BLOCK_E_EXHAUSTED = 2,
    BLOCK_E_NO_SESSION = 5,
    BLOCK_E_FAILED = 99,
    BLOCK_E_TRANSPORT = 0x20000
};

struct block_geometry {
    uint64_t size;
    uint32_t block_bytes, physical_bytes, transfer_bytes, discard_bytes, zero_bytes;
    bool read_only, write_cache;
};

enum block_error block_open(cap_t server, uint64_t session, uint32_t pages, uint64_t first,
                            uint64_t size, bool read_only, cap_t signal,
                            struct block_geometry *geometry, bool *kept, cap_t *bell);
enum block_error block_frames(cap_t server, uint64_t session, uint32_t index, cap_t *frame_0,
                              cap_t *frame_1, cap_t *frame_2, cap_t *frame_3);
enum block_error block_recall(cap_t server, uint64_t session);
enum block_error block_close(cap_t server, uint64_t session);

#endif
