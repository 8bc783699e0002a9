/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk whose driver is down may come back. Failing until then would use up the restarts that this
 * component's policy allows, and let its clients wait meanwhile.
 */
#include "absent.h"

#include <abi/invoke.h>
#include <ipclib/serve.h>
#include <proto/file.h>
#include <rt/clock.h>
#include <rt/program.h>

#define LOOK_NS (RT_NS_PER_SECOND / 2)

static struct disk *the_disk;
static cap_t the_timer;

static enum ipc_next refuse(const void *callbacks, void *self, struct message *message)
{
    (void)callbacks;
    (void)self;
    return ipc_refuse(message, FILE_E_IO);
}

static void look_again(void)
{
    (void)timer_set(the_timer, rt_now() + rt_ns_to_ticks(LOOK_NS));
}

static void on_signal(void *context, word_t bits)
{
    (void)context;
    if ((bits & SIGNAL_TIMER) == 0)
        return;
    if (disk_open(the_disk, the_timer, BLOCK_PAGE) == BLOCK_OK) {
        rt_say(1, "the disk is there: beginning again with it");
        rt_exit(0);
    }
    look_again();
}

_Noreturn void absent_serve(struct disk *disk, cap_t timer, enum block_error why)
{
    struct ipc_service service = {.dispatch = refuse};
    struct ipc_server serving = {.endpoint = COMPONENT_ENDPOINT,
                                 .reply = COMPONENT_REPLY,
                                 .services = &service,
                                 .service_count = 1,
                                 .signal = on_signal};

    the_disk = disk;
    the_timer = timer;
    rt_degraded("no disk (error %u): every call is answered with an error until there is one",
                (unsigned)why);
    look_again();
    rt_fail(__FILE__, __LINE__, "ipc_serve ended with error %u", (unsigned)ipc_serve(&serving));
}
