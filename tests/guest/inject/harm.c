/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The faults. The injector runs above everybody but root, so the victim stands still meanwhile,
 * wherever the timer caught it. Frames of the victim are found by where they are mapped.
 */
#include "inject.h"

#include <abi/invoke.h>
#include <proto/supervisor.h>
#include <rt/bytes.h>
#include <rt/clock.h>
#include <rt/format.h>
#include <rt/memory.h>
#include <rt/object.h>
#include <rt/program.h>
#include <rt/record.h>
#include <rt/slot.h>
#include <rt/thread.h>

#define FRAMES     1024u
#define SLOTS_MAX  2048u
#define TRIES      200u
#define READY      1u /* Thread.inspect */
#define STORM      2000u
#define PAGE_TRIES 8u
#define LOST_POLLS 400u
#define RING_HEAD  512u
#define DEVICE_STATUS 0x14u
#define DEVICE_RUNS   0x0fu
#define QUEUE_SIZE    0x18u
#define QUEUE_AVAILABLE 0x28u
#define QUEUE_USED      0x30u

/* A page of the victim. */
struct page {
    cap_t cnode; /* where its frame is */
    word_t slot;
    word_t address;
    word_t rights;
    word_t object;
    bool foreign; /* not of its own memory: shared with others, or a device's to write to */
};

static struct page pages[FRAMES];
static unsigned page_count;
static void *own_code;  /* takes the place of a page of code */
static cap_t own_frame; /* mapped in the victim */

/* Where the victim's main thread is. */
static word_t ip_of(const struct victim *v)
{
    word_t r[8] = {0};

    (void)thread_read_registers(v->thread, &r[0], &r[1], &r[2], &r[3], &r[4], &r[5], &r[6], &r[7]);
    return r[0];
}

bool victim_open(struct victim *v)
{
    cap_t root = rt_uses("supervisor");
    uint64_t endpoint;

    return supervisor_handles(root, v->name, &v->thread, &v->cnode, &v->inventory, &v->space) ==
               SUPERVISOR_OK &&
           supervisor_place(root, v->name, &v->first, &v->granules, &endpoint) == SUPERVISOR_OK;
}

void victim_close(struct victim *v)
{
    rt_slot_delete(v->thread);
    rt_slot_delete(v->cnode);
    rt_slot_delete(v->inventory);
    rt_slot_delete(v->space);
    v->thread = v->cnode = v->inventory = v->space = 0;
}

/* --- Pages ----------------------------------------------------------------------------------- */

static void list_pages(const struct victim *v, cap_t cnode)
{
    word_t type, object, rights, badge, address, hint;

    for (word_t slot = 1; slot < SLOTS_MAX && page_count < FRAMES; slot++) {
        if (cnode_inspect(cnode, slot, &type, &object, &rights, &badge, &address, &hint) == E_CAP)
            return;
        if (type == TYPE_FRAME && address != 0)
            pages[page_count++] = (struct page){.cnode = cnode,
                                                .slot = slot,
                                                .address = address,
                                                .rights = rights,
                                                .object = object,
                                                .foreign = object - v->first >= v->granules};
    }
}

enum area {
    AREA_CODE,
    AREA_DATA,
    AREA_STACK,
    AREA_VAULT,
    AREA_SHARED,
    AREA_BUFFER,
    AREA_DEVICE,
    AREA_NONE
};

static enum area area_of(const struct page *p)
{
    if (p->address < COMPONENT_HEAP)
        return p->rights & RIGHT_WRITE ? AREA_DATA : AREA_CODE;
    if (p->address == COMPONENT_BUFFER)
        return AREA_BUFFER;
    if (p->address < COMPONENT_HEAP_END && p->foreign)
        return !(p->rights & RIGHT_WRITE) ? AREA_NONE
               : p->rights & RIGHT_RAM    ? AREA_SHARED
                                          : AREA_DEVICE;
    if (p->address < COMPONENT_HEAP_END)
        return AREA_DATA;
    if (p->address >= COMPONENT_VAULT && p->address < COMPONENT_VAULT + 0x40000000ul)
        return AREA_VAULT;
    if (p->address < COMPONENT_STACK_TOP && p->address > COMPONENT_STACK_TOP - 0x1000000ul)
        return AREA_STACK;
    return AREA_NONE;
}

