/* SPDX-License-Identifier: BSD-2-Clause */
/* The supervisor protocol. Its dispatcher has checked lengths and ranges before anything arrives
 * here. */
#include "ends.h"
#include "images.h"
#include "look.h"
#include "root.h"
#include "serve.h"
#include "slots.h"
#include "supervisor.h"

#include <proto/supervisor.h>
#include <rt/bytes.h>

_Static_assert((int)STOPPED == (int)SUPERVISOR_STATE_STOPPED &&
                   (int)STARTING == (int)SUPERVISOR_STATE_STARTING &&
                   (int)RUNNING == (int)SUPERVISOR_STATE_RUNNING &&
                   (int)RESTARTING == (int)SUPERVISOR_STATE_RESTARTING &&
                   (int)FAILED == (int)SUPERVISOR_STATE_FAILED &&
                   (int)EXITED == (int)SUPERVISOR_STATE_EXITED,
               "states are those of the protocol");

static const enum supervisor_error outcomes[] = {
    [MADE] = SUPERVISOR_OK,
    [MADE_NO_MEMORY] = SUPERVISOR_E_NO_MEMORY,
    [MADE_BAD_IMAGE] = SUPERVISOR_E_BAD_IMAGE,
};

static bool only_looks(word_t badge)
{
    return badge / COMPONENT_BADGE == BADGE_LOOK;
}

static void set_status(const struct component *c, struct supervisor_status *status)
{
    *status = (struct supervisor_status){
        .state = look_degraded(c) ? SUPERVISOR_STATE_DEGRADED : (enum supervisor_state)c->state,
        .restarts = (uint32_t)c->restarts,
        .exit_code = c->exit_code,
        .memory_bytes = component_memory(c),
        .quota_bytes = c->manifest->memory_bytes,
        .cpu_ticks = component_ticks(c),
    };
}

/* Components are in the order of their numbers. */
static enum supervisor_error list(void *self, word_t badge, uint64_t index, char name[static 32],
                                  struct supervisor_status *status, uint64_t *next)
{
    const struct component *c = component_first();

    (void)self;
    (void)badge;
    while (c != NULL && c->number < index)
        c = c->next;
    if (c == NULL)
        return SUPERVISOR_E_END;
    memcpy(name, c->name, COMPONENT_NAME);
    set_status(c, status);
    *next = c->number + 1;
    return SUPERVISOR_OK;
}

static enum supervisor_error query(void *self, word_t badge, const char *name,
                                   struct supervisor_status *status)
{
    const struct component *c = component_named(name);

    (void)self;
    (void)badge;
    if (c == NULL)
        return SUPERVISOR_E_NOT_FOUND;
    set_status(c, status);
    return SUPERVISOR_OK;
}

static enum supervisor_error start(void *self, word_t badge, const char *name)
{
    struct component *c = component_named(name);

    (void)self;
    if (only_looks(badge))
        return SUPERVISOR_E_NOT_ALLOWED;
    if (c == NULL)
        return SUPERVISOR_E_NOT_FOUND;
    if (c->state != STOPPED && c->state != FAILED && c->state != EXITED)
        return SUPERVISOR_E_WRONG_STATE;
    end_line(c, "  started by hand after %lu ms", ticks_us(now_ticks() - c->ended_ticks) / 1000);
    return outcomes[supervise_start(c)];
}

static enum supervisor_error stop(void *self, word_t badge, const char *name)
{
    struct component *c = component_named(name);

    (void)self;
    if (only_looks(badge))
        return SUPERVISOR_E_NOT_ALLOWED;
    if (c == NULL)
        return SUPERVISOR_E_NOT_FOUND;
    if (c->state != RUNNING && c->state != RESTARTING)
        return SUPERVISOR_E_WRONG_STATE;
    supervise_stop_for_good(c);
    return SUPERVISOR_OK;
}

static enum supervisor_error kill(void *self, word_t badge, const char *name)
{
    struct component *c = component_named(name);

    (void)self;
    if (only_looks(badge))
        return SUPERVISOR_E_NOT_ALLOWED;
    if (c == NULL)
        return SUPERVISOR_E_NOT_FOUND;
    if (c->state != RUNNING)
        return SUPERVISOR_E_WRONG_STATE;
    supervise_kill(c, "was killed");
    return SUPERVISOR_OK;
}

static enum supervisor_error restart(void *self, word_t badge, const char *name)
{
    struct component *c = component_named(name);

    (void)self;
    if (only_looks(badge))
        return SUPERVISOR_E_NOT_ALLOWED;
    if (c == NULL)
        return SUPERVISOR_E_NOT_FOUND;
    if (c->state == STOPPED)
        return SUPERVISOR_E_WRONG_STATE;
    return outcomes[supervise_restart(c)];
}

/* If the new image cannot be started the old one goes on. */
static enum supervisor_error replace(void *self, word_t badge, const char *name, const char *image)
{
    struct component *c = component_named(name);
    char before[COMPONENT_NAME];
    enum made made;

    (void)self;
    if (only_looks(badge))
        return SUPERVISOR_E_NOT_ALLOWED;
    if (c == NULL || image_find(image).data == NULL)
        return SUPERVISOR_E_NOT_FOUND;
    memcpy(before, c->image, sizeof before);
    if (c->state == RUNNING)
        report_end(c, "'%s' is replaced: image '%s' for '%s'", c->name, image, before);
    supervise_stop(c);
    component_set_image(c, image);
    made = supervise_start(c);
    if (made == MADE) {
        memcpy(c->image_before, before, sizeof before);
        return SUPERVISOR_OK;
    }
    component_set_image(c, before);
    (void)supervise_start(c);
    return outcomes[made];
}

