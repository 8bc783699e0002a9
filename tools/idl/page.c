/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Writes the reference page of a protocol, in Markdown.
 */
#include <string.h>

#include "layout.h"
#include "tree.h"

/* Documentation as a paragraph, or in a table cell, where `|` would end it and
 * a line break the row. */
static void put_text(FILE *out, const char *doc, bool cell)
{
    for (const char *c = doc ? doc : ""; *c; c++) {
        if (cell && *c == '\n')
            fputc(' ', out);
        else if (cell && *c == '|')
            fputs("\\|", out);
        else
            fputc(*c, out);
    }
}

static void put_paragraph(FILE *out, const char *doc)
{
    if (!doc)
        return;
    put_text(out, doc, false);
    fputs("\n\n", out);
}

static void put_integer(FILE *out, const struct type *type)
{
    char low[48], high[48];

    fprintf(out, "%c%d", type->is_signed ? 'i' : 'u', type->bits);
    if (!type->ranged)
        return;
    number_print(low, sizeof(low), type->low.value);
    number_print(high, sizeof(high), type->high.value);
    fprintf(out, ", %s to %s", low, high);
}

static void put_page_type(FILE *out, const struct type *type)
{
    switch (type->kind) {
    case TYPE_BOOL:
        fputs("bool", out);
        break;
    case TYPE_INT:
        put_integer(out, type);
        break;
    case TYPE_STRING:
        fprintf(out, "text, at most %d bytes of UTF-8", (int)type->limit.value);
        break;
    case TYPE_BYTES:
        fprintf(out, "at most %d bytes", (int)type->limit.value);
        break;
    case TYPE_BUFFER:
        fputs("a part of the shared memory (offset, length)", out);
        break;
    case TYPE_CAP:
        fprintf(out, "capability%s%s%s", type->name ? " to " : "", type->name ? type->name : "",
                type->move ? ", given away" : "");
        break;
    default:
        fprintf(out, "[%s](#%s-%s)", type->group->name, type->group->base ? "enum" : "struct",
                type->group->name);
        break;
    }
}

static void put_items(FILE *out, const struct item *list, const char *what)
{
    if (!list)
        return;
    fprintf(out, "| %s | type | |\n|---|---|---|\n", what);
    for (; list; list = list->next) {
        fprintf(out, "| `%s` | ", list->name);
        put_page_type(out, list->type);
        fputs(" | ", out);
        put_text(out, list->doc, true);
        fputs(" |\n", out);
    }
    fputc('\n', out);
}

static void put_numbers(FILE *out, const struct item *list, const char *what)
{
    char number[48];

    if (!list)
        return;
    fprintf(out, "| %s | number | |\n|---|---|---|\n", what);
    for (; list; list = list->next) {
        number_print(number, sizeof(number), list->value.value);
        fprintf(out, "| `%s` | %s | ", list->name, number);
        put_text(out, list->doc, true);
        fputs(" |\n", out);
    }
    fputc('\n', out);
}

static void put_groups(FILE *out, const struct protocol *protocol)
{
    for (const struct group *group = protocol->groups; group; group = group->next) {
        fprintf(out, "## %s %s\n\n", group->base ? "enum" : "struct", group->name);
        put_paragraph(out, group->doc);
        if (group->base)
            put_numbers(out, group->items, "value");
        else
            put_items(out, group->items, "field");
    }
}

static void put_wire(FILE *out, const char *what, const struct item *list)
{
    struct layout layout = layout_of(list);
    size_t most = layout_words_max(&layout);

    fprintf(out, "%s: %zu word%s", what, layout.data ? layout_data_start(&layout) : layout.fixed,
            layout.fixed == 1 && !layout.data ? "" : "s");
    if (layout.data)
        fprintf(out, " to %zu", most);
    if (layout.caps)
        fprintf(out, ", %zu capabilit%s", layout.caps, layout.caps == 1 ? "y" : "ies");
    fputs(most <= MESSAGE_REGS && !layout.caps ? ", in registers. " : ". ", out);
}

static void put_method(FILE *out, const struct method *method)
{
    const struct item *error = method->errors;

    fprintf(out, "## %s\n\n", method->name);
    put_paragraph(out, method->doc);
    put_items(out, method->params, "parameter");
    put_items(out, method->results, "result");
    if (error)
        fputs("Errors: ", out);
    for (; error; error = error->next)
        fprintf(out, "`%s`%s", error->name, error->next ? ", " : ". ");
    if (method->idempotent)
        fputs("Idempotent: the stub calls again if the server dies. ", out);
    if (method->waits)
        fputs("May wait long. ", out);
    fprintf(out, "Method number %d. ", (int)method->number.value);
    put_wire(out, "Request", method->params);
    put_wire(out, "Reply", method->results);
    fputs("\n\n", out);
}

void write_page(FILE *out, const struct protocol *protocol)
{
    fprintf(out, "<!-- SPDX-License-Identifier: BSD-2-Clause -->\n"
            "<!-- Made by tools/idl from %s.idl: change that, not this. -->\n"
            "# Protocol %s, version %d\n\n", protocol->name, protocol->name,
            (int)protocol->version.value);
    put_paragraph(out, protocol->doc);
    put_numbers(out, protocol->errors, "error");
    put_numbers(out, protocol->constants, "constant");
    for (const struct method *method = protocol->methods; method; method = method->next)
        put_method(out, method);
    put_groups(out, protocol);
}
