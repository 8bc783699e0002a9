/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sessions and their pages. Two copies of the records are in the page that is kept, written in
 * turns, each with a number and a sum: whenever this driver dies, one of them is whole. If neither
 * is, no session is known, which harms nobody but who had one: pages are taken back and cleared
 * before anybody gets them.
 */
#include "sessions.h"

#include <abi/invoke.h>
#include <proto/platform.h>
#include <rt/bytes.h>
#include <rt/memory.h>
#include <rt/object.h>
#include <rt/program.h>
#include <rt/slot.h>

#define KEPT_MAGIC   0x6b736964u
#define KEPT_VERSION 1u
#define COPY_BYTES   (RT_PAGE / 2)
#define PAGES_MAX    (1u << 24) /* far beyond what platform gives */

/** A copy of the records. */
struct kept {
    uint32_t magic, version;
    uint64_t number; /* the higher one is the newer one */
    struct session_record record[SESSIONS];
    uint64_t sum;
};

_Static_assert(sizeof(struct kept) <= COPY_BYTES, "two of them fit");

struct session sessions[SESSIONS];
static uint8_t *kept_page;
static uint64_t kept_number;

/* --- What is kept ---------------------------------------------------------------------------- */

/* FNV-1a over all but the sum (Fowler, Noll, Vo): against half-written copies, not against anybody.
 */
static uint64_t sum_of(const struct kept *k)
{
    const uint8_t *bytes = (const uint8_t *)k;
    uint64_t sum = 0xcbf29ce484222325ul;

    for (size_t i = 0; i < offsetof(struct kept, sum); i++)
        sum = (sum ^ bytes[i]) * 0x100000001b3ul;
    return sum;
}

static void keep(void)
{
    struct kept *to = (struct kept *)(void *)(kept_page + (++kept_number % 2) * COPY_BYTES);
    struct kept now = {.magic = KEPT_MAGIC, .version = KEPT_VERSION, .number = kept_number};

    for (unsigned i = 0; i < SESSIONS; i++)
        now.record[i] = sessions[i].record;
    now.sum = sum_of(&now);
    memcpy(to, &now, sizeof(now));
}

/* Can it be, next to those before it? */
static bool record_sound(const struct session_record *all, unsigned i)
{
    const struct session_record *r = &all[i];

    if (r->client == 0)
        return true;
    if (r->pages == 0 || r->pages > BLOCK_REGION_PAGES_MAX || r->pages % BLOCK_BATCH != 0 ||
        r->first_page < DEVICE_PAGE_SESSIONS || r->first_page > PAGES_MAX ||
        r->first_page % BLOCK_BATCH != 0)
        return false;
    for (unsigned k = 0; k < i; k++) {
        const struct session_record *o = &all[k];

        if (o->client != 0 && r->first_page < o->first_page + BLOCK_QUEUE_PAGES + o->pages &&
            o->first_page < r->first_page + BLOCK_QUEUE_PAGES + r->pages)
            return false;
    }
    return true;
}

static bool sound(const struct kept *k)
{
    if (k->magic != KEPT_MAGIC || k->version != KEPT_VERSION || k->sum != sum_of(k))
        return false;
    for (unsigned i = 0; i < SESSIONS; i++) {
        if (!record_sound(k->record, i))
            return false;
    }
    return true;
}

void sessions_adopt(struct device *d)
{
    static struct kept copy[2]; /* the page is read once */
    const struct kept *newest = NULL;

    kept_page = device_page(d, DEVICE_PAGE_KEPT, NULL);
    if (kept_page == NULL)
        rt_fail(__FILE__, __LINE__, "no memory from platform");
    for (unsigned i = 0; i < 2; i++) {
        memcpy(&copy[i], kept_page + i * COPY_BYTES, sizeof(copy[i]));
        if (sound(&copy[i]) && (newest == NULL || copy[i].number > newest->number))
            newest = &copy[i];
    }
    for (unsigned i = 0; newest != NULL && i < SESSIONS; i++)
        sessions[i].record = newest->record[i];
    kept_number = newest == NULL ? 0 : newest->number;
}

/* --- Pages ----------------------------------------------------------------------------------- */

static uint32_t pages_of(const struct session_record *r)
{
    return BLOCK_QUEUE_PAGES + r->pages;
}

/* The lowest pages in a row that no session has. */
static uint32_t find_pages(uint32_t count)
{
    uint32_t first = DEVICE_PAGE_SESSIONS;

    for (unsigned i = 0; i < SESSIONS; i++) {
        const struct session_record *r = &sessions[i].record;

        if (r->client == 0 || r->first_page >= first + count ||
            r->first_page + pages_of(r) <= first)
            continue;
        first = r->first_page + pages_of(r);
        i = ~0u; /* look at all of them again */
    }
    return first;
}

