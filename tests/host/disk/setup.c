/* SPDX-License-Identifier: BSD-2-Clause */
/* Bringing up a device that does as the specification says, and many that do not. */
#include <virtio/setup.h>

#include "spec.h"
#include "test.h"

/* A device, and what is wrong with it. */
static struct {
    bool absent, hangs, old, refuses, no_queue, no_vector, unsteady, no_enable;
    uint8_t status;
    uint32_t select;
    uint16_t size, vector, config_vector, enabled;
    uint32_t generation;
    uint64_t accepted;
    uint32_t config[BLK_CONFIG_WORDS];
} dev;

static uint32_t read_common(uint32_t offset)
{
    uint64_t offer = (dev.old ? 0 : VIRTIO_F_VERSION_1) | VIRTIO_F_EVENT_IDX | 0xef0000ff;

    switch (offset) {
    case VIRTIO_STATUS:
        return dev.refuses ? dev.status & ~(uint32_t)VIRTIO_FEATURES_OK : dev.status;
    case VIRTIO_DEVICE_FEATURE:
        return (uint32_t)(dev.select == 0 ? offer : offer >> 32);
    case VIRTIO_QUEUES:
        return 1;
    case VIRTIO_QUEUE_SIZE:
        return dev.no_queue ? 0 : dev.size;
    case VIRTIO_QUEUE_VECTOR:
        return dev.no_vector ? VIRTIO_NO_VECTOR : dev.vector;
    case VIRTIO_CONFIG_VECTOR:
        return dev.no_vector ? VIRTIO_NO_VECTOR : dev.config_vector;
    case VIRTIO_QUEUE_ENABLE:
        return dev.no_enable ? 0 : dev.enabled;
    case VIRTIO_QUEUE_NOTIFY:
        return 5;
    case VIRTIO_GENERATION:
        return dev.unsteady ? dev.generation++ : dev.generation;
    default:
        return 0;
    }
}

static uint32_t read_register(void *context, enum virtio_structure where, uint32_t offset,
                              uint32_t width)
{
    (void)context;
    if (dev.absent)
        return 0xffffffffu >> (32 - 8 * width);
    return where == VIRTIO_DEVICE ? dev.config[offset / 4] : read_common(offset);
}

static void write_register(void *context, enum virtio_structure where, uint32_t offset,
                           uint32_t width, uint32_t value)
{
    (void)context;
    (void)where;
    (void)width;
    switch (offset) {
    case VIRTIO_STATUS:
        dev.status = (uint8_t)(dev.hangs && value == 0 ? dev.status : value);
        break;
    case VIRTIO_DEVICE_FEATURE_SELECT:
    case VIRTIO_DRIVER_FEATURE_SELECT:
        dev.select = value;
        break;
    case VIRTIO_DRIVER_FEATURE:
        dev.accepted = dev.select == 0 ? value : dev.accepted | (uint64_t)value << 32;
        break;
    case VIRTIO_QUEUE_SIZE:
        dev.size = (uint16_t)value;
        break;
    case VIRTIO_QUEUE_VECTOR:
        dev.vector = (uint16_t)value;
        break;
    case VIRTIO_CONFIG_VECTOR:
        dev.config_vector = (uint16_t)value;
        break;
    case VIRTIO_QUEUE_ENABLE:
        dev.enabled = (uint16_t)value;
        break;
    default:
        break;
    }
}

static const struct virtio_access access = {.read = read_register, .write = write_register};

static void fresh(void)
{
    memset(&dev, 0, sizeof dev);
    dev.size = 100;
    dev.status = 7;
}

static enum virtio_error agree(void)
{
    uint64_t features = 0;

    return virtio_negotiate(&access, VIRTIO_F_EVENT_IDX | VIRTIO_F_INDIRECT_DESC | 1ull << 40,
                            &features);
}

static enum virtio_error enable(void)
{
    const struct virtio_addresses at = {0x1000, 0x2000, 0x3000};
    uint16_t notify = 0;
    enum virtio_error e = virtio_queue_enable(&access, 0, 64, 1, &at, &notify);

