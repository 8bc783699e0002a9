/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which client has which device. Root knows what the manifests say and is asked once for each
 * client; what it said is kept, because asking costs two switches, and root counts the questions.
 */
#include <abi/manifest.h>
#include <rt/program.h>

#include "device.h"

#define KEPT 128u

/* Answers, in the order in which they came; the oldest makes room. */
static struct {
    word_t client;
    struct device *device;
} kept[KEPT];
static unsigned next;

static bool matches(const struct device *d, word_t how, word_t value)
{
    switch (how) {
    case MANIFEST_BY_ADDRESS:
        return d->bus == PLATFORM_BUS_PCI && d->f.address == value;
    case MANIFEST_BY_ID:
        return d->bus == PLATFORM_BUS_PCI && ((word_t)d->f.vendor << 16 | d->f.product) == value;
    case MANIFEST_BY_CLASS:
        return d->f.class >> 8 == value;
    default:
        return false;
    }
}

/* The device that a manifest means. Bridges are nobody's: they decide for those behind them. */
static struct device *choose(word_t how, word_t value)
{
    word_t nth = how == MANIFEST_BY_ADDRESS ? 0 : value >> 32;
    struct device *d;

    if (how != MANIFEST_BY_ADDRESS)
        value &= 0xffffffff;
    for (word_t i = 0; (d = device_at(i)) != NULL; i++) {
        if (d->f.header == 0 && matches(d, how, value) && nth-- == 0)
            return d;
    }
    return NULL;
}

/* Ask root. @return false: no such client, or it has no device here */
static bool ask(enum component_call label, word_t badge, struct message *m)
{
    *m = (struct message){.tag = MESSAGE_TAG(label, 1, 0), .w = {badge}};
    return sys_call(COMPONENT_SUPERVISOR, m) == E_OK && message_label(m->tag) == 0;
}

/* Is the device free for this client? It stays with the first, as long as that exists. */
static bool take(struct device *d, word_t badge)
{
    word_t client = badge % COMPONENT_BADGE;
    struct message m;

    if (d->owner != 0 && d->owner != client && ask(COMPONENT_WHO, badge - client + d->owner, &m)) {
        rt_say(1, "%s is asked for by two components: the second gets nothing", d->name);
        return false;
    }
    d->owner = client;
    return true;
}

struct device *device_of(word_t badge)
{
    word_t client = badge % COMPONENT_BADGE;
    struct message m;
    struct device *d;

    for (unsigned i = 0; i < KEPT; i++) {
        if (kept[i].client == client && client != 0 && kept[i].device->owner == client)
            return kept[i].device;
    }
    if (!ask(COMPONENT_WHICH, badge, &m))
        return NULL;
    d = choose(m.w[0], m.w[1]);
    if (d == NULL || !take(d, badge))
        return NULL;
    kept[next].client = client;
    kept[next].device = d;
    next = (next + 1) % KEPT;
    return d;
}
