/* SPDX-License-Identifier: BSD-2-Clause */
/* The oracle's sequences, chosen by libFuzzer: its bytes are the numbers that a seed would give,
 * and what they reach in the kernel decides which it tries next. */
#include "drive.h"

/* With 40, as in the oracle, most of what it changes would come too late to matter. */
#define STEPS 24

const struct witness *const witness = NULL;

_Noreturn void differ(const char *file, int line, const char *what, word_t is, word_t should)
{
    fprintf(stderr, "FAIL step %lu: %s:%d: %s is %#lx, should be %#lx\n",
            (unsigned long)step_count, file, line, what, (unsigned long)is, (unsigned long)should);
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool made;

    if (!made)
        world_make();
    made = true;
    step_count = 0;
    world_restore();
    step_begin();
    seed_bytes(data, size);
    choose_begin();
    world_vary();
    for (word_t i = 0; i < STEPS; i++) {
        if (!step_random())
            break;
    }
    compare_tables();
    compare_user();
    return 0;
}
