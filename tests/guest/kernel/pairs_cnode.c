/* SPDX-License-Identifier: BSD-2-Clause */
/* Every outcome of the operations of Untyped and CNode. */
#include "test.h"

#define SLOTS 16u

/* A CNode of SLOTS slots with an endpoint in slot 1. */
static cap_t small_cnode(void)
{
    cap_t cnode = test_make(TYPE_CNODE, SLOTS);

    DONE(cnode_copy(cnode, 1, 0, test_make(TYPE_ENDPOINT, 0), RIGHT_ALL, 1));
    return cnode;
}

PAIR(untyped_retype, OK)
{
    cap_t from = test_untyped(4);
    cap_t cnode = small_cnode();
    cap_t slot = test_slots(3);

    DONE(untyped_retype(from, TYPE_NOTIFICATION, 0, cnode, 2, 14));
    for (word_t i = 2; i < SLOTS; i++) {
        EQUAL(test_look_in(cnode, i).type, TYPE_NOTIFICATION);
        EQUAL(test_look_in(cnode, i).rights, RIGHT_ALL);
        EQUAL(test_look_in(cnode, i).object, test_look(from).object + i - 2);
    }
    EQUAL(test_look(from).extra, 14);
    DONE(untyped_retype(from, TYPE_CNODE, 5, 0, slot, 1));
    EQUAL(test_look(slot).badge, 5);
    DONE(untyped_retype(from, TYPE_FRAME, 0, 0, slot + 1, 1));
    EQUAL(test_look(slot + 1).object, test_look(from).object + 64);
    DONE(untyped_retype(from, TYPE_UNTYPED, 128, 0, slot + 2, 1));
    EQUAL(test_look(slot + 2).badge, 128);
    EQUAL(test_look(from).extra, 256);
}

PAIR(untyped_retype, ARG)
{
    cap_t from = test_untyped(1);
    cap_t slot = test_slots(2);

    REFUSED(E_ARG, untyped_retype(from, TYPE_NULL, 0, 0, slot, 1));
    REFUSED(E_ARG, untyped_retype(from, TYPE_DEVICE_UNTYPED, 64, 0, slot, 1));
    REFUSED(E_ARG, untyped_retype(from, TYPE_IO_PORT, 0, 0, slot, 1));
    REFUSED(E_ARG, untyped_retype(from, TYPE_CPU, 0, 0, slot, 1));
    REFUSED(E_ARG, untyped_retype(from, TYPE_IRQ_CONTROL, 0, 0, slot, 1));
    REFUSED(E_ARG, untyped_retype(from, TYPE_TABLES, 0, 0, slot, 1));
    REFUSED(E_ARG, untyped_retype(from, TYPES, 0, 0, slot, 1));
    REFUSED(E_ARG, untyped_retype(from, ~0ul, 0, 0, slot, 1));
    REFUSED(E_ARG, untyped_retype(from, TYPE_ENDPOINT, 1, 0, slot, 1));
    REFUSED(E_ARG, untyped_retype(from, TYPE_CNODE, 0, 0, slot, 1));
    REFUSED(E_ARG, untyped_retype(from, TYPE_CNODE, 1, 0, slot, 1));
    REFUSED(E_ARG, untyped_retype(from, TYPE_CNODE, CNODE_SLOTS + 1, 0, slot, 1));
    REFUSED(E_ARG, untyped_retype(from, TYPE_UNTYPED, 0, 0, slot, 1));
    REFUSED(E_ARG, untyped_retype(from, TYPE_UNTYPED, 63, 0, slot, 1));
    REFUSED(E_ARG, untyped_retype(from, TYPE_UNTYPED, ~0ul - 63, 0, slot, 1));
    REFUSED(E_ARG, untyped_retype(from, TYPE_ENDPOINT, 0, 0, slot, 0));
    REFUSED(E_ARG, untyped_retype(from, TYPE_ENDPOINT, 0, 0, slot, RETYPE_COUNT + 1));
    REFUSED(E_ARG, untyped_retype(from, TYPE_ENDPOINT, 0, 0, slot, ~0ul));
    REFUSED(E_ARG, untyped_retype(ROOT_IMAGE, TYPE_ENDPOINT, 0, 0, slot, 1));
    REFUSED(E_ARG, untyped_retype(ROOT_IMAGE, TYPE_CNODE, 4, 0, slot, 1));
}

