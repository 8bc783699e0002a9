/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Driver of a virtio disk, as protocol `block`. One thread: calls that open and close sessions, and
 * signals: of the device, of clients that have put requests into their rings, and of a timer that
 * finds out when the device does not answer.
 *
 * A device that breaks its promises, wants to be reset or does not answer is reset, and what was
 * under way is submitted again, in the same order. A request with which that happens again and
 * again ends with DEVICE_ERROR. If the device completes nothing at all between some resets, answers
 * only when it is reset, or does not come back, the disk is gone, and everything ends with that.
 */
#include <abi/invoke.h>
#include <ipclib/serve.h>
#include <proto/platform.h>
#include <rt/clock.h>
#include <rt/object.h>
#include <rt/program.h>
#include <rt/slot.h>

#include "sessions.h"

#define SIGNAL_QUEUE  1u
#define SIGNAL_CONFIG 2u
#define SIGNAL_TIMER  4u
#define SIGNAL_BELLS  8u  /* the bit of the first session's bell is 1 << this */
#define WAITING       8u  /* calls */
#define TURN          32u /* requests of one session before it is another's turn */
#define TIMEOUT_MS    10000u
#define TRIES         3u /* of a request, each with a reset device */
#define ONE_AMONG     8u /* times as long may a request take while others are completed */
#define STUCK_MAX     3u /* resets for want of answers, each within so many timeouts of the last: */
#define STUCK_APART   8u
#define LOOK_NS       5000000ul /* between looks without an interrupt, while they are under way */

_Static_assert(SIGNAL_BELLS + SESSIONS < 63, "a bell for each");

static struct {
    struct device device;
    struct ipc_server server;
    cap_t spare[WAITING];
    cap_t timer;
    bool timer_armed;
    word_t timeout_ticks;     /* for a request */
    word_t completed_ticks;   /* when the device completed something last */
    unsigned stuck;           /* resets in a row because it did not answer */
    word_t stuck_ticks;       /* the last of them */
    word_t look_ticks;        /* LOOK_NS */
    uint64_t touched;         /* sessions to publish: a bit each */
    cap_t given[BLOCK_BATCH]; /* frames of the last reply */
} disk;

static struct block_geometry geometry_of(const struct block_limits *l)
{
    return (struct block_geometry){.size = l->size,
                                   .block_bytes = l->block_bytes,
                                   .physical_bytes = disk.device.disk.physical_bytes,
                                   .transfer_bytes = l->transfer_bytes,
                                   .discard_bytes = l->discard_bytes,
                                   .zero_bytes = l->zero_bytes,
                                   .read_only = l->read_only,
                                   .write_cache = disk.device.disk.write_cache};
}

/* --- Opening and closing --------------------------------------------------------------------- */

/* What a session of this part of the disk may do. @return false: there is no such part */
static bool limit(uint64_t first, uint64_t size, bool read_only, struct block_limits *l)
{
    const struct blk_disk *d = &disk.device.disk;

    if (first > d->bytes || size > d->bytes - first || (first | size) % d->block_bytes != 0)
        return false;
    *l = (struct block_limits){.first = first,
                               .size = size == 0 ? d->bytes - first : size,
                               .block_bytes = d->block_bytes,
                               .transfer_bytes = disk.device.transfer_bytes,
                               .discard_bytes = d->discard_bytes,
                               .zero_bytes = d->zero_bytes,
                               .read_only = read_only || d->read_only};
    return true;
}

/* Nothing of the session is under way: begin it anew. */
static enum block_error begin(uint64_t client, uint64_t number, const struct session_waiting *w,
                              struct block_geometry *geometry, bool *kept, cap_t *bell)
{
    struct session *s = session_make(&disk.device, client, number, w->pages, kept);
    struct block_limits limits = w->limits;

    if (s != NULL && s->bell == 0)
        s->bell = rt_object_badge(COMPONENT_SIGNALS, RIGHT_WRITE,
                                  1ul << (SIGNAL_BELLS + (word_t)(s - sessions)));
    if (s == NULL || s->bell == 0) {
        rt_slot_delete(w->signal);
        return BLOCK_E_EXHAUSTED;
    }
    rt_slot_delete(s->signal);
    s->signal = w->signal;
    limits.region_pages = s->record.pages;
    block_session_begin(&s->s, s->queue, &limits);
    s->open = true;
    /* From now on requests ring the bell. */
    s->active = block_session_sleep(&s->s) != RING_EMPTY;
    *geometry = geometry_of(&s->s.limits);
    *bell = s->bell;
    return BLOCK_OK;
}

