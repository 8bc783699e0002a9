/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers and DMA memory of a device that `platform` gave. */
#include "platform.h"

#include <abi/invoke.h>
#include <rt/component.h>
#include <rt/memory.h>
#include <rt/slot.h>

/* Frames arrive one by one, and are mapped from slots in a row. @return how many came */
static uint32_t collect(cap_t device, uint8_t index, uint32_t first, uint32_t count, cap_t row)
{
    for (uint32_t i = 0; i < count; i++) {
        cap_t frame = 0;

        if (platform_page(device, index, first + i, &frame) != PLATFORM_OK)
            return i;
        (void)cnode_move(COMPONENT_CNODE, row + i, 0, frame);
        rt_slot_free(frame);
    }
    return count;
}

void *device_registers_map(cap_t device, uint8_t index, uint32_t first, uint32_t count)
{
    cap_t row = count == 0 ? 0 : rt_slot_alloc_row(count);
    void *at = NULL;

    if (row == 0)
        return NULL;
    if (collect(device, index, first, count, row) == count)
        at = rt_frames_map(row, count, MAP_READ | MAP_WRITE | MAP_UNCACHED);
    if (at == NULL) {
        (void)cnode_delete(COMPONENT_CNODE, row, count);
        rt_slot_free_row(row, count);
    }
    return at;
}

void *device_dma_map(cap_t device, uint32_t index, uint64_t *address)
{
    cap_t frame = 0;
    void *at;

    if (platform_dma_page(device, index, &frame, address) != PLATFORM_OK)
        return NULL;
    at = rt_frames_map(frame, 1, MAP_READ | MAP_WRITE);
    if (at == NULL)
        rt_slot_delete(frame);
    return at;
}
