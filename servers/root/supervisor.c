/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * States: STOPPED -start-> RUNNING -fault, exit-> RESTARTING -time-> RUNNING, or FAILED or EXITED,
 * in which it stays until somebody starts it. A component that fails more often than its limit
 * allows ends in FAILED, and that is said.
 */
#include "supervisor.h"

#include "console.h"
#include "ends.h"
#include "root.h"
#include "slots.h"

#include <abi/invoke.h>
#include <manifest/manifest.h>
#include <rt/bytes.h>
#include <rt/record.h>

#define NEVER      (~0ul)
#define FLUSH_US   1000u
#define SECOND_US  1000000u
#define CHARGE_MAX 20000u /* in a second */
#define EARLY_MAX  3u
#define HANGS_MAX  2u

static cap_t the_timer;
static word_t armed = NEVER;

void supervise_init(cap_t timer)
{
    the_timer = timer;
}

void supervise_at(word_t ticks)
{
    if (ticks >= armed)
        return;
    armed = ticks;
    ROOT_CHECK(timer_set(the_timer, ticks) == E_OK);
}

/* Number of a protocol among those that a component provides, from 1 on; 0: it does not provide it.
 */
static word_t provides(const struct component *c, const char *protocol)
{
    const struct manifest_provide *p = manifest_section(the_manifest(), MANIFEST_PROVIDES);

    for (uint32_t i = 0; i < c->manifest->provides.count; i++) {
        if (rt_same(text_of(p[c->manifest->provides.first + i].protocol), protocol))
            return i + 1;
    }
    return 0;
}

/* Root's own lines go to the component that provides `log`, as from client number 0. */
static void follow_log(const struct component *c)
{
    static cap_t route;
    word_t provide = c->made ? 0 : provides(c, "log");

    if (provide == 0)
        return;
    if (route == 0) {
        route = slot_take();
        ROOT_CHECK(cnode_mint(ROOT_CNODE, route, 0, c->endpoint, RIGHT_WRITE,
                              provide * COMPONENT_BADGE) == E_OK);
    }
    console_log_to(c->state == RUNNING || c->state == RESTARTING ? route : 0);
}

static enum made run(struct component *c)
{
    enum made made;

    c->state = STARTING;
    made = component_create(c);
    if (made == MADE) {
        c->state = RUNNING;
        c->started_ticks = now_ticks();
        if (c->incarnation++ != 0)
            component_tell_clients(c);
        heartbeat_start(c);
    } else {
        c->state = FAILED;
    }
    follow_log(c);
    return made;
}

static enum made start_one(struct component *c)
{
    c->recent = 0;
    c->backoff_us = c->manifest->policy.backoff_us;
    c->exit_code = 0;
    if (quiesce(c))
        return run(c);
    c->state = RESTARTING; /* as soon as its devices are quiet */
    c->wake_ticks = now_ticks();
    return MADE;
}

/* Marks those that a component depends on. @return false: they were marked already */
static bool mark(const struct manifest_component *m)
{
    const uint32_t *depends = manifest_section(the_manifest(), MANIFEST_DEPENDS);
    bool more = false;

    for (uint32_t i = 0; i < m->depends.count; i++) {
        struct component *d = component_at(depends[m->depends.first + i]);

        if (d != NULL && d->needed == 0) {
            d->needed = 1;
            more = true;
        }
    }
    return more;
}

/* Start what is stopped of all that a component depends on, in the manifest's order, which is
 * theirs. */
static void start_needed(struct component *c)
{
    bool more = mark(c->manifest);

    while (more) {
        more = false;
        for (struct component *d = component_first(); d != NULL; d = d->next) {
            if (d->needed == 1) {
                d->needed = 2;
                more |= mark(d->manifest);
            }
        }
    }
    for (struct component *d = component_first(); d != NULL; d = d->next) {
        if (d->needed != 0 && d->state == STOPPED)
            (void)start_one(d);
        d->needed = 0;
    }
}

/* Requests that it has answered. */
static word_t answered(const struct component *c)
{
    word_t done = 1;

    (void)component_record(c, offsetof(struct rt_record, done), &done, sizeof done);
    return done;
}

static void take_down(struct component *c, enum component_state state)
{
    if (answered(c) != 0)
        c->image_before[0] = 0; /* its image serves */
    c->cpu_before = component_ticks(c);
    component_destroy(c);
    c->state = state;
    c->degraded = false;
    c->wake_ticks = 0;
    c->gone_ticks = now_ticks();
    follow_log(c);
}

void supervise_stop(struct component *c)
{
    take_down(c, STOPPED);
}

/* Does its limit allow one more restart? */
static bool allowed(struct component *c)
{
    const struct manifest_policy *p = &c->manifest->policy;
    word_t now = now_ticks();

    if (c->recent == 0 || now - c->window_ticks > us_ticks(p->limit_us)) {
        c->window_ticks = now;
        c->recent = 0;
        c->backoff_us = p->backoff_us;
    }
    if (c->recent >= p->limit)
        return false;
    c->recent++;
    return true;
}