PAIR(untyped_retype, CAP)
{
    cap_t from = test_untyped(1);
    cap_t cnode = small_cnode();

    REFUSED(E_CAP, untyped_retype(from, TYPE_ENDPOINT, 0, test_beyond(), 1, 1));
    REFUSED(E_CAP, untyped_retype(from, TYPE_ENDPOINT, 0, test_slot(), 1, 1));
    REFUSED(E_CAP, untyped_retype(from, TYPE_ENDPOINT, 0, cnode, 0, 1));
    REFUSED(E_CAP, untyped_retype(from, TYPE_ENDPOINT, 0, cnode, SLOTS, 1));
    REFUSED(E_CAP, untyped_retype(from, TYPE_ENDPOINT, 0, cnode, SLOTS - 1, 2));
    REFUSED(E_CAP, untyped_retype(from, TYPE_ENDPOINT, 0, cnode, ~0ul, 2));
}

PAIR(untyped_retype, TYPE)
{
    REFUSED(E_TYPE,
            untyped_retype(test_untyped(1), TYPE_ENDPOINT, 0, test_make(TYPE_REPLY, 0), 1, 1));
}

PAIR(untyped_retype, RIGHTS)
{
    cap_t cnode = test_copy(small_cnode(), RIGHT_READ | RIGHT_GRANT | RIGHT_RAM);

    REFUSED(E_RIGHTS, untyped_retype(test_untyped(1), TYPE_ENDPOINT, 0, cnode, 2, 1));
}

PAIR(untyped_retype, SLOT)
{
    cap_t from = test_untyped(1);
    cap_t cnode = small_cnode();

    REFUSED(E_SLOT, untyped_retype(from, TYPE_ENDPOINT, 0, cnode, 1, 1));
    DONE(cnode_move(cnode, SLOTS - 1, cnode, 1));
    REFUSED(E_SLOT, untyped_retype(from, TYPE_ENDPOINT, 0, cnode, 1, SLOTS - 1));
}

PAIR(untyped_retype, MEMORY)
{
    cap_t from = test_untyped(1);
    cap_t slot = test_slots(64);

    REFUSED(E_MEMORY, untyped_retype(from, TYPE_UNTYPED, 128, 0, slot, 1));
    REFUSED(E_MEMORY, untyped_retype(from, TYPE_CNODE, CNODE_SLOTS, 0, slot, 1));
    REFUSED(E_MEMORY, untyped_retype(from, TYPE_LARGE_FRAME, 0, 0, slot, 1));
    REFUSED(E_MEMORY, untyped_retype(from, TYPE_THREAD, 0, 0, slot, 3));
    DONE(untyped_retype(from, TYPE_ENDPOINT, 0, 0, slot, 1));
    REFUSED(E_MEMORY, untyped_retype(from, TYPE_FRAME, 0, 0, slot + 1, 1));
    REFUSED(E_MEMORY, untyped_retype(from, TYPE_ENDPOINT, 0, 0, slot + 1, 63 + 1));
    DONE(untyped_retype(from, TYPE_ENDPOINT, 0, 0, slot + 1, 63));
    REFUSED(E_MEMORY, untyped_retype(from, TYPE_ENDPOINT, 0, 0, test_slot(), 1));
}

PAIR(cnode_copy, OK)
{
    cap_t cnode = test_make(TYPE_CNODE, SLOTS);
    cap_t endpoints = test_make_many(TYPE_ENDPOINT, 0, 10);

    DONE(cnode_copy(cnode, 3, 0, endpoints, RIGHT_READ | RIGHT_GRANT, 10));
    for (word_t i = 0; i < 10; i++) {
        EQUAL(test_look_in(cnode, 3 + i).object, test_look(endpoints + i).object);
        EQUAL(test_look_in(cnode, 3 + i).rights, RIGHT_READ | RIGHT_GRANT);
        EQUAL(test_look(endpoints + i).child, 1);
    }
    EQUAL(test_look_in(cnode, 13).type, TYPE_NULL);
    DONE(cnode_copy(cnode, 1, cnode, 3, RIGHT_ALL, 1));
    EQUAL(test_look_in(cnode, 1).rights, RIGHT_READ | RIGHT_GRANT);
}

