/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Injects faults, one case after the other, and says what became of each: see tools/inject, which
 * boots this, reads its lines and counts. Arguments:
 *
 *   seed=N first=N count=N       which cases; each depends on the seed and its number only, apart
 *                                from what the cases before it left behind
 *   victims=A,B workers=C,D      components; a victim A is also the route A, if there is one
 *   kinds=MASK                   which kinds of faults, as bits
 *   linux=yes                    the workers are Linux programs: they keep their figures in files
 *   answers=N                    that each must get afterwards
 *   quiet=US                     a fault that shows nothing for so long is taken to be none
 *   pause=US                     between cases, at most
 *   linger=MS                    after an error or a wrong answer, wait so long for an end to see
 *                                whether it is noticed
 *
 * It writes to the serial port that its manifest gives it, so that nothing that it harms is
 * needed for it.
 */
#include "inject.h"

#include <abi/invoke.h>
#include <proto/supervisor.h>
#include <rt/bytes.h>
#include <rt/clock.h>
#include <rt/format.h>
#include <rt/memory.h>
#include <rt/program.h>
#include <rt/record.h>

#define NAMES_MAX  12u
#define POLL_NS    100000u
#define QUIET_US   2500u
#define PAUSE_US   1000u
#define PATIENCE   3000000000ul  /* in ns: who is not back by then is lost */
#define SLOW_NS    500000000u    /* a slow disk is slow for so long */
#define ERROR_NS   100000000u    /* a failing disk fails for so long */
#define BOARD_NS   2000000u      /* between looks at files */
#define LINUX_NS   8000000000ul  /* the same for Linux programs */
#define START_NS   60000000000ul /* until they run */
#define ANSWERS    5u
#define REPORT_PART 800u /* of a report that comes at a time */
#define TRANSMIT   0u
#define STATUS     5u
#define EMPTY      0x20u
#define TRIES      8u

static const char *const kind_names[KINDS] = {
    "kill",          "hang",          "wild-write",   "flip-code",     "flip-stack",
    "flip-data",     "flip-register", "flip-vault",   "mutate-source", "mutate-dest",
    "mutate-branch", "mutate-delete", "mutate-bound", "mutate-init",   "bad-message",
    "spurious-irq",  "irq-storm",     "lost-irq",     "flip-shared",   "flip-message",
    "slow-disk",     "device-reset",  "device-error", "device-lie",
};

struct worker {
    const char *name;
    struct rt_record *record;
    word_t answers;     /* before the case */
    word_t wrong, told; /* when they were counted last */
};

static struct victim victims[NAMES_MAX];
static struct worker workers[NAMES_MAX];
static unsigned victim_count, worker_count;
static cap_t root, port;
static word_t port_first, state, quiet, linger, answers, pause, patience, poll;
static bool of_linux;

word_t random_word(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 0x2545f4914f6cdd1dul;
}

/* --- Output ---------------------------------------------------------------------------------- */

static void put(char byte)
{
    word_t status = 0;

    do {
        if (io_port_read(port, port_first + STATUS, 1, &status) != E_OK)
            return;
    } while (!(status & EMPTY));
    (void)io_port_write(port, port_first + TRANSMIT, 1, (unsigned char)byte);
}

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
    char text[300];
    va_list list;
    size_t size;

    va_start(list, format);
    size = rt_format_list(text, sizeof text, format, list);
    va_end(list);
    for (size_t i = 0; i < size; i++)
        put(text[i]);
    put('\n');
}

/* --- Arguments ------------------------------------------------------------------------------- */

static word_t number(const char *name, word_t otherwise)
{
    const char *text = rt_argument(name);
    word_t value = 0;

    if (text == NULL)
        return otherwise;
    for (; *text >= '0' && *text <= '9'; text++)
        value = value * 10 + (word_t)(*text - '0');
    return value;
}

/* Names separated by commas, copied. */
static unsigned names(const char *argument, char (*to)[COMPONENT_NAME])
{
    const char *text = rt_argument(argument);
    unsigned count = 0, at = 0;

    for (; text != NULL && *text != 0 && count < NAMES_MAX; text++) {
        if (*text != ',' && at < COMPONENT_NAME - 1)
            to[count][at++] = *text;
        if (*text == ',' || text[1] == 0) {
            to[count++][at] = 0;
            at = 0;
        }
    }
    return count;
}