static bool learn_addresses(struct device *d, struct session *s)
{
    uint32_t pages = s->record.pages;

    s->address = rt_pages_alloc((pages * sizeof(uint64_t) + RT_PAGE - 1) / RT_PAGE);
    for (uint32_t i = 0; s->address != NULL && i < pages; i += PLATFORM_DMA_ADDRESSES) {
        uint32_t part = pages - i < PLATFORM_DMA_ADDRESSES ? pages - i : PLATFORM_DMA_ADDRESSES;
        uint64_t found[PLATFORM_DMA_ADDRESSES];
        size_t size = 0;

        if (platform_dma_addresses(d->platform, s->record.first_page + BLOCK_QUEUE_PAGES + i, part,
                                   found, &size) != PLATFORM_OK ||
            size != part * sizeof(found[0]))
            return false;
        memcpy(&s->address[i], found, size);
    }
    return s->address != NULL;
}

static bool map_queue(struct device *d, struct session *s)
{
    cap_t frame[BLOCK_QUEUE_PAGES] = {0};

    s->queue_frames = rt_slot_alloc_row(BLOCK_QUEUE_PAGES);
    if (s->queue_frames == 0 ||
        platform_dma_batch(d->platform, s->record.first_page, &frame[0], &frame[1], &frame[2],
                           &frame[3]) != PLATFORM_OK)
        return false;
    for (unsigned i = 0; i < BLOCK_QUEUE_PAGES; i++) {
        RT_CHECK(cnode_move(COMPONENT_CNODE, s->queue_frames + i, 0, frame[i]) == E_OK);
        rt_slot_free(frame[i]);
    }
    s->queue = rt_frames_map(s->queue_frames, BLOCK_QUEUE_PAGES, MAP_READ | MAP_WRITE);
    return s->queue != NULL;
}

/* What this incarnation has of a session. */
static void let_go(struct session *s)
{
    if (s->queue != NULL)
        rt_frames_unmap(s->queue, BLOCK_QUEUE_PAGES);
    if (s->queue_frames != 0) {
        (void)cnode_delete(COMPONENT_CNODE, s->queue_frames, BLOCK_QUEUE_PAGES);
        rt_slot_free_row(s->queue_frames, BLOCK_QUEUE_PAGES);
    }
    if (s->address != NULL)
        rt_pages_free(s->address,
                      (s->record.pages * sizeof(uint64_t) + RT_PAGE - 1) / RT_PAGE);
    rt_slot_delete(s->signal);
    s->queue = NULL;
    s->queue_frames = 0;
    s->address = NULL;
    s->signal = 0;
    s->open = s->active = false;
}

/* --- Sessions -------------------------------------------------------------------------------- */

struct session *session_find(uint64_t client, uint64_t number)
{
    for (unsigned i = 0; i < SESSIONS; i++) {
        if (sessions[i].record.client == client && sessions[i].record.number == number &&
            client != 0)
            return &sessions[i];
    }
    return NULL;
}

static struct session *free_record(void)
{
    for (unsigned i = 0; i < SESSIONS; i++) {
        if (sessions[i].record.client == 0)
            return &sessions[i];
    }
    return NULL;
}

/* First nobody's, then taken back: whatever happens between, they are taken back before they are
 * somebody's again. */
void session_drop(struct device *d, struct session *s)
{
    struct session_record was = s->record;

    let_go(s);
    s->record = (struct session_record){0};
    keep();
    (void)platform_dma_reclaim(d->platform, was.first_page, pages_of(&was));
}

/* All of what this incarnation needs of a session, or nothing. */
static bool prepare(struct device *d, struct session *s)
{
    if (s->queue != NULL || (map_queue(d, s) && learn_addresses(d, s)))
        return true;
    let_go(s);
    return false;
}

/* A new one: nobody has its pages any more, and they are clear. */
static bool establish(struct device *d, struct session *s, uint64_t client, uint64_t number,
                      uint32_t pages)
{
    s->record = (struct session_record){.client = client, .number = number, .pages = pages};
    s->record.first_page = ~0u - pages_of(&s->record); /* out of its own way */
    s->record.first_page = find_pages(pages_of(&s->record));
    if (platform_dma_reclaim(d->platform, s->record.first_page, pages_of(&s->record)) ==
            PLATFORM_OK &&
        prepare(d, s)) {
        keep();
        return true;
    }
    session_drop(d, s);
    return false;
}

struct session *session_make(struct device *d, uint64_t client, uint64_t number, uint32_t pages,
                             bool *kept)
{
    struct session *s = session_find(client, number);

    pages = (pages + BLOCK_BATCH - 1) / BLOCK_BATCH * BLOCK_BATCH;
    *kept = s != NULL && s->record.pages == pages;
    if (*kept)
        return prepare(d, s) ? s : NULL;
    if (s != NULL)
        session_drop(d, s);
    s = free_record();
    if (s != NULL && establish(d, s, client, number, pages))
        return s;
    /* Perhaps somebody has left for good. */
    if (!sessions_sweep(d))
        return NULL;
    s = free_record();
    return s != NULL && establish(d, s, client, number, pages) ? s : NULL;
}

bool sessions_sweep(struct device *d)
{
    char name[COMPONENT_NAME];
    bool some = false;

    for (unsigned i = 0; i < SESSIONS; i++) {
        struct session *s = &sessions[i];

        if (s->record.client == 0 || s->s.under_way > 0)
            continue;
        rt_client_name(rt_provides("block") * COMPONENT_BADGE + s->record.client, name);
        if (name[0] != 0)
            continue;
        session_drop(d, s);
        some = true;
    }
    return some;
}