/* A random page of an area. @return NULL: the victim has none */
static const struct page *choose_page(struct victim *v, enum area area)
{
    unsigned count = 0, nth;

    page_count = 0;
    list_pages(v, v->inventory);
    list_pages(v, v->cnode);
    for (unsigned i = 0; i < page_count; i++)
        count += area_of(&pages[i]) == area;
    if (count == 0)
        return NULL;
    nth = (unsigned)random_below(count);
    /* Most of a stack was never used: the part in use is at its top, among the last pages. */
    if (area == AREA_STACK && random_below(4) != 0)
        nth = count - 1;
    for (unsigned i = 0; i < page_count; i++)
        if (area_of(&pages[i]) == area && nth-- == 0)
            return &pages[i];
    return NULL;
}

/* The page in the injector's own address space. @param copy set to a slot; close_page gives both
 * back */
static uint8_t *open_page(const struct page *p, cap_t *copy, word_t flags)
{
    uint8_t *here = NULL;

    *copy = rt_slot_alloc();
    if (*copy != 0 && cnode_copy(COMPONENT_CNODE, *copy, p->cnode, p->slot, RIGHT_ALL, 1) == E_OK)
        here = rt_frames_map(*copy, 1, flags);
    return here;
}

static void close_page(uint8_t *here, cap_t copy)
{
    if (here != NULL)
        rt_frames_unmap(here, 1);
    rt_slot_delete(copy);
}

struct rt_record *open_record(const char *name)
{
    struct victim v = {.name = name};
    uint8_t *here = NULL;
    cap_t copy;

    if (!victim_open(&v))
        return NULL;
    page_count = 0;
    list_pages(&v, v.inventory);
    for (unsigned i = 0; i < page_count; i++)
        if (pages[i].address == COMPONENT_RECORD)
            here = open_page(&pages[i], &copy, MAP_READ | MAP_WRITE);
    victim_close(&v);
    return (struct rt_record *)(void *)here;
}

/* --- Memory ---------------------------------------------------------------------------------- */

/* Where in a page: of a stack mostly where it is in use, above the stack pointer. */
static word_t choose_byte(const struct victim *v, const struct page *p)
{
    word_t r[8] = {0};
    word_t used;

    if (area_of(p) == AREA_BUFFER)
        return random_below(MESSAGE_WORDS * sizeof(word_t));
    if (area_of(p) == AREA_SHARED && random_below(2) != 0)
        return random_below(RING_HEAD); /* where the indices of rings are */

    (void)thread_read_registers(v->thread, &r[0], &r[1], &r[2], &r[3], &r[4], &r[5], &r[6], &r[7]);
    used = r[1] - p->address;
    return used < RT_PAGE && random_below(4) != 0 ? used + random_below(RT_PAGE - used)
                                                  : random_below(RT_PAGE);
}

static bool flip(struct victim *v, enum area area, char what[static 64])
{
    const struct page *p = choose_page(v, area);
    word_t at, bit = random_below(8);
    uint8_t *here;
    cap_t copy = 0;

    if (p == NULL)
        return false;
    at = choose_byte(v, p);
    here = open_page(p, &copy, MAP_READ | MAP_WRITE);
    if (here != NULL)
        here[at] ^= (uint8_t)(1u << bit);
    rt_format(what, 64, "0x%lx bit %lu", p->address + at, bit);
    close_page(here, copy);
    return here != NULL;
}

/* A word where a wild pointer may point: anywhere among what can be written. */
static bool wild_write(struct victim *v, char what[static 64])
{
    const struct page *p = choose_page(v, random_below(4) == 0 ? AREA_STACK : AREA_DATA);
    word_t at = random_below(RT_PAGE / 8) * 8, value = random_word() >> random_below(64);
    uint8_t *here;
    cap_t copy = 0;

    if (p == NULL)
        return false;
    here = open_page(p, &copy, MAP_READ | MAP_WRITE);
    if (here != NULL)
        memcpy(here + at, &value, sizeof value);
    rt_format(what, 64, "0x%lx = 0x%lx", p->address + at, value);
    close_page(here, copy);
    return here != NULL;
}

/* The page of a virtio device with the registers that all have (virtio 1.2, 4.1.4.3), if it works.
 * @return it, mapped here, for close_page; NULL: there is none */
static volatile uint8_t *open_device(struct victim *v, cap_t *copy, word_t *address)
{
    (void)choose_page(v, AREA_DEVICE);
    for (unsigned i = 0; i < page_count; i++) {
        volatile uint8_t *here;

        if (area_of(&pages[i]) != AREA_DEVICE)
            continue;
        here = open_page(&pages[i], copy, MAP_READ | MAP_WRITE);
        *address = pages[i].address;
        if (here != NULL && here[DEVICE_STATUS] == DEVICE_RUNS)
            return here;
        close_page((uint8_t *)(uintptr_t)here, *copy);
        *copy = 0;
    }
    return NULL;
}

