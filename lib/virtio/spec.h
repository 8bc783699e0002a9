/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers of the Virtual I/O Device (VIRTIO) specification, version 1.2 (OASIS, 1 July 2022), that
 * all kinds of devices share. Section numbers are that document's. Everything is little-endian
 * (2.4, 2.7): so are the machines Tessera runs on.
 */
#ifndef VIRTIO_SPEC_H
#define VIRTIO_SPEC_H

#include <stdint.h>

/* PCI discovery (4.1.2): device 0x1040 plus the type. */
#define VIRTIO_PCI_VENDOR 0x1af4u
#define VIRTIO_PCI_DEVICE 0x1040u

/* Structures that vendor capabilities point at (4.1.4). */
enum virtio_structure {
    VIRTIO_COMMON = 1, /* 4.1.4.3 */
    VIRTIO_NOTIFY = 2, /* 4.1.4.4 */
    VIRTIO_ISR = 3,    /* 4.1.4.5 */
    VIRTIO_DEVICE = 4, /* 4.1.4.6 */
};

/* Fields of such a capability, from its start (4.1.4). */
enum {
    VIRTIO_CAP_LENGTH = 2,
    VIRTIO_CAP_TYPE = 3,
    VIRTIO_CAP_BAR = 4,
    VIRTIO_CAP_OFFSET = 8,
    VIRTIO_CAP_BYTES = 12,
    VIRTIO_CAP_NOTIFY_STEP = 16, /* of the notification capability (4.1.4.4) */
};

/* Device status (2.1). */
enum virtio_status {
    VIRTIO_ACKNOWLEDGE = 1,
    VIRTIO_DRIVER = 2,
    VIRTIO_DRIVER_OK = 4,
    VIRTIO_FEATURES_OK = 8,
    VIRTIO_NEEDS_RESET = 64,
    VIRTIO_FAILED = 128,
};

/* The common configuration structure (4.1.4.3). */
enum virtio_common {
    VIRTIO_DEVICE_FEATURE_SELECT = 0x00,
    VIRTIO_DEVICE_FEATURE = 0x04,
    VIRTIO_DRIVER_FEATURE_SELECT = 0x08,
    VIRTIO_DRIVER_FEATURE = 0x0c,
    VIRTIO_CONFIG_VECTOR = 0x10,
    VIRTIO_QUEUES = 0x12,
    VIRTIO_STATUS = 0x14,
    VIRTIO_GENERATION = 0x15,
    VIRTIO_QUEUE_SELECT = 0x16,
    VIRTIO_QUEUE_SIZE = 0x18,
    VIRTIO_QUEUE_VECTOR = 0x1a,
    VIRTIO_QUEUE_ENABLE = 0x1c,
    VIRTIO_QUEUE_NOTIFY = 0x1e,
    VIRTIO_QUEUE_DESC = 0x20,   /* 64 bits, as two times 32 (4.1.3.1) */
    VIRTIO_QUEUE_DRIVER = 0x28,
    VIRTIO_QUEUE_DEVICE = 0x30,
    VIRTIO_COMMON_BYTES = 0x38,
};

#define VIRTIO_NO_VECTOR 0xffffu

/* Features of every device (6). */
#define VIRTIO_F_INDIRECT_DESC (1ull << 28)
#define VIRTIO_F_EVENT_IDX     (1ull << 29)
#define VIRTIO_F_VERSION_1     (1ull << 32)

/* A descriptor (2.7.5). */
struct virtio_desc {
    uint64_t address;
    uint32_t length;
    uint16_t flags;
    uint16_t next;
};

#define VIRTIO_DESC_NEXT     1u
#define VIRTIO_DESC_WRITE    2u /* by the device */
#define VIRTIO_DESC_INDIRECT 4u

/* The available ring (2.7.6) of a queue of `size`: flags, idx, ring[size], used_event. */
struct virtio_avail {
    uint16_t flags;
    uint16_t idx;
    uint16_t ring[];
};

#define VIRTIO_AVAIL_NO_INTERRUPT 1u

/* An entry of the used ring (2.7.8), and the ring: flags, idx, ring[size], avail_event. */
struct virtio_used_entry {
    uint32_t id;
    uint32_t length;
};

struct virtio_used {
    uint16_t flags;
    uint16_t idx;
    struct virtio_used_entry ring[];
};

#define VIRTIO_USED_NO_NOTIFY 1u

_Static_assert(sizeof(struct virtio_desc) == 16, "2.7.5");
_Static_assert(sizeof(struct virtio_used_entry) == 8, "2.7.8");

#endif