/* A call that came before is answered: its caller does not exist any more, or has thought anew. */
static bool let_wait(struct session *s, const struct session_waiting *w)
{
    cap_t reply;

    s->open = s->active = false;
    if (s->waiting.reply != 0) {
        (void)block_close_reply(s->waiting.reply, BLOCK_E_NO_SESSION);
        (void)ipc_reuse(&disk.server, s->waiting.reply);
        rt_slot_delete(s->waiting.signal);
        s->waiting.reply = 0;
    }
    reply = ipc_defer(&disk.server);
    if (reply == 0)
        return false;
    s->waiting = *w;
    s->waiting.reply = reply;
    return true;
}

/* The last request of a session is done: now what was asked for can be. */
static void answer_waiting(struct session *s)
{
    struct session_waiting w = s->waiting;
    struct block_geometry geometry = {0};
    bool kept = false;
    cap_t bell = 0;

    if (w.reply == 0 || s->s.under_way > 0)
        return;
    s->waiting.reply = 0;
    if (w.closes) {
        session_drop(&disk.device, s);
        (void)block_close_reply(w.reply, BLOCK_OK);
    } else {
        enum block_error e = begin(s->record.client, s->record.number, &w, &geometry, &kept, &bell);

        (void)block_open_reply(w.reply, e, geometry, kept, bell);
    }
    (void)ipc_reuse(&disk.server, w.reply);
}

static enum block_error on_geometry(void *self, word_t badge, struct block_geometry *geometry)
{
    struct block_limits all;

    (void)self;
    (void)badge;
    if (!disk.device.present || !limit(0, 0, false, &all))
        return BLOCK_E_NO_DEVICE;
    *geometry = geometry_of(&all);
    return BLOCK_OK;
}

static enum block_error on_open(void *self, word_t badge, uint64_t session, uint32_t pages,
                                uint64_t first, uint64_t size, bool read_only, cap_t signal,
                                struct block_geometry *geometry, bool *kept, cap_t *bell)
{
    struct session_waiting w = {.pages = pages, .signal = signal};
    struct session *s = session_find(badge % COMPONENT_BADGE, session);
    enum block_error e = BLOCK_OK;

    (void)self;
    if (!disk.device.present)
        e = BLOCK_E_NO_DEVICE;
    else if (!limit(first, size, read_only, &w.limits))
        e = BLOCK_E_NOT_FOUND;
    else if (s == NULL || s->s.under_way == 0)
        return begin(badge % COMPONENT_BADGE, session, &w, geometry, kept, bell);
    else if (let_wait(s, &w))
        return BLOCK_DEFER;
    else
        e = BLOCK_E_EXHAUSTED;
    rt_slot_delete(signal);
    return e;
}

static enum block_error on_close(void *self, word_t badge, uint64_t session)
{
    struct session_waiting w = {.closes = true};
    struct session *s = session_find(badge % COMPONENT_BADGE, session);

    (void)self;
    if (s == NULL)
        return BLOCK_E_NO_SESSION;
    if (s->s.under_way > 0)
        return let_wait(s, &w) ? BLOCK_DEFER : BLOCK_E_NO_SESSION;
    session_drop(&disk.device, s);
    return BLOCK_OK;
}

/* The frames of the reply before have arrived: our copies of them go. */
static enum block_error give_frames(uint32_t page)
{
    for (unsigned i = 0; i < BLOCK_BATCH; i++)
        rt_slot_delete(disk.given[i]);
    if (platform_dma_batch(disk.device.platform, page, &disk.given[0], &disk.given[1],
                           &disk.given[2], &disk.given[3]) == PLATFORM_OK)
        return BLOCK_OK;
    for (unsigned i = 0; i < BLOCK_BATCH; i++)
        disk.given[i] = 0;
    return BLOCK_E_EXHAUSTED;
}

static enum block_error on_frames(void *self, word_t badge, uint64_t session, uint32_t index,
                                  cap_t *frame_0, cap_t *frame_1, cap_t *frame_2, cap_t *frame_3)
{
    const struct session *s = session_find(badge % COMPONENT_BADGE, session);
    enum block_error e;

    (void)self;
    if (s == NULL || !s->open)
        return BLOCK_E_NO_SESSION;
    if (index % BLOCK_BATCH != 0 || index >= BLOCK_QUEUE_PAGES + s->record.pages)
        return BLOCK_E_NOT_FOUND;
    e = give_frames(s->record.first_page + index);
    *frame_0 = disk.given[0];
    *frame_1 = disk.given[1];
    *frame_2 = disk.given[2];
    *frame_3 = disk.given[3];
    return e;
}

/* The session's queues stay where they are: nobody but its client ever got them. */
static enum block_error on_recall(void *self, word_t badge, uint64_t session)
{
    const struct session *s = session_find(badge % COMPONENT_BADGE, session);

