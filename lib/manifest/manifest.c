/* SPDX-License-Identifier: BSD-2-Clause */
/* Pure: no state, no calls. */
#include "manifest.h"

#include <stddef.h>

#define PAGE 4096u

static const uint32_t element_bytes[MANIFEST_SECTIONS] = {
    [MANIFEST_COMPONENTS] = sizeof(struct manifest_component),
    [MANIFEST_PROVIDES] = sizeof(struct manifest_provide),
    [MANIFEST_USES] = sizeof(struct manifest_use),
    [MANIFEST_GRANTS] = sizeof(struct manifest_grant),
    [MANIFEST_DEPENDS] = sizeof(uint32_t),
    [MANIFEST_STRINGS] = 1,
};

const void *manifest_section(const struct manifest_header *m, enum manifest_section_index section)
{
    return (const char *)m + m->section[section].offset;
}

const struct manifest_component *manifest_component(const struct manifest_header *m, uint32_t index)
{
    return (const struct manifest_component *)manifest_section(m, MANIFEST_COMPONENTS) + index;
}

const char *manifest_string(const struct manifest_header *m, uint32_t offset)
{
    return (const char *)manifest_section(m, MANIFEST_STRINGS) + offset;
}

static int sections_fit(const struct manifest_header *m, word_t bytes)
{
    for (unsigned i = 0; i < MANIFEST_SECTIONS; i++) {
        const struct manifest_section *s = &m->section[i];

        if (s->offset % 8 != 0 || s->offset < sizeof *m || s->offset > bytes ||
            s->count > (bytes - s->offset) / element_bytes[i])
            return 0;
    }
    return 1;
}

static int range_in(const struct manifest_header *m, struct manifest_range r, unsigned section)
{
    return r.first <= m->section[section].count && r.count <= m->section[section].count - r.first;
}

/* The strings end in 0, so one that begins among them ends there too. */
static int string_in(const struct manifest_header *m, uint32_t offset)
{
    return offset < m->section[MANIFEST_STRINGS].count;
}

static int is_name(const struct manifest_header *m, uint32_t offset)
{
    const char *name;

    if (!string_in(m, offset))
        return 0;
    name = manifest_string(m, offset);
    for (unsigned i = 0; i <= MANIFEST_NAME; i++) {
        if (name[i] == 0)
            return i > 0;
    }
    return 0;
}

static int provides_in(const struct manifest_header *m, uint32_t server, uint32_t provide)
{
    if (server == MANIFEST_ROOT)
        return provide <= MANIFEST_MAY_HARM;
    return server < m->section[MANIFEST_COMPONENTS].count &&
           (provide & ~MANIFEST_USE_LOOK) < manifest_component(m, server)->provides.count;
}

static int time_in(word_t us)
{
    return us <= MANIFEST_TIME_MAX;
}

static const char *check_numbers(const struct manifest_component *c)
{
    const struct manifest_policy *p = &c->policy;

    if (c->memory_bytes % PAGE != 0 || c->memory_bytes < MANIFEST_MEMORY_MIN ||
        c->memory_bytes > MANIFEST_MEMORY_MAX)
        return "memory out of range";
    if (c->stack_bytes % PAGE != 0 || c->stack_bytes == 0 || c->stack_bytes > MANIFEST_STACK_MAX)
        return "stack out of range";
    if (c->vault_bytes % PAGE != 0 || c->vault_bytes > MANIFEST_VAULT_MAX)
        return "vault out of range";
    if (c->priority > MANIFEST_PRIORITY_MAX || c->threads > MANIFEST_THREADS_MAX)
        return "priority or threads out of range";
    if (c->slots < MANIFEST_SLOTS_MIN || c->slots > MANIFEST_SLOTS_MAX)
        return "slots out of range";
    if (c->budget_us == 0 || c->budget_us > c->period_us || !time_in(c->period_us))
        return "processor time out of range";
    if (p->restart > MANIFEST_ON_FAULT || !time_in(p->backoff_us) ||
        p->backoff_max_us < p->backoff_us || !time_in(p->backoff_max_us) || !time_in(p->limit_us) ||
        !time_in(p->heartbeat_us))
        return "restart policy out of range";
    return NULL;
}

