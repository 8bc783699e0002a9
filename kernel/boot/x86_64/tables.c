/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's page tables. What is where, and who may do what with it, is in kernel.lds. Only RAM
 * is in the direct map, so that nothing is cached that must not be; and not the kernel, so that no
 * wrong granule number can reach it.
 */
#include <arch/arch.h>
#include <arch/start.h>

#include "steps.h"

#define PTE_KERNEL (PTE_PRESENT | PTE_ACCESSED | (TESSERA_PTI ? 0 : PTE_GLOBAL))
#define PTE_DATA   (PTE_KERNEL | PTE_WRITE | PTE_DIRTY | PTE_NX)
#define PTE_LINK   (PTE_PRESENT | PTE_WRITE | PTE_ACCESSED)
#define LARGE      0x200000ul
#define HUGE       0x40000000ul
#define REACH      0x100000000ul /* what the first page tables map */

static word_t physical(const void *p)
{
    return (word_t)p - KERNEL_BASE;
}

struct image tables_image(void)
{
    return (struct image){physical(image_first), physical(image_keep), physical(image_end)};
}

/* A cleared page of free memory. */
static word_t page_take(struct ranges *free)
{
    for (word_t i = 0; i < free->count; i++) {
        word_t page = free->at[i].first;
        if (page >= REACH)
            break;
        ranges_remove(free, page, page + PAGE_BYTES);
        arch_zero(arch_ref(page), SMALL_GRANULES);
        return page;
    }
    boot_refuse("there is no memory for page tables below 4 GiB", "give the machine more memory");
}

/* The entry of a table for an address, with a table below it. */
static word_t *table_below(word_t *table, word_t index, struct ranges *free)
{
    if (table[index] == 0)
        table[index] = page_take(free) | PTE_LINK;
    return (word_t *)(DIRECT_MAP + (table[index] & PTE_ADDRESS));
}

/* Maps what begins at p with the largest page that fits, and says how large that was. */
static word_t map_one(word_t p, word_t end, struct ranges *free)
{
    word_t huge = p / HUGE, large = p / LARGE % TABLE_ENTRIES,
           small = p / PAGE_BYTES % TABLE_ENTRIES;

    if (x86.huge_frames && p % HUGE == 0 && end - p >= HUGE) {
        x86_table_direct[huge] = p | PTE_DATA | PTE_LARGE;
        return HUGE;
    }
    word_t *table = table_below(x86_table_direct, huge, free);
    if (p % LARGE == 0 && end - p >= LARGE) {
        table[large] = p | PTE_DATA | PTE_LARGE;
        return LARGE;
    }
    table = table_below(table, large, free);
    table[small] = p | PTE_DATA;
    return PAGE_BYTES;
}

static void direct_start(const struct ranges *ram, struct ranges *free)
{
    for (word_t i = 0; i < ram->count; i++) {
        for (word_t p = ram->at[i].first; p < ram->at[i].end;)
            p += map_one(p, ram->at[i].end, free);
    }
}

/* Access to a page of the image. The pages between stacks have none. */
static word_t image_access(word_t page)
{
    word_t stack = page - (word_t)x86_stacks;

    if (stack < STACKS_BYTES && (stack < PAGE_BYTES || (stack >= KERNEL_STACK_TOP &&
                                                        (stack - KERNEL_STACK_TOP) % 8192 == 0)))
        return 0;
    if (page < (word_t)image_keep)
        return PTE_KERNEL | PTE_WRITE | PTE_DIRTY;
    if (page < (word_t)image_rodata)
        return PTE_KERNEL;
    if (page < (word_t)image_data)
        return PTE_KERNEL | PTE_NX;
    return PTE_DATA;
}

static void image_start(void)
{
    word_t page = (word_t)image_first;

    for (word_t i = 0; page < (word_t)image_end; i++, page += PAGE_BYTES) {
        word_t access = image_access(page);
        x86_table_image1[i] = access ? (page - KERNEL_BASE) | access : 0;
    }
}

/* Users' tables have these pages of the image, with the access that the kernel has. */
static void doors_share(const char *first, const char *end)
{
    word_t base = (word_t)image_first;

    for (word_t page = (word_t)first; page < (word_t)end; page += PAGE_BYTES)
        x86_table_user1[(page - base) / PAGE_BYTES] = x86_table_image1[(page - base) / PAGE_BYTES];
}

static void isolation_start(void)
{
    doors_share(doors_first, doors_end);
    doors_share(doors_data_first, doors_data_end);
    doors_share(x86_stacks + KERNEL_STACK_TOP, x86_stacks + STACKS_BYTES);
    x86_table_user2[KERNEL_LOAD / LARGE] = physical(x86_table_user1) | PTE_LINK;
    x86_table_user3[arch_pte_index(KERNEL_BASE, 2)] = physical(x86_table_user2) | PTE_LINK;
    x86_door.kernel_tables = physical(x86_root);
    x86_door.user_tables = physical(x86_root);
}

void tables_start(const struct ranges *ram, struct ranges *free)
{
    direct_start(ram, free);
    image_start();
    x86_table_image2[KERNEL_LOAD / LARGE] = physical(x86_table_image1) | PTE_LINK;
    x86_table_device2[0] = physical(x86_table_device1) | PTE_LINK;
    x86_table_high[arch_pte_index(KERNEL_BASE, 2)] = physical(x86_table_image2) | PTE_LINK;
    x86_table_high[arch_pte_index(DEVICE_BASE, 2)] = physical(x86_table_device2) | PTE_LINK;
    x86_root[arch_pte_index(DIRECT_MAP, 3)] = physical(x86_table_direct) | PTE_LINK;
    x86_root[arch_pte_index(KERNEL_BASE, 3)] = physical(x86_table_high) | PTE_LINK;
    if (TESSERA_PTI)
        isolation_start();
    x86_write_cr3(physical(x86_root));
    if (x86.pcid)
        x86_write_cr4(x86_read_cr4() | CR4_PCID);
}
