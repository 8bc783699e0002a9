/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A server is made to go wrong in each way that root must notice. Its client, this program, must
 * get what it was promised; the report must say why; and it must be there again in time. See
 * tests/qemu/heal.yaml.
 */
#include <abi/invoke.h>
#include <proto/counter.h>
#include <proto/ledger.h>
#include <proto/supervisor.h>
#include <check/check.h>
#include <rt/bytes.h>
#include <rt/checksum.h>
#include <rt/clock.h>
#include <rt/format.h>
#include <rt/memory.h>
#include <rt/program.h>
#include <rt/slot.h>
#include <rt/vault.h>

#define ENTRIES     50u
#define PATIENCE_NS 10000000000ul

static cap_t root, ledger;
static char text[8000];

static bool contains(const char *where, const char *word)
{
    size_t length = rt_length(word), size = rt_length(where);

    for (size_t i = 0; i + length <= size; i++) {
        if (memcmp(where + i, word, length) == 0)
            return true;
    }
    return false;
}

/* The report of an end into `text`. */
static void read_report(const char *name, uint32_t back)
{
    size_t size = 0, at = 0;

    do {
        if (supervisor_post_mortem(root, name, back, at, text + at, &size) != SUPERVISOR_OK)
            size = 0;
        at += size;
    } while (size > 0 && at + 800 < sizeof text);
    text[at] = 0;
}

static word_t restarts(const char *name)
{
    struct supervisor_status status = {0};

    (void)supervisor_query(root, name, &status);
    return status.state == SUPERVISOR_STATE_RUNNING ? status.restarts : ~0ul;
}

static bool wait_for_restart(const char *name, word_t before)
{
    word_t end = rt_now() + rt_ns_to_ticks(PATIENCE_NS);

    while (restarts(name) == before || restarts(name) == ~0ul) {
        if (rt_now() > end)
            return false;
        (void)rt_sleep_ns(200000);
    }
    return true;
}

/* The entries are those that were written. */
static bool intact(cap_t server, uint32_t *entries)
{
    uint64_t sum = 0;

    *entries = 0;
    return ledger_sum(server, entries, &sum) == LEDGER_OK && *entries == ENTRIES &&
           sum == ENTRIES * (ENTRIES + 1) / 2 * 1000;
}

static void fill(cap_t server)
{
    for (uint32_t i = 1; i <= ENTRIES; i++)
        (void)ledger_put(server, i, i * 1000);
}

/* One way to go wrong. `says` must be in the report. */
static void harm(const char *what, enum ledger_harm how, const char *says, bool vault)
{
    word_t before = restarts("ledger"), start = rt_now(), away;
    uint32_t entries;
    enum ledger_error error = ledger_harm(ledger, how);
    bool back = wait_for_restart("ledger", before);
    bool whole = intact(ledger, &entries);
    char name[80];

    away = rt_ticks_to_ns(rt_now() - start) / 1000000;
    rt_format(name, sizeof name, "%s: it is back, and nothing is lost", what);
    check(back && whole && (error == LEDGER_E_TRANSPORT + (int)E_DIED || error == LEDGER_OK), name,
          "%u entries, error 0x%x, away %lu ms", entries, (unsigned)error, away);
    read_report("ledger", 0);
    rt_format(name, sizeof name, "%s: the report says so", what);
    check(contains(text, says) && contains(text, "restarted after") &&
              contains(text, "its last requests") && (!vault || contains(text, "vault: ")),
          name, "%.*s", 250, text);
}

static void test_ways(void)
{
    fill(ledger);
    harm("a fault", LEDGER_HARM_FAULT, "wrote to 0x123000", true);
    check(contains(text, "on_harm"), "the backtrace has names", "%.*s", 200, text);
    harm("a fault in another thread", LEDGER_HARM_THREAD, "in one of its threads", true);
    check(contains(text, "in_thread") && contains(text, "  ip 0"),
          "registers and backtrace of another thread", "%.*s", 200, text);
    harm("a failed assertion", LEDGER_HARM_ASSERTION, "not true: vault.places == 0", true);
    harm("a full stack", LEDGER_HARM_STACK, "its stack of", true);
    harm("full memory", LEDGER_HARM_MEMORY, "all of it is used up", true);
    harm("an exit", LEDGER_HARM_EXIT, "ended with exit code 4", true);
    harm("an endless loop", LEDGER_HARM_LOOP, "hangs: it computes without end", true);
    harm("a wait without end", LEDGER_HARM_WAIT, "hangs: it waits for what does not come", true);
}

