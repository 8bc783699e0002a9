/* SPDX-License-Identifier: BSD-2-Clause */
/* What the loader says, in one form, and whether that is enough to go on. */
#include "loader.h"

void loader_command(struct loader *l, word_t paddr)
{
    if (paddr == 0)
        return;
    const char *text = boot_at(paddr, BOOT_COMMAND, "the command line");
    for (word_t i = 0; i + 1 < BOOT_COMMAND && text[i] != 0; i++)
        l->command[i] = text[i];
}

void loader_range(struct loader *l, word_t first, word_t bytes, word_t type)
{
    word_t end = bytes > WORD_MAX - first ? WORD_MAX : first + bytes;

    ranges_add(type == 1 ? &l->usable : &l->reserved, first, end);
}

void loader_read(struct loader *l, word_t kind, word_t info)
{
    if (kind == LOADER_PVH)
        pvh_read(l, info);
    else if (kind == LOADER_MULTIBOOT2)
        multiboot2_read(l, info);
    else
        boot_refuse("the loader speaks neither PVH nor Multiboot2",
                    "start it by QEMU's -kernel or GRUB's multiboot2");
    if (l->usable.count == 0)
        boot_refuse("the loader gave no memory map", "use QEMU's -kernel or GRUB's multiboot2");
    if (l->image_bytes == 0)
        boot_refuse("there is no boot image",
                    "give one: QEMU's -initrd FILE, or GRUB's module2 FILE");
    if (l->image_first % 4096 != 0)
        boot_refuse("the boot image is not on a page boundary",
                    "use a loader that puts modules on pages");
}
