/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel tells the first component: one page, mapped read-only at ROOT_VADDR_INFO.
 * Untyped i of the list is the capability in slot ROOT_UNTYPED + i.
 */
#ifndef ABI_BOOT_INFO_H
#define ABI_BOOT_INFO_H

#include <abi/abi.h>

#define BOOT_INFO_MAGIC   0x746f6f6220737374ul /* "tss boot" */
#define BOOT_INFO_UNTYPED 96u
#define BOOT_INFO_COMMAND 256u

/** A range of physical memory. */
struct boot_untyped {
    word_t first;  /**< physical address */
    word_t bytes;
    word_t device; /**< 1: DeviceUntyped */
};

/** The boot information page. */
struct boot_info {
    word_t magic;
    word_t version;          /**< ABI_VERSION */
    word_t ticks_per_second; /**< of the time stamp counter */
    word_t boot_ticks;       /**< time stamp counter when the first component was started */
    word_t ram_bytes;        /**< memory of the machine */
    word_t kernel_bytes;     /**< of it, what the kernel and its tables keep */
    word_t image_first;      /**< physical address of the boot image, slot ROOT_IMAGE */
    word_t image_bytes;
    word_t acpi_root;        /**< physical address of the RSDT or XSDT, 0 if there is none */
    word_t acpi_wide;        /**< 1: XSDT */
    word_t acpi_rsdp;        /**< physical address of the RSDP, 0 if unknown */
    word_t cnode_slots;      /**< slots of the first CNode */
    word_t first_free;       /**< first of them that is empty; so are all after it */
    word_t untyped_count;
    char command[BOOT_INFO_COMMAND]; /**< command line, always ends in 0 */
    struct boot_untyped untyped[BOOT_INFO_UNTYPED];
};

_Static_assert(sizeof(struct boot_info) <= 4096, "one page");

#endif