static void read_arguments(void)
{
    static char victim_names[NAMES_MAX][COMPONENT_NAME], worker_names[NAMES_MAX][COMPONENT_NAME];

    victim_count = names("victims", victim_names);
    worker_count = names("workers", worker_names);
    for (unsigned i = 0; i < victim_count; i++)
        victims[i] = (struct victim){.name = victim_names[i], .endpoint = rt_uses(victim_names[i])};
    for (unsigned i = 0; i < worker_count; i++)
        workers[i] = (struct worker){.name = worker_names[i]};
}

/* Linux programs take a while until they are there. */
static void open_workers(void)
{
    word_t end = rt_now() + rt_ns_to_ticks(START_NS);

    for (unsigned i = 0; i < worker_count; i++) {
        do {
            workers[i].record =
                of_linux ? board_open(workers[i].name) : open_record(workers[i].name);
        } while (workers[i].record == NULL && rt_now() < end && rt_sleep_ns(BOARD_NS));
        if (workers[i].record == NULL)
            say("worker %s is not there", workers[i].name);
    }
}

/* --- What workers and components are at ------------------------------------------------------- */

static word_t restarts_of(const char *name)
{
    struct supervisor_status status = {0};

    (void)supervisor_query(root, name, &status);
    return status.restarts;
}

static bool is_running(const char *name)
{
    struct supervisor_status status = {0};

    return supervisor_query(root, name, &status) == SUPERVISOR_OK &&
           status.state == SUPERVISOR_STATE_RUNNING;
}

/* Restarts of all but one. */
static word_t restarts_but(const char *name)
{
    char who[SUPERVISOR_NAME_MAX + 1];
    struct supervisor_status status = {0};
    uint64_t at = 0;
    word_t sum = 0;

    while (supervisor_list(root, at, who, &status, &at) == SUPERVISOR_OK)
        sum += rt_same(who, name) ? 0 : status.restarts;
    return sum;
}

/* What was counted up to now belongs to the case before. */
static void settle_workers(void)
{
    board_settle();
    for (unsigned i = 0; i < worker_count; i++) {
        workers[i].wrong = workers[i].record->own[1];
        workers[i].told = workers[i].record->own[2];
        workers[i].record->own[4] = 0;
    }
}

/* A case begins. What went wrong since the one before was looked at is counted with this one. */
static void mark_workers(void)
{
    board_read();
    for (unsigned i = 0; i < worker_count; i++) {
        workers[i].answers = workers[i].record->own[0];
        workers[i].record->own[3] = 0;
    }
}

static bool all_answered(void)
{
    board_read();
    for (unsigned i = 0; i < worker_count; i++)
        if (workers[i].record->own[0] < workers[i].answers + answers)
            return false;
    return true;
}

/* Wait until each worker has got so many answers. @return false: one does not in this time */
static bool wait_for_answers(word_t ticks)
{
    word_t end = rt_now() + ticks;

    while (!all_answered()) {
        if (rt_now() > end)
            return false;
        (void)rt_sleep_ns(poll);
    }
    return true;
}

static word_t longest_gap(void)
{
    word_t longest = 0;

    for (unsigned i = 0; i < worker_count; i++)
        if (workers[i].record->own[3] > longest)
            longest = workers[i].record->own[3];
    return longest;
}

/* --- A case ---------------------------------------------------------------------------------- */

/* What is known of a case. */
struct outcome {
    bool back;       /* victim and workers go on */
    word_t restarts; /* of the victim */
    word_t others;   /* of all others */
    word_t wrong, told, gap;
    word_t erred; /* when the first error or wrong answer came */
    word_t away;  /* from its end until its next incarnation began, in us */
    bool early;   /* before its end was noticed: so it did not just stop */
    char cause[64];
};

static bool has(const char *text, const char *word)
{
    size_t length = rt_length(word), size = rt_length(text);

    for (size_t i = 0; i + length <= size; i++)
        if (memcmp(text + i, word, length) == 0)
            return true;
    return false;
}

/* What a text says behind some words, in microseconds. @return 0: it does not have them */
static word_t number_behind(const char *text, const char *words)
{
    size_t length = rt_length(words), size = rt_length(text);
    word_t value = 0;

    for (size_t i = 0; i + length <= size; i++) {
        if (memcmp(text + i, words, length) != 0)
            continue;
        for (i += length; text[i] >= '0' && text[i] <= '9'; i++)
            value = value * 10 + (word_t)(text[i] - '0');
    }
    return value;
}