    (void)self;
    if (s == NULL)
        return BLOCK_E_NO_SESSION;
    return platform_dma_recall(disk.device.platform, s->record.first_page + BLOCK_QUEUE_PAGES,
                               s->record.pages) == PLATFORM_OK
               ? BLOCK_OK
               : BLOCK_E_NO_DEVICE;
}

/* --- Requests and completions ---------------------------------------------------------------- */

static void touch(struct session *s)
{
    disk.touched |= 1ul << (s - sessions);
}

static void corrupt(struct session *s)
{
    if (s->open)
        rt_say(1, "a client broke its rings: its session ends");
    s->open = s->active = false;
}

static void finish(const struct blk_done *done)
{
    struct session *s = &sessions[done->owner];

    if (done->status == BLOCK_DONE)
        disk.device.failures = 0;
    disk.completed_ticks = rt_now();
    if (!block_session_finish(&s->s, done->tag, done->status))
        corrupt(s);
    touch(s);
    s->active = s->open; /* there may be room again */
}

static void submit(struct session *s, const struct block_request *q, word_t now)
{
    if (!disk.device.present)
        (void)block_session_finish(&s->s, q->tag, BLOCK_GONE);
    /* A disk without a cache has everything on it already. */
    else if (q->operation == BLOCK_FLUSH && !disk.device.disk.write_cache)
        (void)block_session_finish(&s->s, q->tag, BLOCK_DONE);
    else
        blk_submit(&disk.device.requests, q, s->address, (uint16_t)(s - sessions), 0, now);
}

/* Take what a session wants. */
static void serve(struct session *s, word_t now)
{
    struct block_request q;
    enum ring_error e = RING_OK;

    for (unsigned i = 0; i < TURN; i++) {
        if (disk.device.present && disk.device.requests.room == 0)
            break;
        e = block_session_take(&s->s, &q);
        if (e != RING_OK)
            break;
        submit(s, &q, now);
    }
    touch(s);
    if (e == RING_EMPTY || e == RING_FULL)
        e = block_session_sleep(&s->s);
    if (e == RING_CORRUPT)
        corrupt(s);
    if (e == RING_EMPTY || e == RING_FULL)
        s->active = false;
}

static bool serve_all(word_t now)
{
    bool more = false;

    for (unsigned i = 0; i < SESSIONS; i++) {
        if (!sessions[i].active)
            continue;
        serve(&sessions[i], now);
        more |= sessions[i].active && (!disk.device.present || disk.device.requests.room > 0);
    }
    return more;
}

/* Tell clients what is done, and those that wait for the last of it. */
static void publish(void)
{
    while (disk.touched != 0) {
        struct session *s = &sessions[__builtin_ctzl(disk.touched)];

        disk.touched &= disk.touched - 1;
        if (s->queue != NULL && block_session_publish(&s->s) && s->signal != 0) {
            struct message m = {0};

            (void)sys_send(s->signal, &m, SYS_NONBLOCK); /* a client that is gone needs no signal */
        }
        answer_waiting(s);
    }
}

/* Give the device what it has not seen yet (4.1.5.2). */
static void notify(word_t now)
{
    struct blk_requests *r = &disk.device.requests;

    if (!disk.device.present)
        return;
    if (virtio_queue_publish(&r->queue))
        *disk.device.bell = 0;
    /* Look again soon: interrupts get lost, and disks hang. Nobody looks while nothing is under
     * way. */
    if (!disk.timer_armed && r->room < r->count)
        disk.timer_armed = timer_set(disk.timer, now + disk.look_ticks) == E_OK;
}

/* Once more, of a device that is a new one: what it did of it before does not matter. */
static void submit_again(const struct blk_again *a, word_t now)
{
    struct session *s = &sessions[a->owner];

    if (disk.device.present && a->tries < TRIES && disk.device.requests.room > 0)
        blk_submit(&disk.device.requests, &a->request, s->address, a->owner, a->tries, now);
    else
        finish(&(struct blk_done){a->owner, a->request.tag, BLOCK_DEVICE_ERROR});
}

/* It broke its promises. What it has completed is believed if it says nothing that cannot be. */
static void recover(const char *why)
{
    static struct blk_again again[BLK_REQUESTS];
    unsigned count, failures = disk.device.failures;
    struct blk_done done;

    device_halt(&disk.device);
    while (blk_collect(&disk.device.requests, &done))
        finish(&done);
    disk.device.failures = failures; /* what it does only when it is reset is no sign of life */
    count = blk_take_back(&disk.device.requests, again);
    rt_say(1, "the disk %s: it is reset, and %u requests are submitted again", why, count);
    (void)device_again(&disk.device);
    disk.completed_ticks = rt_now();
    for (unsigned i = 0; i < count; i++)
        submit_again(&again[i], disk.completed_ticks);
}

