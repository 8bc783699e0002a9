/* SPDX-License-Identifier: BSD-2-Clause */
/* Every outcome of the operations of AddressSpace and Frame. */
#include "test.h"

#define HERE 0x10000000ul
#define DATA (MAP_READ | MAP_WRITE)

PAIR(address_space_supply, OK)
{
    cap_t space = test_make(TYPE_ADDRESS_SPACE, 0);
    cap_t memory = test_untyped(4);

    DONE(address_space_supply(space, memory));
    EQUAL(test_look(memory).type, TYPE_TABLES);
    EQUAL(test_look(memory).badge, 4);
    DONE(address_space_map(space, 0, test_make(TYPE_FRAME, 0), 1, HERE, DATA));
    DONE(cnode_delete(ROOT_CNODE, space, 1));
    EQUAL(test_look(memory).type, TYPE_UNTYPED); /* and an unused Untyped again */
    EQUAL(test_look(memory).badge, 256);
    EQUAL(test_look(memory).extra, 0);
    DONE(untyped_retype(memory, TYPE_FRAME, 0, 0, test_slots(4), 4));
}

PAIR(address_space_supply, CAP)
{
    cap_t space = test_make(TYPE_ADDRESS_SPACE, 0);

    REFUSED(E_CAP, address_space_supply(space, 0));
    REFUSED(E_CAP, address_space_supply(space, test_slot()));
    REFUSED(E_CAP, address_space_supply(space, test_beyond()));
}

PAIR(address_space_supply, TYPE)
{
    cap_t space = test_make(TYPE_ADDRESS_SPACE, 0);
    cap_t memory = test_untyped(1);

    REFUSED(E_TYPE, address_space_supply(space, test_make(TYPE_FRAME, 0)));
    REFUSED(E_TYPE, address_space_supply(space, ROOT_IMAGE));
    DONE(address_space_supply(space, memory));
    REFUSED(E_TYPE, address_space_supply(space, memory));
}

PAIR(address_space_supply, STATE)
{
    cap_t space = test_make(TYPE_ADDRESS_SPACE, 0);
    cap_t memory = test_untyped(1);
    cap_t slot = test_slot();

    DONE(untyped_retype(memory, TYPE_ENDPOINT, 0, 0, slot, 1));
    REFUSED(E_STATE, address_space_supply(space, memory));
    DONE(cnode_delete(ROOT_CNODE, slot, 1));
    DONE(address_space_supply(space, memory));
}

PAIR(address_space_supply, ARG)
{
    cap_t space = test_make(TYPE_ADDRESS_SPACE, 0);

    REFUSED(E_ARG, address_space_supply(space, test_untyped(1025)));
    DONE(address_space_supply(space, test_untyped(1024)));
}

PAIR(address_space_supply, RIGHTS)
{
    cap_t space = test_copy(test_make(TYPE_ADDRESS_SPACE, 0), RIGHT_ALL - RIGHT_WRITE);

    REFUSED(E_RIGHTS, address_space_supply(space, test_untyped(1)));
}

PAIR(address_space_map, OK)
{
    cap_t space = test_space();
    cap_t frames = test_make_many(TYPE_FRAME, 0, 100);
    cap_t cnode = test_make(TYPE_CNODE, 4);

    DONE(address_space_map(space, 0, frames, 100, HERE, DATA));
    for (word_t i = 0; i < 100; i++)
        EQUAL(test_look(frames + i).extra, HERE + 4096 * i);
    DONE(cnode_copy(cnode, 3, 0, frames, RIGHT_ALL, 1));
    DONE(address_space_map(space, cnode, 3, 1, USER_END - 4096, MAP_READ | MAP_EXECUTE));
    EQUAL(test_look_in(cnode, 3).extra, USER_END - 4096);
}

PAIR(address_space_map, CAP)
{
    cap_t space = test_space();
    cap_t cnode = test_make(TYPE_CNODE, 4);

    REFUSED(E_CAP, address_space_map(space, test_beyond(), 1, 1, HERE, DATA));
    REFUSED(E_CAP, address_space_map(space, test_slot(), 1, 1, HERE, DATA));
    REFUSED(E_CAP, address_space_map(space, cnode, 0, 1, HERE, DATA));
    REFUSED(E_CAP, address_space_map(space, cnode, 4, 1, HERE, DATA));
    REFUSED(E_CAP, address_space_map(space, cnode, 3, 2, HERE, DATA));
    REFUSED(E_CAP, address_space_map(space, cnode, 2, 1, HERE, DATA));
}

