/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Root's promises, seen by one that holds the supervisor protocol: components start, end and come
 * back by their policies, what they had comes back too, and there is no fixed number of them. See
 * tests/qemu/supervise.yaml.
 */
#include <proto/supervisor.h>
#include <check/check.h>
#include <rt/bytes.h>
#include <rt/clock.h>
#include <rt/format.h>
#include <rt/program.h>

#define CYCLES      10000u
#define CROWD       500u
#define SECOND      1000000000ul
#define PATIENCE_NS (20 * SECOND)

static cap_t root;

/* Wait until a component is in a state. */
static bool reaches(const char *name, enum supervisor_state state, struct supervisor_status *status)
{
    word_t end = rt_now() + rt_ns_to_ticks(PATIENCE_NS);

    while (supervisor_query(root, name, status) == SUPERVISOR_OK && rt_now() < end) {
        if (status->state == state)
            return true;
        (void)rt_sleep_ns(1000000);
    }
    return false;
}

static bool contains(const char *text, size_t bytes, const char *word)
{
    size_t length = rt_length(word);

    for (size_t i = 0; i + length <= bytes; i++) {
        if (memcmp(text + i, word, length) == 0)
            return true;
    }
    return false;
}

static void test_fault(void)
{
    struct supervisor_status status = {0};
    char text[800];
    size_t bytes = 0;
    bool there = reaches("faulty", SUPERVISOR_STATE_FAILED, &status);

    check(there && status.restarts == 2, "a fault restarts up to the limit, then no more",
          "state %d, %u restarts", (int)status.state, status.restarts);
    check(supervisor_post_mortem(root, "faulty", 0, 0, text, &bytes) == SUPERVISOR_OK &&
              contains(text, bytes, "0x123000") && contains(text, bytes, "deepest") &&
              contains(text, bytes, "main"),
          "the post-mortem says where, by name", "%lu bytes", bytes);
    check(supervisor_start(root, "faulty") == SUPERVISOR_OK &&
              reaches("faulty", SUPERVISOR_STATE_FAILED, &status),
          "what stays down can be started again", "state %d", (int)status.state);
}

static void test_ends(void)
{
    struct supervisor_status status = {0};

    check(reaches("failing", SUPERVISOR_STATE_EXITED, &status) && status.exit_code == 3,
          "an exit code is kept", "state %d, code %d", (int)status.state, status.exit_code);
    check(reaches("again", SUPERVISOR_STATE_RUNNING, &status) &&
              supervisor_kill(root, "again") == SUPERVISOR_OK &&
              reaches("again", SUPERVISOR_STATE_RUNNING, &status) && status.restarts == 1,
          "what is killed comes back", "state %d, %u restarts", (int)status.state, status.restarts);
    check(reaches("flooding", SUPERVISOR_STATE_FAILED, &status),
          "flooding root ends the one who floods", "state %d", (int)status.state);
    check(reaches("garbling", SUPERVISOR_STATE_FAILED, &status),
          "nonsense is answered, up to a limit", "state %d", (int)status.state);
    check(reaches("sending", SUPERVISOR_STATE_EXITED, &status) && status.exit_code == 7,
          "who does not wait for an answer gets none", "state %d, code %d", (int)status.state,
          status.exit_code);
    check(reaches("mute", SUPERVISOR_STATE_FAILED, &status), "no heartbeat: ended", "state %d",
          (int)status.state);
    check(supervisor_stop(root, "again") == SUPERVISOR_OK &&
              supervisor_query(root, "again", &status) == SUPERVISOR_OK &&
              status.state == SUPERVISOR_STATE_STOPPED &&
              supervisor_stop(root, "again") == SUPERVISOR_E_WRONG_STATE &&
              status.memory_bytes == 0,
          "what is stopped stays so, and has nothing", "state %d", (int)status.state);
}

static void test_notice(void)
{
    struct supervisor_status status = {0};

    check(reaches("noticing", SUPERVISOR_STATE_RUNNING, &status) &&
              reaches("served", SUPERVISOR_STATE_RUNNING, &status) &&
              supervisor_kill(root, "served") == SUPERVISOR_OK &&
              reaches("noticing", SUPERVISOR_STATE_EXITED, &status) && status.exit_code == 5,
          "a client is signalled when its server is a new one", "state %d, code %d",
          (int)status.state, status.exit_code);
}

static void test_refusals(void)
{
    struct supervisor_status status = {0};

    check(supervisor_query(root, "nobody", &status) == SUPERVISOR_E_NOT_FOUND,
          "who is not there is not found", "it was");
    check(supervisor_create(root, "x", "", "no-such-template") == SUPERVISOR_E_NOT_FOUND,
          "no template, no component", "there was");
    check(supervisor_create(root, "x", "no-such-image", "idle") == SUPERVISOR_E_NOT_FOUND,
          "no image, no component", "there was");
    check(supervisor_create(root, "again", "", "idle") == SUPERVISOR_E_EXISTS,
          "a name is taken once", "twice");
    check(supervisor_destroy(root, "again") == SUPERVISOR_E_NOT_ALLOWED,
          "what the manifest made is not destroyed", "it was");
    check(supervisor_create(root, "x", "", "huge") == SUPERVISOR_E_NO_MEMORY,
          "too large a quota is refused", "it was not");
    check(supervisor_create(root, "x", "", "tight") == SUPERVISOR_E_NO_MEMORY,
          "too small a quota is refused", "it was not");
}

