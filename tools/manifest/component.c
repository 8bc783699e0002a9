/* SPDX-License-Identifier: BSD-2-Clause */
/* One component: the keys of its map, their defaults and ranges. */
#include "system.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define MS     1000ul
#define SECOND 1000000ul

static const char *const component_keys[] = {
    "image",  "provides", "uses",      "ports",   "interrupts", "devices", "authority",
    "memory", "stack",    "slots",     "threads", "priority",   "cpu",     "borrow",
    "args",   "restart",  "heartbeat", "start",   "depends",    "vault",   "overrun",
    "follow", "files", NULL,
};

static struct named *read_names(const struct node *list, const char *what, unsigned *count)
{
    struct named *names;

    if (!node_is_list(list, what))
        return NULL;
    names = take(list->count * sizeof *names);
    for (unsigned i = 0; i < list->count; i++) {
        const char *name = node_name(list->items[i], what);

        if (name == NULL)
            continue;
        for (unsigned k = 0; k < *count; k++) {
            if (strcmp(names[k].name, name) == 0)
                report(list->items[i]->place, "%s: '%s' is here twice", what, name);
        }
        names[(*count)++] = (struct named){name, list->items[i]->place, 0};
    }
    return names;
}

void read_may(struct use *u, const struct node *n)
{
    static const char *const words[] = {"steer", "look", "harm"}; /* enum manifest_may */
    const char *text = n == NULL ? NULL : node_text(n, "may");

    if (text == NULL)
        return;
    for (uint32_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(text, words[i]) == 0) {
            u->may = true;
            u->right = i;
            u->may_place = n->place;
            return;
        }
    }
    report(n->place, "may is '%s'; expected look, steer or harm", text);
}

static void read_use(struct use *u, const struct node *key, const struct node *value)
{
    static const char *const keys[] = {"protocol", "from", "may", NULL};
    const struct node *from = value;

    u->name = node_name(key, "uses");
    u->protocol = u->name;
    u->place = key->place;
    if (value->kind == NODE_MAP) {
        node_only(value, keys, "a route");
        from = node_get(value, "from");
        if (node_get(value, "protocol") != NULL)
            u->protocol = node_name(node_get(value, "protocol"), "protocol");
        read_may(u, node_get(value, "may"));
        if (from == NULL) {
            report(value->place,
                   "the route '%s' does not say from which component; expected {protocol: NAME, "
                   "from: COMPONENT}",
                   key->text);
            return;
        }
    }
    u->from = node_name(from, "from");
    u->from_place = from->place;
}

static void read_uses(struct component *c, const struct node *map)
{
    if (map == NULL || !node_is_map(map, "uses"))
        return;
    c->uses = take(map->count * sizeof *c->uses);
    for (unsigned i = 0; i < map->count; i++) {
        struct use u = {0};

        read_use(&u, map->keys[i], map->items[i]);
        if (u.name != NULL && u.protocol != NULL && u.from != NULL)
            c->uses[c->use_count++] = u;
    }
}

static void read_args(struct component *c, const struct node *list)
{
    unsigned long bytes = 1;

    if (list == NULL || !node_is_list(list, "args"))
        return;
    c->args = take(list->count * sizeof *c->args);
    for (unsigned i = 0; i < list->count; i++) {
        const char *text = node_text(list->items[i], "args");

        if (text == NULL)
            continue;
        bytes += strlen(text) + 1;
        c->args[c->arg_count++] = text;
    }
    if (bytes > 512)
        report(list->place, "args are %lu bytes; expected at most 512 with the bytes between them",
               bytes);
}

/* "A per B". */
static bool split_per(const char *text, char *a, char *b)
{
    return strlen(text) < 64 && sscanf(text, "%63s per %63s", a, b) == 2;
}

static void read_cpu(struct component *c, const struct node *n)
{
    const char *text = n == NULL ? "full" : node_text(n, "cpu");
    char a[64], b[64];

    c->budget_us = c->period_us = 10 * MS;
    if (text == NULL || strcmp(text, "full") == 0)
        return;
    if (!split_per(text, a, b) || !parse_time(a, &c->budget_us) || !parse_time(b, &c->period_us) ||
        c->budget_us < 10 || c->budget_us > c->period_us || c->period_us > 10 * SECOND) {
        report(n->place,
               "cpu is '%s'; expected 'full' or a budget and a period as in '2ms per 10ms', "
               "the budget at least 10us and at most the period, the period at most 10s",
               text);
        c->budget_us = c->period_us = 10 * MS;
    }
}

