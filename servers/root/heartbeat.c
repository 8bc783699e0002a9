/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does it still live? A component with a heartbeat is looked at five times in each. It lives if it
 * has given a sign of life since (lib/rt/record.h; lib/ipc gives one with each request), or waits
 * for requests at its own endpoint. Whoever is silent for half a heartbeat and two looks is judged
 * by what its main thread does:
 *
 *   - it computes: an endless loop, unless it was given too little time to get anywhere;
 *   - it waits for another component: that one is to blame, unless the chain of those who wait
 *     comes back to it: a deadlock;
 *   - it waits for anything else, or is suspended: it would wait for ever.
 *
 * So a hang is found within one heartbeat, and a look costs no message. Each look also compares a
 * part of its code with what was loaded (code.c).
 */
#include "component.h"
#include "console.h"
#include "root.h"
#include "supervisor.h"

#include <abi/invoke.h>
#include <rt/format.h>
#include <rt/record.h>

#define LOOKS         5u
#define LOOKS_MIN     2u
#define START_BEATS   10u /* a server may take so many heartbeats until it serves */
#define CHAIN_MAX     32u
#define CIRCLE_LIMITS 4u

/* States of threads, as Thread.inspect tells them. */
enum {
    THREAD_SUSPENDED = 0,
    THREAD_READY = 1,
    THREAD_SENDING = 2,
    THREAD_RECEIVING = 3,
    THREAD_REPLY = 4,
};

struct look {
    word_t state, waits_for, sched, flags, fault;
};

static bool look_at(const struct component *c, struct look *l)
{
    bool done;

    if (c->inventory == 0 || cnode_copy(ROOT_CNODE, scratch.thread, c->inventory, INVENTORY_THREAD,
                                        RIGHT_ALL, 1) != E_OK)
        return false;
    done = thread_inspect(scratch.thread, &l->state, &l->waits_for, &l->sched, &l->flags,
                          &l->fault) == E_OK;
    ROOT_CHECK(cnode_delete(ROOT_CNODE, scratch.thread, 1) == E_OK);
    return done;
}

static word_t object_at(cap_t cnode, word_t slot)
{
    word_t type, object = 0, rights, badge, extra, hint;

    if (cnode == 0 ||
        cnode_inspect(cnode, slot, &type, &object, &rights, &badge, &extra, &hint) != E_OK)
        return 0;
    return object;
}

/* Whose memory an object is in. */
static struct component *owner_of(word_t object)
{
    for (struct component *c = component_first(); c != NULL; c = c->next) {
        word_t first = c->block == NULL ? 0 : object_at(ROOT_CNODE, c->block->untyped);

        if (first != 0 && object >= first && object - first < block_bytes(c->block) / GRANULE)
            return c;
    }
    return NULL;
}

static bool waits_for_requests(const struct component *c, const struct look *l)
{
    return l->state == THREAD_RECEIVING && c->endpoint != 0 &&
           (l->waits_for == object_at(ROOT_CNODE, c->endpoint) || owner_of(l->waits_for) == c);
}

/* Whom a thread that waits is waiting for: who has the Reply object of its call, or whose the
 * endpoint is at which it queues. */
static struct component *blamed(const struct look *l)
{
    if (l->state == THREAD_REPLY)
        return owner_of(l->waits_for);
    if (l->state != THREAD_SENDING)
        return NULL;
    for (struct component *c = component_first(); c != NULL; c = c->next) {
        if (c->endpoint != 0 && object_at(ROOT_CNODE, c->endpoint) == l->waits_for)
            return c;
    }
    return owner_of(l->waits_for);
}

/* Does the chain of those who wait come back to where it began? */
static bool in_circle(const struct component *c, struct look l)
{
    for (unsigned i = 0; i < CHAIN_MAX; i++) {
        const struct component *next = blamed(&l);

        if (next == c)
            return true;
        if (next == NULL || next->state != RUNNING || !look_at(next, &l))
            return false;
    }
    return false;
}

/* Processor time that the context which it runs on has used: its own, or one that it borrows. */
static word_t time_of(const struct look *l)
{
    const struct component *c = owner_of(l->sched);

    return c == NULL ? 0 : component_ticks(c);
}

/* Of what its manifest gives it, a quarter is enough to judge by. */
static bool had_time(const struct component *c, const struct look *l, word_t limit)
{
    const struct manifest_component *m = c->manifest;

    return time_of(l) - c->time_then >= limit / 4 / m->period_us * m->budget_us;
}

