/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The client's side of a block session. The list `sent` has what the server knows of, in the order
 * of submission, `waiting` what found no room. When the server is a new one, `sent` goes before
 * `waiting`, and all of it is sent.
 */
#include "client.h"

#include <abi/invoke.h>
#include <rt/component.h>
#include <rt/memory.h>
#include <rt/object.h>
#include <rt/program.h>
#include <rt/slot.h>

#define REGION_AT  BLOCK_QUEUE_PAGES /* among the session's frames */
#define OPEN_TRIES 64u /* calls, each of which the stub repeats some times */

/* --- Lists ----------------------------------------------------------------------------------- */

static void list_add(struct block_list *l, struct block_io *io)
{
    io->next = NULL;
    io->previous = l->last;
    if (l->last != NULL)
        l->last->next = io;
    else
        l->first = io;
    l->last = io;
}

static void list_remove(struct block_list *l, struct block_io *io)
{
    if (io->previous != NULL)
        io->previous->next = io->next;
    else
        l->first = io->next;
    if (io->next != NULL)
        io->next->previous = io->previous;
    else
        l->last = io->previous;
}

/* All of `front` goes before all of `l`. */
static void list_prepend(struct block_list *l, struct block_list *front)
{
    if (front->first == NULL)
        return;
    front->last->next = l->first;
    if (l->first != NULL)
        l->first->previous = front->last;
    else
        l->last = front->last;
    l->first = front->first;
    *front = (struct block_list){NULL, NULL};
}

/* --- Opening --------------------------------------------------------------------------------- */

static bool sleeps_on_own(const struct block_client *c)
{
    return c->options.notification == COMPONENT_SIGNALS;
}

/* Frames `index` to `index` + BATCH of the session, into slots from `to` on. */
static enum block_error fetch(struct block_client *c, uint32_t index, cap_t to)
{
    cap_t frame[BLOCK_BATCH] = {0};
    enum block_error e = block_frames(c->options.server, c->options.session, index, &frame[0],
                                      &frame[1], &frame[2], &frame[3]);

    for (unsigned i = 0; e == BLOCK_OK && i < BLOCK_BATCH; i++) {
        if (cnode_move(COMPONENT_CNODE, to + i, 0, frame[i]) != E_OK)
            return BLOCK_E_FAILED;
        rt_slot_free(frame[i]);
    }
    return e;
}

static void give_up(cap_t row, uint32_t pages)
{
    (void)cnode_delete(COMPONENT_CNODE, row, pages);
    rt_slot_free_row(row, pages);
}

/* Map `pages` frames from `index` on; *row is the slot of the first. */
static enum block_error map_frames(struct block_client *c, uint32_t index, uint32_t pages,
                                   void **at, cap_t *row)
{
    enum block_error e = BLOCK_OK;

    *at = NULL;
    *row = rt_slot_alloc_row(pages);
    if (*row == 0)
        return BLOCK_E_EXHAUSTED;
    for (uint32_t i = 0; i < pages && e == BLOCK_OK; i += BLOCK_BATCH)
        e = fetch(c, index + i, *row + i);
    if (e == BLOCK_OK)
        *at = rt_frames_map(*row, pages, MAP_READ | MAP_WRITE);
    if (*at != NULL)
        return BLOCK_OK;
    give_up(*row, pages);
    return e == BLOCK_OK ? BLOCK_E_EXHAUSTED : e;
}

/* New queues: all tags are free. */
static bool attach(struct block_client *c)
{
    uint8_t *queue = c->queue;

    c->free_count = BLOCK_DEPTH;
    for (uint32_t i = 0; i < BLOCK_DEPTH; i++)
        c->free[i] = BLOCK_DEPTH - 1 - i;
    c->unpublished = false;
    return ring_producer_attach(&c->requests, queue + BLOCK_REQUESTS_AT,
                                BLOCK_COMPLETIONS_AT - BLOCK_REQUESTS_AT,
                                sizeof(struct block_request), BLOCK_DEPTH) == RING_OK &&
           ring_consumer_attach(&c->completions, queue + BLOCK_COMPLETIONS_AT,
                                BLOCK_QUEUE_BYTES - BLOCK_COMPLETIONS_AT,
                                sizeof(struct block_completion), BLOCK_DEPTH) == RING_OK;
}

