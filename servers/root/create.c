/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Putting a component together and taking it apart. Objects are made in scratch slots or straight
 * into the inventory; whatever goes wrong, giving back the block of memory takes everything with it
 * but what is in scratch slots and not made from the block: those are emptied at the end in any
 * case.
 */
#include "create.h"

#include "console.h"
#include "elf.h"
#include "images.h"
#include "root.h"
#include "slots.h"

#include <abi/invoke.h>
#include <manifest/manifest.h>
#include <rt/bytes.h>

bool did(struct build *b, enum error e, const char *step)
{
    if (b->outcome == MADE && e != E_OK) {
        b->outcome = MADE_NO_MEMORY;
        b->step = step;
        b->error = e;
    }
    return b->outcome == MADE;
}

bool build_make(struct build *b, word_t type, word_t size, cap_t cnode, word_t slot, word_t count,
                const char *step)
{
    if (b->outcome != MADE)
        return false;
    return did(b, untyped_retype(b->c->block->untyped, type, size, cnode, slot, count), step);
}

/* The image's parts and the stack. */
static void plan(struct build *b)
{
    struct component *c = b->c;
    struct archive_file file = image_find(c->image);
    const char *wrong = "it is not in the boot image; name it in the system's manifest";

    if (file.data != NULL)
        wrong = elf_parts(file.data, file.bytes, c->parts, &c->part_count, &b->entry);
    if (file.data != NULL && wrong == NULL && (word_t)file.data % PAGE != 0)
        wrong = "it does not lie on a page";
    if (wrong != NULL) {
        b->outcome = MADE_BAD_IMAGE;
        b->step = wrong;
        return;
    }
    if (!code_learn(c)) {
        b->outcome = MADE_BAD_IMAGE;
        b->step = "the boot image is damaged in memory; boot the machine again";
        return;
    }
    c->parts[c->part_count++] = (struct part){.vaddr = COMPONENT_STACK_TOP - b->m->stack_bytes,
                                              .pages = b->m->stack_bytes / PAGE,
                                              .writable = true};
}

/* Inventory, CNode, address space: what the other steps need. */
static void make_base(struct build *b)
{
    word_t slots = INVENTORY_FIRST + load_slots(b) + route_slots(b);
    word_t tables = load_tables(b);

    b->c->block = memory_take(b->m->memory_bytes);
    if (!did(b, b->c->block == NULL ? E_MEMORY : E_OK,
             "its memory quota: the machine has too little"))
        return;
    b->c->inventory = slot_take();
    b->c->tables = slot_take();
    if (!did(b, b->c->inventory == 0 || b->c->tables == 0 ? E_SLOT : E_OK, "slots of root's"))
        return;
    b->next = INVENTORY_FIRST;
    b->own_slot = COMPONENT_EXTRA_SCHED + b->m->threads;
    build_make(b, TYPE_CNODE, (slots + 63) / 64 * 64, 0, b->c->inventory, 1, "the inventory");
    build_make(b, TYPE_CNODE, b->m->slots, 0, scratch.cnode, 1, "its slots");
    build_make(b, TYPE_ADDRESS_SPACE, 0, 0, scratch.space, 1, "its address space");
    build_make(b, TYPE_UNTYPED, tables * PAGE_GRANULES, 0, b->c->tables, 1, "its page tables");
    if (b->outcome == MADE)
        did(b, address_space_supply(scratch.space, b->c->tables), "its page tables");
}

