/* SPDX-License-Identifier: BSD-2-Clause */
/* Bringing a virtio device up. */
#include "setup.h"

#define RESET_READS  1000000u /* a device that needs more is broken */
#define CONFIG_TRIES 16u
#define ALL_ONES     0xffu

static uint32_t get(const struct virtio_access *a, uint32_t offset, uint32_t width)
{
    return a->read(a->context, VIRTIO_COMMON, offset, width);
}

static void set(const struct virtio_access *a, uint32_t offset, uint32_t width, uint32_t value)
{
    a->write(a->context, VIRTIO_COMMON, offset, width, value);
}

uint8_t virtio_status(const struct virtio_access *a)
{
    return (uint8_t)get(a, VIRTIO_STATUS, 1);
}

static void add_status(const struct virtio_access *a, uint8_t bits)
{
    set(a, VIRTIO_STATUS, 1, virtio_status(a) | bits);
}

void virtio_fail(const struct virtio_access *a)
{
    add_status(a, VIRTIO_FAILED);
}

enum virtio_error virtio_reset(const struct virtio_access *a)
{
    set(a, VIRTIO_STATUS, 1, 0);
    for (unsigned i = 0; i < RESET_READS; i++) {
        uint8_t status = virtio_status(a);

        if (status == 0)
            return VIRTIO_OK;
        if (status == ALL_ONES)
            return VIRTIO_NO_DEVICE;
    }
    return VIRTIO_HANGS;
}

static uint64_t offered(const struct virtio_access *a)
{
    uint64_t features;

    set(a, VIRTIO_DEVICE_FEATURE_SELECT, 4, 0);
    features = get(a, VIRTIO_DEVICE_FEATURE, 4);
    set(a, VIRTIO_DEVICE_FEATURE_SELECT, 4, 1);
    return features | (uint64_t)get(a, VIRTIO_DEVICE_FEATURE, 4) << 32;
}

static void accept(const struct virtio_access *a, uint64_t features)
{
    set(a, VIRTIO_DRIVER_FEATURE_SELECT, 4, 0);
    set(a, VIRTIO_DRIVER_FEATURE, 4, (uint32_t)features);
    set(a, VIRTIO_DRIVER_FEATURE_SELECT, 4, 1);
    set(a, VIRTIO_DRIVER_FEATURE, 4, (uint32_t)(features >> 32));
}

enum virtio_error virtio_negotiate(const struct virtio_access *a, uint64_t wanted,
                                   uint64_t *features)
{
    enum virtio_error e = virtio_reset(a);

    if (e != VIRTIO_OK)
        return e;
    add_status(a, VIRTIO_ACKNOWLEDGE);
    add_status(a, VIRTIO_DRIVER);
    *features = offered(a) & (wanted | VIRTIO_F_VERSION_1);
    if (!(*features & VIRTIO_F_VERSION_1))
        return VIRTIO_OLD;
    accept(a, *features);
    add_status(a, VIRTIO_FEATURES_OK);
    return virtio_status(a) & VIRTIO_FEATURES_OK ? VIRTIO_OK : VIRTIO_REFUSED;
}

uint16_t virtio_queue_size(const struct virtio_access *a, uint16_t index, uint16_t most)
{
    uint32_t offer, size = 2;

    if (index >= get(a, VIRTIO_QUEUES, 2))
        return 0;
    set(a, VIRTIO_QUEUE_SELECT, 2, index);
    offer = get(a, VIRTIO_QUEUE_SIZE, 2);
    if (offer < 2)
        return 0;
    while (size * 2 <= offer && size * 2 <= most)
        size *= 2;
    return (uint16_t)size;
}

static void set_address(const struct virtio_access *a, uint32_t offset, uint64_t address)
{
    set(a, offset, 4, (uint32_t)address);
    set(a, offset + 4, 4, (uint32_t)(address >> 32));
}

enum virtio_error virtio_queue_enable(const struct virtio_access *a, uint16_t index, uint16_t size,
                                      uint16_t vector, const struct virtio_addresses *at,
                                      uint16_t *notify)
{
    set(a, VIRTIO_QUEUE_SELECT, 2, index);
    set(a, VIRTIO_QUEUE_SIZE, 2, size);
    set(a, VIRTIO_QUEUE_VECTOR, 2, vector);
    /* It says NO_VECTOR when it could not take this one (4.1.5.1.2.1). */
    if (get(a, VIRTIO_QUEUE_VECTOR, 2) != vector || get(a, VIRTIO_QUEUE_SIZE, 2) != size)
        return VIRTIO_REFUSED;
    set_address(a, VIRTIO_QUEUE_DESC, at->desc);
    set_address(a, VIRTIO_QUEUE_DRIVER, at->avail);
    set_address(a, VIRTIO_QUEUE_DEVICE, at->used);
    *notify = (uint16_t)get(a, VIRTIO_QUEUE_NOTIFY, 2);
    set(a, VIRTIO_QUEUE_ENABLE, 2, 1);
    return get(a, VIRTIO_QUEUE_ENABLE, 2) == 1 ? VIRTIO_OK : VIRTIO_REFUSED;
}

enum virtio_error virtio_config_vector(const struct virtio_access *a, uint16_t vector)
{
    set(a, VIRTIO_CONFIG_VECTOR, 2, vector);
    return get(a, VIRTIO_CONFIG_VECTOR, 2) == vector ? VIRTIO_OK : VIRTIO_REFUSED;
}

enum virtio_error virtio_start(const struct virtio_access *a)
{
    add_status(a, VIRTIO_DRIVER_OK);
    return virtio_status(a) & VIRTIO_NEEDS_RESET ? VIRTIO_REFUSED : VIRTIO_OK;
}

bool virtio_config_read(const struct virtio_access *a, uint32_t offset, uint32_t words,
                        uint32_t *to)
{
    for (unsigned i = 0; i < CONFIG_TRIES; i++) {
        uint32_t before = get(a, VIRTIO_GENERATION, 1);

        for (uint32_t w = 0; w < words; w++)
            to[w] = a->read(a->context, VIRTIO_DEVICE, offset + 4 * w, 4);
        if (get(a, VIRTIO_GENERATION, 1) == before)
            return true;
    }
    return false;
}
