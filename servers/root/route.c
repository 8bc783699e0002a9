/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a component gets besides its memory. Each capability it has towards others is a copy of one
 * that stays in the inventory, so that taking that one back takes all that came of it, wherever it
 * was passed on to.
 */
#include "archive.h"
#include "create.h"

#include "root.h"

#include <abi/invoke.h>
#include <manifest/manifest.h>
#include <rt/bytes.h>

#define EXTRA_SLOTS 16u

/* Pages of the boot archive and of its vault that a component has as frames. */
static word_t shown_pages(const struct build *b)
{
    const struct manifest_grant *grants = manifest_section(the_manifest(), MANIFEST_GRANTS);
    word_t pages = 0;

    for (uint32_t i = 0; i < b->m->grants.count; i++) {
        word_t kind = grants[b->m->grants.first + i].kind;

        pages += kind == MANIFEST_BOOT_ARCHIVE   ? archive_pages()
                 : kind == MANIFEST_VAULT_FRAMES ? vault_pages(b->c)
                                                 : 0;
    }
    return pages;
}

word_t route_slots(const struct build *b)
{
    return b->m->uses.count + b->m->grants.count + b->m->threads + EXTRA_SLOTS + shown_pages(b);
}

static struct component_entry *new_entry(struct build *b, const char *name, word_t kind,
                                         word_t value)
{
    struct component_entry *e = &b->info->entries[b->info->entry_count];
    size_t length = rt_length(name);

    if (b->info->entry_count == COMPONENT_ENTRIES) {
        did(b, E_ARG, "more routes than a component can have");
        return NULL;
    }
    b->info->entry_count++;
    memcpy(e->name, name, length < COMPONENT_NAME ? length : COMPONENT_NAME - 1);
    e->kind = kind;
    e->value = value;
    return e;
}

/* Copy what is in slot `from` of the inventory to a new slot of the component. */
static void hand_out(struct build *b, struct component_entry *e, word_t from, word_t rights)
{
    e->slot = b->own_slot++;
    did(b, cnode_copy(scratch.cnode, e->slot, b->c->inventory, from, rights, 1),
        "handing out a route");
}

/* A badged capability of root's, kept in the inventory and handed out. */
static void mint(struct build *b, struct component_entry *e, cap_t from, word_t rights,
                 word_t badge)
{
    word_t slot = b->next++;

    if (did(b, cnode_mint(b->c->inventory, slot, 0, from, rights, badge), "making a route"))
        hand_out(b, e, slot, rights);
}

static word_t protocol_badge(uint32_t may)
{
    return may == MANIFEST_MAY_LOOK   ? BADGE_LOOK
           : may == MANIFEST_MAY_HARM ? BADGE_HARM
                                      : BADGE_PROTOCOL;
}

static void add_server(struct build *b, struct component_entry *e, uint32_t server,
                       uint32_t provide, word_t number)
{
    struct component *to = server == MANIFEST_ROOT ? NULL : component_at(server);

    if (server == MANIFEST_ROOT)
        mint(b, e, root_endpoint,
             provide == MANIFEST_MAY_HARM ? RIGHT_WRITE | RIGHT_GRANT : RIGHT_WRITE,
             protocol_badge(provide) * COMPONENT_BADGE + number);
    else if (did(b, to == NULL || to->endpoint == 0 ? E_ARG : E_OK,
                 "a route to a server that is not there"))
        mint(b, e, to->endpoint, RIGHT_WRITE | RIGHT_GRANT,
             ((provide & ~MANIFEST_USE_LOOK) + 1) * COMPONENT_BADGE + number +
                 (provide & MANIFEST_USE_LOOK ? COMPONENT_BADGE_LOOK : 0));
}

static void add_uses(struct build *b)
{
    const struct manifest_use *uses = manifest_section(the_manifest(), MANIFEST_USES);

    for (uint32_t i = 0; i < b->m->uses.count && b->outcome == MADE; i++) {
        const struct manifest_use *u = &uses[b->m->uses.first + i];
        struct component_entry *e = new_entry(b, text_of(u->name), COMPONENT_USES, 0);

        if (e != NULL)
            add_server(b, e, u->server, u->provide, b->c->number);
    }
}

/* Servers tell protocols apart by badge / COMPONENT_BADGE: from 1 on. */
static void add_provides(struct build *b)
{
    const struct manifest_provide *provides = manifest_section(the_manifest(), MANIFEST_PROVIDES);

    for (uint32_t i = 0; i < b->m->provides.count; i++)
        (void)new_entry(b, text_of(provides[b->m->provides.first + i].protocol), COMPONENT_PROVIDES,
                        i + 1);
}

static void add_interrupt(struct build *b, const struct manifest_grant *g)
{
    struct component_entry *e = new_entry(b, text_of(g->name), COMPONENT_IRQ, g->a);
    word_t slot = b->next++;

    if (e == NULL || !build_make(b, TYPE_INTERRUPT, 0, 0, scratch.other, 1, "an interrupt"))
        return;
    did(b, irq_control_attach(ROOT_IRQ, scratch.other, g->a, g->b),
        "attaching an interrupt line: is there such a line?");
    did(b, cnode_move(b->c->inventory, slot, 0, scratch.other), "keeping an interrupt");
    if (b->outcome == MADE)
        hand_out(b, e, slot, RIGHT_ALL);
}

