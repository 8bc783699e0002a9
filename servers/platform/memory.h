/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames of device memory at given physical addresses, out of what root gave. */
#ifndef PLATFORM_MEMORY_H
#define PLATFORM_MEMORY_H

#include <abi/boot_info.h>
#include <stdbool.h>
#include <stddef.h>

#define PAGE 4096ul

/** Once at the start. @return false: the manifest gives no device memory (it was said) */
bool memory_init(void);

/** The boot information page, mapped. After memory_init(). */
const struct boot_info *memory_boot_info(void);

/** Is all of [address, address + bytes) device memory that this component holds? */
bool memory_is_device(word_t address, word_t bytes);

/**
 * The frame at a physical address; always the same one for the same address.
 * @param address page-aligned
 * @return 0: it is not device memory, or no memory or slot is left for book-keeping
 */
cap_t memory_frame(word_t address);

/**
 * Copy bytes out of physical memory that is device memory.
 * @return false: it is not, or cannot be mapped
 */
bool memory_copy(void *to, word_t address, size_t bytes);

#endif
