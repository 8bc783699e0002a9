/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * partition: gives each of its clients one partition of a disk, as protocol `block`, and nothing
 * beyond it. Which one says the manifest (choose.h). It opens the client's session at the driver
 * for just that part of the disk and hands on what comes: afterwards requests and data go between
 * client and driver without it. The driver enforces the bounds; it has those of the disk to enforce
 * anyway.
 *
 * When the driver is a new one, root signals this component, which signals the clients: so they
 * notice that their bells are dead, and open anew.
 */
#include <abi/invoke.h>
#include <block/client.h>
#include <ipclib/serve.h>
#include <rt/bytes.h>
#include <rt/object.h>
#include <rt/program.h>
#include <rt/slot.h>

#include "choose.h"

#define SIGNAL_DISK  1u
#define OWN_PAGES    4u
#define OWN_SESSION  0u
#define SESSIONS     256u /* numbers that a client may use: below this */
#define CLIENTS      32u  /* sessions whose clients are told of a new driver */
#define UNKNOWN_SIZE 0u

/* A client's session, and how to wake it. */
struct known {
    uint64_t number; /* at the driver; 0: none */
    cap_t signal;
};

static struct {
    cap_t driver;
    struct block_client own;
    bool opened;
    struct table table;
    uint64_t read_first; /* blocks of the disk that are in the region of `own`, for this look */
    uint64_t read_count;
    struct known known[CLIENTS];
    cap_t given[BLOCK_BATCH]; /* went out with the last reply */
} part;

/* --- Signals --------------------------------------------------------------------------------- */

/* The driver is a new one: clients whose signals came by us do not hear of it otherwise. */
static void tell_clients(word_t bits)
{
    bits |= part.own.other_signals;
    part.own.other_signals = 0;
    for (unsigned i = 0; i < CLIENTS && bits & COMPONENT_SIGNAL_RESTARTED; i++) {
        struct message m = {0};

        if (part.known[i].signal != 0)
            (void)sys_send(part.known[i].signal, &m, SYS_NONBLOCK);
    }
}

static void on_signal(void *context, word_t bits)
{
    (void)context;
    if (part.opened)
        block_client_signal(&part.own, bits);
    tell_clients(bits);
}

/* --- The table ------------------------------------------------------------------------------- */

/* As many blocks from there on as the region takes: a table is 32 of them, and a client waits. */
static bool read_some(uint64_t first, uint64_t count)
{
    struct block_io io = {0};
    uint32_t bytes = part.own.geometry.block_bytes;
    uint32_t most = OWN_PAGES * BLOCK_PAGE < part.own.geometry.transfer_bytes
                        ? OWN_PAGES * BLOCK_PAGE
                        : part.own.geometry.transfer_bytes;

    if (count > most / bytes)
        count = most / bytes;
    block_io_read(&io, first * bytes, (uint32_t)count * bytes, 0);
    part.read_first = first;
    part.read_count = block_client_run(&part.own, &io) == BLOCK_DONE ? count : 0;
    return part.read_count != 0;
}

static bool read_block(void *context, uint64_t block, void *to)
{
    uint32_t bytes = part.own.geometry.block_bytes;
    uint64_t left = part.own.geometry.size / bytes - block;

    (void)context;
    if (block - part.read_first >= part.read_count && !read_some(block, left) &&
        !read_some(block, 1)) /* another one near it may be bad */
        return false;
    memcpy(to, part.own.region + (block - part.read_first) * bytes, bytes);
    return true;
}

static enum block_error open_own(void)
{
    struct block_options o = {.server = part.driver,
                              .session = OWN_SESSION,
                              .pages = OWN_PAGES,
                              .read_only = true,
                              .bits = SIGNAL_DISK};
    enum block_error e = part.opened ? BLOCK_OK : block_client_open(&part.own, &o);

    part.opened = e == BLOCK_OK;
    return e;
}

/* Read anew for each who asks: somebody may have the right to change it. */
static enum block_error look(void)
{
    struct table_source source = {.read = read_block};
    enum table_kind before = part.table.kind;
    uint32_t count = part.table.count;
    enum block_error e = open_own();

    if (e != BLOCK_OK)
        return e;
    source.block_bytes = part.own.geometry.block_bytes;
    source.blocks = part.own.geometry.size / source.block_bytes;
    part.read_count = 0;
    table_read(&part.table, &source);
    tell_clients(0); /* of what was heard while waiting for blocks */
    if (part.table.kind != before || part.table.count != count)
        rt_say(part.table.kind >= TABLE_DAMAGED ? 1 : 2, "%s: %u partitions, %u refused",
               table_kind_name(part.table.kind), part.table.count, part.table.refused);
    return part.own.gone ? BLOCK_E_NO_DEVICE : BLOCK_OK;
}

/* The driver's errors are the client's, but for those of the way there. */
static enum block_error hand_on(enum block_error e)
{
    return e <= BLOCK_E_NO_SESSION ? e : BLOCK_E_NO_DEVICE;
}

/* What of the disk a client has. */
static enum block_error part_of(word_t badge, struct choice *choice)
{
    char name[COMPONENT_NAME];
    const char *rule;
    enum block_error e = hand_on(look());
    uint64_t blocks;

    if (e != BLOCK_OK)
        return e;
    rt_client_name(badge, name);
    rule = rt_argument(name);
    if (rule == NULL)
        return BLOCK_E_NOT_ALLOWED;
    blocks = part.own.geometry.size / part.own.geometry.block_bytes;
    switch (choose(choice, rule, &part.table, blocks)) {
    case CHOOSE_OK:
        return BLOCK_OK;
    case CHOOSE_SYNTAX:
        rt_say(0, "the manifest's rule for '%s' is not WHAT,ro or WHAT,rw: %s", name, rule);
        return BLOCK_E_NOT_ALLOWED;
    default:
        rt_say(1, "there is no partition '%s' for '%s' (%s)", rule, name,
               table_kind_name(part.table.kind));
        return BLOCK_E_NOT_FOUND;
    }
}