static void collect(void)
{
    struct blk_requests *r = &disk.device.requests;
    struct blk_done done;

    do {
        while (blk_collect(r, &done))
            finish(&done);
        if (r->broken && disk.device.present) {
            recover("answers what cannot be");
            return;
        }
    } while (disk.device.present && !virtio_queue_arm(&r->queue));
}

/* Is the device still well, or does it want a reset, or has it forgotten us? (2.1, 4.1.5.4) */
static void look_after(void)
{
    uint8_t status = virtio_status(&disk.device.virtio.access);

    if (disk.device.present && (status & VIRTIO_NEEDS_RESET || !(status & VIRTIO_DRIVER_OK)))
        recover("says that it cannot go on");
}

/* Nothing comes any more, or not this one. */
static bool is_stuck(word_t now)
{
    word_t oldest = blk_oldest(&disk.device.requests, now);
    word_t since = oldest > disk.completed_ticks ? oldest : disk.completed_ticks;

    return now >= since + disk.timeout_ticks || now >= oldest + ONE_AMONG * disk.timeout_ticks;
}

/* One that answers only when it is reset is given up: everybody would wait at each request. */
static void shake(word_t now)
{
    if (now - disk.stuck_ticks > STUCK_APART * disk.timeout_ticks)
        disk.stuck = 0;
    disk.stuck_ticks = now;
    if (++disk.stuck > STUCK_MAX)
        device_give_up(&disk.device);
    recover("does not answer");
}

/* Take what is done although nobody said so; and is there a request that takes too long? */
static void check_time(word_t now)
{
    disk.timer_armed = false;
    if (disk.device.present)
        collect();
    look_after();
    if (disk.device.present && is_stuck(now))
        shake(now);
}

static void on_signal(void *context, word_t bits)
{
    word_t now = rt_now();
    bool more;

    (void)context;
    for (word_t bells = bits >> SIGNAL_BELLS & ((1ul << SESSIONS) - 1); bells != 0;
         bells &= bells - 1) {
        struct session *s = &sessions[__builtin_ctzl(bells)];

        s->active = s->open;
    }
    if (bits & SIGNAL_QUEUE && disk.device.present)
        collect();
    if (bits & SIGNAL_CONFIG)
        look_after();
    if (bits & SIGNAL_TIMER)
        check_time(now);
    do {
        more = serve_all(now);
        notify(now);
        publish();
    } while (more);
}

/* --- The start ------------------------------------------------------------------------------- */

static const struct block_server callbacks = {
    .geometry = on_geometry, .open = on_open, .frames = on_frames, .close = on_close,
    .recall = on_recall};

/* The argument timeout-ms=N: how long a request may take. */
static word_t timeout_ticks(void)
{
    const char *text = rt_argument("timeout-ms");
    word_t ms = 0;

    for (; text != NULL && *text >= '0' && *text <= '9' && ms < 10000000; text++)
        ms = ms * 10 + (word_t)(*text - '0');
    return rt_ns_to_ticks((ms == 0 ? TIMEOUT_MS : ms) * 1000000ul);
}

static bool make_timer(void)
{
    cap_t signal = rt_object_badge(COMPONENT_SIGNALS, RIGHT_WRITE, SIGNAL_TIMER);

    disk.timer = rt_object_new(TYPE_TIMER, 0);
    disk.timeout_ticks = timeout_ticks();
    disk.look_ticks = rt_ns_to_ticks(LOOK_NS);
    return signal != 0 && disk.timer != 0 && timer_bind(disk.timer, signal) == E_OK;
}

static bool make_spares(void)
{
    while (disk.server.spare_count < WAITING) {
        cap_t reply = rt_object_new(TYPE_REPLY, 0);

        if (reply == 0)
            return false;
        disk.spare[disk.server.spare_count++] = reply;
    }
    return true;
}

int main(int argc, char **argv)
{
    struct ipc_service service = block_service(&callbacks, NULL);
    enum error error;

    (void)argc;
    disk.server = (struct ipc_server){.endpoint = COMPONENT_ENDPOINT,
                                      .reply = COMPONENT_REPLY,
                                      .services = &service,
                                      .service_count = 1,
                                      .signal = on_signal,
                                      .spare = disk.spare,
                                      .spare_room = WAITING};
    if (!make_spares() || !make_timer())
        rt_fail(__FILE__, __LINE__, "%s: its memory quota is too small", argv[0]);
    if (device_open(&disk.device, SIGNAL_QUEUE, SIGNAL_CONFIG))
        sessions_adopt(&disk.device);
    error = ipc_serve(&disk.server);
    rt_fail(__FILE__, __LINE__, "%s: nothing to serve (error %u)", argv[0], (unsigned)error);
}
