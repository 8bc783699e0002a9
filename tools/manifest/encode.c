/* SPDX-License-Identifier: BSD-2-Clause */
/* The compiled form: sections are gathered one by one, then laid out behind the header. */
#include "system.h"

#include <string.h>

/* A section that grows. */
struct bytes {
    char *data;
    uint64_t used, room;
};

struct encoder {
    struct bytes section[MANIFEST_SECTIONS];
    const struct system *system;
};

static const uint32_t element_bytes[MANIFEST_SECTIONS] = {
    [MANIFEST_COMPONENTS] = sizeof(struct manifest_component),
    [MANIFEST_PROVIDES] = sizeof(struct manifest_provide),
    [MANIFEST_USES] = sizeof(struct manifest_use),
    [MANIFEST_GRANTS] = sizeof(struct manifest_grant),
    [MANIFEST_DEPENDS] = sizeof(uint32_t),
    [MANIFEST_STRINGS] = 1,
};

static void append(struct bytes *b, const void *data, uint64_t bytes)
{
    if (bytes > b->room - b->used) {
        uint64_t room = (b->room + bytes) * 2;
        char *more = take(room);

        if (b->used != 0)
            memcpy(more, b->data, b->used);
        b->data = more;
        b->room = room;
    }
    memcpy(b->data + b->used, data, bytes);
    b->used += bytes;
}

static uint32_t count_of(const struct encoder *e, unsigned section)
{
    return (uint32_t)(e->section[section].used / element_bytes[section]);
}

/* Strings that are there already are used again. */
static uint32_t string(struct encoder *e, const char *text)
{
    struct bytes *b = &e->section[MANIFEST_STRINGS];

    for (uint64_t at = 0; at < b->used; at += strlen(b->data + at) + 1) {
        if (strcmp(b->data + at, text) == 0)
            return (uint32_t)at;
    }
    append(b, text, strlen(text) + 1);
    return (uint32_t)(b->used - strlen(text) - 1);
}

static uint32_t number_of(const struct encoder *e, uint32_t server)
{
    return server == MANIFEST_ROOT ? server : e->system->components[server]->index;
}

static struct manifest_range put_provides(struct encoder *e, const struct component *c)
{
    struct manifest_range r = {count_of(e, MANIFEST_PROVIDES), c->provide_count};

    for (unsigned i = 0; i < c->provide_count; i++) {
        struct manifest_provide p = {string(e, c->provides[i].name), 0};

        append(&e->section[MANIFEST_PROVIDES], &p, sizeof p);
    }
    return r;
}

static struct manifest_range put_uses(struct encoder *e, const struct component *c)
{
    struct manifest_range r = {count_of(e, MANIFEST_USES), c->use_count};

    for (unsigned i = 0; i < c->use_count; i++) {
        const struct use *from = &c->uses[i];
        struct manifest_use u = {string(e, from->name), string(e, from->protocol),
                                 number_of(e, from->server),
                                 from->provide | (from->look ? MANIFEST_USE_LOOK : 0)};

        append(&e->section[MANIFEST_USES], &u, sizeof u);
    }
    return r;
}

static struct manifest_range put_grants(struct encoder *e, const struct component *c)
{
    struct manifest_range r = {count_of(e, MANIFEST_GRANTS), c->grant_count};

    for (unsigned i = 0; i < c->grant_count; i++) {
        const struct grant *from = &c->grants[i];
        struct manifest_grant g = {.kind = from->kind,
                                   .name = string(e, from->name),
                                   .server = MANIFEST_ROOT,
                                   .provide = from->provide,
                                   .a = from->a,
                                   .b = from->b};

        if (from->kind == MANIFEST_DEVICE)
            g.server = number_of(e, from->server);
        append(&e->section[MANIFEST_GRANTS], &g, sizeof g);
    }
    return r;
}

static struct manifest_range put_depends(struct encoder *e, const struct component *c)
{
    struct manifest_range r = {count_of(e, MANIFEST_DEPENDS), c->depend_count};

    for (unsigned i = 0; i < c->depend_count; i++) {
        uint32_t index = number_of(e, c->depends[i].index);

        append(&e->section[MANIFEST_DEPENDS], &index, sizeof index);
    }
    return r;
}

static struct manifest_range put_args(struct encoder *e, const struct component *c)
{
    struct manifest_range r = {count_of(e, MANIFEST_STRINGS), 0};

    for (unsigned i = 0; i < c->arg_count; i++)
        append(&e->section[MANIFEST_STRINGS], c->args[i], strlen(c->args[i]) + 1);
    r.count = count_of(e, MANIFEST_STRINGS) - r.first;
    return r;
}

static void put_component(struct encoder *e, const struct component *c)
{
    struct manifest_component m = {
        .name = string(e, c->name),
        .image = string(e, c->image),
        .flags = c->flags,
        .priority = c->priority,
        .memory_bytes = c->memory_bytes,
        .stack_bytes = c->stack_bytes,
        .vault_bytes = c->vault_bytes,
        .budget_us = c->budget_us,
        .period_us = c->period_us,
        .threads = c->threads,
        .slots = c->slots,
        .policy = c->policy,
    };

    m.provides = put_provides(e, c);
    m.uses = put_uses(e, c);
    m.grants = put_grants(e, c);
    m.depends = put_depends(e, c);
    m.args = put_args(e, c);
    append(&e->section[MANIFEST_COMPONENTS], &m, sizeof m);
}

static void put_all(struct encoder *e)
{
    const struct system *s = e->system;

    append(&e->section[MANIFEST_STRINGS], "", 1);
    for (uint32_t number = 0; number < s->count; number++) {
        for (unsigned i = 0; i < s->count; i++) {
            if (s->components[i]->index == number)
                put_component(e, s->components[i]);
        }
    }
}

void *system_encode(const struct system *s, uint64_t *bytes)
{
    struct encoder *e = take(sizeof *e);
    struct manifest_header h = {.magic = MANIFEST_MAGIC, .version = MANIFEST_VERSION};
    uint64_t at = (sizeof h + 7) / 8 * 8;
    char *all;

    e->system = s;
    put_all(e);
    for (unsigned i = 0; i < MANIFEST_SECTIONS; i++) {
        h.section[i] = (struct manifest_section){(uint32_t)at, count_of(e, i)};
        at += (e->section[i].used + 7) / 8 * 8;
    }
    if (at > UINT32_MAX)
        report_fatal("the manifest is too large");
    h.total_bytes = at;
    all = take(at);
    memcpy(all, &h, sizeof h);
    for (unsigned i = 0; i < MANIFEST_SECTIONS; i++) {
        if (e->section[i].used != 0)
            memcpy(all + h.section[i].offset, e->section[i].data, e->section[i].used);
    }
    *bytes = at;
    return all;
}
