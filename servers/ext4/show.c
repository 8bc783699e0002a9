/* SPDX-License-Identifier: BSD-2-Clause */
#include "show.h"

#include <abi/invoke.h>
#include <rt/memory.h>
#include <rt/object.h>
#include <rt/program.h>

static const struct block_client *client;
static uint32_t *shown; /* of each page of the region, once it was shown: a copy of its frame */

bool show_open(const struct disk *disk)
{
    size_t bytes = disk->client.region_pages * sizeof(*shown);

    client = &disk->client;
    shown = rt_pages_alloc((bytes + RT_PAGE - 1) / RT_PAGE);
    return shown != NULL;
}

static size_t number_of(const uint8_t *page)
{
    return (size_t)(page - client->region) / BLOCK_PAGE;
}

cap_t show_page(const uint8_t *page)
{
    size_t number = number_of(page);

    if (shown[number] == 0)
        shown[number] = (uint32_t)rt_object_copy(client->region_frames + number, RIGHT_READ);
    return shown[number];
}

/* The copy stays, for the next time; what was made from it goes. */
void show_hide(void *self, const uint8_t *page)
{
    (void)self;
    if (shown[number_of(page)] == 0) /* there was no slot for it */
        return;
    RT_CHECK(cnode_revoke(COMPONENT_CNODE, shown[number_of(page)]) == E_OK);
}
