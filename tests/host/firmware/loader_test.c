/* SPDX-License-Identifier: BSD-2-Clause */
/* What PVH and Multiboot2 leave in memory: read, or refused with the reason. */
#include <string.h>

#include "fake.h"

#define INFO 0x1000u

static struct loader loader;

/* Whether it is read; if not, refusal says why. */
static bool read(word_t kind)
{
    memset(&loader, 0, sizeof loader);
    refusal = "";
    if (setjmp(refused) != 0)
        return false;
    loader_read(&loader, kind, INFO);
    return true;
}

static bool refuses(word_t kind, const char *why)
{
    return !read(kind) && strstr(refusal, why) != 0;
}

static bool as_made(void)
{
    return loader.usable.count == 2 && loader.usable.at[1].first == 0x100000 &&
           loader.usable.at[1].end == 0x8000000 && loader.reserved.count == 1 &&
           loader.image_first == 0x700000 && loader.image_bytes == 12345 &&
           strcmp(loader.command, "quiet please") == 0;
}

static void range_make(word_t at, word_t first, word_t bytes, word_t type)
{
    put(at, first, 8);
    put(at + 8, bytes, 8);
    put(at + 16, type, 4);
}

static void ranges_make(word_t at)
{
    range_make(at, 0, 0x9fc00, 1);
    range_make(at + 24, 0xf0000, 0x10000, 2);
    range_make(at + 48, 0x100000, 0x7f00000, 1);
}

static void pvh_make(void)
{
    memset(memory, 0, sizeof memory);
    put(INFO, 0x336ec578, 4);
    put(INFO + 4, 1, 4);
    put(INFO + 12, 1, 4);
    put(INFO + 16, 0x2000, 8);
    put(INFO + 24, 0x3000, 8);
    put(INFO + 32, 0xf5000, 8);
    put(INFO + 40, 0x4000, 8);
    put(INFO + 48, 3, 4);
    put(0x2000, 0x700000, 8);
    put(0x2008, 12345, 8);
    memcpy(&memory[0x3000], "quiet please", 13);
    ranges_make(0x4000);
}

static bool pvh_reads(void)
{
    pvh_make();
    return read(LOADER_PVH) && as_made() && loader.rsdp == 0xf5000 && !loader.rsdp_copy;
}

static bool pvh_refuses(void)
{
    pvh_make();
    put(INFO, 0, 4);
    bool good = refuses(LOADER_PVH, "not there");
    pvh_make();
    put(INFO + 4, 0, 4);
    good = good && refuses(LOADER_PVH, "no memory map");
    pvh_make();
    put(INFO + 12, 0, 4);
    good = good && refuses(LOADER_PVH, "no boot image");
    pvh_make();
    put(INFO + 40, 1ul << 40, 8);
    good = good && refuses(LOADER_PVH, "memory map");
    pvh_make();
    put(0x2000, 0x700010, 8);
    return good && refuses(LOADER_PVH, "page boundary");
}

static word_t tag(word_t at, word_t type, word_t bytes)
{
    put(at, type, 4);
    put(at + 4, bytes, 4);
    return at + ((bytes + 7) & ~7ul);
}

static void multiboot2_make(void)
{
    memset(memory, 0, sizeof memory);
    word_t at = INFO + 8, next = tag(at, 1, 8 + 13);
    memcpy(&memory[at + 8], "quiet please", 13);
    at = next;
    next = tag(at, 3, 17);
    put(at + 8, 0x700000, 4);
    put(at + 12, 0x700000 + 12345, 4);
    at = next;
    next = tag(at, 14, 28);
    at = next;
    next = tag(at, 15, 44);
    at = next;
    next = tag(at, 6, 16 + 72);
    put(at + 8, 24, 4);
    ranges_make(at + 16);
    at = tag(next, 0, 8);
    put(INFO, at - INFO, 4);
}

static bool multiboot2_reads(void)
{
    multiboot2_make();
    return read(LOADER_MULTIBOOT2) && as_made() && loader.rsdp_copy == 1 && loader.rsdp > INFO;
}

static bool multiboot2_refuses(void)
{
    multiboot2_make();
    put(INFO, 0x10000000, 4);
    bool good = refuses(LOADER_MULTIBOOT2, "damaged");
    multiboot2_make();
    tag(INFO + 8, 0, 8);
    return good && refuses(LOADER_MULTIBOOT2, "no memory map") &&
           refuses(LOADER_UNKNOWN, "neither PVH nor Multiboot2");
}

static bool random_damage(word_t kind, void (*make)(void))
{
    for (unsigned i = 0; i < 100000; i++) {
        make();
        for (word_t n = 1 + draw(6); n > 0; n--)
            memory[INFO + draw(300)] = (uint8_t)draw(256);
        if (read(kind) && loader.command[BOOT_COMMAND - 1] != 0)
            return false;
    }
    return true;
}

void test_loaders(void)
{
    report("pvh: everything is read", pvh_reads());
    report("pvh: what is missing is named", pvh_refuses());
    report("multiboot2: everything is read", multiboot2_reads());
    report("multiboot2: what is missing is named", multiboot2_refuses());
    report("pvh: 100000 damaged ones are survived", random_damage(LOADER_PVH, pvh_make));
    report("multiboot2: 100000 damaged ones are survived",
           random_damage(LOADER_MULTIBOOT2, multiboot2_make));
}
