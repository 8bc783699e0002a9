/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory that a device can reach: platform's own, so that it outlives drivers. */
#ifndef PLATFORM_DMA_H
#define PLATFORM_DMA_H

#include "device.h"

/** Read the argument dma-pages=N, most pages for each device. Once at the start. */
void dma_init(void);

/**
 * The frame of a page, made when first asked for; the same one for the same index.
 * @return no_resource: beyond the limit; exhausted: no memory or slot is left
 */
enum platform_error dma_frame(struct device *d, uint32_t index, cap_t *frame);

/** Physical addresses of pages in a row. @param count 1 to PLATFORM_DMA_ADDRESSES */
enum platform_error dma_addresses(struct device *d, uint32_t first, uint32_t count,
                                  uint64_t *addresses);

/** Take pages back from everybody who got them, and clear them; those never asked for are. */
enum platform_error dma_reclaim(struct device *d, uint32_t first, uint32_t count);

/** Take pages back from everybody; what is in them stays. */
enum platform_error dma_recall(struct device *d, uint32_t first, uint32_t count);

#endif