PAIR(address_space_map, TYPE)
{
    cap_t space = test_space();
    cap_t other = test_make(TYPE_ENDPOINT, 0);

    REFUSED(E_TYPE, address_space_map(space, other, 1, 1, HERE, DATA));
    REFUSED(E_TYPE, address_space_map(space, 0, other, 1, HERE, DATA));
    REFUSED(E_TYPE, address_space_map(space, 0, test_untyped(1), 1, HERE, DATA));
}

PAIR(address_space_map, RIGHTS)
{
    cap_t space = test_space();
    cap_t frame = test_make(TYPE_FRAME, 0);
    cap_t cnode = test_make(TYPE_CNODE, 4);

    REFUSED(E_RIGHTS,
            address_space_map(test_copy(space, RIGHT_ALL - RIGHT_WRITE), 0, frame, 1, HERE, DATA));
    DONE(cnode_copy(cnode, 1, 0, frame, RIGHT_ALL, 1));
    REFUSED(E_RIGHTS,
            address_space_map(space, test_copy(cnode, RIGHT_ALL - RIGHT_READ), 1, 1, HERE, DATA));
    REFUSED(E_RIGHTS,
            address_space_map(space, 0, test_copy(frame, RIGHT_ALL - RIGHT_WRITE), 1, HERE, DATA));
    REFUSED(E_RIGHTS, address_space_map(space, 0, test_copy(frame, RIGHT_ALL - RIGHT_EXECUTE), 1,
                                        HERE, MAP_READ | MAP_EXECUTE));
    REFUSED(E_RIGHTS, address_space_map(space, 0, test_copy(frame, RIGHT_ALL - RIGHT_READ), 1, HERE,
                                        MAP_READ));
    REFUSED(E_RIGHTS,
            address_space_map(space, 0, test_copy(frame, RIGHT_ALL - RIGHT_READ), 1, HERE, 0));
}

PAIR(address_space_map, ARG)
{
    cap_t space = test_space();
    cap_t frame = test_make(TYPE_FRAME, 0);
    cap_t large = test_make(TYPE_LARGE_FRAME, 0);

    REFUSED(E_ARG, address_space_map(space, 0, frame, 1, HERE + 1, DATA));
    REFUSED(E_ARG, address_space_map(space, 0, frame, 1, HERE + 2048, DATA));
    REFUSED(E_ARG, address_space_map(space, 0, large, 1, HERE + 4096, DATA));
    REFUSED(E_ARG, address_space_map(space, 0, frame, 1, USER_END, DATA));
    REFUSED(E_ARG, address_space_map(space, 0, large, 1, USER_END / 0x200000 * 0x200000, DATA));
    REFUSED(E_ARG, address_space_map(space, 0, frame, 1, 0xffff800000000000, DATA));
    REFUSED(E_ARG, address_space_map(space, 0, frame, 1, 0xfffffffffffff000, DATA));
    REFUSED(E_ARG, address_space_map(space, 0, frame, 1, HERE, 128));
    REFUSED(E_ARG, address_space_map(space, 0, frame, 1, HERE, ~0ul));
    REFUSED(E_ARG, address_space_map(space, 0, frame, 1, HERE, DATA | MAP_EXECUTE));
    REFUSED(E_ARG, address_space_map(space, 0, frame, 0, HERE, DATA));
    REFUSED(E_ARG, address_space_map(space, 0, frame, RANGE_COUNT + 1, HERE, DATA));
    DONE(address_space_map(space, 0, frame, 1, HERE, DATA | MAP_EXECUTE | MAP_WX));
}