/* The device forgets everything, as one that was reset or lost its power for a moment. */
static bool reset_device(struct victim *v, char what[static 64])
{
    word_t address = 0;
    cap_t copy = 0;
    volatile uint8_t *device = open_device(v, &copy, &address);

    if (device == NULL)
        return false;
    device[DEVICE_STATUS] = 0;
    close_page((uint8_t *)(uintptr_t)device, copy);
    rt_format(what, 64, "0x%lx", address);
    return true;
}

/* What a device is to do, and what it says that it has done (virtio 1.2, 2.7.6 and 2.7.8). */
struct available {
    uint16_t flags;
    volatile uint16_t index;
    uint16_t ring[];
};
struct used {
    uint16_t flags;
    volatile uint16_t index;
    struct {
        uint32_t id, bytes;
    } ring[];
};

/* A ring of the selected queue, whose address is in a register, mapped here. */
static void *open_ring(const volatile uint8_t *device, unsigned reg, cap_t *copy)
{
    word_t at = *(const volatile uint32_t *)(device + reg) |
                (word_t) * (const volatile uint32_t *)(device + reg + 4) << 32;

    for (unsigned i = 0; i < page_count; i++)
        if (pages[i].object == at / RT_PAGE * RT_PAGE / GRANULE) {
            uint8_t *page = open_page(&pages[i], copy, MAP_READ | MAP_WRITE);

            return page == NULL ? NULL : page + at % RT_PAGE;
        }
    return NULL;
}

static void close_ring(void *ring, cap_t copy)
{
    close_page(ring == NULL ? NULL : (uint8_t *)((uintptr_t)ring / RT_PAGE * RT_PAGE), copy);
}

/* One more request is said to be done: the latest, any, or one that there is not. */
static void add_used(struct used *used, const struct available *available, unsigned size,
                     char what[static 64])
{
    uint32_t id = available->ring[(uint16_t)(available->index - 1) % size];
    unsigned at = used->index % size;

    if (random_below(2) != 0)
        id = (uint32_t)(random_below(2) != 0 ? random_below(size) : random_word());
    used->ring[at].id = id;
    used->ring[at].bytes = (uint32_t)random_below(1u << 20);
    used->index++;
    rt_format(what, 64, "request %u of %u is done", id, size);
}

static bool signal_victim(struct victim *v, unsigned count, char what[static 64]);

static bool lie_of_device(struct victim *v, char what[static 64])
{
    cap_t copy = 0, used_copy = 0, available_copy = 0;
    word_t address = 0;
    volatile uint8_t *device = open_device(v, &copy, &address);
    struct used *used;
    struct available *available;
    unsigned size;
    bool done;

    if (device == NULL)
        return false;
    size = *(volatile uint16_t *)(device + QUEUE_SIZE);
    used = open_ring(device, QUEUE_USED, &used_copy);
    available = open_ring(device, QUEUE_AVAILABLE, &available_copy);
    done = used != NULL && available != NULL && size != 0;
    if (done)
        add_used(used, available, size, what);
    close_ring(used, used_copy);
    close_ring(available, available_copy);
    close_page((uint8_t *)(uintptr_t)device, copy);
    if (done) {
        char ignored[64];

        (void)signal_victim(v, 1, ignored);
    }
    return done;
}

bool harm_device_runs(struct victim *v)
{
    word_t address;
    cap_t copy = 0;
    volatile uint8_t *device = open_device(v, &copy, &address);

    close_page((uint8_t *)(uintptr_t)device, copy);
    return device != NULL;
}

/* --- Code ------------------------------------------------------------------------------------ */

/* A page of code: every other time the one in which the victim is now, as most of the others is
 * never used. */
static const struct page *choose_code(struct victim *v)
{
    const struct page *any = choose_page(v, AREA_CODE);
    word_t ip = ip_of(v);
    bool near = random_below(2) != 0;

    for (unsigned i = 0; near && i < page_count; i++)
        if (ip >= pages[i].address && ip - pages[i].address < RT_PAGE)
            return &pages[i];
    return any;
}

