/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which page tables the processor uses, and what it has cached of them.
 *
 * With PCIDs, what is cached of an address space stays while others run. There are more address
 * spaces than PCIDs, so a PCID remembers whose it is; numbers of address spaces are never used
 * twice, so that is never wrong. PCID 0 is the kernel's own tables, which map nothing for users.
 * What is cached of a space that is not loaded cannot be dropped singly: then its PCID becomes
 * nobody's, and all of it is dropped when the space is entered next.
 *
 * With page-table isolation the kernel always runs on its own tables, and the doors load a user's
 * on the way out. PCIDs are not used then: each way out drops what is cached.
 */
#include <arch/arch.h>
#include <arch/start.h>

#define PCIDS 1024u

static word_t pcid_owner[PCIDS]; /* 1 + number of the address space, 0: nobody */

static void pcid_forget(word_t asid)
{
    word_t i = asid % PCIDS;

    if (pcid_owner[i] == asid + 1)
        pcid_owner[i] = 0;
}

static word_t pcid_bits(word_t asid)
{
    word_t i = asid % PCIDS;

    if (pcid_owner[i] == asid + 1)
        return (i + 1) | CR3_KEEP;
    pcid_owner[i] = asid + 1;
    return i + 1;
}

/** Loads other tables than those that are loaded. For arch_space_enter(). */
SAVES_ALL void x86_space_load(ref_t root, word_t asid)
{
    word_t cr3 = root == NIL ? (word_t)x86_root - KERNEL_BASE : arch_paddr(root);

    if (x86.pcid && root != NIL)
        cr3 |= pcid_bits(asid);
    x86.space_root = root;
    if (TESSERA_PTI)
        x86_door.user_tables = cr3;
    else
        x86_write_cr3(cr3);
}

/* With page-table isolation users' tables have nothing of the kernel but its doors. */
void arch_space_init(ref_t root)
{
    word_t last = TABLE_ENTRIES - 1;

    if (TESSERA_PTI) {
        K_WORD(root, last / GRANULE_WORDS, last % GRANULE_WORDS) =
            ((word_t)x86_table_user3 - KERNEL_BASE) | PTE_PRESENT | PTE_WRITE | PTE_ACCESSED;
        return;
    }
    /*@ loop invariant TABLE_ENTRIES / 2 <= i <= TABLE_ENTRIES;
        loop variant TABLE_ENTRIES - i; */
    for (word_t i = TABLE_ENTRIES / 2; i < TABLE_ENTRIES; i++)
        K_WORD(root, i / GRANULE_WORDS, i % GRANULE_WORDS) = x86_root[i];
}

void arch_space_forget(ref_t root, word_t asid)
{
    pcid_forget(asid);
    if (root == x86.space_root && root != NIL)
        x86_space_load(NIL, 0);
}

/* With page-table isolation nothing of users is cached when the kernel runs: it loaded CR3. */
void arch_page_flush(ref_t root, word_t asid, word_t vaddr)
{
    if (TESSERA_PTI)
        return;
    if (root == x86.space_root)
        x86_invlpg(vaddr);
    else
        pcid_forget(asid);
}

word_t x86_device_map(word_t paddr)
{
    word_t page = (paddr & PTE_ADDRESS) | PTE_PRESENT | PTE_WRITE | PTE_NX | PTE_NOCACHE |
                  PTE_THROUGH | PTE_ACCESSED | PTE_DIRTY;

    for (word_t i = 0; i < DEVICE_PAGES; i++) {
        if (x86_table_device1[i] == 0)
            x86_table_device1[i] = page;
        if (x86_table_device1[i] == page)
            return DEVICE_BASE + i * PAGE_BYTES + paddr % PAGE_BYTES;
    }
    return 0;
}

void x86_boot_forget(void)
{
    word_t pages = (word_t)(image_keep - image_first) / PAGE_BYTES;
    word_t cr4 = x86_read_cr4();

    for (word_t i = 0; i < pages; i++)
        x86_table_image1[i] = 0;
    x86_write_cr4(cr4 & ~CR4_GLOBAL); /* drops all that is cached, global entries too */
    x86_write_cr4(cr4);
    x86_write_cr3(x86_read_cr3()); /* the same where there are no global entries */
}
