/* SPDX-License-Identifier: BSD-2-Clause */
/* The server's side of a block session. */
#include "session.h"

void block_session_begin(struct block_session *s, void *queue, const struct block_limits *limits)
{
    uint8_t *at = queue;
    const uint32_t request_bytes = sizeof(struct block_request);
    const uint32_t completion_bytes = sizeof(struct block_completion);
    const uint64_t first = BLOCK_COMPLETIONS_AT - BLOCK_REQUESTS_AT;
    const uint64_t second = BLOCK_QUEUE_BYTES - BLOCK_COMPLETIONS_AT;

    *s = (struct block_session){.limits = *limits};
    /* The memory is ours until somebody is told of it; a client of before that still has it can
     * only make its own session corrupt, which the views notice. */
    (void)ring_create(at + BLOCK_REQUESTS_AT, first, request_bytes, BLOCK_DEPTH);
    (void)ring_create(at + BLOCK_COMPLETIONS_AT, second, completion_bytes, BLOCK_DEPTH);
    if (ring_consumer_attach(&s->requests, at + BLOCK_REQUESTS_AT, first, request_bytes,
                             BLOCK_DEPTH) != RING_OK)
        s->requests.corrupt = true;
    if (ring_producer_attach(&s->completions, at + BLOCK_COMPLETIONS_AT, second, completion_bytes,
                             BLOCK_DEPTH) != RING_OK)
        s->completions.corrupt = true;
}

/* Is [position, position + length) a part of the session's, in whole blocks, and not empty? */
static bool on_disk(const struct block_limits *l, const struct block_request *r, uint32_t most)
{
    uint64_t mask = l->block_bytes - 1;

    return r->length != 0 && r->length <= most && ((r->position | r->length) & mask) == 0 &&
           r->position <= l->size && r->length <= l->size - r->position;
}

/* Does the request's memory lie in the region? A device wants addresses in whole sectors. */
static bool in_region(const struct block_limits *l, const struct block_request *r)
{
    uint64_t region = (uint64_t)l->region_pages * BLOCK_PAGE;

    if (r->page_count == 0)
        return r->offset % 512 == 0 && r->offset <= region && r->length <= region - r->offset;
    if (r->page_count > BLOCK_LIST_MAX || r->offset != 0 ||
        r->length > r->page_count * BLOCK_PAGE || r->length <= (r->page_count - 1u) * BLOCK_PAGE)
        return false;
    for (unsigned i = 0; i < r->page_count; i++) {
        if (r->page[i] >= l->region_pages)
            return false;
    }
    return true;
}

static enum block_status check_transfer(const struct block_limits *l,
                                        const struct block_request *r)
{
    if (!on_disk(l, r, l->transfer_bytes))
        return BLOCK_BAD_RANGE;
    return in_region(l, r) ? BLOCK_DONE : BLOCK_BAD_MEMORY;
}

static enum block_status check_without_data(const struct block_limits *l,
                                            const struct block_request *r, uint32_t most)
{
    if (most == 0)
        return BLOCK_UNSUPPORTED;
    return on_disk(l, r, most) ? BLOCK_DONE : BLOCK_BAD_RANGE;
}

enum block_status block_request_check(const struct block_limits *l, const struct block_request *r)
{
    bool writes = r->operation == BLOCK_WRITE || r->operation == BLOCK_DISCARD ||
                  r->operation == BLOCK_WRITE_ZEROES;

    if (writes && l->read_only)
        return BLOCK_READ_ONLY;
    switch (r->operation) {
    case BLOCK_READ:
    case BLOCK_WRITE:
        return check_transfer(l, r);
    case BLOCK_FLUSH:
        return r->length == 0 ? BLOCK_DONE : BLOCK_BAD_RANGE;
    case BLOCK_DISCARD:
        return check_without_data(l, r, l->discard_bytes);
    case BLOCK_WRITE_ZEROES:
        return check_without_data(l, r, l->zero_bytes);
    default:
        return BLOCK_UNSUPPORTED;
    }
}

/* Every request that is taken must find room for its answer. */
static bool room_for_answer(struct block_session *s)
{
    return BLOCK_DEPTH - ring_pending(&s->completions) > s->under_way ||
           ring_room(&s->completions) > s->under_way;
}

enum ring_error block_session_take(struct block_session *s, struct block_request *request)
{
    struct ring_taken taken;
    enum block_status wrong;

    do {
        enum ring_error e;

        if (!room_for_answer(s))
            return s->completions.corrupt ? RING_CORRUPT : RING_FULL;
        e = ring_take(&s->requests, request, &taken);
        if (e != RING_OK)
            return e;
        s->last_taken = taken.sequence;
        s->to_acknowledge = true;
        s->under_way++;
        wrong = block_request_check(&s->limits, request);
        if (wrong != BLOCK_DONE && !block_session_finish(s, request->tag, wrong))
            return RING_CORRUPT;
    } while (wrong != BLOCK_DONE);
    request->position += s->limits.first;
    return RING_OK;
}

bool block_session_finish(struct block_session *s, uint32_t tag, enum block_status status)
{
    struct block_completion done = {.tag = tag, .status = status};

    s->under_way--;
    return ring_put(&s->completions, &done) == RING_OK;
}

bool block_session_publish(struct block_session *s)
{
    bool wake = false;

    if (s->to_acknowledge)
        (void)ring_ack(&s->requests, s->last_taken, &wake);
    s->to_acknowledge = false;
    /* A client waits for completions, never for room. */
    return ring_publish(&s->completions);
}

enum ring_error block_session_sleep(struct block_session *s)
{
    enum ring_error e = ring_consumer_sleep(&s->requests, 1);

    if (s->completions.corrupt)
        return RING_CORRUPT;
    return e == RING_OK && !room_for_answer(s) ? RING_FULL : e;
}