    return e == VIRTIO_OK && notify != 5 ? VIRTIO_REFUSED : e;
}

static void test_good(void)
{
    uint32_t words[BLK_CONFIG_WORDS] = {0};

    fresh();
    dev.config[3] = 77;
    check(agree() == VIRTIO_OK && dev.status == 11 &&
              dev.accepted == (VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX),
          "features that both know are agreed on");
    check(virtio_queue_size(&access, 0, 256) == 64 && virtio_queue_size(&access, 0, 16) == 16 &&
              virtio_queue_size(&access, 1, 256) == 0 && enable() == VIRTIO_OK &&
              virtio_config_vector(&access, 1) == VIRTIO_OK && virtio_start(&access) == VIRTIO_OK,
          "a queue is set up");
    check(virtio_config_read(&access, 0, BLK_CONFIG_WORDS, words) && words[3] == 77,
          "configuration is read");
}

static void test_bad(void)
{
    uint32_t words[BLK_CONFIG_WORDS];
    bool good;

    fresh();
    dev.absent = true;
    check(agree() == VIRTIO_NO_DEVICE, "a device that is not there");
    fresh();
    dev.hangs = true;
    check(agree() == VIRTIO_HANGS, "one that does not come out of reset");
    fresh();
    dev.old = true;
    good = agree() == VIRTIO_OLD;
    fresh();
    dev.refuses = true;
    check(good && agree() == VIRTIO_REFUSED, "one that does not agree");
    fresh();
    dev.no_queue = true;
    good = virtio_queue_size(&access, 0, 256) == 0;
    fresh();
    dev.no_vector = true;
    good = good && enable() == VIRTIO_REFUSED &&
           virtio_config_vector(&access, 1) == VIRTIO_REFUSED;
    fresh();
    dev.no_enable = true;
    check(good && enable() == VIRTIO_REFUSED, "one that gives no queue, vector, or start of it");
    fresh();
    dev.unsteady = true;
    check(!virtio_config_read(&access, 0, BLK_CONFIG_WORDS, words),
          "one whose configuration never stands still");
}

static bool understood(unsigned word, uint32_t value, uint64_t features, struct blk_disk *d)
{
    uint32_t words[BLK_CONFIG_WORDS] = {[BLK_CAPACITY] = 1000, [BLK_BLK_SIZE] = 4096,
                                        [BLK_SEG_MAX] = 126, [BLK_SIZE_MAX] = 65536,
                                        [BLK_DISCARD_SECTORS] = 100};

    words[word] = value;
    return blk_understand(d, words, features) == NULL;
}

static void test_disk(void)
{
    const uint64_t all = BLK_F_BLK_SIZE | BLK_F_SEG_MAX | BLK_F_SIZE_MAX | BLK_F_DISCARD;
    struct blk_disk d;
    bool good = understood(BLK_ZERO_SECTORS, 0, all, &d);

    check(good && d.bytes == 1000 / 8 * 4096 && d.block_bytes == 4096 && d.zero_bytes == 0 &&
              d.discard_bytes == 96 * 512 && d.segment_bytes == 65536 && !d.write_cache,
          "what a disk says of itself");
    check(!understood(BLK_CAPACITY + 1, 0x80000000, all, &d) &&
              !understood(BLK_BLK_SIZE, 0, all, &d) && !understood(BLK_BLK_SIZE, 513, all, &d) &&
              !understood(BLK_BLK_SIZE, 8192, all, &d) && !understood(BLK_SEG_MAX, 1, all, &d) &&
              !understood(BLK_SIZE_MAX, 100, all, &d),
          "what no disk can say");
    check(understood(BLK_BLK_SIZE, 7, 0, &d) && d.block_bytes == 512 && d.discard_bytes == 0 &&
              understood(BLK_DISCARD_SECTORS, ~0u, all, &d) && d.discard_bytes == 0x40000000,
          "what is not agreed on is not read, and what is large is bounded");
}

void test_setup(void)
{
    test_good();
    test_bad();
    test_disk();
}