/* Text is shared with the boot image: the victim gets a page of its own in place of one of it. */
static bool copy_code(const struct page *p)
{
    cap_t copy = 0;
    uint8_t *here = open_page(p, &copy, MAP_READ | MAP_CACHED);

    if (own_code == NULL)
        own_code = rt_pages_alloc(1);
    if (here != NULL && own_code != NULL)
        memcpy(own_code, here, RT_PAGE);
    close_page(here, copy);
    return here != NULL && own_code != NULL;
}

/* It is in root's inventory like the page before it: as if that had been spoilt. */
static bool put_code(struct victim *v, const struct page *p)
{
    own_frame = rt_object_copy(rt_page_frame(own_code), RIGHT_READ | RIGHT_EXECUTE);
    return own_frame != 0 && cnode_delete(p->cnode, p->slot, 1) == E_OK &&
           cnode_copy(p->cnode, p->slot, 0, own_frame, RIGHT_READ | RIGHT_EXECUTE, 1) == E_OK &&
           address_space_map(v->space, p->cnode, p->slot, 1, p->address,
                             MAP_READ | MAP_EXECUTE) == E_OK;
}

void harm_end(void)
{
    rt_slot_delete(own_frame);
    own_frame = 0;
}

static bool flip_code(struct victim *v, char what[static 64])
{
    const struct page *p = choose_code(v);
    word_t at = random_below(RT_PAGE), bit = random_below(8);

    if (p == NULL || !copy_code(p))
        return false;
    ((uint8_t *)own_code)[at] ^= (uint8_t)(1u << bit);
    rt_format(what, 64, "0x%lx bit %lu", p->address + at, bit);
    return put_code(v, p);
}

/* The first instruction that can be mutated so, from a random one of the copied page on; decoding
 * from anywhere finds the true instructions after a few. @return its offset, RT_PAGE: none */
static word_t mutate_copy(enum mutation kind)
{
    word_t from = random_below(RT_PAGE - 512);
    uint8_t *code = own_code;

    for (word_t at = from; at < RT_PAGE - 16;) {
        struct instruction i;

        if (!decode(code + at, RT_PAGE - at, &i)) {
            at++;
            continue;
        }
        if (at > from + 64 && mutate(code + at, &i, kind, random_word()))
            return at;
        at += i.bytes;
    }
    return RT_PAGE;
}

static bool mutate_code(struct victim *v, enum mutation kind, char what[static 64])
{
    for (unsigned i = 0; i < PAGE_TRIES; i++) {
        const struct page *p = choose_code(v);
        word_t at = p != NULL && copy_code(p) ? mutate_copy(kind) : RT_PAGE;

        if (at == RT_PAGE)
            continue;
        rt_format(what, 64, "0x%lx", p->address + at);
        return put_code(v, p);
    }
    return false;
}

/* --- Registers ------------------------------------------------------------------------------- */

/* Only a thread that computes has them all in use: wait for a moment in which it does. */
static bool wait_until_ready(const struct victim *v)
{
    for (unsigned i = 0; i < TRIES; i++) {
        word_t state = 0, waits_for, sched, flags, fault;

        if (thread_inspect(v->thread, &state, &waits_for, &sched, &flags, &fault) != E_OK)
            return false;
        if (state == READY)
            return true;
        (void)rt_sleep_ns(1000 + random_below(30000));
    }
    return false;
}

static bool flip_register(struct victim *v, char what[static 64])
{
    struct message_buffer *buffer = rt_buffer();
    word_t r[8], number, bit = random_below(64);
    struct message m = {.tag = MESSAGE_TAG(THREAD_WRITE_REGISTERS, 21, 0)};
    enum error error;

    if (!wait_until_ready(v) || thread_suspend(v->thread) != E_OK ||
        thread_read_registers(v->thread, &r[0], &r[1], &r[2], &r[3], &r[4], &r[5], &r[6], &r[7]) !=
            E_OK)
        return false;
    memcpy(m.w, r, sizeof r);
    number = random_below(17);
    if (number == 0)
        m.w[0] ^= 1ul << (bit %= 24); /* the instruction pointer, near where it is */
    else if (number == 1)
        m.w[1] ^= 1ul << bit;
    else if (number < 5)
        m.w[number + 3] ^= 1ul << bit;
    else
        buffer->words[MESSAGE_REGS + number - 5] ^= 1ul << bit;
    error = sys_call(v->thread, &m);
    (void)thread_resume(v->thread);
    rt_format(what, 64, "register %lu bit %lu", number, bit);
    return error == E_OK;
}

/* --- Messages and interrupts ----------------------------------------------------------------- */

