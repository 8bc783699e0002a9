/* SPDX-License-Identifier: BSD-2-Clause
 *
 * May one version of a protocol take the place of another while components
 * made for either still run? The rule: what a version promised never changes.
 * A new promise is a new method, error, type or constant, in a higher version.
 * Even one more error of an old method, or value of an old enum, is refused:
 * who was made for the old version would not know it. Comments are free.
 */
#include <string.h>

#include "layout.h"
#include "tree.h"

/* The two files, and what has been found about them. */
struct comparison {
    struct source *before, *after;
    bool grown;             /* the new one has something that the old one has not */
    struct place first;     /* where that is */
};

/* `text` has one %s, for `name`. */
static void refuse(struct comparison *c, struct place after, struct place before, const char *text,
                   const char *name)
{
    source_error(c->after, after, text, name);
    source_note(c->before, before, "the earlier version has this");
}

static void grow(struct comparison *c, struct place place)
{
    if (!c->grown)
        c->first = place;
    c->grown = true;
}

static bool same_name(const char *one, const char *other)
{
    return one == other || (one && other && strcmp(one, other) == 0);
}

/* Groups are compared on their own, so their names are enough here. */
static bool same_type(const struct type *one, const struct type *other)
{
    if (one->kind != other->kind)
        return false;
    switch (one->kind) {
    case TYPE_INT:
        return one->bits == other->bits && one->is_signed == other->is_signed
               && one->low.value == other->low.value && one->high.value == other->high.value;
    case TYPE_ENUM:
    case TYPE_STRUCT:
        return strcmp(one->group->name, other->group->name) == 0;
    case TYPE_STRING:
    case TYPE_BYTES:
        return one->limit.value == other->limit.value;
    case TYPE_CAP:
        return one->move == other->move && same_name(one->name, other->name);
    default:
        return true;
    }
}

/* Lists that must be the same, item by item; `at` is where to point if one is longer. */
static void compare_lists(struct comparison *c, const struct item *before,
                          const struct item *after, struct place before_at, struct place after_at)
{
    for (; before && after; before = before->next, after = after->next) {
        before_at = before->place;
        after_at = after->place;
        if (strcmp(before->name, after->name) != 0)
            refuse(c, after_at, before_at, "`%s` has another name than before", after->name);
        else if (before->type && !same_type(before->type, after->type))
            refuse(c, after->type->place, before->type->place, "the type of `%s` has changed",
                   after->name);
        else if (!before->type && before->value.value != after->value.value)
            refuse(c, after->value.place, before->value.place, "the number of `%s` has changed",
                   after->name);
    }
    if (before)
        refuse(c, after_at, before->place, "`%s` is missing behind this", before->name);
    if (after)
        refuse(c, after->place, before_at, "`%s` is new in something that must not change",
               after->name);
}

/* Lists that may grow: errors and constants of the protocol. */
static void compare_growing(struct comparison *c, struct item *before, struct item *after,
                            const char *missing)
{
    struct place top = c->after->protocol->place;

    for (const struct item *item = before; item; item = item->next) {
        const struct item *now = item_find(after, item->name);

        if (!now)
            refuse(c, top, item->place, missing, item->name);
        else if (now->value.value != item->value.value)
            refuse(c, now->value.place, item->value.place, "the number of `%s` has changed",
                   item->name);
    }
    for (const struct item *item = after; item; item = item->next)
        if (!item_find(before, item->name))
            grow(c, item->place);
}

static void compare_groups(struct comparison *c)
{
    const struct group *group;

    for (group = c->before->protocol->groups; group; group = group->next) {
        const struct group *now = group_find(c->after->protocol, group->name);

        if (!now)
            refuse(c, c->after->protocol->place, group->place, "type `%s` is missing", group->name);
        else if (!now->base != !group->base)
            refuse(c, now->place, group->place, "`%s` was the other of enum and struct",
                   group->name);
        else if (now->base && !same_type(now->base, group->base))
            refuse(c, now->base->place, group->base->place, "the base type of `%s` has changed",
                   group->name);
        else
            compare_lists(c, group->items, now->items, group->place, now->place);
    }
    for (group = c->after->protocol->groups; group; group = group->next)
        if (!group_find(c->before->protocol, group->name))
            grow(c, group->place);
}

/* The errors of a method are a set: their order is free. */
static void compare_method_errors(struct comparison *c, const struct method *before,
                                  const struct method *after)
{
    for (const struct item *item = after->errors; item; item = item->next)
        if (!item_find(before->errors, item->name))
            refuse(c, item->place, before->place, "an old method may not fail with `%s` now",
                   item->name);
    for (const struct item *item = before->errors; item; item = item->next)
        if (!item_find(after->errors, item->name))
            refuse(c, after->place, item->place, "error `%s` is missing here", item->name);
}

static void compare_method(struct comparison *c, const struct method *before,
                           const struct method *after)
{
    if (before->number.value != after->number.value)
        refuse(c, after->number.place, before->number.place,
               "the number of method `%s` has changed", after->name);
    if (before->idempotent != after->idempotent)
        refuse(c, after->place, before->place, "whether `%s` is idempotent has changed",
               after->name);
    if (before->waits != after->waits)
        refuse(c, after->place, before->place, "whether `%s` waits has changed", after->name);
    compare_lists(c, before->params, after->params, before->place, after->place);
    compare_lists(c, before->results, after->results, before->place, after->place);
    compare_method_errors(c, before, after);
}

static void compare_methods(struct comparison *c)
{
    const struct method *method;

    for (method = c->before->protocol->methods; method; method = method->next) {
        const struct method *now = method_find(c->after->protocol, method->name);

        if (now)
            compare_method(c, method, now);
        else
            refuse(c, c->after->protocol->place, method->place, "method `%s` is missing",
                   method->name);
    }
    for (method = c->after->protocol->methods; method; method = method->next)
        if (!method_find(c->before->protocol, method->name))
            grow(c, method->place);
}

static void compare_versions(struct comparison *c)
{
    const struct value *before = &c->before->protocol->version;
    const struct value *after = &c->after->protocol->version;

    if (after->value < before->value)
        refuse(c, after->place, before->place, "the version of `%s` has gone down",
               c->after->protocol->name);
    else if (after->value == before->value && c->grown)
        refuse(c, c->first, before->place, "this is new: `%s` needs a higher version",
               c->after->protocol->name);
}

bool compare_protocols(struct source *before, struct source *after)
{
    struct comparison c = {.before = before, .after = after};

    if (strcmp(before->protocol->name, after->protocol->name) != 0) {
        refuse(&c, after->protocol->place, before->protocol->place,
               "`%s` is another protocol", after->protocol->name);
        return false;
    }
    compare_growing(&c, before->protocol->errors, after->protocol->errors, "error `%s` is missing");
    compare_growing(&c, before->protocol->constants, after->protocol->constants,
                    "constant `%s` is missing");
    compare_groups(&c);
    compare_methods(&c);
    compare_versions(&c);
    return after->errors == 0;
}