PAIR(cnode_copy, CAP)
{
    cap_t cnode = small_cnode();

    REFUSED(E_CAP, cnode_copy(cnode, 0, cnode, 1, RIGHT_ALL, 1));
    REFUSED(E_CAP, cnode_copy(cnode, SLOTS, cnode, 1, RIGHT_ALL, 1));
    REFUSED(E_CAP, cnode_copy(cnode, ~0ul, cnode, 1, RIGHT_ALL, 1));
    REFUSED(E_CAP, cnode_copy(cnode, 2, cnode, 0, RIGHT_ALL, 1));
    REFUSED(E_CAP, cnode_copy(cnode, 2, cnode, SLOTS, RIGHT_ALL, 1));
    REFUSED(E_CAP, cnode_copy(cnode, 2, cnode, 2, RIGHT_ALL, 1));
    REFUSED(E_CAP, cnode_copy(cnode, 2, cnode, 1, RIGHT_ALL, SLOTS - 1));
    REFUSED(E_CAP, cnode_copy(cnode, 2, test_beyond(), 1, RIGHT_ALL, 1));
    REFUSED(E_CAP, cnode_copy(cnode, 2, test_slot(), 1, RIGHT_ALL, 1));
}

PAIR(cnode_copy, TYPE)
{
    cap_t cnode = small_cnode();
    cap_t tables = test_untyped(1);

    REFUSED(E_TYPE, cnode_copy(cnode, 2, test_make(TYPE_ENDPOINT, 0), 1, RIGHT_ALL, 1));
    REFUSED(E_TYPE, cnode_copy(cnode, 2, 0, test_untyped(1), RIGHT_ALL, 1));
    REFUSED(E_TYPE, cnode_copy(cnode, 2, 0, ROOT_IMAGE, RIGHT_ALL, 1));
    REFUSED(E_TYPE, cnode_copy(cnode, 2, 0, test_make(TYPE_REPLY, 0), RIGHT_ALL, 1));
    DONE(address_space_supply(test_make(TYPE_ADDRESS_SPACE, 0), tables));
    REFUSED(E_TYPE, cnode_copy(cnode, 2, 0, tables, RIGHT_ALL, 1));
}

PAIR(cnode_copy, RIGHTS)
{
    cap_t cnode = small_cnode();
    cap_t no_write = test_copy(cnode, RIGHT_ALL - RIGHT_WRITE);
    cap_t no_read = test_copy(cnode, RIGHT_ALL - RIGHT_READ);

    REFUSED(E_RIGHTS, cnode_copy(no_write, 2, cnode, 1, RIGHT_ALL, 1));
    REFUSED(E_RIGHTS, cnode_copy(cnode, 2, no_read, 1, RIGHT_ALL, 1));
    DONE(cnode_copy(no_read, 2, no_write, 1, RIGHT_ALL, 1));
}

PAIR(cnode_copy, SLOT)
{
    cap_t cnode = small_cnode();
    cap_t endpoints = test_make_many(TYPE_ENDPOINT, 0, 3);

    REFUSED(E_SLOT, cnode_copy(cnode, 1, 0, endpoints, RIGHT_ALL, 1));
    REFUSED(E_SLOT, cnode_copy(cnode, 1, cnode, 1, RIGHT_ALL, 1));
    DONE(cnode_move(cnode, 4, cnode, 1));
    /* What was copied before an error stays. */
    FAILS(E_SLOT, cnode_copy(cnode, 2, 0, endpoints, RIGHT_ALL, 3));
    EQUAL(test_look_in(cnode, 3).object, test_look(endpoints + 1).object);
}

PAIR(cnode_copy, ARG)
{
    cap_t cnode = small_cnode();

    REFUSED(E_ARG, cnode_copy(cnode, 2, cnode, 1, RIGHT_ALL + 1, 1));
    REFUSED(E_ARG, cnode_copy(cnode, 2, cnode, 1, ~0ul, 1));
    REFUSED(E_ARG, cnode_copy(cnode, 2, cnode, 1, RIGHT_ALL, 0));
    REFUSED(E_ARG, cnode_copy(cnode, 2, cnode, 1, RIGHT_ALL, RANGE_COUNT + 1));
    REFUSED(E_ARG, cnode_copy(cnode, 2, cnode, 1, RIGHT_ALL, ~0ul));
}

