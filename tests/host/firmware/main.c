/* SPDX-License-Identifier: BSD-2-Clause */
/* What firmware and loaders say, right and wrong: kernel/boot must read it or refuse it, and never
 * reach outside of it. Sanitizers watch; the sequence of random numbers is fixed by the seed. */
#include <stdio.h>

#include "fake.h"

#define SEED 0x7e55e8aul

uint8_t memory[MEMORY];
jmp_buf refused;
const char *refusal;
unsigned said;

static unsigned passed, failed;
static word_t state = SEED;

const void *boot_at(word_t paddr, word_t bytes, const char *what)
{
    if (bytes > MEMORY || paddr > MEMORY - bytes)
        boot_refuse(what, "outside of memory");
    return &memory[paddr];
}

void boot_say(const char *text, word_t number)
{
    (void)text;
    (void)number;
    said++;
}

_Noreturn void boot_refuse(const char *what, const char *fix)
{
    (void)fix;
    refusal = what;
    longjmp(refused, 1);
}

void put(word_t at, word_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        memory[at + i] = (uint8_t)(value >> (8 * i));
}

void seal(word_t at, word_t bytes, word_t sum)
{
    uint8_t total = 0;

    memory[sum] = 0;
    for (word_t i = 0; i < bytes; i++)
        total = (uint8_t)(total + memory[at + i]);
    memory[sum] = (uint8_t)-total;
}

word_t draw(word_t limit)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % limit;
}

void report(const char *name, bool good)
{
    passed += good;
    failed += !good;
    if (good)
        printf("ok %s\n", name);
    else
        printf("FAIL %s: seed %#lx\n", name, SEED);
}

int main(void)
{
    test_ranges();
    test_acpi();
    test_loaders();
    printf("%u passed, %u failed\n", passed, failed);
    return failed > 0;
}
