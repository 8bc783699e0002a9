/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA-256 (FIPS 180-4), by Mbed TLS (tools/mbedtls). */
#ifndef HASH_SHA256_H
#define HASH_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define HASH_SHA256_BYTES 32u

/** A hash being made; the library's own. */
struct hash_sha256 {
    uint64_t state[16];
};

void hash_sha256_begin(struct hash_sha256 *hash);
void hash_sha256_add(struct hash_sha256 *hash, const void *data, size_t size);

/** The hash of all that was added. */
void hash_sha256_end(struct hash_sha256 *hash, uint8_t to[static HASH_SHA256_BYTES]);

#endif
