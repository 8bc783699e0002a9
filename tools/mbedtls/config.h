/* SPDX-License-Identifier: BSD-2-Clause */
/* What of Mbed TLS is built: SHA-256. */
#define MBEDTLS_SHA256_C
