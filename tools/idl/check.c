/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a protocol must mean to be accepted. Every mistake is reported at its
 * place; the writers may then rely on a complete tree: constants and names
 * resolved, every integer with its range, every message within its limits.
 */
#include <ctype.h>
#include <string.h>

#include "layout.h"
#include "tree.h"

enum { NUMBER_MAX = 0xffff, VERSION_MAX = 0xffff };

/* Names that mean something else in the C that is written. */
static const char *const reserved_names[] = {
    "auto", "break", "case", "char", "continue", "default", "do", "double", "else", "extern",
    "float", "for", "goto", "if", "inline", "int", "long", "register", "restrict", "return",
    "short", "signed", "sizeof", "static", "switch", "typedef", "union", "unsigned", "void",
    "volatile", "while", "asm", "typeof", "true", "false", "self", "badge", "server", "reply",
    "region", "tests", "linux", "unix"
};

/* Names of methods that meet those of other functions. */
static const char *const reserved_methods[] = {"dispatch", "dispatch_any", "service"};

/* Names of constants that the header defines already, and beginnings of such names. */
static const char *const reserved_constants[] = {"VERSION", "OK", "DEFER", "E_", "METHOD_"};

/* Names that the errors of every protocol have already. */
static const char *const reserved_errors[] = {
    "malformed", "method", "reply", "arg", "failed", "transport", "defer"
};

static bool listed(const char *name, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, list[i]) == 0)
            return true;
    return false;
}

#define LISTED(name, list) listed(name, list, sizeof(list) / sizeof(*(list)))

static void check_name(struct source *source, const char *name, struct place place)
{
    for (const char *c = name; *c; c++) {
        if (isupper((unsigned char)*c)) {
            source_error(source, place, "`%s` must be in lower case", name);
            return;
        }
    }
    if (LISTED(name, reserved_names) || strncmp(name, "ipc_", 4) == 0)
        source_error(source, place, "the name `%s` is taken in the generated C", name);
}

/* Report each item whose name occurs earlier in the list. */
static void check_unique_names(struct source *source, struct item *list, const char *what)
{
    for (struct item *item = list; item; item = item->next) {
        struct item *first = item_find(list, item->name);

        if (first != item) {
            source_error(source, item->place, "there is a second %s `%s`", what, item->name);
            source_note(source, first->place, "the first is here");
        }
    }
}

/* Report each item whose number occurs earlier in the list. */
static void check_unique_numbers(struct source *source, struct item *list, const char *what)
{
    for (struct item *item = list; item; item = item->next) {
        struct item *first = list;

        while (first->value.value != item->value.value)
            first = first->next;
        if (first != item) {
            source_error(source, item->value.place, "%s `%s` has the same number as `%s`", what,
                         item->name, first->name);
            source_note(source, first->value.place, "which is here");
        }
    }
}

static void resolve(struct source *source, struct value *value)
{
    struct item *constant;

    if (!value->name)
        return;
    constant = item_find(source->protocol->constants, value->name);
    if (!constant)
        source_error(source, value->place, "there is no constant `%s`", value->name);
    else
        value->value = constant->value.value;
}

/* Print a number wider than printf knows; the result is good until the next call but one. */
static const char *shown(number_t number)
{
    static char text[2][48];
    static int turn;
    char *to = text[turn ^= 1];

    number_print(to, sizeof(text[0]), number);
    return to;
}

static void check_between(struct source *source, const struct value *value, number_t low,
                          number_t high, const char *what)
{
    if (value->value < low || value->value > high)
        source_error(source, value->place, "%s must be %s to %s", what, shown(low),
                     shown(high));
}

static number_t type_low(const struct type *type)
{
    return type->is_signed ? -((number_t)1 << (type->bits - 1)) : 0;
}

static number_t type_high(const struct type *type)
{
    return ((number_t)1 << (type->bits - type->is_signed)) - 1;
}

static void check_integer(struct source *source, struct type *type)
{
    number_t low = type_low(type), high = type_high(type);

    if (!type->ranged) {
        type->low.value = low;
        type->high.value = high;
        return;
    }
    resolve(source, &type->low);
    resolve(source, &type->high);
    check_between(source, &type->low, low, high, "the low end");
    check_between(source, &type->high, low, high, "the high end");
    if (type->low.value > type->high.value)
        source_error(source, type->low.place, "the range is empty: %s is above %s",
                     shown(type->low.value), shown(type->high.value));
}

