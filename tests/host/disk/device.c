/* SPDX-License-Identifier: BSD-2-Clause */
/* A played disk. Addresses are those of this program. */
#include "device.h"

#define CHAIN_MAX 64u

/* A chain, read. */
struct chain {
    struct virtio_desc desc[CHAIN_MAX];
    unsigned count;
};

void device_begin(struct device *d, const struct virtio_queue *q, const struct blk_memory *memory,
                  uint32_t lies)
{
    d->q = q;
    d->memory = memory;
    d->taken = 0;
    d->lies = lies;
}

static bool read_chain(struct device *d, uint16_t head, struct chain *c)
{
    const struct virtio_desc *table = d->memory->desc;
    uint32_t size = d->q->size;
    uint16_t at = head;

    if (table[head].flags & VIRTIO_DESC_INDIRECT) {
        size = table[head].length / 16;
        table = (const struct virtio_desc *)table[head].address;
        at = 0;
    }
    for (c->count = 0; c->count < CHAIN_MAX && at < size; at = table[at].next) {
        c->desc[c->count++] = table[at];
        if (!(table[at].flags & VIRTIO_DESC_NEXT))
            return c->count >= 2 && c->count <= d->q->size;
    }
    return false;
}

/* What the device may read comes first (2.7.4.2); the status is one byte. */
static bool well_formed(const struct device *d, const struct chain *c)
{
    bool writes = false;

    for (unsigned i = 0; i < c->count; i++) {
        bool write = c->desc[i].flags & VIRTIO_DESC_WRITE;

        if ((writes && !write) || c->desc[i].length == 0 || c->desc[i].length > d->part_max)
            return false;
        writes = write;
    }
    return c->desc[0].length == 16 && writes && c->desc[c->count - 1].length == 1;
}

/* Reads or writes. @return bytes written into memory; ~0: not as it must be */
static uint32_t move(struct device *d, const struct chain *c, uint64_t sector, bool in)
{
    uint64_t at = sector * 512;
    uint32_t total = 0;

    for (unsigned i = 1; i + 1 < c->count; i++) {
        const struct virtio_desc *part = &c->desc[i];

        if (at + total + part->length > sizeof d->data ||
            in != ((part->flags & VIRTIO_DESC_WRITE) != 0))
            return ~0u;
        if (in)
            memcpy((void *)part->address, d->data + at + total, part->length);
        else
            memcpy(d->data + at + total, (const void *)part->address, part->length);
        total += part->length;
    }
    return in ? total : 0;
}

static uint32_t carry_out(struct device *d, const struct chain *c)
{
    const struct blk_header *h = (const struct blk_header *)c->desc[0].address;
    const struct blk_range *r = (const struct blk_range *)c->desc[1].address;

    switch (h->type) {
    case BLK_T_IN:
    case BLK_T_OUT:
        return move(d, c, h->sector, h->type == BLK_T_IN);
    case BLK_T_FLUSH:
        return c->count == 2 && h->sector == 0 ? 0 : ~0u;
    case BLK_T_DISCARD:
    case BLK_T_WRITE_ZEROES:
        if (c->count != 3 || c->desc[1].length != 16 || r->flags != 0 ||
            r->sector + r->sectors > DEVICE_SECTORS)
            return ~0u;
        memset(d->data + r->sector * 512, 0, r->sectors * 512ul);
        return 0;
    default:
        return ~0u;
    }
}

/* Some answer that is wrong. */
static void lie(struct virtio_used_entry *e, uint8_t *status, uint16_t *step)
{
    switch (draw(7)) {
    case 0:
        e->id = draw(2) ? draw(300) : draw(~0u);
        break;
    case 1:
        e->length = draw(2) ? 0 : draw(~0u);
        break;
    case 2:
        *status = (uint8_t)draw(256);
        break;
    case 3:
        *step = (uint16_t)draw(65536);
        break;
    case 4:
        *status = BLK_S_NOT_YET;
        break;
    case 5:
        *status = BLK_S_IOERR;
        break;
    default:
        *step = 0; /* never answered */
        break;
    }
}

static void answer(struct device *d, uint16_t head)
{
    struct virtio_used *used = d->memory->used;
    struct virtio_used_entry e = {.id = head};
    struct chain c;
    uint16_t step = 1;
    uint32_t written;

    if (!read_chain(d, head, &c) || !well_formed(d, &c) || (written = carry_out(d, &c)) == ~0u) {
        d->faults++;
        return;
    }
    e.length = written + 1;
    *(uint8_t *)c.desc[c.count - 1].address = BLK_S_OK;
    if (d->lies != 0 && draw(d->lies) == 0)
        lie(&e, (uint8_t *)c.desc[c.count - 1].address, &step);
    used->ring[used->idx % d->q->size] = e;
    used->idx += step;
}

/* Not in their order: some are held back. */
void device_work(struct device *d, unsigned count)
{
    const struct virtio_avail *avail = d->memory->avail;
    uint16_t held[8];
    unsigned n = 0;

    for (; count > 0 && d->taken != avail->idx; count--) {
        uint16_t head = avail->ring[d->taken++ % d->q->size];

        if (n < 8 && draw(3) == 0)
            held[n++] = head;
        else
            answer(d, head);
    }
    while (n > 0)
        answer(d, held[--n]);
}
