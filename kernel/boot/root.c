/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes the first component out of the boot image and gives it everything: all memory as Untyped,
 * all ports, interrupts and time. Memory for it is taken from the first RAM range that is large
 * enough; what it is left with is no longer the kernel's.
 */
#include "boot.h"

#include <abi/boot_info.h>
#include <abi/image.h>
#include <arch/arch.h>
#include <cap/cap.h>
#include <entry/entry.h>
#include <mem/asid.h>
#include <mem/space.h>
#include <model/state.h>
#include <sched/sched.h>

#define ROOT_SLOTS       8192u
#define ROOT_TABLE_PAGES 64u
#define ROOT_PRIORITY    200u
#define PAGE             4096u

_Static_assert(BOOT_RANGES <= BOOT_INFO_UNTYPED, "all ranges fit the boot information");

/* Where memory for kernel and first component is taken: numbers of granules [next, end). */
static struct { word_t next, end; } store;
static ref_t cnode;
static ref_t space;
static word_t free_slot = ROOT_UNTYPED;

/* Cleared memory, for good. @param align in granules, a power of two */
static ref_t take(word_t granules, word_t align)
{
    word_t at = (store.next + align - 1) / align * align;
    ref_t first = at * GRANULE_STEP;

    if (at > store.end || granules > store.end - at)
        boot_refuse("there is too little memory for the first component",
                    "give the machine at least 64 MiB");
    arch_zero(first, granules);
    store.next = at + granules;
    return first;
}

static ref_t make(word_t type, word_t granules)
{
    ref_t object = take(granules, 1);

    object_set_kind(object, type);
    return object;
}

static ref_t give(word_t index, word_t type, ref_t object, word_t rights, word_t badge)
{
    cap_create(tree_root, granule_at(cnode, index), type, object, rights, badge);
    return granule_at(cnode, index);
}

/* Map pages of the first component that it needs no capability for; `slot` is a scratch slot. */
static void map_pages(ref_t first, word_t pages, word_t vaddr, word_t flags)
{
    ref_t scratch = take(1, 1);

    for (word_t i = 0; i < pages; i++) {
        slot_set_type(scratch, TYPE_FRAME);
        slot_set_object(scratch, granule_at(first, i * SMALL_GRANULES));
        slot_set_rights(scratch, RIGHT_ALL);
        if (space_check(scratch, vaddr + i * PAGE, flags) != E_OK ||
            space_grow(space, TYPE_FRAME, vaddr + i * PAGE) != E_OK ||
            space_map(space, scratch, vaddr + i * PAGE, flags) != E_OK)
            boot_refuse("the boot image has a segment that cannot be mapped",
                        "make the image again: ./tessera build");
        slot_set_badge(scratch, 0);
    }
}

static const struct image_header *image_check(const struct boot_machine *m)
{
    ref_t image = arch_ref(m->image_first);
    const struct image_header *h = (const struct image_header *)(const void *)&K_WORD(image, 0, 0);
    struct image_sum sum = {0, 0};

    if (m->image_bytes < PAGE || h->magic != IMAGE_MAGIC)
        boot_refuse("the boot image is missing or is not a Tessera boot image",
                    "load build/boot.img as first module (qemu: -initrd)");
    if (h->version != IMAGE_VERSION)
        boot_refuse("the boot image was made for another version of the kernel",
                    "build kernel and image together: ./tessera build");
    if (h->total_bytes > m->image_bytes || h->total_bytes < PAGE || h->total_bytes % PAGE != 0)
        boot_refuse("the boot image is cut off", "copy or build it again");
    for (word_t g = SMALL_GRANULES; g < h->total_bytes / GRANULE; g++) {
        for (word_t w = 0; w < GRANULE_WORDS; w++)
            sum = image_sum_add(sum, K_WORD(image, g, w));
    }
    if (sum.a != h->sum_a || sum.b != h->sum_b)
        boot_refuse("the boot image is damaged: its checksum is wrong", "copy or build it again");
    if (h->segment_count == 0 || h->segment_count > IMAGE_SEGMENTS)
        boot_refuse("the boot image has no first component", "build it again");
    return h;
}