static const char *judge(const struct component *c, const struct look *l, word_t limit)
{
    switch (l->state) {
    case THREAD_READY: /* perhaps others keep it from running */
        return had_time(c, l, limit) ? "hangs: it computes without end" : NULL;
    /* First the one whose request nobody has taken yet: if another one of the circle went, its next
     * incarnation would take that request, and be in the circle again. */
    case THREAD_REPLY:
        if (now_ticks() - c->alive_ticks < CIRCLE_LIMITS * limit)
            return NULL;
        /* fall through */
    case THREAD_SENDING:
        return in_circle(c, *l) ? "hangs: a deadlock, it waits for one that waits for it" : NULL;
    case THREAD_SUSPENDED:
        return "hangs: its main thread is suspended";
    default:
        return HEARTBEAT_WAITS;
    }
}

/* Signs of life so far: requests, and those that it gives besides. */
static word_t read_beats(const struct component *c)
{
    struct {
        word_t beats, came;
    } record;

    _Static_assert(offsetof(struct rt_record, beats) == 0 && offsetof(struct rt_record, came) == 8,
                   "as in the record");
    return component_record(c, 0, &record, sizeof record) ? record.beats + record.came : 0;
}

static void lives(struct component *c, word_t beats)
{
    c->beats = beats;
    c->looks = 0;
    c->alive_ticks = now_ticks();
}

/* At multiples of the time between looks, so that root looks at many at a time. */
static word_t next_look(const struct component *c, word_t now)
{
    word_t between = us_ticks(c->manifest->policy.heartbeat_us) / LOOKS;

    return between == 0 ? now : (now / between + 1) * between;
}

void heartbeat_start(struct component *c)
{
    c->beats = 0;
    c->looks = 0;
    c->serves = false;
    c->alive_ticks = now_ticks();
    c->look_ticks = next_look(c, c->alive_ticks);
    if (c->manifest->policy.heartbeat_us != 0)
        supervise_at(c->look_ticks);
}

/*
 * Root is above all others, so it comes late only if the machine stood still: a virtual one that
 * its host had no time for. Then nobody else had any either, although the clock went on: such a
 * look does not count, and what was missed is not held against the component.
 */
static bool stood_still(struct component *c)
{
    word_t late = now_ticks() - c->look_ticks;

    if (late <= us_ticks(c->manifest->policy.heartbeat_us) / LOOKS / 4)
        return false;
    c->alive_ticks += late;
    return true;
}

/* @return why it must be ended, NULL if not */
static const char *look(struct component *c)
{
    bool late = stood_still(c), counts;
    word_t limit = us_ticks(c->manifest->policy.heartbeat_us) / 2;
    struct look l;
    word_t beats;

    if (!look_at(c, &l))
        return NULL;
    if (waits_for_requests(c, &l)) {
        c->serves = true;
        lives(c, c->beats);
        return NULL;
    }
    beats = read_beats(c);
    if (beats != c->beats) {
        c->serves = true;
        lives(c, beats);
        return NULL;
    }
    counts = !late || l.state != THREAD_READY; /* who waits needs no time to go on waiting */
    c->looks += counts;
    if (c->looks <= 1 || c->sched_then != l.sched) {
        c->looks = 1;
        c->sched_then = l.sched;
        c->time_then = time_of(&l);
    }
    /* A server that has a loop of its own gives no signs: only its start is watched. */
    if (c->endpoint != 0 && beats == 0) {
        if (c->serves || l.state != THREAD_READY)
            return NULL;
        limit *= START_BEATS;
    }
    if (!counts || c->looks <= LOOKS_MIN || now_ticks() - c->alive_ticks < limit)
        return NULL;
    return judge(c, &l, limit);
}

/* One look of a heartbeat is left for what root does besides, and a page is reached in time. */
static const char *look_at_code(struct component *c)
{
    static char text[80];
    word_t address = code_look(c, LOOKS - 1);

    if (address == 0)
        return NULL;
    rt_format(text, sizeof text, "runs spoilt code: at 0x%lx it is not what was loaded", address);
    return text;
}

const char *heartbeat_look(struct component *c)
{
    word_t now = now_ticks();
    const char *why;

    if (c->manifest->policy.heartbeat_us == 0 || c->state != RUNNING || now < c->look_ticks)
        return NULL;
    why = look_at_code(c);
    if (why == NULL)
        why = look(c);
    c->look_ticks = next_look(c, now);
    return why;
}
