/* SPDX-License-Identifier: BSD-2-Clause */
#include "images.h"

#include "root.h"
#include "slots.h"

#include <abi/invoke.h>
#include <rt/bytes.h>
#include <rt/format.h>

#define BROUGHT_MAX   8u
#define BROUGHT_VADDR 0x400000000ul /* where root sees them, one every IMAGE_BYTES_MAX */
#define TABLE_BYTES   (512 * PAGE)

/* One that was brought. Its place has page tables from its first use on. */
struct brought {
    char name[COMPONENT_NAME];
    word_t bytes; /* 0: there is none */
    struct block *memory, *home;
    cap_t frames; /* the CNode in `home` */
    bool tables;
};

static struct brought images[BROUGHT_MAX];
static word_t count; /* so far: each has a name of its own */

static char *data_of(const struct brought *b)
{
    return (char *)BROUGHT_VADDR + (word_t)(b - images) * IMAGE_BYTES_MAX;
}

static struct brought *find(const char *name)
{
    for (unsigned i = 0; i < BROUGHT_MAX; i++)
        if (images[i].bytes != 0 && rt_same(images[i].name, name))
            return &images[i];
    return NULL;
}

static bool is_used(const struct brought *b)
{
    for (const struct component *c = component_first(); c != NULL; c = c->next)
        if (rt_same(c->image, b->name) || rt_same(c->image_before, b->name))
            return true;
    return false;
}

static void drop(struct brought *b)
{
    if (b->memory != NULL)
        memory_give(b->memory);
    if (b->home != NULL)
        memory_give(b->home);
    if (b->frames != 0)
        slot_drop(b->frames);
    *b = (struct brought){.tables = b->tables};
}

struct archive_file image_find(const char *name)
{
    const struct brought *b = find(name);

    return b == NULL ? archive_find(name) : (struct archive_file){data_of(b), b->bytes};
}

cap_t image_frame(const char *data, word_t *slot)
{
    word_t at = (word_t)data - BROUGHT_VADDR;

    if (at >= BROUGHT_MAX * IMAGE_BYTES_MAX) {
        *slot = archive_slot(data);
        return archive_frames();
    }
    *slot = at % IMAGE_BYTES_MAX / PAGE + 1;
    return images[at / IMAGE_BYTES_MAX].frames;
}

static bool give_tables(struct brought *b)
{
    struct block *block;

    if (b->tables)
        return true;
    block = memory_take((IMAGE_BYTES_MAX / TABLE_BYTES + 2) * PAGE);
    if (block == NULL)
        return false;
    b->tables = address_space_supply(ROOT_SPACE, block->untyped) == E_OK;
    if (!b->tables)
        memory_give(block);
    return b->tables;
}

static bool make_frames(struct brought *b, word_t pages)
{
    if (untyped_retype(b->home->untyped, TYPE_CNODE, (pages + 1 + 63) / 64 * 64, 0, b->frames, 1) !=
        E_OK)
        return false;
    for (word_t at = 0; at < pages; at += RETYPE_COUNT) {
        word_t n = pages - at < RETYPE_COUNT ? pages - at : RETYPE_COUNT;

        if (untyped_retype(b->memory->untyped, TYPE_FRAME, 0, b->frames, 1 + at, n) != E_OK)
            return false;
    }
    return address_space_map(ROOT_SPACE, b->frames, 1, pages, (word_t)data_of(b),
                             MAP_READ | MAP_WRITE) == E_OK;
}

static bool fill(struct brought *b, word_t bytes)
{
    word_t pages = (bytes + PAGE - 1) / PAGE;

    b->memory = memory_take(pages * PAGE);
    b->home = memory_take((pages + 1 + 63) / 64 * 64 * GRANULE);
    b->frames = slot_take();
    return b->memory != NULL && b->home != NULL && b->frames != 0 && give_tables(b) &&
           make_frames(b, pages);
}

/* A place for one more. Whatever was brought and is nobody's goes. */
static struct brought *find_place(void)
{
    struct brought *place = NULL;

    for (unsigned i = 0; i < BROUGHT_MAX; i++) {
        if (images[i].bytes != 0 && !is_used(&images[i]))
            drop(&images[i]);
        if (images[i].bytes == 0)
            place = &images[i];
    }
    return place;
}

bool image_begin(const struct component *c, word_t bytes, char name[static COMPONENT_NAME])
{
    struct brought *b;

    heap_prepare();
    b = find_place();
    if (b == NULL || bytes == 0 || bytes > IMAGE_BYTES_MAX)
        return false;
    if (!fill(b, bytes)) {
        drop(b);
        return false;
    }
    b->bytes = bytes;
    rt_format(b->name, sizeof b->name, "%.*s+%lu", (int)COMPONENT_NAME - 12, c->name, ++count);
    memcpy(name, b->name, COMPONENT_NAME);
    return true;
}

bool image_put(const char *name, word_t offset, const void *bytes, word_t size)
{
    struct brought *b = find(name);

    if (b == NULL || offset > b->bytes || size > b->bytes - offset || is_used(b))
        return false;
    memcpy(data_of(b) + offset, bytes, size);
    return true;
}