/* How long it was away, and of what that was made. */
static void report_restart(struct component *c, word_t began)
{
    word_t now = now_ticks();

    say(SAY_INFO, "'%s' is restarted (%lu)", c->name, c->restarts);
    end_line(c,
             "  restarted after %lu us: %lu to report and take apart, %lu of waiting, %lu to make",
             ticks_us(now - c->ended_ticks), ticks_us(c->gone_ticks - c->ended_ticks),
             ticks_us(began - c->gone_ticks), ticks_us(now - began));
    if (vault_pages(c) != 0)
        end_line(c, "  recovered: its vault of %lu KiB is kept%s", vault_pages(c) * PAGE / 1024,
                 c->fails_again ? ", but not to be trusted: it failed with it again and again"
                                : "");
}

/* Its clients learn of it, from those who now answer for it. */
static void stay_down(struct component *c)
{
    follow_log(c);
    component_tell_clients(c);
    supervise_at(now_ticks());
}

enum made supervise_start(struct component *c)
{
    enum made made;

    if (c->manifest->depends.count != 0)
        start_needed(c);
    made = start_one(c);
    if (made != MADE)
        stay_down(c);
    return made;
}

static void report_by_hand(struct component *c, const char *what)
{
    if (c->state != RUNNING)
        return;
    report_end(c, "'%s' %s", c->name, what);
    report_state(c);
}

void supervise_stop_for_good(struct component *c)
{
    report_by_hand(c, "was stopped");
    take_down(c, STOPPED);
    stay_down(c);
}

enum made supervise_restart(struct component *c)
{
    bool ran = c->state == RUNNING;
    word_t began;
    enum made made;

    report_by_hand(c, "was restarted");
    take_down(c, STOPPED);
    began = now_ticks();
    made = supervise_start(c);
    if (made != MADE || c->state != RUNNING) /* once its devices are quiet it is woken */
        return made;
    c->restarts++;
    if (ran)
        report_restart(c, began);
    return made;
}

static void restart_later(struct component *c)
{
    const struct manifest_policy *p = &c->manifest->policy;

    if (!allowed(c)) {
        c->state = FAILED;
        say(SAY_FAILURE,
            "'%s' stays down: it failed %lu times in %lu s; when it is mended, start it again",
            c->name, c->recent + 1, p->limit_us / SECOND_US);
        end_line(c, "  it stays down: it failed %lu times in %lu s", c->recent + 1,
                 p->limit_us / SECOND_US);
        stay_down(c);
        return;
    }
    c->state = RESTARTING;
    c->wake_ticks = now_ticks() + us_ticks(c->backoff_us);
    c->backoff_us = c->backoff_us * 2 < p->backoff_max_us ? c->backoff_us * 2 : p->backoff_max_us;
    supervise_at(c->wake_ticks);
    follow_log(c);
}

/* An image that took the place of another and has not answered anybody yet gives way to it. */
static void fall_back(struct component *c, bool serves)
{
    if (c->image_before[0] != 0 && !serves && c->endpoint != 0) {
        say(SAY_FAILURE, "'%s' goes back to image '%s': '%s' does not serve", c->name,
            c->image_before, c->image);
        end_line(c, "  back to image '%s': '%s' does not serve", c->image_before, c->image);
        component_set_image(c, c->image_before);
    }
    c->image_before[0] = 0;
}

static bool began_later(const struct component *c, const struct component *first)
{
    return c->state != RUNNING || c->started_ticks > first->started_ticks;
}

/* One that keeps failing before it has answered anybody may do so because of what is in its vault,
 * if nobody whom it needs went away meanwhile. */
static void count_early(struct component *c)
{
    bool serves = answered(c) != 0;
    bool alone = serves || !component_stands_on(c, began_later);

    if (serves)
        c->early = 0;
    else
        c->early += alone;
    c->fails_again = c->early >= EARLY_MAX;
    if (c->fails_again)
        c->early = 0;
    fall_back(c, serves || !alone);
}

/* What follows on an end that has been reported. */
static void ended(struct component *c, bool fault)
{
    word_t policy = c->manifest->policy.restart;

    take_down(c, fault ? FAILED : EXITED);
    if (policy == MANIFEST_ALWAYS || (policy == MANIFEST_ON_FAULT && (fault || c->exit_code != 0)))
        restart_later(c);
    else
        stay_down(c);
}

void supervise_fault(struct component *c, const struct fault *f)
{
    report_fault(c, f);
    count_early(c);
    ended(c, true);
}

