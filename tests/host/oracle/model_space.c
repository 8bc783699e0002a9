/* SPDX-License-Identifier: BSD-2-Clause */
/* Address spaces as lists of mappings, and which memory is the users'. */
#include "model.h"

#include <mem/asid.h>

/* Bytes that one entry of a table of this level covers. */
static word_t span(word_t level)
{
    return (word_t)4096 << (9 * level);
}

static word_t level_of(const struct m_slot *frame)
{
    return frame->type - TYPE_FRAME;
}

/* A page becomes the users' (a frame), clear, or stops being so. */
void m_page(ref_t page, bool user)
{
    if (page >= HOST_GRANULES)
        return;
    m.is_user[page / SMALL_GRANULES] = user;
    for (word_t g = 0; g < SMALL_GRANULES && user; g++) {
        for (word_t w = 0; w < GRANULE_WORDS; w++)
            m.user[page + g][w] = 0;
    }
}

/* The kernel chooses the number of a space: any that was never used. */
void m_new_asid(struct m_object *space)
{
    word_t asid = space_asid(space->at);

    CHECK(asid != 0 && asid_space(asid) == space->at);
    for (word_t i = 0; i < m.used_asid_count; i++)
        CHECK(m.used_asids[i] != asid);
    CHECK(m.used_asid_count < 64);
    m.used_asids[m.used_asid_count++] = asid;
    space->asid = asid;
}

/* The space is emptied: nothing is mapped, no page is its own. */
void m_cut(struct m_object *space)
{
    space->map_count = 0;
    space->table_count = 0;
    space->free = 0;
    space->root = false;
}

enum error m_check_map(const struct m_slot *frame, word_t vaddr, word_t flags)
{
    word_t bytes = span(level_of(frame));
    word_t needs = RIGHT_READ | (flags & MAP_WRITE ? RIGHT_WRITE : 0) |
                   (flags & MAP_EXECUTE ? RIGHT_EXECUTE : 0);

    if (flags >= 128 || vaddr % bytes != 0 || vaddr >= USER_END || USER_END - vaddr < bytes)
        return E_ARG;
    if ((flags & MAP_WRITE) && (flags & MAP_EXECUTE) && !(flags & MAP_WX))
        return E_ARG;
    return (needs & ~frame->rights) == 0 ? E_OK : E_RIGHTS;
}

static bool has_table(const struct m_object *space, word_t name)
{
    for (word_t i = 0; i < space->table_count; i++) {
        if (space->tables[i] == name)
            return true;
    }
    return false;
}

/* The tables that lead down to an entry of this level are there afterwards. */
static enum error need_tables(struct m_object *space, word_t vaddr, word_t level)
{
    if (!space->root) {
        if (space->free == 0)
            return E_MEMORY;
        space->free--;
        space->root = true;
    }
    for (word_t l = 3; l > level; l--) {
        word_t name = (l << 56) + vaddr / span(l);

        for (word_t i = 0; i < space->map_count; i++) {
            if (space->maps[i].level == l && space->maps[i].vaddr / span(l) == vaddr / span(l))
                return E_STATE;
        }
        if (has_table(space, name))
            continue;
        if (space->free == 0)
            return E_MEMORY;
        space->free--;
        CHECK(space->table_count < 64);
        space->tables[space->table_count++] = name;
    }
    return E_OK;
}

enum error m_grow(struct m_object *space, struct m_slot *frame, word_t vaddr)
{
    return need_tables(space, vaddr, level_of(frame));
}

enum error m_map(struct m_object *space, struct m_slot *frame, word_t vaddr, word_t flags)
{
    word_t level = level_of(frame);
    enum error e = need_tables(space, vaddr, level);

    if (e != E_OK)
        return e;
    if (level > 0 && has_table(space, (level << 56) + vaddr / span(level)))
        return E_STATE;
    for (word_t i = 0; i < space->map_count; i++) {
        if (space->maps[i].vaddr == vaddr && space->maps[i].level == level)
            return E_STATE;
    }
    CHECK(space->map_count < M_MAPS);
    space->maps[space->map_count++] =
        (struct m_map){vaddr, level, frame->object, flags, (frame->rights & RIGHT_RAM) != 0};
    frame->space = space->at;
    frame->asid = space->asid;
    frame->vaddr = vaddr;
    return E_OK;
}

/* The mapping that a frame capability made, if it still stands. */
struct m_map *m_mapping(struct m_object *space, const struct m_slot *frame)
{
    if (space == NULL || space->kind != TYPE_ADDRESS_SPACE || space->asid != frame->asid ||
        frame->space == NIL)
        return NULL;
    for (word_t i = 0; i < space->map_count; i++) {
        struct m_map *map = &space->maps[i];

        if (map->vaddr == frame->vaddr && map->level == level_of(frame) &&
            map->frame == frame->object)
            return map;
    }
    return NULL;
}

void m_unmap(struct m_slot *frame)
{
    struct m_object *space = m_obj(frame->space);
    struct m_map *map = m_mapping(space, frame);

    if (map != NULL)
        *map = space->maps[--space->map_count];
    frame->space = NIL;
    frame->asid = 0;
    frame->vaddr = 0;
}
