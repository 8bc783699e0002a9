/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory of a new component. Pages that are only read or executed are the boot image's own;
 * those that can be written are its own, filled through root's window. The stack is the last part.
 */
#include "create.h"

#include "images.h"
#include "root.h"

#include <abi/invoke.h>
#include <rt/bytes.h>

#define TABLE_BYTES (512 * PAGE)

word_t load_slots(const struct build *b)
{
    word_t slots = 0;

    for (unsigned i = 0; i < b->c->part_count; i++)
        slots += b->c->parts[i].pages;
    return slots + vault_pages(b->c);
}

/* One top, and for image, stack, vault and pages of information their own tables: at most three
 * levels each. */
word_t load_tables(const struct build *b)
{
    word_t tables = 1 + 2 + 2;

    for (unsigned i = 0; i < b->c->part_count; i++) {
        const struct part *p = &b->c->parts[i];

        tables += (p->vaddr + p->pages * PAGE - 1) / TABLE_BYTES - p->vaddr / TABLE_BYTES + 1;
    }
    if (vault_pages(b->c) != 0)
        tables += 2 + (vault_pages(b->c) + 511) / 512;
    return tables + 2;
}

/* Copy file contents into frames, a window full at a time. */
static void fill(struct build *b, const struct part *p)
{
    word_t pages = (p->file_bytes + PAGE - 1) / PAGE;

    for (word_t at = 0; at < pages; at += WINDOW_PAGES) {
        word_t count = pages - at < WINDOW_PAGES ? pages - at : WINDOW_PAGES;
        word_t bytes = p->file_bytes - at * PAGE;

        if (!did(b,
                 address_space_map(ROOT_SPACE, b->c->inventory, p->slot + at, count, WINDOW,
                                   MAP_READ | MAP_WRITE),
                 "looking at new pages"))
            return;
        if (bytes > count * PAGE)
            bytes = count * PAGE;
        memcpy((void *)WINDOW, p->data + at * PAGE, bytes);
        if (!did(b, address_space_unmap(ROOT_SPACE, b->c->inventory, p->slot + at, count),
                 "looking at new pages"))
            return;
    }
}

static void take_pages(struct build *b, struct part *p)
{
    p->slot = b->next;
    b->next += p->pages;
    if (!p->writable) {
        word_t slot;
        cap_t frames = image_frame(p->data, &slot);

        did(b,
            cnode_copy(b->c->inventory, p->slot, frames, slot, RIGHT_READ | RIGHT_EXECUTE,
                       p->pages),
            "sharing pages of the image");
        return;
    }
    for (word_t at = 0; at < p->pages; at += RETYPE_COUNT) {
        word_t count = p->pages - at < RETYPE_COUNT ? p->pages - at : RETYPE_COUNT;

        if (!build_make(b, TYPE_FRAME, 0, b->c->inventory, p->slot + at, count,
                        "pages of the image and the stack"))
            return;
    }
    fill(b, p);
}

/* Its own frames stay with root: copies go with the incarnation. */
static void load_vault(struct build *b)
{
    word_t pages = vault_pages(b->c);

    if (pages == 0 || !did(b, vault_prepare(b->c) ? E_OK : E_MEMORY, "its vault"))
        return;
    did(b, cnode_copy(b->c->inventory, b->next, b->c->vault_frames, 1, RIGHT_ALL, pages),
        "its vault");
    if (b->outcome == MADE)
        did(b,
            address_space_map(scratch.space, b->c->inventory, b->next, pages, COMPONENT_VAULT,
                              MAP_READ | MAP_WRITE),
            "its vault");
    b->next += pages;
}

void build_load(struct build *b)
{
    for (unsigned i = 0; i < b->c->part_count && b->outcome == MADE; i++) {
        struct part *p = &b->c->parts[i];
        word_t flags = MAP_READ | (p->executable ? MAP_EXECUTE : p->writable ? MAP_WRITE : 0);

        take_pages(b, p);
        if (b->outcome == MADE)
            did(b,
                address_space_map(scratch.space, b->c->inventory, p->slot, p->pages, p->vaddr,
                                  p->writable ? flags : flags | MAP_CACHED),
                "mapping the image");
    }
    if (b->outcome == MADE)
        load_vault(b);
}
