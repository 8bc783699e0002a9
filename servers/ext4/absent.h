/* SPDX-License-Identifier: BSD-2-Clause */
/* Serving without a disk. */
#ifndef EXT4_ABSENT_H
#define EXT4_ABSENT_H

#include "disk.h"

/**
 * The disk cannot be opened: answer everybody with an error, and show as degraded, until it can be;
 * then end, so that the next incarnation begins with it.
 * @param disk, timer as for disk_open
 * @param why of disk_open
 */
_Noreturn void absent_serve(struct disk *disk, cap_t timer, enum block_error why);

#endif