/* Two servers that call each other. Root lets one of them go; both serve afterwards. */
static void test_deadlock(void)
{
    word_t before = restarts("ledger") + restarts("other"), now = before;
    word_t end = rt_now() + rt_ns_to_ticks(PATIENCE_NS);
    uint32_t entries;

    (void)ledger_harm(ledger, LEDGER_HARM_RELAY);
    while (now == before && rt_now() < end) {
        (void)rt_sleep_ns(200000);
        if (restarts("ledger") != ~0ul && restarts("other") != ~0ul)
            now = restarts("ledger") + restarts("other");
    }
    check(now > before && intact(ledger, &entries), "a deadlock is noticed", "%lu restarts",
          now - before);
}

/* Time that one that computes has: until it is noticed, and until it is back. */
static void test_time(void)
{
    word_t worst = 0, sum = 0;

    for (unsigned i = 0; i < 10; i++) {
        word_t before = restarts("ledger"), start = rt_now(), time;
        uint32_t entries;

        (void)supervisor_hang(root, "ledger");
        (void)wait_for_restart("ledger", before);
        (void)intact(ledger, &entries);
        time = rt_ticks_to_ns(rt_now() - start) / 1000;
        worst = time > worst ? time : worst;
        sum += time;
    }
    rt_say(2, "a server that hangs is back after %lu us, at most %lu us", sum / 10, worst);
    read_report("ledger", 0);
    check(contains(text, "rt_hang"), "the report of a hang has a backtrace", "%.*s", 200, text);
}

/* The slot, in root's inventory of a component, of the first page of its image. */
static word_t first_page(cap_t inventory, word_t *address)
{
    word_t type = TYPE_NULL, object, rights, badge, hint;

    for (word_t slot = 1;; slot++) {
        if (cnode_inspect(inventory, slot, &type, &object, &rights, &badge, address, &hint) ==
            E_CAP)
            return 0;
        if (type == TYPE_FRAME && *address != 0 && *address < COMPONENT_HEAP &&
            !(rights & RIGHT_WRITE))
            return slot;
    }
}

/* A page with one bit turned round takes the place of one of the component's. */
static bool spoil_page(cap_t inventory, cap_t space)
{
    word_t address = 0, slot = first_page(inventory, &address);
    uint8_t *page = rt_pages_alloc(1);
    cap_t copy = rt_slot_alloc();
    const uint8_t *before;

    if (slot == 0 || page == NULL || copy == 0 ||
        cnode_copy(COMPONENT_CNODE, copy, inventory, slot, RIGHT_READ, 1) != E_OK)
        return false;
    before = rt_frames_map(copy, 1, MAP_READ | MAP_CACHED);
    if (before == NULL)
        return false;
    memcpy(page, before, RT_PAGE);
    page[RT_PAGE - 1] ^= 8;
    return cnode_delete(inventory, slot, 1) == E_OK &&
           cnode_copy(inventory, slot, 0, rt_page_frame(page), RIGHT_READ | RIGHT_EXECUTE, 1) ==
               E_OK &&
           address_space_map(space, inventory, slot, 1, address, MAP_READ | MAP_EXECUTE) == E_OK;
}

/* Who runs other code than was loaded is ended, whatever that code does. */
static void test_code(void)
{
    word_t before = restarts("ledger");
    cap_t thread = 0, cnode = 0, inventory = 0, space = 0;
    uint32_t entries;

    check(supervisor_handles(root, "ledger", &thread, &cnode, &inventory, &space) ==
                  SUPERVISOR_OK &&
              spoil_page(inventory, space),
          "a page of code is spoilt", "it cannot be");
    check(wait_for_restart("ledger", before) && intact(ledger, &entries),
          "it is noticed and healed", "%lu restarts", restarts("ledger") - before);
    read_report("ledger", 0);
    check(contains(text, "runs spoilt code"), "the report says so", "%.*s", 250, text);
}

