/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a driver has from `platform` (idl/platform.idl), mapped and ready. Each takes the endpoint
 * of the manifest's "devices": rt_given(COMPONENT_DEVICE, NAME).
 */
#ifndef DEVICE_PLATFORM_H
#define DEVICE_PLATFORM_H

#include <abi/call.h>
#include <proto/platform.h>

/**
 * Map pages of a region of registers, uncached.
 * @param index of the region; first, count which pages of it, in pages of 4096 bytes
 * @return where page `first` is; the registers begin at the region's `start` in page 0. NULL: not
 *        such a
 *         region, or the platform or this component has no memory or slots left
 */
void *device_registers_map(cap_t device, uint8_t index, uint32_t first, uint32_t count);

/**
 * A page that the device can reach, mapped; the same one for the same index, as it was left.
 * @param address set to what the device must be told
 * @return NULL: beyond the limit, or no memory is left
 */
void *device_dma_map(cap_t device, uint32_t index, uint64_t *address);

#endif
