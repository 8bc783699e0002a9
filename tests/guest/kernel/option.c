/* SPDX-License-Identifier: BSD-2-Clause */
/* Options on the kernel's command line: name=value, with blanks between them; _ stands for a blank.
 */
#include "test.h"

/* Where the value of `name` begins, NULL if it is not there. */
static const char *find(const char *name)
{
    const char *at = first_info()->command;

    while (*at != 0) {
        word_t i = 0;

        while (name[i] != 0 && at[i] == name[i])
            i++;
        if (name[i] == 0 && at[i] == '=')
            return at + i + 1;
        while (*at != 0 && *at != ' ')
            at++;
        while (*at == ' ')
            at++;
    }
    return 0;
}

word_t test_option(const char *name, word_t otherwise)
{
    const char *at = find(name);
    word_t value = 0;

    if (at == 0)
        return otherwise;
    for (; *at >= '0' && *at <= '9'; at++)
        value = value * 10 + (word_t)(*at - '0');
    return value;
}

static bool begins(const char *text, const char *with)
{
    while (*with != 0 && *with != ' ' && (*text == *with || (*text == ' ' && *with == '_'))) {
        text++;
        with++;
    }
    return *with == 0 || *with == ' ';
}

bool test_chosen(const char *name, const char *text)
{
    const char *value = find(name);

    if (value == 0)
        return true;
    for (; *text != 0; text++) {
        if (begins(text, value))
            return true;
    }
    return false;
}
