/* SPDX-License-Identifier: BSD-2-Clause */
/* With SSE4.2 eight bytes an instruction, else four bits a step: slow, but right everywhere. */
#include "checksum.h"

#include <cpuid.h>
#include <stdbool.h>

/* Remainders of the four low bits by the polynomial 0x82f63b78 (bits reversed). */
static const uint32_t steps[16] = {
    0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
    0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

uint32_t rt_crc32c_plain(uint32_t before, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    uint32_t crc = ~before;

    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        crc = crc >> 4 ^ steps[crc & 15];
        crc = crc >> 4 ^ steps[crc & 15];
    }
    return ~crc;
}

__attribute__((target("sse4.2"))) static uint32_t by_instruction(uint32_t before,
                                                                 const uint8_t *bytes, size_t size)
{
    uint64_t crc = ~before;

    for (; size > 0 && (uintptr_t)bytes % 8 != 0; size--)
        crc = __builtin_ia32_crc32qi((uint32_t)crc, *bytes++);
    for (; size >= 32; size -= 32, bytes += 32) {
        const uint64_t *words = (const uint64_t *)(const void *)bytes;

        crc = __builtin_ia32_crc32di(crc, words[0]);
        crc = __builtin_ia32_crc32di(crc, words[1]);
        crc = __builtin_ia32_crc32di(crc, words[2]);
        crc = __builtin_ia32_crc32di(crc, words[3]);
    }
    for (; size >= 8; size -= 8, bytes += 8)
        crc = __builtin_ia32_crc32di(crc, *(const uint64_t *)(const void *)bytes);
    for (; size > 0; size--)
        crc = __builtin_ia32_crc32qi((uint32_t)crc, *bytes++);
    return ~(uint32_t)crc;
}

static bool has_instruction(void)
{
    static int known; /* 1: no, 2: yes */
    unsigned a, b, c = 0, d;

    if (known == 0)
        known = __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSE4_2) ? 2 : 1;
    return known == 2;
}

uint32_t rt_crc32c(uint32_t before, const void *data, size_t size)
{
    return has_instruction() ? by_instruction(before, data, size)
                             : rt_crc32c_plain(before, data, size);
}
