/* SPDX-License-Identifier: BSD-2-Clause */
/* Everything about disks that runs on the host. */
#include "test.h"

static unsigned passed, failed;

void check(bool ok, const char *name)
{
    printf(ok ? "ok %s\n" : "FAIL %s: not so\n", name);
    passed += ok;
    failed += !ok;
}

uint32_t draw(uint32_t below)
{
    static uint64_t x = 0x9e3779b97f4a7c15ul;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return (uint32_t)((x >> 16) % below);
}

void *pages(unsigned count)
{
    static uint8_t all[256][4096] __attribute__((aligned(4096)));
    static unsigned used;

    used += count;
    if (used > sizeof all / sizeof all[0])
        exit(2);
    return all[used - count];
}

int main(void)
{
    test_queue();
    test_setup();
    test_requests();
    test_session();
    test_client();
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}