static void test_vaults(void)
{
    uint32_t found = 0, damaged = 0, entries = 0;
    uint64_t incarnation = 0, sum = 0;
    word_t before = restarts("ledger");

    (void)ledger_state(ledger, &found, &damaged, &incarnation);
    check(found == RT_VAULT_ADOPTED && damaged == 0, "a vault is taken over", "found %u", found);
    (void)ledger_harm(ledger, LEDGER_HARM_VAULT_RECORD);
    (void)wait_for_restart("ledger", before++);
    (void)ledger_state(ledger, &found, &damaged, &incarnation);
    (void)ledger_sum(ledger, &entries, &sum);
    check(found == RT_VAULT_ADOPTED && damaged == 1 && entries == ENTRIES - 1,
          "a damaged record is left out, and counted", "found %u, %u damaged, %u entries", found,
          damaged, entries);
    read_report("ledger", 0);
    check(contains(text, "1 damaged"), "the report says so", "%.*s", 250, text);
    (void)ledger_harm(ledger, LEDGER_HARM_VAULT_HEAD);
    (void)wait_for_restart("ledger", before++);
    (void)ledger_state(ledger, &found, &damaged, &incarnation);
    (void)ledger_sum(ledger, &entries, &sum);
    check(found == RT_VAULT_REFUSED && entries == 0, "a damaged vault starts afresh",
          "found %u, %u entries", found, entries);
    read_report("ledger", 0);
    check(contains(text, "its head is damaged"), "the report says why", "%.*s", 250, text);
}

/* The same checksum both ways, and the one of RFC 3720. */
static void test_checksum(void)
{
    static uint8_t bytes[300];
    bool same = true;

    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 37 + 11);
    for (unsigned i = 0; i < 64; i++)
        same &= rt_crc32c(i, bytes + i % 9, sizeof bytes - i * 4) ==
                rt_crc32c_plain(i, bytes + i % 9, sizeof bytes - i * 4);
    check(same && rt_crc32c(0, "123456789", 9) == 0xe3069283, "CRC-32C", "%x",
          rt_crc32c(0, "123456789", 9));
}

/* A vault in memory of its own: full, torn in the middle of a writing, of another layout. */
static void test_layouts(void)
{
    static uint64_t memory[128];
    struct rt_vault v, w;
    uint64_t value = 7;
    unsigned puts = 0;

    (void)rt_vault_open_at(&v, memory, sizeof memory, 1, 8, 0);
    check(v.found == RT_VAULT_NEW, "clear memory is a new vault", "%d", v.found);
    while (rt_vault_put(&v, puts, &value, 8))
        puts++;
    check(puts == v.places - 1 && rt_vault_put(&v, 3, &puts, 4), "a full vault takes changes",
          "%u of %u", puts, v.places);
    (void)rt_vault_open_at(&w, memory, sizeof memory, 1, 8, 0);
    check(w.found == RT_VAULT_ADOPTED && w.valid == puts && rt_vault_get(&w, 3, &value, 8) == 4,
          "it is found again", "found %d, %u", w.found, w.valid);
    /* Both are there: the writer died before it gave up the old one. */
    w.records[puts - 1] = w.records[3];
    (void)rt_vault_open_at(&w, memory, sizeof memory, 1, 8, 0);
    check(w.found == RT_VAULT_ADOPTED && w.damaged <= 1, "a torn writing is no harm", "%d, %u",
          w.found, w.damaged);
    (void)rt_vault_open_at(&w, memory, sizeof memory, 1, 8, 1);
    check(w.found == RT_VAULT_REFUSED && w.valid == 0, "distrust starts afresh", "%d", w.found);
    (void)rt_vault_open_at(&w, memory, sizeof memory, 2, 8, 0);
    check(w.found == RT_VAULT_REFUSED && w.layout_found == 1, "another layout starts afresh", "%d",
          w.found);
}

/* Nothing that a vault with one wrong bit says is wrong. */
static void test_spoilt(void)
{
    static uint64_t memory[128], sound[128];
    unsigned wrong = 0, refused = 0, damaged = 0;
    struct rt_vault v;

    (void)rt_vault_open_at(&v, memory, sizeof memory, 1, 8, 0);
    for (uint64_t key = 0; key < 10; key++)
        (void)rt_vault_put(&v, key, &(uint64_t){key * 77 + 1}, 8);
    memcpy(sound, memory, sizeof sound);
    for (size_t bit = 0; bit < sizeof memory * 8; bit += 3) {
        const struct rt_vault_record *r;
        unsigned at = 0;

        memcpy(memory, sound, sizeof memory);
        memory[bit / 64] ^= 1ul << bit % 64;
        (void)rt_vault_open_at(&v, memory, sizeof memory, 1, 8, 0);
        refused += v.found == RT_VAULT_REFUSED;
        damaged += v.damaged;
        while ((r = rt_vault_next(&v, &at)) != NULL) {
            uint64_t value = 0;

            wrong += rt_vault_get(&v, r->key, &value, 8) != 8 || value != r->key * 77 + 1;
        }
    }
    check(wrong == 0 && refused > 50 && damaged > 500, "a bit of a vault is wrong, anywhere",
          "%u wrong, %u refused, %u records damaged", wrong, refused, damaged);
}

