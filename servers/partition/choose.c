/* SPDX-License-Identifier: BSD-2-Clause */
/* Rules of the manifest: which partition. */
#include "choose.h"

#include <stddef.h>

#define LABEL  "label:"
#define TYPE   "type:"
#define WHOLE  "disk"
#define NUMBER_MAX 100000u

/* `text` begins with `word`: what is behind it. NULL: it does not */
static const char *behind(const char *text, const char *word)
{
    while (*word != 0) {
        if (*text++ != *word++)
            return NULL;
    }
    return text;
}

/* The last comma: labels may have some too. @return bytes before it; 0: there is none */
static size_t find_access(const char *rule, bool *read_only)
{
    size_t comma = 0;

    for (size_t i = 0; rule[i] != 0; i++) {
        if (rule[i] == ',')
            comma = i;
    }
    if (comma == 0 || (rule[comma + 1] != 'r') ||
        (rule[comma + 2] != 'o' && rule[comma + 2] != 'w') || rule[comma + 3] != 0)
        return 0;
    *read_only = rule[comma + 2] == 'o';
    return comma;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Bytes of digits, hyphens between them. @return how many; 0: it is something else */
static size_t take_bytes(const char *text, size_t size, uint8_t *to)
{
    size_t count = 0;

    for (size_t i = 0; i < size; i += 2) {
        if (text[i] == '-' && count > 0)
            i++;
        if (i + 1 >= size || count == 16 || hex_digit(text[i]) < 0 || hex_digit(text[i + 1]) < 0)
            return 0;
        to[count++] = (uint8_t)(hex_digit(text[i]) * 16 + hex_digit(text[i + 1]));
    }
    return count;
}

/* On the disk the first three groups of a GUID are little-endian (appendix A of the
 * specification). */
static void as_on_disk(const uint8_t *written, uint8_t *disk)
{
    static const uint8_t from[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

    for (unsigned i = 0; i < 16; i++)
        disk[i] = written[from[i]];
}

static bool same(const uint8_t *a, const uint8_t *b, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        if (a[i] != b[i])
            return false;
    }
    return true;
}

static const struct partition *by_type(const struct table *t, const uint8_t *type, size_t bytes)
{
    for (uint32_t i = 0; i < t->count; i++) {
        if (same(t->partition[i].type, type, bytes))
            return &t->partition[i];
    }
    return NULL;
}

static const struct partition *by_label(const struct table *t, const char *text, size_t size)
{
    for (uint32_t i = 0; i < t->count; i++) {
        const char *label = t->partition[i].label;
        size_t k = 0;

        while (k < size && label[k] == text[k] && label[k] != 0)
            k++;
        if (k == size && label[k] == 0)
            return &t->partition[i];
    }
    return NULL;
}

static const struct partition *by_number(const struct table *t, uint32_t number)
{
    for (uint32_t i = 0; i < t->count; i++) {
        if (t->partition[i].number == number)
            return &t->partition[i];
    }
    return NULL;
}

static enum choose_error take(struct choice *choice, const struct partition *p)
{
    if (p == NULL)
        return CHOOSE_NONE;
    choice->first = p->first;
    choice->blocks = p->blocks;
    return CHOOSE_OK;
}

static enum choose_error choose_type(struct choice *choice, const char *text, size_t size,
                                     const struct table *t)
{
    uint8_t bytes[16], disk[16];
    size_t count = take_bytes(text, size, bytes);
    bool gpt = t->kind == TABLE_GPT || t->kind == TABLE_GPT_BACKUP;

    if (count != 1 && count != 16)
        return CHOOSE_SYNTAX;
    if (gpt != (count == 16))
        return CHOOSE_NONE;
    if (count == 1)
        return take(choice, by_type(t, bytes, 1));
    as_on_disk(bytes, disk);
    return take(choice, by_type(t, disk, 16));
}

static enum choose_error choose_number(struct choice *choice, const char *text, size_t size,
                                       const struct table *t)
{
    uint32_t number = 0;

    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9' || number > NUMBER_MAX)
            return CHOOSE_SYNTAX;
        number = number * 10 + (uint32_t)(text[i] - '0');
    }
    return take(choice, by_number(t, number));
}

enum choose_error choose(struct choice *choice, const char *rule, const struct table *t,
                         uint64_t disk_blocks)
{
    size_t size = find_access(rule, &choice->read_only);
    const char *end = rule + size, *rest;

    if (size == 0)
        return CHOOSE_SYNTAX;
    rest = behind(rule, WHOLE);
    if (rest == end) {
        choice->first = 0;
        choice->blocks = disk_blocks;
        return CHOOSE_OK;
    }
    rest = behind(rule, LABEL);
    if (rest != NULL && rest < end)
        return take(choice, by_label(t, rest, (size_t)(end - rest)));
    rest = behind(rule, TYPE);
    if (rest != NULL && rest < end)
        return choose_type(choice, rest, (size_t)(end - rest), t);
    return choose_number(choice, rule, size, t);
}
