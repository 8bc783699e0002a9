/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages, slots, objects: what is given back can be had again, and what there is not is refused. */
#include "native.h"

#include <abi/invoke.h>
#include <rt/memory.h>
#include <rt/object.h>
#include <rt/program.h>
#include <rt/slot.h>
#include <stddef.h>
#include <string.h>

#define MANY 4096

static void *pages[MANY];

static int take_all(void)
{
    int count = 0;

    while (count < MANY && (pages[count] = rt_pages_alloc(1)) != NULL)
        count++;
    return count;
}

static void give_all(int count)
{
    for (int i = 0; i < count; i++)
        rt_pages_free(pages[i], 1);
}

static bool is_clear(const void *page, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (((const char *)page)[i] != 0)
            return false;
    return true;
}

static bool used_pages_are_cleared(void)
{
    char *first = rt_pages_alloc(3);
    bool clear;

    memset(first, 0x55, 3 * RT_PAGE);
    rt_pages_free(first, 3);
    first = rt_pages_alloc(3);
    clear = is_clear(first, 3 * RT_PAGE);
    rt_pages_free(first, 3);
    return clear;
}

/* Far more in all than there is, in pieces of all sizes. */
static bool comes_back(void)
{
    for (word_t round = 0; round < 300; round++) {
        word_t count = 1 + round * 7 % 60;
        char *piece = rt_pages_alloc(count);

        if (piece == NULL)
            return false;
        piece[0] = piece[count * RT_PAGE - 1] = 1;
        rt_pages_free(piece, count);
    }
    return true;
}

static void test_pages(void)
{
    struct rt_memory before = rt_memory_use();
    int most = take_all(), again;

    CASE("memory ends without harm", most > 50 && most < MANY);
    give_all(most);
    again = take_all();
    give_all(again);
    CASE("all of it can be had again", again == most);
    CASE("memory goes round", comes_back());
    CASE("used pages are cleared", used_pages_are_cleared());
    CASE("nothing is lost", rt_memory_use().used == before.used);
    CASE("more than the quota is refused",
         rt_pages_alloc(rt_info()->memory_bytes / RT_PAGE + 1) == NULL);
    CASE("no pages are refused", rt_pages_alloc(0) == NULL);
}

static void test_reserve(void)
{
    char *piece = rt_pages_reserve(10000);
    struct rt_memory before = rt_memory_use();

    /* More addresses than the quota has pages may be had, up to four times of it. */
    CASE("too many addresses are refused", piece == NULL);
    piece = rt_pages_reserve(300);
    CASE("addresses cost no memory", piece != NULL && rt_memory_use().used == before.used);
    CASE("memory can be put there",
         rt_pages_fill(piece + 5 * RT_PAGE, 2) && is_clear(piece + 5 * RT_PAGE, 2 * RT_PAGE));
    CASE("and is counted", rt_memory_use().used == before.used + 2 * RT_PAGE);
    CASE("filling beyond what was reserved is refused", !rt_pages_fill(piece + 299 * RT_PAGE, 2));
    rt_pages_free(piece, 300);
    CASE("and all comes back", rt_memory_use().used == before.used);
}

static void test_slots(void)
{
    word_t before = rt_slots_left();
    cap_t row = rt_slot_alloc_row(20);

    CASE("slots in a row", row != 0 && rt_slots_left() == before - 20);
    rt_slot_free_row(row, 20);
    CASE("slots come back", rt_slots_left() == before);
    CASE("too many slots are refused", rt_slot_alloc_row(before + 1) == 0);
}

/* An Untyped page is used again when all objects in it are gone. */
static bool objects_go_round(void)
{
    for (int i = 0; i < 5000; i++) {
        cap_t object = rt_object_new(i % 2 ? TYPE_NOTIFICATION : TYPE_THREAD, 0);

        if (object == 0)
            return false;
        rt_object_delete(object);
    }
    return true;
}

void test_memory(void)
{
    test_pages();
    test_reserve();
    test_slots();
    CASE("objects go round", objects_go_round());
}
