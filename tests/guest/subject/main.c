/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Something to supervise: does what its argument says. Without one it says hello and waits for
 * ever.
 *
 *   act=exit    ends with code 0        act=fail    ends with code 3
 *   act=fault   writes where nothing is, three calls deep
 *   act=flood   asks root for things without end
 *   act=send    says that it ends, but does not wait for an answer
 *   act=garble  sends root all kinds of nonsense
 *   act=call    calls the server `counter` for ever, and gives signs of life; ends with code 9 if
 *               it ever gets an answer that is none, or the server's death too often in a row
 *   act=mute    lives, but gives no sign of life
 *   act=master  at first makes its device a bus master; then, that it is none any more: ends with
 *               code 6 if it still is
 *   act=notice  waits until a server of its is a new one; ends with code 5 when it is told
 */
#include <abi/call.h>
#include <proto/counter.h>
#include <proto/platform.h>
#include <rt/bytes.h>
#include <rt/program.h>
#include <rt/vault.h>

static volatile int depth;

__attribute__((noinline)) static void deepest(void)
{
    *(volatile int *)0x123000 = 1;
    depth--;
}

__attribute__((noinline)) static void deeper(void)
{
    depth++;
    deepest();
    depth--;
}

/* Every label up to the last and some beyond, lengths that are too long, calls and sends, faults
 * that never were. */
static void garble(void)
{
    word_t x = 88172645463325252ul;

    for (;;) {
        struct message m;

        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        m = (struct message){.tag = MESSAGE_TAG(x % 0x110, x >> 20 & 127, x >> 30 & 3),
                             .w = {x, x >> 3, x >> 9, x >> 1}};
        if (message_label(m.tag) == COMPONENT_EXIT || message_label(m.tag) < 5)
            m.tag += MESSAGE_TAG(6, 0, 0);
        if (x >> 40 & 1)
            (void)sys_call(COMPONENT_SUPERVISOR, &m);
        else
            (void)sys_send(COMPONENT_SUPERVISOR, &m, 0);
    }
}

/* The stub of an idempotent method tries again when the server dies; who is killed on purpose may
 * die more often. */
static int call(void)
{
    cap_t server = rt_uses("counter");
    unsigned deaths = 0;

    for (word_t i = 0; deaths < 20; i++) {
        uint64_t now = 1;
        uint32_t calls;
        enum counter_error e = counter_read(server, &now, &calls);

        if (e == COUNTER_E_TRANSPORT + (int)E_DIED)
            deaths++;
        else if (e != COUNTER_OK || now != 0)
            return 9;
        else
            deaths = 0;
        if (i % 64 == 0)
            rt_alive();
    }
    return 9;
}

static void ask(void)
{
    struct message m = {.tag = MESSAGE_TAG(COMPONENT_ALIVE, 0, 0)};

    (void)sys_call(COMPONENT_SUPERVISOR, &m);
}

static void wait(void)
{
    struct message m = {.tag = 0};

    for (;;)
        (void)sys_recv(COMPONENT_SIGNALS, 0, &m, 0);
}

#define PCI_COMMAND 4u
#define BUS_MASTER  4u

static void master(void)
{
    const struct component_entry *device = rt_find(COMPONENT_DEVICE, NULL);
    uint32_t command = 0;

    if (device == NULL ||
        platform_config_read(device->slot, PCI_COMMAND, 2, &command) != PLATFORM_OK)
        rt_exit(7);
    if (rt_info()->incarnation > 0 && (command & BUS_MASTER))
        rt_exit(6);
    if (platform_config_write(device->slot, PCI_COMMAND, 2, (command & 3) | BUS_MASTER) !=
        PLATFORM_OK)
        rt_exit(8);
    wait();
}

static int notice(void)
{
    struct message m = {.tag = 0};

    (void)sys_recv(COMPONENT_SIGNALS, 0, &m, 0);
    return m.badge == COMPONENT_SIGNAL_RESTARTED ? 5 : 9;
}

int main(int argc, char **argv)
{
    const char *act = rt_argument("act");
    struct rt_vault vault;

    (void)argc;
    if (rt_argument("vault") != NULL) /* of layout 2 */
        (void)rt_vault_open(&vault, 2, sizeof(uint64_t));
    if (act == NULL) {
        rt_say(2, "hello from %s, incarnation %lu", argv[0], rt_info()->incarnation);
        wait();
    }
    if (rt_same(act, "exit"))
        return 0;
    if (rt_same(act, "fail"))
        return 3;
    if (rt_same(act, "fault"))
        deeper();
    if (rt_same(act, "garble"))
        garble();
    if (rt_same(act, "send"))
        (void)sys_send(COMPONENT_SUPERVISOR,
                       &(struct message){.tag = MESSAGE_TAG(COMPONENT_EXIT, 1, 0), .w = {7}}, 0);
    if (rt_same(act, "call"))
        return call();
    if (rt_same(act, "master"))
        master();
    if (rt_same(act, "notice"))
        return notice();
    while (rt_same(act, "flood"))
        ask();
    wait();
    return 0;
}
