/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hello: the smallest component. Its manifest (system/examples.yaml) routes it the console, which
 * is where standard output goes; without it, it would go to the log, and without that nowhere.
 *
 * Output: examples/hello/expected.txt
 */
#include <stdio.h>

int main(int argc, char **argv)
{
    printf("Hello, I am %s.\n", argv[0]);
    for (int i = 1; i < argc; i++)
        printf("My manifest gave me the argument \"%s\".\n", argv[i]);
    return 0;
}
