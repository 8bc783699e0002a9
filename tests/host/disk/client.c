/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The client's side of a session, with a played server that dies now and then, at any moment, with
 * requests under way that it has or has not carried out. The client must notice each time, repeat
 * what it has to, and end with every block right.
 */
#include <block/client.h>
#include <block/session.h>
#include <rt/component.h>
#include <rt/memory.h>
#include <rt/object.h>
#include <rt/program.h>
#include <rt/slot.h>

#include "test.h"

#define REGION 64u
#define LANES  32u
#define BITS   4u
#define ROUNDS 60000u
#define FUTILE_MAX 1000u

/* --- The server ------------------------------------------------------------------------------ */

static struct {
    struct block_session s;
    void *queue;
    bool alive;
    cap_t bell; /* another one in each incarnation */
    struct block_request pending[BLOCK_DEPTH];
    unsigned count;
    unsigned deaths;
    uint32_t dies; /* one of so many times */
    bool refuses;  /* to be opened again */
    uint32_t forgets; /* so many times it dies between opening and giving frames */
    bool behind;   /* it is behind another one, which wakes its clients when it is new */
    unsigned futile; /* signals since it died */
    bool signalled;
    uint8_t disk[LANES * 2 * 4096];
} server;

static uint8_t *region;
static uint8_t model[sizeof server.disk];
static struct block_client c;
static unsigned lost; /* sleeps from which nothing would have woken us */

static void carry_out(const struct block_request *q)
{
    for (uint32_t i = 0; i < q->length; i++) {
        uint32_t at = q->page_count != 0 ? q->page[i / 4096] * 4096u + i % 4096 : q->offset + i;

        if (q->operation == BLOCK_WRITE)
            server.disk[q->position + i] = region[at];
        else if (q->operation == BLOCK_READ)
            region[at] = server.disk[q->position + i];
        else
            server.disk[q->position + i] = 0;
    }
}

static void take_all(void)
{
    struct block_request q;
    enum ring_error e;

    while ((e = block_session_take(&server.s, &q)) == RING_OK)
        server.pending[server.count++] = q;
    (void)block_session_sleep(&server.s);
}

/* Some are done, in any order. */
static void work(unsigned most)
{
    take_all();
    for (; server.count > 0 && most > 0; most--) {
        unsigned i = draw(server.count);
        struct block_request q = server.pending[i];

        carry_out(&q);
        if (server.dies != 0 && draw(server.dies) == 0) {
            server.alive = false; /* carried out, and nobody heard of it */
            server.behind = draw(2);
            server.futile = 0;
            server.deaths++;
            return;
        }
        server.pending[i] = server.pending[--server.count];
        (void)block_session_finish(&server.s, q.tag, BLOCK_DONE);
    }
    server.signalled |= block_session_publish(&server.s);
    take_all();
}

enum block_error block_open(cap_t to, uint64_t session, uint32_t count, uint64_t first,
                            uint64_t size, bool read_only, cap_t signal,
                            struct block_geometry *geometry, bool *kept, cap_t *bell)
{
    const struct block_limits limits = {.size = sizeof server.disk,
                                        .block_bytes = 512,
                                        .transfer_bytes = 65536,
                                        .discard_bytes = 65536,
                                        .region_pages = count};

    (void)to;
    (void)session;
    (void)first;
    (void)size;
    (void)read_only;
    (void)signal;
    if (server.refuses)
        return BLOCK_E_NO_DEVICE;
    server.count = 0;
    server.alive = true;
    server.signalled = false;
    block_session_begin(&server.s, server.queue, &limits);
    (void)block_session_sleep(&server.s);
    *geometry = (struct block_geometry){.size = sizeof server.disk};
    *kept = server.bell != 0;
    *bell = ++server.bell;
    return BLOCK_OK;
}

enum block_error block_frames(cap_t to, uint64_t session, uint32_t index, cap_t *frame_0,
                              cap_t *frame_1, cap_t *frame_2, cap_t *frame_3)
{
    (void)to;
    (void)session;
    if (server.forgets > 0 && draw(3) == 0) {
        server.forgets--;
        return BLOCK_E_NO_SESSION;
    }
    *frame_0 = *frame_1 = *frame_2 = *frame_3 = index + 1;
    return BLOCK_OK;
}

enum block_error block_recall(cap_t to, uint64_t session)
{
    (void)to;
    (void)session;
    return BLOCK_OK;
}

enum block_error block_close(cap_t to, uint64_t session)
{
    (void)to;
    (void)session;
    return BLOCK_OK;
}

/* --- The kernel ------------------------------------------------------------------------------ */

enum error sys_send(cap_t cap, struct message *m, word_t flags)
{
    (void)m;
    (void)flags;
    if (!server.alive || cap != server.bell)
        return E_CAP;
    if (draw(2))
        work(draw(3));
    return E_OK;
}

/* Whoever sleeps is woken by a completion, or by root when the server is a new one. */
enum error sys_recv(cap_t cap, cap_t reply, struct message *m, word_t flags)
{
    (void)cap;
    (void)reply;
    (void)flags;
    while (server.alive && server.count + ring_available(&server.s.requests) > 0 &&
           !server.signalled)
        work(1 + draw(8));
    *m = (struct message){0};
    if (!server.alive) {
        m->badge = server.behind ? BITS : COMPONENT_SIGNAL_RESTARTED;
        if (++server.futile > FUTILE_MAX) {
            check(false, "the client notices that its server died");
            exit(1);
        }
    } else {
        lost += !server.signalled;
        m->badge = BITS | (draw(8) == 0 ? 1u << 20 : 0);
        server.signalled = false;
    }
    return E_OK;
}

