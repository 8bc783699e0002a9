/* SPDX-License-Identifier: BSD-2-Clause
 *
 * How parameters lie in a message (the format is described in layout.h).
 */
#include <string.h>

#include "layout.h"

static void add_leaf(struct layout *layout, enum leaf_kind kind, const struct type *type,
                     const struct item *item, const char *path)
{
    struct leaf *leaf;

    if (layout->fixed < MESSAGE_WORDS) {
        leaf = &layout->leaves[layout->fixed];
        *leaf = (struct leaf){.kind = kind, .type = type, .item = item};
        snprintf(leaf->path, sizeof(leaf->path), "%s", path);
    }
    layout->fixed++;
}

/* Depth is bounded: a struct holds only structs declared above it. Width is
 * cut at the message size, so that nesting cannot make it exponential. */
static void add_value(struct layout *layout, const struct type *type, const struct item *item,
                      const char *path)
{
    char inner[PATH_MAX_SIZE];

    if (type->kind != TYPE_STRUCT) {
        add_leaf(layout, LEAF_VALUE, type, item, path);
        return;
    }
    for (const struct item *field = type->group->items; field; field = field->next) {
        if (layout->fixed > MESSAGE_WORDS)
            return;
        if (snprintf(inner, sizeof(inner), "%s.%s", path, field->name) >= (int)sizeof(inner)) {
            layout->fixed = MESSAGE_WORDS + 1;
            return;
        }
        add_value(layout, field->type, item, inner);
    }
}

void layout_add(struct layout *layout, const struct item *item)
{
    switch (item->type->kind) {
    case TYPE_CAP:
        layout->caps++;
        break;
    case TYPE_STRING:
    case TYPE_BYTES:
        add_leaf(layout, LEAF_SIZE, item->type, item, "");
        layout->data = true;
        layout->data_words += ((size_t)item->type->limit.value + 7) / 8;
        break;
    case TYPE_BUFFER:
        add_leaf(layout, LEAF_OFFSET, item->type, item, ".offset");
        add_leaf(layout, LEAF_LENGTH, item->type, item, ".length");
        layout->buffers = true;
        break;
    default:
        add_value(layout, item->type, item, "");
        break;
    }
}

struct layout layout_of(const struct item *list)
{
    struct layout layout = {0};

    for (; list; list = list->next)
        layout_add(&layout, list);
    return layout;
}

size_t layout_data_start(const struct layout *layout)
{
    return layout->fixed > MESSAGE_REGS ? layout->fixed : MESSAGE_REGS;
}

size_t layout_words_max(const struct layout *layout)
{
    return layout->data ? layout_data_start(layout) + layout->data_words : layout->fixed;
}

void number_print(char *to, size_t room, number_t number)
{
    char digits[48];
    size_t at = sizeof(digits);
    number_t rest = number < 0 ? -number : number;

    digits[--at] = '\0';
    do
        digits[--at] = (char)('0' + (int)(rest % 10));
    while ((rest /= 10) != 0);
    if (number < 0)
        digits[--at] = '-';
    snprintf(to, room, "%s", digits + at);
}