/* From the end that a component's latest report is about until its next incarnation, in us. */
static word_t away_us(const char *name)
{
    char text[REPORT_PART + 1];
    word_t found = 0;
    size_t size = 0;

    for (uint64_t at = 0; found == 0; at += (size + 1) / 2) {
        if (supervisor_post_mortem(root, name, 0, at, text, &size) != SUPERVISOR_OK || size == 0)
            return 0;
        text[size] = 0;
        found = number_behind(text, "restarted after ");
    }
    return found;
}

/* How root came to know: from the first line of the latest report. */
static void read_cause(struct outcome *o)
{
    char name[SUPERVISOR_NAME_MAX + 1], cause[201];
    uint64_t ticks = 0;
    size_t size = 0;
    const char *how = "other";

    if (supervisor_ends(root, 0, name, &ticks, cause, &size) != SUPERVISOR_OK)
        return;
    cause[size] = 0;
    name[SUPERVISOR_NAME_MAX] = 0;
    o->away = away_us(name);
    o->early = o->erred != 0 && o->erred < ticks + rt_ns_to_ticks(o->away * 1000);
    if (has(cause, "was killed"))
        how = "by-hand";
    else if (has(cause, "spoilt code"))
        how = "code";
    else if (has(cause, "hangs"))
        how = "heartbeat";
    else if (has(cause, "invalid instruction"))
        how = "assertion"; /* or an instruction that is none: both end so */
    else if (has(cause, "failed"))
        how = "fault";
    else if (has(cause, "exit code"))
        how = "exit";
    rt_format(o->cause, sizeof o->cause, "%s", how);
}

static void look_at_workers(struct outcome *o)
{
    o->wrong = o->told = o->erred = 0;
    for (unsigned i = 0; i < worker_count; i++) {
        word_t when = workers[i].record->own[4];

        if (when != 0 && (o->erred == 0 || when < o->erred))
            o->erred = when;
        o->wrong += workers[i].record->own[1] - workers[i].wrong;
        o->told += workers[i].record->own[2] - workers[i].told;
    }
    o->gap = longest_gap();
}

/* Is it known what becomes of a fault of so long ago? */
static bool is_over(struct outcome *o, word_t age)
{
    look_at_workers(o);
    if (!o->back)
        return age > patience;
    return o->restarts != 0 || age > (o->erred != 0 && linger > quiet ? linger : quiet);
}

/* Is all as it was, as far as can be seen? Who hangs must have been noticed, whether anybody waits
 * for it or not. */
static bool goes_on(struct victim *v, enum kind kind, const struct outcome *o)
{
    if (kind == KIND_HANG && o->restarts == 0)
        return false;
    return is_running(v->name) && all_answered() &&
           (kind != KIND_DEVICE || o->restarts != 0 || harm_device_runs(v));
}

/* From the fault until then. */
static void observe(struct victim *v, enum kind kind, word_t restarts, word_t others,
                    struct outcome *o)
{
    word_t start = rt_now();

    *o = (struct outcome){.cause = "-"};
    do {
        (void)rt_sleep_ns(poll);
        o->restarts = restarts_of(v->name) - restarts;
        o->back = goes_on(v, kind, o);
    } while (!is_over(o, rt_now() - start));
    /* Once more, as what was counted may have come before the restart. */
    if (o->restarts != 0 && o->back) {
        for (unsigned i = 0; i < worker_count; i++)
            workers[i].answers = workers[i].record->own[0];
        o->back = wait_for_answers(patience);
    }
    look_at_workers(o);
    o->others = restarts_but(v->name) - others;
    if (o->restarts + o->others != 0)
        read_cause(o);
    else if (kind == KIND_DEVICE)
        rt_format(o->cause, sizeof o->cause, "device"); /* its driver knew, and nobody else */
}

static const char *class_of(const struct outcome *o)
{
    if (!o->back)
        return "lost";
    if (o->wrong != 0)
        return "silent";
    if (o->told != 0)
        return "reported";
    return o->cause[0] != '-' ? "transparent" : "none";
}

/* One request of a kind fails, or all for a while. */
static void fail_disk(char what[static 64])
{
    static const char *const types[] = {"read", "write", "flush"};
    const char *type = types[random_below(3)];
    bool once = random_below(2);

    say("disk error %s %s", type, once ? "once" : "all");
    (void)rt_sleep_ns(ERROR_NS);
    say("disk normal");
    rt_format(what, 64, "%s, %s", type, once ? "one request" : "all for a while");
}

static void slow_down(char what[static 64])
{
    say("disk slow");
    (void)rt_sleep_ns(SLOW_NS);
    say("disk normal");
    rt_format(what, 64, "few requests in a second, for a while");
}