/* The boot information, which says where the firmware's tables are, goes with all device memory. */
static void add_boot_info(struct build *b)
{
    struct component_entry *e = new_entry(b, "boot-info", COMPONENT_CAP, TYPE_FRAME);
    word_t slot = b->next++;

    if (e != NULL && did(b, cnode_copy(b->c->inventory, slot, 0, ROOT_INFO, RIGHT_READ, 1),
                         "handing out boot information"))
        hand_out(b, e, slot, RIGHT_READ);
}

/* Each range as one block, made anew for each incarnation. */
static void add_device_memory(struct build *b)
{
    const struct boot_info *info = boot_info();
    struct component_entry *e = new_entry(b, "device-memory", COMPONENT_CAP, 0);

    if (e == NULL)
        return;
    e->slot = b->own_slot;
    for (word_t i = 0; i < info->untyped_count && b->outcome == MADE; i++) {
        if (!info->untyped[i].device)
            continue;
        did(b,
            untyped_retype(ROOT_UNTYPED + i, TYPE_UNTYPED, info->untyped[i].bytes / GRANULE,
                           scratch.cnode, b->own_slot++, 1),
            "handing out device memory");
        e->value++;
    }
    add_boot_info(b);
}

/* Frames in a row, for reading. Those in the inventory are what is taken back in the end. */
static void add_frames(struct build *b, const char *name, cap_t from, word_t first, word_t pages)
{
    struct component_entry *e = new_entry(b, name, COMPONENT_CAP, pages);

    if (e == NULL || !did(b, b->own_slot + pages > b->m->slots ? E_SLOT : E_OK,
                          "its slots for frames; raise 'slots' in the manifest"))
        return;
    e->slot = b->own_slot;
    did(b, cnode_copy(b->c->inventory, b->next, from, first, RIGHT_READ, pages),
        "sharing frames");
    did(b, cnode_copy(scratch.cnode, b->own_slot, b->c->inventory, b->next, RIGHT_READ, pages),
        "sharing frames");
    b->next += pages;
    b->own_slot += pages;
}

static void add_grant(struct build *b, const struct manifest_grant *g)
{
    struct component_entry *e = NULL;
    word_t slot;

    switch (g->kind) {
    case MANIFEST_PORTS:
        e = new_entry(b, text_of(g->name), COMPONENT_PORTS, g->a + 65536 * g->b);
        if (e != NULL)
            mint(b, e, ROOT_IOPORT, RIGHT_READ | RIGHT_WRITE, g->a + 65536 * g->b);
        break;
    case MANIFEST_INTERRUPT:
        add_interrupt(b, g);
        break;
    case MANIFEST_CPU:
        e = new_entry(b, text_of(g->name), COMPONENT_CAP, TYPE_CPU);
        if (e != NULL)
            mint(b, e, ROOT_CPU, RIGHT_READ | RIGHT_WRITE, g->a);
        break;
    case MANIFEST_IRQ_CONTROL:
        e = new_entry(b, text_of(g->name), COMPONENT_CAP, TYPE_IRQ_CONTROL);
        slot = b->next++;
        if (e != NULL && did(b, cnode_copy(b->c->inventory, slot, 0, ROOT_IRQ, RIGHT_ALL, 1),
                             "handing out interrupts"))
            hand_out(b, e, slot, RIGHT_ALL);
        break;
    case MANIFEST_BOOT_ARCHIVE:
        add_frames(b, text_of(g->name), archive_frames(), archive_first(), archive_pages());
        break;
    case MANIFEST_VAULT_FRAMES:
        if (did(b, vault_prepare(b->c) && vault_pages(b->c) != 0 ? E_OK : E_MEMORY, "its vault"))
            add_frames(b, text_of(g->name), b->c->vault_frames, 1, vault_pages(b->c));
        break;
    default:
        add_device_memory(b);
        break;
    }
}

static void add_grants(struct build *b)
{
    const struct manifest_grant *grants = manifest_section(the_manifest(), MANIFEST_GRANTS);
    word_t device = 0;

    for (uint32_t i = 0; i < b->m->grants.count && b->outcome == MADE; i++) {
        const struct manifest_grant *g = &grants[b->m->grants.first + i];
        struct component_entry *e;

        if (g->kind != MANIFEST_DEVICE) {
            add_grant(b, g);
            continue;
        }
        e = new_entry(b, text_of(g->name), COMPONENT_DEVICE, 0);
        if (e != NULL)
            add_server(b, e, g->server, g->provide, b->c->number + ++device);
    }
}

void build_routes(struct build *b)
{
    b->c->route_slot = b->next;
    add_provides(b);
    add_uses(b);
    add_grants(b);
    b->c->routes = b->next - b->c->route_slot;
}
