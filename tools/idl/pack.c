/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Writes the four functions that move the values of a method in and out of
 * messages. They are forced inline, so that a message of registers stays one.
 * Pack checks what it is given, unpack what came: neither side trusts the other.
 */
#include <string.h>

#include "write.h"

/* The word as the receiver finds it, or as the sender sets it. */
static void put_word(const struct writer *w, size_t index)
{
    if (index < MESSAGE_REGS)
        put(w, "ipc_m->w[%zu]", index);
    else
        put(w, "ipc_buffer->words[%zu]", index);
}

static bool needs_buffer(const struct layout *layout)
{
    return layout->fixed > MESSAGE_REGS || layout->data || layout->caps > 0;
}

/* The value of a leaf on the sender's side. */
static void put_given(const struct writer *w, const struct leaf *leaf)
{
    if (leaf->kind == LEAF_SIZE && leaf->type->kind == TYPE_STRING)
        put(w, "ipc_size_%s", leaf->item->name);
    else if (leaf->kind == LEAF_SIZE)
        put(w, "%s_size", leaf->item->name);
    else
        put(w, "%s%s", leaf->item->name, leaf->path);
}

static void put_refusal_if(const struct writer *w, const struct leaf *leaf, size_t word,
                           const char *comparison, number_t bound)
{
    put(w, "    if (");
    if (word == SIZE_MAX)
        put_given(w, leaf);
    else {
        if (leaf->type->kind == TYPE_INT && leaf->type->is_signed)
            put(w, "(int64_t)");
        put_word(w, word);
    }
    put(w, " %s ", comparison);
    put_number(w, bound);
    put(w, ")\n        return false;\n");
}

/* Bounds that the word, or the C type of the sender's value, can break at all.
 * word: where the receiver looks; SIZE_MAX: the sender's value. */
static void put_integer_check(const struct writer *w, const struct leaf *leaf, size_t word)
{
    const struct type *type = leaf->type;
    int bits = word == SIZE_MAX ? type->bits : 64;
    number_t least = type->is_signed ? -((number_t)1 << (bits - 1)) : 0;
    number_t most = ((number_t)1 << (bits - type->is_signed)) - 1;

    if (type->low.value > least)
        put_refusal_if(w, leaf, word, "<", type->low.value);
    if (type->high.value < most)
        put_refusal_if(w, leaf, word, ">", type->high.value);
}

static void put_enum_check(const struct writer *w, const struct leaf *leaf, size_t word)
{
    put(w, "    if (!%s_%s_valid(", w->name, leaf->type->group->name);
    if (word == SIZE_MAX) {
        put(w, "(word_t)(int64_t)");
        put_given(w, leaf);
    } else {
        put_word(w, word);
    }
    put(w, "))\n        return false;\n");
}

static void put_buffer_check(const struct writer *w, const struct leaf *leaf, size_t word)
{
    put(w, "    if (!ipc_inside(");
    if (word == SIZE_MAX) {
        put(w, "%s.offset, %s.length", leaf->item->name, leaf->item->name);
    } else {
        put_word(w, word);
        put(w, ", ");
        put_word(w, word + 1);
    }
    put(w, ", ipc_region))\n        return false;\n");
}

static void put_check(const struct writer *w, const struct leaf *leaf, size_t word)
{
    if (leaf->kind == LEAF_SIZE)
        put_refusal_if(w, leaf, word, ">", leaf->type->limit.value);
    else if (leaf->kind == LEAF_OFFSET)
        put_buffer_check(w, leaf, word);
    else if (leaf->kind == LEAF_LENGTH)
        return;
    else if (leaf->type->kind == TYPE_INT)
        put_integer_check(w, leaf, word);
    else if (leaf->type->kind == TYPE_ENUM)
        put_enum_check(w, leaf, word);
    else if (word != SIZE_MAX)      /* a C bool cannot be anything else */
        put_refusal_if(w, leaf, word, ">", 1);
}

/* Signed values travel sign-extended. */
static void put_store(const struct writer *w, const struct leaf *leaf, size_t word)
{
    bool is_signed = leaf->kind == LEAF_VALUE
                     && (leaf->type->kind == TYPE_ENUM
                         || (leaf->type->kind == TYPE_INT && leaf->type->is_signed));

    put(w, "    ");
    put_word(w, word);
    put(w, " = (word_t)%s", is_signed ? "(int64_t)" : "");
    put_given(w, leaf);
    put(w, ";\n");
}

