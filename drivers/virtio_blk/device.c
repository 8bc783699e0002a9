/* SPDX-License-Identifier: BSD-2-Clause */
/* The disk itself (virtio 1.2, 3.1 and 5.2.5). */
#include "device.h"

#include <abi/invoke.h>
#include <device/irq.h>
#include <device/platform.h>
#include <rt/program.h>

#define QUEUE         0u /* 5.2.2: the first of its request queues; one is enough for one thread */
#define VECTOR_QUEUE  0u
#define VECTOR_CONFIG 1u
#define FAILURES_MAX  3u /* in a row; then the disk is given up */

#define FEATURES                                                                              \
    (VIRTIO_F_INDIRECT_DESC | VIRTIO_F_EVENT_IDX | BLK_F_SIZE_MAX | BLK_F_SEG_MAX | BLK_F_RO | \
     BLK_F_BLK_SIZE | BLK_F_FLUSH | BLK_F_TOPOLOGY | BLK_F_DISCARD | BLK_F_WRITE_ZEROES)

static const char *const errors[] = {
    [VIRTIO_NO_DEVICE] = "it is not there any more",
    [VIRTIO_HANGS] = "it does not come out of reset",
    [VIRTIO_OLD] = "it is not of virtio version 1",
    [VIRTIO_REFUSED] = "it refuses what it offered",
};

void *device_page(struct device *d, uint32_t index, uint64_t *address)
{
    uint64_t ignored;

    return device_dma_map(d->platform, index, address != NULL ? address : &ignored);
}

static bool map_memory(struct device *d)
{
    struct blk_memory *m = &d->memory;

    m->desc = device_page(d, DEVICE_PAGE_DESC, &d->addresses.desc);
    m->avail = device_page(d, DEVICE_PAGE_AVAIL, &d->addresses.avail);
    m->used = device_page(d, DEVICE_PAGE_USED, &d->addresses.used);
    for (uint32_t i = 0; i < BLK_TABLE_PAGES; i++) {
        m->table[i] = device_page(d, DEVICE_PAGE_TABLES + i, &m->table_address[i]);
        if (m->table[i] == NULL)
            return false;
    }
    return m->desc != NULL && m->avail != NULL && m->used != NULL;
}

static bool listen(struct device *d, uint16_t vector, word_t bits)
{
    cap_t interrupt = 0;

    return platform_interrupt(d->platform, vector, &interrupt) == PLATFORM_OK &&
           device_irq_open(interrupt, bits) == E_OK;
}

static enum virtio_error enable_queue(struct device *d, uint64_t features)
{
    const struct virtio_access *a = &d->virtio.access;
    uint16_t size = virtio_queue_size(a, QUEUE, VIRTIO_QUEUE_SIZE_MAX);
    uint16_t notify = 0;
    enum virtio_error e;

    if (size == 0)
        return VIRTIO_REFUSED;
    d->transfer_bytes = blk_begin(&d->requests, &d->disk, size, features, &d->memory);
    e = virtio_config_vector(a, VECTOR_CONFIG);
    if (e == VIRTIO_OK)
        e = virtio_queue_enable(a, QUEUE, size, VECTOR_QUEUE, &d->addresses, &notify);
    if (e != VIRTIO_OK)
        return e;
    d->bell = device_virtio_bell(&d->virtio, notify);
    return d->bell == NULL || d->transfer_bytes == 0 ? VIRTIO_REFUSED : virtio_start(a);
}

/* From reset to work. @return NULL: done; else what is wrong */
static const char *start(struct device *d)
{
    const struct virtio_access *a = &d->virtio.access;
    uint32_t words[BLK_CONFIG_WORDS];
    uint64_t features = 0;
    enum virtio_error e = virtio_negotiate(a, FEATURES, &features);
    const char *wrong;

    if (e != VIRTIO_OK)
        return errors[e];
    if (!virtio_config_read(a, 0, BLK_CONFIG_WORDS, words))
        return "its configuration never stands still";
    wrong = blk_understand(&d->disk, words, features);
    if (wrong != NULL)
        return wrong;
    e = enable_queue(d, features);
    return e == VIRTIO_OK ? NULL : errors[e];
}

static const char *find(struct device *d, word_t queue_bits, word_t config_bits)
{
    char name[PLATFORM_NAME_MAX + 1];
    struct platform_device about = {0};
    const char *wrong;

    if (d->platform == 0)
        return "the manifest names none";
    if (platform_device(d->platform, name, &about) != PLATFORM_OK)
        return "there is none like the one that the manifest names";
    if (platform_reset(d->platform) != PLATFORM_OK)
        return "it cannot be reset";
    wrong = device_virtio_open(&d->virtio, d->platform);
    if (wrong != NULL)
        return wrong;
    if (about.interrupts < 2 || !listen(d, VECTOR_QUEUE, queue_bits) ||
        !listen(d, VECTOR_CONFIG, config_bits))
        return "it has no two messages to signal with (MSI-X)";
    if (!map_memory(d))
        return "there is no memory for it: more dma-pages for platform?";
    return start(d);
}

static bool report(struct device *d, const char *wrong)
{
    d->present = wrong == NULL;
    if (wrong != NULL && d->virtio.device == 0) {
        rt_say(2, "no disk: %s", wrong);
    } else if (wrong != NULL) {
        virtio_fail(&d->virtio.access);
        rt_degraded("no disk: %s", wrong);
    }
    return d->present;
}

bool device_open(struct device *d, word_t queue_bits, word_t config_bits)
{
    const struct component_entry *entry = rt_find(COMPONENT_DEVICE, NULL);

    *d = (struct device){.platform = entry == NULL ? 0 : entry->slot};
    if (!report(d, find(d, queue_bits, config_bits)))
        return false;
    rt_say(2, "a disk of %lu MiB, blocks of %u, %u requests at once%s%s", d->disk.bytes >> 20,
           d->disk.block_bytes, d->requests.count, d->disk.read_only ? ", read-only" : "",
           d->disk.write_cache ? ", with a cache" : "");
    return true;
}

void device_halt(struct device *d)
{
    (void)virtio_reset(&d->virtio.access);
}

void device_give_up(struct device *d)
{
    d->failures = FAILURES_MAX;
}

bool device_again(struct device *d)
{
    struct blk_disk before = d->disk;

    if (++d->failures > FAILURES_MAX)
        return report(d, "it failed again and again");
    if (!report(d, start(d)))
        return false;
    /* Sessions were opened on that one. */
    if (d->disk.bytes < before.bytes || d->disk.block_bytes != before.block_bytes ||
        d->disk.read_only != before.read_only)
        return report(d, "it came back as another one");
    return true;
}