/* `before`: groups from this one on are not declared yet; NULL: all are. */
static void check_named(struct source *source, struct type *type, const struct group *before)
{
    const struct group *at = source->protocol->groups;

    while (at && at != before && strcmp(at->name, type->name) != 0)
        at = at->next;
    if (!at || at == before) {
        source_error(source, type->place, "there is no type `%s`%s", type->name,
                     group_find(source->protocol, type->name) ? " yet: declare it above" : "");
        return;
    }
    type->group = group_find(source->protocol, type->name);
    type->kind = type->group->base ? TYPE_ENUM : TYPE_STRUCT;
}

static void check_type(struct source *source, struct type *type, const struct group *before)
{
    switch (type->kind) {
    case TYPE_INT:
        check_integer(source, type);
        break;
    case TYPE_NAMED:
        check_named(source, type, before);
        break;
    case TYPE_STRING:
    case TYPE_BYTES:
        resolve(source, &type->limit);
        check_between(source, &type->limit, 1, DATA_BYTES_MAX, "the most bytes");
        break;
    default:
        break;
    }
}

static void check_errors(struct source *source)
{
    struct item *errors = source->protocol->errors;

    for (struct item *error = errors; error; error = error->next) {
        check_name(source, error->name, error->place);
        if (LISTED(error->name, reserved_errors))
            source_error(source, error->place, "every protocol has an error `%s` already",
                         error->name);
        resolve(source, &error->value);
        check_between(source, &error->value, 1, NUMBER_MAX, "the number of an error");
    }
    check_unique_names(source, errors, "error");
    check_unique_numbers(source, errors, "error");
}

static void check_constant_name(struct source *source, const struct item *item)
{
    for (const char *c = item->name; *c; c++) {
        if (islower((unsigned char)*c)) {
            source_error(source, item->place, "`%s` must be in upper case", item->name);
            return;
        }
    }
    for (size_t i = 0; i < sizeof(reserved_constants) / sizeof(*reserved_constants); i++) {
        size_t size = strlen(reserved_constants[i]);
        bool whole = reserved_constants[i][size - 1] != '_';

        if (strncmp(item->name, reserved_constants[i], size + whole) == 0)
            source_error(source, item->place, "the name `%s` is taken in the generated C",
                         item->name);
    }
}

/* A constant may name one above it, so no constant depends on itself. */
static void check_constants(struct source *source)
{
    for (struct item *item = source->protocol->constants; item; item = item->next) {
        struct item *other;

        check_constant_name(source, item);
        if (!item->value.name)
            continue;
        for (other = source->protocol->constants; other != item; other = other->next)
            if (strcmp(other->name, item->value.name) == 0)
                break;
        if (other == item)
            source_error(source, item->value.place, "there is no constant `%s` above this",
                         item->value.name);
        item->value.value = other == item ? 0 : other->value.value;
    }
    check_unique_names(source, source->protocol->constants, "constant");
}

static void check_enum(struct source *source, struct group *group)
{
    check_integer(source, group->base);
    for (struct item *item = group->items; item; item = item->next) {
        check_name(source, item->name, item->place);
        resolve(source, &item->value);
        check_between(source, &item->value, group->base->low.value, group->base->high.value,
                      "a value of this enum");
        /* C11 enumerators are int. */
        if (item->value.value < INT32_MIN || item->value.value > INT32_MAX)
            source_error(source, item->value.place, "an enum value must fit in 32 bits signed");
    }
    check_unique_numbers(source, group->items, "value");
}

static void check_struct(struct source *source, struct group *group)
{
    for (struct item *item = group->items; item; item = item->next) {
        check_name(source, item->name, item->place);
        check_type(source, item->type, group);
        if (item->type->kind > TYPE_STRUCT)
            source_error(source, item->type->place,
                         "a struct holds integers, bool, enums and structs only; make this "
                         "a parameter of its own");
    }
}

static void check_groups(struct source *source)
{
    for (struct group *group = source->protocol->groups; group; group = group->next) {
        struct group *first = group_find(source->protocol, group->name);

        check_name(source, group->name, group->place);
        if (first != group) {
            source_error(source, group->place, "there is a second type `%s`", group->name);
            source_note(source, first->place, "the first is here");
        }
        if (group->base)
            check_enum(source, group);
        else
            check_struct(source, group);
        check_unique_names(source, group->items, group->base ? "value" : "field");
    }
}