PAIR(cnode_mint, OK)
{
    cap_t cnode = small_cnode();

    DONE(cnode_mint(cnode, 2, cnode, 1, RIGHT_WRITE, 0xfeedfacecafebeeful));
    EQUAL(test_look_in(cnode, 2).badge, 0xfeedfacecafebeeful);
    EQUAL(test_look_in(cnode, 2).rights, RIGHT_WRITE);
    DONE(cnode_mint(cnode, 3, 0, ROOT_IOPORT, RIGHT_READ, 0x3f8 + 65536 * 8));
    EQUAL(test_look_in(cnode, 3).object, 0x3f8);
    EQUAL(test_look_in(cnode, 3).badge, 8);
    DONE(cnode_mint(cnode, 4, 0, ROOT_CPU, RIGHT_ALL, 100));
    DONE(cnode_mint(cnode, 5, cnode, 4, RIGHT_ALL, 99));
    EQUAL(test_look_in(cnode, 5).badge, 99);
}

PAIR(cnode_mint, CAP)
{
    cap_t cnode = small_cnode();

    REFUSED(E_CAP, cnode_mint(cnode, 0, cnode, 1, RIGHT_ALL, 1));
    REFUSED(E_CAP, cnode_mint(cnode, SLOTS, cnode, 1, RIGHT_ALL, 1));
    REFUSED(E_CAP, cnode_mint(cnode, 2, cnode, 0, RIGHT_ALL, 1));
    REFUSED(E_CAP, cnode_mint(cnode, 2, cnode, SLOTS, RIGHT_ALL, 1));
    REFUSED(E_CAP, cnode_mint(cnode, 2, cnode, 3, RIGHT_ALL, 1));
    REFUSED(E_CAP, cnode_mint(cnode, 2, test_beyond(), 1, RIGHT_ALL, 1));
}

PAIR(cnode_mint, TYPE)
{
    cap_t cnode = small_cnode();
    static const word_t without[] = {TYPE_CNODE,         TYPE_REPLY,         TYPE_THREAD,
                                     TYPE_SCHED_CONTEXT, TYPE_ADDRESS_SPACE, TYPE_FRAME,
                                     TYPE_INTERRUPT,     TYPE_TIMER,         TYPE_UNTYPED};

    REFUSED(E_TYPE, cnode_mint(cnode, 2, test_make(TYPE_ENDPOINT, 0), 1, RIGHT_ALL, 1));
    for (word_t i = 0; i < sizeof(without) / sizeof(without[0]); i++) {
        word_t size = without[i] == TYPE_CNODE ? 4 : without[i] == TYPE_UNTYPED ? 64 : 0;
        cap_t from = test_make(without[i], size);

        REFUSED(E_TYPE, cnode_mint(cnode, 2, 0, from, RIGHT_ALL, 1));
    }
    REFUSED(E_TYPE, cnode_mint(cnode, 2, 0, ROOT_IRQ, RIGHT_ALL, 1));
}

PAIR(cnode_mint, RIGHTS)
{
    cap_t cnode = small_cnode();
    cap_t no_write = test_copy(cnode, RIGHT_ALL - RIGHT_WRITE);
    cap_t no_read = test_copy(cnode, RIGHT_ALL - RIGHT_READ);

    REFUSED(E_RIGHTS, cnode_mint(no_write, 2, cnode, 1, RIGHT_ALL, 1));
    REFUSED(E_RIGHTS, cnode_mint(cnode, 2, no_read, 1, RIGHT_ALL, 1));
}

PAIR(cnode_mint, SLOT)
{
    cap_t cnode = small_cnode();

    REFUSED(E_SLOT, cnode_mint(cnode, 1, cnode, 1, RIGHT_ALL, 1));
}