void supervise_exit(struct component *c, int code)
{
    c->exit_code = code;
    if (code != 0) {
        report_end(c, "'%s' ended with exit code %d", c->name, code);
        report_state(c);
        count_early(c);
    }
    ended(c, false);
}

void supervise_kill(struct component *c, const char *why)
{
    report_end(c, "'%s' %s", c->name, why);
    report_state(c);
    if (answered(c) != 0)
        c->early = 0;
    ended(c, true);
}

bool supervise_charge(struct component *c, word_t cost)
{
    word_t now = now_ticks();

    if (now - c->chatter_ticks > us_ticks(SECOND_US)) {
        c->chatter_ticks = now;
        c->chatter = 0;
    }
    c->chatter += cost;
    if (c->chatter <= CHARGE_MAX)
        return true;
    supervise_kill(c, "was ended: it floods root with requests");
    return false;
}

/* Those whose manifest says that they cannot go on with another incarnation of what they depend on.
 * They are no failures: no limit, no wait. */
static void restart_followers(const struct component *c)
{
    const uint32_t *depends = manifest_section(the_manifest(), MANIFEST_DEPENDS);

    for (struct component *d = component_first(); d != NULL; d = d->next) {
        const struct manifest_component *m = d->manifest;

        for (uint32_t i = 0; i < m->depends.count && (m->flags & MANIFEST_FOLLOW); i++) {
            if (component_at(depends[m->depends.first + i]) != c || d->state != RUNNING)
                continue;
            report_end(d, "'%s' is restarted with '%s'", d->name, c->name);
            take_down(d, RESTARTING);
            d->wake_ticks = now_ticks();
            supervise_at(d->wake_ticks);
        }
    }
}

/* A restart that finds no memory is tried again later, within the limit. */
static void wake(struct component *c)
{
    word_t began = now_ticks();

    c->wake_ticks = 0;
    c->restarts++;
    switch (run(c)) {
    case MADE:
        report_restart(c, began);
        restart_followers(c);
        break;
    case MADE_NO_MEMORY:
        restart_later(c);
        break;
    case MADE_BAD_IMAGE:
        stay_down(c);
        break;
    }
}

static void count_hang(struct component *c)
{
    word_t now = now_ticks();
    word_t soon = 4 * us_ticks(c->manifest->policy.heartbeat_us);

    c->hangs_in_row = c->hangs_in_row != 0 && now - c->hang_ticks < soon ? c->hangs_in_row + 1 : 1;
    c->hang_ticks = now;
}

static bool is_platform(const struct component *c)
{
    const struct manifest_grant *grants = manifest_section(the_manifest(), MANIFEST_GRANTS);

    for (uint32_t i = 0; i < c->manifest->grants.count; i++) {
        if (grants[c->manifest->grants.first + i].kind == MANIFEST_DEVICE_MEMORY)
            return true;
    }
    return false;
}

/*
 * One that hangs again as soon as it was restarted may do so because a server of its does not do
 * what it should, although it answers: all of them that run are made new, which costs their other
 * clients a pause.
 */
static void suspect_servers(const struct component *c)
{
    if (c->hangs_in_row < HANGS_MAX)
        return;
    for (struct component *d = component_first(); d != NULL; d = d->next) {
        if (d != c && d->state == RUNNING && component_uses(c, d) && !is_platform(d))
            supervise_kill(d, "was ended: one that uses it hangs again and again");
    }
}

static void check_time(struct component *c, word_t now)
{
    const char *why;

    if (quiesce(c) && c->state == RESTARTING && c->wake_ticks <= now)
        wake(c);
    why = heartbeat_look(c);
    if (why != NULL && rt_same(why, HEARTBEAT_WAITS))
        count_hang(c);
    if (why != NULL) {
        supervise_kill(c, why);
        if (rt_same(why, HEARTBEAT_WAITS))
            suspect_servers(c);
    }
    if (c->state == RESTARTING && c->kept_back == NULL)
        supervise_at(c->wake_ticks);
    if (c->state == RUNNING && c->manifest->policy.heartbeat_us != 0)
        supervise_at(c->look_ticks);
}

void supervise_lines(void)
{
    if (console_waiting())
        supervise_at(now_ticks() + us_ticks(FLUSH_US));
}

static void look_at_all(word_t now)
{
    if (now < armed)
        return;
    armed = NEVER;
    for (struct component *c = component_first(); c != NULL; c = c->next)
        check_time(c, now);
}

void supervise_tick(void)
{
    /* Who answers for others may take the signal that something else is due. */
    do
        look_at_all(now_ticks());
    while (down_look());
    (void)console_flush();
    supervise_lines();
}

word_t supervise_start_all(void)
{
    word_t count = 0;

    for (struct component *c = component_first(); c != NULL; c = c->next) {
        if ((c->manifest->flags & MANIFEST_AUTO) && c->state == STOPPED)
            count += supervise_start(c) == MADE;
    }
    return count;
}
