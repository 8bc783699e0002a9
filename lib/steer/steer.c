/* SPDX-License-Identifier: BSD-2-Clause */
/* Choosing and running a command; what went wrong, in words. */
#include <rt/bytes.h>
#include <rt/format.h>

#include "steer_priv.h"

#define TEXT 1024u

struct steer steer_now;

void steer_print(const char *format, ...)
{
    char text[TEXT];
    va_list list;
    size_t size;

    va_start(list, format);
    size = rt_format_list(text, sizeof(text), format, list);
    va_end(list);
    steer_now.print(steer_now.context, text, size);
}

bool steer_succeeded(enum supervisor_error error, const char *name)
{
    switch (error) {
    case SUPERVISOR_OK:
        return true;
    case SUPERVISOR_E_NOT_FOUND:
        steer_print("there is no component `%s`; `ps` lists them\n", name);
        break;
    case SUPERVISOR_E_NOT_ALLOWED:
        steer_print("this may not be done to `%s` from here: the route to root does not allow it\n",
                    name);
        break;
    case SUPERVISOR_E_WRONG_STATE:
        steer_print("`%s` is not in a state for this; `ps` shows its state\n", name);
        break;
    case SUPERVISOR_E_EXISTS:
        steer_print("there is a component `%s` already; choose another name\n", name);
        break;
    case SUPERVISOR_E_NO_MEMORY:
        steer_print(
            "there is not enough memory for `%s`: stop something first; `mem` shows who has how "
            "much\n",
            name);
        break;
    case SUPERVISOR_E_BAD_IMAGE:
        steer_print(
            "the image of `%s` is damaged or does not fit its manifest: build the boot image "
            "again\n",
            name);
        break;
    default:
        if (rt_length(name) > SUPERVISOR_NAME_MAX) {
            steer_print("names of components have at most %u letters\n", SUPERVISOR_NAME_MAX);
            break;
        }
        steer_print("`%s`: the supervisor did not answer as it should (error 0x%x)\n", name,
                    (unsigned)error);
        break;
    }
    return false;
}

static const struct steer_command *find(const char *name)
{
    for (const struct steer_command *c = steer_commands; c->name != NULL; c++)
        if (rt_same(c->name, name))
            return c;
    return NULL;
}

void steer_use(const struct steer *to)
{
    steer_now = *to;
}

bool steer_run(const struct steer *to, int argc, char **argv)
{
    const struct steer_command *command = find(argv[0]);

    if (command == NULL)
        return false;
    steer_now = *to;
    if (to->supervisor == 0)
        steer_print(
            "this needs `supervisor`, which is not routed here: add it to the `uses` in the "
            "manifest\n");
    else if (argc - 1 < command->least || argc - 1 > command->most)
        steer_print("usage: %s %s\n", command->name, command->arguments);
    else
        command->run(argc, argv);
    return true;
}

void steer_help(const struct steer *to)
{
    steer_now = *to;
    for (const struct steer_command *c = steer_commands; c->name != NULL; c++) {
        char usage[40];

        rt_format(usage, sizeof(usage), "%s %s", c->name, c->arguments);
        steer_print("  %-20s %s\n", usage, c->help);
    }
}