static enum supervisor_error bring(void *self, word_t badge, const char *name, uint64_t bytes,
                                   char image[static 32])
{
    const struct component *c = component_named(name);

    (void)self;
    if (only_looks(badge))
        return SUPERVISOR_E_NOT_ALLOWED;
    if (c == NULL)
        return SUPERVISOR_E_NOT_FOUND;
    return image_begin(c, bytes, image) ? SUPERVISOR_OK : SUPERVISOR_E_NO_MEMORY;
}

static enum supervisor_error put(void *self, word_t badge, const char *image, uint64_t offset,
                                 const void *bytes, size_t size)
{
    (void)self;
    if (only_looks(badge))
        return SUPERVISOR_E_NOT_ALLOWED;
    return image_put(image, offset, bytes, size) ? SUPERVISOR_OK : SUPERVISOR_E_NOT_FOUND;
}

static enum supervisor_error create(void *self, word_t badge, const char *name, const char *image,
                                    const char *manifest)
{
    const struct manifest_component *m = template_named(manifest);
    const char *from = image[0] != 0 || m == NULL ? image : text_of(m->image);
    struct component *c;
    enum made made;

    (void)self;
    if (only_looks(badge))
        return SUPERVISOR_E_NOT_ALLOWED;
    if (m == NULL || name[0] == 0 || image_find(from).data == NULL)
        return SUPERVISOR_E_NOT_FOUND;
    if (component_named(name) != NULL)
        return SUPERVISOR_E_EXISTS;
    c = component_enter(name, from, m);
    if (c == NULL)
        return SUPERVISOR_E_NO_MEMORY;
    c->made = true;
    made = supervise_start(c);
    if (made != MADE)
        component_forget(c);
    return outcomes[made];
}

static enum supervisor_error destroy(void *self, word_t badge, const char *name)
{
    struct component *c = component_named(name);

    (void)self;
    if (only_looks(badge))
        return SUPERVISOR_E_NOT_ALLOWED;
    if (c == NULL)
        return SUPERVISOR_E_NOT_FOUND;
    if (!c->made)
        return SUPERVISOR_E_NOT_ALLOWED;
    supervise_stop(c);
    component_forget(c);
    return SUPERVISOR_OK;
}

static enum supervisor_error post_mortem(void *self, word_t badge, const char *name, uint32_t back,
                                         uint64_t offset, void *text, size_t *text_size)
{
    const struct component *c = component_named(name);
    const struct end *e = c == NULL ? NULL : end_of(c, back);

    (void)self;
    (void)badge;
    if (c == NULL)
        return SUPERVISOR_E_NOT_FOUND;
    *text_size = 0;
    if (e == NULL || offset >= e->bytes)
        return SUPERVISOR_OK;
    *text_size = e->bytes - offset < 800 ? e->bytes - offset : 800;
    memcpy(text, e->text + offset, *text_size);
    return SUPERVISOR_OK;
}

static enum supervisor_error last_ends(void *self, word_t badge, uint32_t back,
                                       char name[static 32], uint64_t *ticks, void *cause,
                                       size_t *cause_size)
{
    const struct end *e = end_at(back);

    (void)self;
    (void)badge;
    if (e == NULL)
        return SUPERVISOR_E_END;
    memcpy(name, e->name, COMPONENT_NAME);
    *ticks = e->ticks;
    *cause_size = e->cause_bytes < 200 ? e->cause_bytes : 200;
    memcpy(cause, e->text, *cause_size);
    return SUPERVISOR_OK;
}

static enum supervisor_error hang(void *self, word_t badge, const char *name)
{
    struct component *c = component_named(name);

    (void)self;
    if (only_looks(badge))
        return SUPERVISOR_E_NOT_ALLOWED;
    if (c == NULL)
        return SUPERVISOR_E_NOT_FOUND;
    return c->state == RUNNING && component_hang(c) ? SUPERVISOR_OK : SUPERVISOR_E_WRONG_STATE;
}

static enum supervisor_error resources(void *self, word_t badge, struct supervisor_resources *r)
{
    struct memory_state memory = memory_state();
    struct heap_state heap = heap_state();

    (void)self;
    (void)badge;
    *r = (struct supervisor_resources){
        .ram_bytes = boot_info()->ram_bytes,
        .total_bytes = memory.total,
        .free_bytes = memory.free,
        .largest_bytes = memory.largest,
        .table_bytes = heap.used,
        .free_slots = slots_left(),
        .ticks_per_second = boot_info()->ticks_per_second,
        .boot_ticks = boot_info()->boot_ticks,
    };
    return SUPERVISOR_OK;
}

static const struct supervisor_server callbacks = {
    .list = list,
    .query = query,
    .start = start,
    .stop = stop,
    .kill = kill,
    .restart = restart,
    .create = create,
    .destroy = destroy,
    .replace = replace,
    .bring = bring,
    .put = put,
    .post_mortem = post_mortem,
    .resources = resources,
    .ends = last_ends,
    .hang = hang,
    .capability = look_capability,
    .place = look_place,
    .handles = look_handles,
};

bool serve_protocol(struct message *m)
{
    return supervisor_dispatch(&callbacks, NULL, m) == IPC_REPLY;
}
