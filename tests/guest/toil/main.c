/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client that works without end and checks every answer: the argument on=NAME says with which
 * server. What it finds stands in its record's own figures (lib/rt/record.h):
 *
 *   own[0]  answers so far        own[1]  wrong ones that nobody told of
 *   own[2]  errors told           own[3]  longest time between two answers, in ticks; whoever
 *                                         reads it sets it back to 0
 *   own[4]  when the first wrong answer or error came, likewise, but for the server's death
 */
#include <proto/console.h>
#include <proto/counter.h>
#include <proto/ledger.h>
#include <proto/log.h>
#include <rt/bytes.h>
#include <rt/clock.h>
#include <rt/format.h>
#include <rt/program.h>
#include <rt/record.h>
#include <rt/vault.h>

#include "toil.h"

#define KEYS     32u
#define PAUSE_NS 40000u
#define IDLE_TICKS 4000000u

static struct rt_record *record;
static cap_t server;
static word_t turn;

word_t random_word(void)
{
    static word_t x = 0x9e3779b97f4a7c15ul;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return x;
}

/* Did the last turn end with the server's death? */
static bool died;

/* @param error of any protocol */
static enum result told(word_t error)
{
    died = error == IPC_E_TRANSPORT + E_DIED;
    return TOLD;
}

/* --- The ledger keeps what it has acknowledged ----------------------------------------------- */

static uint64_t model[KEYS];
static bool known[KEYS];

/* An entry is not what it was: was that told? Then begin again with it. */
static enum result ledger_differs(uint32_t key)
{
    static uint32_t seen; /* of the damaged ones */
    uint32_t found = 0, damaged = 0;
    uint64_t incarnation;

    known[key] = false;
    if (ledger_state(server, &found, &damaged, &incarnation) != LEDGER_OK ||
        found == RT_VAULT_REFUSED)
        return TOLD;
    if (damaged <= seen)
        return WRONG;
    seen++;
    return TOLD;
}

static enum result on_ledger(void)
{
    uint32_t key = (uint32_t)(random_word() % KEYS), other = (uint32_t)(random_word() % KEYS);
    uint64_t value = random_word(), have = 0;
    enum ledger_error error = ledger_put(server, key, value);

    model[key] = value;
    known[key] = error == LEDGER_OK;
    if (error != LEDGER_OK)
        return told(error);
    if (!known[other])
        return RIGHT;
    error = ledger_get(server, other, &have);
    if (error == LEDGER_OK && have == model[other])
        return RIGHT;
    return error == LEDGER_OK || error == LEDGER_E_NOT_FOUND ? ledger_differs(other)
                                                              : told(error);
}

/* --- The counter is never added to ----------------------------------------------------------- */

static enum result on_counter(void)
{
    uint64_t now = 1;
    uint32_t calls = 1;
    enum counter_error error;

    error = counter_read(server, &now, &calls);
    if (error != COUNTER_OK)
        return told(error);
    return now == 0 && calls == 0 ? RIGHT : WRONG;
}

/* --- Lines ----------------------------------------------------------------------------------- */

/* "toil N S": S follows from N. */
static size_t make_line(char *to, size_t size, word_t number)
{
    return rt_format(to, size, "toil %lu %lu", number, number * 7919 % 104729);
}

static bool take_number(const char **text, word_t *number)
{
    const char *at = *text;

    *number = 0;
    for (; *at >= '0' && *at <= '9'; at++)
        *number = *number * 10 + (word_t)(*at - '0');
    if (at == *text)
        return false;
    *text = at;
    return true;
}

static bool is_line(const char *text)
{
    word_t number, sum;

    if (memcmp(text, "toil ", 5) != 0)
        return false;
    text += 5;
    if (!take_number(&text, &number) || *text++ != ' ' || !take_number(&text, &sum))
        return false;
    return *text == 0 && sum == number * 7919 % 104729;
}