/* A server that dies while it opens the session is tried again, but not for ever. */
static enum block_error call_open(struct block_client *c, bool *kept)
{
    const struct block_options *o = &c->options;
    enum block_error e = BLOCK_E_FAILED;

    rt_slot_delete(c->bell);
    c->bell = 0;
    for (unsigned i = 0; i < OPEN_TRIES; i++) {
        e = block_open(o->server, o->session, c->region_pages, o->first, o->size, o->read_only,
                       c->signal, &c->geometry, kept, &c->bell);
        if (e != (enum block_error)(BLOCK_E_TRANSPORT + E_DIED))
            break;
    }
    return e;
}

/* The session is there; what is missing is that we see it. */
static enum block_error map_session(struct block_client *c)
{
    void *at;
    enum block_error e = BLOCK_OK;

    /* The incarnation before may have shown pages of the region to others. */
    if (c->kept)
        e = block_recall(c->options.server, c->options.session);
    if (e == BLOCK_OK)
        e = map_frames(c, 0, BLOCK_QUEUE_PAGES, &c->queue, &c->queue_frames);
    if (e != BLOCK_OK)
        return e;
    e = map_frames(c, REGION_AT, c->region_pages, &at, &c->region_frames);
    if (e != BLOCK_OK) {
        rt_frames_unmap(c->queue, BLOCK_QUEUE_PAGES);
        give_up(c->queue_frames, BLOCK_QUEUE_PAGES);
        return e;
    }
    c->region = at;
    return attach(c) ? BLOCK_OK : BLOCK_E_FAILED;
}

/* A server that is a new one since the session was opened does not know it yet. */
static bool is_new(enum block_error e)
{
    return e == BLOCK_E_NO_SESSION || e == (enum block_error)(BLOCK_E_TRANSPORT + E_DIED);
}

/* Both, and from the start if the server ends in the middle of it. What the first of them says of
 * the region's contents is true: it was not touched since. */
static enum block_error open_and_map(struct block_client *c)
{
    enum block_error e = BLOCK_E_FAILED;

    for (unsigned i = 0; i < OPEN_TRIES; i++) {
        bool kept = false;

        e = call_open(c, &kept);
        c->kept = i == 0 ? kept : c->kept && kept;
        if (e == BLOCK_OK)
            e = map_session(c);
        if (!is_new(e))
            break;
    }
    return e;
}

enum block_error block_client_open(struct block_client *c, const struct block_options *options)
{
    enum block_error e;

    *c = (struct block_client){.options = *options};
    if (c->options.notification == 0)
        c->options.notification = COMPONENT_SIGNALS;
    c->region_pages = (options->pages + BLOCK_BATCH - 1) / BLOCK_BATCH * BLOCK_BATCH;
    c->signal = rt_object_badge(c->options.notification, RIGHT_WRITE, options->bits);
    if (c->signal == 0)
        return BLOCK_E_EXHAUSTED;
    e = open_and_map(c);
    c->gone = e != BLOCK_OK;
    if (c->gone) {
        rt_slot_delete(c->bell);
        rt_slot_delete(c->signal);
    }
    return e;
}

/* --- Requests -------------------------------------------------------------------------------- */

static void prepare(struct block_io *io, enum block_operation operation, uint64_t position,
                    uint32_t length, uint32_t offset)
{
    io->request = (struct block_request){.position = position,
                                         .length = length,
                                         .offset = offset,
                                         .operation = (uint8_t)operation};
}

