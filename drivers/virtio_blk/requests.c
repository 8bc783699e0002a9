/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests under way. With indirect descriptors (2.7.5.3) each takes one place of the queue, and
 * its chain is in its table; without, each slot has a stretch of the queue's own descriptors.
 */
#include "requests.h"

#include <stddef.h>

static struct blk_table *table_of(const struct blk_requests *r, uint16_t slot)
{
    return &r->memory->table[slot / BLK_TABLES_PER_PAGE][slot % BLK_TABLES_PER_PAGE];
}

static uint64_t address_of(const struct blk_requests *r, uint16_t slot, size_t offset)
{
    return r->memory->table_address[slot / BLK_TABLES_PER_PAGE] +
           slot % BLK_TABLES_PER_PAGE * sizeof(struct blk_table) + offset;
}

uint32_t blk_begin(struct blk_requests *r, const struct blk_disk *disk, uint16_t size,
                   uint64_t features, const struct blk_memory *memory)
{
    uint32_t segments = disk->segments;

    *r = (struct blk_requests){.memory = memory,
                               .indirect = (features & VIRTIO_F_INDIRECT_DESC) != 0,
                               .segment_bytes = disk->segment_bytes};
    virtio_queue_begin(&r->queue, size, (features & VIRTIO_F_EVENT_IDX) != 0, memory->desc,
                       memory->avail, memory->used);
    /* A chain is never longer than the queue, indirect or not (2.7.5.3.1). */
    if (segments + 2 > size)
        segments = size - 2u;
    if (segments < 2)
        return 0;
    /* What 33 parts carry is enough; shorter chains let more be under way. */
    if (segments > BLK_TRANSFER_MAX / BLOCK_PAGE + 1)
        segments = BLK_TRANSFER_MAX / BLOCK_PAGE + 1;
    r->stride = r->indirect ? 1 : (uint16_t)(segments + 2);
    r->count = size / r->stride < BLK_REQUESTS ? size / r->stride : BLK_REQUESTS;
    for (uint16_t i = 0; i < r->count; i++)
        r->free[i] = (uint16_t)(r->count - 1 - i);
    r->room = r->count;
    /* Data that begins within a page touches one page more. */
    return (segments - 1) * BLOCK_PAGE;
}

/* --- A chain --------------------------------------------------------------------------------- */

struct chain {
    struct virtio_desc *desc;
    uint16_t base;  /* number of desc[0] */
    uint16_t count;
};

static void add(struct chain *c, uint64_t address, uint32_t length, uint16_t flags)
{
    uint16_t i = c->count++;

    c->desc[i] = (struct virtio_desc){.address = address, .length = length, .flags = flags};
    if (i == 0)
        return;
    c->desc[i - 1].flags |= VIRTIO_DESC_NEXT;
    c->desc[i - 1].next = (uint16_t)(c->base + i);
}

/* The data, as few parts as memory that lies together allows. */
static void add_data(struct chain *c, const struct block_request *q, const uint64_t *pages,
                     uint32_t segment_bytes, uint16_t flags)
{
    uint32_t done = 0;

    while (done < q->length) {
        uint32_t at = q->offset + done;
        uint32_t page = q->page_count != 0 ? q->page[done / BLOCK_PAGE] : at / BLOCK_PAGE;
        uint32_t inside = q->page_count != 0 ? 0 : at % BLOCK_PAGE;
        uint32_t part = BLOCK_PAGE - inside;
        struct virtio_desc *last = &c->desc[c->count - 1];

        if (part > q->length - done)
            part = q->length - done;
        if (done > 0 && last->address + last->length == pages[page] + inside &&
            last->length <= segment_bytes - part)
            last->length += part;
        else
            add(c, pages[page] + inside, part, flags);
        done += part;
    }
}

static uint32_t type_of(uint8_t operation)
{
    switch (operation) {
    case BLOCK_READ:
        return BLK_T_IN;
    case BLOCK_WRITE:
        return BLK_T_OUT;
    case BLOCK_DISCARD:
        return BLK_T_DISCARD;
    case BLOCK_WRITE_ZEROES:
        return BLK_T_WRITE_ZEROES;
    default:
        return BLK_T_FLUSH;
    }
}