PAIR(address_space_map, STATE)
{
    cap_t space = test_space();
    cap_t frame = test_make_many(TYPE_FRAME, 0, 2);
    cap_t large = test_make_many(TYPE_LARGE_FRAME, 0, 2);

    DONE(address_space_map(space, 0, frame, 1, HERE, DATA));
    REFUSED(E_STATE, address_space_map(space, 0, frame, 1, HERE + 4096, DATA));
    REFUSED(E_STATE, address_space_map(test_space(), 0, frame, 1, HERE, DATA));
    REFUSED(E_STATE, address_space_map(space, 0, frame + 1, 1, HERE, DATA));
    REFUSED(E_STATE, address_space_map(space, 0, large, 1, HERE, DATA));
    DONE(address_space_map(space, 0, large, 1, HERE + 0x200000, DATA));
    REFUSED(E_STATE, address_space_map(space, 0, frame + 1, 1, HERE + 0x201000, DATA));
    REFUSED(E_STATE, address_space_map(space, 0, large + 1, 1, HERE + 0x200000, DATA));
}

PAIR(address_space_map, MEMORY)
{
    cap_t space = test_make(TYPE_ADDRESS_SPACE, 0);
    cap_t frame = test_make_many(TYPE_FRAME, 0, 2);

    REFUSED(E_MEMORY, address_space_map(space, 0, frame, 1, HERE, DATA));
    DONE(address_space_supply(space, test_untyped(3)));
    REFUSED(E_MEMORY, address_space_map(space, 0, frame, 1, HERE, DATA));
    DONE(address_space_supply(space, test_untyped(1)));
    DONE(address_space_map(space, 0, frame, 1, HERE, DATA));
    REFUSED(E_MEMORY, address_space_map(space, 0, frame + 1, 1, HERE + 0x40000000, DATA));
    DONE(address_space_map(space, 0, frame + 1, 1, HERE + 4096, DATA));
}

/* Ranges of 40 mapped frames, 1 more that is not mapped. */
static cap_t mapped(cap_t space)
{
    cap_t frames = test_make_many(TYPE_FRAME, 0, 41);

    FIRST_CHECK(address_space_map(space, 0, frames, 40, HERE, DATA) == E_OK);
    return frames;
}

PAIR(address_space_unmap, OK)
{
    cap_t space = test_space();
    cap_t frames = mapped(space);

    DONE(address_space_unmap(space, 0, frames, 40));
    for (word_t i = 0; i < 40; i++)
        EQUAL(test_look(frames + i).extra, 0);
    DONE(address_space_map(space, 0, frames + 1, 40, HERE, DATA));
}

PAIR(address_space_unmap, CAP)
{
    cap_t space = test_space();
    cap_t cnode = test_make(TYPE_CNODE, 4);

    REFUSED(E_CAP, address_space_unmap(space, test_beyond(), 1, 1));
    REFUSED(E_CAP, address_space_unmap(space, cnode, 0, 1));
    REFUSED(E_CAP, address_space_unmap(space, cnode, 3, 2));
    REFUSED(E_CAP, address_space_unmap(space, cnode, 1, 1));
}

PAIR(address_space_unmap, TYPE)
{
    cap_t other = test_make(TYPE_ENDPOINT, 0);

    REFUSED(E_TYPE, address_space_unmap(test_space(), other, 1, 1));
    REFUSED(E_TYPE, address_space_unmap(test_space(), 0, other, 1));
}

PAIR(address_space_unmap, RIGHTS)
{
    cap_t space = test_space();
    cap_t frames = mapped(space);
    cap_t cnode = test_copy(test_make(TYPE_CNODE, 4), RIGHT_ALL - RIGHT_READ);

    REFUSED(E_RIGHTS, address_space_unmap(test_copy(space, RIGHT_ALL - RIGHT_WRITE), 0, frames, 1));
    REFUSED(E_RIGHTS, address_space_unmap(space, cnode, 1, 1));
}

PAIR(address_space_unmap, ARG)
{
    cap_t space = test_space();
    cap_t frames = mapped(space);

    REFUSED(E_ARG, address_space_unmap(space, 0, frames, 0));
    REFUSED(E_ARG, address_space_unmap(space, 0, frames, RANGE_COUNT + 1));
}

