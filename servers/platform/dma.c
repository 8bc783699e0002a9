/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory for DMA. Frames are made a few at a time, so that neighbours by index are neighbours in
 * memory too, as a rule: then a device needs fewer descriptors. Their capabilities stay here, and
 * everybody else has copies of them: taking those back leaves the frame.
 */
#include "dma.h"

#include <abi/invoke.h>
#include <rt/bytes.h>
#include <rt/memory.h>
#include <rt/program.h>
#include <rt/slot.h>

#include "memory.h"

#define CHUNK       8u     /* frames */
#define LIMIT_FIRST 64u    /* pages for each device, if the manifest does not say else */
#define LIMIT_MAX   32768u

static uint32_t limit = LIMIT_FIRST;

void dma_init(void)
{
    const char *text = rt_argument("dma-pages");
    uint32_t value = 0;

    if (text == NULL)
        return;
    for (; *text >= '0' && *text <= '9' && value <= LIMIT_MAX; text++)
        value = value * 10 + (uint32_t)(*text - '0');
    if (*text != 0 || value > LIMIT_MAX)
        rt_say(1, "the argument dma-pages must be a number up to %u: it stays %u", LIMIT_MAX,
               limit);
    else
        limit = value;
}

/* @return slot of the first of CHUNK frames; 0: no memory or no slots */
static cap_t make_chunk(void)
{
    cap_t row = rt_slot_alloc_row(CHUNK + 1);

    if (row == 0)
        return 0;
    if (untyped_retype(COMPONENT_UNTYPED, TYPE_UNTYPED, CHUNK * PAGE_GRANULES, 0, row, 1) == E_OK) {
        if (untyped_retype(row, TYPE_FRAME, 0, 0, row + 1, CHUNK) == E_OK)
            return row + 1;
        (void)cnode_delete(COMPONENT_CNODE, row, 1);
    }
    rt_slot_free_row(row, CHUNK + 1);
    return 0;
}

static uint32_t table_pages(void)
{
    return (limit / CHUNK + 1) * sizeof(cap_t) / PAGE + 1;
}

enum platform_error dma_frame(struct device *d, uint32_t index, cap_t *frame)
{
    if (index >= limit)
        return PLATFORM_E_NO_RESOURCE;
    if (d->dma == NULL)
        d->dma = rt_pages_alloc(table_pages());
    if (d->dma == NULL)
        return PLATFORM_E_EXHAUSTED;
    if (d->dma[index / CHUNK] == 0)
        d->dma[index / CHUNK] = make_chunk();
    if (d->dma[index / CHUNK] == 0)
        return PLATFORM_E_EXHAUSTED;
    *frame = d->dma[index / CHUNK] + index % CHUNK;
    return PLATFORM_OK;
}

enum platform_error dma_addresses(struct device *d, uint32_t first, uint32_t count,
                                  uint64_t *addresses)
{
    for (uint32_t i = 0; i < count; i++) {
        cap_t frame = 0;
        enum platform_error error = first + i < first ? PLATFORM_E_NO_RESOURCE
                                                      : dma_frame(d, first + i, &frame);

        if (error != PLATFORM_OK)
            return error;
        RT_CHECK(frame_address(frame, &addresses[i]) == E_OK);
    }
    return PLATFORM_OK;
}

static bool clear(cap_t frame)
{
    void *page = rt_frames_map(frame, 1, MAP_READ | MAP_WRITE);

    if (page == NULL)
        return false;
    memset(page, 0, PAGE);
    rt_frames_unmap(page, 1);
    return true;
}

/* A frame that has been made. @return 0: it has not, so nobody has it */
static cap_t made(const struct device *d, uint32_t index)
{
    cap_t chunk = d->dma == NULL ? 0 : d->dma[index / CHUNK];

    return chunk == 0 ? 0 : chunk + index % CHUNK;
}

/* All of a disk's cache may take a good part of a heartbeat on a machine that has little time. */
enum platform_error dma_recall(struct device *d, uint32_t first, uint32_t count)
{
    if (first > limit || count > limit - first)
        return PLATFORM_E_NO_RESOURCE;
    for (uint32_t i = first; i < first + count; i++) {
        rt_alive();
        if (made(d, i) != 0)
            RT_CHECK(cnode_revoke(COMPONENT_CNODE, made(d, i)) == E_OK);
    }
    return PLATFORM_OK;
}

enum platform_error dma_reclaim(struct device *d, uint32_t first, uint32_t count)
{
    enum platform_error error = dma_recall(d, first, count);

    for (uint32_t i = first; error == PLATFORM_OK && i < first + count; i++) {
        rt_alive();
        if (made(d, i) != 0 && !clear(made(d, i)))
            error = PLATFORM_E_EXHAUSTED;
    }
    return error;
}
