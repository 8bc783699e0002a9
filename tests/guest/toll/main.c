/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What it costs to be healable while nothing fails, in instructions (the clock of
 * tests/qemu/heal_cost.yaml counts them): the record that lib/ipc keeps of requests, against the
 * same loop without it; root's looks at servers that are idle; a writing to a vault. As the server
 * `bare` it is that loop.
 */
#include <ipclib/serve.h>
#include <proto/ledger.h>
#include <proto/supervisor.h>
#include <rt/clock.h>
#include <rt/format.h>
#include <rt/program.h>
#include <rt/record.h>

#define TRIPS     2000u
#define SECOND_NS 1000000000ul

static unsigned passed, failed;

static void check(bool ok, const char *name, word_t value, const char *unit)
{
    if (ok)
        rt_say(2, "ok %s: %lu %s", name, value, unit);
    else
        rt_say(2, "FAIL %s: %lu %s", name, value, unit);
    passed += ok;
    failed += !ok;
}

static enum ledger_error on_state(void *self, word_t badge, uint32_t *found, uint32_t *damaged,
                                  uint64_t *incarnation)
{
    (void)self;
    (void)badge;
    *found = 0;
    *damaged = 0;
    *incarnation = rt_info()->incarnation;
    return LEDGER_OK;
}

static const struct ledger_server callbacks = {.state = on_state};

/* The loop of lib/ipc. */
static void serve_whole(void)
{
    struct ipc_service service = ledger_service(&callbacks, NULL);
    struct ipc_server server = {.endpoint = COMPONENT_ENDPOINT,
                                .reply = COMPONENT_REPLY,
                                .services = &service,
                                .service_count = 1};

    (void)ipc_serve(&server);
}

/* The same without deferred calls and signals, with its record of requests or not. */
static void serve(bool noted)
{
    struct rt_record *record = rt_record();
    struct message m = {.tag = 0};

    (void)sys_recv(COMPONENT_ENDPOINT, COMPONENT_REPLY, &m, 0);
    for (;;) {
        if (noted)
            rt_record_came(record, m.badge, m.tag);
        (void)ledger_dispatch(&callbacks, NULL, &m);
        if (noted)
            rt_record_done(record);
        (void)sys_reply_recv(COMPONENT_ENDPOINT, COMPONENT_REPLY, &m, 0);
    }
}

/* One round trip, on average. */
static word_t trip(cap_t server)
{
    uint32_t found, damaged;
    uint64_t incarnation;
    word_t start = rt_now();

    for (unsigned i = 0; i < TRIPS; i++)
        (void)ledger_state(server, &found, &damaged, &incarnation);
    return (rt_now() - start) / TRIPS;
}

static word_t put(cap_t server)
{
    word_t start = rt_now();

    for (unsigned i = 0; i < TRIPS; i++)
        (void)ledger_put(server, i % 16, i);
    return (rt_now() - start) / TRIPS;
}

/* Of a second, what everybody but this program uses, in millionths; all the others wait. */
static word_t others(void)
{
    cap_t root = rt_uses("supervisor");
    struct supervisor_status before = {0}, after = {0};
    word_t start = rt_now(), end = start + rt_ns_to_ticks(SECOND_NS), own;

    (void)supervisor_query(root, "toll", &before);
    while (rt_now() < end)
        __asm__ volatile("");
    (void)supervisor_query(root, "toll", &after);
    own = after.cpu_ticks - before.cpu_ticks;
    return (rt_now() - start - own) / ((end - start) / 1000000);
}

int main(void)
{
    word_t noted, bare, whole, written, used, down;

    if (rt_provides("ledger") != 0 && rt_argument("whole") != NULL)
        serve_whole();
    if (rt_provides("ledger") != 0)
        serve(rt_argument("noted") != NULL);
    (void)rt_sleep_ns(10000000);
    noted = trip(rt_uses("noted"));
    bare = trip(rt_uses("bare"));
    whole = trip(rt_uses("whole"));
    written = put(rt_uses("ledger"));
    used = others();
    (void)supervisor_stop(rt_uses("supervisor"), "ledger-9");
    down = others();
    check(bare > 100, "a round trip to a bare loop", bare, "instructions");
    check(noted <= bare + bare / 20, "the same with a record of it", noted, "instructions");
    check(whole <= bare + bare / 4, "the same through lib/ipc", whole, "instructions");
    check(written < 2000, "a round trip with a writing to a vault", written, "instructions");
    check(used < 5000, "what all others use beside one that computes", used,
          "millionths of the time");
    check(down < used + 1000, "the same while root answers for one that is stopped", down,
          "millionths of the time");
    rt_say(2, "%u passed, %u failed", passed, failed);
    return 0;
}