/* --- Clients --------------------------------------------------------------------------------- */

/* The driver's number of a client's session: the same for each incarnation of everybody. */
static uint64_t number_of(word_t badge, uint64_t session)
{
    return badge % COMPONENT_BADGE * SESSIONS + session;
}

/* Remember how to wake a client. Takes over the capability. */
static void know(uint64_t number, cap_t signal)
{
    struct known *place = NULL;

    for (unsigned i = 0; i < CLIENTS; i++) {
        struct known *k = &part.known[i];

        if (k->number == number || (k->number == 0 && (place == NULL || place->number != number)))
            place = k;
    }
    if (place == NULL) {
        rt_say(1, "too many clients: one will not be told when the driver is a new one");
        rt_slot_delete(signal);
        return;
    }
    rt_slot_delete(place->signal);
    *place = (struct known){.number = signal == 0 ? 0 : number, .signal = signal};
}

/* What went out with the reply before has arrived: our copies go. */
static void drop_given(void)
{
    for (unsigned i = 0; i < BLOCK_BATCH; i++) {
        rt_slot_delete(part.given[i]);
        part.given[i] = 0;
    }
}

static enum block_error on_geometry(void *self, word_t badge, struct block_geometry *geometry)
{
    struct choice choice;
    enum block_error e = part_of(badge, &choice);

    (void)self;
    if (e != BLOCK_OK)
        return e == BLOCK_E_NO_DEVICE ? e : BLOCK_E_NOT_FOUND;
    e = hand_on(block_geometry(part.driver, geometry));
    geometry->size = choice.blocks * geometry->block_bytes;
    geometry->read_only = geometry->read_only || choice.read_only;
    return e;
}

/* The part of the client's part that it asks for. @return false: that is not in it */
static bool narrow(struct choice *choice, uint64_t *first, uint64_t *size)
{
    uint32_t block = part.own.geometry.block_bytes;
    uint64_t all = choice->blocks * block;

    if (*first >= all || *size > all - *first)
        return false;
    if (*size == UNKNOWN_SIZE)
        *size = all - *first;
    *first += choice->first * block;
    return true;
}

static enum block_error on_open(void *self, word_t badge, uint64_t session, uint32_t pages,
                                uint64_t first, uint64_t size, bool read_only, cap_t signal,
                                struct block_geometry *geometry, bool *kept, cap_t *bell)
{
    struct choice choice;
    enum block_error e = part_of(badge, &choice);

    (void)self;
    drop_given();
    if (e == BLOCK_OK && (session >= SESSIONS || !narrow(&choice, &first, &size)))
        e = BLOCK_E_NOT_FOUND;
    if (e == BLOCK_OK)
        e = hand_on(block_open(part.driver, number_of(badge, session), pages, first, size,
                               read_only || choice.read_only, signal, geometry, kept, bell));
    if (e != BLOCK_OK) {
        rt_slot_delete(signal);
        return e;
    }
    part.given[0] = *bell;
    know(number_of(badge, session), signal);
    return BLOCK_OK;
}

static enum block_error on_frames(void *self, word_t badge, uint64_t session, uint32_t index,
                                  cap_t *frame_0, cap_t *frame_1, cap_t *frame_2, cap_t *frame_3)
{
    enum block_error e;

    (void)self;
    drop_given();
    if (session >= SESSIONS)
        return BLOCK_E_NO_SESSION;
    e = hand_on(block_frames(part.driver, number_of(badge, session), index, frame_0, frame_1,
                             frame_2, frame_3));
    if (e != BLOCK_OK)
        return e;
    part.given[0] = *frame_0;
    part.given[1] = *frame_1;
    part.given[2] = *frame_2;
    part.given[3] = *frame_3;
    return BLOCK_OK;
}

static enum block_error on_recall(void *self, word_t badge, uint64_t session)
{
    (void)self;
    if (session >= SESSIONS)
        return BLOCK_E_NO_SESSION;
    return hand_on(block_recall(part.driver, number_of(badge, session)));
}

static enum block_error on_close(void *self, word_t badge, uint64_t session)
{
    enum block_error e;

    (void)self;
    if (session >= SESSIONS)
        return BLOCK_E_NO_SESSION;
    e = block_close(part.driver, number_of(badge, session));
    know(number_of(badge, session), 0);
    return e == BLOCK_OK ? BLOCK_OK : BLOCK_E_NO_SESSION;
}

static const struct block_server callbacks = {
    .geometry = on_geometry, .open = on_open, .frames = on_frames, .close = on_close,
    .recall = on_recall};

int main(int argc, char **argv)
{
    struct ipc_service service = block_service(&callbacks, NULL);
    struct ipc_server server = {.endpoint = COMPONENT_ENDPOINT,
                                .reply = COMPONENT_REPLY,
                                .services = &service,
                                .service_count = 1,
                                .signal = on_signal};
    enum error error;

    (void)argc;
    part.driver = rt_uses("disk");
    if (part.driver == 0)
        rt_fail(__FILE__, __LINE__, "%s needs a route: disk: {protocol: block, from: ...}",
                argv[0]);
    error = ipc_serve(&server);
    rt_fail(__FILE__, __LINE__, "%s: nothing to serve (error %u)", argv[0], (unsigned)error);
}