static void make_thread(struct build *b)
{
    cap_t inventory = b->c->inventory;
    word_t sched = us_ticks(b->m->budget_us);

    build_make(b, TYPE_THREAD, 0, 0, scratch.thread, 1, "its thread");
    build_make(b, TYPE_SCHED_CONTEXT, 0, 0, scratch.sched, 1, "its processor time");
    build_make(b, TYPE_REPLY, 0, inventory, INVENTORY_REPLY, 1, "its reply object");
    build_make(b, TYPE_NOTIFICATION, 0, 0, scratch.endpoint, 1, "its notification");
    if (b->outcome != MADE)
        return;
    did(b, cpu_configure(ROOT_CPU, scratch.sched, sched, us_ticks(b->m->period_us), b->m->priority),
        "its processor time");
    did(b, thread_bind(scratch.thread, scratch.endpoint), "its notification");
    did(b, cnode_move(inventory, INVENTORY_SIGNALS, 0, scratch.endpoint), "its notification");
    did(b, cnode_move(scratch.cnode, COMPONENT_REPLY, inventory, INVENTORY_REPLY),
        "its reply object");
}

/* Scheduling contexts for more threads; the component may bind them, and nothing else. */
static void make_extra(struct build *b)
{
    word_t first = b->next;

    b->c->extra_slot = first;
    b->next += b->m->threads;
    for (word_t i = 0; i < b->m->threads && b->outcome == MADE; i++) {
        build_make(b, TYPE_SCHED_CONTEXT, 0, 0, scratch.other, 1, "processor time of its threads");
        if (b->outcome == MADE)
            did(b,
                cpu_configure(ROOT_CPU, scratch.other, us_ticks(b->m->budget_us),
                              us_ticks(b->m->period_us), b->m->priority),
                "processor time of its threads");
        if (b->outcome != MADE)
            return;
        did(b, cnode_move(b->c->inventory, first + i, 0, scratch.other),
            "processor time of its threads");
        did(b,
            cnode_copy(scratch.cnode, COMPONENT_EXTRA_SCHED + i, b->c->inventory, first + i,
                       RIGHT_ALL, 1),
            "processor time of its threads");
    }
}

static void describe(struct build *b)
{
    const struct manifest_component *m = b->m;
    struct component_info *info = b->info;

    info->magic = COMPONENT_MAGIC;
    info->version = ABI_VERSION;
    memcpy(info->name, b->c->name, COMPONENT_NAME);
    info->id = b->c->number;
    info->incarnation = b->c->incarnation;
    info->ticks_per_second = boot_info()->ticks_per_second;
    info->memory_bytes = m->memory_bytes;
    info->stack_bytes = m->stack_bytes;
    info->cnode_slots = m->slots;
    info->extra_threads = m->threads;
    info->vault_bytes = m->vault_bytes;
    info->vault_distrust = b->c->fails_again ? COMPONENT_FAILS_AGAIN : COMPONENT_TRUSTED;
    memcpy(info->args, text_of(m->args.first),
           m->args.count < COMPONENT_ARGS - 1 ? m->args.count : COMPONENT_ARGS - 2);
}

/* The pages of information and of the message buffer. */
static void make_pages(struct build *b)
{
    cap_t inventory = b->c->inventory;

    build_make(b, TYPE_FRAME, 0, inventory, INVENTORY_INFO, 3, "its first pages");
    if (b->outcome != MADE || !did(b,
                                   address_space_map(ROOT_SPACE, inventory, INVENTORY_INFO, 1,
                                                     WINDOW, MAP_READ | MAP_WRITE),
                                   "its first pages"))
        return;
    b->info = (struct component_info *)WINDOW;
    describe(b);
    build_routes(b);
    b->info->first_free = b->own_slot;
    did(b, b->own_slot >= b->m->slots ? E_SLOT : E_OK,
        "more routes than slots: raise 'slots' in the manifest");
    did(b, address_space_unmap(ROOT_SPACE, inventory, INVENTORY_INFO, 1), "its first pages");
    did(b, address_space_map(scratch.space, inventory, INVENTORY_INFO, 1, COMPONENT_INFO, MAP_READ),
        "its first pages");
    did(b,
        address_space_map(scratch.space, inventory, INVENTORY_BUFFER, 1, COMPONENT_BUFFER,
                          MAP_READ | MAP_WRITE),
        "its first pages");
    did(b,
        address_space_map(scratch.space, inventory, INVENTORY_RECORD, 1, COMPONENT_RECORD,
                          MAP_READ | MAP_WRITE),
        "its first pages");
}

