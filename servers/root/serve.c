/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages tell by their badge what they are and who sent them. Whoever is not there any more gets
 * no answer: the kernel wakes it (DIED) when root's Reply object is used again.
 */
#include "serve.h"

#include "console.h"
#include "ends.h"
#include "root.h"
#include "supervisor.h"

#include <abi/invoke.h>
#include <manifest/manifest.h>
#include <rt/bytes.h>

/* What requests cost, for supervise_charge. */
#define COST_LINE    20u
#define COST_REQUEST 1u

static bool answer(struct message *m, word_t label, word_t words)
{
    m->tag = MESSAGE_TAG(label, words, 0);
    return true;
}

static void serve_fault(struct component *c, const struct message *m, bool main_thread)
{
    struct fault f = {.label = message_label(m->tag), .main_thread = main_thread};

    if (main_thread && f.label == FAULT_PAGE && component_guarded(c, m->w[2], m->w[3]))
        return;
    memcpy(f.w, m->w, sizeof f.w);
    supervise_fault(c, &f);
}

static bool serve_say(struct component *c, struct message *m)
{
    const struct message_buffer *buffer = (const struct message_buffer *)ROOT_VADDR_BUFFER;
    char text[COMPONENT_LINE + 1];
    word_t bytes = m->w[1];

    if (message_words(m->tag) < MESSAGE_REGS ||
        bytes > (message_words(m->tag) - MESSAGE_REGS) * 8 || bytes > COMPONENT_LINE)
        return answer(m, 1, 0);
    memcpy(text, &buffer->words[MESSAGE_REGS], bytes);
    text[bytes] = 0;
    if (supervise_charge(c, COST_LINE)) {
        if (message_label(m->tag) == COMPONENT_RECOVERED)
            end_line(c, "  recovered: %.150s", text);
        if (message_label(m->tag) == COMPONENT_DEGRADED)
            c->degraded = true;
        say_for(c->name, m->w[0] <= SAY_DEBUG ? (unsigned)m->w[0] : SAY_INFO, text);
    }
    return answer(m, 0, 0);
}

/* Who is this client of mine? */
static bool serve_who(struct message *m)
{
    const struct component *c = component_numbered(m->w[0] % COMPONENT_BADGE);

    if (m->w[0] % COMPONENT_BADGE == 0) {
        memset(m->w, 0, sizeof m->w);
        memcpy(m->w, "root", 4);
        return answer(m, 0, COMPONENT_NAME / 8);
    }
    if (c == NULL)
        return answer(m, 1, 0);
    memcpy(m->w, c->name, COMPONENT_NAME);
    return answer(m, 0, COMPONENT_NAME / 8);
}

/* Which device is this client's? Only the platform that the client's manifest names is told. */
static bool serve_which(const struct component *server, struct message *m)
{
    const struct manifest_grant *grants = manifest_section(the_manifest(), MANIFEST_GRANTS);
    word_t number = m->w[0] % COMPONENT_BADGE;
    const struct component *c = component_numbered(number);
    word_t device = 0;

    for (uint32_t i = 0; c != NULL && i < c->manifest->grants.count; i++) {
        const struct manifest_grant *g = &grants[c->manifest->grants.first + i];

        if (g->kind != MANIFEST_DEVICE || ++device != number - c->number)
            continue;
        if (component_at(g->server) != server)
            break;
        m->w[0] = g->a;
        m->w[1] = g->b;
        return answer(m, 0, 2);
    }
    return answer(m, 1, 0);
}

static bool serve_component(struct component *c, struct message *m)
{
    if (!supervise_charge(c, COST_REQUEST))
        return false;
    switch (message_label(m->tag)) {
    case COMPONENT_EXIT:
        supervise_exit(c, (int)m->w[0]);
        return false;
    case COMPONENT_ALIVE:
        return answer(m, 0, 0);
    case COMPONENT_SAY:
    case COMPONENT_RECOVERED:
    case COMPONENT_DEGRADED:
        return serve_say(c, m);
    case COMPONENT_WHO:
        return serve_who(m);
    case COMPONENT_WHICH:
        return serve_which(c, m);
    case COMPONENT_GUARD:
        component_set_guard(c, m->w[0], m->w[1], m->w[2]);
        return answer(m, message_words(m->tag) == 3 ? 0 : 1, 0);
    case FAULT_PAGE:
    case FAULT_EXCEPTION:
    case FAULT_SYSCALL:
    case FAULT_TIMEOUT:
        serve_fault(c, m, false);
        return false;
    default:
        return answer(m, 1, 0);
    }
}

bool serve_message(struct message *m)
{
    struct component *c = component_numbered(m->badge % COMPONENT_BADGE);

    if (c == NULL || c->state != RUNNING)
        return false;
    switch (m->badge / COMPONENT_BADGE) {
    case BADGE_COMPONENT:
        return serve_component(c, m);
    case BADGE_FAULT:
        if (supervise_charge(c, COST_REQUEST))
            serve_fault(c, m, true);
        return false;
    case BADGE_PROTOCOL:
    case BADGE_LOOK:
    case BADGE_HARM:
        return serve_protocol(m);
    default:
        return false;
    }
}
