/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Memory of a source, messages about it, and look-ups in its tree.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tree.h"
#include "parser_priv.h"

struct block {
    struct block *next;
    max_align_t data[];
};

void *source_alloc(struct source *source, size_t size)
{
    struct block *block = calloc(1, sizeof(*block) + size);

    if (!block) {
        fprintf(stderr, "idl: out of memory\n");
        exit(1);
    }
    block->next = source->blocks;
    source->blocks = block;
    return block->data;
}

char *source_text(struct source *source, const char *text, size_t size)
{
    char *copy = source_alloc(source, size + 1);

    memcpy(copy, text, size);
    return copy;
}

static bool read_all(struct source *source, FILE *file)
{
    size_t room = 1 << 16, got = 1;

    source->text = malloc(room + 1);
    while (source->text && got > 0) {
        got = fread(source->text + source->size, 1, room - source->size, file);
        source->size += got;
        if (source->size == room)
            source->text = realloc(source->text, (room *= 2) + 1);
    }
    if (!source->text || ferror(file))
        return false;
    source->text[source->size] = '\0';
    return true;
}

bool source_open(struct source *source, const char *path)
{
    FILE *file = fopen(path, "rb");
    bool read;

    *source = (struct source){.path = path};
    if (!file) {
        fprintf(stderr, "%s: error: cannot open this file\n", path);
        source->errors = 1;
        return false;
    }
    read = read_all(source, file);
    fclose(file);
    if (!read) {
        fprintf(stderr, "%s: error: cannot read this file\n", path);
        source->errors = 1;
        return false;
    }
    return parser_run(source) && source->errors == 0;
}

void source_close(struct source *source)
{
    while (source->blocks) {
        struct block *block = source->blocks;

        source->blocks = block->next;
        free(block);
    }
    free(source->text);
    *source = (struct source){.path = source->path, .errors = source->errors};
}

/* The line itself and a mark under the column, as compilers do. */
static void show_line(const struct source *source, struct place place)
{
    const char *start = source->text, *end;
    int line;

    for (line = 1; start && line < place.line; line++) {
        start = strchr(start, '\n');
        start = start ? start + 1 : NULL;
    }
    if (!start || !*start)
        return;
    end = start + strcspn(start, "\n");
    fprintf(stderr, "    %.*s\n    %*s^\n", (int)(end - start), start, place.column - 1, "");
}

void source_error(struct source *source, struct place place, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "%s:%d:%d: error: ", source->path, place.line, place.column);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    show_line(source, place);
    source->errors++;
}

void source_note(const struct source *source, struct place place, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "%s:%d:%d: note: ", source->path, place.line, place.column);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    show_line(source, place);
}

struct item *item_find(struct item *list, const char *name)
{
    while (list && strcmp(list->name, name) != 0)
        list = list->next;
    return list;
}

struct group *group_find(const struct protocol *protocol, const char *name)
{
    struct group *group = protocol->groups;

    while (group && strcmp(group->name, name) != 0)
        group = group->next;
    return group;
}

struct method *method_find(const struct protocol *protocol, const char *name)
{
    struct method *method = protocol->methods;

    while (method && strcmp(method->name, name) != 0)
        method = method->next;
    return method;
}

struct item *item_append(struct item *list, struct item *item)
{
    struct item **end = &list;

    while (*end)
        end = &(*end)->next;
    *end = item;
    return list;
}