/* The slots that every component has. */
static void give_fixed(struct build *b)
{
    struct component *c = b->c;
    word_t badge = BADGE_COMPONENT * COMPONENT_BADGE + c->number;

    did(b, cnode_copy(scratch.cnode, COMPONENT_CNODE, 0, scratch.cnode, RIGHT_ALL, 1),
        "its own capabilities");
    did(b, cnode_copy(scratch.cnode, COMPONENT_SPACE, 0, scratch.space, RIGHT_ALL, 1),
        "its own capabilities");
    did(b, cnode_copy(scratch.cnode, COMPONENT_THREAD, 0, scratch.thread, RIGHT_ALL, 1),
        "its own capabilities");
    did(b, cnode_copy(scratch.cnode, COMPONENT_SCHED, 0, scratch.sched, RIGHT_READ, 1),
        "its own capabilities");
    did(b,
        cnode_copy(scratch.cnode, COMPONENT_BUFFER_FRAME, c->inventory, INVENTORY_BUFFER, RIGHT_ALL,
                   1),
        "its own capabilities");
    did(b,
        cnode_copy(scratch.cnode, COMPONENT_SIGNALS, c->inventory, INVENTORY_SIGNALS, RIGHT_ALL, 1),
        "its own capabilities");
    if (c->endpoint != 0)
        did(b, cnode_copy(scratch.cnode, COMPONENT_ENDPOINT, 0, c->endpoint, RIGHT_READ, 1),
            "its endpoint");
    did(b, cnode_mint(scratch.cnode, COMPONENT_SUPERVISOR, 0, root_endpoint, RIGHT_WRITE, badge),
        "its way to root");
}

/* What is left of the quota. The block may be larger than it: what is beyond stays unused. */
static void give_rest(struct build *b)
{
    word_t type, object, rights, size, used, hint;
    word_t granules;

    if (!did(b,
             cnode_inspect(ROOT_CNODE, b->c->block->untyped, &type, &object, &rights, &size, &used,
                           &hint),
             "its memory"))
        return;
    used = (used + PAGE_GRANULES - 1) / PAGE_GRANULES * PAGE_GRANULES;
    granules = b->m->memory_bytes / GRANULE;
    b->c->used_bytes = used * GRANULE;
    if (used > granules)
        did(b, E_MEMORY,
            "it needs more memory than its quota only to start; raise 'memory' in the manifest");
    else if (used < granules)
        build_make(b, TYPE_UNTYPED, granules - used, scratch.cnode, COMPONENT_UNTYPED, 1,
                   "its memory");
}

static void start(struct build *b)
{
    word_t badge = BADGE_FAULT * COMPONENT_BADGE + b->c->number;

    did(b, cnode_copy(ROOT_CNODE, scratch.frame, b->c->inventory, INVENTORY_BUFFER, RIGHT_ALL, 1),
        "its message buffer");
    did(b, cnode_mint(ROOT_CNODE, scratch.endpoint, 0, root_endpoint, RIGHT_WRITE, badge),
        "its faults");
    if (b->outcome != MADE)
        return;
    did(b,
        thread_configure(scratch.thread, scratch.cnode, scratch.space, scratch.frame,
                         scratch.endpoint,
                         b->m->flags & MANIFEST_OVERRUN ? scratch.endpoint : 0),
        "its thread");
    did(b,
        thread_write_registers(scratch.thread, b->entry, COMPONENT_STACK_TOP, 0, 0,
                               COMPONENT_BUFFER + COMPONENT_CONTROL, 0, 0, 0),
        "its thread");
    if (b->m->flags & MANIFEST_BORROW)
        did(b, thread_set_flags(scratch.thread, THREAD_BORROW), "its thread");
    did(b, sched_context_bind(scratch.sched, scratch.thread), "its thread");
}