enum error cnode_move(cap_t cnode, word_t to, cap_t from_cnode, word_t from)
{
    (void)cnode;
    (void)to;
    (void)from_cnode;
    (void)from;
    return E_OK;
}

enum error cnode_delete(cap_t cnode, word_t slot, word_t count)
{
    (void)cnode;
    (void)slot;
    (void)count;
    return E_OK;
}

cap_t rt_slot_alloc_row(word_t count)
{
    return count;
}

void rt_slot_free(cap_t slot)
{
    (void)slot;
}

void rt_slot_free_row(cap_t slot, word_t count)
{
    (void)slot;
    (void)count;
}

void rt_slot_delete(cap_t slot)
{
    (void)slot;
}

void rt_say(unsigned level, const char *format, ...)
{
    (void)level;
    (void)format;
}

cap_t rt_object_badge(cap_t object, word_t rights, word_t badge)
{
    (void)rights;
    (void)badge;
    return object;
}

void *rt_frames_map(cap_t slot, word_t count, word_t flags)
{
    (void)slot;
    (void)flags;
    return count == BLOCK_QUEUE_PAGES ? server.queue : region;
}

void rt_frames_unmap(void *at, word_t count)
{
    (void)at;
    (void)count;
}

/* --- The client ------------------------------------------------------------------------------ */

static struct {
    struct block_io io;
    bool busy;
} lane[LANES];
static unsigned wrong, done;

/* Pages 2 n and 2 n + 1 of the region, and 8 KiB of the disk, are lane n's. */
static void ended(struct block_io *io)
{
    const struct block_request *q = &io->request;
    unsigned n = (unsigned)(q->position / 8192);

    wrong += io->status != BLOCK_DONE || !lane[n].busy;
    for (uint32_t i = 0; i < q->length; i++) {
        uint8_t byte = region[n * 8192 + i];

        if (q->operation == BLOCK_WRITE)
            model[q->position + i] = byte;
        else if (q->operation == BLOCK_DISCARD)
            model[q->position + i] = 0;
        else
            wrong += model[q->position + i] != byte;
    }
    lane[n].busy = false;
    done++;
}

static void submit(unsigned n)
{
    struct block_io *io = &lane[n].io;
    uint32_t length = (1 + draw(16)) * 512;

    switch (draw(8)) {
    case 0:
        block_io_discard(io, n * 8192ul, length);
        break;
    case 1:
    case 2:
    case 3:
        block_io_read(io, n * 8192ul, length, n * 8192);
        break;
    case 4:
        block_io_read(io, n * 8192ul, 0, 0);
        wrong += !block_io_add_page(io, 2 * n) || !block_io_add_page(io, 2 * n + 1);
        break;
    default:
        for (uint32_t i = 0; i < length; i++)
            region[n * 8192 + i] = (uint8_t)draw(256);
        block_io_write(io, n * 8192ul, length, n * 8192);
        break;
    }
    io->finished = ended;
    lane[n].busy = true;
    block_client_submit(&c, io);
}

/* As a component that waits, or as one that serves others. */
static void rest(void)
{
    struct message m;

    if (c.under_way == 0)
        return;
    if (draw(2)) {
        (void)block_client_wait(&c, 1 + draw(LANES));
        return;
    }
    block_client_signal(&c, 0);
    if (c.under_way == 0)
        return;
    (void)sys_recv(COMPONENT_SIGNALS, 0, &m, 0);
    block_client_signal(&c, m.badge);
}

static void run(uint32_t dies, const char *name)
{
    server.dies = dies;
    wrong = done = lost = 0;
    server.deaths = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        unsigned n = draw(LANES);

        if (!lane[n].busy)
            submit(n);
        if (draw(4) == 0)
            block_client_kick(&c);
        if (draw(6) == 0)
            rest();
    }
    while (c.under_way > 0)
        (void)block_client_wait(&c, c.under_way);
    check(wrong == 0 && lost == 0 && done > ROUNDS / 4 && (dies == 0) == (server.deaths == 0) &&
              memcmp(model, server.disk, sizeof model) == 0,
          name);
    if (wrong + lost != 0)
        printf("%u wrong, %u lost wake-ups, %u done, %u deaths\n", wrong, lost, done,
               server.deaths);
}

void test_client(void)
{
    struct block_options o = {.server = 1, .pages = REGION, .bits = BITS};
    struct block_io flush = {0};

    server.queue = pages(BLOCK_QUEUE_PAGES);
    region = pages(REGION);
    check(block_client_open(&c, &o) == BLOCK_OK && !c.kept && c.region_pages == REGION,
          "a session is opened");
    server.bell = 0;
    server.forgets = 3;
    check(block_client_open(&c, &o) == BLOCK_OK && !c.kept && server.forgets == 0,
          "a server that dies while a session is opened");
    run(0, "many requests at once");
    check((c.other_signals & 1u << 20) != 0, "signals for others are kept");
    run(40, "a server that dies again and again");
    server.refuses = true;
    block_io_flush(&flush);
    server.alive = false;
    check(block_client_run(&c, &flush) == BLOCK_GONE && c.gone && c.under_way == 0,
          "a server that cannot be opened again");
    check(block_client_run(&c, &flush) == BLOCK_GONE, "and everything after that");
    server.refuses = false;
    block_client_signal(&c, COMPONENT_SIGNAL_RESTARTED);
    check(block_client_run(&c, &flush) == BLOCK_DONE && !c.gone, "until somebody starts it again");
}