PAIR(cnode_mint, ARG)
{
    cap_t cnode = small_cnode();

    REFUSED(E_ARG, cnode_mint(cnode, 2, cnode, 1, RIGHT_ALL + 1, 1));
    REFUSED(E_ARG, cnode_mint(cnode, 2, cnode, 1, RIGHT_ALL, 0));
    REFUSED(E_ARG, cnode_mint(cnode, 2, 0, ROOT_CPU, RIGHT_ALL, PRIORITIES));
    REFUSED(E_ARG, cnode_mint(cnode, 2, 0, ROOT_CPU, RIGHT_ALL, ~0ul));
    REFUSED(E_ARG, cnode_mint(cnode, 2, 0, ROOT_IOPORT, RIGHT_ALL, 0x3f8));
    REFUSED(E_ARG, cnode_mint(cnode, 2, 0, ROOT_IOPORT, RIGHT_ALL, 0xffff + 65536 * 2));
    REFUSED(E_ARG, cnode_mint(cnode, 2, 0, ROOT_IOPORT, RIGHT_ALL, ~0ul));
    DONE(cnode_mint(cnode, 3, 0, ROOT_IOPORT, RIGHT_ALL, 0x3f8 + 65536 * 8));
    REFUSED(E_ARG, cnode_mint(cnode, 2, cnode, 3, RIGHT_ALL, 0x3f7 + 65536 * 1));
    REFUSED(E_ARG, cnode_mint(cnode, 2, cnode, 3, RIGHT_ALL, 0x3ff + 65536 * 2));
    REFUSED(E_ARG, cnode_mint(cnode, 2, cnode, 3, RIGHT_ALL, 0x400 + 65536 * 1));
}

PAIR(cnode_mint, STATE)
{
    cap_t cnode = small_cnode();

    DONE(cnode_mint(cnode, 2, cnode, 1, RIGHT_ALL, 7));
    REFUSED(E_STATE, cnode_mint(cnode, 3, cnode, 2, RIGHT_ALL, 8));
    REFUSED(E_STATE, cnode_mint(cnode, 3, cnode, 2, RIGHT_ALL, 7));
}

PAIR(cnode_move, OK)
{
    cap_t cnode = small_cnode();
    word_t object = test_look_in(cnode, 1).object;
    cap_t slot = test_slot();
    cap_t frame;
    word_t *page = test_page(&frame);

    DONE(cnode_move(ROOT_CNODE, slot, cnode, 1));
    EQUAL(test_look(slot).object, object);
    EQUAL(test_look_in(cnode, 1).type, TYPE_NULL);
    /* A mapping goes with its capability, and away with it. */
    page[0] = 42;
    DONE(cnode_move(cnode, 5, 0, frame));
    EQUAL(page[0], 42);
    EQUAL(test_look_in(cnode, 5).extra, (word_t)page);
    DONE(address_space_unmap(ROOT_SPACE, cnode, 5, 1));
}

PAIR(cnode_move, CAP)
{
    cap_t cnode = small_cnode();

    REFUSED(E_CAP, cnode_move(cnode, 0, cnode, 1));
    REFUSED(E_CAP, cnode_move(cnode, SLOTS, cnode, 1));
    REFUSED(E_CAP, cnode_move(cnode, 2, cnode, 0));
    REFUSED(E_CAP, cnode_move(cnode, 2, cnode, SLOTS));
    REFUSED(E_CAP, cnode_move(cnode, 2, cnode, 3));
    REFUSED(E_CAP, cnode_move(cnode, 2, test_beyond(), 1));
}

PAIR(cnode_move, TYPE)
{
    cap_t cnode = small_cnode();
    cap_t tables = test_untyped(1);

    REFUSED(E_TYPE, cnode_move(cnode, 2, test_make(TYPE_ENDPOINT, 0), 1));
    DONE(address_space_supply(test_make(TYPE_ADDRESS_SPACE, 0), tables));
    REFUSED(E_TYPE, cnode_move(cnode, 2, 0, tables));
}

PAIR(cnode_move, RIGHTS)
{
    cap_t cnode = small_cnode();
    cap_t no_write = test_copy(cnode, RIGHT_ALL - RIGHT_WRITE);

    REFUSED(E_RIGHTS, cnode_move(no_write, 2, cnode, 1));
    REFUSED(E_RIGHTS, cnode_move(cnode, 2, no_write, 1));
}

PAIR(cnode_move, SLOT)
{
    cap_t cnode = small_cnode();

    REFUSED(E_SLOT, cnode_move(cnode, 1, 0, test_make(TYPE_ENDPOINT, 0)));
    REFUSED(E_SLOT, cnode_move(cnode, 1, cnode, 1));
}

