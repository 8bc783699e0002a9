/* SPDX-License-Identifier: BSD-2-Clause */
/* The virtqueue by itself: what is notified, and what a device may not say. */
#include <virtio/queue.h>

#include "test.h"

#define SIZE 8u

static struct virtio_queue q;
static void *desc, *avail, *used;

static void begin(bool event_index)
{
    virtio_queue_begin(&q, SIZE, event_index, desc, avail, used);
}

static volatile struct virtio_used *device(void)
{
    return used;
}

static void set_avail_event(uint16_t index)
{
    *(volatile uint16_t *)(volatile void *)&device()->ring[SIZE] = index;
}

/* The device uses the next one. */
static void use(uint32_t id, uint32_t length)
{
    device()->ring[device()->idx % SIZE] = (struct virtio_used_entry){id, length};
    device()->idx++;
}

static void test_notify(void)
{
    bool good;

    begin(false);
    virtio_queue_put(&q, 1);
    good = virtio_queue_publish(&q) && !virtio_queue_publish(&q);
    device()->flags = VIRTIO_USED_NO_NOTIFY;
    virtio_queue_put(&q, 2);
    check(good && !virtio_queue_publish(&q) && ((volatile struct virtio_avail *)avail)->idx == 2,
          "a device that does not want notifications gets none");
    begin(true);
    virtio_queue_put(&q, 0);
    good = virtio_queue_publish(&q); /* avail_event 0: wants to hear of the first */
    virtio_queue_put(&q, 1);
    good = good && !virtio_queue_publish(&q);
    set_avail_event(3);
    virtio_queue_put(&q, 2);
    good = good && !virtio_queue_publish(&q);
    virtio_queue_put(&q, 3);
    virtio_queue_put(&q, 4);
    check(good && virtio_queue_publish(&q), "it is notified when its event index is passed");
}

/* Once around all 65536 indices, and more. */
static void test_around(void)
{
    unsigned wrong = 0;

    begin(true);
    for (unsigned i = 0; i < 70000; i++) {
        uint16_t head = 99;
        uint32_t length = 0;

        virtio_queue_put(&q, (uint16_t)(i % SIZE));
        set_avail_event((uint16_t)i);
        wrong += !virtio_queue_publish(&q);
        wrong += !virtio_queue_arm(&q);
        use(i % SIZE, i);
        wrong += virtio_queue_arm(&q);
        wrong += !virtio_queue_take(&q, &head, &length) || head != i % SIZE || length != i;
        wrong += virtio_queue_take(&q, &head, &length);
    }
    check(wrong == 0 && !q.broken, "indices go around");
}

static bool breaks(uint32_t id, uint16_t index)
{
    uint16_t head;
    uint32_t length;
    bool taken;

    begin(true);
    virtio_queue_put(&q, 3);
    (void)virtio_queue_publish(&q);
    use(id, 0);
    device()->idx = index;
    taken = virtio_queue_take(&q, &head, &length);
    return !taken && q.broken && !virtio_queue_take(&q, &head, &length);
}

void test_queue(void)
{
    desc = pages(1);
    avail = pages(1);
    used = pages(1);
    test_notify();
    test_around();
    check(breaks(8, 1) && breaks(0xffffffff, 1) && breaks(0x10003, 1),
          "a device that uses what is not in the queue is broken");
    check(breaks(3, 2) && breaks(3, 0xffff) && breaks(3, 9),
          "so is one that uses more than there was");
}
