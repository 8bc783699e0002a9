/* SPDX-License-Identifier: BSD-2-Clause */
/* What a component may touch besides other components: ports, interrupts, devices, and authority
 * over resources. */
#include "system.h"

#include <stdio.h>
#include <string.h>

#define LINES_MAX 4096u

static struct grant *add(struct component *c, uint32_t kind, const struct node *key)
{
    struct grant *more = take((c->grant_count + 1) * sizeof *more);

    if (c->grant_count != 0)
        memcpy(more, c->grants, c->grant_count * sizeof *more);
    c->grants = more;
    more += c->grant_count;
    more->kind = kind;
    more->name = node_name(key, "a name");
    more->place = key->place;
    if (more->name == NULL)
        more->name = "?";
    c->grant_count++;
    return more;
}

static void read_ports(struct component *c, const struct node *key, const struct node *value)
{
    struct grant *g = add(c, MANIFEST_PORTS, key);
    const char *text = node_text(value, "ports");
    char copy[64];
    char *dash;
    uint64_t last;

    if (text == NULL || strlen(text) >= sizeof copy)
        return;
    strcpy(copy, text);
    dash = strchr(copy, '-');
    if (dash != NULL)
        *dash = 0;
    if (!parse_number(copy, &g->a) || !parse_number(dash == NULL ? copy : dash + 1, &last) ||
        last < g->a || last > 0xffff) {
        report(value->place, "ports are '%s'; expected a range of I/O ports as in 0x3f8-0x3ff",
               text);
        return;
    }
    g->b = last - g->a + 1;
}

static bool one_of(const struct node *n, const char *what, const char *yes, const char *no)
{
    const char *text = n == NULL ? NULL : node_text(n, what);

    if (text == NULL)
        return false;
    if (strcmp(text, yes) != 0 && strcmp(text, no) != 0)
        report(n->place, "%s is '%s'; expected %s or %s", what, text, yes, no);
    return strcmp(text, yes) == 0;
}

static void read_interrupt(struct component *c, const struct node *key, const struct node *value)
{
    static const char *const keys[] = {"line", "trigger", "polarity", NULL};
    struct grant *g = add(c, MANIFEST_INTERRUPT, key);
    const struct node *line = value;

    if (value->kind == NODE_MAP) {
        node_only(value, keys, "an interrupt");
        line = node_get(value, "line");
        g->b = (one_of(node_get(value, "trigger"), "trigger", "level", "edge") ? 1u : 0u) |
               (one_of(node_get(value, "polarity"), "polarity", "low", "high") ? 2u : 0u);
        if (line == NULL) {
            report(value->place, "the interrupt '%s' has no line; expected {line: NUMBER}",
                   key->text);
            return;
        }
    }
    g->a = node_number(line, "line", 0, LINES_MAX, 0);
}

static bool parse_pair(const char *text, const char *format, uint64_t *value, unsigned shift,
                       unsigned max)
{
    unsigned a, b;
    int end = 0;

    if (sscanf(text, format, &a, &b, &end) != 2 || text[end] != 0 || a > max || b > max)
        return false;
    *value = (uint64_t)a << shift | b;
    return true;
}

static bool parse_address(const char *text, uint64_t *value)
{
    unsigned bus, device, function;
    int end = 0;

    if (sscanf(text, "%x:%x.%u%n", &bus, &device, &function, &end) != 3 || text[end] != 0 ||
        bus > 255 || device > 31 || function > 7)
        return false;
    *value = bus * 256u + device * 8u + function;
    return true;
}

static void read_match(struct grant *g, const struct node *map)
{
    const struct node *id = node_get(map, "id");
    const struct node *class = node_get(map, "class");
    const struct node *address = node_get(map, "address");
    const struct node *nth = node_get(map, "nth");

    if ((id != NULL) + (class != NULL) + (address != NULL) != 1)
        report(map->place, "expected one of id (as in 1af4:1042), class (as in 01:06) and address "
                           "(as in 00:1f.2)");
    if (id != NULL && node_text(id, "id") != NULL &&
        !parse_pair(id->text, "%x:%x%n", &g->b, 16, 0xffff))
        report(id->place, "id is '%s'; expected vendor and product in hexadecimal as in 1af4:1042",
               id->text);
    if (class != NULL && node_text(class, "class") != NULL &&
        !parse_pair(class->text, "%x:%x%n", &g->b, 8, 0xff))
        report(class->place,
               "class is '%s'; expected class and subclass in hexadecimal as in 01:06",
               class->text);
    if (address != NULL && node_text(address, "address") != NULL &&
        !parse_address(address->text, &g->b))
        report(address->place, "address is '%s'; expected bus:device.function as in 00:1f.2",
               address->text);
    g->a = id != NULL ? MANIFEST_BY_ID : class != NULL ? MANIFEST_BY_CLASS : MANIFEST_BY_ADDRESS;
    if (nth != NULL && address == NULL)
        g->b |= node_number(nth, "nth", 0, 255, 0) << 32;
}

static void read_device(struct component *c, const struct node *key, const struct node *value)
{
    static const char *const keys[] = {"from", "id", "class", "address", "nth", NULL};
    struct grant *g = add(c, MANIFEST_DEVICE, key);

    if (!node_is_map(value, "a device"))
        return;
    node_only(value, keys, "a device");
    g->from = node_get(value, "from") == NULL ? "platform"
                                              : node_name(node_get(value, "from"), "from");
    read_match(g, value);
}

static void read_authority(struct component *c, const struct node *key, const struct node *value)
{
    static const struct {
        const char *key, *value;
        uint32_t kind;
    } wholes[] = {
        {"interrupts", "all", MANIFEST_IRQ_CONTROL},
        {"device-memory", "all", MANIFEST_DEVICE_MEMORY},
        {"boot-archive", "read", MANIFEST_BOOT_ARCHIVE},
        {"vault-frames", "show", MANIFEST_VAULT_FRAMES},
    };
    struct grant *g;

    if (strcmp(key->text, "cpu") == 0) {
        g = add(c, MANIFEST_CPU, key);
        g->a = node_number(value, "cpu", 1, MANIFEST_PRIORITY_MAX, 1);
        return;
    }
    for (unsigned i = 0; i < sizeof wholes / sizeof wholes[0]; i++) {
        if (strcmp(key->text, wholes[i].key) != 0)
            continue;
        (void)add(c, wholes[i].kind, key);
        if (node_text(value, key->text) != NULL && strcmp(value->text, wholes[i].value) != 0)
            report(value->place, "%s is '%s'; expected %s", key->text, value->text,
                   wholes[i].value);
    }
}

typedef void read_function(struct component *c, const struct node *key, const struct node *value);

static void each(struct component *c, const struct node *map, const char *what, read_function *read)
{
    if (map == NULL || !node_is_map(map, what))
        return;
    for (unsigned i = 0; i < map->count; i++)
        read(c, map->keys[i], map->items[i]);
}

void grants_read(struct component *c, const struct node *map)
{
    static const char *const keys[] = {"cpu",          "interrupts",   "device-memory",
                                       "boot-archive", "vault-frames", NULL};
    const struct node *authority = node_get(map, "authority");

    each(c, node_get(map, "ports"), "ports", read_ports);
    each(c, node_get(map, "interrupts"), "interrupts", read_interrupt);
    each(c, node_get(map, "devices"), "devices", read_device);
    if (authority != NULL && node_is_map(authority, "authority")) {
        node_only(authority, keys, "authority");
        each(c, authority, "authority", read_authority);
    }
}
