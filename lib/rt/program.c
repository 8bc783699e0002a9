/* SPDX-License-Identifier: BSD-2-Clause */
/* What a component was given, its start and its end. */
#include "program.h"

#include "bytes.h"
#include "format.h"
#include "program_priv.h"
#include "record.h"
#include "thread.h"
#include "thread_priv.h"

#define ARGUMENTS 32

static char *arguments[ARGUMENTS + 2];

const struct component_entry *rt_find(enum component_kind kind, const char *name)
{
    const struct component_info *info = rt_info();

    for (word_t i = 0; i < info->entry_count && i < COMPONENT_ENTRIES; i++) {
        const struct component_entry *entry = &info->entries[i];

        if (entry->kind == kind && (name == NULL || rt_same(entry->name, name)))
            return entry;
    }
    return NULL;
}

cap_t rt_given(enum component_kind kind, const char *name)
{
    const struct component_entry *entry = rt_find(kind, name);

    return entry != NULL ? entry->slot : 0;
}

cap_t rt_uses(const char *name)
{
    return rt_given(COMPONENT_USES, name);
}

word_t rt_provides(const char *protocol)
{
    const struct component_entry *entry = rt_find(COMPONENT_PROVIDES, protocol);

    return entry != NULL ? entry->value : 0;
}

const char *rt_argument(const char *name)
{
    size_t size = rt_length(name);

    for (int i = 1; arguments[i] != NULL; i++)
        if (rt_length(arguments[i]) > size && memcmp(arguments[i], name, size) == 0 &&
            arguments[i][size] == '=')
            return arguments[i] + size + 1;
    return NULL;
}

void rt_exit(int status)
{
    struct message m = {.tag = MESSAGE_TAG(COMPONENT_EXIT, 1, 0), .w = {(word_t)(int64_t)status}};

    (void)sys_call(COMPONENT_SUPERVISOR, &m);
    __builtin_trap(); /* there is no supervisor: a fault is the only end left */
}

void rt_alive(void)
{
    rt_beat(rt_record());
}

/* A line of at most COMPONENT_LINE bytes, behind a beginning of it that is there already. */
static void say(enum component_call what, unsigned level, char line[static COMPONENT_LINE + 1],
                size_t size, const char *format, va_list list)
{
    struct message_buffer *buffer = rt_buffer();
    struct message m;
    size_t words;

    size += rt_format_list(line + size, COMPONENT_LINE + 1 - size, format, list);
    words = (size + 7) / 8;
    m = (struct message){.tag = MESSAGE_TAG(what, MESSAGE_REGS + words, 0), .w = {level, size}};
    rt_record_line(line, size);
    if (words > 0)
        buffer->words[MESSAGE_REGS + words - 1] = 0;
    memcpy(&buffer->words[MESSAGE_REGS], line, size);
    (void)sys_call(COMPONENT_SUPERVISOR, &m);
}

/* What the functions of this form have in common: their arguments from `format` on are a line. */
#define SAY(what, level, format)                   \
    do {                                           \
        char line[COMPONENT_LINE + 1];             \
        va_list list;                              \
                                                   \
        va_start(list, format);                    \
        say(what, level, line, 0, format, list);   \
        va_end(list);                              \
    } while (0)

void rt_say(unsigned level, const char *format, ...)
{
    SAY(COMPONENT_SAY, level, format);
}

void rt_recovered(const char *format, ...)
{
    SAY(COMPONENT_RECOVERED, 2, format);
}

void rt_degraded(const char *format, ...)
{
    SAY(COMPONENT_DEGRADED, 0, format);
}

void rt_fail(const char *file, int line, const char *format, ...)
{
    char text[COMPONENT_LINE + 1];
    size_t size = rt_format(text, sizeof(text), "%s:%d: ", file, line);
    va_list list;

    va_start(list, format);
    say(COMPONENT_SAY, 0, text, size, format, list);
    va_end(list);
    __builtin_trap();
}

void rt_client_name(word_t badge, char name[static COMPONENT_NAME])
{
    struct message m = {.tag = MESSAGE_TAG(COMPONENT_WHO, 1, 0), .w = {badge}};

    memset(name, 0, COMPONENT_NAME);
    if (sys_call(COMPONENT_SUPERVISOR, &m) != E_OK ||
        m.tag != MESSAGE_TAG(0, COMPONENT_NAME / 8, 0))
        return;
    memcpy(name, m.w, COMPONENT_NAME - 1);
}

/* Cut the arguments apart. They lie one behind the other, and the page is not ours to trust in
 * length. */
static int read_arguments(void)
{
    static char text[COMPONENT_ARGS + 2];
    const struct component_info *info = rt_info();
    static char name[COMPONENT_NAME];
    int count = 1;

    memcpy(text, info->args, COMPONENT_ARGS);
    memcpy(name, info->name, COMPONENT_NAME - 1);
    arguments[0] = name;
    for (size_t at = 0; text[at] != 0 && count <= ARGUMENTS; at += rt_length(text + at) + 1)
        arguments[count++] = text + at;
    arguments[count] = NULL;
    return count;
}

__attribute__((weak)) int rt_run(int argc, char **argv)
{
    return main(argc, argv);
}

void rt_start(void)
{
    rt_thread_first();
    if (rt_info()->magic != COMPONENT_MAGIC || rt_info()->version != ABI_VERSION)
        rt_fail(__FILE__, __LINE__, "made for ABI %u, started by one of ABI %lu", ABI_VERSION,
                rt_info()->version);
    rt_exit(rt_run(read_arguments(), arguments));
}