PAIR(address_space_unmap, STATE)
{
    cap_t space = test_space();
    cap_t frames = mapped(space);

    REFUSED(E_STATE, address_space_unmap(space, 0, frames + 40, 1));
    REFUSED(E_STATE, address_space_unmap(test_space(), 0, frames, 1));
}

PAIR(address_space_protect, OK)
{
    cap_t frame;
    word_t *page = test_page(&frame);

    page[0] = 7;
    DONE(address_space_protect(ROOT_SPACE, 0, frame, 1, MAP_READ));
    EQUAL(page[0], 7);
    DONE(address_space_protect(ROOT_SPACE, 0, frame, 1, DATA));
    page[0] = 8;
    EQUAL(page[0], 8);
    cap_t space = test_space();

    DONE(address_space_protect(space, 0, mapped(space), 40, MAP_READ | MAP_EXECUTE));
}

PAIR(address_space_protect, CAP)
{
    cap_t space = test_space();
    cap_t cnode = test_make(TYPE_CNODE, 4);

    REFUSED(E_CAP, address_space_protect(space, test_beyond(), 1, 1, DATA));
    REFUSED(E_CAP, address_space_protect(space, cnode, 0, 1, DATA));
    REFUSED(E_CAP, address_space_protect(space, cnode, 3, 2, DATA));
    REFUSED(E_CAP, address_space_protect(space, cnode, 1, 1, DATA));
}

PAIR(address_space_protect, TYPE)
{
    cap_t other = test_make(TYPE_ENDPOINT, 0);

    REFUSED(E_TYPE, address_space_protect(test_space(), other, 1, 1, DATA));
    REFUSED(E_TYPE, address_space_protect(test_space(), 0, other, 1, DATA));
}

PAIR(address_space_protect, RIGHTS)
{
    cap_t space = test_space();
    cap_t frame = test_copy(test_make(TYPE_FRAME, 0), RIGHT_READ);
    cap_t cnode = test_copy(test_make(TYPE_CNODE, 4), RIGHT_ALL - RIGHT_READ);

    DONE(address_space_map(space, 0, frame, 1, HERE, MAP_READ));
    REFUSED(E_RIGHTS, address_space_protect(space, 0, frame, 1, DATA));
    REFUSED(E_RIGHTS, address_space_protect(space, 0, frame, 1, MAP_READ | MAP_EXECUTE));
    REFUSED(E_RIGHTS, address_space_protect(test_copy(space, RIGHT_ALL - RIGHT_WRITE), 0, frame, 1,
                                            MAP_READ));
    REFUSED(E_RIGHTS, address_space_protect(space, cnode, 1, 1, MAP_READ));
}

PAIR(address_space_protect, ARG)
{
    cap_t space = test_space();
    cap_t frames = mapped(space);

    REFUSED(E_ARG, address_space_protect(space, 0, frames, 1, 128));
    REFUSED(E_ARG, address_space_protect(space, 0, frames, 1, DATA | MAP_EXECUTE));
    REFUSED(E_ARG, address_space_protect(space, 0, frames, 0, DATA));
    REFUSED(E_ARG, address_space_protect(space, 0, frames, RANGE_COUNT + 1, DATA));
}

PAIR(address_space_protect, STATE)
{
    cap_t space = test_space();
    cap_t frames = mapped(space);

    REFUSED(E_STATE, address_space_protect(space, 0, frames + 40, 1, DATA));
    REFUSED(E_STATE, address_space_protect(test_space(), 0, frames, 1, DATA));
}

PAIR(frame_address, OK)
{
    cap_t frame = test_make(TYPE_FRAME, 0);
    cap_t large = test_make(TYPE_LARGE_FRAME, 0);
    word_t physical;

    DONE(frame_address(frame, &physical));
    EQUAL(physical, test_look(frame).object * GRANULE);
    DONE(frame_address(large, &physical));
    EQUAL(physical, test_look(large).object * GRANULE);
    EQUAL(physical % 0x200000, 0);
}

PAIR(frame_address, RIGHTS)
{
    cap_t frame = test_copy(test_make(TYPE_FRAME, 0), RIGHT_ALL - RIGHT_READ);
    word_t physical;

    REFUSED(E_RIGHTS, frame_address(frame, &physical));
}