PAIR(cnode_delete, OK)
{
    cap_t cnode = small_cnode();

    DONE(cnode_copy(cnode, 7, cnode, 1, RIGHT_ALL, 1));
    DONE(cnode_delete(cnode, 1, 0));
    EQUAL(test_look_in(cnode, 1).type, TYPE_ENDPOINT);
    DONE(cnode_delete(cnode, 2, 1)); /* an empty slot is fine */
    DONE(cnode_delete(cnode, 1, SLOTS - 1));
    for (word_t i = 1; i < SLOTS; i++)
        EQUAL(test_look_in(cnode, i).type, TYPE_NULL);
}

PAIR(cnode_delete, CAP)
{
    cap_t cnode = small_cnode();

    REFUSED(E_CAP, cnode_delete(cnode, 0, 1));
    REFUSED(E_CAP, cnode_delete(cnode, SLOTS, 1));
    REFUSED(E_CAP, cnode_delete(cnode, 1, SLOTS));
    REFUSED(E_CAP, cnode_delete(cnode, ~0ul, 2));
}

PAIR(cnode_delete, RIGHTS)
{
    REFUSED(E_RIGHTS, cnode_delete(test_copy(small_cnode(), RIGHT_ALL - RIGHT_WRITE), 1, 1));
}

PAIR(cnode_delete, ARG)
{
    cap_t cnode = small_cnode();

    REFUSED(E_ARG, cnode_delete(cnode, 1, RANGE_COUNT + 1));
    REFUSED(E_ARG, cnode_delete(cnode, 1, ~0ul));
}

PAIR(cnode_revoke, OK)
{
    cap_t cnode = small_cnode();

    DONE(cnode_copy(cnode, 2, cnode, 1, RIGHT_ALL, 1));
    DONE(cnode_copy(cnode, 3, cnode, 2, RIGHT_ALL, 1));
    DONE(cnode_revoke(cnode, 1));
    EQUAL(test_look_in(cnode, 1).type, TYPE_ENDPOINT);
    EQUAL(test_look_in(cnode, 1).child, 0);
    EQUAL(test_look_in(cnode, 2).type, TYPE_NULL);
    EQUAL(test_look_in(cnode, 3).type, TYPE_NULL);
}

PAIR(cnode_revoke, CAP)
{
    cap_t cnode = small_cnode();

    REFUSED(E_CAP, cnode_revoke(cnode, 0));
    REFUSED(E_CAP, cnode_revoke(cnode, SLOTS));
    REFUSED(E_CAP, cnode_revoke(cnode, 2));
}

PAIR(cnode_revoke, RIGHTS)
{
    cap_t cnode = small_cnode();
    cap_t no_write = test_copy(cnode, RIGHT_ALL - RIGHT_WRITE);

    DONE(cnode_copy(cnode, 2, cnode, 1, RIGHT_ALL, 1));
    REFUSED(E_RIGHTS, cnode_revoke(no_write, 1));
}

/* Results are read through a struct so that a refusal can be seen not to make any. */
static enum error cnode_inspect_at(cap_t cnode, word_t slot)
{
    struct look l = {0};

    return cnode_inspect(cnode, slot, &l.type, &l.object, &l.rights, &l.badge, &l.extra, &l.child);
}

PAIR(cnode_inspect, OK)
{
    cap_t cnode = small_cnode();

    DONE(cnode_inspect_at(cnode, 1));
    EQUAL(test_look_in(cnode, 1).type, TYPE_ENDPOINT);
    EQUAL(test_look_in(cnode, 2).type, TYPE_NULL);
    EQUAL(test_look_in(cnode, 2).object, 0);
    EQUAL(test_look(ROOT_IOPORT).badge, 65536);
    EQUAL(test_look(ROOT_CPU).badge, PRIORITIES - 1);
    EQUAL(test_look(cnode).badge, SLOTS);
}

PAIR(cnode_inspect, CAP)
{
    cap_t cnode = small_cnode();

    REFUSED(E_CAP, cnode_inspect_at(cnode, 0));
    REFUSED(E_CAP, cnode_inspect_at(cnode, SLOTS));
    REFUSED(E_CAP, cnode_inspect_at(cnode, ~0ul));
}

PAIR(cnode_inspect, RIGHTS)
{
    REFUSED(E_RIGHTS, cnode_inspect_at(test_copy(small_cnode(), RIGHT_ALL - RIGHT_READ), 1));
}
