/* SPDX-License-Identifier: BSD-2-Clause */
/* The file half of the Linux personality, on the host: see the other files of this folder. */
#include "fake.h"

static unsigned passed, failed;

void case_end(const char *name, const char *why)
{
    if (why == NULL) {
        printf("ok %s\n", name);
        passed++;
    } else {
        printf("FAIL %s: %s\n", name, why);
        failed++;
    }
}

/* There is no heap here that could leak, and no /proc to look for it once the root is another. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    fake_start();
    cases_tty();
    cases_waiting();
    cases_proc();
    cases_compare(); /* last: changes its root */
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}