/* Who may look may look only. `changing` becomes a program that finds no supervisor, and ends with
 * code 1. */
static void test_rights(void)
{
    cap_t looker = rt_uses("looker");
    struct supervisor_status status = {0};

    check(supervisor_query(looker, "changing", &status) == SUPERVISOR_OK &&
              supervisor_stop(looker, "changing") == SUPERVISOR_E_NOT_ALLOWED &&
              supervisor_kill(looker, "changing") == SUPERVISOR_E_NOT_ALLOWED &&
              supervisor_create(looker, "x", "", "idle") == SUPERVISOR_E_NOT_ALLOWED &&
              supervisor_replace(looker, "changing", "subject") == SUPERVISOR_E_NOT_ALLOWED,
          "who may look may not touch", "it could");
    check(status.state == SUPERVISOR_STATE_RUNNING &&
              supervisor_replace(root, "changing", "supervise") == SUPERVISOR_OK &&
              reaches("changing", SUPERVISOR_STATE_EXITED, &status) && status.exit_code == 1,
          "a running component is replaced by another image", "state %d, code %d",
          (int)status.state, status.exit_code);
}

static void test_depends(void)
{
    struct supervisor_status status = {0};

    check(supervisor_query(root, "lower", &status) == SUPERVISOR_OK &&
              status.state == SUPERVISOR_STATE_STOPPED &&
              supervisor_start(root, "upper") == SUPERVISOR_OK &&
              supervisor_query(root, "middle", &status) == SUPERVISOR_OK &&
              status.state == SUPERVISOR_STATE_RUNNING &&
              supervisor_query(root, "lower", &status) == SUPERVISOR_OK &&
              status.state == SUPERVISOR_STATE_RUNNING,
          "what it depends on is started with it", "state %d", (int)status.state);
    check(supervisor_start(root, "upper") == SUPERVISOR_E_WRONG_STATE, "what runs is not started",
          "it was");
}

static bool same(const struct supervisor_resources *a, const struct supervisor_resources *b)
{
    return a->free_bytes == b->free_bytes && a->free_slots == b->free_slots &&
           a->table_bytes == b->table_bytes;
}

static void test_cycles(void)
{
    struct supervisor_resources before = {0}, after = {0};
    unsigned done = 0;

    /* The first time may make tables grow. */
    (void)supervisor_create(root, "cycle", "", "idle");
    (void)supervisor_destroy(root, "cycle");
    (void)supervisor_resources(root, &before);
    while (done < CYCLES && supervisor_create(root, "cycle", "", "idle") == SUPERVISOR_OK &&
           supervisor_destroy(root, "cycle") == SUPERVISOR_OK)
        done++;
    (void)supervisor_resources(root, &after);
    check(done == CYCLES && same(&before, &after), "10,000 starts and stops lose nothing",
          "%u done; memory %ld, slots %ld, tables %ld less", done,
          (long)(before.free_bytes - after.free_bytes),
          (long)(before.free_slots - after.free_slots),
          (long)(after.table_bytes - before.table_bytes));
}

static unsigned count_running(void)
{
    char name[SUPERVISOR_NAME_MAX + 1];
    struct supervisor_status status = {0};
    unsigned running = 0;
    uint64_t at = 0;

    while (supervisor_list(root, at, name, &status, &at) == SUPERVISOR_OK)
        running += status.state == SUPERVISOR_STATE_RUNNING && memcmp(name, "crowd", 5) == 0;
    return running;
}

/* The second crowd finds the tables that the first made grow. */
static void test_crowd(void)
{
    struct supervisor_resources before = {0}, after = {0};
    unsigned made = 0, running = 0, gone = 0;
    char name[SUPERVISOR_NAME_MAX + 1];

    for (unsigned turn = 0; turn < 2; turn++) {
        (void)supervisor_resources(root, &before);
        for (made = 0; made < CROWD; made++) {
            rt_format(name, sizeof name, "crowd-%u", made);
            if (supervisor_create(root, name, "", "idle") != SUPERVISOR_OK)
                break;
        }
        running = count_running();
        for (gone = 0; gone < made; gone++) {
            rt_format(name, sizeof name, "crowd-%u", gone);
            (void)supervisor_destroy(root, name);
        }
        (void)supervisor_resources(root, &after);
    }
    check(made == CROWD && running == CROWD, "500 components at a time", "%u made, %u running",
          made, running);
    check(same(&before, &after), "500 components leave nothing behind",
          "memory %ld, slots %ld, tables %ld less", (long)(before.free_bytes - after.free_bytes),
          (long)(before.free_slots - after.free_slots),
          (long)(after.table_bytes - before.table_bytes));
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    root = rt_uses("supervisor");
    if (root == 0)
        return 1;
    test_fault();
    test_ends();
    test_notice();
    test_refusals();
    test_rights();
    test_depends();
    test_crowd();
    test_cycles();
    return check_end();
}
