/* SPDX-License-Identifier: BSD-2-Clause */
/* Values of scalars: numbers, sizes, times, names. */
#include "node.h"

#include <abi/manifest.h>

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct unit {
    const char *name;
    uint64_t factor;
};

static const struct unit byte_units[] = {
    {"K", 1ul << 10}, {"M", 1ul << 20}, {"G", 1ul << 30}, {NULL, 0}};
static const struct unit time_units[] = {
    {"us", 1}, {"ms", 1000}, {"s", 1000000}, {"min", 60000000}, {NULL, 0}};

/* The number at the start of a text. @return what follows it, NULL if there is none or it is too
 * large */
static const char *leading_number(const char *text, uint64_t *value)
{
    char *end;

    if (!isdigit((unsigned char)text[0]))
        return NULL;
    errno = 0;
    *value = strtoull(text, &end, text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 16 : 10);
    return errno != 0 || end == text ? NULL : end;
}

bool parse_number(const char *text, uint64_t *value)
{
    const char *end = leading_number(text, value);

    return end != NULL && *end == 0;
}

static bool parse_units(const char *text, const struct unit *units, uint64_t *value)
{
    const char *end = leading_number(text, value);

    for (unsigned i = 0; end != NULL && units[i].name != NULL; i++) {
        if (strcmp(end, units[i].name) == 0)
            return !__builtin_mul_overflow(*value, units[i].factor, value);
    }
    return false;
}

bool parse_time(const char *text, uint64_t *us)
{
    return parse_units(text, time_units, us);
}

uint64_t node_number(const struct node *n, const char *what, uint64_t low, uint64_t high,
                     uint64_t otherwise)
{
    const char *text = node_text(n, what);
    uint64_t value;

    if (text == NULL)
        return otherwise;
    if (!parse_number(text, &value) || value < low || value > high) {
        report(n->place, "%s is '%s'; expected a number from %llu to %llu", what, text,
               (unsigned long long)low, (unsigned long long)high);
        return otherwise;
    }
    return value;
}

uint64_t node_bytes(const struct node *n, const char *what, uint64_t low, uint64_t high,
                    uint64_t otherwise)
{
    const char *text = node_text(n, what);
    uint64_t value;

    if (text == NULL)
        return otherwise;
    if (!parse_units(text, byte_units, &value)) {
        report(n->place, "%s is '%s'; expected a size as in 64K, 2M or 1G", what, text);
        return otherwise;
    }
    if (value < low || value > high || value % 4096 != 0) {
        report(n->place, "%s is '%s'; expected a multiple of 4K from %lluK to %lluK", what, text,
               (unsigned long long)(low >> 10), (unsigned long long)(high >> 10));
        return otherwise;
    }
    return value;
}

uint64_t node_time(const struct node *n, const char *what, uint64_t low, uint64_t high,
                   uint64_t otherwise)
{
    const char *text = node_text(n, what);
    uint64_t value;

    if (text == NULL)
        return otherwise;
    if (!parse_time(text, &value) || value < low || value > high) {
        report(n->place,
               "%s is '%s'; expected a time as in 500us, 10ms, 2s or 1min, from %lluus to %llus",
               what, text, (unsigned long long)low, (unsigned long long)(high / 1000000));
        return otherwise;
    }
    return value;
}

const char *node_name(const struct node *n, const char *what)
{
    const char *text = node_text(n, what);

    if (text == NULL)
        return NULL;
    if (strlen(text) > MANIFEST_NAME || !isalnum((unsigned char)text[0]) ||
        strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != strlen(text)) {
        report(n->place,
               "%s is '%s'; expected a name of at most %u small letters, digits, -, _ and .", what,
               text, MANIFEST_NAME);
        return NULL;
    }
    return text;
}