/* Header, data, status (5.2.6): first what the device reads, then what it writes (2.7.4.2). */
static void build(struct blk_requests *r, uint16_t slot, struct chain *c,
                  const struct block_request *q, const uint64_t *pages)
{
    struct blk_table *t = table_of(r, slot);
    bool data = q->operation == BLOCK_READ || q->operation == BLOCK_WRITE;

    t->header = (struct blk_header){.type = type_of(q->operation),
                                    .sector = data ? q->position / BLK_SECTOR : 0};
    t->status = BLK_S_NOT_YET;
    add(c, address_of(r, slot, offsetof(struct blk_table, header)), sizeof(t->header), 0);
    if (data)
        add_data(c, q, pages, r->segment_bytes,
                 q->operation == BLOCK_READ ? VIRTIO_DESC_WRITE : 0);
    if (q->operation == BLOCK_DISCARD || q->operation == BLOCK_WRITE_ZEROES) {
        t->range = (struct blk_range){.sector = q->position / BLK_SECTOR,
                                      .sectors = q->length / BLK_SECTOR};
        add(c, address_of(r, slot, offsetof(struct blk_table, range)), sizeof(t->range), 0);
    }
    add(c, address_of(r, slot, offsetof(struct blk_table, status)), 1, VIRTIO_DESC_WRITE);
}

void blk_submit(struct blk_requests *r, const struct block_request *q, const uint64_t *pages,
                uint16_t owner, unsigned tries, uint64_t now)
{
    uint16_t slot = r->free[--r->room];
    uint16_t head = (uint16_t)(slot * r->stride);
    struct chain c = {.desc = r->indirect ? table_of(r, slot)->desc : &r->queue.desc[head],
                      .base = r->indirect ? 0 : head};

    build(r, slot, &c, q, pages);
    if (r->indirect)
        r->queue.desc[head] = (struct virtio_desc){
            .address = address_of(r, slot, offsetof(struct blk_table, desc)),
            .length = c.count * (uint32_t)sizeof(struct virtio_desc),
            .flags = VIRTIO_DESC_INDIRECT};
    r->slot[slot] = (struct blk_slot){.busy = true,
                                      .tries = (uint8_t)(tries + 1),
                                      .owner = owner,
                                      .started = now,
                                      .order = r->submitted++,
                                      .request = *q};
    virtio_queue_put(&r->queue, head);
}

/* --- What the device says -------------------------------------------------------------------- */

static void release(struct blk_requests *r, uint16_t slot)
{
    r->slot[slot].busy = false;
    r->free[r->room++] = slot;
}

/*
 * What came of it. Of a read it must have written all data and the status, else something is there
 * that it did not read (2.7.8.2). @return false: what it says cannot be
 */
static bool outcome(const struct blk_requests *r, uint16_t slot, uint32_t written,
                    enum block_status *status)
{
    const struct block_request *q = &r->slot[slot].request;
    uint32_t least = q->operation == BLOCK_READ ? q->length + 1 : 1;

    switch (table_of(r, slot)->status) {
    case BLK_S_OK:
        *status = BLOCK_DONE;
        return written >= least;
    case BLK_S_IOERR:
        *status = BLOCK_MEDIUM_ERROR;
        return true;
    case BLK_S_UNSUPP:
        *status = BLOCK_UNSUPPORTED;
        return true;
    default:
        return false;
    }
}

static bool take(struct blk_requests *r, struct blk_done *done)
{
    uint16_t head = 0, slot;
    uint32_t written = 0;

    if (!virtio_queue_take(&r->queue, &head, &written)) {
        r->broken = r->queue.broken;
        return false;
    }
    slot = head / r->stride;
    r->broken = slot >= r->count || head % r->stride != 0 || !r->slot[slot].busy ||
                !outcome(r, slot, written, &done->status);
    if (r->broken)
        return false;
    done->owner = r->slot[slot].owner;
    done->tag = r->slot[slot].request.tag;
    release(r, slot);
    return true;
}

bool blk_collect(struct blk_requests *r, struct blk_done *done)
{
    return !r->broken && take(r, done);
}

/* The slot that was submitted first of those under way. @return count: none is */
static uint16_t first_submitted(const struct blk_requests *r)
{
    uint16_t first = r->count;

    for (uint16_t slot = 0; slot < r->count; slot++) {
        if (r->slot[slot].busy &&
            (first == r->count || r->slot[slot].order < r->slot[first].order))
            first = slot;
    }
    return first;
}

unsigned blk_take_back(struct blk_requests *r, struct blk_again *to)
{
    unsigned count = 0;
    uint16_t slot;

    while ((slot = first_submitted(r)) < r->count) {
        const struct blk_slot *s = &r->slot[slot];

        to[count++] =
            (struct blk_again){.owner = s->owner, .tries = s->tries, .request = s->request};
        release(r, slot);
    }
    return count;
}

uint64_t blk_oldest(const struct blk_requests *r, uint64_t now)
{
    uint64_t oldest = now;

    for (uint16_t slot = 0; slot < r->count; slot++) {
        if (r->slot[slot].busy && r->slot[slot].started < oldest)
            oldest = r->slot[slot].started;
    }
    return oldest;
}