/* What is done by the machine, which reads these lines; for one who has a disk. */
static bool do_harm(struct victim *v, enum kind kind, char what[static 64])
{
    if (kind != KIND_SLOW && kind != KIND_ERROR)
        return harm(v, kind, what);
    if (rt_argument("disk") == NULL)
        return false;
    (kind == KIND_SLOW ? slow_down : fail_disk)(what);
    return true;
}

/* A fault that showed nothing may still be there: begin anew. */
static bool clean_up(struct victim *v, enum kind kind)
{
    if (kind != KIND_KILL && kind != KIND_HANG && kind != KIND_SLOW && kind != KIND_ERROR &&
        supervisor_kill(root, v->name) == SUPERVISOR_OK) {
        word_t end = rt_now() + patience;

        while (!is_running(v->name) && rt_now() < end)
            (void)rt_sleep_ns(poll);
    }
    harm_end();
    mark_workers();
    return wait_for_answers(patience);
}

static word_t seed_of(word_t seed, word_t number)
{
    word_t x = (seed + 1) * 0x9e3779b97f4a7c15ul + number * 0xbf58476d1ce4e5b9ul;

    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ul;
    x = (x ^ x >> 27) * 0x94d049bb133111ebul;
    return (x ^ x >> 31) | 1;
}

static enum kind choose_kind(word_t mask)
{
    enum kind kind;

    do
        kind = (enum kind)random_below(KINDS);
    while (!(mask >> kind & 1));
    return kind;
}

/* @return false: the system is not what it was; go on in another one */
static bool run_case(word_t seed, word_t number, word_t mask)
{
    struct victim *v;
    struct outcome o;
    enum kind kind;
    word_t restarts, others;
    char what[64];
    bool done;

    state = seed_of(seed, number);
    v = &victims[random_below(victim_count)];
    kind = choose_kind(mask);
    (void)rt_sleep_ns(random_below(pause * 1000));
    restarts = restarts_of(v->name);
    others = restarts_but(v->name);
    mark_workers();
    if (!victim_open(v))
        return false;
    say("try %lu %s %s", number, v->name, kind_names[kind]);
    done = do_harm(v, kind, what);
    for (unsigned i = 0; !done && i < TRIES; i++) { /* another kind is */
        kind = choose_kind(mask);
        done = do_harm(v, kind, what);
    }
    if (!done)
        rt_format(what, sizeof what, "not possible");
    observe(v, done ? kind : KINDS, restarts, others, &o);
    say("case %lu %s %s %s %s %lu %lu %lu %lu %u # %s (away %lu us)", number, v->name,
        kind_names[kind], done ? class_of(&o) : "skipped", o.cause, o.gap, o.others, o.wrong,
        o.told, o.early, what, o.away);
    settle_workers();
    victim_close(v);
    /* What was lost, or was changed where it outlives the victim, may show in a later case. */
    if (kind == KIND_VAULT || !o.back || o.wrong + o.told != 0)
        return false;
    return clean_up(v, kind);
}

int main(void)
{
    const struct component_entry *ports = rt_find(COMPONENT_PORTS, NULL);
    word_t seed, first, count, mask;

    root = rt_uses("supervisor");
    RT_CHECK(ports != NULL);
    port = ports->slot;
    port_first = ports->value % 65536;
    (void)rt_sleep_ns(20000000);
    read_arguments();
    seed = number("seed", 1);
    first = number("first", 0);
    count = number("count", 10);
    mask = number("kinds", (1ul << KINDS) - 1);
    quiet = rt_ns_to_ticks(number("quiet", QUIET_US) * 1000);
    linger = rt_ns_to_ticks(number("linger", 0) * 1000000);
    answers = number("answers", ANSWERS);
    pause = number("pause", PAUSE_US);
    of_linux = rt_argument("linux") != NULL;
    patience = rt_ns_to_ticks(of_linux ? LINUX_NS : PATIENCE);
    poll = of_linux ? BOARD_NS : POLL_NS;
    open_workers();
    mark_workers();
    settle_workers();
    if (!wait_for_answers(rt_ns_to_ticks(of_linux ? START_NS : PATIENCE)))
        say("the workers do not work");
    say("begin %lu ticks/s", rt_info()->ticks_per_second);
    for (word_t i = first; i < first + count; i++) {
        if (!run_case(seed, i, mask)) {
            say("abandon %lu", i + 1);
            break;
        }
    }
    say("end");
    (void)io_port_write(port, port_first + TRANSMIT, 1, '\n');
    for (;;)
        (void)rt_sleep_ns(1000000000ul);
}