/* What no stub would send. */
static bool send_garbage(struct victim *v, char what[static 64])
{
    struct message_buffer *buffer = rt_buffer();
    unsigned sent = 0;

    for (unsigned i = 0; i < TRIES && sent < 8; i++) {
        struct message m = {.tag = MESSAGE_TAG(random_word() >> random_below(48) >> 17,
                                               random_below(MESSAGE_WORDS + 1), 0)};

        for (unsigned k = 0; k < MESSAGE_REGS; k++)
            m.w[k] = random_word() >> random_below(64);
        for (unsigned k = 0; k < MESSAGE_WORDS; k++)
            buffer->words[k] = random_word();
        sent += sys_send(v->endpoint, &m, SYS_NONBLOCK) == E_OK;
        (void)rt_sleep_ns(random_below(20000));
    }
    rt_format(what, 64, "%u messages", sent);
    return sent > 0;
}

static bool signal_victim(struct victim *v, unsigned count, char what[static 64])
{
    word_t bits = 1;

    for (unsigned i = 0; i < count; i++) {
        cap_t signal = rt_slot_alloc();
        struct message m = {.tag = 0};

        bits = random_below(2) ? 1 : random_word() | 1;
        if (cnode_mint(COMPONENT_CNODE, signal, v->cnode, COMPONENT_SIGNALS, RIGHT_WRITE, bits) ==
            E_OK)
            (void)sys_send(signal, &m, 0);
        rt_slot_delete(signal);
        if (i % 16 == 15)
            (void)rt_sleep_ns(1000);
    }
    rt_format(what, 64, "%u signals, last 0x%lx", count, bits);
    return true;
}

static bool has_interrupt(const struct victim *v)
{
    word_t type = TYPE_NULL, object, rights, badge, extra, hint;

    for (word_t slot = 1; slot < SLOTS_MAX; slot++) {
        if (cnode_inspect(v->cnode, slot, &type, &object, &rights, &badge, &extra, &hint) == E_CAP)
            return false;
        if (type == TYPE_INTERRUPT)
            return true;
    }
    return false;
}

/* Take signals before the victim sees them; of drivers only, as other signals do not get lost. */
static bool lose_signals(struct victim *v, char what[static 64])
{
    cap_t copy = rt_slot_alloc();
    unsigned lost = 0;

    if (cnode_copy(COMPONENT_CNODE, copy, v->cnode, COMPONENT_SIGNALS, RIGHT_READ, 1) == E_OK) {
        for (unsigned i = 0; i < LOST_POLLS && lost == 0; i++) {
            struct message m = {.tag = 0};

            lost += sys_recv(copy, 0, &m, SYS_NONBLOCK) == E_OK;
            (void)rt_sleep_ns(random_below(10000));
        }
    }
    rt_slot_delete(copy);
    rt_format(what, 64, "%u signals lost", lost);
    return lost > 0;
}

bool harm(struct victim *v, enum kind kind, char what[static 64])
{
    cap_t root = rt_uses("supervisor");

    what[0] = 0;
    switch (kind) {
    case KIND_KILL:
        return supervisor_kill(root, v->name) == SUPERVISOR_OK;
    case KIND_HANG:
        return supervisor_hang(root, v->name) == SUPERVISOR_OK;
    case KIND_WILD:
        return wild_write(v, what);
    case KIND_CODE:
        return flip_code(v, what);
    case KIND_STACK:
        return flip(v, AREA_STACK, what);
    case KIND_DATA:
        return flip(v, AREA_DATA, what);
    case KIND_REGISTER:
        return flip_register(v, what);
    case KIND_VAULT:
        return flip(v, AREA_VAULT, what);
    case KIND_MESSAGE:
        return v->endpoint != 0 && send_garbage(v, what);
    case KIND_SPURIOUS:
        return signal_victim(v, 1, what);
    case KIND_STORM:
        return signal_victim(v, STORM, what);
    case KIND_SHARED:
        return flip(v, AREA_SHARED, what);
    case KIND_BUFFER:
        return flip(v, AREA_BUFFER, what);
    case KIND_DEVICE:
        return reset_device(v, what);
    case KIND_LIE:
        return lie_of_device(v, what);
    case KIND_SLOW:
    case KIND_ERROR:
        return false; /* the machine's: main.c */
    case KIND_LOST:
        return has_interrupt(v) && lose_signals(v, what);
    default:
        return mutate_code(v, (enum mutation)(kind - KIND_MUTATION), what);
    }
}
