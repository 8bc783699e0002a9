/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Something to supervise: does what its argument says. Without one it says hello and waits for
 * ever.
 *
 *   act=exit    ends with code 0        act=fail    ends with code 3
 *   act=fault   writes where nothing is, three calls deep
 *   act=flood   asks root for things without end
 *   act=mute    lives, but gives no sign of life
 */
#include <abi/call.h>
#include <rt/bytes.h>
#include <rt/program.h>

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

static void wait(void)
{
    struct message m = {.tag = 0};

    for (;;)
        (void)sys_recv(COMPONENT_SIGNALS, 0, &m, 0);
}

int main(int argc, char **argv)
{
    const char *act = rt_argument("act");

    (void)argc;
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
    while (rt_same(act, "flood"))
        rt_alive();
    wait();
    return 0;
}
