/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who can reach whom, from the capabilities that components have at this moment, not from
 * manifests. A reaches B in one step if A can send to an endpoint or notification that B receives
 * from, write to memory that B can read, or holds a thread, address space, CNode or memory of B's.
 */
#include <rt/bytes.h>
#include <rt/format.h>
#include <rt/memory.h>

#include "steer_priv.h"

#define PEOPLE 128u
#define CAPS   4096u
#define NOBODY 0xffffu

/* A component. */
struct person {
    char name[SUPERVISOR_NAME_MAX + 1];
    uint64_t first, granules, endpoint;
    uint16_t from; /* on the way: who reached it first; NOBODY: not reached */
    uint8_t how;
};

/* A capability that may matter to others. */
struct held {
    uint64_t object;
    uint16_t who;
    uint8_t type;
    uint8_t rights;
};

struct map {
    struct person people[PEOPLE];
    struct held caps[CAPS];
    unsigned person_count, cap_count;
    bool full;
};

static const char *type_name(uint32_t type)
{
    static const char *const names[] = {
        "-",         "Untyped",   "DeviceUntyped", "CNode",        "Endpoint", "Notification",
        "Reply",     "Thread",    "SchedContext",  "AddressSpace", "Frame",    "LargeFrame",
        "HugeFrame", "Interrupt", "Timer",         "IoPort",       "Cpu",      "IrqControl",
        "Tables"};

    return type < sizeof names / sizeof names[0] ? names[type] : "?";
}

static bool is_frame(uint32_t type)
{
    return type == TYPE_FRAME || type == TYPE_LARGE_FRAME || type == TYPE_HUGE_FRAME;
}

static bool is_meeting(uint32_t type)
{
    return type == TYPE_ENDPOINT || type == TYPE_NOTIFICATION;
}

/* Whose memory an object is in. */
static uint16_t owner(const struct map *map, uint64_t object)
{
    for (uint16_t i = 0; i < map->person_count; i++)
        if (object >= map->people[i].first &&
            object - map->people[i].first < map->people[i].granules)
            return i;
    return NOBODY;
}

/* Calls visit for each capability in a CNode of a component's (0: its own). */
static void visit_caps(const char *name, uint32_t cnode, void *context,
                       void (*visit)(void *context, const struct supervisor_capability *c))
{
    uint32_t slot = 1;

    for (;;) {
        struct supervisor_capability c = {0};

        if (supervisor_capability(steer_now.supervisor, name, cnode, slot, &c, &slot) !=
            SUPERVISOR_OK)
            return;
        if (c.type != TYPE_NULL)
            visit(context, &c);
    }
}

/* Of what is in its own memory only what others may hold the other end of matters. */
static bool matters(const struct map *map, uint16_t who, const struct supervisor_capability *c)
{
    switch (c->type) {
    case TYPE_ENDPOINT:
    case TYPE_NOTIFICATION:
        return true;
    case TYPE_FRAME:
    case TYPE_LARGE_FRAME:
    case TYPE_HUGE_FRAME:
    case TYPE_UNTYPED:
    case TYPE_CNODE:
    case TYPE_THREAD:
    case TYPE_ADDRESS_SPACE:
        return owner(map, c->object) != who;
    default:
        return false;
    }
}

struct gathering {
    struct map *map;
    uint16_t who;
    uint32_t cnodes[8]; /* others that it holds */
    unsigned cnode_count;
    bool inner;
};

static void keep(void *context, const struct supervisor_capability *c)
{
    struct gathering *g = context;
    struct map *map = g->map;

    if (c->type == TYPE_CNODE && !g->inner && c->slot != 1 &&
        g->cnode_count < sizeof g->cnodes / sizeof g->cnodes[0])
        g->cnodes[g->cnode_count++] = c->slot;
    if (!matters(map, g->who, c))
        return;
    if (map->cap_count == CAPS) {
        map->full = true;
        return;
    }
    map->caps[map->cap_count++] = (struct held){
        .object = c->object, .who = g->who, .type = (uint8_t)c->type, .rights = (uint8_t)c->rights};
}

static void gather_people(struct map *map)
{
    struct supervisor_status status;
    uint64_t index = 0;

    while (map->person_count < PEOPLE) {
        struct person *p = &map->people[map->person_count];

        if (supervisor_list(steer_now.supervisor, index, p->name, &status, &index) != SUPERVISOR_OK)
            return;
        if (supervisor_place(steer_now.supervisor, p->name, &p->first, &p->granules,
                             &p->endpoint) == SUPERVISOR_OK)
            map->person_count++;
    }
    map->full = true;
}

static void gather(struct map *map)
{
    gather_people(map);
    for (uint16_t i = 0; i < map->person_count; i++) {
        struct gathering g = {.map = map, .who = i};

        visit_caps(map->people[i].name, 0, &g, keep);
        g.inner = true;
        for (unsigned k = 0; k < g.cnode_count; k++)
            visit_caps(map->people[i].name, g.cnodes[k], &g, keep);
    }
}

static void arrive(struct map *map, uint16_t at, uint16_t from, uint8_t how)
{
    if (at == NOBODY || map->people[at].from != NOBODY || at == from)
        return;
    map->people[at].from = from;
    map->people[at].how = how;
}

