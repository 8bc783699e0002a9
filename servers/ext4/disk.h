/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The disk under the file system: a session of protocol `block`, whose data region is the cache, so
 * that nothing is copied between them. Calls wait until the disk has done all; a restart of the
 * driver is not seen but for the time that it takes.
 */
#ifndef EXT4_DISK_H
#define EXT4_DISK_H

#include <block/client.h>
#include <ext4/ext4.h>

/** Bits of COMPONENT_SIGNALS. */
enum disk_signal { SIGNAL_DISK = 1, SIGNAL_TIMER = 2 };

struct disk {
    struct block_client client;
    struct ext4_device device; /**< for ext4_mount */
    int64_t clock_base;        /**< seconds since 1970 when the machine started, as far as known */
};

/**
 * Open the disk that the manifest routes as `block`.
 * @param cache bytes of the region
 * @return BLOCK_OK, or why not
 */
enum block_error disk_open(struct disk *disk, size_t cache);

#endif