static void test_followers(void)
{
    word_t led = restarts("led"), follower = restarts("follower"), other = restarts("other");

    (void)supervisor_kill(root, "other");
    (void)wait_for_restart("other", other);
    (void)rt_sleep_ns(5000000);
    check(restarts("led") == led + 1 && restarts("follower") == follower,
          "who follows is restarted with it, nobody else", "led %lu, follower %lu",
          restarts("led") - led, restarts("follower") - follower);
}

static void test_overrun(void)
{
    cap_t meagre = rt_uses("meagre");
    word_t before = restarts("meagre");

    (void)ledger_harm(meagre, LEDGER_HARM_LOOP);
    check(wait_for_restart("meagre", before), "too much processor time ends it", "it goes on");
    read_report("meagre", 0);
    check(contains(text, "processor time, 1000 us in 10000 us, is used up"), "the report says it",
          "%.*s", 200, text);
}

/* Its device is quiet before it is started again, however often. */
static void test_devices(void)
{
    struct supervisor_status status = {0};
    word_t start = restarts("driver");
    bool back = start != ~0ul;

    for (unsigned i = 0; i < 5 && back; i++) {
        back = supervisor_kill(root, "driver") == SUPERVISOR_OK &&
               wait_for_restart("driver", start + i);
        (void)rt_sleep_ns(2000000);
    }
    (void)supervisor_query(root, "driver", &status);
    check(back && status.state == SUPERVISOR_STATE_RUNNING && status.restarts == start + 5,
          "a driver's device is reset before the driver comes back", "state %d, code %d",
          (int)status.state, status.exit_code);
    read_report("driver", 0);
    check(contains(text, "its devices, 1, are reset"), "the report says so", "%.*s", 250, text);
}

static void test_degraded(void)
{
    struct supervisor_status broken = {0}, needy = {0}, other = {0};

    (void)supervisor_query(root, "broken", &broken);
    (void)supervisor_query(root, "needy", &needy);
    (void)supervisor_query(root, "other", &other);
    check(broken.state == SUPERVISOR_STATE_FAILED && needy.state == SUPERVISOR_STATE_DEGRADED &&
              other.state == SUPERVISOR_STATE_RUNNING,
          "who needs what has failed is degraded, nobody else", "%d, %d, %d", (int)broken.state,
          (int)needy.state, (int)other.state);
}

/* Who calls one that stays down is told, whether it came before that or later; until somebody
 * starts it again. */
static void test_down(void)
{
    cap_t fragile = rt_uses("fragile");
    struct supervisor_status status = {0};
    enum ledger_error before, after = LEDGER_E_DOWN;
    uint32_t entries = 0;
    uint64_t sum = 0;

    fill(fragile);
    for (unsigned i = 0; i < 100 && status.state != SUPERVISOR_STATE_FAILED; i++) {
        (void)supervisor_kill(root, "fragile");
        (void)rt_sleep_ns(2000000);
        (void)supervisor_query(root, "fragile", &status);
    }
    before = ledger_sum(fragile, &entries, &sum);
    check(status.state == SUPERVISOR_STATE_FAILED && before == LEDGER_E_DOWN,
          "a call to one that stays down fails and says so", "state %d, error 0x%x",
          (int)status.state, (unsigned)before);
    if (supervisor_start(root, "fragile") == SUPERVISOR_OK)
        after = ledger_sum(fragile, &entries, &sum);
    check(after == LEDGER_OK && sum != 0,
          "when it is started by hand it serves again, with its vault", "error 0x%x",
          (unsigned)after);
    read_report("fragile", 0);
    check(contains(text, "'fragile' was killed") && contains(text, "it stays down: it failed 2") &&
              contains(text, "started by hand after"),
          "the report says all of that", "%.*s", 250, text);
}

