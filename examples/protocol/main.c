/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * protocol: two components and a protocol of their own, idl/counter.idl. Both run this image; one
 * provides the protocol, the other uses it (system/examples.yaml). The build makes
 * <proto/counter.h> from the definition: functions for the client, a table of callbacks for the
 * server.
 */
#include <inttypes.h>
#include <ipclib/serve.h>
#include <proto/counter.h>
#include <rt/program.h>
#include <stdio.h>

#define LIMIT 2000u

/* The server's state. A badge says who calls; here everybody shares one counter. */
struct counter {
    uint64_t now;
    uint32_t calls;
};

static enum counter_error on_add(void *self, word_t badge, uint32_t amount, uint64_t *now)
{
    struct counter *counter = self;

    (void)badge;
    counter->calls++;
    if (counter->now + amount > LIMIT)
        return COUNTER_E_TOO_FAR;
    *now = counter->now += amount;
    return COUNTER_OK;
}

static enum counter_error on_read(void *self, word_t badge, uint64_t *now, uint32_t *calls)
{
    const struct counter *counter = self;

    (void)badge;
    *now = counter->now;
    *calls = counter->calls;
    return COUNTER_OK;
}

static enum counter_error on_reset(void *self, word_t badge)
{
    (void)badge;
    *(struct counter *)self = (struct counter){0};
    return COUNTER_OK;
}

static int serve(void)
{
    static const struct counter_server callbacks = {
        .add = on_add, .read = on_read, .reset = on_reset};
    struct counter counter = {0};
    struct ipc_service service = counter_service(&callbacks, &counter);
    struct ipc_server server = {.endpoint = COMPONENT_ENDPOINT,
                                .reply = COMPONENT_REPLY,
                                .services = &service,
                                .service_count = 1};

    return (int)ipc_serve(&server); /* returns only if the endpoint is gone */
}

static void add(cap_t server, uint32_t amount)
{
    uint64_t now = 0;

    switch (counter_add(server, amount, &now)) {
    case COUNTER_OK:
        printf("added %" PRIu32 ": the counter is at %" PRIu64 "\n", amount, now);
        break;
    case COUNTER_E_TOO_FAR:
        printf("could not add %" PRIu32 ": the server says that is too far\n", amount);
        break;
    case COUNTER_E_ARG:
        printf("could not add %" PRIu32
               ": the protocol allows 0 to 1000, so it was not even sent\n",
               amount);
        break;
    default:
        printf("could not add %" PRIu32 ": the server does not answer as it should\n", amount);
        break;
    }
}

int main(void)
{
    cap_t server = rt_uses("counter");
    uint64_t now = 0;
    uint32_t calls = 0;

    if (rt_provides("counter") != 0)
        return serve();
    if (counter_reset(server) != COUNTER_OK)
        printf("the server does not answer as it should\n");
    add(server, 1000);
    add(server, 999);
    add(server, 2);
    add(server, 5000);
    if (counter_read(server, &now, &calls) == COUNTER_OK)
        printf("the counter is at %" PRIu64 " after %" PRIu32 " calls of add\n", now, calls);
    return 0;
}