static const char *check_component(const struct manifest_header *m,
                                   const struct manifest_component *c)
{
    if (!is_name(m, c->name) || !is_name(m, c->image))
        return "a component has no proper name or image";
    if (!range_in(m, c->provides, MANIFEST_PROVIDES) || !range_in(m, c->uses, MANIFEST_USES) ||
        !range_in(m, c->grants, MANIFEST_GRANTS) || !range_in(m, c->depends, MANIFEST_DEPENDS) ||
        !range_in(m, c->args, MANIFEST_STRINGS))
        return "a component has a list outside its section";
    if (c->args.count != 0 && manifest_string(m, c->args.first)[c->args.count - 1] != 0)
        return "arguments do not end";
    return check_numbers(c);
}

/* Components come behind those they depend on, so there are no circles. */
static const char *check_order(const struct manifest_header *m, uint32_t index)
{
    const uint32_t *depends = manifest_section(m, MANIFEST_DEPENDS);
    struct manifest_range r = manifest_component(m, index)->depends;

    for (uint32_t i = 0; i < r.count; i++) {
        if (depends[r.first + i] >= index)
            return "a dependency leads nowhere, or in a circle";
    }
    return NULL;
}

static const char *check_lists(const struct manifest_header *m)
{
    const struct manifest_provide *provides = manifest_section(m, MANIFEST_PROVIDES);
    const struct manifest_use *uses = manifest_section(m, MANIFEST_USES);
    const struct manifest_grant *grants = manifest_section(m, MANIFEST_GRANTS);

    for (uint32_t i = 0; i < m->section[MANIFEST_PROVIDES].count; i++) {
        if (!is_name(m, provides[i].protocol))
            return "a protocol has no proper name";
    }
    for (uint32_t i = 0; i < m->section[MANIFEST_USES].count; i++) {
        if (!is_name(m, uses[i].name) || !is_name(m, uses[i].protocol) ||
            !provides_in(m, uses[i].server, uses[i].provide))
            return "a route leads nowhere";
    }
    for (uint32_t i = 0; i < m->section[MANIFEST_GRANTS].count; i++) {
        const struct manifest_grant *g = &grants[i];

        if (!is_name(m, g->name) || g->kind < MANIFEST_PORTS || g->kind > MANIFEST_VAULT_FRAMES)
            return "a grant is of no known kind";
        if (g->kind == MANIFEST_DEVICE &&
            (g->server == MANIFEST_ROOT || g->provide & MANIFEST_USE_LOOK ||
             !provides_in(m, g->server, g->provide)))
            return "a device has no platform";
    }
    return NULL;
}

const char *manifest_check(const void *data, word_t bytes)
{
    const struct manifest_header *m = data;
    const char *wrong;
    uint32_t strings;

    if (bytes < sizeof *m || m->magic != MANIFEST_MAGIC)
        return "it is not a manifest";
    if (m->version != MANIFEST_VERSION)
        return "it is of another version";
    if (m->total_bytes > bytes || m->total_bytes < sizeof *m || !sections_fit(m, m->total_bytes))
        return "it is cut off";
    strings = m->section[MANIFEST_STRINGS].count;
    if (strings == 0 || manifest_string(m, 0)[strings - 1] != 0)
        return "its strings do not end";
    for (uint32_t i = 0; i < m->section[MANIFEST_COMPONENTS].count; i++) {
        wrong = check_component(m, manifest_component(m, i));
        if (wrong == NULL)
            wrong = check_order(m, i);
        if (wrong != NULL)
            return wrong;
    }
    return check_lists(m);
}

int symbols_check(const void *data, word_t bytes)
{
    const struct symbol_table *t = data;
    word_t last = 0;

    if (bytes < sizeof *t || t->magic != SYMBOLS_MAGIC ||
        t->count > (bytes - sizeof *t) / sizeof(struct symbol) ||
        t->name_bytes > bytes - sizeof *t - t->count * sizeof(struct symbol))
        return 0;
    if (t->name_bytes == 0 || ((const char *)&t->symbols[t->count])[t->name_bytes - 1] != 0)
        return 0;
    for (uint32_t i = 0; i < t->count; i++) {
        if (t->symbols[i].name >= t->name_bytes || t->symbols[i].address < last)
            return 0;
        last = t->symbols[i].address;
    }
    return 1;
}

const char *symbols_find(const struct symbol_table *table, word_t address, word_t *offset)
{
    uint32_t low = 0;
    uint32_t high = table->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (table->symbols[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return NULL;
    *offset = address - table->symbols[low - 1].address;
    if (*offset >= table->symbols[low - 1].bytes)
        return NULL;
    return (const char *)&table->symbols[table->count] + table->symbols[low - 1].name;
}
