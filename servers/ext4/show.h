/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages of the cache that clients map: they get copies, for reading, of capabilities to the frames
 * of the disk's region. Taking one back takes it from everybody who got it, by whatever way. Those
 * that an incarnation before has given away are taken back when the region is opened (lib/block).
 */
#ifndef EXT4_SHOW_H
#define EXT4_SHOW_H

#include "disk.h"

/** Called once, before the file system is mounted. @return false: no memory, nothing can be shown
 */
bool show_open(const struct disk *disk);

/** The frame of a page of the region, for reading alone; it stays ours. @return 0: no slot is left
 */
cap_t show_page(const uint8_t *page);

/** Nobody may see this page any more. For ext4_options.hide. */
void show_hide(void *self, const uint8_t *page);

#endif
