/* SPDX-License-Identifier: BSD-2-Clause */
/* Files: what stands at the top of a manifest, and the files that it includes. */
#include "system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add(struct system *s, struct component *c)
{
    for (unsigned i = 0; i < s->count; i++) {
        if (strcmp(s->components[i]->name, c->name) == 0) {
            struct place first = s->components[i]->place;

            report(c->place, "there is a component '%s' already, at %s:%u; names must differ",
                   c->name, first.file, first.line);
            return;
        }
    }
    if (s->count == s->room) {
        struct component **more = take((s->room + 64) * 2 * sizeof *more);

        if (s->count != 0)
            memcpy(more, s->components, s->count * sizeof *more);
        s->room = (s->room + 64) * 2;
        s->components = more;
    }
    s->components[s->count++] = c;
}

static void read_components(struct system *s, const struct node *map, bool template)
{
    if (map == NULL || !node_is_map(map, template ? "templates" : "components"))
        return;
    for (unsigned i = 0; i < map->count; i++) {
        struct component *c = component_read(map->keys[i], map->items[i], template);

        if (c != NULL)
            add(s, c);
    }
}

/* A name relative to the file that it stands in. */
static const char *beside(const char *file, const char *name)
{
    const char *slash = strrchr(file, '/');
    unsigned long folder = slash == NULL || name[0] == '/' ? 0 : (unsigned long)(slash - file) + 1;
    char *path = take(folder + strlen(name) + 1);

    memcpy(path, file, folder);
    strcpy(path + folder, name);
    return path;
}

static void read_file(struct system *s, const char *file);

static void read_includes(struct system *s, const struct node *list)
{
    if (list == NULL || !node_is_list(list, "include"))
        return;
    for (unsigned i = 0; i < list->count; i++) {
        const char *name = node_text(list->items[i], "include");
        FILE *there;

        if (name == NULL)
            continue;
        name = beside(list->place.file, name);
        there = fopen(name, "rb");
        if (there == NULL) {
            report(list->items[i]->place, "there is no file '%s' to include", name);
            continue;
        }
        fclose(there);
        read_file(s, name);
    }
}

/* A file that several others include is read once. */
static bool seen(struct system *s, const char *file)
{
    char *path = realpath(file, NULL);
    struct seen_file *f;

    for (f = s->files; f != NULL && path != NULL; f = f->next) {
        if (strcmp(f->path, path) == 0)
            return true;
    }
    f = take(sizeof *f);
    f->path = path == NULL ? file : path;
    f->next = s->files;
    s->files = f;
    return false;
}

static void read_file(struct system *s, const char *file)
{
    static const char *const keys[] = {"root", "include", "components", "templates", NULL};
    const struct node *n = seen(s, file) ? NULL : node_read(file);
    const struct node *root;

    if (n == NULL || !node_is_map(n, "a manifest"))
        return;
    node_only(n, keys, "a manifest");
    root = node_get(n, "root");
    if (root != NULL)
        s->root = node_name(root, "root");
    if (node_get(n, "include") != NULL)
        read_includes(s, node_get(n, "include"));
    read_components(s, node_get(n, "components"), false);
    read_components(s, node_get(n, "templates"), true);
}

void system_read(struct system *s, const char *file)
{
    *s = (struct system){.root = "root"};
    read_file(s, file);
}