/* Whoever died while it took a line is given it again. */
static enum result write_log(const char *line)
{
    for (int i = 0; i < IPC_TRIES; i++) {
        enum log_error error = log_write(server, LOG_LEVEL_DEBUG, line);

        if (error != LOG_E_TRANSPORT + E_DIED)
            return error == LOG_OK ? RIGHT : told(error);
    }
    return told(LOG_E_TRANSPORT + E_DIED);
}

static enum result on_log(void)
{
    char line[64], name[LOG_NAME_MAX + 1], text[LOG_LINE_MAX + 1];
    struct log_extent extent = {0};
    struct log_entry entry;
    enum log_error error;

    make_line(line, sizeof line, turn);
    if (write_log(line) != RIGHT)
        return TOLD;
    error = log_extent(rt_uses("reader"), &extent);
    if (error != LOG_OK)
        return told(error);
    if (extent.last == 0)
        return RIGHT;
    error = log_read(rt_uses("reader"), extent.last, &entry, name, text);
    if (error == LOG_E_NOT_YET) /* it was restarted in between, which it says */
        return RIGHT;
    if (error != LOG_OK)
        return told(error);
    return !rt_same(name, rt_info()->name) || is_line(text) ? RIGHT : WRONG;
}

static enum result on_console(void)
{
    char line[64];
    size_t size = make_line(line, sizeof line - 1, turn);

    line[size++] = '\n';
    for (int i = 0; i < IPC_TRIES; i++) {
        enum console_error error = console_write(server, line, size);

        if (error != CONSOLE_E_TRANSPORT + E_DIED)
            return error == CONSOLE_OK ? RIGHT : told(error);
    }
    return told(CONSOLE_E_TRANSPORT + E_DIED);
}

/*
 * Does not work at all, but computes, at the lowest priority: the machine is never idle, so that
 * its time is the number of instructions even while a disk takes the host's. It computes slowly, as
 * an emulator leaves its loop at PAUSE: what the host takes for a request is little time then. Only
 * while nobody else does anything, as before a hang is noticed, it does not.
 */
static __attribute__((noreturn)) enum result on_idle(void)
{
    bool fast = false;

    for (;;) {
        word_t start = rt_now(), now = start, idle = 0;

        while (now - start < IDLE_TICKS) {
            word_t before = now, most = fast ? 600 : 60;

            if (fast)
                __asm__ volatile(".rept 255; nop; .endr");
            __asm__ volatile("pause");
            now = rt_now();
            idle += now - before < most ? now - before : most;
        }
        fast = idle > IDLE_TICKS / 10 * 9;
    }
}

static enum result (*chosen(void))(void)
{
    static const struct {
        const char *name;
        enum result (*work)(void);
    } all[] = {{"ledger", on_ledger},   {"counter", on_counter}, {"log", on_log},
               {"console", on_console}, {"files", on_files},     {"block", on_disk},
               {"idle", on_idle}};
    const char *on = rt_argument("on");

    for (unsigned i = 0; i < sizeof all / sizeof all[0]; i++)
        if (on != NULL && rt_same(on, all[i].name))
            return all[i].work;
    rt_fail(__FILE__, __LINE__, "on=%s: there is no such work", on == NULL ? "" : on);
}

int main(void)
{
    enum result (*work)(void) = chosen();
    word_t pause = rt_ns_to_ticks(PAUSE_NS), last = rt_now();

    record = rt_record();
    server = rt_uses(rt_argument("on")); /* those with libraries of their own need none */
    for (turn = 1;; turn++) {
        enum result result = work();
        word_t now = rt_now();

        record->own[1] += result == WRONG;
        record->own[2] += result == TOLD;
        if (result != RIGHT && !died && record->own[4] == 0)
            record->own[4] = now;
        died = false;
        if (now - last > record->own[3] + pause)
            record->own[3] = now - last - pause;
        record->own[0]++;
        rt_beat(record);
        last = now;
        (void)rt_sleep_ns(PAUSE_NS);
    }
}