static void put_load(const struct writer *w, const struct leaf *leaf, size_t word)
{
    if (leaf->kind == LEAF_SIZE && leaf->type->kind == TYPE_STRING)
        return;
    if (leaf->kind == LEAF_SIZE)
        put(w, "    *%s_size = (size_t)", leaf->item->name);
    else if (leaf->path[0])
        put(w, "    %s->%s = (", leaf->item->name, leaf->path + 1);
    else
        put(w, "    *%s = (", leaf->item->name);
    if (leaf->kind == LEAF_VALUE)
        put_type(w, leaf->type);
    else if (leaf->kind != LEAF_SIZE)
        put(w, "word_t");
    if (leaf->kind != LEAF_SIZE)
        put(w, ")");
    put_word(w, word);
    put(w, ";\n");
}

/* Which of a method's two messages is written. */
struct side {
    const struct method *method;
    const struct item *list;
    const char *name;       /* "request" or "reply" */
    bool request;
    struct layout layout;
};

static void put_signature(const struct writer *w, const struct side *side, bool pack)
{
    put(w, "static inline __attribute__((always_inline)) bool\n"
        "%s_%s_%s_%s(%sstruct message *ipc_m%s", w->name, side->method->name, side->name,
        pack ? "pack" : "unpack", pack ? "" : "const ",
        side->layout.buffers ? ", word_t ipc_region" : "");
    put_list(w, pack ? LIST_GIVE : LIST_TAKE, side->list);
    put(w, ")\n{\n");
    if (needs_buffer(&side->layout))
        put(w, "    struct message_buffer *ipc_buffer = rt_buffer();\n");
}

static void put_label(const struct writer *w, const struct side *side)
{
    if (!side->request) {
        put(w, "0");
        return;
    }
    put(w, "%s_METHOD_", w->upper);
    put_upper(w, side->method->name);
}

static void put_pack_caps(const struct writer *w, const struct side *side)
{
    size_t index = 0;

    for (const struct item *item = side->list; item; item = item->next)
        if (item->type->kind == TYPE_CAP)
            put(w, "    ipc_buffer->caps[%zu] = %s + %sRIGHT_ALL * CAP_RIGHTS;\n", index++,
                item->name, item->type->move ? "CAP_MOVE + " : "");
}

static void put_pack_data(const struct writer *w, const struct side *side)
{
    for (const struct item *item = side->list; item; item = item->next) {
        if (item->type->kind == TYPE_STRING)
            put(w, "    ipc_at = ipc_put(ipc_buffer, ipc_at, %s, ipc_size_%s);\n", item->name,
                item->name);
        else if (item->type->kind == TYPE_BYTES)
            put(w, "    ipc_at = ipc_put(ipc_buffer, ipc_at, %s, %s_size);\n", item->name,
                item->name);
    }
}

/* Everything is checked before anything is set. */
static void write_pack(const struct writer *w, const struct side *side)
{
    const struct layout *layout = &side->layout;

    put_signature(w, side, true);
    for (const struct item *item = side->list; item; item = item->next)
        if (item->type->kind == TYPE_STRING)
            put(w, "    size_t ipc_size_%s = ipc_text_size(%s, %d);\n", item->name, item->name,
                (int)item->type->limit.value);
    if (layout->data)
        put(w, "    size_t ipc_at = %zu;\n", layout_data_start(layout));
    put(w, "%s", needs_buffer(layout) ? "\n" : "");
    for (size_t i = 0; i < layout->fixed; i++)
        put_check(w, &layout->leaves[i], SIZE_MAX);
    put(w, "    *ipc_m = (struct message){0};\n");
    for (size_t i = 0; i < layout->fixed; i++)
        put_store(w, &layout->leaves[i], i);
    put_pack_data(w, side);
    put_pack_caps(w, side);
    put(w, "    ipc_m->tag = MESSAGE_TAG(");
    put_label(w, side);
    if (layout->data)
        put(w, ", ipc_at, %zu);\n", layout->caps);
    else
        put(w, ", %zu, %zu);\n", layout->fixed, layout->caps);
    put(w, "    return true;\n}\n\n");
}

/* Exact length; with strings, a lower bound first, so that the sizes can be read. */
static void put_shape_check(const struct writer *w, const struct layout *layout)
{
    if (layout->data)
        put(w, "    if (message_caps(ipc_m->tag) != %zu || message_words(ipc_m->tag) < %zu)\n",
            layout->caps, layout_data_start(layout));
    else
        put(w, "    if (ipc_m->tag %% 65536u != MESSAGE_TAG(0, %zu, %zu))\n", layout->fixed,
            layout->caps);
    put(w, "        return false;\n");
}