/* Where one capability leads. */
static void follow(struct map *map, uint16_t from, const struct held *c)
{
    uint8_t right = is_meeting(c->type) || is_frame(c->type) ? RIGHT_WRITE : 0;

    if (right != 0 && !(c->rights & right))
        return;
    if (!is_meeting(c->type))
        arrive(map, owner(map, c->object), from, c->type);
    for (unsigned i = 0; i < map->cap_count && right != 0; i++) {
        const struct held *other = &map->caps[i];

        if (other->object == c->object && (other->rights & RIGHT_READ))
            arrive(map, other->who, from, c->type);
    }
}

/* Breadth first; `order` are those reached so far. */
static void search(struct map *map, uint16_t start)
{
    uint16_t order[PEOPLE];
    unsigned done = 0, known = 1;

    for (unsigned i = 0; i < map->person_count; i++)
        map->people[i].from = NOBODY;
    order[0] = start;
    map->people[start].from = start;
    while (done < known) {
        uint16_t at = order[done++];

        for (unsigned i = 0; i < map->cap_count; i++)
            if (map->caps[i].who == at)
                follow(map, at, &map->caps[i]);
        for (uint16_t i = 0; i < map->person_count; i++) {
            bool is_new = map->people[i].from == at && i != start;

            for (unsigned k = 0; k < known && is_new; k++)
                is_new = order[k] != i;
            if (is_new)
                order[known++] = i;
        }
    }
}

static uint16_t find(const struct map *map, const char *name)
{
    for (uint16_t i = 0; i < map->person_count; i++)
        if (rt_same(map->people[i].name, name))
            return i;
    if (rt_same(name, "root"))
        steer_print("root made everybody, and can reach them; everybody can call root\n");
    else
        steer_print("`%s` is not running; `ps` shows who is\n", name);
    return NOBODY;
}

static void print_path(const struct map *map, uint16_t from, uint16_t to)
{
    uint16_t path[PEOPLE];
    unsigned length = 0;

    for (uint16_t at = to; at != from; at = map->people[at].from)
        path[length++] = at;
    steer_print("%s", map->people[from].name);
    while (length-- > 0)
        steer_print(" -> %s (%s)", map->people[path[length]].name,
                    type_name(map->people[path[length]].how));
    steer_print("\n");
}

static void answer(struct map *map, const char *a, const char *b)
{
    uint16_t from = find(map, a), to = from == NOBODY || b == NULL ? NOBODY : find(map, b);

    if (from == NOBODY || (b != NULL && to == NOBODY))
        return;
    search(map, from);
    if (map->full)
        steer_print("there are too many components or capabilities: what follows may miss some\n");
    if (b != NULL && map->people[to].from == NOBODY)
        steer_print("%s cannot reach %s\n", a, b);
    else if (b != NULL)
        print_path(map, from, to);
    for (uint16_t i = 0; b == NULL && i < map->person_count; i++)
        if (i != from && map->people[i].from != NOBODY)
            print_path(map, from, i);
}

void steer_reach(int argc, char **argv)
{
    word_t pages = (sizeof(struct map) + RT_PAGE - 1) / RT_PAGE;
    struct map *map;

    map = rt_pages_alloc(pages);
    if (map == NULL) {
        steer_print("there is too little memory for this here: the manifest must give more\n");
        return;
    }
    gather(map);
    answer(map, argv[1], argc > 2 ? argv[2] : NULL);
    rt_pages_free(map, pages);
}

/* --- One component's capabilities ------------------------------------------------------------ */

struct listing {
    struct map *map;
    word_t frames;
};

static void print_cap(void *context, const struct supervisor_capability *c)
{
    struct listing *l = context;
    uint16_t who = owner(l->map, c->object);
    const char *whose = "";

    if (is_frame(c->type) && who != NOBODY) {
        l->frames++;
        return;
    }
    for (unsigned i = 0; i < l->map->person_count && c->type == TYPE_ENDPOINT; i++)
        if (l->map->people[i].endpoint == c->object)
            who = (uint16_t)i;
    if (who != NOBODY && c->type != TYPE_IO_PORT && c->type != TYPE_CPU)
        whose = l->map->people[who].name;
    else if (c->type == TYPE_ENDPOINT)
        whose = "root";
    steer_print("%6u  %-14s %c%c%c  %-16s %lx\n", c->slot, type_name(c->type),
                c->rights & RIGHT_READ ? 'r' : '-', c->rights & RIGHT_WRITE ? 'w' : '-',
                c->rights & RIGHT_GRANT ? 'g' : '-', whose, c->badge_word);
}

void steer_caps(int argc, char **argv)
{
    word_t pages = (sizeof(struct map) + RT_PAGE - 1) / RT_PAGE;
    struct listing l = {0};

    (void)argc;
    l.map = rt_pages_alloc(pages);
    if (l.map == NULL) {
        steer_print("there is too little memory for this here: the manifest must give more\n");
        return;
    }
    gather_people(l.map);
    if (find(l.map, argv[1]) != NOBODY) {
        steer_print("  SLOT  %-14s %-4s %-16s %s\n", "TYPE", "MAY", "WHOSE", "BADGE");
        visit_caps(argv[1], 0, &l, print_cap);
        steer_print("and %lu frames of components' memory\n", l.frames);
    }
    rt_pages_free(l.map, pages);
}
