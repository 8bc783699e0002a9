/* SPDX-License-Identifier: BSD-2-Clause */
/* CRC-32C (Castagnoli, 1993): the checksum of vaults, ext4 and iSCSI (RFC 3720, appendix B.4). */
#ifndef RT_CHECKSUM_H
#define RT_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/**
 * Checksum of bytes, by the processor's instruction where it has one.
 * @param before 0, or the result for the bytes before these
 */
uint32_t rt_crc32c(uint32_t before, const void *data, size_t size);

/** The same without the instruction; for tests. */
uint32_t rt_crc32c_plain(uint32_t before, const void *data, size_t size);

#endif