/* Keep what will be needed again; then it runs. */
static void finish(struct build *b)
{
    cap_t inventory = b->c->inventory;

    did(b, cnode_move(inventory, INVENTORY_CNODE, 0, scratch.cnode), "the inventory");
    did(b, cnode_move(inventory, INVENTORY_SPACE, 0, scratch.space), "the inventory");
    did(b, cnode_move(inventory, INVENTORY_SCHED, 0, scratch.sched), "the inventory");
    if (b->outcome == MADE)
        did(b, thread_resume(scratch.thread), "its thread");
    did(b, cnode_move(inventory, INVENTORY_THREAD, 0, scratch.thread), "the inventory");
}

static void empty_scratch(void)
{
    const cap_t slots[] = {scratch.cnode, scratch.space,    scratch.thread, scratch.sched,
                           scratch.frame, scratch.endpoint, scratch.other};

    for (unsigned i = 0; i < sizeof slots / sizeof slots[0]; i++)
        ROOT_CHECK(cnode_delete(ROOT_CNODE, slots[i], 1) == E_OK);
}

enum made component_create(struct component *c)
{
    struct build b = {.c = c, .m = c->manifest};

    heap_prepare();
    c->part_count = 0;
    c->used_bytes = 0;
    component_set_guard(c, 0, 0, 0);
    plan(&b);
    if (b.outcome == MADE)
        make_base(&b);
    if (b.outcome == MADE)
        make_thread(&b);
    make_extra(&b);
    if (b.outcome == MADE)
        make_pages(&b);
    build_load(&b);
    if (b.outcome == MADE)
        give_fixed(&b);
    if (b.outcome == MADE)
        give_rest(&b);
    if (b.outcome == MADE)
        start(&b);
    if (b.outcome == MADE)
        finish(&b);
    if (b.outcome != MADE) {
        say(SAY_FAILURE, "'%s' (image '%s') cannot be started: %s (error %u)", c->name, c->image,
            b.step, b.error);
        component_destroy(c);
    }
    empty_scratch();
    return b.outcome;
}

/* Stop its thread, so that nothing of it runs while it is taken apart. */
static void stop(struct component *c)
{
    if (cnode_move(ROOT_CNODE, scratch.thread, c->inventory, INVENTORY_THREAD) != E_OK)
        return; /* it never came that far */
    ROOT_CHECK(thread_suspend(scratch.thread) == E_OK);
    ROOT_CHECK(cnode_delete(ROOT_CNODE, scratch.thread, 1) == E_OK);
}

/* All copies of what it was given go, wherever it passed them on to. */
static void revoke_routes(struct component *c)
{
    const struct boot_info *info = boot_info();
    const struct manifest_grant *grants = manifest_section(the_manifest(), MANIFEST_GRANTS);

    for (word_t i = 0; i < c->routes; i++)
        (void)cnode_revoke(c->inventory,
                           c->route_slot + i); /* an empty one is refused, which is fine */
    for (uint32_t i = 0; i < c->manifest->grants.count; i++) {
        if (grants[c->manifest->grants.first + i].kind != MANIFEST_DEVICE_MEMORY)
            continue;
        for (word_t u = 0; u < info->untyped_count; u++) {
            if (info->untyped[u].device)
                ROOT_CHECK(cnode_revoke(ROOT_CNODE, ROOT_UNTYPED + u) == E_OK);
        }
    }
}

void component_destroy(struct component *c)
{
    if (c->inventory != 0 && c->block != NULL) {
        stop(c);
        revoke_routes(c);
    }
    if (c->block != NULL && quiesce_needed(c)) {
        memory_empty(c->block);
        quiesce_start(c, c->block);
    } else if (c->block != NULL) {
        memory_give(c->block);
    }
    if (c->inventory != 0)
        slot_drop(c->inventory);
    if (c->tables != 0)
        slot_drop(c->tables);
    c->block = NULL;
    c->inventory = 0;
    c->tables = 0;
    c->routes = 0;
}