static bool is_data(const struct item *item)
{
    return item->type->kind == TYPE_STRING || item->type->kind == TYPE_BYTES;
}

static void put_size_word(const struct writer *w, const struct layout *layout,
                          const struct item *item)
{
    for (size_t i = 0; i < layout->fixed; i++)
        if (layout->leaves[i].item == item)
            put_word(w, i);
}

/* Where each string begins, that the last ends with the message, and that text is text. */
static void put_data_check(const struct writer *w, const struct side *side)
{
    put(w, "    ipc_at = %zu;\n", layout_data_start(&side->layout));
    for (const struct item *item = side->list; item; item = item->next) {
        if (!is_data(item))
            continue;
        put(w, "    ipc_at_%s = ipc_at;\n    ipc_at += ipc_words(", item->name);
        put_size_word(w, &side->layout, item);
        put(w, ");\n");
    }
    put(w, "    if (message_words(ipc_m->tag) != ipc_at)\n        return false;\n");
    for (const struct item *item = side->list; item; item = item->next) {
        if (item->type->kind != TYPE_STRING)
            continue;
        put(w, "    if (!ipc_text_valid(ipc_buffer, ipc_at_%s, ", item->name);
        put_size_word(w, &side->layout, item);
        put(w, "))\n        return false;\n");
    }
}

static void put_unpack_data(const struct writer *w, const struct side *side)
{
    for (const struct item *item = side->list; item; item = item->next) {
        if (!is_data(item))
            continue;
        put(w, "    ipc_get%s(ipc_buffer, ipc_at_%s, %s, ",
            item->type->kind == TYPE_STRING ? "_text" : "", item->name, item->name);
        put_size_word(w, &side->layout, item);
        put(w, ");\n");
    }
}

static void put_unpack_caps(const struct writer *w, const struct side *side)
{
    size_t index = 0;

    for (const struct item *item = side->list; item; item = item->next)
        if (item->type->kind == TYPE_CAP)
            put(w, "    *%s = ipc_buffer->caps[%zu];\n", item->name, index++);
}

static void write_unpack(const struct writer *w, const struct side *side)
{
    const struct layout *layout = &side->layout;

    put_signature(w, side, false);
    if (layout->data)
        put(w, "    size_t ipc_at;\n");
    for (const struct item *item = side->list; item; item = item->next)
        if (is_data(item))
            put(w, "    size_t ipc_at_%s;\n", item->name);
    put(w, "%s", needs_buffer(layout) ? "\n" : "");
    put_shape_check(w, layout);
    for (size_t i = 0; i < layout->fixed; i++)
        put_check(w, &layout->leaves[i], i);
    if (layout->data)
        put_data_check(w, side);
    for (size_t i = 0; i < layout->caps; i++)
        put(w, "    if (!ipc_buffer->caps[%zu])\n        return false;\n", i);
    for (size_t i = 0; i < layout->fixed; i++)
        put_load(w, &layout->leaves[i], i);
    put_unpack_data(w, side);
    put_unpack_caps(w, side);
    put(w, "    return true;\n}\n\n");
}

static void write_fails(const struct writer *w, const struct method *method)
{
    put(w, "/* May %s fail with this? */\n"
        "static inline bool %s_%s_fails(word_t ipc_label)\n{\n", method->name, w->name,
        method->name);
    if (!method->errors) {
        put(w, "    (void)ipc_label;\n    return false;\n}\n\n");
        return;
    }
    put(w, "    switch (ipc_label) {\n");
    for (const struct item *item = method->errors; item; item = item->next) {
        put(w, "    case %s_E_", w->upper);
        put_upper(w, item->name);
        put(w, ":\n");
    }
    put(w, "        return true;\n    default:\n        return false;\n    }\n}\n\n");
}

void write_packing(const struct writer *w, const struct method *method)
{
    struct side request = {.method = method, .list = method->params, .name = "request",
                           .request = true, .layout = layout_of(method->params)};
    struct side reply = {.method = method, .list = method->results, .name = "reply",
                         .layout = layout_of(method->results)};

    write_pack(w, &request);
    write_unpack(w, &request);
    write_pack(w, &reply);
    write_unpack(w, &reply);
    write_fails(w, method);
}
