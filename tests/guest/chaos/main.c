/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kills the components of tests/qemu/chaos.yaml at random, thousands of times, while they call each
 * other and serve interrupts. All of them must come back each time, no client may get a wrong
 * answer or hang, and in the end nothing may be missing.
 */
#include <proto/supervisor.h>
#include <check/check.h>
#include <rt/bytes.h>
#include <rt/clock.h>
#include <rt/format.h>
#include <rt/program.h>

#define ROUNDS      3000u
#define CHECK_EVERY 100u
#define SAMPLES     100u
#define PATIENCE_NS 30000000000ul
#define SEED        0x2545f4914f6cdd1dul

static const char *const victims[] = {"uart",     "console",  "platform", "counter",
                                      "worker-1", "worker-2", "worker-3"};

#define VICTIMS (sizeof victims / sizeof victims[0])

static cap_t root;

static word_t random_word(void)
{
    static word_t x = SEED;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return x;
}

/* Wait until a component runs. @return false: it does not, or it ended by itself, which none should
 */
static bool runs(const char *name)
{
    word_t end = rt_now() + rt_ns_to_ticks(PATIENCE_NS);
    struct supervisor_status status = {0};

    while (supervisor_query(root, name, &status) == SUPERVISOR_OK && rt_now() < end) {
        if (status.exit_code != 0)
            return false;
        if (status.state == SUPERVISOR_STATE_RUNNING)
            return true;
        (void)rt_sleep_ns(500000);
    }
    return false;
}

static const char *first_missing(void)
{
    for (unsigned i = 0; i < VICTIMS; i++) {
        if (!runs(victims[i]))
            return victims[i];
    }
    return NULL;
}

static bool torment(unsigned *kills, const char **missing)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        const char *name = victims[random_word() % VICTIMS];

        *kills += supervisor_kill(root, name) == SUPERVISOR_OK;
        (void)rt_sleep_ns(random_word() % 2000000);
        if (i % CHECK_EVERY == 0) {
            *missing = first_missing();
            if (*missing != NULL)
                return false;
        }
    }
    *missing = first_missing();
    return *missing == NULL;
}

/* How long a driver is away when it is killed: the manifest's wait of 100 us, and what root needs.
 * Printed, not judged: the machine under an emulator is not a clock. */
static void measure(void)
{
    word_t longest = 0, sum = 0;

    for (unsigned i = 0; i < SAMPLES; i++) {
        struct supervisor_status status = {0};
        word_t start = rt_now();

        (void)supervisor_kill(root, "uart");
        while (supervisor_query(root, "uart", &status) == SUPERVISOR_OK &&
               status.state != SUPERVISOR_STATE_RUNNING)
            ;
        start = rt_now() - start;
        sum += start;
        longest = start > longest ? start : longest;
        (void)rt_sleep_ns(1000000);
    }
    rt_say(2, "a killed driver is away for %lu us on average, %lu us at most",
           rt_ticks_to_ns(sum / SAMPLES) / 1000, rt_ticks_to_ns(longest) / 1000);
}

int main(void)
{
    struct supervisor_resources before = {0}, after = {0};
    const char *missing = NULL;
    unsigned kills = 0;

    root = rt_uses("supervisor");
    rt_say(2, "seed 0x%lx", SEED);
    for (unsigned i = 0; i < VICTIMS; i++) { /* once each, so that root has its reports of them */
        check(runs(victims[i]) && supervisor_kill(root, victims[i]) == SUPERVISOR_OK &&
                  runs(victims[i]),
              victims[i], "it does not come back");
    }
    (void)supervisor_resources(root, &before);

    measure();

    bool survived = torment(&kills, &missing);

    (void)supervisor_resources(root, &after);
    check(survived && kills > ROUNDS / 2, "all come back every time, and no client is harmed",
          "%s, after %u kills", missing == NULL ? "?" : missing, kills);
    check(before.free_bytes == after.free_bytes && before.free_slots == after.free_slots &&
              before.table_bytes == after.table_bytes,
          "thousands of violent ends lose nothing", "memory %ld, slots %ld, tables %ld less",
          (long)(before.free_bytes - after.free_bytes),
          (long)(before.free_slots - after.free_slots),
          (long)(after.table_bytes - before.table_bytes));
    return check_end();
}