/* How many restarts fit in the limit's time, if each failure comes at once. */
static unsigned long reachable(const struct manifest_policy *p)
{
    unsigned long wait = p->backoff_us, left = p->limit_us, count = 0;

    while (wait < p->backoff_max_us && wait != 0 && wait <= left) {
        left -= wait;
        wait = wait * 2 < p->backoff_max_us ? wait * 2 : p->backoff_max_us;
        count++;
    }
    return wait == 0 ? ULONG_MAX : count + left / wait;
}

/* A limit that the waits between restarts keep from being reached is none. */
static void check_limit(const struct manifest_policy *p, const struct node *n)
{
    unsigned long most = reachable(p);

    if (p->limit != UINT64_MAX && p->limit > most)
        report(n->place,
               "the limit is never reached: with this backoff there are at most %lu restarts in "
               "that time",
               most);
}

static void read_limit(struct manifest_policy *p, const struct node *n)
{
    const char *text = node_text(n, "limit");
    char a[64], b[64];

    if (text == NULL)
        return;
    if (strcmp(text, "none") == 0) {
        p->limit = UINT64_MAX;
        return;
    }
    if (!split_per(text, a, b) || !parse_number(a, &p->limit) || !parse_time(b, &p->limit_us) ||
        p->limit_us > MANIFEST_TIME_MAX)
        report(n->place, "limit is '%s'; expected 'none' or restarts in a time as in '5 per 1min'",
               text);
    else
        check_limit(p, n);
}

static void read_policy(struct manifest_policy *p, const struct node *n)
{
    static const char *const names[] = {"never", "always", "on-fault"};
    const char *text = node_text(n, "restart");

    for (unsigned i = 0; text != NULL && i < 3; i++) {
        if (strcmp(text, names[i]) == 0) {
            p->restart = i;
            return;
        }
    }
    if (text != NULL)
        report(n->place, "restart is '%s'; expected never, always or on-fault", text);
}

static void read_restart(struct manifest_policy *p, const struct node *n)
{
    static const char *const keys[] = {"policy", "backoff", "backoff-max", "limit", NULL};

    *p = (struct manifest_policy){.restart = MANIFEST_ON_FAULT,
                                  .backoff_us = 10 * MS,
                                  .backoff_max_us = SECOND,
                                  .limit = 5,
                                  .limit_us = 60 * SECOND};
    if (n == NULL)
        return;
    if (n->kind != NODE_MAP) {
        read_policy(p, n);
        return;
    }
    node_only(n, keys, "restart");
    if (node_get(n, "policy") != NULL)
        read_policy(p, node_get(n, "policy"));
    if (node_get(n, "backoff") != NULL)
        p->backoff_us = node_time(node_get(n, "backoff"), "backoff", 0, MANIFEST_TIME_MAX,
                                  p->backoff_us);
    if (p->backoff_max_us < p->backoff_us)
        p->backoff_max_us = p->backoff_us;
    if (node_get(n, "backoff-max") != NULL)
        p->backoff_max_us = node_time(node_get(n, "backoff-max"), "backoff-max", p->backoff_us,
                                      MANIFEST_TIME_MAX, p->backoff_max_us);
    if (node_get(n, "limit") != NULL)
        read_limit(p, node_get(n, "limit"));
}

static bool read_choice(const struct node *n, const char *what, const char *yes, const char *no,
                        bool otherwise)
{
    const char *text = n == NULL ? NULL : node_text(n, what);

    if (text == NULL)
        return otherwise;
    if (strcmp(text, yes) != 0 && strcmp(text, no) != 0)
        report(n->place, "%s is '%s'; expected %s or %s", what, text, yes, no);
    return strcmp(text, yes) == 0;
}

/* Enough to make all of its memory pages of its heap, which take a slot each. */
static unsigned long default_slots(unsigned long memory_bytes)
{
    unsigned long slots = 192 + memory_bytes / 4096 * 33 / 32;

    return slots < 256 ? 256 : slots > MANIFEST_SLOTS_MAX ? MANIFEST_SLOTS_MAX : slots;
}