void block_io_read(struct block_io *io, uint64_t position, uint32_t length, uint32_t offset)
{
    prepare(io, BLOCK_READ, position, length, offset);
}

void block_io_write(struct block_io *io, uint64_t position, uint32_t length, uint32_t offset)
{
    prepare(io, BLOCK_WRITE, position, length, offset);
}

void block_io_flush(struct block_io *io)
{
    prepare(io, BLOCK_FLUSH, 0, 0, 0);
}

void block_io_discard(struct block_io *io, uint64_t position, uint32_t length)
{
    prepare(io, BLOCK_DISCARD, position, length, 0);
}

void block_io_zero(struct block_io *io, uint64_t position, uint32_t length)
{
    prepare(io, BLOCK_WRITE_ZEROES, position, length, 0);
}

bool block_io_add_page(struct block_io *io, uint32_t page)
{
    if (io->request.page_count == BLOCK_LIST_MAX)
        return false;
    io->request.page[io->request.page_count++] = (uint16_t)page;
    io->request.length += BLOCK_PAGE;
    return true;
}

/* Put into the ring what fits. */
static void send_waiting(struct block_client *c)
{
    while (c->waiting.first != NULL && c->free_count > 0 && !c->gone) {
        struct block_io *io = c->waiting.first;
        uint32_t tag = c->free[c->free_count - 1];

        io->request.tag = tag;
        if (ring_put(&c->requests, &io->request) != RING_OK)
            return;
        c->free_count--;
        c->io[tag] = io;
        c->unpublished = true;
        list_remove(&c->waiting, io);
        list_add(&c->sent, io);
    }
}

void block_client_submit(struct block_client *c, struct block_io *io)
{
    io->status = BLOCK_PENDING;
    c->under_way++;
    list_add(&c->waiting, io);
    send_waiting(c);
}

/* @return false: nobody has that bell any more */
static bool ring_bell(struct block_client *c)
{
    struct message m = {0};

    return sys_send(c->bell, &m, SYS_NONBLOCK) == E_OK;
}

void block_client_kick(struct block_client *c)
{
    if (!c->unpublished)
        return;
    c->unpublished = false;
    if (ring_publish(&c->requests) && !ring_bell(c))
        block_client_reopen(c);
}

/* --- Completions ----------------------------------------------------------------------------- */

static void complete(struct block_client *c, struct block_io *io, enum block_status status)
{
    c->under_way--;
    io->status = status;
    if (io->finished != NULL)
        io->finished(io);
}

/* A completion of something that is not under way is the server's mistake, and changes nothing. */
static bool take(struct block_client *c, const struct block_completion *done)
{
    struct block_io *io = done->tag < BLOCK_DEPTH ? c->io[done->tag] : NULL;

    if (io == NULL)
        return false;
    c->io[done->tag] = NULL;
    c->free[c->free_count++] = done->tag;
    list_remove(&c->sent, io);
    complete(c, io, done->status <= BLOCK_GONE ? (enum block_status)done->status
                                               : BLOCK_DEVICE_ERROR);
    return true;
}

/* Nobody will do them. `finished` may submit more, which then are for the next call. */
static uint32_t end_all(struct block_client *c)
{
    struct block_list ended = c->waiting;
    uint32_t count = 0;

    list_prepend(&ended, &c->sent);
    c->waiting = (struct block_list){NULL, NULL};
    while (ended.first != NULL) {
        struct block_io *io = ended.first;

        list_remove(&ended, io);
        complete(c, io, BLOCK_GONE);
        count++;
    }
    return count;
}

/* Each is acknowledged before its tag is used again: so the server always has room to answer. */
static uint32_t drain(struct block_client *c)
{
    struct block_completion done;
    struct ring_taken taken;
    uint32_t count = 0;
    bool wake;

    while (ring_take(&c->completions, &done, &taken) == RING_OK) {
        (void)ring_ack(&c->completions, taken.sequence, &wake);
        count += take(c, &done);
    }
    return count;
}