static void load_segment(const struct boot_machine *m, const struct image_header *h,
                         const struct image_segment *s)
{
    word_t file_pages = (s->file_bytes + PAGE - 1) / PAGE;
    word_t all_pages = (s->memory_bytes + PAGE - 1) / PAGE;

    if (s->offset % PAGE != 0 || s->offset > h->total_bytes ||
        s->file_bytes > h->total_bytes - s->offset || s->memory_bytes < s->file_bytes ||
        s->memory_bytes > m->ram_bytes)
        boot_refuse("the boot image has a segment outside itself", "build it again");
    map_pages(arch_ref(m->image_first + s->offset), file_pages, s->vaddr, s->flags);
    if (all_pages > file_pages)
        map_pages(take((all_pages - file_pages) * SMALL_GRANULES, SMALL_GRANULES),
                  all_pages - file_pages, s->vaddr + file_pages * PAGE, s->flags);
}

static void make_space(void)
{
    space = make(TYPE_ADDRESS_SPACE, SPACE_GRANULES);
    space_set_asid(space, asid_take(space));
    for (word_t i = 0; i < ROOT_TABLE_PAGES; i++) {
        ref_t page = take(SMALL_GRANULES, SMALL_GRANULES);

        K_WORD(page, 0, 0) = space_pool(space);
        space_set_pool(space, page);
        space_set_free(space, space_free(space) + 1);
    }
}

/* One entry for four pages of memory: see <mem/asid.h>. */
static void make_asids(const struct boot_machine *m)
{
    word_t count = 64;

    while (count < m->ram_bytes / (4 * PAGE))
        count *= 2;

    word_t at = (store.next + SMALL_GRANULES - 1) / SMALL_GRANULES * SMALL_GRANULES;

    if (at > store.end || count / 4 > store.end - at)
        boot_refuse("there is too little memory in one piece for the kernel's tables",
                    "give the machine more memory");
    store.next = at + count / 4;
    asid_init(at * GRANULE_STEP, count);
}

/* The range that memory is taken from: the largest. @return its index */
static word_t choose_store(const struct boot_machine *m)
{
    word_t best = m->range_count;
    word_t bytes = 0;

    for (word_t i = 0; i < m->range_count; i++) {
        if (m->ranges[i].kind == BOOT_RAM && m->ranges[i].end - m->ranges[i].first > bytes) {
            best = i;
            bytes = m->ranges[i].end - m->ranges[i].first;
        }
    }
    if (best == m->range_count)
        boot_refuse("there is no memory", "give the machine at least 64 MiB");
    store.next = granule_number(arch_ref(m->ranges[best].first));
    store.end = store.next + bytes / GRANULE;
    return best;
}

/* All of memory that is left becomes Untyped. */
static void give_memory(const struct boot_machine *m, word_t store_range, struct boot_info *info)
{
    for (word_t i = 0; i < m->range_count; i++) {
        struct boot_range r = m->ranges[i];
        bool ram = r.kind == BOOT_RAM;

        if (i == store_range)
            r.first = arch_paddr((store.next + SMALL_GRANULES - 1) / SMALL_GRANULES *
                                 SMALL_GRANULES * GRANULE_STEP);
        if (r.first >= r.end)
            continue;
        give(free_slot, ram ? TYPE_UNTYPED : TYPE_DEVICE_UNTYPED, arch_ref(r.first), 0,
             (r.end - r.first) / GRANULE);
        info->untyped[info->untyped_count].first = r.first;
        info->untyped[info->untyped_count].bytes = r.end - r.first;
        info->untyped[info->untyped_count].device = !ram;
        info->untyped_count++;
        free_slot++;
    }
}

