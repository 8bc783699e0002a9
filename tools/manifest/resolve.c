/* SPDX-License-Identifier: BSD-2-Clause */
/* What the names in a manifest mean, and what does not fit together. */
#include "system.h"

#include <string.h>

/* Root serves this protocol itself. */
#define ROOT_PROTOCOL "supervisor"
#define ENTRIES_MAX   60u /* COMPONENT_ENTRIES of <rt/component.h> */

static struct component *find(const struct system *s, const char *name, uint32_t *index)
{
    for (unsigned i = 0; i < s->count; i++) {
        if (strcmp(s->components[i]->name, name) == 0) {
            *index = i;
            return s->components[i];
        }
    }
    return NULL;
}

/* How much two names look alike: letters in the same place from the start. */
static unsigned likeness(const char *a, const char *b)
{
    unsigned n = 0;

    while (a[n] != 0 && a[n] == b[n])
        n++;
    return n;
}

static void report_missing(const struct system *s, struct place place, const char *name)
{
    const char *best = NULL;
    unsigned most = 1;

    for (unsigned i = 0; i < s->count; i++) {
        if (likeness(s->components[i]->name, name) > most) {
            best = s->components[i]->name;
            most = likeness(best, name);
        }
    }
    report(place, "there is no component '%s'%s%s%s", name, best == NULL ? "" : "; did you mean '",
           best == NULL ? "" : best, best == NULL ? "" : "'?");
}

/* @return the number of the protocol among those that `server` provides */
static bool find_provide(const struct component *server, const char *protocol, struct place place,
                         uint32_t *provide)
{
    char list[200] = "";

    for (unsigned i = 0; i < server->provide_count; i++) {
        if (strcmp(server->provides[i].name, protocol) == 0) {
            *provide = i;
            return true;
        }
        if (strlen(list) + strlen(server->provides[i].name) + 3 < sizeof list)
            strcat(strcat(list, i == 0 ? "" : ", "), server->provides[i].name);
    }
    report(place, "'%s' does not provide '%s'; it provides %s", server->name, protocol,
           server->provide_count == 0 ? "nothing" : list);
    return false;
}

static void resolve_server(const struct system *s, const char *from, const char *protocol,
                           struct place place, uint32_t *server, uint32_t *provide)
{
    const struct component *c = find(s, from, server);

    if (c == NULL)
        report_missing(s, place, from);
    else if (c->flags & MANIFEST_TEMPLATE)
        report(place, "'%s' is a template; only components can be used", from);
    else
        find_provide(c, protocol, place, provide);
}

static void resolve_use(const struct system *s, struct use *u)
{
    if (u->may && strcmp(u->from, "root") != 0 && strcmp(u->protocol, "file") != 0)
        report(u->may_place, "'may' is for files and routes to root; '%s' from '%s' is neither",
               u->protocol, u->from);
    else if (u->may && strcmp(u->from, "root") != 0 && u->right != MANIFEST_MAY_LOOK)
        report(u->may_place, "of files the only thing that may be said is 'may: look'");
    u->look = u->may && strcmp(u->from, "root") != 0;
    if (strcmp(u->from, "root") != 0) {
        resolve_server(s, u->from, u->protocol, u->from_place, &u->server, &u->provide);
        return;
    }
    u->server = MANIFEST_ROOT;
    u->provide = u->right;
    if (strcmp(u->protocol, ROOT_PROTOCOL) != 0)
        report(u->from_place, "root does not provide '%s'; it provides " ROOT_PROTOCOL,
               u->protocol);
}

static void resolve_component(const struct system *s, struct component *c)
{
    unsigned entries = c->provide_count + c->use_count + c->grant_count + 32u;

    for (unsigned i = 0; i < c->use_count; i++)
        resolve_use(s, &c->uses[i]);
    for (unsigned i = 0; i < c->grant_count; i++) {
        struct grant *g = &c->grants[i];

        if (g->kind == MANIFEST_DEVICE && g->from != NULL)
            resolve_server(s, g->from, "platform", g->place, &g->server, &g->provide);
    }
    for (unsigned i = 0; i < c->depend_count; i++) {
        const struct component *d = find(s, c->depends[i].name, &c->depends[i].index);

        if (d == NULL)
            report_missing(s, c->depends[i].place, c->depends[i].name);
        else if (d->flags & MANIFEST_TEMPLATE)
            report(c->depends[i].place, "'%s' is a template; only components can be depended on",
                   d->name);
    }
    if (entries > ENTRIES_MAX + 32u)
        report(c->place, "'%s' has %u routes, protocols and grants; expected at most %u", c->name,
               entries - 32u, ENTRIES_MAX);
    if ((c->flags & MANIFEST_TEMPLATE) && c->provide_count != 0)
        report(c->provides[0].place,
               "a template cannot provide protocols: nobody could be routed to it");
}

static bool same_port(const struct grant *a, const struct grant *b)
{
    return a->kind == MANIFEST_PORTS && a->a < b->a + b->b && b->a < a->a + a->b;
}

static bool same_device(const struct grant *a, const struct grant *b)
{
    return a->kind == MANIFEST_DEVICE && a->a == b->a && a->b == b->b;
}

/* Devices have one owner. */
static void check_shared(const struct component *c, const struct grant *a,
                         const struct component *d, const struct grant *b)
{
    const char *what = NULL;

    if (a->kind != b->kind)
        return;
    if (same_port(a, b))
        what = "these I/O ports";
    else if (a->kind == MANIFEST_INTERRUPT && a->a == b->a)
        what = "this interrupt line";
    else if (same_device(a, b))
        what = "this device";
    else if (a->kind == MANIFEST_DEVICE_MEMORY)
        what = "all device memory";
    if (what != NULL)
        report(b->place,
               "'%s' has %s already, at %s:%u; only one component can ('%s' is the second)",
               c->name, what, a->place.file, a->place.line, d->name);
}

static void check_exclusive(const struct system *s)
{
    for (unsigned i = 0; i < s->count; i++) {
        for (unsigned k = i + 1; k < s->count; k++) {
            const struct component *c = s->components[i];
            const struct component *d = s->components[k];

            if ((c->flags | d->flags) & MANIFEST_TEMPLATE)
                continue;
            for (unsigned x = 0; x < c->grant_count * d->grant_count; x++)
                check_shared(c, &c->grants[x / d->grant_count], d, &d->grants[x % d->grant_count]);
        }
    }
}

/* Numbers components so that each comes behind those it depends on. Depth first; the path is at
 * most as long as there are components. */
static void visit(struct system *s, struct component *c)
{
    c->visit = 1;
    for (unsigned i = 0; i < c->depend_count; i++) {
        struct component *d = s->components[c->depends[i].index];

        if (d->visit == 1)
            report(c->depends[i].place,
                   "'%s' depends on '%s', which in the end depends on '%s': a circle", c->name,
                   d->name, c->name);
        else if (d->visit == 0)
            visit(s, d);
    }
    c->visit = 2;
    c->index = s->ordered++;
}

void system_resolve(struct system *s)
{
    for (unsigned i = 0; i < s->count; i++)
        resolve_component(s, s->components[i]);
    check_exclusive(s);
    for (unsigned i = 0; i < s->count && report_count() == 0; i++) {
        if (s->components[i]->visit == 0)
            visit(s, s->components[i]);
    }
}
