/* SPDX-License-Identifier: BSD-2-Clause */
/* The library's functions in our form. They fail only where hardware does the work. */
#include "sha256.h"

#include <mbedtls/sha256.h>

_Static_assert(sizeof(mbedtls_sha256_context) <= sizeof(struct hash_sha256), "it fits");

static mbedtls_sha256_context *context(struct hash_sha256 *hash)
{
    return (mbedtls_sha256_context *)(void *)hash;
}

void hash_sha256_begin(struct hash_sha256 *hash)
{
    mbedtls_sha256_init(context(hash));
    (void)mbedtls_sha256_starts_ret(context(hash), 0);
}

void hash_sha256_add(struct hash_sha256 *hash, const void *data, size_t size)
{
    (void)mbedtls_sha256_update_ret(context(hash), data, size);
}

void hash_sha256_end(struct hash_sha256 *hash, uint8_t to[static HASH_SHA256_BYTES])
{
    (void)mbedtls_sha256_finish_ret(context(hash), to);
    mbedtls_sha256_free(context(hash));
}
