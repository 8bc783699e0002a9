/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A generator of random bytes: ChaCha20 (RFC 8439) in counter mode whose key is replaced by its own
 * output after each request, so that what was given out cannot be computed backwards. The first key
 * comes from the processor (RDRAND where it has it) and the clock.
 */
#include "random.h"

#include <rt/bytes.h>
#include <rt/clock.h>
#include <stdbool.h>

static uint32_t key[8];
static bool seeded;

static uint32_t rotate(uint32_t x, unsigned by)
{
    return x << by | x >> (32 - by);
}

static void quarter(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d)
{
    *a += *b, *d = rotate(*d ^ *a, 16);
    *c += *d, *b = rotate(*b ^ *c, 12);
    *a += *b, *d = rotate(*d ^ *a, 8);
    *c += *d, *b = rotate(*b ^ *c, 7);
}

static void block(uint32_t out[16], uint64_t counter)
{
    uint32_t in[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};

    memcpy(in + 4, key, sizeof key);
    in[12] = (uint32_t)counter;
    in[13] = (uint32_t)(counter >> 32);
    memcpy(out, in, sizeof in);
    for (int i = 0; i < 10; i++) {
        for (int c = 0; c < 4; c++)
            quarter(&out[c], &out[4 + c], &out[8 + c], &out[12 + c]);
        for (int c = 0; c < 4; c++)
            quarter(&out[c], &out[4 + (c + 1) % 4], &out[8 + (c + 2) % 4], &out[12 + (c + 3) % 4]);
    }
    for (int i = 0; i < 16; i++)
        out[i] += in[i];
}

static bool has_rdrand(void)
{
    uint32_t a = 1, b, c = 0, d;

    __asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return c >> 30 & 1;
}

static void seed(void)
{
    bool rdrand = has_rdrand();

    for (unsigned i = 0; i < 8; i++) {
        uint64_t word = 0;

        if (rdrand)
            __asm__ volatile("rdrand %0" : "=r"(word) : : "cc");
        word ^= rt_now() * 0x9e3779b97f4a7c15ul;
        key[i] ^= (uint32_t)(word ^ word >> 32);
    }
    seeded = true;
}

void random_bytes(void *to, size_t bytes)
{
    uint32_t out[16];
    uint64_t counter = 1;
    uint8_t *at = to;

    if (!seeded)
        seed();
    key[0] ^= (uint32_t)rt_now();
    for (; bytes > 0; counter++) {
        size_t n = bytes < sizeof out ? bytes : sizeof out;

        block(out, counter);
        memcpy(at, out, n);
        at += n;
        bytes -= n;
    }
    block(out, 0);
    memcpy(key, out, sizeof key);
}
