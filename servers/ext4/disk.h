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
    cap_t timer; /**< signals SIGNAL_TIMER; armed for soon whenever the disk is waited for */
    word_t awake_at;     /**< when it will, in ticks */
    word_t other_signals; /**< came while waiting, for somebody else: take and clear */
    int64_t clock_base;        /**< seconds since 1970 when the machine started, as far as known */
};

/**
 * Open the disk that the manifest routes as `block`.
 * @param timer bound to COMPONENT_SIGNALS with SIGNAL_TIMER
 * @param cache bytes of the region
 * @return BLOCK_OK, or why not
 */
enum block_error disk_open(struct disk *disk, cap_t timer, size_t cache);

#endif