uint32_t block_client_poll(struct block_client *c)
{
    uint32_t count;

    if (c->gone)
        return end_all(c);
    count = drain(c);
    if (c->waiting.first != NULL)
        send_waiting(c);
    block_client_kick(c);
    return count;
}

/* --- A new server ---------------------------------------------------------------------------- */

void block_client_reopen(struct block_client *c)
{
    enum block_error e;
    bool kept = false, was_gone = c->gone;

    if (c->queue == NULL)
        return; /* it was never open */
    /* What the server before said is true. */
    if (!was_gone)
        (void)drain(c);
    for (uint32_t i = 0; i < BLOCK_DEPTH; i++)
        c->io[i] = NULL;
    list_prepend(&c->waiting, &c->sent);
    c->reopened++;
    e = call_open(c, &kept);
    c->gone = e != BLOCK_OK || !kept || !attach(c);
    if (c->gone && !was_gone)
        rt_say(1, "the disk cannot be opened anew (%s %u): it is gone",
               e == BLOCK_OK ? "its memory is not what it was:" : "error", (unsigned)e);
    if (c->gone)
        return;
    send_waiting(c);
    block_client_kick(c);
}

/* --- Waiting --------------------------------------------------------------------------------- */

/* Announce that we sleep. @return false: there is something to do first */
static bool may_sleep(struct block_client *c, uint32_t count)
{
    uint32_t most = c->sent.first == NULL ? 0 : BLOCK_DEPTH - c->free_count;
    enum ring_error e;

    if (c->gone || most == 0)
        return false;
    e = ring_consumer_sleep(&c->completions, count < most ? count : most);
    if (e == RING_CORRUPT)
        block_client_reopen(c);
    return e == RING_EMPTY;
}

/* Our signal is there, and nothing is done: is the server still there? */
static void heed(struct block_client *c, word_t bits)
{
    if (sleeps_on_own(c) && bits & COMPONENT_SIGNAL_RESTARTED)
        block_client_reopen(c);
    else if (bits & c->options.bits && ring_available(&c->completions) == 0 && !ring_bell(c))
        block_client_reopen(c);
}

uint32_t block_client_wait(struct block_client *c, uint32_t count)
{
    uint32_t done = block_client_poll(c);

    while (done < count && c->under_way > 0) {
        if (may_sleep(c, count - done)) {
            struct message m = {0};

            if (sys_recv(c->options.notification, 0, &m, 0) == E_OK) {
                c->other_signals |= m.badge & ~c->options.bits;
                heed(c, m.badge);
            }
        }
        done += block_client_poll(c);
    }
    return done;
}

enum block_status block_client_run(struct block_client *c, struct block_io *io)
{
    block_client_submit(c, io);
    block_client_kick(c);
    while (io->status == BLOCK_PENDING)
        (void)block_client_wait(c, 1);
    return io->status;
}

void block_client_signal(struct block_client *c, word_t bits)
{
    heed(c, bits);
    do
        (void)block_client_poll(c);
    while (c->under_way > 0 && !may_sleep(c, 1));
}

enum block_error block_client_close(struct block_client *c)
{
    while (c->under_way > 0)
        (void)block_client_wait(c, c->under_way);
    c->gone = true;
    rt_frames_unmap(c->queue, BLOCK_QUEUE_PAGES);
    rt_frames_unmap(c->region, c->region_pages);
    give_up(c->queue_frames, BLOCK_QUEUE_PAGES);
    give_up(c->region_frames, c->region_pages);
    rt_slot_delete(c->bell);
    rt_slot_delete(c->signal);
    return block_close(c->options.server, c->options.session);
}

const char *block_status_name(enum block_status status)
{
    static const char *const names[] = {
        "done",         "bad range",    "bad memory",   "read only",
        "unsupported",  "medium error", "device error", "disk gone",
    };

    return status < sizeof names / sizeof names[0] ? names[status] : "pending";
}