static void read_sizes(struct component *c, const struct node *map)
{
    const struct node *n = node_get(map, "memory");

    c->memory_bytes = 1ul << 20;
    if (n != NULL)
        c->memory_bytes = node_bytes(n, "memory", MANIFEST_MEMORY_MIN, MANIFEST_MEMORY_MAX,
                                     c->memory_bytes);
    c->stack_bytes = 32ul << 10;
    n = node_get(map, "stack");
    if (n != NULL)
        c->stack_bytes = node_bytes(n, "stack", 4096, MANIFEST_STACK_MAX, c->stack_bytes);
    if (c->stack_bytes >= c->memory_bytes && report_count() == 0)
        report(n == NULL ? c->place : n->place,
               "the stack of '%s' does not fit in its memory; give it more memory", c->name);
    n = node_get(map, "vault");
    if (n != NULL)
        c->vault_bytes = node_bytes(n, "vault", 4096, MANIFEST_VAULT_MAX, 0);
    n = node_get(map, "slots");
    c->slots = (uint32_t)default_slots(c->memory_bytes);
    if (n != NULL)
        c->slots =
            (uint32_t)node_number(n, "slots", MANIFEST_SLOTS_MIN, MANIFEST_SLOTS_MAX, c->slots);
    n = node_get(map, "threads");
    c->threads = n == NULL ? 0 : (uint32_t)node_number(n, "threads", 0, MANIFEST_THREADS_MAX, 0);
    n = node_get(map, "priority");
    c->priority = n == NULL ? 100
                            : (uint32_t)node_number(n, "priority", 0, MANIFEST_PRIORITY_MAX, 100);
}

/* Servers give signs of life by themselves, in lib/ipc. */
static void read_heartbeat(struct component *c, const struct node *n)
{
    const char *text = n == NULL || n->kind != NODE_TEXT ? NULL : n->text;

    if (n == NULL)
        c->policy.heartbeat_us = c->provide_count != 0 ? 100 * MS : 0;
    else if (text != NULL && strcmp(text, "none") == 0)
        c->policy.heartbeat_us = 0;
    else
        c->policy.heartbeat_us = node_time(n, "heartbeat", 10 * MS, MANIFEST_TIME_MAX, 0);
}

struct component *component_read(const struct node *key, const struct node *map, bool template)
{
    struct component *c = take(sizeof *c);
    const struct node *image = node_get(map, "image");

    c->place = key->place;
    c->name = node_name(key, "a component's name");
    if (c->name == NULL || !node_is_map(map, c->name))
        return NULL;
    if (strcmp(c->name, "root") == 0)
        report(key->place, "'root' is the name of root itself; choose another");
    node_only(map, component_keys, "a component");
    c->image_place = image == NULL ? key->place : image->place;
    c->image = image == NULL ? c->name : node_name(image, "image");
    if (c->image == NULL)
        c->image = c->name;
    if (node_get(map, "provides") != NULL)
        c->provides = read_names(node_get(map, "provides"), "provides", &c->provide_count);
    if (node_get(map, "depends") != NULL)
        c->depends = read_names(node_get(map, "depends"), "depends", &c->depend_count);
    read_uses(c, node_get(map, "uses"));
    files_read(c, node_get(map, "files"));
    grants_read(c, map);
    read_restart(&c->policy, node_get(map, "restart"));
    read_sizes(c, map);
    read_heartbeat(c, node_get(map, "heartbeat"));
    read_cpu(c, node_get(map, "cpu"));
    read_args(c, node_get(map, "args"));
    if (read_choice(node_get(map, "start"), "start", "auto", "manual", true) && !template)
        c->flags |= MANIFEST_AUTO;
    if (read_choice(node_get(map, "borrow"), "borrow", "yes", "no", c->provide_count != 0))
        c->flags |= MANIFEST_BORROW;
    if (read_choice(node_get(map, "overrun"), "overrun", "end", "wait", false))
        c->flags |= MANIFEST_OVERRUN;
    if (read_choice(node_get(map, "follow"), "follow", "yes", "no", false))
        c->flags |= MANIFEST_FOLLOW;
    if (template)
        c->flags |= MANIFEST_TEMPLATE;
    return c;
}
