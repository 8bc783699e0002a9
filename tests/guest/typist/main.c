/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client of the console, for tests/qemu/console.py. The argument do= says what it does: `raw`
 * reads bytes and prints them in hexadecimal up to a Q; `line` reads one line and prints it; `talk`
 * prints many lines; `wait` waits for a line for ever.
 */
#include <proto/console.h>
#include <rt/bytes.h>
#include <rt/program.h>
#include <stdio.h>
#include <string.h>

#define LINES 400

static int raw(cap_t console)
{
    unsigned char data[CONSOLE_CHUNK_MAX];
    size_t size = 0;

    printf("raw\n");
    for (;;) {
        if (console_read(console, 10, data, &size) != CONSOLE_OK)
            return 1;
        for (size_t i = 0; i < size; i++) {
            printf("%02x\n", data[i]);
            if (data[i] == 'Q')
                return 0;
        }
    }
}

static int line(cap_t console)
{
    char text[CONSOLE_LINE_MAX + 1];
    enum console_error error = console_read_line(console, "front> ", text);

    printf("error %u, line \"%s\"\n", (unsigned)error, error == CONSOLE_OK ? text : "");
    return 0;
}

static int talk(void)
{
    for (int i = 1; i <= LINES; i++)
        printf("<line %d of those that must all appear>\n", i);
    return 0;
}

int main(void)
{
    const char *what = rt_argument("do");
    cap_t console = rt_uses("console");

    if (what == NULL || console == 0)
        return 2;
    if (strcmp(what, "raw") == 0)
        return raw(console);
    return strcmp(what, "talk") == 0 ? talk() : line(console);
}
