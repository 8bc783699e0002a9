/* SPDX-License-Identifier: BSD-2-Clause */
/* The namespace of a component: which server's files it sees at which path. */
#include "system.h"

#include <string.h>

#define PROTOCOL "file"

/* '/' or names with a slash before each, as a program will compare them. */
static bool good_path(const char *path)
{
    if (path[0] != '/' || strlen(path) > MANIFEST_NAME)
        return false;
    if (path[1] == 0)
        return true;
    while (path[0] == '/') {
        size_t size = strcspn(path + 1, "/");

        if (size == 0 || (path[1] == '.' && (size == 1 || (size == 2 && path[2] == '.'))))
            return false;
        path += size + 1;
    }
    return true;
}

static void read_mount(struct use *u, const struct node *key, const struct node *value)
{
    static const char *const keys[] = {"from", "may", NULL};
    const struct node *from = value;

    u->name = key->text;
    u->protocol = PROTOCOL;
    u->place = key->place;
    if (!good_path(key->text)) {
        report(key->place,
               "'%s' is no place for files; expected / or a path as in /tmp, of at most %u bytes, "
               "without . and .. and a slash at its end",
               key->text, MANIFEST_NAME);
        return;
    }
    if (value->kind == NODE_MAP) {
        node_only(value, keys, "a place for files");
        from = node_get(value, "from");
        read_may(u, node_get(value, "may"));
        if (from == NULL) {
            report(value->place,
                   "'%s' does not say whose files are there; expected {from: COMPONENT, may: look}",
                   key->text);
            return;
        }
    }
    u->from = node_name(from, "files");
    u->from_place = from->place;
}

void files_read(struct component *c, const struct node *map)
{
    struct use *more;

    if (map == NULL || !node_is_map(map, "files"))
        return;
    more = take((c->use_count + map->count) * sizeof *more);
    if (c->use_count != 0)
        memcpy(more, c->uses, c->use_count * sizeof *more);
    c->uses = more;
    for (unsigned i = 0; i < map->count; i++) {
        struct use u = {0};

        read_mount(&u, map->keys[i], map->items[i]);
        if (u.from != NULL)
            c->uses[c->use_count++] = u;
    }
}
