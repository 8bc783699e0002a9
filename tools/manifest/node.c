/* SPDX-License-Identifier: BSD-2-Clause */
#include "node.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>

/* Aliases can make a small file a deep or endless tree. */
#define DEPTH_MAX 16u
#define NODES_MAX 100000u

struct reader {
    const char *file;
    unsigned nodes;
    yaml_document_t document;
};

static struct place place_of(const char *file, yaml_mark_t mark)
{
    return (struct place){file, (unsigned)mark.line + 1, (unsigned)mark.column + 1};
}

static struct node *convert(struct reader *r, int index, unsigned depth);

static void convert_map(struct reader *r, const yaml_node_t *y, struct node *n, unsigned depth)
{
    unsigned count = (unsigned)(y->data.mapping.pairs.top - y->data.mapping.pairs.start);

    n->kind = NODE_MAP;
    n->keys = take(count * sizeof *n->keys);
    n->items = take(count * sizeof *n->items);
    for (unsigned i = 0; i < count; i++) {
        const yaml_node_pair_t *pair = &y->data.mapping.pairs.start[i];
        struct node *key = convert(r, pair->key, depth + 1);
        struct node *item = convert(r, pair->value, depth + 1);

        if (key == NULL || item == NULL || node_text(key, "a key") == NULL)
            continue;
        for (unsigned k = 0; k < n->count; k++) {
            if (strcmp(n->keys[k]->text, key->text) == 0)
                report(key->place, "'%s' is here twice; the first is in line %u", key->text,
                       n->keys[k]->place.line);
        }
        n->keys[n->count] = key;
        n->items[n->count++] = item;
    }
}

static void convert_list(struct reader *r, const yaml_node_t *y, struct node *n, unsigned depth)
{
    unsigned count = (unsigned)(y->data.sequence.items.top - y->data.sequence.items.start);

    n->kind = NODE_LIST;
    n->items = take(count * sizeof *n->items);
    for (unsigned i = 0; i < count; i++) {
        struct node *item = convert(r, y->data.sequence.items.start[i], depth + 1);

        if (item != NULL)
            n->items[n->count++] = item;
    }
}

static struct node *convert(struct reader *r, int index, unsigned depth)
{
    const yaml_node_t *y = yaml_document_get_node(&r->document, index);
    struct node *n = take(sizeof *n);

    n->place = place_of(r->file, y->start_mark);
    if (depth > DEPTH_MAX) {
        report(n->place, "this is nested more than %u deep", DEPTH_MAX);
        return NULL;
    }
    if (++r->nodes > NODES_MAX)
        report_fatal("%s: more than %u values, counting aliases each time", r->file, NODES_MAX);
    if (y->type == YAML_MAPPING_NODE) {
        convert_map(r, y, n, depth);
    } else if (y->type == YAML_SEQUENCE_NODE) {
        convert_list(r, y, n, depth);
    } else {
        n->kind = NODE_TEXT;
        n->text = strdup((const char *)y->data.scalar.value);
        if (n->text == NULL)
            report_fatal("out of memory");
        if (strlen(n->text) != y->data.scalar.length)
            report(n->place, "there is a NUL in this text");
    }
    return n;
}

static struct node *read_document(struct reader *r, yaml_parser_t *parser)
{
    struct node *n = NULL;
    yaml_node_t *root;

    if (!yaml_parser_load(parser, &r->document)) {
        report(place_of(r->file, parser->problem_mark), "%s%s%s",
               parser->problem == NULL ? "not YAML" : parser->problem,
               parser->context == NULL ? "" : ", ", parser->context == NULL ? "" : parser->context);
        return NULL;
    }
    root = yaml_document_get_root_node(&r->document);
    if (root == NULL)
        report((struct place){r->file, 1, 1},
               "the file is empty; expected a map with the key 'components'");
    else
        n = convert(r, 1, 0);
    yaml_document_delete(&r->document);
    return n;
}

struct node *node_read(const char *file)
{
    struct reader r = {.file = file};
    yaml_parser_t parser;
    struct node *n;
    FILE *in = fopen(file, "rb");

    if (in == NULL) {
        report((struct place){file, 0, 0}, "cannot be read: %m");
        return NULL;
    }
    if (!yaml_parser_initialize(&parser))
        report_fatal("out of memory");
    yaml_parser_set_input_file(&parser, in);
    n = read_document(&r, &parser);
    yaml_parser_delete(&parser);
    fclose(in);
    return n;
}

const char *node_kind_name(const struct node *n)
{
    static const char *const names[] = {
        [NODE_TEXT] = "text", [NODE_LIST] = "a list", [NODE_MAP] = "a map"};

    return n->kind == NODE_TEXT && n->text[0] == 0 ? "nothing" : names[n->kind];
}

struct node *node_get(const struct node *map, const char *key)
{
    for (unsigned i = 0; i < map->count; i++) {
        if (strcmp(map->keys[i]->text, key) == 0)
            return map->items[i];
    }
    return NULL;
}

const char *node_text(const struct node *n, const char *what)
{
    if (n->kind == NODE_TEXT && n->text[0] != 0)
        return n->text;
    report(n->place, "%s: expected text, found %s", what, node_kind_name(n));
    return NULL;
}

bool node_is_map(const struct node *n, const char *what)
{
    if (n->kind != NODE_MAP)
        report(n->place, "%s: expected a map (key: value), found %s", what, node_kind_name(n));
    return n->kind == NODE_MAP;
}

bool node_is_list(const struct node *n, const char *what)
{
    if (n->kind != NODE_LIST)
        report(n->place, "%s: expected a list ([a, b] or lines with -), found %s", what,
               node_kind_name(n));
    return n->kind == NODE_LIST;
}

static void list_allowed(const char *const *allowed, char *to, unsigned long bytes)
{
    to[0] = 0;
    for (unsigned i = 0; allowed[i] != NULL; i++) {
        unsigned long used = strlen(to);

        snprintf(to + used, bytes - used, "%s%s", i == 0 ? "" : ", ", allowed[i]);
    }
}

void node_only(const struct node *map, const char *const *allowed, const char *what)
{
    char list[400];

    list_allowed(allowed, list, sizeof list);
    for (unsigned i = 0; i < map->count; i++) {
        unsigned k = 0;

        while (allowed[k] != NULL && strcmp(allowed[k], map->keys[i]->text) != 0)
            k++;
        if (allowed[k] == NULL)
            report(map->keys[i]->place, "%s has no key '%s'; expected one of: %s", what,
                   map->keys[i]->text, list);
    }
}