/* Whoever is stopped by hand is answered for as well; a restart by hand is reported. */
static void test_by_hand(void)
{
    cap_t fragile = rt_uses("fragile");
    struct supervisor_status status = {0};
    enum ledger_error stopped, started = LEDGER_E_DOWN;
    uint32_t entries = 0;
    uint64_t sum = 0;

    (void)supervisor_stop(root, "fragile");
    stopped = ledger_sum(fragile, &entries, &sum);
    (void)supervisor_query(root, "fragile", &status);
    if (supervisor_start(root, "fragile") == SUPERVISOR_OK)
        started = ledger_sum(fragile, &entries, &sum);
    check(stopped == LEDGER_E_DOWN && status.state == SUPERVISOR_STATE_STOPPED &&
              started == LEDGER_OK && entries == ENTRIES,
          "a call to one that was stopped fails until it is started", "errors 0x%x 0x%x, state %d",
          (unsigned)stopped, (unsigned)started, (int)status.state);
    read_report("fragile", 0);
    check(contains(text, "'fragile' was stopped") && contains(text, "started by hand after"),
          "the report says who did it", "%.*s", 250, text);
    check(supervisor_restart(root, "fragile") == SUPERVISOR_OK &&
              ledger_sum(fragile, &entries, &sum) == LEDGER_OK && entries == ENTRIES,
          "a restart by hand loses nothing", "%u entries", entries);
    read_report("fragile", 0);
    check(contains(text, "'fragile' was restarted") && contains(text, "restarted after") &&
              contains(text, "recovered: "),
          "and leaves a report", "%.*s", 250, text);
}

/* An image that does not serve gives way to the one before it; one that does keeps the vault. */
static void test_upgrade(void)
{
    uint32_t found = 0, damaged = 0, entries = 0;
    uint64_t incarnation = 0;
    word_t before;

    fill(ledger);
    check(supervisor_replace(root, "ledger", "nothing") == SUPERVISOR_E_NOT_FOUND,
          "an image that is not there is refused", "it is not");
    check(supervisor_replace(root, "ledger", "ledger") == SUPERVISOR_OK &&
              ledger_state(ledger, &found, &damaged, &incarnation) == LEDGER_OK &&
              found == RT_VAULT_ADOPTED && intact(ledger, &entries),
          "another image gets the vault", "found %u, %u entries", found, entries);
    /* As its manifest's arguments tell it, `subject` faults at once. */
    before = restarts("ledger");
    check(supervisor_replace(root, "ledger", "subject") == SUPERVISOR_OK &&
              wait_for_restart("ledger", before) && intact(ledger, &entries),
          "one that does not serve gives way to the one before", "%u entries", entries);
    read_report("ledger", 0);
    check(contains(text, "back to image 'ledger'"), "the report says so", "%.*s", 250, text);
    /* As a server's, `subject` has another layout. */
    (void)supervisor_replace(root, "other", "subject");
    (void)rt_sleep_ns(5000000);
    read_report("other", 0);
    check(contains(text, "it is of layout 1, this program's is 2"),
          "another layout is refused by its version", "%.*s", 250, text);
}

static void test_ends(void)
{
    char name[SUPERVISOR_NAME_MAX + 1], cause[201];
    uint64_t ticks = 0, last = ~0ul;
    size_t size = 0;
    uint32_t count = 0;
    bool ordered = true;

    while (supervisor_ends(root, count, name, &ticks, cause, &size) == SUPERVISOR_OK) {
        ordered &= ticks <= last && size > 5;
        last = ticks;
        count++;
    }
    check(ordered && count >= 20 && count <= 64, "the last ends are kept, in their order", "%u",
          count);
    read_report("ledger", 1);
    check(contains(text, "'ledger'"), "the end before the last can be read", "%.*s", 200, text);
}

int main(void)
{
    enum counter_error waited;
    uint64_t count = 0;
    uint32_t calls = 0;

    root = rt_uses("supervisor");
    ledger = rt_uses("ledger");
    waited = counter_read(rt_uses("broken"), &count, &calls);
    check(waited == COUNTER_E_DOWN,
          "who waits for one that fails again and again is told when it stays down", "error 0x%x",
          (unsigned)waited);
    test_checksum();
    test_layouts();
    test_spoilt();
    test_ways();
    test_deadlock();
    test_time();
    test_code();
    test_vaults();
    test_followers();
    test_overrun();
    test_devices();
    test_degraded();
    test_down();
    test_by_hand();
    test_upgrade();
    test_ends();
    return check_end();
}
