/* SPDX-License-Identifier: BSD-2-Clause */
/* A random load on a part of the disk, with a model of what must be there. */
#include "disk.h"

#define WORKERS    24u /* requests at once */
#define MOST       8u  /* blocks of one request */
#define BLOCKS_MAX 4096u
#define LOADS      2u

/* A request, with pages of its own in the region. */
struct worker {
    struct block_io io;
    struct load *load;
    uint32_t block, count;
    bool busy;
};

static struct worker workers[LOADS][WORKERS];
static uint32_t version[LOADS][BLOCKS_MAX]; /* 0: never written */
static bool taken[LOADS][BLOCKS_MAX];       /* a request is under way there */

static unsigned number_of(const struct load *l)
{
    return l->random & 1; /* kept out of the random numbers' way below */
}

static uint32_t draw(struct load *l, uint32_t below)
{
    uint64_t x = l->random >> 1;

    x ^= x << 13;
    x &= ~0ul >> 1;
    x ^= x >> 7;
    x ^= x << 17;
    x &= ~0ul >> 1;
    l->random = x << 1 | (l->random & 1);
    return (uint32_t)((x >> 20) % below);
}

static word_t content(uint32_t block, uint32_t v, unsigned word)
{
    return ((word_t)v << 40 | (word_t)block << 12 | word) * 0x9e3779b97f4a7c15ul;
}

static word_t *page_of(const struct worker *w, uint32_t i)
{
    uint32_t page = (uint32_t)(w - workers[number_of(w->load)]) * MOST + i;

    return (word_t *)(void *)(w->load->c->region + page * BLOCK_PAGE);
}

static void fill(const struct worker *w)
{
    uint32_t *v = version[number_of(w->load)];

    for (uint32_t i = 0; i < w->count; i++) {
        v[w->block + i]++;
        for (unsigned k = 0; k < BLOCK_PAGE / 8; k++)
            page_of(w, i)[k] = content(w->block + i, v[w->block + i], k);
    }
}

/* The first and last words, and a few between. */
static bool holds(const struct worker *w, uint32_t i)
{
    uint32_t v = version[number_of(w->load)][w->block + i];

    for (unsigned k = 0; k < BLOCK_PAGE / 8; k += k < 8 ? 1 : 63) {
        if (v != 0 && page_of(w, i)[k] != content(w->block + i, v, k))
            return false;
    }
    return true;
}

static void ended(struct block_io *io)
{
    struct worker *w = io->context;
    struct load *l = w->load;

    l->done++;
    l->failed += io->status != BLOCK_DONE;
    for (uint32_t i = 0; i < w->count; i++) {
        if (io->request.operation == BLOCK_READ && io->status == BLOCK_DONE)
            l->wrong += !holds(w, i);
        taken[number_of(l)][w->block + i] = false;
    }
    w->busy = false;
}

/* Blocks of which nothing is under way. @return false: the choice was bad */
static bool choose(struct worker *w)
{
    bool *t = taken[number_of(w->load)];

    w->count = 1 + draw(w->load, MOST);
    w->block = draw(w->load, w->load->blocks - w->count + 1);
    for (uint32_t i = 0; i < w->count; i++) {
        if (t[w->block + i])
            return false;
    }
    for (uint32_t i = 0; i < w->count; i++)
        t[w->block + i] = true;
    return true;
}

static void list_pages(struct worker *w)
{
    uint32_t first = (uint32_t)(w - workers[number_of(w->load)]) * MOST;

    w->io.request.length = 0;
    w->io.request.offset = 0;
    for (uint32_t i = 0; i < w->count; i++)
        (void)block_io_add_page(&w->io, first + i);
}

static void submit(struct worker *w, bool write)
{
    struct load *l = w->load;
    uint64_t position = (l->first + w->block) * BLOCK_PAGE;
    uint32_t offset = (uint32_t)((const uint8_t *)page_of(w, 0) - l->c->region);

    w->io.finished = ended;
    w->io.context = w;
    w->busy = true;
    if (write) {
        fill(w);
        block_io_write(&w->io, position, w->count * BLOCK_PAGE, offset);
    } else {
        block_io_read(&w->io, position, w->count * BLOCK_PAGE, offset);
    }
    if (draw(l, 2) == 0)
        list_pages(w);
    block_client_submit(l->c, &w->io);
}

static struct worker *idle(struct load *l)
{
    for (unsigned i = 0; i < WORKERS; i++) {
        if (!workers[number_of(l)][i].busy)
            return &workers[number_of(l)][i];
    }
    return NULL;
}

void load_begin(struct load *l, struct block_client *c, uint64_t first, uint32_t blocks,
                unsigned number)
{
    *l = (struct load){
        .c = c, .first = first, .blocks = blocks, .random = (0x2545f491ul + number) << 1 | number};
    for (unsigned i = 0; i < WORKERS; i++)
        workers[number][i] = (struct worker){.load = l};
    for (uint32_t i = 0; i < BLOCKS_MAX; i++) {
        version[number][i] = 0;
        taken[number][i] = false;
    }
}

void load_run(struct load *l, uint32_t requests)
{
    while (requests > 0) {
        struct worker *w = idle(l);

        if (w == NULL) {
            block_client_kick(l->c);
            (void)block_client_wait(l->c, 1 + draw(l, 4));
        } else if (choose(w)) {
            submit(w, draw(l, 2) == 0);
            requests--;
        }
    }
    block_client_kick(l->c);
}

void load_end(struct load *l)
{
    struct worker *w = workers[number_of(l)];

    while (l->c->under_way > 0)
        (void)block_client_wait(l->c, l->c->under_way);
    for (w->block = 0; w->block < l->blocks; w->block++) {
        w->count = 1;
        submit(w, false);
        block_client_kick(l->c);
        while (w->busy)
            (void)block_client_wait(l->c, 1);
    }
}