/* Parameters and results share one C argument list, `others` being those checked before. */
static void check_params(struct source *source, struct item *params, struct item *others)
{
    for (struct item *item = params; item; item = item->next) {
        struct item *other = item_find(others, item->name);

        check_name(source, item->name, item->place);
        check_type(source, item->type, NULL);
        if (other) {
            source_error(source, item->place, "a parameter is called `%s` too", item->name);
            source_note(source, other->place, "it is here");
        }
    }
    check_unique_names(source, params, others ? "result" : "parameter");
}

/* A byte string `data` has its length in a C argument `data_size`. */
static void check_sizes(struct source *source, const struct item *list, const struct method *method)
{
    char name[PATH_MAX_SIZE];

    for (; list; list = list->next) {
        const struct item *other;

        if (list->type->kind != TYPE_BYTES)
            continue;
        if (snprintf(name, sizeof(name), "%s_size", list->name) >= (int)sizeof(name))
            continue;
        other = item_find(method->params, name);
        other = other ? other : item_find(method->results, name);
        if (other)
            source_error(source, other->place,
                         "in C `%s` is the length of `%s`; take another name", name, list->name);
    }
}

/* The item with which a message outgrows a limit is the one to point at. */
static void check_limits(struct source *source, struct item *list, const char *what)
{
    bool words = false, caps = false;
    struct layout layout = {0};

    for (struct item *item = list; item; item = item->next) {
        layout_add(&layout, item);
        if (!words && layout_words_max(&layout) > MESSAGE_WORDS) {
            source_error(source, item->place,
                         "with `%s` the %s may take %zu words; a message has %d", item->name, what,
                         layout_words_max(&layout), MESSAGE_WORDS);
            words = true;
        }
        if (!caps && layout.caps > MESSAGE_CAPS) {
            source_error(source, item->place, "with `%s` the %s has %zu capabilities; at most %d "
                         "can travel", item->name, what, layout.caps, MESSAGE_CAPS);
            caps = true;
        }
    }
}

static void check_marks(struct source *source, struct method *method)
{
    for (struct item *error = method->errors; error; error = error->next)
        if (!item_find(source->protocol->errors, error->name))
            source_error(source, error->place, "there is no error `%s`", error->name);
    check_unique_names(source, method->errors, "mention of error");
    for (struct item *item = method->params; item; item = item->next)
        if (method->idempotent && item->type->kind == TYPE_CAP && item->type->move)
            source_error(source, item->type->place, "an idempotent method may be called again, "
                         "but a moved capability is gone: copy it, or drop `idempotent`");
}

static void check_method(struct source *source, struct method *method)
{
    struct method *other = source->protocol->methods;
    int before = source->errors;

    check_name(source, method->name, method->place);
    if (LISTED(method->name, reserved_methods))
        source_error(source, method->place, "the name `%s` is taken in the generated C",
                     method->name);
    check_between(source, &method->number, 1, NUMBER_MAX, "the number of a method");
    while (other != method && strcmp(other->name, method->name) != 0
           && other->number.value != method->number.value)
        other = other->next;
    if (other != method) {
        source_error(source, method->place, "method `%s` has the name or the number of another",
                     method->name);
        source_note(source, other->place, "which is here");
    }
    check_params(source, method->params, NULL);
    check_params(source, method->results, method->params);
    check_sizes(source, method->params, method);
    check_sizes(source, method->results, method);
    check_marks(source, method);
    if (source->errors != before)
        return;
    check_limits(source, method->params, "request");
    check_limits(source, method->results, "reply");
}

/* The file bears the protocol's name, so that one word finds everything about it. */
static void check_file_name(struct source *source)
{
    const char *slash = strrchr(source->path, '/'), *base = slash ? slash + 1 : source->path;
    const char *name = source->protocol->name;
    size_t size = strlen(name);

    if (strncmp(base, name, size) != 0 || strcmp(base + size, ".idl") != 0)
        source_error(source, source->protocol->place,
                     "protocol `%s` must stand in a file `%s.idl`", name, name);
}

bool check_protocol(struct source *source)
{
    struct protocol *protocol = source->protocol;

    check_name(source, protocol->name, protocol->place);
    check_file_name(source);
    check_between(source, &protocol->version, 1, VERSION_MAX, "the version");
    check_constants(source);
    check_errors(source);
    check_groups(source);
    if (!protocol->methods)
        source_error(source, protocol->place, "protocol `%s` has no method", protocol->name);
    for (struct method *method = protocol->methods; method; method = method->next)
        check_method(source, method);
    return source->errors == 0;
}