static void tell(const struct boot_machine *m, struct boot_info *info)
{
    info->magic = BOOT_INFO_MAGIC;
    info->version = ABI_VERSION;
    info->ticks_per_second = m->ticks_per_second;
    info->ram_bytes = m->ram_bytes;
    info->image_first = m->image_first;
    info->image_bytes = m->image_bytes;
    info->acpi_root = m->acpi_root;
    info->acpi_wide = m->acpi_wide;
    info->acpi_rsdp = m->acpi_rsdp;
    info->cnode_slots = ROOT_SLOTS;
    info->first_free = free_slot;
    for (word_t i = 0; i + 1 < BOOT_INFO_COMMAND && m->command[i] != 0; i++)
        info->command[i] = m->command[i];
}

static ref_t make_thread(word_t entry)
{
    ref_t thread = make(TYPE_THREAD, THREAD_GRANULES);

    arch_fpu_init(thread);
    thread_set_rip(thread, entry);
    thread_set_rflags(thread, arch_flags_user(0));
    thread_set_resumed(thread, 1);
    return thread;
}

void boot_root(const struct boot_machine *m)
{
    const struct image_header *h = image_check(m);
    word_t store_range = choose_store(m);

    make_asids(m);
    tree_root = take(1, 1);
    cnode = take(ROOT_SLOTS, SMALL_GRANULES);
    object_set_kind(cnode, TYPE_CNODE);
    cnode_set_slots(cnode, ROOT_SLOTS);
    make_space();
    for (word_t i = 0; i < h->segment_count; i++)
        load_segment(m, h, &h->segments[i]);

    ref_t thread = make_thread(h->entry);
    ref_t sc = make(TYPE_SCHED_CONTEXT, SCHED_CONTEXT_GRANULES);
    ref_t buffer = take(SMALL_GRANULES, SMALL_GRANULES);
    ref_t page = take(SMALL_GRANULES, SMALL_GRANULES);
    struct boot_info *info = (struct boot_info *)(void *)&K_WORD(page, 0, 0);

    map_pages(buffer, 1, ROOT_VADDR_BUFFER, MAP_READ | MAP_WRITE);
    map_pages(page, 1, ROOT_VADDR_INFO, MAP_READ);
    cap_copy(give(ROOT_CNODE, TYPE_CNODE, cnode, RIGHT_ALL, ROOT_SLOTS), thread_cspace(thread),
             RIGHT_ALL);
    cap_copy(give(ROOT_SPACE, TYPE_ADDRESS_SPACE, space, RIGHT_ALL, 0), thread_space(thread),
             RIGHT_ALL);
    cap_copy(give(ROOT_BUFFER, TYPE_FRAME, buffer, RIGHT_ALL, 0), thread_buffer(thread), RIGHT_ALL);
    give(ROOT_THREAD, TYPE_THREAD, thread, RIGHT_ALL, 0);
    give(ROOT_SCHED, TYPE_SCHED_CONTEXT, sc, RIGHT_ALL, 0);
    give(ROOT_INFO, TYPE_FRAME, page, RIGHT_ALL, 0);
    give(ROOT_IOPORT, TYPE_IO_PORT, 0, RIGHT_READ | RIGHT_WRITE, 65536);
    give(ROOT_IRQ, TYPE_IRQ_CONTROL, NIL, RIGHT_ALL, 0);
    give(ROOT_CPU, TYPE_CPU, NIL, RIGHT_ALL, PRIORITIES - 1);
    give(ROOT_IMAGE, TYPE_DEVICE_UNTYPED, arch_ref(m->image_first), 0,
         (m->image_bytes + PAGE - 1) / PAGE * SMALL_GRANULES);
    give_memory(m, store_range, info);
    tell(m, info);

    word_t slice = m->ticks_per_second / 100;

    sched_configure(sc, slice, slice, ROOT_PRIORITY);
    thread_set_state(thread, THREAD_STATE_READY);
    sched_bind(sc, thread);
    info->kernel_bytes = m->ram_bytes;
    for (word_t i = 0; i < info->untyped_count; i++)
        info->kernel_bytes -= info->untyped[i].device ? 0 : info->untyped[i].bytes;
    info->boot_ticks = arch_now();
    sched_reschedule();
    entry_start();
}
